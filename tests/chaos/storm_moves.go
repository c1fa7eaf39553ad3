package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// The centre of a storm: two queues serve one number.
const (
	sales = "sales"
	care  = "care"
)

// skilled is the profile of sales.
const skilled = "skilled"

// limits are what both queues hold their conversations to, and patience is how long they ask.
var (
	limits = desk.Limits{WrapUp: 30 * time.Second}
	number = desk.Asset{Head: desk.Head{ID: desk.AssetID(desk.WhatsApp, "111"), Version: 1}, Channel: desk.WhatsApp, Account: "111", Queue: sales}
	boss   = desk.Agent{Head: desk.Head{ID: "boss", Version: 1}, Roles: []string{desk.RoleSupervisor}}
)

const (
	rings = 20 * time.Second // an offer
	asks  = 30 * time.Second // a request to a queue for a second agent
)

// queueOf is a queue's configuration, which nobody changes. Who waits in sales for skills in vain waits for anybody after a while, and
// goes to care when that does not help either.
func queueOf(id string) desk.Queue {
	q := desk.Queue{Head: desk.Head{ID: id, Version: 1}, Team: id, Assets: []string{number.ID}, ExclusiveWait: 10 * time.Second, PreviousHours: 1,
		Unanswered: map[string]desk.Unanswered{sales: desk.UnansweredReturn, care: desk.UnansweredRequeue}[id]}
	if id == sales {
		q.Profiles = []desk.SkillProfile{{ID: skilled, Skills: []desk.Skill{{ID: "repairs", Level: 5}}, RelaxTo: desk.ProfileAny, After: 3 * time.Second}}
		q.MaxWait, q.Overflow = 10*time.Second, care
	}
	return q
}

func other(queue string) desk.Queue {
	return queueOf(map[string]string{sales: care, care: sales}[queue])
}

func reasonOf(id string) desk.Reason {
	return desk.Reason{Head: desk.Head{ID: id, Version: 1}, Name: id}
}

// calling is one of those who act at once, with dice of his own.
type calling struct {
	*storm
	dice *rand.Rand
}

// acts makes one move, or a few that belong together.
func (c *calling) acts(ctx context.Context) {
	switch n := c.dice.IntN(100); {
	case n < 20:
		c.route(ctx)
	case n < 26 && !c.finish.Load():
		c.customer(ctx)
	case n < 31 && !c.finish.Load():
		c.passes(ctx, time.Second/4)
	case n < 34 && !c.finish.Load():
		c.oversees(ctx)
	default:
		c.agent(ctx, agentID(c.dice.IntN(c.opt.agents)))
	}
}

// customer has somebody write: mostly one who has not written yet.
func (c *calling) customer(ctx context.Context) {
	n := c.come.Load()
	if n == 0 || c.dice.IntN(2) == 0 {
		n = c.come.Add(1)
	} else {
		n = 1 + c.dice.Int64N(n)
	}
	who := fmt.Sprint(34600000000 + n)
	in := desk.Arrival{Channel: desk.WhatsApp, Account: "111", ID: c.id("wamid"), At: c.clock.Now(), Kind: desk.TextMessage, Text: "hola",
		Customer: desk.Customer{Name: "Lea", Phone: "+" + who, Addresses: []desk.Address{{Kind: desk.AddressPhone, Value: who}}}}
	ids := desk.NewIDs{Contact: c.id("contact"), Interaction: c.id("talk")}
	c.mu.Lock()
	c.said[desk.ArrivalID(in.Channel, in.Account, in.ID)] = who
	c.mu.Unlock()
	// What a customer says comes again until it is on record.
	for ctx.Err() == nil {
		if _, ok := c.repeated(ctx, "Receive", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
			k, err := known(ctx, r, in)
			if err != nil {
				return desk.Change{}, err
			}
			return desk.Receive(in, k, ids, c.clock.Now())
		}); ok {
			return
		}
	}
	c.late(in, ids)
}

// late has a word whose call died come again, by somebody whom nobody kills.
func (s *storm) late(in desk.Arrival, ids desk.NewIDs) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		if _, ok := s.move(ctx, "Receive", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
			k, err := known(ctx, r, in)
			if err != nil {
				return desk.Change{}, err
			}
			return desk.Receive(in, k, ids, s.clock.Now())
		}); ok {
			return
		}
	}
}

// known reads what is on record about an arrival.
func known(ctx context.Context, r *store.Reader, in desk.Arrival) (desk.Known, error) {
	k := desk.Known{Asset: number, Queue: queueOf(sales), Identities: []desk.Identity{
		{Head: desk.Head{ID: desk.IdentityID([]byte("key"), number.ID, in.Customer.Addresses[0])}}}}
	k.Message.ID = desk.ArrivalID(in.Channel, in.Account, in.ID)
	if err := r.Find(ctx, &k.Message, &k.Identities[0]); err != nil {
		return k, err
	}
	if k.Message.Version > 0 {
		k.Interaction.ID = k.Message.Interaction
		return k, r.Find(ctx, &k.Interaction)
	}
	k.Contact.ID = k.Identities[0].Contact
	if err := r.Find(ctx, &k.Contact); err != nil {
		return k, err
	}
	k.Interaction.ID = k.Contact.Open
	if err := r.Find(ctx, &k.Interaction); err != nil {
		return k, err
	}
	k.Asked.ID = desk.AgentAhead(in, k, k.Interaction.LastAt)
	return k, r.Find(ctx, &k.Asked)
}

// hinted notes which tokens routing is to look at. One hint in ten is lost.
func (s *storm) hinted(hints []desk.Hint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range hints {
		if s.serial.Add(1)%10 == 0 {
			continue
		}
		switch h.Event {
		case desk.HintInteractionQueued:
			s.tokens[h.Token] = true
		case desk.HintAgentFreed:
			for _, t := range append(h.Tokens(), desk.AgentToken(h.Agent)) {
				s.tokens[t] = true
			}
		}
	}
}

// route answers one of the hints.
func (c *calling) route(ctx context.Context) {
	c.mu.Lock()
	hinted := slices.Sorted(maps.Keys(c.tokens))
	token := ""
	if len(hinted) > 0 {
		token = hinted[c.dice.IntN(len(hinted))]
		delete(c.tokens, token)
	}
	c.mu.Unlock()
	if token != "" {
		c.pass(ctx, token)
	}
}

// pass matches who is free with who waits, and claims the pairs.
func (s *storm) pass(ctx context.Context, token string) {
	const page = 20
	r := s.store.Reader()
	waiting, err := r.Waiting(ctx, []string{token}, page, desk.Interaction{})
	if err != nil || len(waiting) == 0 {
		return
	}
	var free []desk.Agent
	if id, own := desk.TokenAgent(token); own {
		a := desk.Agent{Head: desk.Head{ID: id}}
		if err := r.Find(ctx, &a); err != nil {
			return
		}
		free = []desk.Agent{a}
	} else if free, err = r.FreeAgents(ctx, token, desk.StrategyLongest, page, desk.Agent{}); err != nil {
		return
	}
	for _, p := range desk.Match(free, waiting) {
		s.claim(ctx, p)
	}
	if _, own := desk.TokenAgent(token); own {
		for _, i := range waiting {
			s.overflow(ctx, i.ID)
		}
	}
}

// claim makes the offer if both can still have it.
func (s *storm) claim(ctx context.Context, p desk.Pair) {
	id, deadline := s.id("offer"), desk.Micro(s.clock.Now().Add(rings))
	s.move(ctx, "MakeOffer", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		o := desk.Offer{Head: desk.Head{ID: id}}
		a, i := desk.Agent{Head: desk.Head{ID: p.Agent.ID}}, desk.Interaction{Head: desk.Head{ID: p.Interaction.ID}}
		if err := r.Find(ctx, &o, &a, &i); err != nil {
			return desk.Change{}, err
		}
		if o.Version == 0 {
			o.Deadline = deadline
		}
		return desk.MakeOffer(o, desk.Pair{Agent: a, Interaction: i, Why: p.Why, Limits: limits}, s.clock.Now())
	})
}

func (s *storm) overflow(ctx context.Context, talk string) {
	s.move(ctx, "Overflow", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i := desk.Interaction{Head: desk.Head{ID: talk}}
		if err := r.Load(ctx, &i); err != nil {
			return desk.Change{}, err
		}
		a := desk.Agent{Head: desk.Head{ID: i.Awaits.Agent}}
		if err := r.Find(ctx, &a); err != nil {
			return desk.Change{}, err
		}
		return desk.Overflow(i, a, queueOf(i.Queue), s.clock.Now())
	})
}

// passes lets time pass, and does what is overdue: the timers and the sweep in one.
func (s *storm) passes(ctx context.Context, d time.Duration) {
	s.clock.Advance(d)
	const page = 20
	r, now := s.store.Reader(), s.clock.Now()
	offers, _ := store.Due[desk.Offer](ctx, r, now, page, store.Place{}) // what cannot be read is read the next time, and so below
	for _, o := range offers {
		s.answer(ctx, "ExpireOffer", o.ID, func(x desk.Attended) (desk.Change, error) { return desk.ExpireOffer(x, s.clock.Now()) })
	}
	leases, _ := store.Due[desk.Lease](ctx, r, now, page, store.Place{})
	for _, l := range leases {
		s.present(ctx, "LoseLease", l.ID, func(p desk.Present) (desk.Change, error) { return desk.LoseLease(p, s.clock.Now()) })
	}
	agents, _ := store.Due[desk.Agent](ctx, r, now, page, store.Place{})
	for _, a := range agents {
		s.handBack(ctx, a.ID)
	}
	talks, _ := store.Due[desk.Interaction](ctx, r, now, page, store.Place{})
	for _, i := range talks {
		s.elapse(ctx, i.ID)
	}
	messages, _ := store.Due[desk.Message](ctx, r, now, page, store.Place{})
	for _, m := range messages {
		s.deliver(ctx, m.ID)
	}
	for _, token := range slices.Concat(tokensOf(sales), tokensOf(care)) {
		s.pass(ctx, token)
	}
	if token, err := r.NextToken(ctx, desk.AgentToken("")); err == nil {
		for ; err == nil && token != ""; token, err = r.NextToken(ctx, token) {
			if _, own := desk.TokenAgent(token); !own {
				break
			}
			s.pass(ctx, token)
		}
	}
}

// elapse does what the clock owes a conversation.
func (s *storm) elapse(ctx context.Context, talk string) {
	s.move(ctx, "Elapse", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i := desk.Interaction{Head: desk.Head{ID: talk}}
		if err := r.Load(ctx, &i); err != nil {
			return desk.Change{}, err
		}
		now := s.clock.Now()
		if ch, waits, err := waited(i, now); waits {
			return ch, err
		}
		switch i.Elapsed(now) {
		case desk.ElapsedWrapUp:
			a := desk.Agent{Head: desk.Head{ID: i.Legs[i.Overdue(now)].Agent}}
			if err := r.Load(ctx, &a); err != nil {
				return desk.Change{}, err
			}
			return desk.TimeOutWrapUp(i, a, desk.Reason{}, now)
		case desk.ElapsedRequest:
			return desk.EndRequest(i, now)
		}
		return desk.Change{}, nil
	})
}

// deliver claims a message and, if the claim is on record, gives it to the channel, which takes it and may not be heard.
func (s *storm) deliver(ctx context.Context, message string) {
	claim := s.id("claim")
	read := func(ctx context.Context, r *store.Reader) (m desk.Message, err error) {
		m.ID = message
		return m, r.Load(ctx, &m)
	}
	ch, ok := s.move(ctx, "ClaimSend", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		m, err := read(ctx, r)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.ClaimSend(m, number, claim, s.clock.Now())
	})
	if !ok || ch.Message == nil || ch.Message.State != desk.MessageSending || ch.Message.Claim != claim {
		return
	}
	s.mu.Lock()
	s.handed[message]++
	s.mu.Unlock()
	s.move(ctx, "SettleSend", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		m, err := read(ctx, r)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.SettleSend(m, desk.Outcome{ProviderID: "to-" + message}, s.clock.Now())
	})
}
