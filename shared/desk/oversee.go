package desk

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// TakeOver has a supervisor become the owner of an open conversation, whoever has it or is asked to. He must be signed in and
// have room, in whatever state he is; a guest of the conversation has room in it. What rings for it is taken back. Who
// owned it owes no wrap-up for that; a guest stays. me is his own record, sitting are those of its owner and its guest. What is
// his already stays as it is, and a repeat stores nothing.
//
// Faults: not_your_queue, key_reused, conversation_ended, channel_removed, customer_blocked, customer_left, agent_offline,
// agent_full.
func TakeOver(x Attended, sitting []Agent, me Agent, v Intervention, now time.Time) (Change, error) {
	i := x.Interaction
	done, err := v.heard(i, "take over")
	if err == nil && !done && i.Owner != v.By.ID {
		err = i.usable()
	}
	if err != nil {
		return Change{}, err
	}
	if done || i.Owner == v.By.ID {
		return Change{Interaction: &i}, nil
	}
	g := v.grips(x, "take over", now, slices.Concat(sitting, []Agent{me})...)
	g.retract(x.Offer, now)
	switch me := g.agent(v.By.ID); {
	case me.Version == 0 || me.away():
		return Change{}, conflict("agent_offline", "sign in first")
	case !me.hasRoomFor(i):
		return Change{}, conflict("agent_full", "you have no room for another conversation")
	}
	g.seat(v.By.ID, now)
	g.note(now, EventTaken, i.Owner)
	return g.change(), nil
}

// Reassign gives an open conversation to another agent, at once and without asking him: it is an order. He must be one who
// could be asked: available, with room, nothing else ringing for him, and of a team that serves the queue; a guest of the
// conversation is there already. Everything else is as with TakeOver.
//
// Faults: not_your_queue, key_reused, conversation_ended, channel_removed, customer_blocked, customer_left, target_missing,
// target_has_it, target_not_in_team, target_unavailable, target_busy, target_full.
func Reassign(x Attended, sitting []Agent, to Agent, v Intervention, now time.Time) (Change, error) {
	i := x.Interaction
	request := "reassign " + to.ID
	done, err := v.heard(i, request)
	if err == nil && !done {
		err = i.usable()
	}
	if err != nil {
		return Change{}, err
	}
	if done {
		return Change{Interaction: &i}, nil
	}
	g := v.grips(x, request, now, slices.Concat(sitting, []Agent{to})...)
	g.retract(x.Offer, now)
	if err := i.mayGoTo(g.agent(to.ID), to.ID); err != nil {
		return Change{}, err
	}
	g.seat(to.ID, now)
	g.note(now, EventReassigned, strings.TrimSpace(i.Owner+" to "+to.ID))
	return g.change(), nil
}

// mayGoTo is nil when the conversation can be given to the agent with the ID.
func (i Interaction) mayGoTo(to Agent, id string) error {
	switch {
	case id == i.Owner:
		return fault.New(fault.Invalid, "target_has_it", "the conversation is that agent's already")
	case to.Version > 0 && to.ID == i.Guest():
		return nil
	}
	to.ID = id
	return AgentAsTarget(i, "", to)
}

// Requeue takes an open conversation from whoever has it, or is asked to, and puts it in front of its queue. They owe no wrap-up
// for it and are asked last. sitting are the records of its owner and its guest. One that waits already stays as it is, and
// knows the request and its note: a repeat stores nothing and hints again, whoever is asked by then.
//
// Faults: not_your_queue, key_reused, conversation_ended, channel_removed, customer_blocked, customer_left.
func Requeue(x Attended, sitting []Agent, v Intervention, now time.Time) (Change, error) {
	i := x.Interaction
	done, err := v.heard(i, "requeue")
	if err == nil && !done {
		err = i.usable()
	}
	if err != nil {
		return Change{}, err
	}
	if done {
		return Change{Interaction: &i, Hints: waiting(i)}, nil
	}
	g := v.grips(x, "requeue", now, sitting...)
	if i.State == InteractionQueued {
		return g.change(), nil
	}
	guest, passed := i.Guest(), i.Passed
	if i.State == InteractionActive {
		passed = nil
	}
	for _, agent := range []string{guest, i.Owner, g.retract(x.Offer, now)} {
		if agent != "" {
			passed = append(without(passed, agent), agent)
		}
	}
	g.leave(i.Owner, now)
	g.leave(guest, now)
	g.talk = g.talk.alone()
	g.talk.Owner, g.talk.OwnerName, g.talk.AssignedAt, g.talk.Passed = "", "", time.Time{}, passed
	g.note(now, EventRequeued, i.Owner)
	g.talk = g.talk.wait(now, true)
	for _, agent := range passed {
		g.talk = g.talk.notFor(agent)
	}
	return g.change(), nil
}

// EndBySupervisor ends an open conversation. One that no agent has is closed; of one that an agent has, he and his guest owe a
// wrap-up, as if he had ended it. Either way the reason is ClosedBySupervisor. What rings for it is taken back. The customer is
// told what the queue says at the end. A repeat stores nothing.
//
// Faults: not_your_queue, key_reused, conversation_ended.
func EndBySupervisor(x Attended, v Intervention, now time.Time) (Change, error) {
	i := x.Interaction
	done, err := v.heard(i, "end")
	if err != nil {
		return Change{}, err
	}
	if done {
		return Change{Interaction: &i}, nil
	}
	g := v.grips(x, "end", now)
	g.retract(x.Offer, now)
	g.talk = g.ch.tell(g.talk, v.Queue.Says(TextEnded, i.Language), now)
	g.note(now, EventEnded, ClosedBySupervisor)
	if i.State == InteractionActive {
		g.talk = g.talk.toWrapUp(ClosedBySupervisor, now)
		return g.change(), nil
	}
	var page *HistoryPage
	g.talk, page = g.talk.closed(ClosedBySupervisor, now)
	g.ch.save(page)
	return g.change(), nil
}

// Prioritise gives a conversation that waits, or for which somebody is asked, another priority (B3): it comes earlier or later among
// those who wait with it, at once. One that has it stays as it is, and knows the request and its note; a repeat stores nothing and hints again.
//
// Faults: not_your_queue, key_reused, conversation_ended, not_waiting, priority_invalid.
func Prioritise(i Interaction, priority int, v Intervention, now time.Time) (Change, error) {
	request := "priority " + strconv.Itoa(priority)
	done, err := v.heard(i, request)
	switch {
	case err != nil:
		return Change{}, err
	case done:
		return Change{Interaction: &i, Hints: waiting(i)}, nil
	case priority < 0 || priority > PriorityMax:
		return Change{}, fault.New(fault.Invalid, "priority_invalid", "a priority is from 0 to %d", PriorityMax)
	case i.State == InteractionActive:
		return Change{}, conflict("not_waiting", "the conversation is %s", i.State)
	}
	g := v.grips(Attended{Interaction: i}, request, now)
	if i.Priority != priority {
		g.talk = g.talk.led(priority, i.Terms)
		g.note(now, EventPrioritised, strconv.Itoa(priority))
	}
	return g.change(), nil
}
