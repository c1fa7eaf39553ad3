package firestore

import (
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
)

// answer is the document as answers carry it: a message that has no field set and is encoded as pb all the same, because it holds
// pb's encoding, made once, as fields it does not know. So every further reader and listener costs a copy of bytes. Nothing in this
// process can read it.
func (d *document) answer() *pb.Document {
	if a := d.encoded.Load(); a != nil {
		return a
	}
	b, err := proto.Marshal(d.pb)
	if err != nil {
		return d.pb // the answer fails in the same way, and tells
	}
	a := &pb.Document{}
	a.ProtoReflect().SetUnknown(b)
	d.encoded.Store(a)
	return a
}
