package timeout_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/emulator/tasks"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// centre is a suite with one offer that rings for ana, and the timers that are set in it.
type centre struct {
	*suite.Suite
	t        *testing.T
	store    *store.Store
	deadline time.Time

	mu     sync.Mutex
	timers []string // bodies
	refuse error
}

func open(t *testing.T) *centre {
	t.Helper()
	c := &centre{t: t}
	s, err := suite.Start(t.Context(), suite.Options{Tasks: tasks.Options{InterceptCreate: func(req *cloudtaskspb.CreateTaskRequest) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.timers = append(c.timers, string(req.GetTask().GetHttpRequest().GetBody()))
		return c.refuse
	}}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	c.Suite, c.deadline = s, s.Clock.Now().Add(20*time.Second).Truncate(time.Second)
	c.store, err = store.Open(context.Background(), s.Records)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.store.Close() })
	head := func(id string) desk.Head { return desk.Head{ID: id} }
	require.NoError(t, c.store.Reader().Save(t.Context(), desk.Change{Save: []desk.Record{
		&desk.Offer{Head: head("o"), State: desk.OfferPending, Kind: desk.OfferAssign, Agent: "ana", Interaction: "i", Deadline: c.deadline},
		&desk.Agent{Head: head("ana"), State: desk.AgentAvailable, Capacity: 3, Offer: "o", Ringing: "i"},
		&desk.Interaction{Head: head("i"), State: desk.InteractionOffered, Channel: desk.WhatsApp, Queue: "sales", Offer: "o"},
	}}))
	return c
}

// rings calls the offer's timer with a body.
func (c *centre) rings(body string) int {
	c.t.Helper()
	return c.calls("/timers/offer", body)
}

// calls calls a timer with a body.
func (c *centre) calls(path, body string) int {
	c.t.Helper()
	token, err := c.Identity.ServiceToken(c.t.Context(), "events@"+suite.Project+".iam.gserviceaccount.com", c.FunctionURL("timeout"))
	require.NoError(c.t, err)
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	c.Functions["timeout"].ServeHTTP(w, r)
	return w.Code
}

func (c *centre) offer() desk.Offer {
	c.t.Helper()
	x, err := c.store.Reader().Offer(c.t.Context(), "o")
	require.NoError(c.t, err)
	return x.Offer
}

func TestAnEarlyTimerSetsItsSuccessor(t *testing.T) {
	c := open(t)
	at := c.deadline.Format(time.RFC3339Nano)
	assert.Equal(t, 204, c.rings(`{"id":"o","at":"`+at+`"}`))
	assert.Equal(t, 204, c.rings(`{"id":"o","at":"`+at+`","round":1}`))
	assert.Equal(t, 204, c.rings(`{"id":"o","at":"2026-01-01T00:00:00Z","round":5}`))
	assert.Equal(t, []string{`{"id":"o","at":"` + at + `","round":1}`, `{"id":"o","at":"` + at + `","round":2}`, `{"id":"o","at":"` + at + `"}`}, c.timers)
	assert.Equal(t, desk.OfferPending, c.offer().State)

	c.refuse = status.Error(codes.ResourceExhausted, "quota")
	assert.Equal(t, 503, c.rings(`{"id":"o","at":"`+at+`"}`), "it comes again until it has a successor")
}

func TestTheDeadlineEndsTheOfferOnce(t *testing.T) {
	c := open(t)
	c.Clock.Advance(21 * time.Second)
	body := `{"id":"o","at":"` + c.deadline.Format(time.RFC3339Nano) + `"}`
	for range 3 {
		assert.Equal(t, 204, c.rings(body))
		x, err := c.store.Reader().Offer(t.Context(), "o")
		require.NoError(t, err)
		assert.Equal(t, desk.OfferExpired, x.Offer.State)
		assert.Equal(t, int64(2), x.Offer.Version)
		assert.Equal(t, desk.AgentRONA, x.Agent.State)
		assert.Equal(t, desk.InteractionQueued, x.Interaction.State)
		assert.Equal(t, []string{"ana"}, x.Interaction.Passed)
	}
	assert.Empty(t, c.timers)
}

func TestATimerThatFindsNoOfferHasNothingToDo(t *testing.T) {
	c := open(t)
	for _, id := range []string{"none", "a/b", "__x__"} {
		assert.Equal(t, 204, c.rings(`{"id":"`+id+`","at":"2026-01-01T00:00:00Z"}`), id)
	}
	assert.Equal(t, 400, c.rings(`{"id":""}`))
}
