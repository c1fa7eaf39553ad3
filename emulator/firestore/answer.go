package firestore

import (
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/deskline/deskline/shared/store/docwire"
)

// answer is the document as answers carry it: encoded once, by whom reads it first. Nothing in this process can read it.
func (d *document) answer() *pb.Document {
	if a := d.encoded.Load(); a != nil {
		return a
	}
	a := docwire.Encoded(d.pb)
	d.encoded.Store(a)
	return a
}
