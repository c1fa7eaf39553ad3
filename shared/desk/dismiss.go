package desk

import (
	"slices"
	"time"
)

// RemoveAgent deletes an agent with his lease (B16). held are the interactions he sits in or owes a wrap-up in, p what he
// is at. With any, or an offer that rings for him, it takes a successor; without one it is a Conflict (in_use, an *InUse).
//
// The successor gets the conversations he owns, the wrap-ups of whose legs are skipped, and must be signed in and have room
// for all of them: an offer that rings for the successor takes up room. The wrap-ups he owes are skipped, and that of the
// last owner of an interaction that has ended closes it. The offer that rings for him is rescinded. by is who deletes.
//
// Entries of the agent's history that are in no page yet become one, so that nothing is lost and an agent who gets the ID
// later goes on behind it. Faults: in_use, successor_unknown, successor_offline, successor_full.
func RemoveAgent(p Present, held []Interaction, successor Agent, by string, now time.Time) (Change, error) {
	a := p.Agent
	ringing := p.Offer.Version > 0 && p.Offer.State == OfferPending
	if users := usersOf(p, held, ringing); successor.ID == "" && len(users) > 0 {
		return Change{}, inUse(users)
	}
	if successor.ID != "" && (successor.Version == 0 || successor.ID == a.ID) {
		return Change{}, unknownSuccessor(KindAgent, successor.ID)
	}
	heir, err := successor.takesOver(a.ID, held)
	if err != nil {
		return Change{}, err
	}
	var ch Change
	took := false
	if ringing {
		x := p.asked()
		if x.Sender.ID == heir.ID {
			x.Sender = heir
		}
		ch = x.untaken(OfferRescinded, EventRescinded, "", p.Offer.ID, now)
		ch.Save = slices.DeleteFunc(ch.Save, func(r Record) bool {
			back, ok := r.(*Agent)
			if ok && back.ID == heir.ID {
				heir, took = *back, true
			}
			return ok && (back.ID == a.ID || back.ID == heir.ID)
		})
		ch.Agent, ch.Hints = nil, waiting(*ch.Interaction)
	}
	for _, i := range held {
		if ringing && i.ID == p.Ringing.ID {
			i = *ch.Interaction
			ch.Save = slices.DeleteFunc(ch.Save, func(r Record) bool { return r.Record() == KindInteraction })
		}
		var pages []*HistoryPage
		var mine bool
		i, mine, pages = i.without(a, heir, by, now)
		took = took || mine
		ch.Save = append(ch.Save, &i)
		for _, page := range pages {
			ch.save(page)
		}
	}
	if took {
		heir.FreeSince = now
		heir = heir.Settle()
		ch.Save, ch.Agent = append(ch.Save, &heir), &heir
	}
	ch.Drop = []Record{&a}
	if p.Lease.Version > 0 {
		ch.Drop = append(ch.Drop, &p.Lease)
	}
	ch.save(a.History.rest(a.ID))
	return ch, nil
}

// usersOf are the interactions that keep an agent from being deleted.
func usersOf(p Present, held []Interaction, ringing bool) (users []User) {
	for _, i := range held {
		users = append(users, User{Kind: KindInteraction, ID: i.ID})
	}
	if ringing && !slices.ContainsFunc(held, func(i Interaction) bool { return i.ID == p.Ringing.ID }) {
		users = append(users, User{Kind: KindInteraction, ID: p.Ringing.ID})
	}
	return users
}

// takesOver is the agent with a seat in each conversation that another one owns. Where there is none, nothing is asked of
// him.
func (a Agent) takesOver(from string, held []Interaction) (Agent, error) {
	var gets int
	for _, i := range held {
		if i.State == InteractionActive && i.Owner == from {
			a.Seats = with(a.Seats, i.ID)
			gets++
		}
	}
	load := len(a.Seats)
	if a.Offer != "" {
		load++
	}
	switch {
	case gets == 0:
		return a, nil
	case a.State == AgentOffline || a.State == "":
		return a, conflict("successor_offline", "%s is not signed in", a.Name)
	case load > a.Capacity:
		return a, conflict("successor_full", "%s has no room for %d conversations more", a.Name, gets)
	}
	return a, nil
}

// without is the interaction without an agent who is deleted; mine reports whether his seat went to the heir.
func (i Interaction) without(a, heir Agent, by string, now time.Time) (_ Interaction, mine bool, pages []*HistoryPage) {
	note := func(event, by, detail string) {
		var page *HistoryPage
		i.History, page = i.History.add(i.ID, now, event, by, detail)
		pages = append(pages, page)
	}
	i.Legs = slices.Clone(i.Legs)
	for n, l := range i.Legs {
		if l.Agent == a.ID && l.WrapUp.State == WrapUpOwed {
			i.Legs[n].WrapUp = WrapUp{State: WrapUpSkipped, At: now}
			note(EventWrapUpSkipped, by, a.ID)
		}
	}
	i.Agents = without(i.Agents, a.ID)
	if mine = i.State == InteractionActive && i.Owner == a.ID; mine {
		i = i.endLeg(a.ID, WrapUp{State: WrapUpSkipped}, now)
		i.Owner, i.OwnerName, i.AssignedAt = heir.ID, heir.Name, now
		i.Agents = with(i.Agents, heir.ID)
		i.Legs = append(i.Legs, Leg{Agent: heir.ID, Name: heir.Name, Seat: SeatOwner, From: now})
		note(EventReassigned, by, a.ID+" to "+heir.ID)
	}
	if i.State == InteractionWrapUp && !i.ownerOwes() {
		i.State, i.ClosedAt = InteractionClosed, now
		note(EventClosed, "", i.CloseReason)
	}
	return i, mine, pages
}
