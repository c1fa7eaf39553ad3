package routing

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// customers are how many write to the oracle's world. Ten thousand take half a minute and more.
var customers = flag.Int("customers", 500, "customers of TestNobodyWaitsBesideAFreeAgent")

var (
	skillNames = []string{"repairs", "spanish", "billing"}
	queueNames = []string{"sales", "help", "night"}
	teamNames  = []string{"red", "blue"}
)

// someSkills are any, each at any level.
func (w *world) someSkills() (list []desk.Skill) {
	for _, id := range skillNames {
		if level := w.chance(2 * desk.LevelMax); level > 0 && level <= desk.LevelMax {
			list = append(list, desk.Skill{ID: id, Level: level})
		}
	}
	return list
}

// someAgent is an agent as he may be configured.
func (w *world) someAgent(id string) desk.Agent {
	a := desk.Agent{Head: desk.Head{ID: id}, Name: id, Email: id + "@x.example", Roles: []string{desk.RoleAgent},
		Teams: []string{pickOf(w, teamNames)}, Capacity: 1 + w.chance(3), Skills: w.someSkills()}
	if w.chance(3) == 0 {
		a.Teams = slices.Clone(teamNames)
	}
	if w.chance(3) == 0 {
		a.Capacities = []desk.ChannelCapacity{{Channel: pickOf(w, desk.Channels()), Most: w.chance(3)}}
	}
	return a
}

// someQueue is a queue as it may be configured. Those after it in the list are where it overflows.
func (w *world) someQueue(id string) desk.Queue {
	q := desk.Queue{Head: desk.Head{ID: id}, Name: id, Team: pickOf(w, teamNames), OfferTimeout: 20 * time.Second,
		Priority: w.chance(3), Strategy: pickOf(w, []desk.Strategy{"", desk.StrategyLeastBusy, desk.StrategyRoundRobin}), AutoAccept: w.chance(8) == 0}
	for n := range w.chance(4) {
		p := desk.SkillProfile{ID: fmt.Sprint("p", n), Skills: []desk.Skill{{ID: pickOf(w, skillNames), Level: 1 + w.chance(desk.LevelMax)}}}
		if w.chance(2) == 0 {
			p.RelaxTo, p.After = desk.ProfileAny, time.Duration(5+w.chance(60))*time.Second
		}
		q.Profiles = append(q.Profiles, p)
	}
	if n := slices.Index(queueNames, id); n+1 < len(queueNames) && w.chance(2) == 0 {
		q.Overflow, q.MaxWait = queueNames[n+1], time.Duration(10+w.chance(90))*time.Second
		q.WhenClosed = pickOf(w, []desk.WhenClosed{"", desk.WhenClosedOverflow, desk.WhenClosedClose})
	}
	if w.chance(3) == 0 { // closed for some part of every hour
		from := w.chance(40)
		q.Hours = desk.Hours{Zone: "UTC", Week: []desk.Opening{}}
		for hour := range 24 {
			q.Hours.Week = append(q.Hours.Week, desk.Opening{Days: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, Span: desk.Span{From: 60*hour + from, To: 60*hour + from + 20}})
		}
	}
	return q
}

// arrives has a customer write, some of whom have an agent of their own.
func (w *world) arrives(n int, agents []string) {
	channel := pickOf(w, desk.Channels())
	queue, profile := pickOf(w, queueNames), pickOf(w, []string{"", "p0", "p1", "p2"})
	own := ""
	if w.chance(12) == 0 {
		own = pickOf(w, agents)
	}
	asset := desk.Asset{Head: desk.Head{ID: string(channel) + ":1", Version: 1}, Channel: channel, Account: "1", Queue: queue,
		Rules: []desk.EntryRule{{On: desk.EntryKeyword, Value: "hola", Queue: queue, Profile: profile, Priority: w.chance(desk.PriorityMax + 1)}}}
	in := desk.Arrival{Channel: channel, Account: "1", ID: fmt.Sprint("m", n), At: w.clock(), Kind: desk.TextMessage, Text: "hola",
		Customer: desk.Customer{Addresses: []desk.Address{{Kind: desk.AddressPhone, Value: fmt.Sprint(n)}}}}
	q, err := w.Store.Queue(w.t.Context(), queue)
	require.NoError(w.t, err)
	w.moves(func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		k := desk.Known{Asset: asset, Queue: q, Asked: desk.Agent{Head: desk.Head{ID: own}}, Contact: desk.Contact{Head: desk.Head{ID: fmt.Sprint("c", n), Version: 1}}}
		if own != "" {
			k.Contact.Exclusives = []desk.Exclusive{{Queue: queue, Agent: own, Since: w.clock().Add(time.Second)}}
		}
		if err := r.Find(ctx, &k.Asked); err != nil {
			return desk.Change{}, err
		}
		return desk.Receive(in, k, desk.NewIDs{Interaction: interactionID(n)}, w.clock())
	})
}

// answers has the agent do what he can: answer what rings, end what he has, come back, go.
func (w *world) answers(agent string) {
	w.moves(func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		p, err := r.Present(ctx, agent)
		if err != nil {
			return desk.Change{}, err
		}
		switch a, now := p.Agent, w.clock(); {
		case a.State == desk.AgentOffline || a.State == "":
			return desk.SignIn(p, w.NewID(), desk.AgentAvailable, "", now)
		case a.State == desk.AgentRONA || a.State == desk.AgentIdle && w.chance(2) == 0:
			return desk.SetState(p, desk.StateWish{State: desk.AgentAvailable, Version: a.Version, Key: w.NewID()}, now)
		case a.Offer != "" && w.chance(10) > 0:
			x, err := r.Offer(ctx, a.Offer)
			if err != nil {
				return desk.Change{}, err
			}
			if w.chance(8) == 0 {
				return desk.DeclineOffer(x, agent, now)
			}
			return desk.AcceptOffer(x, agent, now)
		case len(a.Seats) > 0 && w.chance(8) > 0:
			return w.ends(ctx, r, a, pickOf(w, a.Seats))
		case w.chance(4) == 0:
			return desk.SetState(p, desk.StateWish{State: desk.AgentIdle, Reason: "lunch", Key: w.NewID()}, now)
		case w.chance(4) == 0:
			live, err := r.Sits(ctx, a)
			if err != nil {
				return desk.Change{}, err
			}
			return desk.SignOut(p, p.Lease.Session, live, true, now)
		}
		return desk.Change{}, nil
	})
}

// ends has him end a conversation and wrap it up, in one commit.
func (w *world) ends(ctx context.Context, r *store.Reader, a desk.Agent, seat string) (desk.Change, error) {
	x, err := r.Attended(ctx, seat)
	if err != nil {
		return desk.Change{}, err
	}
	if x.Interaction.Owes(a.ID) < 0 {
		ended, err := desk.End(x, a.ID, w.NewID(), w.clock())
		if err != nil {
			return desk.Change{}, err
		}
		x.Interaction = *ended.Interaction
	}
	done := desk.Reason{Head: desk.Head{ID: "done", Version: 1}}
	return desk.SubmitWrapUp(x.Interaction, a, desk.Choice{Reason: "done", Key: w.NewID()}, done, w.clock())
}

func (w *world) expires(offer string) {
	w.moves(func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		x, err := r.Offer(ctx, offer)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.ExpireOffer(x, w.clock())
	})
}

// elapses makes the clock's moves of who waits.
func (w *world) elapses(interaction string) {
	w.moves(func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i := desk.Interaction{Head: desk.Head{ID: interaction}}
		if err := r.Load(ctx, &i); err != nil {
			return desk.Change{}, err
		}
		q, err := w.Store.Queue(ctx, i.Queue)
		if err != nil {
			return desk.Change{}, err
		}
		switch i.Elapsed(w.clock()) {
		case desk.ElapsedWait:
			overflow, err := r.Overflow(ctx, i, q, w.clock())
			if err != nil {
				return desk.Change{}, err
			}
			return desk.Divert(i, q, overflow, w.clock())
		case desk.ElapsedProfile:
			return desk.Relax(i, q, w.clock())
		}
		return desk.Change{}, nil
	})
}

// patience is how many wait before some leave, so that a backlog from which nothing is learned does not grow.
const patience = 60

// leave has those leave who waited for the longest, where too many wait.
func (w *world) leave() {
	talks, err := store.All[desk.Interaction](w.t.Context(), w.Store.Reader())
	require.NoError(w.t, err)
	for _, i := range talks {
		if i.State == desk.InteractionClosed { // the function closed it: nothing of it is kept either
			w.moves(func(ctx context.Context, r *store.Reader) (desk.Change, error) {
				return desk.Change{Drop: []desk.Record{&i}}, r.Load(ctx, &i)
			})
		}
	}
	talks = slices.DeleteFunc(talks, func(i desk.Interaction) bool { return i.State != desk.InteractionQueued })
	slices.SortFunc(talks, func(a, b desk.Interaction) int { return a.WaitingSince.Compare(b.WaitingSince) })
	w.side(max(0, len(talks)-patience), func(n int) {
		w.moves(func(ctx context.Context, r *store.Reader) (desk.Change, error) {
			x, err := r.Attended(ctx, talks[n].ID)
			if err != nil {
				return desk.Change{}, err
			}
			return desk.Leave(x, w.clock())
		})
	})
}

// sweeps hints what the sweep hints.
func (w *world) sweeps() {
	r, now := w.Store.Reader(), w.clock()
	var hints []desk.Hint
	for token := ""; ; {
		var err error
		token, err = r.NextToken(w.t.Context(), token)
		require.NoError(w.t, err)
		if token == "" {
			break
		}
		hints = append(hints, desk.Hint{Event: desk.HintInteractionQueued, Token: token})
	}
	due, err := store.Due[desk.Interaction](w.t.Context(), r, now, 1000, store.Place{})
	require.NoError(w.t, err)
	for _, i := range due {
		hints = append(hints, desk.Hint{Event: desk.HintInteractionDue, Interaction: i.ID})
	}
	offers, err := store.Due[desk.Offer](w.t.Context(), r, now, 1000, store.Place{})
	require.NoError(w.t, err)
	for _, o := range offers {
		hints = append(hints, desk.Hint{Event: desk.HintOfferDue, Offer: o.ID})
	}
	w.mu.Lock()
	w.hints = append(w.hints, hints...)
	w.mu.Unlock()
}

// pairOf names who waits beside whom, and what both were like.
type pairOf struct {
	interaction, agent string
	versions           [2]int64
}

// beside is what the oracle sees: everybody who waits beside an agent who could be asked. It goes by what is configured and by who
// holds what, not by tokens. In a queue that was configured a moment ago, nobody can know.
func (w *world) beside() map[pairOf]string {
	ctx, r := w.t.Context(), w.Store.Reader()
	talks, err := store.All[desk.Interaction](ctx, r)
	require.NoError(w.t, err)
	agents, err := store.All[desk.Agent](ctx, r)
	require.NoError(w.t, err)
	queues, err := store.All[desk.Queue](ctx, r)
	require.NoError(w.t, err)
	found := map[pairOf]string{}
	for _, i := range talks {
		n := slices.IndexFunc(queues, func(q desk.Queue) bool { return q.ID == i.Queue })
		if i.State != desk.InteractionQueued || n < 0 || !queues[n].Open(w.clock()) || w.clock().Sub(w.changed[i.Queue]) < 2*store.ConfigAge {
			continue
		}
		for _, a := range agents {
			if fits(i, a, queues[n], talks) {
				found[pairOf{i.ID, a.ID, [2]int64{i.Version, a.Version}}] = fmt.Sprintf("%s waits for %s since %s", i.ID, i.Wants, i.WaitingSince)
			}
		}
	}
	return found
}

// fits reports whether the agent could be asked to take it.
func fits(i desk.Interaction, a desk.Agent, q desk.Queue, talks []desk.Interaction) bool {
	if a.State != desk.AgentAvailable || a.Offer != "" || len(a.Seats) >= a.Capacity || !slices.Contains(a.Teams, q.Team) {
		return false
	}
	if i.Awaits.Agent != "" && i.Awaits.Agent != a.ID {
		return false
	}
	for _, c := range a.Capacities {
		held := 0
		for _, other := range talks {
			if other.Channel == c.Channel && slices.Contains(a.Seats, other.ID) {
				held++
			}
		}
		if c.Channel == i.Channel && held >= c.Most {
			return false
		}
	}
	if i.Awaits.Agent != "" {
		return true
	}
	for _, p := range q.Profiles {
		for _, s := range p.Skills {
			has := slices.ContainsFunc(a.Skills, func(h desk.Skill) bool { return h.ID == s.ID && h.Level >= s.Level })
			if p.ID == i.Profile && !has {
				return false
			}
		}
	}
	return true
}

// Nobody waits beside a free agent for longer than one round of the sweep, whatever is lost: of all who waited beside somebody
// when a round began, none does at its end.
func TestNobodyWaitsBesideAFreeAgent(t *testing.T) {
	const each = 20
	w := openWorld(t, 7, nil, nil)
	var queues []desk.Queue
	for _, id := range queueNames {
		queues = append(queues, w.someQueue(id))
	}
	var agents []desk.Agent
	var ids []string
	for n := range 25 {
		agents, ids = append(agents, w.someAgent(agentID(n))), append(ids, agentID(n))
	}
	w.configures(desk.Setup{Queues: queues, Agents: agents})
	beside, longest := 0, 0
	for arrived := 0; arrived < *customers; arrived += each {
		w.lost = pickOf(w, []float64{0, 0.3, 1}) // at times every hint there is
		w.side(each, func(n int) {
			w.arrives(arrived+n, ids)
			for range 4 {
				w.answers(pickOf(w, ids))
			}
		})
		switch w.chance(4) {
		case 0:
			w.configures(desk.Setup{Queues: []desk.Queue{w.someQueue(pickOf(w, queueNames))}})
		case 1:
			w.configures(desk.Setup{Agents: []desk.Agent{w.someAgent(pickOf(w, ids))}})
		}
		w.delivers()
		w.passes(10 * time.Second)
		before := w.beside()
		beside += len(before)
		w.lost = 0
		w.sweeps()
		w.delivers()
		var still []string
		for pair, what := range w.beside() {
			if _, was := before[pair]; was {
				still = append(still, what+" beside "+pair.agent)
			}
		}
		longest = max(longest, len(still))
		require.Empty(t, still, "after %d customers", arrived+each)
		w.leave()
	}
	t.Logf("%d customers, %d hints lost, %d pairs that only the sweep could find, %d that it did not", *customers, w.dropped, beside, longest)
	assert.Positive(t, beside, "nothing was lost that mattered")
	assert.NotContains(t, w.log.String(), "panic", strings.TrimSpace(w.log.String()))
}
