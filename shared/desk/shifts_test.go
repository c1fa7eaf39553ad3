package desk

import (
	"slices"
	"time"

	"pgregory.net/rapid"
)

// The moves of presence, of talking and of ending in the model centre.

// present reads what the store reads for a move of presence.
func (c *centre) present(agent string) Present {
	p := Present{Agent: get[Agent](c, agent), Lease: get[Lease](c, agent)}
	if p.Agent.Offer != "" {
		p.Offer, p.Ringing = get[Offer](c, p.Agent.Offer), get[Interaction](c, p.Agent.Ringing)
		p.Sender = c.sender(p.Offer, p.Ringing)
	}
	return p
}

// sits reads the conversations the agent sits in, each with the offer that rings for it.
func (c *centre) sits(a Agent) []Attended {
	var live []Attended
	for _, id := range a.Seats {
		if see[Interaction](c, id).Sits(a.ID) {
			live = append(live, c.attended(get[Interaction](c, id)))
		}
	}
	return live
}

func (c *centre) signIn(agent, desk string, want AgentState) move {
	return move{name: "SignIn", decide: func() (Change, error) { return SignIn(c.present(agent), desk, want, "", c.now) }}
}

func (c *centre) agentComes(t *rapid.T) {
	a := pick(t, all[Agent](c), func(a Agent) bool { return a.State == AgentOffline || a.State == "" })
	c.try(t, c.signIn(a.ID, c.desk(t), c.want(t)))
}

func (c *centre) agentLeaves(t *rapid.T) {
	c.try(t, c.signOut(c.agent(t), c.desk(t), rapid.Bool().Draw(t, "hand over")))
}

func (c *centre) signOut(agent, desk string, handOver bool) move {
	return move{name: "SignOut", repeats: true, decide: func() (Change, error) {
		p := c.present(agent)
		return SignOut(p, desk, c.sits(p.Agent), handOver, c.now)
	}}
}

func (c *centre) renew(agent, desk string) move {
	return move{name: "RenewLease", decide: func() (Change, error) { return RenewLease(get[Lease](c, agent), desk, c.now) }}
}

func (c *centre) loseLease(agent string) move {
	return move{name: "LoseLease", repeats: true, decide: func() (Change, error) { return LoseLease(c.present(agent), c.now) }}
}

func (c *centre) handBack(agent string) move {
	return move{name: "HandBack", repeats: true, decide: func() (Change, error) {
		a := get[Agent](c, agent)
		return HandBack(a, c.sits(a), c.now)
	}}
}

// agentWishes asks for a state, with the newest version, an older one or none, with a key of its own or none.
func (c *centre) agentWishes(t *rapid.T) {
	a := see[Agent](c, c.agent(t))
	w := StateWish{State: c.want(t), Version: max(0, a.Version-rapid.SampledFrom([]int64{0, 0, 0, 1, 2, 100}).Draw(t, "behind"))}
	if w.State == AgentIdle {
		w.Reason = rapid.SampledFrom([]string{"lunch", "training"}).Draw(t, "reason")
	}
	if rapid.Bool().Draw(t, "key") {
		w.Key = c.name("key")
	}
	c.try(t, move{name: "SetState", repeats: true, forever: w.Key != "", key: w.Key, agent: a.ID, seen: w.Version,
		decide: func() (Change, error) { return SetState(c.present(a.ID), w, c.now) }})
}

func live(i Interaction) bool { return i.State == InteractionActive }

// by draws who asks something of a conversation: mostly who has it.
func (c *centre) by(t *rapid.T, i Interaction) string {
	if len(i.Agents) > 0 && rapid.IntRange(0, 7).Draw(t, "somebody else") > 0 {
		return i.Agents[0]
	}
	return c.agent(t)
}

func (c *centre) agentWrites(t *rapid.T) {
	i := pick(t, all[Interaction](c), live)
	who, client := c.by(t, i), c.name("client")
	reply := Reply{ClientID: client, Text: "buenas"}
	if rapid.IntRange(0, 5).Draw(t, "template") == 0 {
		reply = c.byTemplate(i.Queue, client)
	}
	c.try(t, move{name: "Send", repeats: true, forever: true, decide: func() (Change, error) {
		m := get[Message](c, SentID(i.ID, who, client))
		return Send(m, get[Interaction](c, i.ID), get[Agent](c, who), reply, c.now)
	}})
}

func (c *centre) agentReads(t *rapid.T) {
	i := pick(t, all[Interaction](c), live)
	who, left := c.by(t, i), rapid.IntRange(-1, 3).Draw(t, "unread")
	c.try(t, move{name: "MarkRead", repeats: true, decide: func() (Change, error) { return MarkRead(get[Interaction](c, i.ID), who, left) }})
}

// handed is a message given to its channel, and what comes of it.
type handed struct {
	message string
	out     Outcome
}

func unsent(m Message) bool { return m.State == MessagePending || m.State == MessageSending }

func outbound(c *centre) []Message {
	return slices.DeleteFunc(all[Message](c), func(m Message) bool { return m.Direction != Outbound })
}

func (c *centre) delivers(t *rapid.T) { c.try(t, c.deliver(t, pick(t, outbound(c), unsent).ID)) }

// deliver claims a message; only who has saved his claim hands it to the channel.
func (c *centre) deliver(t *rapid.T, message string) move {
	claim, fate := c.name("claim"), rapid.IntRange(0, 3).Draw(t, "the channel")
	return move{name: "ClaimSend", repeats: true,
		decide: func() (Change, error) {
			m := get[Message](c, message)
			return ClaimSend(m, Asset{Head: stored(m.Asset, 1), Channel: WhatsApp}, claim, c.now)
		},
		saved: func(ch Change) {
			if ch.Message.State != MessageSending {
				return
			}
			h := &handed{message: message}
			switch fate {
			case 0:
				h.out.ProviderID = c.name("wamid")
			case 1:
				h.out = Outcome{Unknown: true, Problem: Problem{Code: "no_answer"}}
			case 2:
				h.out = Outcome{RetryAt: c.now.Add(time.Second), Problem: Problem{Code: "busy"}}
			case 3:
				h.out.Problem.Code = "blocked"
			}
			if fate < 2 {
				c.taken[message]++
			}
			c.sends = append(c.sends, h)
		}}
}

// channelAnswers settles a send; its function may do so again, whatever happened since.
func (c *centre) channelAnswers(t *rapid.T) {
	if len(c.sends) == 0 {
		skip()
	}
	h := c.sends[rapid.IntRange(0, len(c.sends)-1).Draw(t, "send")]
	c.try(t, move{name: "SettleSend", repeats: true, forever: true, decide: func() (Change, error) {
		return SettleSend(get[Message](c, h.message), h.out, c.now)
	}})
}

func (c *centre) statusComes(t *rapid.T) {
	m := pick(t, outbound(c), func(m Message) bool { return c.taken[m.ID] > 0 })
	s := Status{Channel: WhatsApp, Message: m.ID, ProviderID: "wamid-" + m.ID, At: c.now, State: rapid.SampledFrom(
		[]MessageState{MessageSent, MessageDelivered, MessageRead, MessageFailed}).Draw(t, "status")}
	shown := rapid.Bool().Draw(t, "shown")
	if c.taken[m.ID] == 0 {
		skip() // a channel tells nothing of what it never had
	}
	c.try(t, move{name: "ApplyStatus", repeats: true, forever: true, decide: func() (Change, error) {
		return ApplyStatus(get[Message](c, m.ID), s, shown, c.now)
	}})
}

func (c *centre) agentEnds(t *rapid.T) {
	i := pick(t, all[Interaction](c), live)
	c.try(t, c.end(i.ID, c.by(t, i), rapid.SampledFrom([]string{"", c.name("key")}).Draw(t, "key")))
}

func (c *centre) end(talk, who, key string) move {
	return move{name: "End", repeats: true, forever: true,
		decide: func() (Change, error) { return End(c.attended(get[Interaction](c, talk)), who, key, c.now) }}
}

func (c *centre) agentWrapsUp(t *rapid.T) {
	i := pick(t, all[Interaction](c), func(i Interaction) bool {
		return slices.ContainsFunc(i.Agents, func(a string) bool { return i.Owes(a) >= 0 })
	})
	choice := Choice{Reason: "sold", Key: rapid.SampledFrom([]string{"", c.name("key")}).Draw(t, "key")}
	c.try(t, c.wrapUp(i.ID, c.by(t, i), choice))
}

func (c *centre) wrapUp(talk, who string, choice Choice) move {
	keyed := choice.Key != "" // without, the same words may settle another that he owes
	return move{name: "SubmitWrapUp", repeats: keyed, forever: keyed, key: choice.Key, talk: talk, decide: func() (Change, error) {
		return SubmitWrapUp(get[Interaction](c, talk), get[Agent](c, who), choice, sold(), c.now)
	}}
}
