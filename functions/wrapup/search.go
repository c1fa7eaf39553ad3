package wrapup

import (
	"strings"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fold"
)

// match shows a reason if it or one of its sub-reasons has the text, which is folded, in its name. A reason that is
// found only by sub-reasons shows those.
func match(r desk.Reason, text string) (api.Reason, bool) {
	has := func(name string) bool { return strings.Contains(fold.Text(name), text) }
	out := api.Reason{ID: r.ID, Name: r.Name}
	for _, s := range r.SubReasons {
		if has(r.Name) || has(s.Name) {
			out.SubReasons = append(out.SubReasons, api.Ref{ID: s.ID, Name: s.Name})
		}
	}
	return out, has(r.Name) || len(out.SubReasons) > 0
}
