package docwire

import (
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"google.golang.org/protobuf/proto"
)

// Size takes messages apart by their fields: a release of the client that adds one must be looked at.
func TestSizeKnowsEveryField(t *testing.T) {
	for _, c := range []struct {
		m      proto.Message
		fields int
	}{{&pb.CommitRequest{}, 4}, {&pb.Write{}, 6}, {&pb.Document{}, 4}, {&pb.MapValue{}, 1}, {&pb.ArrayValue{}, 1}} {
		of := c.m.ProtoReflect().Descriptor()
		assert.Equal(t, c.fields, of.Fields().Len(), of.FullName())
	}
	m := &pb.CommitRequest{Database: "d", Transaction: []byte("t"), RequestOptions: &pb.RequestOptions{RequestTags: []string{"tag"}}}
	assert.Equal(t, proto.Size(m), Size(m))
}
