package desk

import (
	"time"

	"pgregory.net/rapid"
)

// confers has somebody ask for a second agent, or do something about one.
func (c *centre) confers(t *rapid.T) {
	i := pick(t, all[Interaction](c), live)
	who, key := c.by(t, i), c.name("key")
	one := func(name string, rule func(x Attended) (Change, error)) {
		c.try(t, move{name: name, repeats: true, forever: true, key: key, talk: i.ID, decide: func() (Change, error) {
			return rule(c.attended(get[Interaction](c, i.ID)))
		}})
	}
	moves := []string{"ask"}
	switch i.Second.State {
	case SecondRequested:
		moves = []string{"cancel", "due", "due", "ask"}
	case SecondJoined:
		moves = []string{"exit", "remove", "hand over", "cancel", "ask"}
		who = rapid.SampledFrom([]string{i.Owner, i.Guest()}).Draw(t, "seat")
	}
	switch rapid.SampledFrom(moves).Draw(t, "second seat") {
	case "ask":
		c.invites(t, i, who, key)
	case "cancel":
		one("CancelConference", func(x Attended) (Change, error) { return CancelConference(x, who, key, c.now) })
	case "due":
		c.try(t, c.endRequest(i.ID))
	case "exit":
		one("ExitConference", func(x Attended) (Change, error) { return ExitConference(x.Interaction, who, key, c.now) })
	case "remove":
		one("RemoveGuest", func(x Attended) (Change, error) { return RemoveGuest(x.Interaction, who, key, c.now) })
	case "hand over":
		one("HandOver", func(x Attended) (Change, error) { return HandOver(x.Interaction, who, key, c.now) })
	}
}

// invites has the owner ask an agent, or one of the two queues.
func (c *centre) invites(t *rapid.T, i Interaction, who, key string) {
	v := Invitation{Key: key, Asset: Asset{Head: stored(i.Asset, 1), Channel: WhatsApp}}
	v.Home.Head = stored(i.Queue, 1)
	if rapid.Bool().Draw(t, "a text") {
		v.Home.Texts = []Text{{On: TextJoined, Text: "Somebody has joined"}}
	}
	to := ""
	if rapid.IntRange(0, 2).Draw(t, "an agent") == 0 {
		to = pick(t, all[Agent](c), func(a Agent) bool { return AgentAsTarget(i, who, a) == nil }).ID
		v.Offer = Offer{Head: Head{ID: c.name("offer")}, Deadline: c.now.Add(DefaultOfferTimeout)}
	} else {
		v.Queue = Queue{Head: stored(rapid.SampledFrom([]string{"sales", "tech"}).Draw(t, "queue"), 1), Assets: []string{i.Asset}}
		v.Until = c.now.Add(rapid.SampledFrom([]time.Duration{time.Second, DefaultOfferTimeout, DefaultConferenceWait}).Draw(t, "wait"))
	}
	c.try(t, move{name: "RequestConference", repeats: true, forever: true, key: key, talk: i.ID, decide: func() (Change, error) {
		v := v
		if to != "" {
			v.Agent = get[Agent](c, to)
		}
		return RequestConference(get[Interaction](c, i.ID), who, v, c.now)
	}})
}

func (c *centre) endRequest(talk string) move {
	return move{name: "EndRequest", repeats: true, decide: func() (Change, error) {
		return EndRequest(get[Interaction](c, talk), c.now)
	}}
}

// promisesOfSecond is what holds of the second seat.
func (c *centre) promisesOfSecond(t *rapid.T, i Interaction) {
	s := i.Second
	asks, joined := s.State == SecondRequested, s.State == SecondJoined
	must(t, s.State == "" || i.State == InteractionActive, "%s is %s, and its second seat %s", i.ID, i.State, s.State)
	must(t, s.State != "" || s == (Second{}), "%s has no second seat and remembers %+v", i.ID, s)
	must(t, !asks || (i.Wants != "") != (s.Offer != ""), "%s asks by the offer %q and wants %q", i.ID, s.Offer, i.Wants)
	must(t, !asks || s.Queue != "" || s.Offer != "", "%s asks nobody", i.ID)
	must(t, !asks || !i.Left && !i.Blocked && !i.Interrupted, "%s asks for a second agent, and nothing can be said", i.ID)
	must(t, joined == (i.Guest() != "") && (!joined || i.Guest() != i.Owner && s.Offer == "" && i.Wants == ""), "%s has the guest %q", i.ID, i.Guest())
	if o := see[Offer](c, s.Offer); s.Offer != "" {
		must(t, o.Kind == OfferConference && o.By == s.By && o.Agent != i.Owner, "%s asks %s by %s of the kind %s", i.ID, o.Agent, o.By, o.Kind)
	}
}
