package store

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

// ConfigAge is how old the configuration a move uses may be at most, by the store's clock.
const ConfigAge = 15 * time.Second

// cache keeps configuration records for ConfigAge. A missing record is never kept: it may appear at any moment.
type cache struct {
	now  func() time.Time
	mu   sync.Mutex
	kept map[string]cached
}

type cached struct {
	rec any
	at  time.Time
}

func (c *cache) get(key string) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.kept[key]
	return k.rec, ok && c.now().Sub(k.at) < ConfigAge
}

func (c *cache) put(key string, rec any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept = map[string]cached{}
	}
	c.kept[key] = cached{rec, c.now()}
}

func (c *cache) drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kept, key)
}

// through answers from the cache or reads.
func through[T any](ctx context.Context, s *Store, key string, read func(context.Context, *Reader) (T, error)) (T, error) {
	if rec, ok := s.config.get(key); ok {
		return rec.(T), nil
	}
	rec, err := read(ctx, s.Reader())
	if err == nil {
		s.config.put(key, rec)
	}
	return rec, err
}

// Linger is how long after a change of the configuration a move may still be saved that was decided by what was before:
// the age of what is kept, the time a move has, and five seconds for clocks that differ and commits on their way.
const Linger = ConfigAge + patience + 5*time.Second

// Queue is the queue's configuration, up to ConfigAge old. Of a deleted one it is the tombstone, which still has the name
// for what belongs to it.
func (s *Store) Queue(ctx context.Context, id string) (desk.Queue, error) {
	return configured[desk.Queue](ctx, s, id)
}

// KeptQueue is the queue as Queue would give it without a read; false when that takes one.
func (s *Store) KeptQueue(id string) (desk.Queue, bool) {
	rec, ok := s.config.get(string(desk.KindQueue) + " " + id)
	q, _ := rec.(desk.Queue)
	return q, ok
}

// ForgetQueue has the next Queue read it: somebody knows that it has changed.
func (s *Store) ForgetQueue(id string) { s.config.drop(string(desk.KindQueue) + " " + id) }

// Asset is the asset's configuration, up to ConfigAge old. A deleted one is Missing, as one that never was, and seen as
// soon as it comes back; its tombstone is returned beside the fault, for what it says about messages sent before.
func (s *Store) Asset(ctx context.Context, id string) (desk.Asset, error) {
	return through(ctx, s, string(desk.KindAsset)+" "+id, func(ctx context.Context, r *Reader) (desk.Asset, error) {
		a := desk.Asset{Head: desk.Head{ID: id}}
		if err := r.Load(ctx, &a); err != nil || !a.Gone() {
			return a, err
		}
		return a, missing(desk.KindAsset)
	})
}

// Project is the project's configuration, up to ConfigAge old.
func (s *Store) Project(ctx context.Context, id string) (desk.Project, error) {
	return configured[desk.Project](ctx, s, id)
}

// Client is the client's configuration, up to ConfigAge old.
func (s *Store) Client(ctx context.Context, id string) (desk.Client, error) {
	return configured[desk.Client](ctx, s, id)
}

// Team is the team's configuration, up to ConfigAge old.
func (s *Store) Team(ctx context.Context, id string) (desk.Team, error) {
	return configured[desk.Team](ctx, s, id)
}

// Settings are the centre's, up to ConfigAge old; the zero ones where it never said anything.
func (s *Store) Settings(ctx context.Context) (desk.Settings, error) {
	return through(ctx, s, string(desk.KindSettings), func(ctx context.Context, r *Reader) (desk.Settings, error) {
		rec := desk.Settings{Head: desk.Head{ID: desk.SettingsID}}
		return rec, r.Find(ctx, &rec)
	})
}

// ClientOf is the client that the queue works for, each record on the way up to ConfigAge old.
func (s *Store) ClientOf(ctx context.Context, queue string) (desk.Client, error) {
	q, err := s.Queue(ctx, queue)
	if err != nil {
		return desk.Client{}, err
	}
	p, err := s.Project(ctx, q.Project)
	if err != nil {
		return desk.Client{}, err
	}
	return s.Client(ctx, p.Client)
}

func configured[T any, P record[T]](ctx context.Context, s *Store, id string) (T, error) {
	kind := P(new(T)).Record()
	return through(ctx, s, string(kind)+" "+id, func(ctx context.Context, r *Reader) (T, error) {
		var rec T
		P(&rec).Base().ID = id
		return rec, r.Load(ctx, P(&rec))
	})
}

// Reasons are a queue's wrap-up reasons in their order, up to ConfigAge old; of a deleted queue those of the successor that
// took over from it. The list is shared and must not be changed.
func (s *Store) Reasons(ctx context.Context, queue string) ([]desk.Reason, error) {
	q, err := s.Queue(ctx, queue)
	for err == nil && !q.Served() {
		queue = q.Successor
		q, err = s.Queue(ctx, queue)
	}
	if err != nil && !fault.Is(err, fault.Missing) {
		return nil, err
	}
	return through(ctx, s, "reasons "+queue, func(ctx context.Context, r *Reader) ([]desk.Reason, error) {
		return r.Reasons(ctx, queue)
	})
}

// Reason is one of Reasons; one that the queue does not have has Version zero.
func (s *Store) Reason(ctx context.Context, queue, id string) (desk.Reason, error) {
	reasons, err := s.Reasons(ctx, queue)
	if err != nil {
		return desk.Reason{}, err
	}
	if n := slices.IndexFunc(reasons, func(r desk.Reason) bool { return r.ID == id }); n >= 0 {
		return reasons[n], nil
	}
	return desk.Reason{}, nil
}

// Templates are a queue's templates, by ID, up to ConfigAge old. The list is shared and must not be changed.
func (s *Store) Templates(ctx context.Context, queue string) ([]desk.Template, error) {
	return through(ctx, s, "templates "+queue, func(ctx context.Context, r *Reader) ([]desk.Template, error) {
		return r.Templates(ctx, queue)
	})
}

// Queues are all queues, by ID, up to ConfigAge old. The list is shared and must not be changed.
func (s *Store) Queues(ctx context.Context) ([]desk.Queue, error) {
	return through(ctx, s, "queues", func(ctx context.Context, r *Reader) ([]desk.Queue, error) {
		return All[desk.Queue](ctx, r)
	})
}

// Mates are how many agents the team has, up to ConfigAge old; two stand for more.
func (s *Store) Mates(ctx context.Context, team string) (int, error) {
	return through(ctx, s, "mates "+team, func(ctx context.Context, r *Reader) (int, error) {
		found, err := r.Members(ctx, team, 2)
		return len(found), err
	})
}

// Person is who an agent is for the purposes of permission, up to ConfigAge old. Whoever is read for a move by his ID is
// known from then on: an agent at work need not be looked for by his address each time that is too old.
func (s *Store) Person(ctx context.Context, email string) (desk.Agent, error) {
	return through(ctx, s, personKey(email), func(ctx context.Context, r *Reader) (desk.Agent, error) {
		return r.AgentByEmail(ctx, email)
	})
}

func personKey(email string) string { return "email " + email }
