package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

// supervises is what a supervisor does now and then: looks, steps into a conversation, sends an agent away, or closes a queue.
func (a *agent) supervises(ctx context.Context) {
	switch p := a.dice.Float64(); {
	case p < .1:
		a.reads(ctx)
	case p < .2:
		a.sendsAway(ctx)
	case p < .23:
		a.doors(ctx, "close")
	case p < .32:
		a.doors(ctx, "open")
	default:
		a.stepsIn(ctx)
	}
}

// doors closes or opens a queue, whatever it is.
func (a *agent) doors(ctx context.Context, what string) {
	queue := queues[a.dice.IntN(2)] // never spare, which has no other
	a.asks(ctx, what+" a queue", func(ctx context.Context) error { return turns(ctx, a.desk, queue, what) }, nil)
}

// reads looks at the board, at what its feed begins with, and at how the day is going so far.
func (a *agent) reads(ctx context.Context) {
	if _, err := a.desk.Board(ctx); err != nil {
		a.w.unexpected(a, "look at the board", err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_ = a.desk.Watch(ctx, "", func(e desktop.Event) error { // it breaks when he has seen enough
		defer cancel()
		var b api.Board
		if err := json.Unmarshal(e.Data, &b); e.Type == "board" && (err != nil || len(b.Queues) != len(queues)) {
			a.w.violated(violation{Agent: a.ID, What: fmt.Sprintf("the board's feed tells %s: %v", e.Data, err)})
		}
		return nil
	})
	now := a.w.suite.Clock.Now().Truncate(desk.Quarter)
	if _, err := metricsOf(ctx, a.desk, queues[a.dice.IntN(len(queues))], now.Add(-2*time.Hour), now.Add(desk.Quarter), false); err != nil {
		a.w.unexpected(a, "look at metrics", err)
	}
}

// sendsAway has somebody be idle or leave.
func (a *agent) sendsAway(ctx context.Context) {
	who, key := a.somebody(ctx, []string{"available", "rona"}[a.dice.IntN(2)]), a.key()
	if who.ID == "" {
		return
	}
	order := api.StateOrder{State: api.OrderedStateIdle, Version: who.Version}
	switch a.dice.IntN(3) {
	case 0:
		order.State, order.HandOver = api.OrderedStateOffline, a.chance(.7)
	case 1:
		order.Reason = idleReasons[a.dice.IntN(len(idleReasons))]
	}
	a.asks(ctx, "send somebody away", func(ctx context.Context) error { _, err := a.desk.SendAway(ctx, who.ID, key, order); return err }, nil)
}

// somebody is one of the agents in a state; the zero one when there is none.
func (a *agent) somebody(ctx context.Context, state string) (who api.SupervisedAgent) {
	list, err := a.desk.Crew(ctx, url.Values{"state": {state}})
	if err != nil {
		a.w.unexpected(a, "look at agents", err)
	}
	if len(list.Items) > 0 {
		who = list.Items[a.dice.IntN(len(list.Items))]
	}
	return who
}

// stepsIn does something with a conversation that he may do.
func (a *agent) stepsIn(ctx context.Context) {
	list, err := a.desk.Work(ctx, url.Values{"queue": {queues[a.dice.IntN(len(queues))]}, "state": {"queued", "offered", "active"}, "limit": {"100"}})
	if err != nil {
		a.w.unexpected(a, "look at conversations", err)
		return
	}
	if len(list.Items) == 0 {
		return
	}
	i := list.Items[a.dice.IntN(len(list.Items))]
	if len(i.Actions) == 0 || a.chance(.1) {
		if _, err := a.desk.Overhears(ctx, i.ID, ""); err != nil {
			a.w.unexpected(a, "read a conversation", err)
		}
		return
	}
	key, note := a.key(), ""
	if a.chance(.3) {
		note = "look"
	}
	what, to, wish := i.Actions[a.dice.IntN(len(i.Actions))], "", api.PriorityWish{Priority: a.dice.IntN(desk.PriorityMax + 1), Note: note}
	if what == "reassign" {
		if to = a.somebody(ctx, "available").ID; to == "" {
			return
		}
	}
	a.asks(ctx, what, func(ctx context.Context) (err error) {
		switch what {
		case "take_over":
			_, err = a.desk.TakeOver(ctx, i.ID, key, note)
		case "reassign":
			_, err = a.desk.Reassign(ctx, i.ID, key, api.Reassignment{Agent: to, Note: note})
		case "requeue":
			_, err = a.desk.Requeue(ctx, i.ID, key, note)
		case "prioritise":
			_, err = a.desk.Prioritise(ctx, i.ID, key, wish)
		case "end":
			_, err = a.desk.EndFor(ctx, i.ID, key, note)
		}
		return err
	}, nil)
}
