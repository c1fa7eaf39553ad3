package tests

import (
	"errors"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/emulator/tasks"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// workshop is the example centre where Sales asks for somebody good at repairs, after 45 seconds for anybody. Bob is good at them,
// Ana is not.
const workshop = `
queues: [{id: sales, name: Sales, project: shop, team: support, afterword: 0s, offerTimeout: 2m,
  profiles: [{id: repair, skills: [{id: repairs, level: 5}], relaxTo: any, after: 45s}]}]
agents:
- {id: ana, name: Ana García, email: ana@acme.example, roles: [agent], teams: [support], skills: [{id: repairs, level: 4}]}
- {id: bob, name: Bob Marsh, email: bob@acme.example, roles: [agent], teams: [support], skills: [{id: repairs, level: 8}, {id: paint, level: 1}]}
`

// talkOf is the conversation that the customer has.
func talkOf(c *floor.Floor, customer string) desk.Interaction {
	c.T.Helper()
	for _, i := range all[desk.Interaction](c) {
		if strings.EqualFold(i.Customer.Name, customer) && i.State != desk.InteractionClosed {
			return i
		}
	}
	require.Fail(c.T, "there is no conversation", customer)
	return desk.Interaction{}
}

// grounds are how the agents were chosen who were offered the conversation.
func grounds(i desk.Interaction) (list []desk.Grounds) {
	for _, e := range i.History.Entries {
		if e.Event == desk.EventOffered {
			list = append(list, e.Grounds)
		}
	}
	return list
}

// B3: the conversation goes to who has the skills, although somebody else has been free for longer; the history says why.
func TestAConversationGoesToWhoHasTheSkills(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(workshop)
	ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob").SignsIn()
	c.Customer("lea").Writes("hola")
	assert.Equal(t, "longest_available", bob.IsOffered().Why)
	ana.IsNotOffered()
	assert.Equal(t, []desk.Grounds{{Strategy: "longest_available", Profile: "repair", Among: 1}}, grounds(talkOf(c, "lea")))
}

// B3: who waits for skills in vain gets somebody else after the time, to the second; the history says what he had asked for.
func TestAConversationAsksForLessWhenNobodyHasTheSkills(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(workshop)
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	c.Settle()
	c.Advance(20 * time.Second)
	_, err := ana.Desktop.Renew(c.Context())
	require.NoError(t, err)
	c.Advance(24 * time.Second)
	notYet(c, talkOf(c, "lea").WaitingSince.Add(45*time.Second), ana.Me().Offer != "", "there is one more second")
	c.Advance(time.Second)
	ana.IsOffered()
	i := talkOf(c, "lea")
	assert.Equal(t, []desk.Grounds{{Strategy: "longest_available", Profile: "any", Relaxed: "repair", Among: 1}}, grounds(i))
	assert.Equal(t, "relaxed repair any", i.History.Entries[1].Event+" "+i.History.Entries[1].Detail)
}

// B3: without its timer it asks for less in the sweep's next round.
func TestAConversationAsksForLessWithoutItsTimer(t *testing.T) {
	t.Parallel()
	c := floor.OpenWith(t, suite.Options{Tasks: tasks.Options{InterceptCreate: func(req *cloudtaskspb.CreateTaskRequest) error {
		if strings.HasSuffix(req.GetTask().GetHttpRequest().GetUrl(), "/timers/wait") {
			return errors.New("no timers today")
		}
		return nil
	}}})
	c.Configure(workshop)
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	c.Passes(40*time.Second, ana)
	notYet(c, talkOf(c, "lea").WaitingSince.Add(45*time.Second), ana.Me().Offer != "", "there are five more seconds")
	c.Passes(10*time.Second, ana)
	ana.IsOffered()
}

// B3: an agent who learns something is asked at once by who waits for that; a profile that is no more nobody waits for.
func TestWhoWaitsFollowsTheConfiguration(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(strings.ReplaceAll(workshop, ", relaxTo: any, after: 45s", ""))
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	c.Settle()
	ana.IsNotOffered()
	c.Configure(`agents: [{id: ana, name: Ana García, email: ana@acme.example, roles: [agent], teams: [support], skills: [{id: repairs, level: 5}]}]`)
	ana.Accepts()
	ana.Becomes(api.ChosenStateIdle)

	c.Customer("max").Writes("hola")
	c.Settle()
	bob := c.Agent("bob")
	c.Configure(`agents: [{id: bob, name: Bob Marsh, email: bob@acme.example, roles: [agent], teams: [support]}]`)
	bob.SignsIn()
	c.Settle()
	bob.IsNotOffered()
	c.Configure(`queues: [{id: sales, name: Sales, project: shop, team: support, offerTimeout: 2m, profiles: [{id: paint}]}]`)
	assert.Equal(t, "Max", bob.IsOffered().Customer.Name)
	assert.Equal(t, "paint", grounds(talkOf(c, "max"))[0].Profile)
}

// B3: an entry rule gives a conversation its priority, which is a lead in time: who waits for long enough is before it.
func TestPriorityIsALeadInTime(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(`
queues: [{id: sales, name: Sales, project: shop, team: support, afterword: 0s, priorityBoost: 30s}]
assets: [{channel: whatsapp, account: "100000000000001", name: Acme, display: "+34 600 000 000", queue: sales, token: whatsapp-acme,
  rules: [{on: keyword, value: urgente, queue: sales, priority: 4}]}]
agents: [{id: ana, name: Ana García, email: ana@acme.example, roles: [agent], teams: [support], capacity: 1}]
`)
	c.Customer("max").Writes("hola") // two minutes before
	c.Settle()
	c.Advance(90 * time.Second)
	c.Customer("eva").Writes("hola")
	c.Settle()
	c.Advance(31 * time.Second)
	c.Customer("lea").Writes("es urgente")
	c.Settle()
	ana := c.Agent("ana").SignsIn()
	var order []string
	for range 3 {
		i := ana.Accepts()
		order = append(order, i.Customer.Name)
		over(c, ana, i.ID)
	}
	assert.Equal(t, []string{"Max", "Lea", "Eva"}, order, "two minutes of priority are two minutes of waiting")
}

// B3: the queue says who is asked first.
func TestTheQueueSaysWhoIsAskedFirst(t *testing.T) {
	t.Parallel()
	for strategy, want := range map[string][]string{
		"longest_available": {"ana", "bob", "carla", "bob"}, // Ana has just come back
		"round_robin":       {"ana", "bob", "carla", "ana"}, // and yet her last offer is the oldest
		"least_loaded":      {"ana", "bob", "carla", "bob"}, // he has none
	} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			c.Configure(`queues: [{id: sales, name: Sales, project: shop, team: support, afterword: 0s, strategy: ` + strategy + `}]`)
			agents := map[string]*floor.Agent{}
			for _, id := range []string{"ana", "bob", "carla"} {
				agents[id] = c.Agent(id).SignsIn()
				c.Advance(time.Second)
			}
			var order []string
			for n, customer := range []string{"lea", "max", "eva"} {
				if n == 2 { // she comes back
					agents["ana"].Becomes(api.ChosenStateIdle)
					agents["ana"].Becomes(api.ChosenStateAvailable)
				}
				c.Customer(customer).Writes("hola")
				c.Settle()
				for id, a := range agents {
					if a.Me().Offer == "" {
						continue
					}
					order = append(order, id)
					c.Advance(time.Second)
					if n == 1 { // he takes it back to the queue, where the next is asked
						_, err := a.Desktop.Decline(c.Context(), a.Me().Offer)
						require.NoError(t, err)
						a.Becomes(api.ChosenStateAvailable)
						c.Settle()
						order = append(order, takes(c, agents))
						break
					}
					a.Accepts()
					break
				}
			}
			assert.Equal(t, want, order)
		})
	}
}

// takes has whoever is asked accept.
func takes(c *floor.Floor, agents map[string]*floor.Agent) string {
	c.T.Helper()
	for id, a := range agents {
		if a.Me().Offer != "" {
			a.Accepts()
			return id
		}
	}
	return ""
}

// B3: an agent takes only so many on one channel, and goes on taking those of another; when one is over she is asked again at once.
func TestAnAgentTakesOnlySoManyOnAChannel(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(`agents: [{id: ana, name: Ana García, email: ana@acme.example, roles: [agent], teams: [support], capacity: 3,
  capacities: [{channel: whatsapp, most: 1}]}]`)
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	i := ana.Accepts()
	c.Customer("max").Writes("hola")
	c.Settle()
	ana.IsNotOffered()
	c.Visitor("eva").Writes("hola")
	assert.Equal(t, api.ChannelMessenger, ana.IsOffered().Channel)
	ana.Accepts()
	ana.IsNotOffered()
	over(c, ana, i.ID)
	assert.Equal(t, "Max", ana.IsOffered().Customer.Name)
}
