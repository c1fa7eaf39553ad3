package sweep_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// centre is a suite whose other functions answer everything with 204, and what the sweep hints there.
type centre struct {
	*suite.Suite
	store *store.Store
	mu    sync.Mutex
	hints []string
}

func open(t *testing.T, rounds string) *centre {
	t.Helper()
	c := &centre{}
	s, err := suite.Start(t.Context(), suite.Options{
		Env: map[string]string{"SWEEP_ROUNDS": rounds, "SWEEP_EVERY": "10ms"},
		PubSub: pubsub.Options{InterceptPublish: func(req *pubsubpb.PublishRequest) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			for _, m := range req.GetMessages() {
				c.hints = append(c.hints, string(m.GetData()))
			}
			return nil
		}},
		Wrap: func(function string, h http.Handler) http.Handler {
			if function == "sweep" {
				return h
			}
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	c.Suite = s
	c.store, err = store.Open(context.Background(), s.Records)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.store.Close() })
	return c
}

// sweeps calls the sweep and returns what it hinted.
func (c *centre) sweeps(t *testing.T) []string {
	t.Helper()
	require.NoError(t, c.Call(t.Context(), "sweep", "/schedules/sweep"))
	c.mu.Lock()
	defer c.mu.Unlock()
	hints := c.hints
	c.hints = nil
	return hints
}

func TestTheSweepHintsEverybodyWhoOwesAMoveOnce(t *testing.T) {
	c := open(t, "1")
	assert.Empty(t, c.sweeps(t))
	now := c.Clock.Now()
	past, future := now.Add(-time.Second), now.Add(time.Hour)
	head := func(id string) desk.Head { return desk.Head{ID: id} }
	token := desk.Token("sales", desk.WhatsApp)
	recs := []desk.Record{
		&desk.Offer{Head: head("o1"), DueAt: past}, &desk.Offer{Head: head("o2"), DueAt: future}, &desk.Offer{Head: head("o3")},
		&desk.Lease{Head: head("ana"), DueAt: past}, &desk.Lease{Head: head("bob"), DueAt: future},
		&desk.Agent{Head: head("ana"), DueAt: past}, &desk.Agent{Head: head("bob")},
		&desk.Message{Head: head("m1"), Interaction: "i", DueAt: past}, &desk.Message{Head: head("m2"), Interaction: "i", DueAt: past},
		&desk.Message{Head: head("m3"), Interaction: "j", DueAt: past}, &desk.Message{Head: head("m4"), Interaction: "k", DueAt: future},
		&desk.Interaction{Head: head("i4"), DueAt: past}, &desk.Interaction{Head: head("i5"), DueAt: future},
		&desk.Interaction{Head: head("i1"), Wants: token, Rank: 1}, &desk.Interaction{Head: head("i2"), Wants: token, Rank: 2},
		&desk.Asset{Head: head("a1"), DueAt: past}, &desk.Asset{Head: head("a2"), DueAt: future}, &desk.Asset{Head: head("a3")},
		&desk.Queue{Head: head("q1"), DueAt: past}, &desk.Queue{Head: head("q2"), DueAt: future}, &desk.Queue{Head: head("q3")},
		&desk.Interaction{Head: head("i3")}, &desk.Parked{Head: head("p"), DueAt: past}, &desk.Parked{Head: head("q"), DueAt: future},
	}
	require.NoError(t, c.store.Reader().Save(t.Context(), desk.Change{Save: recs}))
	assert.ElementsMatch(t, []string{
		`{"Event":"offer.due","Offer":"o1"}`, `{"Event":"lease.due","Lease":"ana"}`, `{"Event":"agent.due","Agent":"ana"}`,
		`{"Event":"message.queued","Interaction":"i"}`, `{"Event":"message.queued","Interaction":"j"}`, `{"Event":"parked.due","Parked":"p"}`,
		`{"Event":"interaction.due","Interaction":"i4"}`,
		`{"Event":"asset.due","Asset":"a1"}`, `{"Event":"queue.due","Queue":"q1"}`,
		`{"Event":"interaction.queued","Token":"` + token + `"}`,
	}, c.sweeps(t))
}

func TestTheSweepWalksThroughAllPages(t *testing.T) {
	c := open(t, "1")
	due := c.Clock.Now().Add(-time.Minute)
	want := []string{}
	for page := range 3 {
		var recs []desk.Record
		for n := range 150 { // all due at one instant, so that pages part between equals
			id := fmt.Sprintf("o-%d-%d", page, n)
			recs = append(recs, &desk.Offer{Head: desk.Head{ID: id}, DueAt: due})
			want = append(want, `{"Event":"offer.due","Offer":"`+id+`"}`)
		}
		require.NoError(t, c.store.Reader().Save(t.Context(), desk.Change{Save: recs}))
	}
	assert.ElementsMatch(t, want, c.sweeps(t))
}

func TestOneCallMakesSeveralRounds(t *testing.T) {
	c := open(t, "3")
	require.NoError(t, c.store.Reader().Save(t.Context(), desk.Change{Save: []desk.Record{
		&desk.Offer{Head: desk.Head{ID: "o"}, DueAt: c.Clock.Now().Add(-time.Second)}}}))
	assert.Len(t, c.sweeps(t), 3)
}

func TestASweepWhoseCallerIsGoneEnds(t *testing.T) {
	c := open(t, "1000000")
	token, err := c.Identity.ServiceToken(t.Context(), "events@"+suite.Project+".iam.gserviceaccount.com", c.FunctionURL("sweep"))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	r := httptest.NewRequest(http.MethodPost, "/schedules/sweep", http.NoBody).WithContext(ctx)
	r.Header.Set("Authorization", "Bearer "+token)
	done := make(chan int)
	go func() {
		w := httptest.NewRecorder()
		c.Functions["sweep"].ServeHTTP(w, r)
		done <- w.Code
	}()
	cancel()
	select {
	case code := <-done:
		assert.Contains(t, []int{500, 503}, code)
	case <-time.After(time.Minute):
		assert.Fail(t, "it goes on")
	}
}
