package feed

import (
	"context"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// stream is one desktop's feed. One goroutine handles everything the listeners tell, so nothing here is shared.
type stream struct {
	handlers
	agent  string
	out    *writer
	cursor view.Cursor
	offer  string // the pending offer the desktop knows of

	known map[string]bool   // conversations the listener has told of
	heard map[string]*heard // what the desktop has of their messages

	told  chan func(context.Context) error // what listeners tell, to be handled by run
	watch context.CancelFunc               // ends the listener on messages
}

// run streams from the cursor until ctx ends.
func (s *stream) run(ctx context.Context, cursor string) error {
	if err := s.begin(ctx, cursor); err != nil {
		return err
	}
	s.told = make(chan func(context.Context) error)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return s.Store.WatchAgent(ctx, s.agent, func(a desk.Agent) error {
			return s.tell(ctx, func(ctx context.Context) error { return s.onAgent(ctx, a) })
		})
	})
	g.Go(func() error {
		return s.Store.WatchInteractions(ctx, s.agent, func(seen store.Seen[desk.Interaction]) error {
			return s.tell(ctx, func(ctx context.Context) error { return s.onInteractions(ctx, g, seen) })
		})
	})
	g.Go(func() error { return s.loop(ctx) })
	err := g.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// begin sends the headers and, without a usable cursor, the snapshot.
func (s *stream) begin(ctx context.Context, cursor string) error {
	c, err := view.ParseCursor(cursor)
	if err == nil {
		s.cursor = c
		return s.out.begin()
	}
	snap, err := s.view.Snapshot(ctx, s.agent)
	if err != nil {
		return err
	}
	if s.cursor, err = view.ParseCursor(snap.Cursor); err != nil {
		return err
	}
	s.offer = snap.Offer.ID
	if err := s.out.begin(); err != nil {
		return err
	}
	return s.out.send(snap.Cursor, "snapshot", snap)
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
			err = s.out.beat()
		}
		if err != nil {
			return err
		}
	}
}

// send writes an event with the cursor as it is after it.
func (s *stream) send(event string, data any) error {
	return s.out.send(s.cursor.String(), event, data)
}

// onAgent sends the agent and the offer that came or ended. The offer goes first, so that the agent's version stands
// in the cursor only when both are out.
func (s *stream) onAgent(ctx context.Context, a desk.Agent) error {
	if a.Version <= s.cursor.Agent {
		s.offer = a.Offer
		return nil
	}
	for _, id := range slices.Compact([]string{s.offer, a.Offer}) {
		if id == "" {
			continue
		}
		if err := s.sendOffer(ctx, id); err != nil {
			return err
		}
	}
	s.offer, s.cursor.Agent = a.Offer, a.Version
	return s.send("agent", s.view.Agent(a))
}

func (s *stream) sendOffer(ctx context.Context, id string) error {
	o := desk.Offer{Head: desk.Head{ID: id}}
	if err := s.Store.Reader().Load(ctx, &o); err != nil {
		return err
	}
	shown, err := s.view.Offer(ctx, o)
	if err != nil {
		return err
	}
	return s.send("offer", shown)
}

// onInteractions sends the conversations that came, changed or left.
func (s *stream) onInteractions(ctx context.Context, g *errgroup.Group, seen store.Seen[desk.Interaction]) error {
	first := s.known == nil
	if first {
		s.known = map[string]bool{}
	}
	before := len(s.known)
	for _, i := range seen.Now {
		s.known[i.ID] = true
		if err := s.sendInteraction(ctx, i); err != nil {
			return err
		}
	}
	gone := seen.Gone
	if first {
		for id := range s.cursor.Seats {
			if !s.known[id] {
				gone = append(gone, id)
			}
		}
	}
	for _, id := range gone {
		delete(s.known, id)
		if err := s.sendLeft(ctx, id); err != nil {
			return err
		}
	}
	if len(gone) > 0 || len(s.known) != before {
		s.watchMessages(ctx, g)
	}
	return nil
}

func (s *stream) sendInteraction(ctx context.Context, i desk.Interaction) error {
	at := s.cursor.Seats[i.ID]
	if i.Version <= at.Version {
		return nil
	}
	shown, err := s.view.Interaction(ctx, i, s.agent)
	if err != nil {
		return err
	}
	at.Version = i.Version
	s.cursor.Seats[i.ID] = at
	return s.send("interaction", shown)
}

// sendLeft tells how a conversation that is no longer the agent's stands now.
func (s *stream) sendLeft(ctx context.Context, id string) error {
	delete(s.cursor.Seats, id)
	delete(s.heard, id)
	i := desk.Interaction{Head: desk.Head{ID: id}}
	if err := s.Store.Reader().Load(ctx, &i); err != nil {
		return err
	}
	shown, err := s.view.Interaction(ctx, i, s.agent)
	if err != nil {
		return err
	}
	return s.send("left", shown)
}

// watchMessages listens to the messages of the conversations the agent has now.
func (s *stream) watchMessages(ctx context.Context, g *errgroup.Group) {
	if s.watch != nil {
		s.watch()
		s.watch = nil
	}
	ids := slices.Sorted(maps.Keys(s.known))
	if len(ids) == 0 {
		return
	}
	ctx, s.watch = context.WithCancel(ctx)
	g.Go(func() error {
		err := s.Store.WatchMessages(ctx, ids, func(seen store.Seen[desk.Message]) error {
			return s.tell(ctx, func(ctx context.Context) error { return s.onMessages(seen.Now) })
		})
		if ctx.Err() != nil {
			return nil
		}
		return err
	})
}
