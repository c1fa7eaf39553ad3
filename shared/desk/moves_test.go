package desk

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"
)

const (
	tech   = "tech|whatsapp|any"
	expert = "sales|whatsapp|expert"
)

// newCentre is two queues, four agents, of whom two serve both, and some with a history that is nearly full.
func newCentre(t *rapid.T) *centre {
	c := &centre{now: nine, recs: map[place]Record{}, rona: map[string]int64{}, taken: map[string]int{}, one: map[person]bool{}, told: map[place]int64{}, looked: -1, watch: newWatcher()}
	c.limits = drawLimits(t)
	for n, serves := range [][]string{{sales}, {tech}, {sales, expert, tech}, {sales, tech}} {
		a := Agent{
			Head: stored(fmt.Sprintf("agent-%d", n), 1), Name: fmt.Sprintf("Agent %d", n), Serves: serves,
			Capacity: rapid.IntRange(1, 3).Draw(t, "capacity"), Capacities: drawCapacities(t),
			History: filled(int64(rapid.SampledFrom([]int{0, 97}).Draw(t, "history"))),
		}
		c.put(&a)
		if rapid.IntRange(0, 3).Draw(t, "at the desk") > 0 {
			m := c.signIn(a.ID, "desk-0", AgentAvailable)
			ch, _ := m.decide()
			c.save(t, m, ch)
		}
	}
	return c
}

// drawCapacities is what an agent may hold on WhatsApp, mostly less than in all.
func drawCapacities(t *rapid.T) []ChannelCapacity {
	most := rapid.SampledFrom([]int{0, 1, 1, 2}).Draw(t, "capacity on WhatsApp")
	if most == 0 {
		return nil
	}
	return []ChannelCapacity{{Messenger, 1}, {WhatsApp, most}}
}

// moves are what may happen in the centre.
func (c *centre) moves() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"time passes":       c.timePasses,
		"what is due":       c.whatIsDue,
		"customer writes":   c.customerWrites,
		"customer writes 2": c.customerWrites, // what makes work must come often
		"routing":           c.routing,
		"late claim":        c.lateClaim,
		"offer accepted":    func(t *rapid.T) { c.answerOffer(t, "accept", AcceptOffer) },
		"offer accepted 2":  func(t *rapid.T) { c.answerOffer(t, "accept", AcceptOffer) },
		"offer accepted 3":  func(t *rapid.T) { c.answerOffer(t, "accept", AcceptOffer) },
		"offer declined":    seldom(func(t *rapid.T) { c.answerOffer(t, "decline", DeclineOffer) }),
		"offer timer":       c.offerTimer,
		"offer rescinded":   seldom(c.rescinds),
		"agent signs in":    c.agentComes,
		"agent signs in 2":  c.agentComes,
		"agent signs out":   seldom(c.agentLeaves),
		"agent's state":     c.agentWishes,
		"agent's state 2":   c.agentWishes,
		"lease renewed":     func(t *rapid.T) { c.try(t, c.renew(c.agent(t), c.desk(t))) },
		"lease timer":       seldom(func(t *rapid.T) { c.try(t, c.loseLease(c.agent(t))) }),
		"grace timer":       func(t *rapid.T) { c.try(t, c.handBack(c.agent(t))) },
		"agent writes":      c.agentWrites,
		"agent begins":      c.agentBegins,
		"agent reads":       c.agentReads,
		"delivery":          c.delivers,
		"channel answers":   c.channelAnswers,
		"status comes":      c.statusComes,
		"agent ends":        seldom(c.agentEnds),
		"agent wraps up":    c.agentWrapsUp,
		"customer told":     seldom(c.customerIsTold),
		"wrap-up extended":  seldom(c.agentExtends),
		"customer leaves":   seldom(c.customerLeaves),
		"customer blocked":  seldom(c.customerIsBlocked),
		"customer renamed":  seldom(c.customerIsRenamed),
		"customer prefers":  seldom(c.customerPrefers),
		"customer remarks":  c.customerRemarks,
		"cut short":         seldom(c.cutsShort),
		"exclusive agent":   c.exclusiveAgent,
		"overflow":          c.overflows,
		"reopened":          c.reopens,
		"queue closed":      c.queueShuts,
		"queue changed":     seldom(c.queueChanges),
		"queue deleted":     seldom(c.queueGoes),
		"transfer":          c.transfers,
		"transfer 2":        c.transfers,
		"transfer 3":        c.transfers,
		"conference":        c.confers,
		"conference 2":      c.confers,
		"conference 3":      c.confers,
		"supervisor":        c.stepsIn,
		"agent sent away":   seldom(c.sendsAway),
		"again":             c.again,
		"slow function":     c.lands,
	}
}

func seldom(f func(*rapid.T)) func(*rapid.T) {
	return func(t *rapid.T) {
		if rapid.IntRange(0, 2).Draw(t, "seldom") > 0 {
			skip()
		}
		f(t)
	}
}

func (c *centre) timePasses(t *rapid.T) {
	c.until(t, c.now.Add(rapid.SampledFrom([]time.Duration{
		tick, tick, time.Second, time.Second, 5 * time.Second, 5 * time.Second, 30*time.Second - tick, 2 * time.Minute,
	}).Draw(t, "time")), "")
}

// until moves the clock. Meanwhile the desktops renew their leases, but for one that vanishes now and then, and that of
// the agent named.
func (c *centre) until(t *rapid.T, then time.Time, vanished string) {
	if then.After(c.now) {
		c.now = then
	}
	for _, l := range all[Lease](c) {
		if l.Ended || l.ID == vanished || rapid.IntRange(0, 11).Draw(t, "vanishes") == 0 {
			continue
		}
		m := c.renew(l.ID, l.Session)
		ch, err := c.decide(t, m)
		must(t, err == nil && c.save(t, m, ch), "a lease that holds cannot be renewed: %v", err)
	}
}

// whatIsDue waits until somebody, or the clock, is late with a move, and makes it.
func (c *centre) whatIsDue(t *rapid.T) {
	var owed []Owed
	kinds := map[RecordKind]bool{KindOffer: true, KindAgent: true, KindMessage: true, KindReceipt: true, KindInteraction: true}
	kinds[KindLease] = rapid.IntRange(0, 4).Draw(t, "a desktop vanished") == 0
	for _, r := range c.recs {
		if o, ok := r.(Owed); ok && !o.Due().IsZero() && kinds[o.Record()] {
			owed = append(owed, o)
		}
	}
	slices.SortFunc(owed, func(a, b Owed) int {
		return cmp.Or(a.Due().Compare(b.Due()), strings.Compare(a.Base().ID, b.Base().ID), strings.Compare(string(a.Record()), string(b.Record())))
	})
	if len(owed) == 0 {
		skip()
	}
	r := owed[rapid.IntRange(0, min(2, len(owed)-1)).Draw(t, "which")]
	vanished := ""
	if r.Record() == KindLease || r.Record() == KindAgent {
		vanished = r.Base().ID
	}
	c.until(t, r.Due(), vanished)
	switch id := r.Base().ID; r.Record() {
	case KindOffer:
		c.try(t, c.expire(id))
	case KindLease:
		c.try(t, c.loseLease(id))
	case KindAgent:
		c.try(t, c.handBack(id))
	case KindMessage:
		c.try(t, c.deliver(t, id))
	case KindReceipt:
		c.try(t, c.isMet(id))
	case KindInteraction:
		c.try(t, c.elapse(id))
	}
}

func (c *centre) agent(t *rapid.T) string {
	return rapid.SampledFrom([]string{"agent-0", "agent-1", "agent-2", "agent-3"}).Draw(t, "agent")
}

func (c *centre) desk(t *rapid.T) string {
	return rapid.SampledFrom([]string{"desk-0", "desk-0", "desk-1"}).Draw(t, "desk")
}

func (c *centre) want(t *rapid.T) AgentState {
	return rapid.SampledFrom([]AgentState{AgentAvailable, AgentAvailable, AgentIdle}).Draw(t, "state")
}

// pick draws one of the records that pass, mostly, or any of them; the move is skipped when there is none, for one that is refused
// plays nothing.
func pick[T any](t *rapid.T, list []T, pass func(T) bool) T {
	some := slices.DeleteFunc(slices.Clone(list), func(v T) bool { return !pass(v) })
	if rapid.IntRange(0, 15).Draw(t, "any") == 15 {
		some = list
	}
	if len(some) == 0 {
		skip()
	}
	return some[rapid.IntRange(0, len(some)-1).Draw(t, "which")]
}

func (c *centre) customerWrites(t *rapid.T) {
	p := c.person(t)
	in := Arrival{
		Channel: WhatsApp, Account: p.queue, ID: c.arriving(t, p.queue), At: c.now, Text: "hola",
		Kind: rapid.SampledFrom([]MessageKind{TextMessage, TextMessage, ImageMessage, SystemMessage, HandoverMessage}).Draw(t, "kind"),
		Customer: Customer{Name: rapid.SampledFrom([]string{"Lea", "Lea G."}).Draw(t, "name"),
			Addresses: rapid.SampledFrom([][]Address{p.addresses()[:1], p.addresses()[1:], p.addresses()}).Draw(t, "addresses")},
		Elsewhere: rapid.IntRange(0, 9).Draw(t, "elsewhere") == 0,
	}
	c.try(t, c.receive(p, in, NewIDs{Contact: c.name("contact"), Interaction: c.name("talk")}))
}

// receive reads what the function reads: the message, its identities, their contact, his newest conversation.
func (c *centre) receive(p person, in Arrival, ids NewIDs) move {
	opens := in.Kind.Opens() && !in.Elsewhere
	return move{name: "Receive", repeats: true, forever: opens, decide: func() (Change, error) {
		k := c.known(p, in.Customer.Addresses)
		k.Message = get[Message](c, ArrivalID(in.Channel, in.Account, in.ID))
		if k.Message.Version > 0 && !k.Message.Stub {
			k.Interaction = get[Interaction](c, k.Message.Interaction)
		} else if queue := QueueAhead(in, k, c.now); queue != "" {
			k.Queue = c.queue(queue)
		}
		if ahead := AgentAhead(in, k, c.now); ahead != "" {
			k.Asked = get[Agent](c, ahead)
		}
		return Receive(in, k, ids, c.now)
	}, saved: func(Change) { c.isOne(p, in.Customer.Addresses) }}
}

// whose finds the contacts that the identities lead to, the oldest first.
func (c *centre) whose(k *Known) {
	found := map[string]Contact{}
	for _, id := range k.Identities {
		one := get[Contact](c, id.Contact)
		for one.Into != "" {
			one = get[Contact](c, one.Into)
		}
		if one.Version > 0 {
			found[one.ID] = one
		}
	}
	oldest := slices.SortedFunc(maps.Values(found), func(a, b Contact) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
	})
	for n, one := range oldest {
		talk := get[Interaction](c, one.Open)
		if n == 0 {
			k.Contact, k.Interaction = one, talk
			continue
		}
		k.Others = append(k.Others, Acquaintance{Contact: one, Interaction: talk})
	}
}

// routing matches who is free with what waits and claims the pairs, as far as that goes well.
func (c *centre) routing(t *rapid.T) {
	if !c.route(t) {
		skip()
	}
}

// route is false when nobody could be matched.
func (c *centre) route(t *rapid.T) bool {
	free := slices.DeleteFunc(all[Agent](c), func(a Agent) bool { return len(a.Takes) == 0 })
	waiting := slices.DeleteFunc(all[Interaction](c), func(i Interaction) bool { return i.Wants == "" })
	pairs := Match(free, waiting)
	for _, p := range pairs {
		o := Offer{Head: Head{ID: c.name("offer")}, Deadline: c.now.Add(DefaultOfferTimeout)}
		rule := MakeOffer
		if rapid.IntRange(0, 9).Draw(t, "not asked") == 0 {
			rule = Assign
		}
		c.try(t, c.makeOffer(rule, o, p.Agent.ID, p.Interaction.ID, p.Why))
	}
	return len(pairs) > 0
}

// lateClaim claims a pair that was matched when things were different.
func (c *centre) lateClaim(t *rapid.T) {
	i := pick(t, all[Interaction](c), Interaction.waits)
	o := Offer{Head: Head{ID: c.name("offer")}, Deadline: c.now.Add(rapid.SampledFrom([]time.Duration{0, DefaultOfferTimeout, DefaultOfferTimeout}).Draw(t, "rings"))}
	rule := rapid.SampledFrom([]func(Offer, Pair, time.Time) (Change, error){MakeOffer, MakeOffer, Assign}).Draw(t, "asked")
	c.try(t, c.makeOffer(rule, o, c.agent(t), i.ID, WhyLongestAvailable))
}

func (c *centre) makeOffer(rule func(Offer, Pair, time.Time) (Change, error), o Offer, agent, talk, why string) move {
	return move{name: "MakeOffer", repeats: true, forever: true, decide: func() (Change, error) {
		o := o
		if made := get[Offer](c, o.ID); made.Version > 0 {
			o = made
		}
		return rule(o, Pair{Agent: get[Agent](c, agent), Interaction: get[Interaction](c, talk), Why: why, Limits: c.limits}, c.now)
	}}
}

func rings(o Offer) bool { return o.State == OfferPending }

func (c *centre) answerOffer(t *rapid.T, name string, rule answerRule) {
	o := pick(t, all[Offer](c), rings)
	who := o.Agent
	if rapid.IntRange(0, 9).Draw(t, "somebody else") == 0 {
		who = c.agent(t)
	}
	c.try(t, c.answer(name, rule, o.ID, who))
}

func (c *centre) answer(name string, rule answerRule, offer, who string) move {
	return move{name: name, repeats: true, forever: true, decide: func() (Change, error) {
		return rule(c.asked(offer), who, c.now)
	}}
}

// asked reads what the store reads for an answer.
func (c *centre) asked(offer string) Attended {
	o := get[Offer](c, offer)
	x := asked(o, get[Agent](c, o.Agent), get[Interaction](c, o.Interaction))
	x.Sender = c.sender(x.Offer, x.Interaction)
	return x
}

// sender reads who transferred what rings, where it may go back to him.
func (c *centre) sender(o Offer, i Interaction) Agent {
	if o.State != OfferPending || i.Offer != o.ID || i.Transfer.Unanswered != UnansweredReturn {
		return Agent{}
	}
	return get[Agent](c, i.Transfer.By)
}

func (c *centre) offerTimer(t *rapid.T) { c.try(t, c.expire(pick(t, all[Offer](c), rings).ID)) }

func (c *centre) expire(offer string) move {
	return c.answer("expire", func(x Attended, _ string, now time.Time) (Change, error) {
		return ExpireOffer(x, now)
	}, offer, "")
}

func (c *centre) rescinds(t *rapid.T) {
	c.try(t, c.answer("rescind", func(x Attended, _ string, now time.Time) (Change, error) {
		return RescindOffer(x, now)
	}, pick(t, all[Offer](c), rings).ID, ""))
}

// again makes a move that was saved long ago once more.
func (c *centre) again(t *rapid.T) {
	if len(c.done) == 0 {
		skip()
	}
	m := c.done[rapid.IntRange(0, len(c.done)-1).Draw(t, "move")]
	keys := slices.Concat(see[Agent](c, m.agent).Keys, see[Interaction](c, m.talk).Keys)
	if m.key != "" && !slices.ContainsFunc(keys, func(k Key) bool { return k.Key == m.key }) {
		skip() // only the last eight keys are remembered
	}
	c.repeat(t, m)
}

// lands saves what a slow function decided some time ago, if nobody was faster.
func (c *centre) lands(t *rapid.T) {
	if len(c.flying) == 0 {
		skip()
	}
	n := rapid.IntRange(0, len(c.flying)-1).Draw(t, "flight")
	f := c.flying[n]
	c.flying = slices.Delete(c.flying, n, n+1)
	c.save(t, f.move, f.change)
}
