package desk

import "time"

// The rows of the tables that show what supervisors do. It is ten; Olga supervises the shop, which serves Sales, and Sam nobody.

// olga is at her desk with room for one, and idle, for a supervisor takes over whatever her state.
func olga() Agent {
	return Agent{Head: stored("olga", 1), Name: "Olga", Roles: []string{RoleSupervisor}, Teams: []string{"shop"}, Capacity: 1,
		State: AgentIdle, Since: nine}
}

// steps in is what a supervisor says with a move, with the key.
func stepsIn(by Agent, key string) Intervention {
	q := counterQueue()
	q.Texts = chatty().Texts
	return Intervention{By: by, Queue: q, Key: key}
}

// intervention is a supervisor's move at a time. sitting are the agents who may sit in the conversation.
type intervention func(x Attended, sitting []Agent, v Intervention, at time.Time) (Change, error)

func takesOver(x Attended, sitting []Agent, v Intervention, at time.Time) (Change, error) {
	return TakeOver(x, sitting, v.By, v, at)
}

func reassigns(to Agent) intervention {
	return func(x Attended, sitting []Agent, v Intervention, at time.Time) (Change, error) {
		return Reassign(x, sitting, to, v, at)
	}
}

func requeues(x Attended, sitting []Agent, v Intervention, at time.Time) (Change, error) {
	return Requeue(x, sitting, v, at)
}

func prioritises(to int) intervention {
	return func(x Attended, _ []Agent, v Intervention, at time.Time) (Change, error) {
		return Prioritise(x.Interaction, to, v, at)
	}
}

func endsBySupervisor(x Attended, _ []Agent, v Intervention, at time.Time) (Change, error) {
	return EndBySupervisor(x, v, at)
}

func (s scene) sitting() []Agent {
	if s.talk.Sits(s.agent.ID) {
		return []Agent{s.agent}
	}
	return nil
}

// stepIn has a supervisor make the move; again has her repeat it.
func (s scene) stepIn(by Agent, f intervention) (Change, error) {
	return f(s.attended(), s.sitting(), stepsIn(by, "step in"), after(time.Hour))
}

func (s scene) again(f intervention) (Change, error) {
	return s.twice(func(s scene) (Change, error) { return s.stepIn(olga(), f) })
}

// supervisorsMoves are the moves of the interactionTable.
func supervisorsMoves() map[string]func(scene) (Change, error) {
	by := func(who Agent, f intervention) func(scene) (Change, error) {
		return func(s scene) (Change, error) { return s.stepIn(who, f) }
	}
	again := func(f intervention) func(scene) (Change, error) {
		return func(s scene) (Change, error) { return s.again(f) }
	}
	gone, full, idle := olga(), olga(), bea()
	gone.State, full.Seats, idle.State = AgentOffline, []string{"another"}, AgentIdle
	return map[string]func(scene) (Change, error){
		"TakeOver":                  by(olga(), takesOver),
		"TakeOver again":            again(takesOver),
		"TakeOver by Sam":           by(sam(), takesOver),
		"TakeOver, offline":         by(gone, takesOver),
		"TakeOver, no room":         by(full, takesOver),
		"TakeOver, asset gone":      func(s scene) (Change, error) { return s.interruptedIfActive().stepIn(olga(), takesOver) },
		"Reassign":                  by(olga(), reassigns(bea())),
		"Reassign again":            again(reassigns(bea())),
		"Reassign by Sam":           by(sam(), reassigns(bea())),
		"Reassign to an idle":       by(olga(), reassigns(idle.Settle())),
		"Reassign to Ana":           func(s scene) (Change, error) { return s.stepIn(olga(), reassigns(s.agent)) },
		"Reassign, asset gone":      func(s scene) (Change, error) { return s.interruptedIfActive().stepIn(olga(), reassigns(bea())) },
		"Requeue":                   by(olga(), requeues),
		"Requeue again":             again(requeues),
		"Requeue by Sam":            by(sam(), requeues),
		"Requeue, asset gone":       func(s scene) (Change, error) { return s.interruptedIfActive().stepIn(olga(), requeues) },
		"Prioritise":                by(olga(), prioritises(8)),
		"Prioritise again":          again(prioritises(8)),
		"Prioritise to what it has": by(olga(), prioritises(0)),
		"Prioritise by Sam":         by(sam(), prioritises(8)),
		"EndBySupervisor":           by(olga(), endsBySupervisor),
		"EndBySupervisor again":     again(endsBySupervisor),
		"EndBySupervisor by Sam":    by(sam(), endsBySupervisor),
		"EndBySupervisor, gone":     func(s scene) (Change, error) { return s.interruptedIfActive().stepIn(olga(), endsBySupervisor) },
		"SetStateOf, idle":          func(s scene) (Change, error) { return s.sends(olga(), StateOrder{State: AgentIdle}) },
		"SetStateOf, offline":       func(s scene) (Change, error) { return s.sends(olga(), StateOrder{State: AgentOffline}) },
		"SetStateOf, hand over": func(s scene) (Change, error) {
			return s.sends(olga(), StateOrder{State: AgentOffline, HandOver: true})
		},
		"SetStateOf by Sam": func(s scene) (Change, error) { return s.sends(sam(), StateOrder{State: AgentIdle}) },
	}
}

// sends has a supervisor send the agent away, who is in the shop.
func (s scene) sends(by Agent, w StateOrder) (Change, error) {
	p := s.present()
	p.Agent.Teams = []string{"shop"}
	w.By, w.Key = by, "send"
	return SetStateOf(p, w, s.live(), after(time.Hour))
}

// supervisorsSecond are the moves of the secondTable.
func supervisorsSecond() map[string]func(pair) (Change, error) {
	by := func(who func(pair) Agent, f intervention) func(pair) (Change, error) {
		return func(p pair) (Change, error) {
			sitting := []Agent{p.ana}
			if p.talk.Guest() != "" {
				sitting = append(sitting, p.bea)
			}
			return f(p.attended(), sitting, stepsIn(who(p), "step in"), after(time.Hour))
		}
	}
	boss := func(pair) Agent { return olga() }
	sends := func(a func(pair) Agent, w StateOrder) func(pair) (Change, error) {
		return func(p pair) (Change, error) {
			at := p.present(a(p))
			at.Agent.Teams = []string{"shop"}
			w.By, w.Key = olga(), "send"
			return SetStateOf(at, w, p.live(a(p)), after(time.Hour))
		}
	}
	theAna, theBea := func(p pair) Agent { return p.ana }, func(p pair) Agent { return p.bea }
	return map[string]func(pair) (Change, error){
		"TakeOver": by(boss, takesOver),
		"TakeOver by Bea": by(func(p pair) Agent {
			p.bea.Roles, p.bea.Teams = []string{RoleSupervisor}, []string{"shop"}
			return p.bea
		}, takesOver),
		"Reassign to Cleo":     by(boss, reassigns(cleo())),
		"Reassign to Bea":      func(p pair) (Change, error) { return by(boss, reassigns(p.bea))(p) },
		"Reassign to Ana":      func(p pair) (Change, error) { return by(boss, reassigns(p.ana))(p) },
		"Requeue":              by(boss, requeues),
		"Prioritise":           by(boss, prioritises(8)),
		"EndBySupervisor":      by(boss, endsBySupervisor),
		"SetStateOf, Ana idle": sends(theAna, StateOrder{State: AgentIdle}),
		"SetStateOf, Ana off":  sends(theAna, StateOrder{State: AgentOffline, HandOver: true}),
		"SetStateOf, Bea idle": sends(theBea, StateOrder{State: AgentIdle}),
		"SetStateOf, Bea off":  sends(theBea, StateOrder{State: AgentOffline, HandOver: true}),
	}
}
