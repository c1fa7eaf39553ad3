package desk_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/deskline/deskline/shared/desk"
)

// shop is a centre whose administrators, sweep and agents all write at once.
type shop struct {
	centre desk.Centre
	have   desk.Setup
}

// step is what somebody does between two moments at which others may come in; it returns what he does next.
type step func() step

// saves stores a change if every record is still as it was read.
func (s *shop) saves(ch desk.Change) bool {
	for _, rec := range ch.Save {
		switch rec := rec.(type) {
		case *desk.Centre:
			if rec.Version != s.centre.Version {
				return false
			}
		case *desk.Agent:
			if rec.Version != agentOf(s.have, rec.ID).Version {
				return false
			}
		}
	}
	s.have = kept(s.have, desk.Imported{Change: ch})
	for _, rec := range ch.Save {
		if c, ok := rec.(*desk.Centre); ok {
			s.centre = *c
		}
	}
	return true
}

// imports reads the centre's record first and the agents last, as an import must, and tries once.
func (s *shop) imports(file desk.Setup) step {
	return func() step {
		c := s.centre
		return func() step {
			have := s.have
			return func() step {
				have.Agents = slices.Clone(s.have.Agents)
				in := desk.Import(c, have, file, "ada", imported)
				return func() step {
					if c.DueAt.IsZero() {
						s.saves(in.Change)
					}
					return nil
				}
			}
		}
	}
}

// aligns brings everybody in line who is behind, one after the other, and notes it.
func (s *shop) aligns() step {
	c := s.centre
	if c.DueAt.IsZero() {
		return nil
	}
	return func() step {
		services := c.Services(s.have.Queues)
		return func() step { return s.alignsEach(services, services.Behind(s.have.Agents)) }
	}
}

func (s *shop) alignsEach(services desk.Services, ids []string) step {
	return func() step {
		if len(ids) == 0 {
			c := s.centre
			return func() step {
				s.saves(desk.Aligned(c, services))
				return nil
			}
		}
		a := *agentOf(s.have, ids[0])
		return func() step {
			ch := desk.Align(a, s.centre, services)
			return func() step {
				if s.saves(ch) {
					ids = ids[1:]
				}
				return s.alignsEach(services, ids)
			}
		}
	}
}

// somethingToDo is what the next who comes to the shop wants.
func (s *shop) somethingToDo(t *rapid.T) step {
	switch rapid.IntRange(0, 9).Draw(t, "what") {
	case 0, 1, 2:
		queue := small().Queues[0]
		queue.Team = rapid.SampledFrom([]string{"red", "blue"}).Draw(t, "team")
		return s.imports(desk.Setup{Queues: []desk.Queue{queue}})
	case 3:
		agent := small().Agents[0]
		agent.Teams = rapid.SampledFrom([][]string{nil, {"red"}, {"blue"}, {"red", "blue"}}).Draw(t, "teams")
		return s.imports(desk.Setup{Agents: []desk.Agent{agent}})
	case 4:
		return func() step { // an agent's own move
			a := *agentOf(s.have, "ana")
			return func() step {
				s.saves(desk.Change{Save: []desk.Record{&a}})
				return nil
			}
		}
	}
	return s.aligns
}

// TestNobodyStaysBehind plays imports, reminders and agents' own moves against each other, each of them stopped half way
// for as long as may be. Whenever nothing is owed, every agent serves what his teams do.
func TestNobodyStaysBehind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := importing(desk.Setup{}, small())
		s := &shop{have: kept(desk.Setup{}, first), centre: *first.Centre}
		behind := func() []string { return s.centre.Services(s.have.Queues).Behind(s.have.Agents) }
		var busy [3]step
		for range 300 {
			who := rapid.IntRange(0, len(busy)-1).Draw(t, "who")
			for range rapid.SampledFrom([]int{1, 2, 20}).Draw(t, "steps") {
				if busy[who] == nil {
					busy[who] = s.somethingToDo(t)
				}
				busy[who] = busy[who]()
				if s.centre.DueAt.IsZero() && len(behind()) > 0 {
					t.Fatalf("%v are behind and nobody is reminded", behind())
				}
			}
		}
		for next := s.aligns(); next != nil; {
			next = next()
		}
		if len(behind()) > 0 || !s.centre.DueAt.IsZero() {
			t.Fatalf("%v stay behind", behind())
		}
	})
}
