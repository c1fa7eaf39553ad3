package tests

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// crew are the IDs of the agents a supervisor finds.
func crew(c *floor.Floor, sam *floor.Agent, filters url.Values) (ids []string) {
	c.T.Helper()
	list, err := sam.Desktop.Crew(c.Context(), filters)
	require.NoError(c.T, err)
	for _, a := range list.Items {
		ids = append(ids, a.ID)
	}
	return ids
}

// B9: a supervisor sees the agents of her teams, an administrator everybody: what they do, since when, and with which conversations.
func TestWhomASupervisorSees(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(travellers)
	ana, sam, tess, ada := c.Agent("ana").SignsIn(), c.Agent("sam"), c.Agent("tess"), c.Agent("ada")
	i := talks(c, ana, "lea")
	c.Customer("max").Writes("hola")
	rings := ana.IsOffered()

	assert.Equal(t, []string{"ana", "bob", "carla", "sam", "tess", "toni"}, crew(c, sam, nil))
	assert.Equal(t, []string{"ana", "bob", "carla", "sam"}, crew(c, sam, url.Values{"team": {"support"}}))
	assert.Equal(t, []string{"ana"}, crew(c, sam, url.Values{"state": {"available"}}))
	assert.Equal(t, []string{"carla", "sam", "tess", "toni"}, crew(c, tess, nil))
	assert.Equal(t, []string{"ada", "ana", "bob", "carla", "sam", "tess", "toni"}, crew(c, ada, nil))
	assert.Equal(t, []string{"ada", "bob", "carla", "sam", "tess", "toni"}, crew(c, ada, url.Values{"state": {"offline"}}))
	_, err := tess.Desktop.Crew(c.Context(), url.Values{"team": {"support"}})
	c.IsRefused(err, 403, "not_your_team")

	first, err := sam.Desktop.Crew(c.Context(), url.Values{"limit": {"1"}})
	require.NoError(t, err)
	one := first.Items[0]
	assert.Equal(t, []string{"ana", "available", rings.Interaction}, []string{one.ID, string(one.State), one.Ringing})
	assert.Equal(t, api.List[string]{i.ID}, one.Interactions)
	assert.Equal(t, []int{1, 3}, []int{one.Load, one.Capacity})
	assert.Equal(t, api.List[string]{"idle", "offline"}, one.Actions)
	next, err := sam.Desktop.Crew(c.Context(), url.Values{"limit": {"1"}, "cursor": {first.Next}})
	require.NoError(t, err)
	assert.Equal(t, "bob", next.Items[0].ID)
}

// B4, R3: a supervisor makes an agent idle: what rings is asked of somebody else, conversations stay, and only the agent becomes
// available again.
func TestASupervisorMakesAnAgentIdle(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, sam := c.Agent("ana").SignsIn(), c.Agent("sam")
	i := talks(c, ana, "lea")
	c.Customer("max").Writes("hola")
	rings := ana.IsOffered()
	key := desktop.Key()
	idle, err := sam.Desktop.SendAway(c.Context(), "ana", key, api.StateOrder{State: api.OrderedStateIdle, Reason: "formación"})
	require.NoError(t, err)
	assert.Equal(t, []string{"idle", "formación"}, []string{string(idle.State), idle.Reason})
	assert.Equal(t, api.List[string]{i.ID}, idle.Interactions)
	assert.Equal(t, desk.OfferDeclined, read[desk.Offer](c, rings.ID).State)
	moves := read[desk.Agent](c, "ana").History.Entries
	assert.Equal(t, "sam", moves[len(moves)-1].By)
	again, err := sam.Desktop.SendAway(c.Context(), "ana", key, api.StateOrder{State: api.OrderedStateIdle, Reason: "formación"})
	require.NoError(t, err)
	assert.Equal(t, idle.Version, again.Version, "a repeat")

	err = sam.Desktop.Call(c.Context(), http.MethodPut, "/v1/supervision/agents/ana/state", desktop.Key(), map[string]string{"state": "available"}, nil)
	c.IsRefused(err, 400, "bad_request")
	_, err = sam.Desktop.SendAway(c.Context(), "bob", desktop.Key(), api.StateOrder{State: api.OrderedStateIdle})
	c.IsRefused(err, 409, "agent_offline")
	_, err = sam.Desktop.SendAway(c.Context(), "nobody", desktop.Key(), api.StateOrder{State: api.OrderedStateIdle})
	c.IsRefused(err, 404, "agent_missing")
	ana.Becomes(api.ChosenStateAvailable)
	assert.Equal(t, "Max", ana.IsOffered().Customer.Name)
}

// R3: an agent in RONA may be made idle by who has seen it, and taken offline; then RONA is found again.
func TestASupervisorSendsAnAgentInRONAAway(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, sam := c.Agent("ana").SignsIn(), c.Agent("sam")
	before := ana.Me().Version
	rona := misses(c, ana, "lea")
	for _, version := range []int64{0, before} {
		_, err := sam.Desktop.SendAway(c.Context(), "ana", desktop.Key(), api.StateOrder{State: api.OrderedStateIdle, Version: version})
		c.IsRefused(err, 412, "rona_unseen")
	}
	_, err := sam.Desktop.SendAway(c.Context(), "ana", desktop.Key(), api.StateOrder{State: api.OrderedStateOffline})
	require.NoError(t, err)
	_, err = ana.Desktop.Renew(c.Context())
	c.IsRefused(err, 409, "session_ended")
	_, err = ana.Desktop.SignIn(c.Context(), api.ChosenStateAvailable)
	c.IsRefused(err, 409, "session_ended")
	back := ana.Elsewhere().SignsIn()
	assert.Equal(t, api.AgentStateRONA, back.Me().State, "signing in again finds it")
	idle, err := sam.Desktop.SendAway(c.Context(), "ana", desktop.Key(), api.StateOrder{State: api.OrderedStateIdle, Version: back.Me().Version})
	require.NoError(t, err)
	assert.Equal(t, []string{"idle", "sent"}, []string{string(idle.State), idle.Reason})
	assert.Greater(t, idle.Version, rona.Version)
}

// B4, B10: a supervisor takes an agent offline who has conversations: they are handed on, in front; also those of somebody whose
// desktop vanished, before the grace is over.
func TestASupervisorTakesAnAgentOffline(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, sam := c.Agent("ana").SignsIn(), c.Agent("sam")
	i := talks(c, ana, "lea")
	_, err := sam.Desktop.SendAway(c.Context(), "ana", desktop.Key(), api.StateOrder{State: api.OrderedStateOffline})
	c.IsRefused(err, 409, "has_conversations")
	gone, err := sam.Desktop.SendAway(c.Context(), "ana", desktop.Key(), api.StateOrder{State: api.OrderedStateOffline, HandOver: true})
	require.NoError(t, err)
	assert.Equal(t, []any{api.AgentStateOffline, 0}, []any{gone.State, gone.Load})
	bob := c.Agent("bob").SignsIn()
	assert.Equal(t, i.ID, bob.Accepts().ID)

	vanishes(c, bob)
	gone, err = sam.Desktop.SendAway(c.Context(), "bob", desktop.Key(), api.StateOrder{State: api.OrderedStateOffline, HandOver: true})
	require.NoError(t, err)
	assert.Equal(t, 0, gone.Load)
	back := ana.Elsewhere().SignsIn()
	assert.Equal(t, i.ID, back.Accepts().ID, "nobody waits for the grace")
}

// B4: the later desktop wins, and the earlier one is told at once by its feed.
func TestALaterDesktopWinsAndTheEarlierIsTold(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	feed, stop := ana.ListensHere("")
	defer stop()
	later := ana.Elsewhere().SignsIn()
	assert.Equal(t, api.FeedEndReasonSessionReplaced, ends(ana, feed))
	_, err := ana.Desktop.Renew(c.Context())
	c.IsRefused(err, 409, "session_replaced")
	here, stopHere := later.ListensHere("")
	defer stopHere()
	floor.Hears(later, here, "snapshot", func(s api.Snapshot) bool { return len(s.Interactions) == 1 })
	later.Writes(i.ID, "desde aquí")
	floor.Hears(later, here, "message", func(m api.Message) bool { return m.Text == "desde aquí" })
	late, stopLate := ana.ListensHere(feed.Last())
	defer stopLate()
	assert.Equal(t, api.FeedEndReasonSessionReplaced, ends(ana, late), "also one that connects again by itself")
}

// B4: where the centre has reasons for being idle, one of them must be named; those of the system stay.
func TestTheReasonsForBeingIdle(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, sam := c.Agent("ana").SignsIn(), c.Agent("sam")
	ana.Becomes(api.ChosenStateIdle) // without reasons, any words or none
	c.Configure(`
settings:
  idleReasons:
    - {id: lunch, name: Lunch, limit: 45m}
    - {id: training, name: Training}
`)
	ana.Becomes(api.ChosenStateAvailable)
	idle := func(reason string) error {
		_, err := ana.Desktop.Set(c.Context(), desktop.Key(), api.StateChange{State: api.ChosenStateIdle, Reason: reason})
		return err
	}
	c.IsRefused(idle("coffee"), 400, "idle_reason_unknown")
	c.IsRefused(idle("signed_in"), 400, "idle_reason_unknown")
	c.IsRefused(idle(""), 400, "idle_reason_required")
	assert.Equal(t, api.AgentStateAvailable, ana.Me().State)
	require.NoError(t, idle("lunch"))
	moves := read[desk.Agent](c, "ana").History.Entries
	assert.Equal(t, "lunch", moves[len(moves)-1].Detail)
	list, err := sam.Desktop.Crew(c.Context(), url.Values{"state": {"idle"}})
	require.NoError(t, err)
	one := list.Items[0]
	assert.Equal(t, []string{"lunch", "Lunch"}, []string{one.Reason, one.ReasonName})
	assert.Equal(t, 45*time.Minute, one.IdleUntil.Sub(one.Since))
	_, err = sam.Desktop.SendAway(c.Context(), "ana", desktop.Key(), api.StateOrder{State: api.OrderedStateIdle, Reason: "coffee"})
	c.IsRefused(err, 400, "idle_reason_unknown")
	_, err = sam.Desktop.SendAway(c.Context(), "ana", desktop.Key(), api.StateOrder{State: api.OrderedStateIdle})
	require.NoError(t, err, "a supervisor need not say why")

	bob := c.Agent("bob")
	session, err := bob.Desktop.SignIn(c.Context(), api.ChosenStateIdle)
	require.NoError(t, err)
	assert.Equal(t, "signed_in", session.Agent.Reason)
	assert.Equal(t, api.List[api.IdleReason]{{ID: "lunch", Name: "Lunch", Limit: "45m"}, {ID: "training", Name: "Training"}}, session.IdleReasons)
	err = c.Agent("carla").Desktop.Call(c.Context(), http.MethodPost, "/v1/agents/me/session", "", api.SignIn{Session: "desk-7f3a9c21", Reason: "coffee"}, nil)
	c.IsRefused(err, 400, "idle_reason_unknown")

	office := c.Office("ada")
	var now api.SettingsRecord
	office.Finds("settings", &now)
	assert.Len(t, now.IdleReasons, 2)
	office.Changes("settings", `{"idleReasons":[{"id":"lunch","name":"Almuerzo"}]}`)
	got := office.Asks(http.MethodPut, "settings", `{"idleReasons":[{"id":"declined","name":"No"}]}`, "If-Match: *")
	assert.Equal(t, "bad_request", got.Problem().Code)
	got = office.Asks(http.MethodPut, "settings", `{"idleReasons":[{"id":"declined","name":"No"}]}`, "If-None-Match: *")
	assert.Equal(t, "import_invalid", got.Problem().Code)
}
