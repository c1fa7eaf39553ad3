package desk

import (
	"slices"
	"time"
)

// RemoveAgent deletes an agent with his lease (B16). held are the interactions he sits in or owes a wrap-up in, p what he
// is at. With any, or an offer that rings for him, it takes a successor; without one it is a Conflict (in_use, an *InUse).
//
// The successor gets the conversations he owns, the wrap-ups of whose legs are skipped, and must be signed in and have room
// for all of them: an offer that rings for the successor takes up room. One that has a guest is the guest's instead, and who
// is asked to join is not asked any more. The wrap-ups he owes are skipped, and that of the last owner of an interaction that
// has ended closes it. The offer that rings for him is rescinded. by is who deletes.
//
// Entries of the agent's history that are in no page yet become one, so that nothing is lost and an agent who gets the ID
// later goes on behind it. Faults: in_use, successor_unknown, successor_offline, successor_full.
func RemoveAgent(p Present, held []Attended, successor Agent, by string, now time.Time) (Change, error) {
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
		gone := Agent{Head: a.Head}
		ch.takes(&gone)
		took = ch.takes(&heir)
		ch.Agent, ch.Hints = nil, waiting(*ch.Interaction)
	}
	for _, x := range held {
		if ringing && x.Interaction.ID == p.Ringing.ID {
			x.Interaction = *ch.Interaction
			ch.Save = slices.DeleteFunc(ch.Save, func(r Record) bool { return r.Record() == KindInteraction })
		}
		met := ch.takes(&x.Agent) // he got back what rang
		if x.Agent.ID == heir.ID {
			x.Agent = heir
		}
		one, mine := x.dismissed(a, heir, by, now)
		took = one.takes(&heir) || mine || took
		if met {
			one.keeps(&x.Agent)
		}
		ch = ch.with(one)
	}
	if took {
		heir.FreeSince = now
		heir = heir.Settle()
		ch.Save, ch.Agent = append(ch.Save, &heir), &heir
	}
	ch.Hints = append(ch.Hints, absent(a))
	ch.Drop = []Record{&a}
	if p.Lease.Version > 0 {
		ch.Drop = append(ch.Drop, &p.Lease)
	}
	ch.save(a.History.rest(a.ID))
	return ch, nil
}

// usersOf are the interactions that keep an agent from being deleted.
func usersOf(p Present, held []Attended, ringing bool) (users []User) {
	for _, x := range held {
		users = append(users, User{Kind: KindInteraction, ID: x.Interaction.ID})
	}
	if ringing && !slices.ContainsFunc(held, func(x Attended) bool { return x.Interaction.ID == p.Ringing.ID }) {
		users = append(users, User{Kind: KindInteraction, ID: p.Ringing.ID})
	}
	return users
}

// takes takes the agent with the ID out of what is saved; he is as the change has him. False when it has not.
func (ch *Change) takes(a *Agent) (found bool) {
	ch.Save = slices.DeleteFunc(ch.Save, func(r Record) bool {
		saved, ok := r.(*Agent)
		if ok = ok && saved.ID == a.ID; ok {
			*a, found = *saved, true
		}
		return ok
	})
	return found
}

// keeps has the change save the agent, unless it does already.
func (ch *Change) keeps(a *Agent) {
	if !slices.ContainsFunc(ch.Save, func(r Record) bool { saved, ok := r.(*Agent); return ok && saved.ID == a.ID }) {
		ch.Save = append(ch.Save, a)
	}
}

// takesOver is the agent with a seat in each conversation that another one owns and has no guest in. Where there is none, nothing is asked of
// him.
func (a Agent) takesOver(from string, held []Attended) (Agent, error) {
	var gets int
	for _, x := range held {
		if i := x.Interaction; i.State == InteractionActive && i.Owner == from && i.Guest() == "" {
			a = a.sits(i)
			gets++
		}
	}
	switch {
	case gets == 0:
		return a, nil
	case a.State == AgentOffline || a.State == "":
		return a, conflict("successor_offline", "%s is not signed in", a.Name)
	case a.overfull():
		return a, conflict("successor_full", "%s has no room for %d conversations more", a.Name, gets)
	}
	return a, nil
}

// dismissed is what becomes of an interaction whose agent is deleted; mine reports whether his seat went to the heir.
func (x Attended) dismissed(a, heir Agent, by string, now time.Time) (_ Change, mine bool) {
	i, ch := x.Interaction, Change{}
	owner := i.State == InteractionActive && i.Owner == a.ID
	if owner {
		i, ch = x.withdraw("", now)
	}
	guest := i.Guest()
	i.Legs = slices.Clone(i.Legs)
	for n, l := range i.Legs {
		if l.Agent == a.ID && l.WrapUp.State == WrapUpOwed {
			i.Legs[n].WrapUp = WrapUp{State: WrapUpSkipped, At: now}
			i = ch.note(i, now, EventWrapUpSkipped, by, a.ID)
		}
	}
	i.Agents = without(i.Agents, a.ID)
	i = i.endLeg(a.ID, WrapUp{State: WrapUpSkipped}, now)
	switch {
	case guest == a.ID:
		i = ch.note(i.alone(), now, EventGuestLost, by, a.ID)
	case owner && guest != "":
		i = ch.note(i.promoted(now), now, EventPromoted, by, a.ID)
	case owner:
		mine = true
		i = ch.note(i.owned(heir, now), now, EventReassigned, by, a.ID+" to "+heir.ID)
	}
	if i.State == InteractionWrapUp && !i.ownerOwes() {
		i.State, i.ClosedAt = InteractionClosed, now
		i = ch.note(i, now, EventClosed, "", i.CloseReason)
	}
	ch.Hints = append(ch.Hints, waiting(i)...)
	return ch.of(&i), mine
}
