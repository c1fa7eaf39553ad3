package store

import (
	"context"
	"errors"
	"fmt"

	"cloud.google.com/go/firestore"
	"google.golang.org/api/iterator"

	"github.com/deskline/deskline/shared/desk"
)

// Seen is what a listener learned: the records that came or changed and the IDs of those no longer in the query.
type Seen[T any] struct {
	Now  []T
	Gone []string
}

// WatchAgent calls see with the agent's record now and whenever it changes, until ctx ends or see fails; while there is
// no such record it is the zero Agent. It returns see's error, nil when ctx ended, or why the stream broke for good; when every
// connection is full it is Unavailable (code feed_full), and another instance may have room.
func (s *Store) WatchAgent(ctx context.Context, id string, see func(desk.Agent) error) error {
	if !validID(id) {
		return missing(desk.KindAgent)
	}
	client, done, err := s.listeners.take()
	if err != nil {
		return err
	}
	defer done()
	docs := client.Collection(collections[desk.KindAgent]).Doc(id).Snapshots(ctx)
	defer docs.Stop()
	for {
		snap, err := docs.Next()
		if err != nil {
			return watchError(ctx, "agent", err)
		}
		var a desk.Agent
		if snap.Exists() {
			if err := read(snap, &a); err != nil {
				return fmt.Errorf("decode agent: %w", err)
			}
		}
		if err := see(a); err != nil {
			return err
		}
	}
}

// WatchInteractions is WatchAgent for the interactions on the agent's desktop. The first call has all of them.
func (s *Store) WatchInteractions(ctx context.Context, agent string, see func(Seen[desk.Interaction]) error) error {
	return watch[desk.Interaction](ctx, s, "interactions", see, func(c *firestore.Client) firestore.Query {
		return c.Collection(collections[desk.KindInteraction]).Where("agents", "array-contains", agent)
	})
}

// WatchMessages is WatchInteractions for the messages of up to 30 interactions.
func (s *Store) WatchMessages(ctx context.Context, interactions []string, see func(Seen[desk.Message]) error) error {
	return watch[desk.Message](ctx, s, "messages", see, func(c *firestore.Client) firestore.Query {
		return c.Collection(collections[desk.KindMessage]).Where("interaction", "in", interactions)
	})
}

func watch[T any, P record[T]](ctx context.Context, s *Store, what string, see func(Seen[T]) error, query func(*firestore.Client) firestore.Query) error {
	client, done, err := s.listeners.take()
	if err != nil {
		return err
	}
	defer done()
	snaps := query(client).Snapshots(ctx)
	defer snaps.Stop()
	for {
		snap, err := snaps.Next()
		if err != nil {
			return watchError(ctx, what, err)
		}
		var seen Seen[T]
		for _, ch := range snap.Changes {
			if ch.Kind == firestore.DocumentRemoved {
				seen.Gone = append(seen.Gone, ch.Doc.Ref.ID)
				continue
			}
			var rec T
			if err := read(ch.Doc, P(&rec)); err != nil {
				return fmt.Errorf("decode %s: %w", what, err)
			}
			seen.Now = append(seen.Now, rec)
		}
		if err := see(seen); err != nil {
			return err
		}
	}
}

func watchError(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil || errors.Is(err, iterator.Done) {
		return nil
	}
	return readError(what, err)
}
