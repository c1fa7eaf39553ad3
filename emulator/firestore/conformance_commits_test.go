package firestore

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"
)

// fuzzVariable names the environment variable that says for how long each random comparison with
// Google's emulator goes on, as in
//
//	FIRESTORE_FUZZ=10m go test -timeout 0 -run OnBoth ./emulator/firestore
const fuzzVariable = "FIRESTORE_FUZZ"

// fuzz checks a property again and again: for a moment, or for as long as fuzzVariable says.
func fuzz(t *testing.T, property func(*rapid.T)) {
	budget := time.Second
	if text := os.Getenv(fuzzVariable); text != "" {
		var err error
		budget, err = time.ParseDuration(text)
		require.NoError(t, err, fuzzVariable)
	}
	ran, failed := 0, false
	end := time.Now().Add(budget)
	for time.Now().Before(end) && !t.Failed() {
		rapid.Check(t, func(r *rapid.T) {
			if !failed && time.Now().After(end) {
				return
			}
			ran++
			passed := false
			defer func() { failed = failed || !passed }() // what failed is run again to find a shorter one
			property(r)
			passed = true
		})
	}
	t.Logf("%d runs", ran)
}

// serverTime is a time of now in the short form of a value.
var serverTime = regexp.MustCompile(`20[2-9]\d-\d\d-\d\dT[0-9:.]+Z`)

func timeless(s string) string { return serverTime.ReplaceAllString(s, "now") }

// run executes a request and answers what the server says.
func (r *replica) run(s writing) string {
	writes := make([]*pb.Write, len(s.edits))
	for i, e := range s.edits {
		writes[i] = r.bind(e)
	}
	if s.batch {
		resp, err := r.BatchWrite(r.t.Context(), &pb.BatchWriteRequest{Database: r.database, Writes: writes})
		if err != nil {
			return codeOf(err)
		}
		var codesOf []string
		for _, st := range resp.GetStatus() {
			codesOf = append(codesOf, codes.Code(st.GetCode()).String())
		}
		return fmt.Sprint(codesOf, r.outcome(s, resp.GetWriteResults(), nil))
	}
	resp, err := r.Commit(r.t.Context(), &pb.CommitRequest{Database: r.database, Writes: writes})
	if err != nil {
		return codeOf(err)
	}
	at := resp.GetCommitTime().AsTime()
	return r.outcome(s, resp.GetWriteResults(), &at)
}

// outcome tells of each write whether it answers a time, whether that is the commit's, and what its
// transforms answer. The time of a write is left out where a later one writes the same document.
func (r *replica) outcome(s writing, list []*pb.WriteResult, commit *time.Time) string {
	var out []string
	for i, w := range list {
		text := "-"
		switch {
		case s.writes(s.edits[i].name(), i+1):
			text = "?"
		case w.GetUpdateTime() == nil:
		case commit == nil || w.GetUpdateTime().AsTime().Equal(*commit):
			text = "now"
		default:
			text = "before"
		}
		for _, v := range w.GetTransformResults() {
			text += " " + timeless(r.value(v))
		}
		out = append(out, text)
	}
	return "{" + strings.Join(out, ", ") + "}"
}

// state is every document, and whether it was created or changed since the last call.
func (r *replica) state() string {
	docs, err := r.found(oracleRoot, queryOf(under("c", true)))
	require.NoError(r.t, err)
	created, updated := map[string]time.Time{}, map[string]time.Time{}
	var out []string
	for _, d := range docs {
		name := d.GetName()
		created[name], updated[name] = d.GetCreateTime().AsTime(), d.GetUpdateTime().AsTime()
		mark := ""
		if !created[name].Equal(r.created[name]) {
			mark += " created"
		}
		if !updated[name].Equal(r.updated[name]) {
			mark += " changed"
		}
		out = append(out, strings.TrimPrefix(name, oracleRoot)+timeless(r.fields(d.GetFields()))+mark)
	}
	r.created, r.updated = created, updated
	return strings.Join(out, "\n       ")
}

// start empties the database and listens to a query, and beside it to a document that says when the
// listener has everything.
func (r *replica) start(sq *pb.StructuredQuery) {
	for _, name := range editNames {
		r.must(&pb.Write{Operation: &pb.Write_Delete{Delete: name}})
	}
	r.created, r.updated = nil, nil
	query := r.results(func(q *pb.StructuredQuery) {
		proto.Reset(q)
		proto.Merge(q, sq)
	})
	end := r.documents("end/end")
	end.TargetId = 2
	r.listener = r.listen(query, end)
	r.listening = strings.Contains(r.listener.initial(), " / ")
}

// close ends the listener's stream from this side: Google's emulator fails a commit that it wants to tell
// a stream that was cut.
func (r *replica) close() {
	_ = r.listener.stream.CloseSend()
	for {
		if _, err := r.listener.stream.Recv(); err != nil {
			r.listener.cancel()
			return
		}
	}
}

// told answers what the listener has of the query; false when the server refused it or failed.
func (r *replica) told() (string, bool) {
	if !r.listening {
		return "", false
	}
	got := r.listener.after(r.update("end/end", map[string]any{"n": int(time.Now().UnixNano())}))
	got, _, all := strings.Cut(strings.TrimPrefix(got, " | "), " / ")
	return timeless(got), all
}

// agree compares the answers of both servers to the same question.
func agree(r *rapid.T, question any, ours, googles string) {
	if ours != googles {
		r.Fatalf("%v\nours   %s\nGoogle %s", question, ours, googles)
	}
}

// TestRandomCommitsOnBoth asks both servers for the same random writes and compares, after each request,
// what they answer and what they hold, and in the end what they find, add up and have told a listener.
func TestRandomCommitsOnBoth(t *testing.T) {
	ours := &replica{conversation: &conversation{t, rawClient(t, startServer(t, Options{})), "projects/p/databases/d"}}
	googles := &replica{conversation: &conversation{t, connectGoogle(t), "projects/p/databases/d"}}
	fuzz(t, func(r *rapid.T) {
		watched := drawQuery(r)
		for disputed(watched) {
			watched = &pb.StructuredQuery{From: fromC}
		}
		ours.start(watched)
		defer ours.close()
		googles.start(watched)
		defer googles.close()
		for range rapid.IntRange(1, 8).Draw(r, "steps") {
			s := drawWriting(r)
			if s.timed() {
				nextMillisecond()
			}
			agree(r, s, ours.run(s), googles.run(s))
			agree(r, s, ours.state(), googles.state())
		}
		for range 2 {
			ask(r, ours.conversation, googles.conversation)
			addUp(r, ours.conversation, googles.conversation)
		}
		if want, ok := googles.told(); ok {
			got, _ := ours.told()
			agree(r, "listening to "+protojson.Format(watched), got, want)
		}
	})
}
