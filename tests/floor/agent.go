package floor

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

// SignsIn sits down at the desktop as available.
func (a *Agent) SignsIn() *Agent {
	a.f.T.Helper()
	_, err := a.Desktop.SignIn(a.f.ctx, api.ChosenStateAvailable)
	require.NoError(a.f.T, err)
	return a
}

// Me is the agent as he is.
func (a *Agent) Me() api.Agent {
	a.f.T.Helper()
	me, err := a.Desktop.Me(a.f.ctx)
	require.NoError(a.f.T, err)
	return me
}

// Is waits until the agent is in the state.
func (a *Agent) Is(state desk.AgentState) api.Agent {
	a.f.T.Helper()
	var me api.Agent
	a.f.Soon(a.ID+" is "+string(state), func() error {
		if me = a.Me(); string(me.State) != string(state) {
			return fmt.Errorf("%s is %s", a.ID, me.State)
		}
		return nil
	})
	return me
}

// Becomes chooses a state, as somebody who sees his own record.
func (a *Agent) Becomes(state api.ChosenState) api.Agent {
	a.f.T.Helper()
	me, err := a.Desktop.Set(a.f.ctx, desktop.Key(), api.StateChange{State: state, Version: a.Me().Version})
	require.NoError(a.f.T, err)
	return me
}

// IsOffered waits for the offer that rings.
func (a *Agent) IsOffered() api.Offer {
	a.f.T.Helper()
	var offer api.Offer
	a.f.Soon(a.ID+" is offered a conversation", func() error {
		snap, err := a.Desktop.Snapshot(a.f.ctx)
		if err != nil {
			return err
		}
		if snap.Offer.ID == "" {
			return fmt.Errorf("nothing rings at %s, who is %s", a.ID, snap.Agent.State)
		}
		offer = snap.Offer
		return nil
	})
	return offer
}

// IsNotOffered checks that nothing rings once everything has come to rest.
func (a *Agent) IsNotOffered() {
	a.f.T.Helper()
	a.f.Settle()
	require.Empty(a.f.T, a.Me().Offer, "nothing rings at %s", a.ID)
}

// Accepts waits for the offer and takes it.
func (a *Agent) Accepts() api.Interaction {
	a.f.T.Helper()
	offer, err := a.Desktop.Accept(a.f.ctx, a.IsOffered().ID)
	require.NoError(a.f.T, err)
	return a.Sees(offer.Interaction)
}

// Sees is a conversation as the agent sees it.
func (a *Agent) Sees(interaction string) api.Interaction {
	a.f.T.Helper()
	i, err := a.Desktop.Interaction(a.f.ctx, interaction)
	require.NoError(a.f.T, err)
	return i
}

// Reads is the transcript.
func (a *Agent) Reads(interaction string) []api.Message {
	a.f.T.Helper()
	list, err := a.Desktop.Transcript(a.f.ctx, interaction)
	require.NoError(a.f.T, err)
	return list.Items
}

// Writes sends a message.
func (a *Agent) Writes(interaction, text string) api.Message {
	a.f.T.Helper()
	m, err := a.Desktop.Send(a.f.ctx, interaction, desktop.Key(), text)
	require.NoError(a.f.T, err)
	return m
}

// Transfers gives the conversation away.
func (a *Agent) Transfers(interaction string, wish api.TransferWish) api.Interaction {
	a.f.T.Helper()
	i, err := a.Desktop.Transfer(a.f.ctx, interaction, desktop.Key(), wish)
	require.NoError(a.f.T, err)
	return i
}

// Ends ends the conversation.
func (a *Agent) Ends(interaction string) api.Interaction {
	a.f.T.Helper()
	i, err := a.Desktop.End(a.f.ctx, interaction, desktop.Key())
	require.NoError(a.f.T, err)
	return i
}

// WrapsUp gives the reason.
func (a *Agent) WrapsUp(interaction string, choice api.WrapUpChoice) api.Interaction {
	a.f.T.Helper()
	i, err := a.Desktop.WrapUp(a.f.ctx, interaction, desktop.Key(), choice)
	require.NoError(a.f.T, err)
	return i
}

// Extends takes more time for the wrap-up.
func (a *Agent) Extends(interaction string) api.Interaction {
	a.f.T.Helper()
	i, err := a.Desktop.ExtendWrapUp(a.f.ctx, interaction, desktop.Key())
	require.NoError(a.f.T, err)
	return i
}

// IsRefused checks that a call was refused with the status and the code.
func (f *Floor) IsRefused(err error, status int, code string) {
	f.T.Helper()
	var r *desktop.Refused
	require.ErrorAs(f.T, err, &r)
	require.Equal(f.T, code, r.Problem.Code, r.Problem.Detail)
	require.Equal(f.T, status, r.Status)
}

// Feed is what an agent's desktop has heard.
type Feed struct {
	mu     sync.Mutex
	events []desktop.Event
	err    error
	closed bool
}

// Listens opens the agent's feed from a place. From an empty one it begins with a snapshot, for which Listens waits: what happens
// afterwards is told as an event, and not shown in the snapshot of a feed that was opened late. stop ends it and waits.
func (a *Agent) Listens(from string) (feed *Feed, stop func()) {
	return a.listens(from, a.Desktop.Listen)
}

// ListensHere is Listens at a desktop that wants to know when a later one takes over.
func (a *Agent) ListensHere(from string) (feed *Feed, stop func()) {
	return a.listens(from, a.Desktop.ListenHere)
}

// Watches opens the supervisor's board.
func (a *Agent) Watches(from string) (feed *Feed, stop func()) {
	return a.listens(from, a.Desktop.Watch)
}

func (a *Agent) listens(from string, open func(ctx context.Context, from string, see func(desktop.Event) error) error) (feed *Feed, stop func()) {
	ctx, done := context.WithCancel(a.f.ctx)
	feed = &Feed{}
	began, finished := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		err := open(ctx, from, func(e desktop.Event) error {
			feed.mu.Lock()
			defer feed.mu.Unlock()
			if len(feed.events) == 0 {
				close(began)
			}
			feed.events = append(feed.events, e)
			return nil
		})
		feed.mu.Lock()
		defer feed.mu.Unlock()
		feed.err, feed.closed = err, true
	}()
	if from == "" {
		select {
		case <-began:
		case <-finished:
		case <-time.After(Patience):
		}
	}
	return feed, func() { done(); <-finished }
}

// Events are what came so far.
func (f *Feed) Events() []desktop.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]desktop.Event(nil), f.events...)
}

// Last is the place after the newest event.
func (f *Feed) Last() string {
	events := f.Events()
	for n := len(events) - 1; n >= 0; n-- {
		if events[n].ID != "" {
			return events[n].ID
		}
	}
	return ""
}

// Hears waits for an event of the type whose data is as wanted, and returns the data.
func Hears[T any](a *Agent, feed *Feed, event string, wanted func(T) bool) T {
	a.f.T.Helper()
	var got T
	a.f.Soon(a.ID+" hears "+event, func() error {
		for _, e := range feed.Events() {
			var data T
			if e.Type == event && json.Unmarshal(e.Data, &data) == nil && wanted(data) {
				got = data
				return nil
			}
		}
		return fmt.Errorf("no such %s among %d events", event, len(feed.Events()))
	})
	return got
}
