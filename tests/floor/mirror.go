package floor

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
)

// Elsewhere is the same agent at another desktop.
func (a *Agent) Elsewhere() *Agent {
	return &Agent{f: a.f, ID: a.ID, Desktop: desktop.New(a.f.Suite.URL, a.Desktop.Token)}
}

// Header is what the agent's requests carry.
func (a *Agent) Header() http.Header {
	a.f.T.Helper()
	token, err := a.Desktop.Token()
	if err != nil {
		a.f.T.Fatal(err)
	}
	return http.Header{"Authorization": {"Bearer " + token}}
}

// Get asks for an address of the API as it is, with the headers as they are. The caller closes the body.
func (f *Floor) Get(ctx context.Context, path string, header http.Header) *http.Response {
	f.T.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.Suite.URL+path, http.NoBody)
	if err != nil {
		f.T.Fatal(err)
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		f.T.Fatal(err)
	}
	return resp
}

// Mirror is a desktop that shows what the feed tells and nothing else, but for the transcripts of the conversations
// that a snapshot shows, which it loads. Connections to the feed may be cut at any time.
type Mirror struct {
	a *Agent

	mu           sync.Mutex
	last         string // where the feed goes on
	agent        api.Agent
	offer        api.Offer // the one that rings
	interactions map[string]api.Interaction
	messages     map[string]map[string]api.Message // by interaction and ID
	left         map[string]api.Interaction
	heard        map[string]int // events by type
	ends         error          // how the feed ended by itself, each time

	cut func() // ends the connection; nil without one
}

// Mirror makes one that is not connected.
func (a *Agent) Mirror() *Mirror {
	return &Mirror{a: a, left: map[string]api.Interaction{}, heard: map[string]int{}}
}

var errCut = errors.New("the connection is cut")

// Connect listens from where the mirror is, and goes on from there whenever the feed ends, as browsers do. The connection
// breaks, and stays broken, before the event number limit is seen; zero is never.
func (m *Mirror) Connect(limit int) {
	ctx, cancel := context.WithCancel(m.a.f.ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		seen := 0
		for ctx.Err() == nil {
			m.mu.Lock()
			from := m.last
			m.mu.Unlock()
			err := m.a.Desktop.Listen(ctx, from, func(e desktop.Event) error {
				if seen++; seen == limit || ctx.Err() != nil {
					return errCut
				}
				return m.see(ctx, e)
			})
			if errors.Is(err, errCut) {
				return
			}
			m.note(ctx, err)
		}
	}()
	m.cut = func() { cancel(); <-over }
}

// note keeps how the feed ended, for who wonders why the mirror shows less than the records, and waits a little.
func (m *Mirror) note(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	m.mu.Lock()
	m.ends = errors.Join(m.ends, fmt.Errorf("the feed ended after %v: %w", m.heard, cmp.Or(err, io.EOF)))
	m.mu.Unlock()
	select {
	case <-time.After(10 * time.Millisecond):
	case <-ctx.Done():
	}
}

// Connected reports whether Connect was called after the last Cut.
func (m *Mirror) Connected() bool { return m.cut != nil }

// Cut breaks the connection, if there is one.
func (m *Mirror) Cut() {
	if m.cut != nil {
		m.cut()
		m.cut = nil
	}
}

// Heard is how many events of the type came.
func (m *Mirror) Heard(event string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.heard[event]
}

// Left is the last state of a conversation that left.
func (m *Mirror) Left(interaction string) (api.Interaction, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, ok := m.left[interaction]
	return i, ok
}

// see takes an event over, or nothing of it: a desktop that dies on the way asks for it again.
func (m *Mirror) see(ctx context.Context, e desktop.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.take(ctx, e); err != nil {
		return err
	}
	m.heard[e.Type]++
	m.last = e.ID
	return nil
}

func (m *Mirror) take(ctx context.Context, e desktop.Event) error {
	var (
		a api.Agent
		o api.Offer
		i api.Interaction
		s api.Snapshot
	)
	switch e.Type {
	case "snapshot":
		return errors.Join(json.Unmarshal(e.Data, &s), m.replace(ctx, &s))
	case "agent":
		if err := json.Unmarshal(e.Data, &a); err != nil {
			return err
		}
		m.agent = newer(m.agent, a, a.Version >= m.agent.Version)
	case "offer":
		if err := json.Unmarshal(e.Data, &o); err != nil {
			return err
		}
		if o.State == api.OfferStatePending {
			m.offer = o
		} else if o.ID == m.offer.ID {
			m.offer = api.Offer{}
		}
	case "interaction":
		if err := json.Unmarshal(e.Data, &i); err != nil {
			return err
		}
		m.interactions[i.ID] = newer(m.interactions[i.ID], i, i.Version >= m.interactions[i.ID].Version)
		if m.messages[i.ID] == nil {
			m.messages[i.ID] = map[string]api.Message{}
		}
		delete(m.left, i.ID)
	case "message":
		return m.say(e.Data)
	case "left":
		if err := json.Unmarshal(e.Data, &i); err != nil {
			return err
		}
		m.left[i.ID] = i
		delete(m.interactions, i.ID)
		delete(m.messages, i.ID)
	case "end":
	default:
		return fmt.Errorf("an event of the unknown type %q", e.Type)
	}
	return nil
}

func (m *Mirror) say(data []byte) error {
	var msg api.Message
	if err := json.Unmarshal(data, &msg); err != nil {
		return err
	}
	of := m.messages[msg.Interaction]
	if of == nil {
		return fmt.Errorf("a message of the conversation %s, which was not shown", msg.Interaction)
	}
	of[msg.ID] = newer(of[msg.ID], msg, msg.Version >= of[msg.ID].Version)
	return nil
}

func (m *Mirror) replace(ctx context.Context, s *api.Snapshot) error {
	m.agent, m.offer = s.Agent, s.Offer
	m.interactions, m.messages = map[string]api.Interaction{}, map[string]map[string]api.Message{}
	for _, i := range s.Interactions {
		m.interactions[i.ID] = i
		said, err := m.a.Desktop.Transcript(ctx, i.ID)
		if err != nil {
			return err
		}
		m.messages[i.ID] = map[string]api.Message{}
		for _, msg := range said.Items {
			m.messages[i.ID][msg.ID] = msg
		}
	}
	return nil
}

func newer[T any](have, got T, is bool) T {
	if is {
		return got
	}
	return have
}

// ShowsAll waits until the mirror shows what a desktop shows that asks for everything now.
func (m *Mirror) ShowsAll() {
	m.a.f.T.Helper()
	m.a.f.Soon(m.a.ID+"'s mirror shows everything", func() error {
		ctx := m.a.f.ctx
		s, err := m.a.Desktop.Snapshot(ctx)
		if err != nil {
			return err
		}
		transcripts := map[string][]api.Message{}
		for _, i := range s.Interactions {
			said, err := m.a.Desktop.Transcript(ctx, i.ID)
			if err != nil {
				return err
			}
			transcripts[i.ID] = said.Items
		}
		if err := m.differs(s, transcripts); err != nil {
			m.mu.Lock()
			defer m.mu.Unlock()
			return errors.Join(m.ends, err)
		}
		return nil
	})
}

func (m *Mirror) differs(s api.Snapshot, transcripts map[string][]api.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.Offer.Now = m.offer.Now
	interactions := map[string]api.Interaction{}
	for _, i := range s.Interactions {
		interactions[i.ID] = i
	}
	said := map[string][]api.Message{}
	for id, of := range m.messages {
		for _, msg := range of {
			said[id] = append(said[id], msg)
		}
		slices.SortFunc(said[id], func(a, b api.Message) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Seq, b.Seq)) })
	}
	return errors.Join(
		same("agent", s.Agent, m.agent), same("offer", s.Offer, m.offer),
		same("interactions", interactions, m.interactions), same("transcripts", transcripts, said))
}

func same(what string, want, got any) error {
	if reflect.DeepEqual(want, got) {
		return nil
	}
	w, errW := json.Marshal(want)
	g, errG := json.Marshal(got)
	if err := errors.Join(errW, errG); err != nil {
		return err
	}
	return fmt.Errorf("%s differ:\nrecords %s\nfeed    %s", what, w, g)
}
