package api

import "strconv"

// ETagged is an answer that has an entity tag: its route sets the header.
type ETagged interface{ ETag() string }

// ETag implements ETagged: a contact's names the profile, which agents change, and not the record.
func (c Contact) ETag() string { return strconv.Quote(c.Tag) }
