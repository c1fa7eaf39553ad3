// Package archive carries all records of a database from one suite to another, as lines of JSON:
//
//	{"document":"agents/ana","fields":{"state":{"stringValue":"offline"}}}
//
// Each line is a document: its path below the database's root and its fields in the JSON form of Firestore's REST API. Lines are
// sorted by path, so that two archives can be compared. Everything a customer said is in there, in the clear.
//
// It speaks Firestore's API alone, so that it is all one whose server answers. What is not in documents, such as events and
// timers under way, is not carried: the sweep makes up for it.
package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	apiv1 "cloud.google.com/go/firestore/apiv1"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/api/iterator"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// line is a document as it stands in an archive.
type line struct {
	Document string                     `json:"document"`
	Fields   map[string]json.RawMessage `json:"fields"`
}

// Write writes every document of a database, projects/P/databases/D, and returns how many there are. Nobody may write to the
// database meanwhile, or the archive may hold one half of a change.
func Write(ctx context.Context, c *apiv1.Client, database string, to io.Writer) (int, error) {
	root := database + "/documents"
	docs, err := below(ctx, c, root)
	if err != nil {
		return 0, fmt.Errorf("read the records: %w", err)
	}
	slices.SortFunc(docs, func(a, b *pb.Document) int { return cmp.Compare(a.GetName(), b.GetName()) })
	out := bufio.NewWriter(to)
	for _, d := range docs {
		l := line{Document: strings.TrimPrefix(d.GetName(), root+"/"), Fields: map[string]json.RawMessage{}}
		for name, v := range d.GetFields() {
			if l.Fields[name], err = encode(v); err != nil {
				return 0, fmt.Errorf("record %s: %w", l.Document, err)
			}
		}
		b, err := json.Marshal(l)
		if err != nil {
			return 0, fmt.Errorf("record %s: %w", l.Document, err)
		}
		_, _ = out.Write(append(b, '\n')) // a bufio.Writer repeats its first error when it is flushed
	}
	return len(docs), out.Flush()
}

// encode is a value in JSON, the same bytes for the same value.
func encode(v *pb.Value) (json.RawMessage, error) {
	b, err := protojson.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Compact(&out, b) // protojson adds spaces at random
	return out.Bytes(), err
}

// pageSize is how many documents are read at once.
const pageSize = 1000

// below are the documents below a document, or below the root.
func below(ctx context.Context, c *apiv1.Client, parent string) ([]*pb.Document, error) {
	var docs []*pb.Document
	collections := c.ListCollectionIds(ctx, &pb.ListCollectionIdsRequest{Parent: parent})
	for {
		id, err := collections.Next()
		if errors.Is(err, iterator.Done) {
			return docs, nil
		}
		if err != nil {
			return nil, err
		}
		found := c.ListDocuments(ctx, &pb.ListDocumentsRequest{Parent: parent, CollectionId: id, PageSize: pageSize, ShowMissing: true})
		for {
			d, err := found.Next()
			if errors.Is(err, iterator.Done) {
				break
			}
			if err != nil {
				return nil, err
			}
			if d.GetCreateTime() != nil { // else only what is below it exists
				docs = append(docs, d)
			}
			deeper, err := below(ctx, c, d.GetName())
			if err != nil {
				return nil, err
			}
			docs = append(docs, deeper...)
		}
	}
}

// A commit has at most so many documents and bytes; Firestore takes requests up to 10 MiB.
const (
	batchDocuments = 500
	batchBytes     = 8 << 20
)

// Read writes the documents of an archive into a database and returns how many there are. A line that is not one of an archive is
// an error that names the line, and nothing is written then. A document that exists is an error too, and part of the archive may
// have been written.
func Read(ctx context.Context, c *apiv1.Client, database string, from io.Reader) (int, error) {
	writes, err := parse(database, from)
	if err != nil {
		return 0, err
	}
	n := len(writes)
	for len(writes) > 0 {
		size, end := 0, 0
		for end < len(writes) && end < batchDocuments {
			if size += proto.Size(writes[end]); size > batchBytes && end > 0 {
				break
			}
			end++
		}
		if _, err := c.Commit(ctx, &pb.CommitRequest{Database: database, Writes: writes[:end]}); err != nil {
			return 0, fmt.Errorf("write the records: %w", err)
		}
		writes = writes[end:]
	}
	return n, nil
}

// maxLine is longer than the largest document is in JSON.
const maxLine = 16 << 20

func parse(database string, from io.Reader) ([]*pb.Write, error) {
	var writes []*pb.Write
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		d, err := decode(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("line %d is no record: %w", n, err)
		}
		d.Name = database + "/documents/" + d.GetName()
		writes = append(writes, &pb.Write{
			Operation:       &pb.Write_Update{Update: d},
			CurrentDocument: &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: false}},
		})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("after line %d: %w", len(writes), err)
	}
	return writes, nil
}

// decode reads a line; the document's name is its path.
func decode(b []byte) (*pb.Document, error) {
	var l line
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return nil, err
	}
	if l.Document == "" {
		return nil, errors.New("it names no document")
	}
	doc := &pb.Document{Name: l.Document, Fields: make(map[string]*pb.Value, len(l.Fields))}
	for name, raw := range l.Fields {
		v := &pb.Value{}
		if err := protojson.Unmarshal(raw, v); err != nil {
			return nil, fmt.Errorf("field %q: %w", name, err)
		}
		doc.Fields[name] = v
	}
	return doc, nil
}
