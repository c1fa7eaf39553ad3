package supervision

import (
	"context"
	"maps"
	"slices"
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
	teams := map[string]api.Ref{}
	for _, q := range queues {
		if _, ok := teams[q.Team]; ok {
			continue
		}
		var err error
		if teams[q.Team], err = b.named(ctx, q.Team); err != nil {
			return api.Board{}, err
		}
	}
	out := api.Board{Now: b.now(), Queues: make([]api.BoardQueue, len(queues)), Teams: make([]api.BoardTeam, len(teams))}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(countedAtOnce)
	for n, q := range queues {
		g.Go(func() (err error) {
			out.Queues[n], err = b.queue(ctx, q, teams[q.Team])
			return err
		})
	}
	for n, id := range slices.Sorted(maps.Keys(teams)) {
		g.Go(func() (err error) {
			out.Teams[n], err = b.team(ctx, teams[id])
			return err
		})
	}
	return out, g.Wait()
}

func (b *board) queue(ctx context.Context, q desk.Queue, team api.Ref) (api.BoardQueue, error) {
	s, err := through(ctx, b, "queue "+q.ID, func(ctx context.Context, r *store.Reader) (store.QueueStand, error) {
		return r.QueueStand(ctx, q.ID)
	})
	return api.BoardQueue{ID: q.ID, Name: q.Name, Team: team, Waiting: s.Queued, Offered: s.Offered, Active: s.Active,
		Wrapup: s.WrapUp, WaitingSince: s.WaitingSince}, err
}

func (b *board) team(ctx context.Context, team api.Ref) (api.BoardTeam, error) {
	s, err := through(ctx, b, "team "+team.ID, func(ctx context.Context, r *store.Reader) (store.TeamStand, error) {
		return r.TeamStand(ctx, team.ID)
	})
	return api.BoardTeam{ID: team.ID, Name: team.Name, Available: s.Available, Idle: s.Idle, RONA: s.RONA, Offline: s.Offline}, err
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
