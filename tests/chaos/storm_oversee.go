package main

import (
	"context"
	"fmt"
	"time"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// What supervisors do in a storm, what agents begin by themselves, and what the clock makes of those who wait.

// oversees has a supervisor, who is one of the agents, step into a conversation of an agent's, or one that rings or waits.
func (c *calling) oversees(ctx context.Context) {
	talk := c.anyTalk(ctx)
	if talk == "" {
		c.sendsAway(ctx)
		return
	}
	by := desk.Agent{Head: desk.Head{ID: c.colleague(), Version: 1}, Roles: []string{desk.RoleAdmin}}
	key, note, to := c.id("key"), c.id("note"), c.colleague()
	v := func(i desk.Interaction) desk.Intervention {
		return desk.Intervention{By: by, Queue: queueOf(i.Queue), Note: "look", NoteID: note, Key: key}
	}
	step := func(what, who string, rule func(x desk.Attended, sitting []desk.Agent, who desk.Agent) (desk.Change, error)) {
		c.repeated(ctx, what, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
			a := desk.Agent{Head: desk.Head{ID: who}}
			x, sitting, err := r.Held(ctx, talk, &a)
			if err != nil {
				return desk.Change{}, err
			}
			return rule(x, sitting, a)
		})
	}
	now, n := c.clock.Now, c.dice.IntN(100)
	switch {
	case n < 25:
		step("TakeOver", by.ID, func(x desk.Attended, sitting []desk.Agent, me desk.Agent) (desk.Change, error) {
			return desk.TakeOver(x, sitting, me, v(x.Interaction), now())
		})
	case n < 50:
		step("Reassign", to, func(x desk.Attended, sitting []desk.Agent, to desk.Agent) (desk.Change, error) {
			return desk.Reassign(x, sitting, to, v(x.Interaction), now())
		})
	case n < 70:
		step("Requeue", by.ID, func(x desk.Attended, sitting []desk.Agent, _ desk.Agent) (desk.Change, error) {
			return desk.Requeue(x, sitting, v(x.Interaction), now())
		})
	case n < 90:
		priority := c.dice.IntN(desk.PriorityMax + 1)
		step("Prioritise", by.ID, func(x desk.Attended, _ []desk.Agent, _ desk.Agent) (desk.Change, error) {
			return desk.Prioritise(x.Interaction, priority, v(x.Interaction), now())
		})
	default:
		step("EndBySupervisor", by.ID, func(x desk.Attended, _ []desk.Agent, _ desk.Agent) (desk.Change, error) {
			return desk.EndBySupervisor(x, v(x.Interaction), now())
		})
	}
}

// anyTalk is a conversation that an agent has or is asked to take, or that waits in a queue; empty when the one who was looked at has none.
func (c *calling) anyTalk(ctx context.Context) string {
	r := c.store.Reader()
	if c.dice.IntN(3) == 0 {
		waiting, err := r.Waiting(ctx, tokensOf(sales), 1, desk.Interaction{})
		if err != nil || len(waiting) == 0 {
			return ""
		}
		return waiting[0].ID
	}
	a := desk.Agent{Head: desk.Head{ID: c.colleague()}}
	if err := r.Load(ctx, &a); err != nil {
		return ""
	}
	switch {
	case a.Ringing != "":
		return a.Ringing
	case len(a.Seats) > 0:
		return a.Seats[c.dice.IntN(len(a.Seats))]
	}
	return ""
}

// sendsAway has an agent be idle, or leave.
func (c *calling) sendsAway(ctx context.Context) {
	who := c.colleague()
	w := desk.StateOrder{By: desk.Agent{Head: desk.Head{ID: boss.ID, Version: 1}, Roles: []string{desk.RoleAdmin}}, State: desk.AgentIdle, Key: c.id("key")}
	if c.dice.IntN(3) == 0 {
		w.State, w.HandOver = desk.AgentOffline, true
	}
	c.repeated(ctx, "SetStateOf", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		p, err := r.Present(ctx, who)
		if err != nil {
			return desk.Change{}, err
		}
		live, err := r.Sits(ctx, p.Agent)
		if err != nil {
			return desk.Change{}, err
		}
		w := w
		w.Version = p.Agent.Version
		return desk.SetStateOf(p, w, live, c.clock.Now())
	})
}

// starts has an agent begin a conversation with somebody who has written before.
func (c *calling) starts(ctx context.Context, id string) {
	n := c.come.Load()
	if n == 0 {
		return
	}
	who := desk.Identity{Head: desk.Head{ID: desk.IdentityID([]byte("key"), number.ID,
		desk.Address{Kind: desk.AddressPhone, Value: fmt.Sprint(34600000000 + 1 + c.dice.Int64N(n))})}}
	if err := c.store.Reader().Find(ctx, &who); err != nil || who.Version == 0 {
		return
	}
	key, queue := c.id("key"), queueOf([]string{sales, care}[c.dice.IntN(2)])
	talk := desk.StartID(id, key)
	message := desk.SentID(talk, id, key)
	_, begun := c.repeated(ctx, "Begin", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		s := desk.Start{Whom: who.Contact, Queue: queue, Asset: number, Reply: desk.Reply{ClientID: key, Text: "¿todo bien?"},
			Next: desk.Interaction{Head: desk.Head{ID: talk}}, First: desk.Message{Head: desk.Head{ID: message}}, By: desk.Agent{Head: desk.Head{ID: id}}}
		var err error
		if s.Contact, err = r.Contact(ctx, s.Whom); err != nil {
			return desk.Change{}, err
		}
		recs := []desk.Record{&s.Next, &s.First, &s.By}
		if s.Newest.ID = s.Contact.Open; s.Newest.ID != talk {
			recs = append(recs, &s.Newest)
		}
		if err := r.Find(ctx, recs...); err != nil {
			return desk.Change{}, err
		}
		return desk.Begin(s, c.clock.Now())
	})
	if begun {
		c.deliver(ctx, message)
	}
}

// signsInElsewhere has an agent sign in at another desktop, which is his from then on.
func (c *calling) signsInElsewhere(ctx context.Context, id string) {
	session := c.id("desk")
	c.present(ctx, "SignIn elsewhere", id, func(p desk.Present) (desk.Change, error) {
		return desk.SignIn(p, session, desk.AgentAvailable, "", c.clock.Now())
	})
}

// waited does what the clock owes a conversation that waits: it asks for less, or goes to the other queue. false when it is owed nothing
// of that sort.
func waited(i desk.Interaction, now time.Time) (desk.Change, bool, error) {
	var ch desk.Change
	var err error
	switch i.Elapsed(now) {
	case desk.ElapsedWait:
		ch, err = desk.Divert(i, queueOf(i.Queue), []desk.Queue{queueOf(care)}, now)
	case desk.ElapsedProfile:
		ch, err = desk.Relax(i, queueOf(i.Queue), now)
	default:
		return ch, false, nil
	}
	return ch, true, err
}

// tokensOf are the tokens of those who wait in a queue.
func tokensOf(queue string) (tokens []string) {
	for _, p := range queueOf(queue).Profiles {
		tokens = append(tokens, desk.TokenFor(queue, desk.WhatsApp, p.ID))
	}
	return append(tokens, desk.Token(queue, desk.WhatsApp))
}
