package tests

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/faults"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/tests/floor"
)

// B1, B9: the function dies just before a step of a supervisor's move, and just after it the next time. She repeats, and it is done
// once; whoever it frees is asked for others.
func TestASupervisorsMoveSurvivesADeathAtEveryStep(t *testing.T) {
	t.Parallel()
	moves := map[string]func(c *floor.Floor, sam *floor.Agent, talk, key string) error{
		"taken": func(c *floor.Floor, sam *floor.Agent, talk, key string) error {
			_, err := sam.Desktop.TakeOver(c.Context(), talk, key, "nota")
			return err
		},
		"reassigned": func(c *floor.Floor, sam *floor.Agent, talk, key string) error {
			_, err := sam.Desktop.Reassign(c.Context(), talk, key, api.Reassignment{Agent: "bob", Note: "nota"})
			return err
		},
		"requeued": func(c *floor.Floor, sam *floor.Agent, talk, key string) error {
			_, err := sam.Desktop.Requeue(c.Context(), talk, key, "nota")
			return err
		},
		"ended": func(c *floor.Floor, sam *floor.Agent, talk, key string) error {
			_, err := sam.Desktop.EndFor(c.Context(), talk, key, "nota")
			return err
		},
	}
	for event, move := range moves {
		t.Run(event, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			ana, sam := c.Agent("ana").SignsIn(), idles(c, "sam")
			i := talks(c, ana, "lea")
			ana.Becomes(api.ChosenStateIdle)
			if event == "reassigned" {
				c.Agent("bob").SignsIn()
			}
			require.NoError(t, c.Suite.Faults.Set(faults.Plan{Once: []faults.Once{
				{Kind: faults.KillBefore, Function: "supervision", On: "interactions"}, {Kind: faults.KillAfter, Function: "supervision", On: "interactions"},
			}}))
			key := desktop.Key()
			tries(c, func() error { return move(c, sam, i.ID, key) })
			c.Settle()
			assert.Equal(t, map[faults.Kind]int{faults.KillBefore: 1, faults.KillAfter: 1}, c.Suite.Faults.Count())
			told := 0
			for _, e := range events(sam.LooksAt(i.ID)) {
				if e == event {
					told++
				}
			}
			assert.Equal(t, 1, told)
		})
	}
}

// B1, B9: supervisors, an agent and the customer all do something about one conversation at once: exactly one of them has it, and
// whoever has it has the place it takes.
func TestEverybodyStepsInAtOnce(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure("agents: [{id: ida, name: Ida Holm, email: ida@acme.example, roles: [supervisor], teams: [support]}]")
	ana, bob := c.Agent("ana"), c.Agent("bob")
	for round := range 10 {
		sam, ida := idles(c, "sam"), idles(c, "ida") // or they stay, however long the rounds take
		bob.SignsIn()
		ana.ComesBack()
		bob.Becomes(api.ChosenStateIdle)
		i := talks(c, ana, []string{"lea", "max", "zoe"}[round%3])
		bob.Becomes(api.ChosenStateAvailable)
		var all sync.WaitGroup
		for _, do := range []func() error{
			func() error { _, err := sam.Desktop.TakeOver(c.Context(), i.ID, desktop.Key(), ""); return err },
			func() error { _, err := ida.Desktop.TakeOver(c.Context(), i.ID, desktop.Key(), ""); return err },
			func() error { _, err := ida.Desktop.Requeue(c.Context(), i.ID, desktop.Key(), ""); return err },
			func() error {
				_, err := sam.Desktop.Reassign(c.Context(), i.ID, desktop.Key(), api.Reassignment{Agent: "bob"})
				return err
			},
			func() error { _, err := ana.Desktop.Transfer(c.Context(), i.ID, desktop.Key(), toBob()); return err },
			func() error {
				_, err := ana.Desktop.Confer(c.Context(), i.ID, desktop.Key(), api.ConferenceWish{Agent: "bob"})
				return err
			},
		} {
			all.Go(func() {
				err := do()
				var refused *desktop.Refused
				if errors.As(err, &refused) {
					assert.Less(t, refused.Status, 500, refused.Error())
					return
				}
				assert.NoError(t, err)
			})
		}
		all.Wait()
		c.Settle()
		seen := sam.LooksAt(i.ID)
		var sits []string
		for _, l := range seen.Legs {
			if l.To.IsZero() {
				sits = append(sits, l.Agent.ID)
			}
		}
		assert.LessOrEqual(t, len(sits), 2, "%+v", seen.Legs)
		for _, a := range []*floor.Agent{ana, bob, sam, ida} {
			var has, rings bool
			for _, task := range a.Tasks() {
				if task.ID == i.ID {
					has, rings = true, task.Offer != ""
				}
			}
			owes := slices.ContainsFunc(seen.Legs, func(l api.Leg) bool { return l.Agent.ID == a.ID && l.WrapUp.State == api.WrapUpStateOwed })
			assert.Equal(t, slices.Contains(sits, a.ID) || owes || rings, has, "%s in %+v", a.ID, seen)
		}
		m := matrix{c: c, ana: ana}
		m.tidiesUp(places{interaction: i.ID})
		for _, a := range []*floor.Agent{ana, bob, sam, ida} {
			assert.Zero(t, a.Me().Load, a.ID)
		}
	}
}
