package routing

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// shift is a room in which agents work.
type shift struct {
	*room
	tokens []string // the profile that asks for most first

	mu           sync.Mutex
	took         []time.Duration // the claims that made an offer
	rang         []string        // those offers, until they are answered
	served, rona int
}

// opensShift has so many agents and so many customers, a third of them for each of three profiles. An agent takes four at once, three
// of them on the channel.
func opensShift(t testing.TB, agents, customers int) *shift {
	s := &shift{room: open(t)}
	for _, profile := range []string{"expert", "spanish", desk.ProfileAny} {
		s.tokens = append(s.tokens, desk.TokenFor("sales", desk.WhatsApp, profile))
	}
	var recs []desk.Record
	for n := range agents {
		a := free(n)
		a.Capacity, a.Capacities = 4, []desk.ChannelCapacity{{Channel: desk.WhatsApp, Most: 3}}
		a.Serves = s.tokens[n%len(s.tokens):]
		*a = a.Settle()
		recs = append(recs, a)
	}
	for n := range customers {
		i := waits(n)
		i.Wants = s.tokens[n%len(s.tokens)]
		i.Profile = desk.ProfileOf(i.Wants)
		recs = append(recs, i)
	}
	s.put(recs...)
	return s
}

// claims is a pass whose claims are timed.
func (s *shift) claims(token string) {
	w := walk{handlers: s.handlers, token: token, broken: map[string]bool{}}
	for {
		r := s.Store.Reader()
		agents, err := r.FreeAgents(context.Background(), token, desk.StrategyLongest, pageMax, desk.Agent{})
		require.NoError(s.t, err)
		waiting, err := r.Waiting(context.Background(), []string{token}, pageMax, desk.Interaction{})
		require.NoError(s.t, err)
		pairs := desk.Match(agents, waiting)
		if len(pairs) == 0 {
			return
		}
		s.atOnce(len(pairs), func(n int) error {
			at := time.Now()
			_, made, err := w.claim(context.Background(), r, pairs[n], s.Now())
			s.mu.Lock()
			defer s.mu.Unlock()
			if made {
				s.took, s.rang = append(s.took, time.Since(at)), append(s.rang, pairs[n].Agent.ID)
			}
			return err
		})
	}
}

// p99 is what one claim in a hundred took longer than.
func (s *shift) p99() time.Duration {
	slices.Sort(s.took)
	return s.took[len(s.took)*99/100]
}

// answers has everybody answer who rings. One in ten lets it ring and says then that he is back; the others serve the customer and
// are done with him.
func (s *shift) answers() {
	rang, before := s.rang, s.served+s.rona
	s.rang = nil
	require.NotEmpty(s.t, rang, "the passes offer nothing")
	missed := func(n int) bool { return (before+n)%10 == 0 }
	s.atOnce(len(rang), func(n int) error {
		if missed(n) {
			return s.misses(rang[n])
		}
		return s.serves(rang[n])
	})
	for n := range rang {
		if missed(n) {
			s.rona++
		} else {
			s.served++
		}
	}
}

func (s *shift) misses(agent string) error {
	if _, err := s.moves(agent, func(_ context.Context, _ *store.Reader, x desk.Attended) (desk.Change, error) {
		return desk.ExpireOffer(x, x.Offer.Deadline)
	}); err != nil {
		return err
	}
	_, err := s.moves(agent, func(_ context.Context, _ *store.Reader, x desk.Attended) (desk.Change, error) {
		return desk.SetState(desk.Present{Agent: x.Agent}, desk.StateWish{State: desk.AgentAvailable, Version: x.Agent.Version}, s.Now())
	})
	return err
}

func (s *shift) serves(agent string) error {
	took, err := s.moves(agent, func(_ context.Context, _ *store.Reader, x desk.Attended) (desk.Change, error) {
		return desk.AcceptOffer(x, agent, s.Now())
	})
	if err != nil {
		return err
	}
	_, err = s.moves(agent, func(ctx context.Context, r *store.Reader, x desk.Attended) (desk.Change, error) {
		with, err := r.Attended(ctx, took.Interaction.ID)
		if err != nil {
			return desk.Change{}, err
		}
		ended, err := desk.End(with, agent, "end", s.Now())
		if err != nil {
			return desk.Change{}, err
		}
		done := desk.Reason{Head: desk.Head{ID: "done", Version: 1}}
		return desk.SubmitWrapUp(*ended.Interaction, x.Agent, desk.Choice{Reason: "done", Key: "done"}, done, s.Now())
	})
	return err
}

// ringing are those of the agents at whom an offer rings, who was asked first before the others.
func (s *shift) ringing(agents []string) (ring []string) {
	recs, all := make([]desk.Record, len(agents)), make([]desk.Agent, len(agents))
	for n, id := range agents {
		all[n].ID = id
		recs[n] = &all[n]
	}
	require.NoError(s.t, s.Store.Reader().Load(context.Background(), recs...))
	slices.SortFunc(all, func(x, y desk.Agent) int { return x.Turn.Compare(y.Turn) })
	for _, a := range all {
		if a.Offer != "" {
			ring = append(ring, a.ID)
		}
	}
	return ring
}

// moves makes a move of the agent's, with what rings for him.
func (s *shift) moves(agent string, decide func(context.Context, *store.Reader, desk.Attended) (desk.Change, error)) (desk.Change, error) {
	return s.Store.Move(context.Background(), func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		x := desk.Attended{Agent: desk.Agent{Head: desk.Head{ID: agent}}}
		if err := r.Load(ctx, &x.Agent); err != nil {
			return desk.Change{}, err
		}
		if x.Agent.Offer != "" {
			var err error
			if x, err = r.Offer(ctx, x.Agent.Offer); err != nil {
				return desk.Change{}, err
			}
		}
		return decide(ctx, r, x)
	})
}

// atOnce does n things, as many at once as a pass does.
func (s *shift) atOnce(n int, do func(n int) error) {
	var g errgroup.Group
	g.SetLimit(claims)
	for i := range n {
		g.Go(func() error { return do(i) })
	}
	require.NoError(s.t, g.Wait())
}
