package desk

import (
	"slices"

	"pgregory.net/rapid"
)

// stepsIn has a supervisor, who is one of the agents or has no desk, do something to a conversation.
func (c *centre) stepsIn(t *rapid.T) {
	i := pick(t, all[Interaction](c), func(i Interaction) bool { return i.State.Open() })
	boss := rapid.SampledFrom([]string{"boss", "agent-0", "agent-1", "agent-2"}).Draw(t, "supervisor")
	what := rapid.SampledFrom([]string{"TakeOver", "TakeOver", "Reassign", "Reassign", "Requeue", "EndBySupervisor", "Prioritise", "Prioritise"}).Draw(t, "intervention")
	to := ""
	if what == "Reassign" {
		to = pick(t, all[Agent](c), func(a Agent) bool { return i.mayGoTo(a, a.ID) == nil }).ID
	}
	v := Intervention{Queue: Queue{Head: stored(i.Queue, 1), Limits: c.limits, Texts: chatty().Texts}, Key: c.name("key"), NoteID: c.name("note")}
	if rapid.Bool().Draw(t, "a note") {
		v.Note = "take care"
	}
	priority := rapid.IntRange(0, PriorityMax).Draw(t, "priority")
	c.try(t, move{name: what, repeats: true, forever: true, key: v.Key, talk: i.ID, decide: func() (Change, error) {
		v := v
		v.By = Agent{Head: Head{ID: boss}, Name: "Boss", Roles: []string{RoleAdmin}}
		x := c.attended(get[Interaction](c, i.ID))
		switch what {
		case "TakeOver":
			return TakeOver(x, c.sitting(x.Interaction), get[Agent](c, boss), v, c.now)
		case "Reassign":
			return Reassign(x, c.sitting(x.Interaction), get[Agent](c, to), v, c.now)
		case "Requeue":
			return Requeue(x, c.sitting(x.Interaction), v, c.now)
		}
		if what == "Prioritise" {
			return Prioritise(x.Interaction, priority, v, c.now)
		}
		return EndBySupervisor(x, v, c.now)
	}})
}

// sitting reads who sits in the conversation.
func (c *centre) sitting(i Interaction) (list []Agent) {
	for _, id := range slices.Compact([]string{i.Owner, i.Guest()}) {
		if id != "" {
			list = append(list, get[Agent](c, id))
		}
	}
	return list
}

// sendsAway has a supervisor make an agent idle or take him offline.
func (c *centre) sendsAway(t *rapid.T) {
	a := see[Agent](c, c.agent(t))
	w := StateOrder{
		By: Agent{Head: Head{ID: "boss"}, Roles: []string{RoleAdmin}}, Key: c.name("key"), HandOver: rapid.Bool().Draw(t, "hand over"),
		State:   rapid.SampledFrom([]AgentState{AgentIdle, AgentIdle, AgentOffline}).Draw(t, "state"),
		Version: max(0, a.Version-rapid.SampledFrom([]int64{0, 0, 0, 1, 100}).Draw(t, "behind")),
	}
	c.try(t, move{name: "SetStateOf", repeats: true, forever: true, key: w.Key, agent: a.ID, seen: w.Version, decide: func() (Change, error) {
		p := c.present(a.ID)
		return SetStateOf(p, w, c.sits(p.Agent), c.now)
	}})
}
