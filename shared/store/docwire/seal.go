package docwire

import (
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/encoding"
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// Seal is the one field of a document that a SealingCodec has read: a text, which Sealed reads.
const Seal = ""

// SealingCodec is Codec for a client that reads the fields of documents itself. It leaves them as they came, in one field.
func SealingCodec() encoding.CodecV2 {
	return sealingCodec{encoding.GetCodecV2(protocodec.Name)}
}

type sealingCodec struct{ encoding.CodecV2 }

// Unmarshal implements encoding.CodecV2.
func (c sealingCodec) Unmarshal(data mem.BufferSlice, v any) error {
	if fast(data, v, sealed) {
		return nil
	}
	if err := c.CodecV2.Unmarshal(data, v); err != nil {
		return err
	}
	if d := documentIn(v); d != nil {
		d.Fields = sealOf(seal(d))
	}
	return nil
}

// documentIn is the document of an answer; nil when it has none.
func documentIn(v any) *pb.Document {
	switch m := v.(type) {
	case *pb.BatchGetDocumentsResponse:
		return m.GetFound()
	case *pb.RunQueryResponse:
		return m.GetDocument()
	case *pb.ListenResponse:
		return m.GetDocumentChange().GetDocument()
	}
	return nil
}

// sealed is the reader that leaves the fields as they came.
func sealed(s string) (m map[string]*pb.Value, rest string, ok bool) {
	rest = s
	for more := true; more; {
		_, rest, more = take(rest, documentFields)
	}
	return sealOf(s[:len(s)-len(rest)]), rest, true
}

func sealOf(text string) map[string]*pb.Value {
	return map[string]*pb.Value{Seal: {ValueType: &pb.Value_StringValue{StringValue: text}}}
}

// seal writes a document's fields.
func seal(d *pb.Document) string {
	b, _ := appendEntries(nil, documentFields, d.GetFields())
	return string(b)
}
