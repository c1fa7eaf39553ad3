package desk

import (
	"time"

	"pgregory.net/rapid"
)

// transfers has an agent give a conversation to the other queue, or ask a colleague to take it.
func (c *centre) transfers(t *rapid.T) {
	i := pick(t, all[Interaction](c), live)
	h := Handover{Note: "look", NoteID: c.name("note"), Key: c.name("key")}
	reason := transferReason()
	if rapid.Bool().Draw(t, "settled") {
		h.Reason, reason = "sold", sold()
	}
	who := c.by(t, i)
	if rapid.IntRange(0, 2).Draw(t, "to a queue") == 0 {
		c.try(t, c.toQueue(i, who, h, reason))
		return
	}
	to := pick(t, all[Agent](c), func(a Agent) bool { return AgentAsTarget(i, who, a) == nil }).ID
	q := Queue{Head: stored(i.Queue, 1), Unanswered: rapid.SampledFrom(
		[]Unanswered{"", UnansweredDrop, UnansweredRequeue, UnansweredReturn, UnansweredReturn}).Draw(t, "unanswered")}
	o := Offer{Head: Head{ID: c.name("offer")}, Deadline: c.now.Add(rapid.SampledFrom([]time.Duration{0, DefaultOfferTimeout, DefaultOfferTimeout}).Draw(t, "rings"))}
	c.try(t, move{name: "TransferToAgent", repeats: true, forever: true, key: h.Key, talk: i.ID, decide: func() (Change, error) {
		return TransferToAgent(get[Interaction](c, i.ID), get[Agent](c, who), o, get[Agent](c, to), q, Asset{Head: stored(i.Asset, 1), Channel: WhatsApp}, h, reason, c.now)
	}})
}

func (c *centre) toQueue(i Interaction, who string, h Handover, reason Reason) move {
	to := Queue{Head: stored(map[string]string{"sales": "tech", "tech": "sales"}[i.Queue], 1), Assets: []string{i.Asset}}
	asset := Asset{Head: stored(i.Asset, 1), Channel: WhatsApp}
	return move{name: "TransferToQueue", repeats: true, forever: true, key: h.Key, talk: i.ID, decide: func() (Change, error) {
		return TransferToQueue(get[Interaction](c, i.ID), get[Agent](c, who), to, asset, h, reason, c.now)
	}}
}
