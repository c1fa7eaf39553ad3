package firestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/deskline/deskline/emulator/google"
)

// conformanceCase is one thing a Firestore server is asked, and its answer in short form.
type conformanceCase struct {
	name string
	ask  func(*conversation) string
	want string

	// google is the answer of Google's emulator where it is not want. why says which of the two
	// production gives and how that is known.
	google, why string
}

// conformanceCases is the table, by subject.
func conformanceCases() []conformanceCase {
	return slices.Concat(valueCases, filterCases, orderCases, badQueryCases, writeCases, transformCases, badWriteCases, readCases, listenCases,
		documentCases, batchCases, listCases, aggregateCases, compareCases, pathCases, operatorCases, nameCases, targetCases)
}

// conversation is a case's own empty database on one server.
type conversation struct {
	t testing.TB
	pb.FirestoreClient
	database string
}

// googles is Google's emulator, started by the first test that asks for it and stopped by TestMain.
var googles struct {
	once sync.Once
	addr string
	stop func()
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if googles.stop != nil {
		googles.stop()
	}
	os.Exit(code)
}

// googleAddr is where Google's emulator listens. It skips the test where that is not installed.
func googleAddr(t testing.TB) string {
	t.Helper()
	googles.once.Do(func() { googles.addr, googles.stop, googles.err = google.Firestore.Start(context.Background()) })
	if errors.Is(googles.err, google.ErrNotInstalled) {
		t.Skip(googles.err)
	}
	require.NoError(t, googles.err)
	return googles.addr
}

func connectGoogle(t testing.TB) pb.FirestoreClient {
	t.Helper()
	return pb.NewFirestoreClient(dialAddr(t, googleAddr(t), grpc.WithPerRPCCredentials(owner{})))
}

// owner lets a call do what Google's emulator denies to everybody else, as batches and lists of collections.
type owner struct{}

func (owner) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer owner"}, nil
}

func (owner) RequireTransportSecurity() bool { return false }

func TestConformance(t *testing.T) {
	converse(t, rawClient(t, startServer(t, Options{})), func(c *conformanceCase) string { return c.want })
}

func TestConformanceOfGooglesEmulator(t *testing.T) {
	converse(t, connectGoogle(t), func(c *conformanceCase) string {
		if c.why != "" {
			return c.google
		}
		return c.want
	})
}

func converse(t *testing.T, client pb.FirestoreClient, want func(*conformanceCase) string) {
	cases := conformanceCases()
	run := strconv.FormatInt(time.Now().UnixNano(), 36)
	for i := range cases {
		t.Run(cases[i].name, func(t *testing.T) {
			t.Parallel()
			c := &conversation{t, client, fmt.Sprintf("projects/c%s-%d/databases/(default)", run, i)}
			assert.Equal(t, want(&cases[i]), cases[i].ask(c))
		})
	}
}

func TestConformanceTable(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range conformanceCases() {
		assert.False(t, seen[c.name], "%q is there twice", c.name)
		seen[c.name] = true
		if c.why == "" {
			assert.Empty(t, c.google, "%q: a difference has a reason", c.name)
		} else {
			assert.NotEqual(t, c.want, c.google, c.name)
		}
	}
	assert.GreaterOrEqual(t, len(seen), 150)
}

func (c *conversation) root() string { return c.database + "/documents" }

// doc is the name of the document at a path.
func (c *conversation) doc(path string) string { return c.root() + "/" + path }

// commit answers OK or the code.
func (c *conversation) commit(writes ...*pb.Write) string {
	_, err := c.Commit(c.t.Context(), &pb.CommitRequest{Database: c.database, Writes: writes})
	return status.Code(err).String()
}

// must commits what has to succeed and answers the response.
func (c *conversation) must(writes ...*pb.Write) *pb.CommitResponse {
	c.t.Helper()
	resp, err := c.Commit(c.t.Context(), &pb.CommitRequest{Database: c.database, Writes: writes})
	require.NoError(c.t, err)
	return resp
}

// get answers a document's fields or the code.
func (c *conversation) get(path string) string {
	d, err := c.GetDocument(c.t.Context(), &pb.GetDocumentRequest{Name: c.doc(path)})
	if err != nil {
		return status.Code(err).String()
	}
	return c.fields(d.GetFields())
}

// update replaces a document.
func (c *conversation) update(path string, data map[string]any) *pb.Write {
	return &pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{Name: c.doc(path), Fields: valueOf(data).GetMapValue().GetFields()}}}
}

// masked replaces some fields of a document.
func (c *conversation) masked(path string, data map[string]any, mask ...string) *pb.Write {
	w := c.update(path, data)
	w.UpdateMask = &pb.DocumentMask{FieldPaths: mask}
	return w
}

func (c *conversation) remove(path string) *pb.Write {
	return &pb.Write{Operation: &pb.Write_Delete{Delete: c.doc(path)}}
}

// when adds a precondition on existence to a write.
func when(exists bool, w *pb.Write) *pb.Write {
	w.CurrentDocument = &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: exists}}
	return w
}

// query answers the IDs found, or the code.
func (c *conversation) query(parent string, sq *pb.StructuredQuery) string {
	docs, err := c.found(parent, sq)
	if err != nil {
		return status.Code(err).String()
	}
	ids := make([]string, len(docs))
	for i, d := range docs {
		ids[i] = d.GetName()[strings.LastIndexByte(d.GetName(), '/')+1:]
	}
	return strings.Join(ids, " ")
}

func (c *conversation) found(parent string, sq *pb.StructuredQuery) ([]*pb.Document, error) {
	stream, err := c.RunQuery(c.t.Context(), &pb.RunQueryRequest{
		Parent: parent, QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: sq},
	})
	if err != nil {
		return nil, err
	}
	var docs []*pb.Document
	for {
		resp, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return docs, nil
		case err != nil:
			return nil, err
		case resp.GetDocument() != nil:
			docs = append(docs, resp.GetDocument())
		}
	}
}

// fields is a map in short form, sorted by name.
func (c *conversation) fields(fields map[string]*pb.Value) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		parts = append(parts, name+":"+c.value(fields[name]))
	}
	return "{" + strings.Join(parts, " ") + "}"
}

// value is a value in short form; a double always has a point or an exponent.
func (c *conversation) value(v *pb.Value) string {
	switch t := v.GetValueType().(type) {
	case *pb.Value_NullValue:
		return "null"
	case *pb.Value_BooleanValue:
		return strconv.FormatBool(t.BooleanValue)
	case *pb.Value_IntegerValue:
		return strconv.FormatInt(t.IntegerValue, 10)
	case *pb.Value_DoubleValue:
		return doubleText(t.DoubleValue)
	case *pb.Value_TimestampValue:
		return t.TimestampValue.AsTime().Format(time.RFC3339Nano)
	case *pb.Value_StringValue:
		return strconv.Quote(t.StringValue)
	case *pb.Value_BytesValue:
		return fmt.Sprintf("x%x", t.BytesValue)
	case *pb.Value_ReferenceValue:
		return "@" + strings.TrimPrefix(t.ReferenceValue, c.root()+"/")
	case *pb.Value_GeoPointValue:
		return fmt.Sprintf("(%v,%v)", t.GeoPointValue.GetLatitude(), t.GeoPointValue.GetLongitude())
	case *pb.Value_ArrayValue:
		parts := make([]string, len(t.ArrayValue.GetValues()))
		for i, e := range t.ArrayValue.GetValues() {
			parts[i] = c.value(e)
		}
		return "[" + strings.Join(parts, " ") + "]"
	case *pb.Value_MapValue:
		return c.fields(t.MapValue.GetFields())
	default:
		return "?"
	}
}

func doubleText(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(s, ".eNI") {
		s += ".0"
	}
	return s
}
