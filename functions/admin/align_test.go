package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// reminded has the sweep's hint arrive, and is the answer's status.
func (r *rig) reminded() int {
	token, err := issuer().ServiceToken(context.Background(), account, own)
	require.NoError(r.t, err)
	body, err := json.Marshal(map[string]any{"subscription": "projects/p/subscriptions/centre.due.admin", "message": map[string]any{
		"messageId": "1", "data": []byte(`{"Event":"centre.due"}`), "attributes": map[string]string{
			"ce-id": "e", "ce-type": "centre.due", "ce-source": "/functions/sweep"}}})
	require.NoError(r.t, err)
	req := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/events", bytes.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+token)
	answer := httptest.NewRecorder()
	r.function.ServeHTTP(answer, req)
	return answer.Code
}

// owed reports whether the sweep reminds of agents who are behind once its patience is over.
func (r *rig) owed() bool {
	r.t.Helper()
	found, err := store.Due[desk.Centre](r.t.Context(), r.store.Reader(), time.Now().Add(desk.Patience), 9, store.Place{})
	require.NoError(r.t, err)
	return len(found) > 0
}

// breakable is a database that can be told to refuse every commit that writes an agent.
type breakable struct{ code atomic.Uint32 }

func (b *breakable) refuse(code codes.Code) { b.code.Store(uint32(code)) }

func (b *breakable) options() firestore.Options {
	return firestore.Options{Intercept: func(_ context.Context, _ string, req proto.Message) error {
		if code := codes.Code(b.code.Load()); code != codes.OK && writes(req, "/agents/") {
			return status.Error(code, "no")
		}
		return nil
	}}
}

// leftBehind is a centre in which an import stopped between its two halves: there is a queue more, and nobody serves it.
func leftBehind(t *testing.T) (*rig, *breakable) {
	t.Helper()
	var b breakable
	r := start(t, b.options())
	r.imports(little)
	r.signsIn("ana")
	r.hinted()
	require.False(t, r.owed())
	b.refuse(codes.PermissionDenied)
	require.Equal(t, http.StatusInternalServerError, r.post(root, "", []byte(help)).Code)
	require.Len(t, r.stored().Queues, 2)
	require.Equal(t, tokens("sales"), r.agent("ana").Serves)
	require.Empty(t, r.hinted())
	require.True(t, r.owed())
	return r, &b
}

// inLine asserts that both agents serve the queues and that nothing is owed any more.
func (r *rig) inLine(queues ...string) {
	r.t.Helper()
	for _, id := range []string{"ana", "bob"} {
		assert.Equal(r.t, tokens(queues...), r.agent(id).Serves, id)
	}
	assert.False(r.t, r.owed())
}

func TestTheSweepsReminderFinishesAnImport(t *testing.T) {
	r, b := leftBehind(t)
	assert.Equal(t, http.StatusInternalServerError, r.reminded(), "it comes again")
	assert.True(t, r.owed())

	b.refuse(codes.OK)
	assert.Equal(t, http.StatusNoContent, r.reminded())
	r.inLine("help", "sales")
	assert.Equal(t, []string{"ana"}, r.hinted())

	before := r.stored()
	assert.Equal(t, http.StatusNoContent, r.reminded(), "late, or twice")
	assert.Equal(t, before, r.stored())
	assert.Empty(t, r.hinted())
}

func TestAReminderInACentreThatWasNeverSetUp(t *testing.T) {
	r := start(t, firestore.Options{})
	assert.Equal(t, http.StatusNoContent, r.reminded())
	assert.Equal(t, desk.Setup{}, r.stored())
}

func TestTheSameImportAgainFinishesTheFirst(t *testing.T) {
	r, b := leftBehind(t)
	b.refuse(codes.OK)
	assert.Equal(t, api.ImportReport{
		Created: api.Counts{}, Changed: api.Counts{"agent": 2}, Unchanged: api.Counts{"queue": 1, "reason": 1}, Version: 2}, r.imports(help))
	r.inLine("help", "sales")
	assert.Equal(t, []string{"ana"}, r.hinted())
	assert.Equal(t, api.ImportReport{
		Created: api.Counts{}, Changed: api.Counts{}, Unchanged: api.Counts{"queue": 1, "reason": 1}, Version: 2}, r.imports(help))
}

func TestAnotherImportFirstFinishesTheOneThatStopped(t *testing.T) {
	r, b := leftBehind(t)
	const third = "queues: [{id: more, name: More, project: care, team: support}]\n"
	dry := reportOf(t, r.post(root, "?dryRun=true", []byte(third)))
	assert.Equal(t, api.Counts{"agent": 2}, dry.Changed)
	assert.Equal(t, http.StatusInternalServerError, r.post(root, "", []byte(third)).Code)
	assert.Len(t, r.stored().Queues, 2, "it changed nothing, for the first is not done")

	b.refuse(codes.OK)
	assert.Equal(t, api.ImportReport{
		Created: api.Counts{"queue": 1, "reason": 1}, Changed: api.Counts{"agent": 2}, Unchanged: api.Counts{}, Version: 3}, r.imports(third))
	r.inLine("help", "more", "sales")
}

func TestAnImportWhoseAgentsMustWaitIsStored(t *testing.T) {
	var b breakable
	r := startFor(t, b.options(), "3s") // the first import must have the time for its agents
	r.imports(little)
	b.refuse(codes.Canceled)
	assert.Equal(t, api.ImportReport{
		Created: api.Counts{"queue": 1, "reason": 1}, Changed: api.Counts{"agent": 2}, Unchanged: api.Counts{}, Version: 2}, r.imports(help))
	assert.True(t, r.owed())
	assert.Equal(t, tokens("sales"), r.agent("ana").Serves)

	b.refuse(codes.OK)
	require.Eventually(t, func() bool { return r.reminded() == http.StatusNoContent }, time.Minute, time.Millisecond)
	r.inLine("help", "sales")
}

// busyFloor is a team of n agents, each written again and again until the function returned is called, some at a time: whoever else
// asks the database is answered.
func (r *rig) busyFloor(n int) (agents []string, stop func()) {
	r.t.Helper()
	var file strings.Builder
	file.WriteString("agents:\n")
	for k := range n {
		id := fmt.Sprintf("agent%d", k)
		agents = append(agents, id)
		fmt.Fprintf(&file, "- {id: %s, name: A, email: %s@acme.example, roles: [agent], teams: [support]}\n", id, id)
	}
	r.imports(file.String())
	var working sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	stop = func() { cancel(); working.Wait() }
	r.t.Cleanup(stop)
	begun, atOnce := make(chan struct{}, n), make(chan struct{}, 16)
	for _, id := range agents {
		working.Go(func() {
			for first := true; ctx.Err() == nil; {
				atOnce <- struct{}{}
				_, err := r.store.Move(context.Background(), func(ctx context.Context, rd *store.Reader) (desk.Change, error) {
					a := desk.Agent{Head: desk.Head{ID: id}}
					err := rd.Load(ctx, &a)
					return desk.Change{Save: []desk.Record{&a}}, err
				})
				<-atOnce
				if fault.HasCode(err, "busy") {
					continue // on a slow machine a move may lose all races there are time for
				}
				assert.NoError(r.t, err)
				if first {
					begun <- struct{}{}
				}
				first = false
			}
		})
	}
	for range agents {
		<-begun
	}
	return agents, stop
}

func TestAQueueForATeamOfHundredsWhoAreWrittenAllTheTime(t *testing.T) {
	const team = 300
	r := start(t, firestore.Options{})
	r.imports(little)
	agents, stop := r.busyFloor(team)
	got := r.imports(help)
	stop()
	assert.Equal(t, api.ImportReport{
		Created: api.Counts{"queue": 1, "reason": 1}, Changed: api.Counts{"agent": team + 2}, Unchanged: api.Counts{}, Version: 3}, got)
	for _, id := range agents {
		assert.Equal(t, tokens("help", "sales"), r.agent(id).Serves, id)
	}
	r.inLine("help", "sales")
}
