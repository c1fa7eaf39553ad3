package feed

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

// stream is one desktop's feed. One goroutine handles everything the listeners tell, so nothing here is shared.
type stream struct {
	handlers
	agent  string
	desk   string // the session of the desktop that listens; empty when it does not say
	out    *web.Events
	cursor view.Cursor

	known map[string]bool   // conversations the listener has told of
	heard map[string]*heard // what the desktop has of their messages

	told  chan func(context.Context) error // what listeners tell, to be handled by run
	watch context.CancelFunc               // ends the listeners on messages
	ended sync.WaitGroup                   // when they have
}

// run streams from the cursor until ctx ends.
func (s *stream) run(ctx context.Context, cursor string) error {
	if err := s.begin(ctx, cursor); err != nil {
		return err
	}
	s.told = make(chan func(context.Context) error)
	g, watching := errgroup.WithContext(ctx)
	g.Go(func() error {
		return s.Store.WatchAgent(watching, s.agent, func(a desk.Agent) error {
			return s.tell(watching, func(ctx context.Context) error { return s.onAgent(ctx, a) })
		})
	})
	g.Go(func() error {
		return s.Store.WatchInteractions(watching, s.agent, func(seen store.Seen[desk.Interaction]) error {
			return s.tell(watching, func(ctx context.Context) error { return s.onInteractions(ctx, g, seen) })
		})
	})
	g.Go(func() error { return s.loop(watching) })
	err := g.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// begin sends the headers and, without a usable cursor, the snapshot.
func (s *stream) begin(ctx context.Context, cursor string) error {
	goesOn, err := s.goesOn(ctx, cursor)
	if err != nil {
		return err
	}
	if goesOn {
		return s.out.Begin()
	}
	snap, err := s.view.Snapshot(ctx, s.agent)
	if err != nil {
		return err
	}
	if s.cursor, err = view.ParseCursor(snap.Cursor); err != nil {
		return err
	}
	if err := s.out.Begin(); err != nil {
		return err
	}
	if err := s.out.Send(snap.Cursor, "snapshot", snap); err != nil {
		return err
	}
	return s.out.Flush()
}

// goesOn takes the cursor over if the stream can go on from it: if it is the agent's own and not ahead of his record,
// which it would be after the database was restored.
func (s *stream) goesOn(ctx context.Context, cursor string) (bool, error) {
	c, err := view.ParseCursor(cursor)
	if err != nil || c.Of != s.agent {
		return false, nil
	}
	a := desk.Agent{Head: desk.Head{ID: s.agent}}
	if err := s.Store.Reader().Load(ctx, &a); err != nil {
		return false, err
	}
	s.cursor = c
	return c.Agent <= a.Version, nil
}

// tell hands what a listener learned to the loop.
func (s *stream) tell(ctx context.Context, f func(context.Context) error) error {
	select {
	case s.told <- f:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// loop handles what is told, and sends what comes of it together. What was written before something failed is sent, too.
func (s *stream) loop(ctx context.Context) error {
	beat := time.NewTicker(s.Heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case f := <-s.told:
			err = f(ctx)
		case <-beat.C:
			err = s.out.Beat()
		}
		if err := errors.Join(err, s.out.Flush()); err != nil {
			return err
		}
	}
}

// send writes an event with the cursor as it is after it.
func (s *stream) send(event string, data any) error {
	return s.out.Send(s.cursor.String(), event, data)
}

// errReplaced ends the stream of a desktop that is the agent's no more.
var errReplaced = errors.New("a later desktop signed in")

// onAgent sends the offer that ended, the one that came, and the agent. Each event's cursor has what is told up to it:
// a desktop that heard of an offer and then breaks off is told of the offer's end, and the agent's version counts only
// when all are out. An offer that goes on ringing is sent again: whoever changes what it shows, such as the customer's
// name, stores the agent with it.
func (s *stream) onAgent(ctx context.Context, a desk.Agent) error {
	if s.desk != "" && a.Session != "" && a.Session != s.desk {
		return errReplaced
	}
	if a.Version <= s.cursor.Agent {
		return nil
	}
	if ended := s.cursor.Offer; ended != a.Offer {
		s.cursor.Offer = ""
		if err := s.sendOffer(ctx, ended); err != nil {
			return err
		}
	}
	s.cursor.Offer = a.Offer
	if err := s.sendOffer(ctx, a.Offer); err != nil {
		return err
	}
	s.cursor.Agent = a.Version
	return s.send("agent", s.view.Agent(a))
}

// sendOffer sends an offer if there is one and it is the agent's: a cursor comes from outside, and what it names may be
// anybody's.
func (s *stream) sendOffer(ctx context.Context, id string) error {
	o := desk.Offer{Head: desk.Head{ID: id}}
	if found, err := s.find(ctx, &o); err != nil || !found || o.Agent != s.agent {
		return err
	}
	shown, err := s.view.Offer(ctx, o)
	if err != nil {
		return err
	}
	return s.send("offer", shown)
}

// find reads a record by its ID; false when it does not exist.
func (s *stream) find(ctx context.Context, rec desk.Record) (bool, error) {
	err := s.Store.Reader().Find(ctx, rec)
	if fault.Is(err, fault.Missing) { // an ID no record can have
		return false, nil
	}
	return rec.Base().Version > 0, err
}
