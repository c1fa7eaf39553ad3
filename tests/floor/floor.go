// Package floor is the contact centre's floor as the journeys see it: customers who write, agents at their desktops,
// and a clock that can be moved. Everything goes over HTTP to a suite of the journey's own.
package floor

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/store"
)

// Patience is how long a journey waits for what must happen.
const Patience = time.Minute

// Floor is a running centre.
type Floor struct {
	T     testing.TB
	Suite *suite.Suite
	Store *store.Store // the suite's records, to look at what HTTP does not show
	ctx   context.Context

	mu        sync.Mutex
	agents    map[string]*Agent
	customers map[string]*Customer
	visitors  map[string]*Visitor
}

// Open starts a suite with the example centre.
func Open(t testing.TB) *Floor { return OpenWith(t, suite.Options{}) }

// OpenWith starts a suite with options, and with pauses a test can wait for.
func OpenWith(t testing.TB, o suite.Options) *Floor {
	t.Helper()
	f := OpenEmpty(t, o)
	_, err := f.Agent("ada").Desktop.Import(f.ctx, centre.Example, false)
	require.NoError(t, err, "the example centre is imported")
	return f
}

// OpenEmpty is OpenWith without a centre.
func OpenEmpty(t testing.TB, o suite.Options) *Floor {
	t.Helper()
	if o.PubSub.PushBackoff == (pubsub.Backoff{}) {
		o.PubSub.PushBackoff = pubsub.Backoff{Max: -1}
	}
	if o.Graph.RetryPause == 0 {
		o.Graph.RetryPause, o.Graph.RetryMax = 10*time.Millisecond, 100*time.Millisecond
	}
	if o.Env == nil {
		o.Env = map[string]string{}
	}
	if o.Env["SWEEP_ROUNDS"] == "" {
		o.Env["SWEEP_ROUNDS"] = "1"
	}
	s, err := suite.Start(t.Context(), OnFirestore(t, o))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() {
		cancel()
		require.NoError(t, s.Close())
	})
	st, err := store.Open(ctx, s.Records)
	require.NoError(t, err)
	t.Cleanup(func() { _ = st.Close() })
	return &Floor{T: t, Suite: s, Store: st, ctx: ctx, agents: map[string]*Agent{},
		customers: map[string]*Customer{}, visitors: map[string]*Visitor{}}
}

// Context ends with the journey.
func (f *Floor) Context() context.Context { return f.ctx }

// Number is the WhatsApp number of the example centre.
func (f *Floor) Number() *graph.Number {
	n, err := f.Suite.Graph.Number(suite.PhoneNumber)
	require.NoError(f.T, err)
	return n
}

// Page is the Messenger page of the example centre.
func (f *Floor) Page() *graph.Page {
	p, err := f.Suite.Graph.Page(suite.PageID)
	require.NoError(f.T, err)
	return p
}

// Advance moves the clock: timers that are due ring, and everything they set off is done when it returns.
func (f *Floor) Advance(d time.Duration) {
	f.T.Helper()
	f.Settle()
	f.Suite.Clock.Advance(d)
	f.Settle()
}

// Settle waits until every event, timer and channel callback under way is done. It needs our Pub/Sub.
func (f *Floor) Settle() {
	f.T.Helper()
	require.NotNil(f.T, f.Suite.PubSub, "Google's Pub/Sub does not tell when events have come to rest: wait for what must happen (Soon)")
	ctx, cancel := context.WithTimeout(f.ctx, Patience)
	defer cancel()
	require.NoError(f.T, f.Suite.Settle(ctx))
}

// Sweep makes the sweep's round.
func (f *Floor) Sweep() {
	f.T.Helper()
	require.NoError(f.T, f.Suite.Call(f.ctx, "sweep", "/schedules/sweep"))
	f.Settle()
}

// Soon waits until check is content.
func (f *Floor) Soon(what string, check func() error) {
	f.T.Helper()
	deadline := time.Now().Add(Patience)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			require.NoError(f.T, err, what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// Agent is a person at a desktop.
type Agent struct {
	f       *Floor
	ID      string
	Desktop *desktop.Desktop
}

// Agent finds the agent of the example centre.
func (f *Floor) Agent(id string) *Agent {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.agents[id]
	if a == nil {
		email := id + "@acme.example"
		a = &Agent{f: f, ID: id, Desktop: desktop.New(f.Suite.URL, f.badge(email))}
		f.agents[id] = a
	}
	return a
}

// badge gives tokens of a person that are good for an hour. One serves for five minutes, for signing takes longer than most calls.
func (f *Floor) badge(email string) func() (string, error) {
	var mu sync.Mutex
	var token string
	var since time.Time
	return func() (_ string, err error) {
		mu.Lock()
		defer mu.Unlock()
		if now := f.Suite.Clock.Now(); token == "" || now.Sub(since) > 5*time.Minute {
			since = now
			token, err = f.Suite.Identity.Token(email, suite.Audience, time.Hour)
		}
		return token, err
	}
}
