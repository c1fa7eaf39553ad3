package desk

import (
	"slices"

	"pgregory.net/rapid"
)

// agentBegins has an agent begin a conversation with one of the contacts, in one of the queues, by a text or a template; mostly
// one who has room, with a key of its own.
func (c *centre) agentBegins(t *rapid.T) {
	p := c.person(t)
	a := pick(t, all[Agent](c), func(a Agent) bool { return a.State == AgentAvailable && len(a.Seats) < a.Capacity })
	key := c.name("start")
	reply := Reply{ClientID: key, Text: "hola"}
	if rapid.IntRange(0, 3).Draw(t, "template") > 0 {
		reply = c.byTemplate(p.queue, key)
	}
	c.try(t, move{name: "Begin", repeats: true, forever: true, decide: func() (Change, error) {
		k := c.known(p, p.addresses()[:1])
		if k.Contact.Version == 0 {
			return Change{}, nil
		}
		s := Start{By: get[Agent](c, a.ID), Contact: k.Contact, Newest: k.Interaction, Queue: c.queue(p.queue), Asset: p.asset(), Whom: "somebody", Reply: reply}
		s.Queue.Limits, s.By.Teams = c.limits, []string{s.Queue.Team}
		s.Next = get[Interaction](c, StartID(a.ID, key))
		s.First = get[Message](c, SentID(s.Next.ID, a.ID, key))
		return Begin(s, c.now)
	}})
}

// byTemplate is a reply by a template of the queue.
func (c *centre) byTemplate(queue, key string) Reply {
	return Reply{ClientID: key, Values: []string{"Lea"},
		Template: Template{Head: stored("hello", 1), Queue: queue, Channel: WhatsApp, ChannelName: "hello", Language: "es", Body: "Hola {{1}}"}}
}

// promisesOfStart: what an agent began was his from the beginning, and began with his words.
func (c *centre) promisesOfStart(t *rapid.T, i Interaction, messages []Message) {
	if i.Direction != Outbound {
		return
	}
	must(t, len(i.Legs) > 0 && i.Legs[0].From.Equal(i.OpenedAt), "%s was begun by nobody", i.ID)
	n := slices.IndexFunc(messages, func(m Message) bool { return m.Seq == 1 })
	must(t, n >= 0 && messages[n].Author == i.Legs[0].Agent, "%s does not begin with the words of who began it", i.ID)
	must(t, !slices.Contains(i.Told, TextGreeting), "%s greets a customer who did not come", i.ID)
}
