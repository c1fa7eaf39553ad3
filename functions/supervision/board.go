package supervision

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// board keeps how queues and teams stand, for all who watch on this instance: what nobody asked for is not counted, and what
// several ask for is counted once. It is safe for concurrent use.
type board struct {
	store *store.Store
	now   func() time.Time
	age   time.Duration // how old a count may be

	flights singleflight.Group
	mu      sync.Mutex
	kept    map[string]counted
}

type counted struct {
	stand any
	at    time.Time
}

// countedAtOnce is how many queues and teams are counted side by side for one caller.
const countedAtOnce = 8

// shows is the board of the queues and of the teams that serve them.
func (b *board) shows(ctx context.Context, queues []desk.Queue) (api.Board, error) {
	out := api.Board{Now: b.now(), Queues: make([]api.BoardQueue, len(queues))}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(countedAtOnce)
	places := map[string]int{}
	for n, q := range queues {
		if _, ok := places[q.Team]; !ok && q.Team != "" {
			places[q.Team] = len(places)
		}
		g.Go(func() (err error) {
			out.Queues[n], err = b.queue(ctx, q)
			return err
		})
	}
	out.Teams = make([]api.BoardTeam, len(places))
	for team, n := range places {
		g.Go(func() (err error) {
			out.Teams[n], err = b.team(ctx, team)
			return err
		})
	}
	return out, g.Wait()
}

func (b *board) queue(ctx context.Context, q desk.Queue) (api.BoardQueue, error) {
	s, err := through(ctx, b, "queue "+q.ID, func(ctx context.Context, r *store.Reader) (store.QueueStand, error) {
		return r.QueueStand(ctx, q.ID)
	})
	if err != nil {
		return api.BoardQueue{}, err
	}
	team, err := b.named(ctx, q.Team)
	return api.BoardQueue{ID: q.ID, Name: q.Name, Team: team, Waiting: s.Queued, Offered: s.Offered, Active: s.Active,
		Wrapup: s.WrapUp, WaitingSince: s.WaitingSince}, err
}

func (b *board) team(ctx context.Context, id string) (api.BoardTeam, error) {
	s, err := through(ctx, b, "team "+id, func(ctx context.Context, r *store.Reader) (store.TeamStand, error) {
		return r.TeamStand(ctx, id)
	})
	if err != nil {
		return api.BoardTeam{}, err
	}
	team, err := b.named(ctx, id)
	return api.BoardTeam{ID: id, Name: team.Name, Available: s.Available, Idle: s.Idle, RONA: s.RONA, Offline: s.Offline}, err
}

// named is the team with its name; one that is not on record keeps its ID for a name.
func (b *board) named(ctx context.Context, team string) (api.Ref, error) {
	t, err := b.store.Team(ctx, team)
	if fault.Is(err, fault.Missing) {
		return api.Ref{ID: team, Name: team}, nil
	}
	return api.Ref{ID: team, Name: t.Name}, err
}

// through answers from what is kept, or counts. Who counts does so for all who ask meanwhile, and goes on when he is gone.
func through[T any](ctx context.Context, b *board, key string, count func(context.Context, *store.Reader) (T, error)) (T, error) {
	b.mu.Lock()
	k, ok := b.kept[key]
	b.mu.Unlock()
	if ok && b.now().Sub(k.at) < b.age {
		return k.stand.(T), nil
	}
	v, err, _ := b.flights.Do(key, func() (any, error) {
		at := b.now()
		stand, err := count(context.WithoutCancel(ctx), b.store.Reader())
		if err != nil {
			return stand, err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.kept == nil {
			b.kept = map[string]counted{}
		}
		b.kept[key] = counted{stand, at}
		return stand, nil
	})
	return v.(T), err
}
