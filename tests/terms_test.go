package tests

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/tests/floor"
)

// B3, B9: what rings takes up the room on its channel: a supervisor who may hold one there cannot take another over until it is answered.
func TestWhatRingsTakesUpRoomOnItsChannel(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(`agents: [{id: sam, name: Sam Okafor, email: sam@acme.example, roles: [agent, supervisor], teams: [support], capacity: 3,
  capacities: [{channel: whatsapp, most: 1}]}]`)
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	ana.Becomes(api.ChosenStateIdle)
	sam := c.Agent("sam").SignsIn()
	c.Customer("max").Writes("hola")
	sam.IsOffered()
	_, err := sam.Desktop.TakeOver(c.Context(), i.ID, desktop.Key(), "")
	c.IsRefused(err, 409, "agent_full")
	sam.Becomes(api.ChosenStateIdle)
	sam.TakesOver(i.ID)
	assert.Equal(t, "sam", sam.Sees(i.ID).Owner.ID)
}

// R20, R24, B15: a conversation is not given to a queue that is closed and keeps nobody, and nobody of one is asked to join; the list of
// targets says so, and when it opens. Where who comes waits for the opening, whoever is transferred does.
func TestTransfersToAClosedQueue(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	zone, now := noonIn(c)
	opens := now.Truncate(time.Minute).Add(3 * time.Minute)
	hours := fmt.Sprintf(`hours: {timeZone: %s, week: [{days: [%s], from: "%s", to: "24:00"}]}`,
		zone, strings.ToLower(now.Weekday().String()), opens.Format("15:04"))
	night := func(more string, agents ...*floor.Agent) {
		c.Configure("queues: [{id: support, name: Support, project: care, team: support, assets: ['whatsapp:100000000000001'], " + hours + more + "}]")
		stay(c, store.ConfigAge, agents...)
		c.Sweep()
	}
	night(", whenClosed: close")
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	listed := func() api.TargetQueue {
		t.Helper()
		list, err := ana.Desktop.Targets(c.Context(), i.ID, url.Values{"all": {"true"}, "q": {"support"}})
		require.NoError(t, err)
		require.Len(t, list.Queues, 1)
		return list.Queues[0]
	}
	assert.Equal(t, api.TargetQueue{ID: "support", Name: "Support", Closed: true, Opens: opens.UTC(), Code: "target_closed"}, listed())
	_, err := ana.Desktop.Transfer(c.Context(), i.ID, desktop.Key(), api.TransferWish{Queue: "support"})
	c.IsRefused(err, 409, "target_closed")
	_, err = ana.Desktop.Confer(c.Context(), i.ID, desktop.Key(), api.ConferenceWish{Queue: "support"})
	c.IsRefused(err, 409, "target_closed")
	assert.Contains(t, ana.Sees(i.ID).Actions, "transfer", "there are others")

	night("", ana)
	got := listed()
	assert.Equal(t, api.TargetQueue{ID: "support", Name: "Support", Closed: true, Opens: opens.UTC()}, got)
	ana.Transfers(i.ID, api.TransferWish{Queue: "support"})
	bob := c.Agent("bob").SignsIn()
	c.Passes(20*time.Second, bob, ana)
	bob.IsNotOffered()
	for range 18 {
		if bob.Me().Offer == "" {
			c.Passes(10*time.Second, bob, ana)
		}
	}
	assert.Equal(t, "Lea", bob.IsOffered().Customer.Name)
}

// B15: a queue that closes who comes while it is closed keeps who was handed back: an agent has had her, and she waits for the next.
func TestWhoHadAnAgentIsNotClosedWithTheQueue(t *testing.T) {
	t.Parallel()
	c := salesWith(t, "whenClosed: close, texts: {closed: We are closed}")
	ana, lea := c.Agent("ana").SignsIn(), c.Customer("lea")
	lea.Writes("hola")
	i := ana.Accepts()
	turns(c, "ada", "sales", "close")
	_, err := ana.Desktop.SignOut(c.Context(), true)
	require.NoError(t, err)
	c.Settle()
	c.Sweep()
	assert.Equal(t, desk.InteractionQueued, talkOf(c, "lea").State)
	assert.Equal(t, []string{"We are closed"}, lea.Received())
	turns(c, "ada", "sales", "open")
	bob := c.Agent("bob").SignsIn()
	assert.Equal(t, i.ID, bob.IsOffered().Interaction)
}

// B15: who waits for too long does not go to an overflow queue that is closed; when he has waited for as long again he is led there,
// if it is open by then.
func TestAClosedOverflowTakesNobody(t *testing.T) {
	t.Parallel()
	c := salesWith(t, "maxWait: 40s, overflow: bookings")
	c.Configure(`queues: [{id: bookings, name: Bookings, project: trips, team: travel}]
agents: [{id: carla, name: Carla Rossi, email: carla@acme.example, roles: [agent], teams: [travel]}]`)
	turns(c, "ada", "bookings", "close")
	c.Customer("lea").Writes("hola")
	c.Settle()
	c.Advance(41 * time.Second)
	c.Sweep()
	i := talkOf(c, "lea")
	assert.Equal(t, "sales", i.Queue)
	assert.Len(t, i.History.Entries, 1)
	turns(c, "ada", "bookings", "open")
	carla := c.Agent("carla").SignsIn()
	for range 8 {
		if carla.Me().Offer == "" {
			c.Passes(10*time.Second, carla)
		}
	}
	assert.Equal(t, "bookings", carla.IsOffered().Queue.ID)
}

// B3, B15: a queue that gets a maximum wait while a conversation is offered, or has an agent, has it wait by that when it comes back.
func TestWhoComesBackWaitsByTheNewTerms(t *testing.T) {
	t.Parallel()
	c := salesWith(t, "strategy: longest_available")
	c.Configure(`agents: [{id: carla, name: Carla Rossi, email: carla@acme.example, roles: [agent], teams: [travel]}]`)
	ana, carla := c.Agent("ana").SignsIn(), c.Agent("carla")
	talks(c, ana, "max")
	c.Customer("lea").Writes("hola")
	ana.IsOffered()
	c.Configure("queues: [{id: sales, name: Sales, project: shop, team: support, afterword: 0s, maxWait: 60s, overflow: bookings}]")
	c.Settle()
	for _, who := range []string{"lea", "max"} {
		assert.Equal(t, desk.Terms{Most: time.Minute}, talkOf(c, who).Terms, who)
	}
	ana.SignsIn()                    // however long that took, she is still there
	ana.Becomes(api.ChosenStateIdle) // declines
	carla.SignsIn()
	for range 12 { // a minute, and what bookings asks for is relaxed after 45 seconds
		if carla.Me().Offer == "" {
			c.Passes(10*time.Second, carla, ana)
		}
	}
	o := carla.IsOffered()
	assert.Equal(t, []string{"bookings", "Lea"}, []string{o.Queue.ID, o.Customer.Name})
}

// Who comes to a queue by what somebody knew of it before it was configured otherwise is found when nobody can know that any more.
func TestWhoComesToAQueueThatIsBeingConfigured(t *testing.T) {
	t.Parallel()
	c, comes := configuredWhileComing(t)
	c.Advance(store.Linger)
	c.Settle()
	assert.Equal(t, time.Hour, comes().Terms.Most)
}

// B1: the second look comes too early, by a clock that is ahead. It is taken when it is time.
func TestTheSecondLookAtAConfiguredQueueComesTooEarly(t *testing.T) {
	t.Parallel()
	c, comes := configuredWhileComing(t)
	early := fmt.Sprintf(`{"id":"sales","at":%q}`, c.Suite.Clock.Now().Add(store.Linger/3).Format(time.RFC3339Nano))
	got := c.Call(http.MethodPost, "/functions/admin/timers/queue", strings.NewReader(early), fromThePlatform(c, "admin"))
	require.Equal(t, 204, got.Status, got.Body)
	c.Settle()
	assert.Zero(t, comes().Terms, "nobody has looked")
	c.Advance(store.Linger / 3)
	c.Settle()
	assert.Equal(t, time.Hour, comes().Terms.Most)
}

// configuredWhileComing is a queue whose wait is an hour since a moment, and a customer who came to it by what it said before.
func configuredWhileComing(t *testing.T) (c *floor.Floor, comes func() desk.Interaction) {
	t.Helper()
	c = salesWith(t, "strategy: longest_available")
	c.Customer("lea").Writes("hola")
	c.Settle()
	c.Configure("queues: [{id: sales, name: Sales, project: shop, team: support, afterword: 0s, maxWait: 1h, overflow: bookings}]")
	c.Settle()
	comes = func() desk.Interaction { return talkOf(c, "lea") }
	i := comes()
	require.Equal(t, time.Hour, i.Terms.Most)
	r := c.Store.Reader()
	require.NoError(t, r.Load(c.Context(), &i))
	i.Terms, i.DueAt = desk.Terms{}, time.Time{}
	require.NoError(t, r.Save(c.Context(), desk.Change{Save: []desk.Record{&i}}))
	return c, comes
}
