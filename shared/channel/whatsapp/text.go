package whatsapp

import "github.com/deskline/deskline/shared/channel/meta"

// valueMax is how many bytes are kept of an answer in a form, and of an advertisement's text.
const valueMax = 2048

// whole is s if it has at most limit bytes, and empty otherwise: a part of an ID is no ID.
func whole(s meta.Scalar, limit int) string {
	if len(s) > limit {
		return ""
	}
	return string(s)
}
