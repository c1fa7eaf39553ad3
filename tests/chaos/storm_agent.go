package main

import (
	"context"
	"time"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// What the agents of a storm do. Several callers may be one agent at the same time.

const desktop1 = "desk-1" // everybody's first desktop

// agent does something as an agent would who sees what he has.
func (c *calling) agent(ctx context.Context, id string) {
	p, err := c.store.Reader().Present(ctx, id)
	if err != nil {
		return
	}
	a, now := p.Agent, c.clock.Now()
	if p.Lease.Version > 0 && !p.Lease.Ended && p.Lease.Until.Sub(now) < desk.LeaseFor*2/3 && c.dice.IntN(20) > 0 {
		c.move(ctx, "RenewLease", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
			l := desk.Lease{Head: desk.Head{ID: id}}
			if err := r.Find(ctx, &l); err != nil {
				return desk.Change{}, err
			}
			return desk.RenewLease(l, l.Session, c.clock.Now())
		})
	}
	switch n := c.dice.IntN(100); {
	case a.State == desk.AgentOffline || a.State == "":
		session := desktop1
		if len(p.Lease.Over) > 0 {
			session = c.id("desk") // who signed out begins a new one
		}
		c.present(ctx, "SignIn", id, func(p desk.Present) (desk.Change, error) {
			return desk.SignIn(p, session, desk.AgentAvailable, "", c.clock.Now())
		})
	case a.Offer != "":
		c.rung(ctx, a)
	case a.State == desk.AgentRONA || a.State == desk.AgentIdle && (c.finish.Load() || n < 70):
		c.wishes(ctx, a, desk.AgentAvailable)
	case len(a.Seats) > 0 && n < 90:
		c.talks(ctx, id, a.Seats[c.dice.IntN(len(a.Seats))])
	case c.finish.Load():
	case n < 91:
		c.starts(ctx, id)
	case n < 92:
		c.signsInElsewhere(ctx, id)
	case n < 94:
		c.wishes(ctx, a, desk.AgentIdle)
	case n < 97:
		c.leaves(ctx, id, p.Lease.Session)
	}
}

// rung has the agent answer what rings, or let it ring.
func (c *calling) rung(ctx context.Context, a desk.Agent) {
	n := c.dice.IntN(100)
	if c.finish.Load() {
		n = 0
	}
	switch {
	case n < 75:
		c.again(ctx, "AcceptOffer", a.Offer, func(x desk.Attended) (desk.Change, error) { return desk.AcceptOffer(x, a.ID, c.clock.Now()) })
	case n < 85:
		c.again(ctx, "DeclineOffer", a.Offer, func(x desk.Attended) (desk.Change, error) { return desk.DeclineOffer(x, a.ID, c.clock.Now()) })
	case n < 88:
		c.again(ctx, "RescindOffer", a.Offer, func(x desk.Attended) (desk.Change, error) { return desk.RescindOffer(x, c.clock.Now()) })
	case n < 90:
		c.wishes(ctx, a, desk.AgentIdle)
	}
}

// answer answers an offer.
func (s *storm) answer(ctx context.Context, what, offer string, rule func(desk.Attended) (desk.Change, error)) {
	s.move(ctx, what, answering(offer, rule))
}

// again answers an offer, now and then twice.
func (c *calling) again(ctx context.Context, what, offer string, rule func(desk.Attended) (desk.Change, error)) {
	c.repeated(ctx, what, answering(offer, rule))
}

func answering(offer string, rule func(desk.Attended) (desk.Change, error)) decision {
	return func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		x, err := r.Offer(ctx, offer)
		if err != nil {
			return desk.Change{}, err
		}
		return rule(x)
	}
}

// present makes a move of presence.
func (s *storm) present(ctx context.Context, what, agent string, rule func(desk.Present) (desk.Change, error)) {
	s.move(ctx, what, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		p, err := r.Present(ctx, agent)
		if err != nil {
			return desk.Change{}, err
		}
		return rule(p)
	})
}

func (c *calling) wishes(ctx context.Context, a desk.Agent, to desk.AgentState) {
	w := desk.StateWish{State: to, Version: a.Version, Key: c.id("key")}
	if to == desk.AgentIdle {
		w.Reason = "lunch"
	}
	c.repeated(ctx, "SetState", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		p, err := r.Present(ctx, a.ID)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.SetState(p, w, c.clock.Now())
	})
}

func (c *calling) leaves(ctx context.Context, id, session string) {
	c.move(ctx, "SignOut", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		p, err := r.Present(ctx, id)
		if err != nil {
			return desk.Change{}, err
		}
		live, err := r.Sits(ctx, p.Agent)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.SignOut(p, session, live, true, c.clock.Now())
	})
}

func (s *storm) handBack(ctx context.Context, id string) {
	s.move(ctx, "HandBack", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		a := desk.Agent{Head: desk.Head{ID: id}}
		if err := r.Load(ctx, &a); err != nil {
			return desk.Change{}, err
		}
		live, err := r.Sits(ctx, a)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.HandBack(a, live, s.clock.Now())
	})
}

// talk makes a move of one conversation's.
func (c *calling) talk(ctx context.Context, what, talk string, rule func(desk.Attended) (desk.Change, error)) {
	c.repeated(ctx, what, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		x, err := r.Attended(ctx, talk)
		if err != nil {
			return desk.Change{}, err
		}
		return rule(x)
	})
}

// talks does something in a conversation that the agent holds.
func (c *calling) talks(ctx context.Context, id, talk string) {
	i := desk.Interaction{Head: desk.Head{ID: talk}}
	if err := c.store.Reader().Load(ctx, &i); err != nil {
		return
	}
	key, n := c.id("key"), c.dice.IntN(100)
	switch {
	case !i.Sits(id):
		c.owes(ctx, i, id, n)
	case c.finish.Load() && i.Owner == id || i.Owner == id && n < 20:
		c.talk(ctx, "End", talk, func(x desk.Attended) (desk.Change, error) { return desk.End(x, id, key, c.clock.Now()) })
	case i.Guest() == id && n < 40:
		c.talk(ctx, "ExitConference", talk, func(x desk.Attended) (desk.Change, error) {
			return desk.ExitConference(x.Interaction, id, key, c.clock.Now())
		})
	case n < 60:
		c.sends(ctx, id, talk)
	case i.Owner != id:
	case i.Second.State != "":
		c.second(ctx, i, id, key, n)
	case n < 72:
		c.gives(ctx, i, id, key)
	case n < 92:
		c.invites(ctx, i, id, key)
	case n < 96:
		c.exclusive(ctx, i)
	}
}

// owes settles what the agent owes, asks for more time, or leaves it to the clock.
func (c *calling) owes(ctx context.Context, i desk.Interaction, id string, n int) {
	key := c.id("key")
	switch {
	case n < 70 || c.finish.Load():
		c.repeated(ctx, "SubmitWrapUp", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
			i, a := desk.Interaction{Head: desk.Head{ID: i.ID}}, desk.Agent{Head: desk.Head{ID: id}}
			if err := r.Load(ctx, &i, &a); err != nil {
				return desk.Change{}, err
			}
			return desk.SubmitWrapUp(i, a, desk.Choice{Reason: "done", Key: key}, reasonOf("done"), c.clock.Now())
		})
	case n < 75:
		c.talk(ctx, "ExtendWrapUp", i.ID, func(x desk.Attended) (desk.Change, error) {
			return desk.ExtendWrapUp(x.Interaction, id, key, c.clock.Now())
		})
	}
}

func (c *calling) sends(ctx context.Context, id, talk string) {
	client := c.id("client")
	message := desk.SentID(talk, id, client)
	if _, ok := c.repeated(ctx, "Send", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		m, i, a := desk.Message{Head: desk.Head{ID: message}}, desk.Interaction{Head: desk.Head{ID: talk}}, desk.Agent{Head: desk.Head{ID: id}}
		if err := r.Find(ctx, &m, &i, &a); err != nil {
			return desk.Change{}, err
		}
		return desk.Send(m, i, a, desk.Reply{ClientID: client, Text: "buenas"}, c.clock.Now())
	}); ok {
		c.deliver(ctx, message)
	}
}

// second does something about who is asked to join, or has joined.
func (c *calling) second(ctx context.Context, i desk.Interaction, id, key string, n int) {
	now := c.clock.Now
	switch {
	case i.Second.State == desk.SecondRequested && n < 80:
		c.talk(ctx, "CancelConference", i.ID, func(x desk.Attended) (desk.Change, error) { return desk.CancelConference(x, id, key, now()) })
	case i.Second.State == desk.SecondJoined && n < 75:
		c.talk(ctx, "RemoveGuest", i.ID, func(x desk.Attended) (desk.Change, error) { return desk.RemoveGuest(x.Interaction, id, key, now()) })
	case i.Second.State == desk.SecondJoined:
		c.talk(ctx, "HandOver", i.ID, func(x desk.Attended) (desk.Change, error) { return desk.HandOver(x.Interaction, id, key, now()) })
	}
}

// gives transfers the conversation, to a colleague or to the other queue.
func (c *calling) gives(ctx context.Context, i desk.Interaction, id, key string) {
	h := desk.Handover{Note: "look", NoteID: c.id("note"), Key: key}
	reason := reasonOf(desk.ReasonTransfer)
	if c.dice.IntN(2) == 0 {
		h.Reason, reason = "done", reasonOf("done")
	}
	to, o := c.colleague(), desk.Offer{Head: desk.Head{ID: c.id("offer")}, Deadline: desk.Micro(c.clock.Now().Add(rings))}
	toQueue, queue := c.dice.IntN(3) == 0, other(i.Queue)
	c.repeated(ctx, "Transfer", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i, a, to := desk.Interaction{Head: desk.Head{ID: i.ID}}, desk.Agent{Head: desk.Head{ID: id}}, desk.Agent{Head: desk.Head{ID: to}}
		if to.ID == id {
			to.ID = ""
		}
		if err := r.Find(ctx, &i, &a, &to); err != nil {
			return desk.Change{}, err
		}
		if toQueue || to.ID == "" {
			return desk.TransferToQueue(i, a, queue, number, h, reason, c.clock.Now())
		}
		return desk.TransferToAgent(i, a, o, to, queueOf(i.Queue), number, h, reason, c.clock.Now())
	})
}

// invites asks a colleague, or a queue, for a second agent.
func (c *calling) invites(ctx context.Context, i desk.Interaction, id, key string) {
	v := desk.Invitation{Home: queueOf(i.Queue), Asset: number, Key: key}
	to := c.colleague()
	if to == id || c.dice.IntN(2) == 0 {
		v.Queue, v.Until = queueOf([]string{sales, care}[c.dice.IntN(2)]), desk.Micro(c.clock.Now().Add(asks))
	} else {
		v.Offer = desk.Offer{Head: desk.Head{ID: c.id("offer")}, Deadline: desk.Micro(c.clock.Now().Add(rings))}
		v.Agent.ID = to
	}
	c.repeated(ctx, "RequestConference", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i, v := desk.Interaction{Head: desk.Head{ID: i.ID}}, v
		v.Agent = desk.Agent{Head: desk.Head{ID: v.Agent.ID}}
		if err := r.Find(ctx, &i, &v.Agent); err != nil {
			return desk.Change{}, err
		}
		return desk.RequestConference(i, id, v, c.clock.Now())
	})
}

func (c *calling) colleague() string { return agentID(c.dice.IntN(c.opt.agents)) }

// exclusive gives the customer an agent of his own, or takes him away.
func (c *calling) exclusive(ctx context.Context, i desk.Interaction) {
	agent, drop := c.colleague(), c.dice.IntN(3) == 0
	until := desk.Micro(c.clock.Now().Add(time.Hour))
	c.move(ctx, "SetExclusive", func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		contact, err := r.Contact(ctx, i.Contact)
		if err != nil {
			return desk.Change{}, err
		}
		x, err := r.Newest(ctx, contact)
		if err != nil {
			return desk.Change{}, err
		}
		if drop {
			return desk.DropExclusive(contact, x, i.Queue, boss, nil, c.clock.Now())
		}
		a := desk.Agent{Head: desk.Head{ID: agent}}
		if err := r.Load(ctx, &a); err != nil {
			return desk.Change{}, err
		}
		return desk.SetExclusive(contact, x, desk.ExclusiveWish{Agent: a, Queue: queueOf(i.Queue), Until: until}, boss, nil, c.clock.Now())
	})
}
