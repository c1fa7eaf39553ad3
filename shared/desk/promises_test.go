package desk

import (
	"slices"
	"strconv"

	"pgregory.net/rapid"
)

// must fails the property.
func must(t *rapid.T, holds bool, format string, args ...any) {
	if !holds {
		t.Helper()
		t.Fatalf(format, args...)
	}
}

// step looks at one record's way from one version to the next. old is nil when the record is new.
func (c *centre) step(t *rapid.T, m move, old, fresh Record) {
	switch r := fresh.(type) {
	case *Agent:
		c.stepAgent(t, m, old, *r)
	case *Offer:
		if was, ok := old.(*Offer); ok {
			must(t, was.State == OfferPending, "%s: the %s offer has its answer, and is now %s", m.name, was.State, r.State)
		}
	case *Interaction:
		if was, ok := old.(*Interaction); ok {
			c.stepTalk(t, m, *was, *r)
		}
	case *Message:
		if was, ok := old.(*Message); ok {
			c.stepMessage(t, m, *was, *r)
		}
	case *HistoryPage:
		must(t, old == nil, "%s: the page %s is written twice", m.name, r.ID)
	}
}

// stepAgent guards RONA: only the agent's own wish that has seen it ends it; going offline only covers it.
func (c *centre) stepAgent(t *rapid.T, m move, old Record, a Agent) {
	was, ok := old.(*Agent)
	if !ok {
		return
	}
	if a.State == AgentRONA && was.State != AgentRONA {
		c.rona[a.ID] = a.Version
		must(t, a.StateVersion == a.Version, "RONA began in version %d, not %d", a.Version, a.StateVersion)
	}
	switch {
	case was.State == AgentRONA && a.State == AgentOffline:
		must(t, a.Missed, "%s forgets the RONA of who left", m.name)
	case was.State == AgentRONA && a.State != AgentRONA:
		must(t, (m.name == "SetState" || m.name == "SetStateOf" && a.State == AgentIdle) && c.wished >= c.rona[a.ID], "%s ends a RONA nobody saw", m.name)
	case was.State == AgentOffline && was.Missed:
		must(t, a.State == AgentRONA || a.State == AgentOffline && a.Missed, "%s: who left in RONA comes back %s", m.name, a.State)
	}
	must(t, a.History.Last >= was.History.Last, "%s: history goes back", m.name)
}

// promises is what holds whenever nobody is in the middle of a save. When nothing was saved since it was looked at, it holds
// still.
func (c *centre) promises(t *rapid.T) {
	if c.saves == c.looked {
		return
	}
	c.looked = c.saves
	talks := all[Interaction](c)
	for _, a := range all[Agent](c) {
		c.promisesOfAgent(t, a, talks)
		if c.news(&a) {
			c.promisesOfHistory(t, a.ID, a.History)
			c.explainedAgent(t, a)
		}
	}
	offers := map[string][]Offer{}
	for _, o := range all[Offer](c) {
		c.promisesOfOffer(t, o)
		offers[o.Interaction] = append(offers[o.Interaction], o)
	}
	messages := map[string][]Message{}
	for _, m := range all[Message](c) {
		messages[m.Interaction] = append(messages[m.Interaction], m)
		must(t, c.taken[m.ID] <= 1, "the channel may have taken message %s %d times", m.ID, c.taken[m.ID])
		must(t, unsent(m) == !m.DueAt.IsZero(), "message %s is %s and due at %v", m.ID, m.State, m.DueAt)
	}
	open := map[string]int{}
	for _, i := range talks {
		c.promisesOfTalk(t, i, messages[i.ID])
		if c.news(&i) {
			c.promisesOfHistory(t, i.ID, i.History)
			c.explained(t, i, offers[i.ID])
		}
		if i.State.Open() {
			open[i.Contact]++
			must(t, see[Contact](c, i.Contact).Open == i.ID, "the contact has lost its open conversation %s", i.ID)
			must(t, open[i.Contact] == 1, "contact %s has two open conversations", i.Contact)
		}
	}
	c.promisesOfPeople(t)
	for _, id := range all[Identity](c) {
		must(t, see[Contact](c, id.Contact).Version > 0, "identity %s points to nobody", id.ID)
	}
}

func (c *centre) promisesOfAgent(t *rapid.T, a Agent, talks []Interaction) {
	var held, rings []string
	for _, i := range talks {
		sits := slices.ContainsFunc(i.Legs, func(l Leg) bool {
			return l.Agent == a.ID && (l.To.IsZero() || l.WrapUp.State == WrapUpOwed)
		})
		must(t, sits == slices.Contains(i.Agents, a.ID), "%s: whose desktops show %s is %v", a.ID, i.ID, i.Agents)
		if sits {
			held = append(held, i.ID)
		}
		if i.Rings() != "" && see[Offer](c, i.Rings()).Agent == a.ID {
			rings = append(rings, i.ID)
		}
	}
	seats := slices.Sorted(slices.Values(a.Seats))
	must(t, slices.Equal(seats, held), "%s has seats %v and holds %v", a.ID, seats, held)
	for n, id := range a.Seats {
		must(t, len(a.On) == len(a.Seats) && a.On[n] == see[Interaction](c, id).Channel, "%s has seats %v on %v", a.ID, a.Seats, a.On)
	}
	must(t, len(seats)+len(rings) <= a.Capacity, "%s is above his capacity %d", a.ID, a.Capacity)
	on := len(seats) + len(rings) // all of it on WhatsApp
	full := slices.ContainsFunc(a.Capacities, func(l ChannelCapacity) bool { return l.Channel == WhatsApp && on >= l.Most })
	must(t, !slices.ContainsFunc(a.Capacities, func(l ChannelCapacity) bool { return l.Channel == WhatsApp && on > l.Most }),
		"%s has %d on WhatsApp, and may have %v", a.ID, on, a.Capacities)
	must(t, len(rings) <= 1, "%s is offered %v at once", a.ID, rings)
	must(t, (a.Offer != "") == (len(rings) == 1) && (a.Ringing != "") == (a.Offer != "") && (a.RingingOn != "") == (a.Offer != ""), "%s has offer %q, %v ring", a.ID, a.Offer, rings)
	must(t, a.Offer == "" || a.State == AgentAvailable, "%s is offered something while %s", a.ID, a.State)
	if a.State == AgentAvailable && a.Offer == "" && len(seats) < a.Capacity && !full {
		must(t, slices.Equal(a.Takes, a.Serves), "%s is free and takes %v", a.ID, a.Takes)
	} else {
		must(t, len(a.Takes) == 0, "%s is not free and takes %v", a.ID, a.Takes)
	}
	must(t, !a.Missed || a.State == AgentOffline, "%s has missed something and is %s", a.ID, a.State)
	must(t, len(a.Keys) <= 8, "%s remembers %d keys", a.ID, len(a.Keys))

	l := see[Lease](c, a.ID)
	away := a.State == AgentOffline || a.State == ""
	must(t, away == (l.Version == 0 || l.Ended), "%s is %s and his lease ended: %v", a.ID, a.State, l.Ended)
	must(t, l.Version == 0 || l.Ended == l.DueAt.IsZero(), "the lease of %s is due at %v", a.ID, l.DueAt)
	must(t, away || a.DueAt.IsZero(), "%s is %s and has a grace", a.ID, a.State)
	must(t, !away || a.DueAt.After(nine) || !owns(a, talks), "%s is gone and nobody hands his conversations on", a.ID)
}

func owns(a Agent, talks []Interaction) bool {
	return slices.ContainsFunc(talks, func(i Interaction) bool { return i.Owner == a.ID })
}

func (c *centre) promisesOfOffer(t *rapid.T, o Offer) {
	a, i := see[Agent](c, o.Agent), see[Interaction](c, o.Interaction)
	if o.State == OfferPending {
		must(t, a.Offer == o.ID && a.Ringing == i.ID, "offer %s rings and its agent has %q", o.ID, a.Offer)
		must(t, i.Rings() == o.ID && (i.State == InteractionOffered) == (o.Kind != OfferConference), "offer %s rings and its conversation is %s", o.ID, i.State)
		must(t, !o.DueAt.IsZero() && o.EndedAt.IsZero(), "offer %s rings and nobody watches it", o.ID)
		return
	}
	must(t, a.Offer != o.ID && i.Rings() != o.ID, "offer %s is %s and still rings", o.ID, o.State)
	must(t, o.DueAt.IsZero() && !o.EndedAt.IsZero(), "offer %s is %s and still watched", o.ID, o.State)
}

func (c *centre) promisesOfTalk(t *rapid.T, i Interaction, messages []Message) {
	sits := 0
	for _, l := range i.Legs {
		if l.To.IsZero() {
			sits++
			must(t, l.Agent == map[Seat]string{SeatOwner: i.Owner, SeatGuest: i.Guest()}[l.Seat], "%s sits in %s as its %s", l.Agent, i.ID, l.Seat)
		}
	}
	if i.Guest() != "" {
		sits--
	}
	c.promisesOfSecond(t, i)
	waits, asks := i.State == InteractionQueued, i.Second.State == SecondRequested
	c.promisesOfQueue(t, i)
	must(t, waits == (i.Wants != "" && !asks), "%s is %s and wants %q", i.ID, i.State, i.Wants)
	must(t, (waits || i.State == InteractionOffered) == !i.WaitingSince.IsZero(), "%s is %s and waits since %v", i.ID, i.State, i.WaitingSince)
	must(t, (i.State == InteractionOffered) == (i.Offer != ""), "%s is %s with offer %q", i.ID, i.State, i.Offer)
	must(t, (i.State == InteractionActive) == (i.Owner != "") && (i.State == InteractionActive) == (sits == 1) && sits <= 1,
		"%s is %s with owner %q, and %d sit there", i.ID, i.State, i.Owner, sits)
	must(t, i.State != InteractionWrapUp || i.ownerOwes(), "%s is %s and nobody owes what closes it", i.ID, i.State)
	must(t, i.State != InteractionClosed || i.CloseReason != ClosedEnded || !i.ownerOwes(), "%s is closed before its wrap-up", i.ID)
	must(t, (i.Transfer.By != "") == (i.State == InteractionOffered && see[Offer](c, i.Offer).Kind == OfferTransfer),
		"%s is %s and a transfer of %q", i.ID, i.State, i.Transfer.By)
	must(t, (i.State == InteractionClosed) == !i.ClosedAt.IsZero(), "%s is %s, closed at %v", i.ID, i.State, i.ClosedAt)

	inbound := 0
	seqs := map[int64]bool{}
	for _, m := range messages {
		seqs[m.Seq] = true
		if m.Direction == Inbound {
			inbound++
		}
	}
	must(t, i.Seq == int64(len(messages)) && len(seqs) == len(messages) && (len(seqs) == 0 || seqs[1] && seqs[i.Seq]),
		"%s has counted %d messages of %d", i.ID, i.Seq, len(messages))
	must(t, i.Unread >= 0 && i.Unread <= inbound, "%s has %d unread of %d", i.ID, i.Unread, inbound)
	c.promisesOfClock(t, i)
	c.promisesOfCut(t, i)
	c.promisesOfWait(t, i)
	c.promisesOfStart(t, i, messages)
}

// promisesOfHistory: pages and record together hold every move once, in order.
func (c *centre) promisesOfHistory(t *rapid.T, of string, h History) {
	next := int64(1)
	count := func(entries []Entry) {
		for _, e := range entries {
			must(t, e.Seq == next, "entry %d of %s comes after %d", e.Seq, of, next-1)
			next++
		}
	}
	var pages []HistoryPage
	for _, p := range all[HistoryPage](c) {
		if p.Of == of {
			pages = append(pages, p)
		}
	}
	slices.SortFunc(pages, func(a, b HistoryPage) int { return int(a.First - b.First) })
	for _, p := range pages {
		must(t, p.First == next && p.ID == of+":"+strconv.FormatInt(next, 10), "page %s begins with %d", p.ID, next)
		count(p.Entries)
	}
	count(h.Entries)
	must(t, h.Last == next-1 && len(h.Entries) <= historyMax, "%s counts %d moves and has %d", of, h.Last, next-1)
}
