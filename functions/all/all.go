// Package all links every function into a program: importing it registers them. It is no function itself.
package all

import (
	_ "github.com/deskline/deskline/functions/acceptance"
	_ "github.com/deskline/deskline/functions/admin"
	_ "github.com/deskline/deskline/functions/conference"
	_ "github.com/deskline/deskline/functions/contacts"
	_ "github.com/deskline/deskline/functions/conversation"
	_ "github.com/deskline/deskline/functions/delivery"
	_ "github.com/deskline/deskline/functions/desktop"
	_ "github.com/deskline/deskline/functions/feed"
	_ "github.com/deskline/deskline/functions/hours"
	_ "github.com/deskline/deskline/functions/intake"
	_ "github.com/deskline/deskline/functions/kept"
	_ "github.com/deskline/deskline/functions/presence"
	_ "github.com/deskline/deskline/functions/reports"
	_ "github.com/deskline/deskline/functions/routing"
	_ "github.com/deskline/deskline/functions/supervision"
	_ "github.com/deskline/deskline/functions/sweep"
	_ "github.com/deskline/deskline/functions/timeout"
	_ "github.com/deskline/deskline/functions/transfer"
	_ "github.com/deskline/deskline/functions/wrapup"
)
