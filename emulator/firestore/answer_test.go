package firestore

import (
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// received is a message as it arrives at the other end.
func received[M any, R interface {
	*M
	proto.Message
}](sent R) (R, error) {
	b, err := proto.Marshal(sent)
	if err != nil {
		return nil, err
	}
	got := R(new(M))
	return got, proto.Unmarshal(b, got)
}

func TestAnswersCarryTheWholeDocument(t *testing.T) {
	at := timestamppb.New(time.Date(2026, 1, 15, 12, 0, 0, 123_456_000, time.UTC))
	for name, fields := range map[string]map[string]*pb.Value{
		"every type": everyType(), "no fields": nil, "an empty map": {"m": {ValueType: &pb.Value_MapValue{MapValue: &pb.MapValue{}}}}} {
		d := &document{pb: &pb.Document{Name: oracleRoot + "/c/x", Fields: fields, CreateTime: at, UpdateTime: at}}
		for range 2 { // made, and kept
			found, err := received(&pb.BatchGetDocumentsResponse{
				Result: &pb.BatchGetDocumentsResponse_Found{Found: d.answer()}, ReadTime: at})
			require.NoError(t, err)
			assert.True(t, proto.Equal(d.pb, found.GetFound()), "%s: %v", name, found)
			assert.Empty(t, found.GetFound().ProtoReflect().GetUnknown())
			assert.True(t, proto.Equal(at, found.GetReadTime()))
		}
		assert.Same(t, d.answer(), d.answer(), "it is encoded once")
	}
}

func TestADocumentThatCannotBeEncodedFailsItsAnswer(t *testing.T) {
	d := &document{pb: &pb.Document{Name: "\xff"}}
	_, err := received(&pb.RunQueryResponse{Document: d.answer()})
	assert.ErrorContains(t, err, "invalid UTF-8")
}
