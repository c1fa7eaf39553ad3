package tests

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/tests/floor"
)

// turns closes or opens a queue as the agent.
func turns(c *floor.Floor, agent, queue, what string) floor.Answer {
	c.T.Helper()
	got := c.Call(http.MethodPost, "/v1/queues/"+queue+"/"+what, strings.NewReader(""), as(c, agent))
	c.Settle()
	return got
}

// salesWith is the example centre where Sales has the settings.
func salesWith(t *testing.T, settings string) *floor.Floor {
	t.Helper()
	c := floor.Open(t)
	c.Configure("queues: [{id: sales, name: Sales, project: shop, team: support, afterword: 0s, " + settings + "}]")
	return c
}

// B15: a supervisor closes a queue. Who has an agent goes on; who waits and who comes is told so once and waits; when it is open
// again they are offered in their order.
func TestASupervisorClosesAQueueAtOnce(t *testing.T) {
	t.Parallel()
	c := salesWith(t, "texts: {greeting: Welcome, busy: All are busy, closed: We are closed}")
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	got := turns(c, "sam", "sales", "close")
	require.Equal(t, 200, got.Status, got.Body)
	var door api.QueueDoor
	require.NoError(t, json.Unmarshal([]byte(got.Body), &door))
	assert.Equal(t, []any{false, "sales", "sam", "Sam Okafor", api.WhenClosedWait},
		[]any{door.Open, door.Queue.ID, door.Closed.By.ID, door.Closed.By.Name, door.WhenClosed})
	stay(c, store.ConfigAge, ana)

	max, eva := c.Customer("max"), c.Customer("eva")
	max.Writes("hola")
	c.Settle()
	eva.Writes("hola")
	max.Writes("¿hay alguien?")
	c.Passes(20*time.Second, ana)
	ana.IsNotOffered()
	assert.Equal(t, []string{"We are closed"}, max.Received())
	assert.Equal(t, []string{"We are closed"}, eva.Received())
	ana.Writes(i.ID, "sigo aquí")
	assert.Equal(t, 200, turns(c, "sam", "sales", "close").Status, "a repeat")

	got = turns(c, "sam", "sales", "open")
	require.NoError(t, json.Unmarshal([]byte(got.Body), &door))
	assert.True(t, door.Open)
	assert.Equal(t, "Max", ana.IsOffered().Customer.Name, "at once, and the first first")
	ana.Accepts()
	assert.Equal(t, "Eva", ana.IsOffered().Customer.Name)

	centre := all[desk.Centre](c)[0]
	var said []string
	for _, e := range centre.History.Entries[len(centre.History.Entries)-2:] {
		said = append(said, e.Event+" "+e.By+" "+e.Detail)
	}
	assert.Equal(t, []string{"queue_closed sam sales", "queue_opened sam sales"}, said, "once each")
}

// B15: those who wait when the queue is closed are told, too; and the queue stays closed when it is configured.
func TestWhoWaitsWhenTheQueueCloses(t *testing.T) {
	t.Parallel()
	c := salesWith(t, "texts: {closed: We are closed}")
	max := c.Customer("max")
	max.Writes("hola")
	c.Settle()
	turns(c, "ada", "sales", "close")
	c.Sweep()
	assert.Equal(t, []string{"We are closed"}, max.Received())
	c.Configure("queues: [{id: sales, name: Sales and more, project: shop, team: support, texts: {closed: We are closed}}]")
	ana := c.Agent("ana").SignsIn()
	c.Sweep()
	ana.IsNotOffered()
	turns(c, "ada", "sales", "open")
	ana.IsOffered()
	assert.Equal(t, []string{"We are closed"}, max.Received(), "once")
}

// B15: only who oversees the queue closes it.
func TestWhoMayCloseAQueue(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(`agents:
- {id: sam, name: Sam Okafor, email: sam@acme.example, roles: [supervisor], teams: [travel]}
- {id: ana, name: Ana García, email: ana@acme.example, roles: [agent], teams: [support]}
`)
	for agent, code := range map[string]string{"ana": "not_your_queue", "sam": "not_your_queue"} {
		got := turns(c, agent, "sales", "close")
		assert.Equal(t, "403 "+code, fmt.Sprint(got.Status, " ", got.Problem().Code), agent)
	}
	assert.Equal(t, 200, turns(c, "sam", "bookings", "close").Status, "his team's")
	assert.Equal(t, 200, turns(c, "ada", "sales", "close").Status, "an administrator's are all")
	got := turns(c, "ada", "nobodys", "open")
	assert.Equal(t, "404 queue_missing", fmt.Sprint(got.Status, " ", got.Problem().Code))
}

// noonIn is a time zone in which it is about noon on the suite's clock, so that no day begins or ends in a journey.
func noonIn(c *floor.Floor) (zone string, local time.Time) {
	c.T.Helper()
	ahead := 12 - c.Suite.Clock.Now().UTC().Hour()
	zone = fmt.Sprintf("Etc/GMT%+d", -ahead)
	at, err := time.LoadLocation(zone)
	require.NoError(c.T, err)
	return zone, c.Suite.Clock.Now().In(at)
}

// B15: the clock closes the queue and opens it, nobody has to be there.
func TestTheClockOpensTheQueue(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	zone, now := noonIn(c)
	day := strings.ToLower(now.Weekday().String())
	c.Configure(fmt.Sprintf(`queues: [{id: sales, name: Sales, project: shop, team: support,
  hours: {timeZone: %s, week: [{days: [%s], from: "%s", to: "24:00"}]}}]`, zone, day, now.Add(2*time.Minute).Format("15:04")))
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	c.Passes(30*time.Second, ana)
	ana.IsNotOffered()
	for range 12 {
		if ana.Me().Offer == "" {
			c.Passes(10*time.Second, ana)
		}
	}
	assert.Equal(t, "Lea", ana.IsOffered().Customer.Name)
}

// B15: a holiday is not a day like the others of the week.
func TestOnAHolidayOtherHoursHold(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	zone, now := noonIn(c)
	c.Configure(fmt.Sprintf(`queues: [{id: sales, name: Sales, project: shop, team: support,
  hours: {timeZone: %s, week: [{days: [%s], from: "00:00", to: "24:00"}], holidays: [{date: %s}]}}]`,
		zone, strings.ToLower(now.Weekday().String()), now.Format(time.DateOnly)))
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	c.Passes(20*time.Second, ana)
	ana.IsNotOffered()
}

// B15: conversations of a closed queue go where it says, and if that is closed too, on from there; never back.
func TestAClosedQueueOverflows(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(`queues:
- {id: sales, name: Sales, project: shop, team: support, whenClosed: overflow, overflow: support, texts: {closed: We are closed}}
- {id: support, name: Support, project: care, team: support, whenClosed: overflow, overflow: bookings}
- {id: bookings, name: Bookings, project: trips, team: travel}
`)
	turns(c, "ada", "sales", "close")
	lea := c.Customer("lea")
	lea.Writes("hola")
	ana, carla := c.Agent("ana").SignsIn(), c.Agent("carla")
	assert.Equal(t, "support", ana.IsOffered().Queue.ID)
	assert.Empty(t, lea.Received(), "she is served")
	ana.Accepts()

	turns(c, "ada", "support", "close")
	c.Customer("max").Writes("hola")
	c.Settle()
	carla.SignsIn()
	assert.Equal(t, "bookings", carla.IsOffered().Queue.ID)
	var said []string
	for _, e := range talkOf(c, "max").History.Entries {
		said = append(said, strings.TrimSpace(e.Event+" "+e.Detail))
	}
	assert.Equal(t, []string{"opened sales", "diverted bookings closed", "offered longest_available"}, said)
}

// B15: a queue that is closed may close who comes; each is told, and may write again when it is open.
func TestAClosedQueueClosesConversations(t *testing.T) {
	t.Parallel()
	c := salesWith(t, "whenClosed: close, texts: {closed: We are closed, greeting: Welcome}")
	turns(c, "ada", "sales", "close")
	lea := c.Customer("lea")
	lea.Writes("hola")
	c.Settle()
	assert.Equal(t, []string{"We are closed"}, lea.Received())
	i := all[desk.Interaction](c)[0]
	assert.Equal(t, "closed queue_closed", string(i.State)+" "+i.CloseReason)
	turns(c, "ada", "sales", "open")
	ana := c.Agent("ana").SignsIn()
	lea.Writes("hola de nuevo")
	ana.IsOffered()
	c.Settle()
	assert.Equal(t, []string{"We are closed", "Welcome"}, lea.Received())
}

// B15: who waits for too long goes to the overflow queue, to the second, and keeps his place in time there.
func TestWhoWaitsForTooLongGoesToTheOverflow(t *testing.T) {
	t.Parallel()
	const most = 2 * time.Minute
	c := salesWith(t, "maxWait: 2m, overflow: bookings")
	carla := c.Agent("carla")
	c.Configure(`
agents: [{id: carla, name: Carla Rossi, email: carla@acme.example, roles: [agent], teams: [travel], skills: [{id: trips, level: 5}]}]`)
	lea := c.Customer("lea")
	lea.Writes("hola")
	c.Settle()
	since := talkOf(c, "lea").WaitingSince
	due := since.Add(most)
	c.Advance(most - 5*time.Second)
	carla.SignsIn()
	c.Settle()
	if carla.Me().Offer != "" { // the clock goes on by itself: on a slow machine it is late by now
		assert.False(t, c.Suite.Clock.Now().Before(due), "not a moment before")
	}
	c.Advance(max(0, due.Sub(c.Suite.Clock.Now())))
	o := carla.IsOffered()
	assert.Equal(t, "bookings", o.Queue.ID)
	assert.Equal(t, since, o.WaitingSince)
	assert.Equal(t, "diverted bookings max_wait", talkOf(c, "lea").History.Entries[1].Event+" "+talkOf(c, "lea").History.Entries[1].Detail)
}

// B15, R30: who waits for an agent of his own in a closed queue waits until it opens, however long ago anybody looked at the queue.
func TestAClosedQueueIsClosedForExclusiveAgentsToo(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea := c.Agent("ana").SignsIn(), c.Customer("lea")
	belongs(c, known(c, lea, ana), "bob")
	bob := c.Agent("bob").SignsIn()
	bob.Becomes(api.ChosenStateIdle)
	turns(c, "ada", "sales", "close")
	lea.Writes("¿está Bob?")
	c.Settle()
	stay(c, store.ConfigAge+time.Second, ana, bob)
	bob.Becomes(api.ChosenStateAvailable)
	c.Settle()
	bob.IsNotOffered()
	turns(c, "ada", "sales", "open")
	c.Sweep()
	assert.Equal(t, "Lea", bob.IsOffered().Customer.Name)
}
