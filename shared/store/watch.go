package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/deskline/deskline/shared/desk"
)

// Seen is what a listener learned: the records that came or changed and the IDs of those no longer in the query.
type Seen[T any] struct {
	Now  []T
	Gone []string
}

// WatchAgent calls see with the agent's record now and whenever it changes, until ctx ends or see fails; while there is
// no such record it is the zero Agent. It returns see's error, nil when ctx ended, or why the stream broke for good. When the
// database says nothing at first, for as long as a reading may take, it is Unavailable (code unavailable); when every connection is
// full it is Unavailable (code feed_full), and another instance may have room.
func (s *Store) WatchAgent(ctx context.Context, id string, see func(desk.Agent) error) error {
	if !validID(id) {
		return missing(desk.KindAgent)
	}
	client, done, err := s.listeners.take()
	if err != nil {
		return err
	}
	defer done()
	l := s.listening(ctx)
	defer l.end()
	docs := client.Collection(collections[desk.KindAgent]).Doc(id).Snapshots(l.ctx)
	defer docs.Stop()
	for {
		snap, err := docs.Next()
		if err != nil {
			return l.error(ctx, "agent", err)
		}
		l.heard()
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
	l := s.listening(ctx)
	defer l.end()
	snaps := query(client).Snapshots(l.ctx)
	defer snaps.Stop()
	for {
		snap, err := snaps.Next()
		if err != nil {
			return l.error(ctx, what, err)
		}
		l.heard()
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

// listener is one that is about to begin, or has begun. The database answers a listener at once; one that it never answers would show
// nothing for good, and nobody would know.
type listener struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	silent *time.Timer
}

var errSilent = status.Error(codes.DeadlineExceeded, "the listener was told nothing")

// listening begins one, for which ctx is that of whoever listens.
func (s *Store) listening(ctx context.Context) listener {
	ctx, cancel := context.WithCancelCause(ctx)
	return listener{ctx, cancel, time.AfterFunc(s.readFor, func() { cancel(errSilent) })}
}

func (l listener) heard() { l.silent.Stop() }

func (l listener) end() {
	l.silent.Stop()
	l.cancel(nil)
}

func (l listener) error(ctx context.Context, what string, err error) error {
	switch {
	case ctx.Err() != nil:
		return nil
	case errors.Is(context.Cause(l.ctx), errSilent):
		return readError(what, errSilent)
	case errors.Is(err, iterator.Done):
		return nil
	}
	return readError(what, err)
}
