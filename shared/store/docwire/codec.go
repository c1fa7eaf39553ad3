// Package docwire reads Firestore's documents off the wire, and writes them.
//
// Protobuf's own code goes through reflection for every entry of a map, and a document is nothing but maps. This package reads the
// messages that carry documents as servers and clients write them, and leaves whatever is written in another way to protobuf as a whole,
// so that what comes out, errors included, is always what protobuf makes of it.
package docwire

import (
	"slices"
	"unicode/utf8"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/encoding"
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Codec is gRPC's codec of protobuf, for clients and servers of Firestore.
func Codec() encoding.CodecV2 { return codec{encoding.GetCodecV2(protocodec.Name)} }

type codec struct{ encoding.CodecV2 }

// Unmarshal implements encoding.CodecV2.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if fast(data, v, fields) {
		return nil
	}
	return c.CodecV2.Unmarshal(data, v) // from the beginning, if it was tried
}

// fast is false when protobuf must read the message.
func fast(data mem.BufferSlice, v any, fields reader) bool {
	switch v.(type) {
	case *pb.BatchGetDocumentsResponse, *pb.RunQueryResponse, *pb.ListenResponse, *pb.CommitRequest:
		b := data.MaterializeToBuffer(mem.DefaultBufferPool())
		defer b.Free()
		return read(b.ReadOnlyData(), v, fields)
	}
	return false
}

// The fields that carry documents, and what carries those, by their numbers. Source: google/firestore/v1/firestore.proto and
// write.proto, read 2026-11.
const (
	carriedDocument = 1 // of BatchGetDocumentsResponse, RunQueryResponse, DocumentChange and Write
	listenChange    = 3
	commitDatabase  = 1
	commitWrites    = 2
)

// read is false when protobuf must read the message. What is unmarshalled here is the rest of a message; a document in it, or
// anything else that should not be there beside the first, makes it protobuf's.
func read(b []byte, into any, fields reader) bool {
	switch m := into.(type) {
	case *pb.BatchGetDocumentsResponse:
		d, ok := carried(b, m, fields)
		ok = ok && m.Result == nil
		m.Result = &pb.BatchGetDocumentsResponse_Found{Found: d}
		return ok
	case *pb.RunQueryResponse:
		d, ok := carried(b, m, fields)
		ok = ok && m.Document == nil
		m.Document = d
		return ok
	case *pb.ListenResponse:
		content, ok := only(b, listenChange)
		if !ok {
			return false
		}
		c := &pb.DocumentChange{}
		d, ok := carried(content, c, fields)
		ok = ok && c.Document == nil
		c.Document = d
		m.Reset()
		m.ResponseType = &pb.ListenResponse_DocumentChange{DocumentChange: c}
		return ok
	case *pb.CommitRequest:
		return commit(b, m, fields)
	}
	return false
}

// carried takes the document out of a message, wherever it stands, and reads the rest of the message.
func carried(b []byte, into proto.Message, fields reader) (*pb.Document, bool) {
	for at := 0; at < len(b); {
		if content, rest, ok := take(b[at:], carriedDocument); ok {
			d, ok := document(content, fields)
			return d, ok && proto.Unmarshal(slices.Concat(b[:at], rest), into) == nil
		}
		_, _, n := protowire.ConsumeField(b[at:])
		if n < 0 {
			return nil, false
		}
		at += n
	}
	return nil, false
}

func commit(b []byte, m *pb.CommitRequest, fields reader) bool {
	database, rest, ok := take(b, commitDatabase)
	if !ok {
		return false
	}
	writes := make([]*pb.Write, count(rest, commitWrites))
	for n := range writes {
		var content []byte
		content, rest, _ = take(rest, commitWrites)
		if writes[n], ok = write(content, fields); !ok {
			return false
		}
	}
	if proto.Unmarshal(rest, m) != nil || m.Database != "" || m.Writes != nil {
		return false
	}
	m.Database, m.Writes = string(database), writes
	return utf8.ValidString(m.Database)
}

func write(b []byte, fields reader) (*pb.Write, bool) {
	w := &pb.Write{}
	d, ok := carried(b, w, fields)
	if !ok { // it is no update
		return w, proto.Unmarshal(b, w) == nil
	}
	ok = w.Operation == nil
	w.Operation = &pb.Write_Update{Update: d}
	return w, ok
}
