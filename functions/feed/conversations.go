package feed

import (
	"context"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// onInteractions sends the conversations that came, changed or left.
func (s *stream) onInteractions(ctx context.Context, g *errgroup.Group, seen store.Seen[desk.Interaction]) error {
	first := s.known == nil
	if first {
		s.known = map[string]bool{}
	}
	came := false
	for _, i := range seen.Now {
		came = came || !s.known[i.ID]
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
	if came || len(s.known) == 0 {
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

// sendLeft tells how a conversation that is no longer the agent's stands now. One that he never had can only come from
// a forged cursor, and is not told of.
func (s *stream) sendLeft(ctx context.Context, id string) error {
	delete(s.cursor.Seats, id)
	delete(s.heard, id)
	i := desk.Interaction{Head: desk.Head{ID: id}}
	found, err := s.find(ctx, &i)
	if err != nil || !found || !slices.ContainsFunc(i.Legs, func(l desk.Leg) bool { return l.Agent == s.agent }) {
		return err
	}
	shown, err := s.view.Interaction(ctx, i, s.agent)
	if err != nil {
		return err
	}
	return s.send("left", shown)
}

// listenMax is how many conversations' messages one listener can be asked for. Source: Firestore query limits, read
// 2026-11.
const listenMax = 30

// watchMessages listens to the messages of the conversations the agent has now. The listeners before give their places
// back first. A new listener reads all messages of all conversations again, so there is one when a conversation comes, and
// one that left is listened to until then, or until it was the last: what is heard of it is not told.
func (s *stream) watchMessages(ctx context.Context, g *errgroup.Group) {
	if s.watch != nil {
		s.watch()
		s.ended.Wait()
		s.watch = nil
	}
	if len(s.known) == 0 {
		return
	}
	ctx, s.watch = context.WithCancel(ctx)
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(s.known)), listenMax) {
		s.ended.Add(1)
		g.Go(func() error {
			defer s.ended.Done()
			err := s.Store.WatchMessages(ctx, ids, func(seen store.Seen[desk.Message]) error {
				return s.tell(ctx, func(context.Context) error {
					if ctx.Err() != nil { // told just before its listener ended: the next one tells it again
						return nil
					}
					return s.onMessages(seen.Now)
				})
			})
			if ctx.Err() != nil {
				return nil
			}
			return err
		})
	}
}
