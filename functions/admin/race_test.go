package admin

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

const help = "queues: [{id: help, name: Help, project: care, team: support}]\n"

// writes reports whether a call is a commit that writes a document whose name has the part.
func writes(req proto.Message, part string) bool {
	commit, ok := req.(*pb.CommitRequest)
	return ok && slices.ContainsFunc(commit.GetWrites(), func(w *pb.Write) bool {
		return strings.Contains(w.GetUpdate().GetName(), part)
	})
}

func TestAClaimBetweenReadAndCommitIsKept(t *testing.T) {
	var meanwhile atomic.Pointer[func()]
	var commits atomic.Int32
	r := start(t, firestore.Options{Intercept: func(_ context.Context, _ string, req proto.Message) error {
		if writes(req, "/agents/ana") {
			commits.Add(1)
			if f := meanwhile.Swap(nil); f != nil {
				(*f)()
			}
		}
		return nil
	}})
	r.imports(little)
	r.signsIn("ana")
	r.hinted()
	commits.Store(0)
	claim := func() {
		_, err := r.store.Move(context.Background(), func(ctx context.Context, rd *store.Reader) (desk.Change, error) {
			a := desk.Agent{Head: desk.Head{ID: "ana"}}
			if err := rd.Load(ctx, &a); err != nil {
				return desk.Change{}, err
			}
			a.Offer, a.Ringing = "offer", "talk"
			a = a.Settle()
			return desk.Change{Save: []desk.Record{&a}}, nil
		})
		assert.NoError(t, err)
	}
	meanwhile.Store(&claim)

	got := r.imports(help)

	assert.EqualValues(t, 3, commits.Load(), "the first commit lost to the claim")
	assert.Equal(t, api.ImportReport{
		Created: api.Counts{"queue": 1, "reason": 1}, Changed: api.Counts{"agent": 2}, Unchanged: api.Counts{}, Version: 2}, got)
	ana := r.agent("ana")
	assert.Equal(t, "offer", ana.Offer)
	assert.Equal(t, tokens("help", "sales"), ana.Serves)
	assert.Empty(t, ana.Takes, "an offer rings")
	assert.Empty(t, r.hinted())
}

func TestACommitThatFailedAfterItWasAppliedIsRecognised(t *testing.T) {
	var fail atomic.Bool
	r := start(t, firestore.Options{AfterCommit: func(_ context.Context, req *pb.CommitRequest) error {
		if writes(req, "/centre/") && fail.Swap(false) {
			return status.Error(codes.Unavailable, "the connection broke")
		}
		return nil
	}})
	r.imports(little)
	r.signsIn("ana")
	r.hinted()
	fail.Store(true)
	got := r.imports(help)
	assert.False(t, fail.Load())
	assert.Equal(t, api.ImportReport{
		Created: api.Counts{"queue": 1, "reason": 1}, Changed: api.Counts{"agent": 2}, Unchanged: api.Counts{}, Version: 2}, got)
	assert.Equal(t, []string{"ana"}, r.hinted())
	for _, q := range r.stored().Queues {
		assert.EqualValues(t, map[string]int{"sales": 1, "help": 2}[q.ID], q.Version, "%s is stored once", q.ID)
	}
}

func TestImportsWhileAgentsWork(t *testing.T) {
	const moves, imports = 30, 6
	r := start(t, firestore.Options{})
	r.imports(little)
	agents := []string{"ana", "bob"}
	var working sync.WaitGroup
	for _, id := range agents {
		r.signsIn(id)
		working.Go(func() { r.changesMind(id, moves) })
	}
	serves := tokens("sales")
	for n := range imports {
		file := fmt.Appendf(nil, "queues: [{id: s%d, name: Q, project: care, team: support}]\n", n)
		r.imports(string(file))
		serves = append(serves, tokens(fmt.Sprintf("s%d", n))...)
	}
	working.Wait()
	for _, id := range agents {
		a := r.agent(id)
		assert.ElementsMatch(t, serves, a.Serves)
		assert.EqualValues(t, 1+moves, a.History.Last, "%s signed in and made every move", id)
		assert.EqualValues(t, 1+1+moves+imports, a.Version, "nobody wrote %s for nothing", id)
		assert.Equal(t, desk.AgentAvailable, a.State)
		assert.Equal(t, a.Serves, a.Takes)
	}
}

// changesMind has an available agent go idle and come back, so often as to make moves in all, an even number.
func (r *rig) changesMind(id string, moves int) {
	states := []desk.AgentState{desk.AgentIdle, desk.AgentAvailable}
	for n := range moves {
		_, err := r.store.Move(context.Background(), func(ctx context.Context, rd *store.Reader) (desk.Change, error) {
			p, err := rd.Present(ctx, id)
			if err != nil {
				return desk.Change{}, err
			}
			return desk.SetState(p, desk.StateWish{State: states[n%2]}, desk.Micro(time.Now()))
		})
		if !assert.NoError(r.t, err) {
			return
		}
	}
}

// together sends files at the same moment.
func (r *rig) together(files ...string) []*httptest.ResponseRecorder {
	answers := make([]*httptest.ResponseRecorder, len(files))
	var sending sync.WaitGroup
	for n, file := range files {
		sending.Go(func() { answers[n] = r.post(root, "", []byte(file)) })
	}
	sending.Wait()
	return answers
}

func TestTwoImportsAtOnceSeeEachOther(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(little)
	for n := range 10 {
		for _, answer := range r.together(
			fmt.Sprintf("queues: [{id: q%d, name: Q, project: care, team: support}]\n", n),
			fmt.Sprintf("agents: [{id: a%d, name: A, email: a%d@acme.example, roles: [agent], teams: [support]}]\n", n, n)) {
			require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
		}
		queues := len(r.stored().Queues)
		assert.Equal(t, n+2, queues)
		for _, a := range r.stored().Agents {
			assert.Len(t, a.Serves, 2*queues, a.ID)
		}
	}
}

func TestOneAddressIsNeverGivenTwice(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(little)
	for n := range 10 {
		answers := r.together(
			fmt.Sprintf("agents: [{id: x%d, name: X, email: new%d@acme.example, roles: [agent]}]\n", n, n),
			fmt.Sprintf("agents: [{id: y%d, name: Y, email: new%d@acme.example, roles: [agent]}]\n", n, n))
		got := map[int]int{}
		for _, answer := range answers {
			got[answer.Code]++
		}
		assert.Equal(t, map[int]int{http.StatusOK: 1, http.StatusBadRequest: 1}, got)
	}
	assert.Len(t, r.stored().Agents, 12)
}

func TestTheSameFileTwiceAtOnceIsStoredOnce(t *testing.T) {
	r := start(t, firestore.Options{})
	created := 0
	for _, answer := range r.together(little, little, little) {
		report := reportOf(t, answer)
		created += report.Created["queue"]
		assert.EqualValues(t, 1, report.Version)
	}
	assert.Equal(t, 1, created)
}
