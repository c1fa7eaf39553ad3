package desk

import (
	"time"

	"pgregory.net/rapid"
)

// exclusiveAgent gives a contact an agent of his own in one of the queues, or takes him away.
func (c *centre) exclusiveAgent(t *rapid.T) {
	p := c.person(t)
	agent := c.agent(t)
	q := c.queue(rapid.SampledFrom([]string{"sales", "tech"}).Draw(t, "in"))
	until := rapid.SampledFrom([]time.Time{{}, {}, c.now.Add(time.Minute), c.now}).Draw(t, "until")
	drop := rapid.IntRange(0, 3).Draw(t, "drop") == 0
	by := Agent{Head: Head{ID: "boss"}, Roles: []string{RoleSupervisor}}
	c.try(t, move{name: "SetExclusive", repeats: true, decide: func() (Change, error) {
		k := c.known(p, p.addresses()[:1])
		if k.Contact.Version == 0 {
			return Change{}, nil
		}
		x := c.attended(k.Interaction)
		if drop {
			return DropExclusive(k.Contact, x, q.ID, by, nil, c.now)
		}
		a := get[Agent](c, agent)
		a.Teams = []string{q.Team}
		return SetExclusive(k.Contact, x, ExclusiveWish{Agent: a, Queue: q, Until: until}, by, nil, c.now)
	}})
}

// reopens has an agent take up what was written after the end.
func (c *centre) reopens(t *rapid.T) {
	i := pick(t, all[Interaction](c), func(i Interaction) bool { return i.Afterword != "" && i.FollowedBy == "" })
	who := c.agent(t)
	if n := i.lastOwner(); n >= 0 {
		who = i.Legs[n].Agent
	}
	c.try(t, move{name: "Reopen", repeats: true, decide: func() (Change, error) {
		x := Reopening{Ended: get[Interaction](c, i.ID), Next: get[Interaction](c, ReopeningID(i.ID)), Asset: Asset{Head: stored(i.Asset, 1)}}
		x.Contact, x.Queue = get[Contact](c, x.Ended.Contact), c.queue(x.Ended.Queue)
		for x.Contact.Into != "" {
			x.Contact = get[Contact](c, x.Contact.Into)
		}
		return Reopen(x, get[Agent](c, who), c.now)
	}})
}

func (c *centre) queue(id string) Queue {
	q := Queue{Head: stored(id, 1), Team: id, PreviousHours: map[string]int{"sales": 1}[id],
		Afterword: map[string]time.Duration{"tech": time.Minute}[id]}
	if id == "sales" {
		q.Profiles = []SkillProfile{{ID: "expert", Skills: []Skill{{"repair", 5}}, RelaxTo: ProfileAny, After: 20 * time.Second}}
		q.Overflow, q.MaxWait, q.Priority = "tech", 2*time.Minute, 1
	}
	return q
}

// behind are the queues to which conversations of the queue go, one after the other.
func (c *centre) behind(queue string) (list []Queue) {
	for q := c.queue(queue); q.Overflow != ""; q = list[len(list)-1] {
		list = append(list, c.queue(q.Overflow))
	}
	return list
}

// overflows looks whether somebody still waits for one agent alone.
func (c *centre) overflows(t *rapid.T) {
	c.try(t, c.overflow(pick(t, all[Interaction](c), func(i Interaction) bool { return i.Awaits.Agent != "" }).ID))
}

func (c *centre) overflow(talk string) move {
	return move{name: "Overflow", repeats: true, decide: func() (Change, error) {
		i := get[Interaction](c, talk)
		return Overflow(i, get[Agent](c, i.Awaits.Agent), c.queue(i.Queue), c.now)
	}}
}

// promisesOfWait: who waits for one agent alone is offered to nobody else, and has not been passed on by him.
func (c *centre) promisesOfWait(t *rapid.T, i Interaction) {
	alone := i.Awaits.Agent
	must(t, alone == "" || i.State == InteractionQueued || i.State == InteractionOffered, "%s is %s and waits for %s alone", i.ID, i.State, alone)
	must(t, alone == "" || i.State != InteractionQueued || i.Wants == AgentToken(alone), "%s waits for %s alone and wants %q", i.ID, alone, i.Wants)
	if o := see[Offer](c, i.Offer); alone != "" && i.Offer != "" {
		must(t, o.Agent == alone, "%s waits for %s alone and is offered to %s", i.ID, alone, o.Agent)
	}
}
