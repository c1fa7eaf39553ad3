package tests

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// remembering has Sales ask the previous agent first for two hours.
func remembering(c *floor.Floor) {
	c.T.Helper()
	c.Office("ada").Changes("queues/sales", `{"name":"Sales","project":"shop","team":"support","offerTimeout":"20s","previousHours":2,"afterword":"0s"}`)
	c.Settle()
}

// B8: Lea writes again within the hours. She is offered to Bob, whom she talked with, although Ana has been free for longer.
func TestWhoWritesAgainIsOfferedToThePreviousAgent(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	remembering(c)
	bob, lea := c.Agent("bob").SignsIn(), c.Customer("lea")
	ana := c.Agent("ana")
	lea.Writes("hola")
	i := bob.Accepts()
	ana.SignsIn()
	over(c, bob, i.ID)
	lea.Writes("una cosa más")
	o := bob.IsOffered()
	assert.Equal(t, "previous_agent", o.Why)
	ana.IsNotOffered()
	stay(c, o.Deadline.Sub(o.Now), ana, bob)
	bob.Is(desk.AgentRONA)
	assert.Equal(t, "Lea", ana.IsOffered().Customer.Name, "he does not take it")
}

// B8: a previous agent who is not ready is not waited for, and after the hours he is one of many.
func TestThePreviousAgentIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	for name, vain := range map[string]func(c *floor.Floor, bob *floor.Agent){
		"he is idle": func(_ *floor.Floor, bob *floor.Agent) { bob.Becomes(api.ChosenStateIdle) },
		"he has left": func(c *floor.Floor, bob *floor.Agent) {
			_, err := bob.Desktop.SignOut(c.Context(), false)
			require.NoError(c.T, err)
		},
		"he is busy": func(c *floor.Floor, bob *floor.Agent) { fills(c, bob, 3) },
		"it is so long ago": func(c *floor.Floor, bob *floor.Agent) {
			r := c.Store.Reader()
			i := byCustomer(c, c.Customer("lea"))
			require.NoError(c.T, r.Load(c.Context(), &i))
			i.Legs[0].To = i.Legs[0].To.Add(-2 * time.Hour)
			require.NoError(c.T, r.Save(c.Context(), desk.Change{Save: []desk.Record{&i}}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			remembering(c)
			bob, lea := c.Agent("bob").SignsIn(), c.Customer("lea")
			lea.Writes("hola")
			i := bob.Accepts()
			over(c, bob, i.ID)
			vain(c, bob)
			ana := c.Agent("ana").SignsIn()
			if name == "it is so long ago" {
				bob.Becomes(api.ChosenStateIdle)
				bob.Becomes(api.ChosenStateAvailable) // Ana has been free for longer
			}
			lea.Writes("una cosa más")
			assert.Equal(t, "Lea", ana.IsOffered().Customer.Name)
			assert.Equal(t, desk.WhyLongestAvailable, ana.IsOffered().Why)
		})
	}
}

// fills gives an agent as many conversations.
func fills(c *floor.Floor, a *floor.Agent, n int) {
	c.T.Helper()
	for _, name := range []string{"max", "nora", "zoe", "tom"}[:n] {
		c.Customer(name).Writes("hola")
		a.Accepts()
	}
}
