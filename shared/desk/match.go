package desk

import (
	"cmp"
	"slices"
	"time"
)

// Pair is one agent for one interaction, with the reason.
type Pair struct {
	Agent       Agent
	Interaction Interaction
	Why         string
	Grounds     Grounds // how he was chosen; zero where somebody named him
	Limits      Limits  // of the interaction's queue; they do not matter where it has an owner
}

// The reasons routing gives for its choice.
const (
	WhyLongestAvailable = string(StrategyLongest)    // nobody fit has been free for longer
	WhyLeastBusy        = string(StrategyLeastBusy)  // nobody fit has fewer conversations
	WhyRoundRobin       = string(StrategyRoundRobin) // it is his turn
	WhyLastResort       = "last_resort"              // he let it expire or gave it away before, and nobody else is free
	WhyTransfer         = "transfer"                 // another agent chose him
	WhyExclusive        = "exclusive"                // he is the contact's exclusive agent
	WhyPrevious         = "previous_agent"           // he had the contact's conversation before
	WhyConference       = "conference"               // another agent asked for him by name
)

// Match is MatchBy StrategyLongest.
func Match(agents []Agent, waiting []Interaction) []Pair {
	return MatchBy(StrategyLongest, agents, waiting)
}

// MatchBy pairs waiting interactions with free agents: the first in rank gets the agent whom the strategy asks first.
// Nobody is excluded, but an agent who let an interaction expire is its last resort, and of several the one who did so
// first. Each agent and each interaction occurs at most once; what cannot be paired is left out. Agents who cannot take
// the interaction's token are skipped. Ties go by ID, so the order of the arguments does not matter.
func MatchBy(s Strategy, agents []Agent, waiting []Interaction) []Pair {
	b := sit(s, agents, waiting)
	type choice struct {
		agent, interaction int
		why                string
	}
	var chosen []choice
	for _, n := range sorted(waiting, func(x, y *Interaction) int {
		return cmp.Or(cmp.Compare(x.Rank, y.Rank), cmp.Compare(x.ID, y.ID))
	}) {
		at, why := b.pick(&waiting[n])
		if at < 0 {
			continue
		}
		b.taken[at] = true
		chosen = append(chosen, choice{at, n, why})
	}
	if len(chosen) == 0 {
		return nil
	}
	pairs := make([]Pair, len(chosen))
	for n, c := range chosen {
		i := &waiting[c.interaction]
		pairs[n] = Pair{Agent: agents[c.agent], Interaction: *i, Why: c.why, Grounds: b.grounds(i)}
	}
	return pairs
}

// sorted lists the positions of list in the order of compare; the records themselves are too big to move about.
func sorted[T any](list []T, compare func(x, y *T) int) []int {
	order := make([]int, len(list))
	for n := range order {
		order[n] = n
	}
	slices.SortStableFunc(order, func(x, y int) int { return compare(&list[x], &list[y]) })
	return order
}

// bench is where the free agents sit while they are matched: one row for each token that somebody waits for. An agent
// sits in the row of every such token he takes.
type bench struct {
	by     Strategy
	agents []Agent
	taken  []bool // by position in agents
	rows   map[string]*row
}

// row is the agents who take one token, whom the strategy asks first at its head.
type row struct {
	seats []int // positions in agents
	skip  []int // from a taken seat to a later one, with only taken ones between
}

// sit fills the bench.
func sit(s Strategy, agents []Agent, waiting []Interaction) *bench {
	b := &bench{by: s, agents: agents, taken: make([]bool, len(agents)), rows: map[string]*row{}}
	alone := false // somebody waits for one agent
	for n := range waiting {
		alone = alone || waiting[n].Awaits.Agent != ""
		if b.rows[waiting[n].Wants] == nil {
			b.rows[waiting[n].Wants] = &row{}
		}
	}
	for _, n := range sorted(agents, s.before) {
		if !agents[n].Free() {
			continue
		}
		for _, token := range agents[n].Takes {
			b.seat(n, token)
		}
		if alone {
			b.seat(n, AgentToken(agents[n].ID))
		}
	}
	return b
}

// before compares two agents: whom the strategy asks first is the smaller one. It is the order of the store's query.
func (s Strategy) before(x, y *Agent) int {
	switch s {
	case StrategyLeastBusy:
		return cmp.Or(cmp.Compare(x.Load, y.Load), x.FreeSince.Compare(y.FreeSince), cmp.Compare(x.ID, y.ID))
	case StrategyRoundRobin:
		return cmp.Or(x.Turn.Compare(y.Turn), cmp.Compare(x.ID, y.ID))
	}
	return cmp.Or(x.FreeSince.Compare(y.FreeSince), cmp.Compare(x.ID, y.ID))
}

// grounds is how the agent of an interaction was chosen.
func (b *bench) grounds(i *Interaction) Grounds {
	return Grounds{Strategy: b.by, Among: len(b.rows[i.Wants].seats)}.of(*i)
}

// of is the grounds with what the interaction asks for and how far in front it is. Who is to join one that has an owner may be anybody
// of the queue that is asked: the profile is what the conversation's own queue asks for, and its priority counts there.
func (g Grounds) of(i Interaction) Grounds {
	g.Profile, g.Relaxed, g.Priority = cmp.Or(i.Profile, ProfileAny), i.Relaxed, i.Priority
	if i.State == InteractionActive {
		g.Profile, g.Relaxed, g.Priority = ProfileAny, "", 0
	}
	return g
}

// seat puts an agent at the end of a token's row, if there is one.
func (b *bench) seat(agent int, token string) {
	if r := b.rows[token]; r != nil {
		r.seats = append(r.seats, agent)
		r.skip = append(r.skip, len(r.seats))
	}
}

// pick chooses the agent for one interaction; -1 when none fits, for its owner does not join himself. It looks past at most
// as many agents as passed the interaction, and its owner.
func (b *bench) pick(i *Interaction) (int, string) {
	r := b.rows[i.Wants]
	last, passed := -1, 0
	for s := r.from(0, b.taken); s < len(r.seats); s = r.from(s+1, b.taken) {
		n := r.seats[s]
		if b.agents[n].ID == i.Owner || !b.agents[n].roomOn(i.Channel) {
			continue
		}
		p := slices.Index(i.Passed, b.agents[n].ID)
		if p < 0 {
			return n, cmp.Or(i.Awaits.Why, string(b.by))
		}
		if last < 0 || p < passed {
			last, passed = n, p
		}
	}
	return last, WhyLastResort
}

// from is the first seat at or after s whose agent is not taken. It shortens the way for whoever comes next, so that
// walking past the taken stays cheap however many they are.
func (r *row) from(s int, taken []bool) int {
	end := s
	for end < len(r.seats) && taken[r.seats[end]] {
		end = r.skip[end]
	}
	for s < end {
		s, r.skip[s] = r.skip[s], end
	}
	return end
}

// MakeOffer asks an agent to take a waiting interaction or, when a queue is asked for a second agent, to join it. o carries
// the ID and the deadline, chosen before its timer was set. A Conflict says that the pair is no longer possible: the agent
// is not free for it, or its owner (code agent_busy), the interaction does not wait (not_waiting), or it took so long that
// the deadline has passed (too_late). When the offer is already stored (its Version is not zero) the first try did its work:
// nothing is stored.
func MakeOffer(o Offer, p Pair, now time.Time) (Change, error) {
	a, i := p.Agent, p.Interaction
	if o.Version > 0 {
		return Change{Offer: &o, Agent: &a, Interaction: &i}, nil
	}
	if !i.waits() {
		return Change{}, conflict("not_waiting", "the conversation is %s", i.State)
	}
	if !a.CanTake(i.Wants) || !a.roomOn(i.Channel) || a.ID == i.Owner {
		return Change{}, conflict("agent_busy", "the agent cannot take it")
	}
	if !now.Before(o.Deadline) {
		return Change{}, conflict("too_late", "the offer would be over before it rang")
	}
	return offered(o, p, now), nil
}

// offered is the change that makes the offer: for the second seat of an active interaction, else for the owner's.
func offered(o Offer, p Pair, now time.Time) Change {
	kind, s, grounds := OfferAssign, p.Interaction.Second, p.Grounds
	if grounds.Strategy != "" {
		grounds = grounds.of(p.Interaction) // which may be another than was matched, by now
	}
	if p.Interaction.State == InteractionActive {
		kind, o.By, o.ByName, o.Note = OfferConference, s.By, s.ByName, s.Note
	}
	o, a, i := o.ask(kind, p.Why, p.Agent, p.Interaction, now)
	i.Wants = ""
	if kind == OfferConference {
		o.WaitingSince = s.At
		i.Offer, i.Second.Offer = "", o.ID
	} else {
		i.State, i.Limits = InteractionOffered, p.Limits
	}
	i = i.timed()
	var page *HistoryPage
	i, page = i.noted(now, EventOffered, a.ID, p.Why)
	i.History.Entries[len(i.History.Entries)-1].Grounds = grounds
	ch := Change{Save: []Record{&a, &i, &o}, Offer: &o, Agent: &a, Interaction: &i}
	ch.save(page)
	return ch
}

// Assign gives a waiting interaction to an agent of a queue that does not ask (B11): it is MakeOffer and his AcceptOffer in one,
// with the offer for a record of it. Faults and repeats are those of MakeOffer.
func Assign(o Offer, p Pair, now time.Time) (Change, error) {
	made, err := MakeOffer(o, p, now)
	if err != nil || o.Version > 0 {
		return made, err
	}
	ch, err := AcceptOffer(Attended{Offer: *made.Offer, Agent: *made.Agent, Interaction: *made.Interaction}, p.Agent.ID, now)
	if err != nil {
		return Change{}, err
	}
	for _, rec := range made.Save {
		if page, ok := rec.(*HistoryPage); ok {
			ch.save(page)
		}
	}
	return ch, nil
}

// ask is the offer as it begins to ring for the agent.
func (o Offer) ask(kind OfferKind, why string, a Agent, i Interaction, now time.Time) (Offer, Agent, Interaction) {
	o.Kind, o.State, o.Why = kind, OfferPending, why
	o.Agent, o.Interaction, o.Channel, o.Asset, o.Queue = a.ID, i.ID, i.Channel, i.Asset, i.Queue
	o.Customer, o.Source, o.Preview = i.Customer, i.Source, i.Preview
	o.OfferedAt, o.WaitingSince, o.DueAt = now, i.WaitingSince, o.Deadline
	a.Offer, a.Ringing, a.RingingOn, a.Turn = o.ID, i.ID, i.Channel, now
	i.Offer = o.ID
	return o, a.Settle(), i
}
