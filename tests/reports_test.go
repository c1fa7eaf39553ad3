package tests

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// waited is a wait without its times.
func waited(w api.RecordWait) api.RecordWait {
	w.From, w.To = time.Time{}, time.Time{}
	return w
}

// lasted checks how many seconds something took: at least as long as the clock was moved, and at most as long as it went on.
func lasted(t *testing.T, least, most time.Duration, seconds float64, what ...any) {
	t.Helper()
	const rounded = 0.1
	assert.GreaterOrEqual(t, seconds, least.Seconds()-rounded, what...)
	assert.LessOrEqual(t, seconds, most.Seconds()+rounded, what...)
}

// B6: the contact record of a conversation says who waited where and for how long, who was asked, who had it, to whom it was
// given and why it closed; and it comes with the whole history it is read from.
func TestAContactRecordTellsWhatBecameOfAConversation(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.NextHour()
	ana := c.Agent("ana").SignsIn()
	came := c.Suite.Clock.Now()
	c.Customer("lea").Writes("hola")
	bob := c.Agent("bob").SignsIn()
	offer := ana.IsOffered()
	stay(c, offer.Deadline.Sub(offer.Now), bob)
	i := bob.Accepts()
	most := c.Suite.Clock.Now().Sub(came)
	sam := c.Agent("sam")
	assert.Equal(t, api.InteractionStateActive, sam.Record(i.ID).State, "there is a record from the first message on")

	carla := c.Agent("carla").SignsIn()
	bob.Asks(i.ID, api.ConferenceWish{Agent: "carla", Note: "conoce la bici"})
	carla.Accepts()
	stay(c, 5*time.Second, bob, carla)
	carla.Exits(i.ID)
	bob.Transfers(i.ID, api.TransferWish{Queue: "support", Note: "no frena", Reason: "question"})
	carla.Accepts()
	c.Advance(5 * time.Second)
	carla.Ends(i.ID)
	carla.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"})
	done := carla.WrapsUp(i.ID, api.WrapUpChoice{Reason: "repair", SubReason: "paid"})
	require.Equal(t, api.InteractionStateClosed, done.State)

	r := sam.Record(i.ID)
	assert.Equal(t, "ended", r.CloseReason)
	assert.Equal(t, "support", r.Queue)
	require.Len(t, r.Waits, 2)
	assert.Equal(t, api.RecordWait{Queue: "sales", Cause: "opened", First: true, End: "answered", Agent: "bob"}, waited(r.Waits[0]))
	assert.Equal(t, api.RecordWait{Queue: "support", Cause: "transferred", First: true, End: "answered", Agent: "carla", Lost: "bob"}, waited(r.Waits[1]))
	lasted(t, 20*time.Second, most, r.Waits[0].To.Sub(r.Waits[0].From).Seconds(), "until bob had it")

	var asked []string
	for _, o := range r.Offers {
		asked = append(asked, o.Queue+" "+o.Agent+" "+string(o.Kind)+" "+string(o.State))
	}
	assert.Equal(t, []string{"sales ana assign expired", "sales bob assign accepted", "sales carla conference accepted", "support carla assign accepted"}, asked)
	var legs []string
	for _, l := range r.Legs {
		legs = append(legs, l.Queue+" "+l.Agent.Name+" "+l.Seat+" "+l.WrapUp+" "+l.ReasonName+" "+l.SubReasonName)
	}
	assert.Equal(t, []string{"sales Bob Marsh owner done Question ", "sales Carla Rossi guest done Question ", "support Carla Rossi owner done Repair Paid for"}, legs)
	require.Len(t, r.Transfers, 1)
	assert.Equal(t, [3]string{"bob", "sales", "support"}, [3]string{r.Transfers[0].By, r.Transfers[0].Queue, r.Transfers[0].ToQueue})
	require.Len(t, r.Conferences, 1)
	assert.Equal(t, [3]string{"bob", "carla", "carla"}, [3]string{r.Conferences[0].By, r.Conferences[0].To, r.Conferences[0].Joined})
	var moves []string
	for _, m := range r.Moves {
		moves = append(moves, m.Event)
	}
	assert.Equal(t, events(done), moves)
	for _, word := range []string{"hola", "Lea", "frena", "conoce", "+34"} {
		assert.NotContains(t, sam.Report("records/"+i.ID).Body, word, "a record holds nothing that was said, and not who said it")
	}
}

// B6: a queue's metrics are what happened in it, by the interval in which it did; and when the hour is over they are kept, and
// are the same for ever.
func TestMetricsCountWhatHappened(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	hour := c.NextHour()
	to := hour.Add(time.Hour)
	sam := c.Agent("sam")
	empty := sam.Metrics("sales", hour, to, "&interval=all")
	require.Len(t, empty.Items, 1)
	assert.Zero(t, empty.Items[0].Entered)
	assert.Nil(t, empty.Items[0].ServiceLevel, "of nothing there is no ratio")

	ana := c.Agent("ana").SignsIn()
	leaCame := c.Suite.Clock.Now()
	i := talks(c, ana, "lea") // answered at once
	leaHad := c.Suite.Clock.Now()
	c.Passes(10*time.Second, ana)
	ana.Ends(i.ID)
	c.Passes(5*time.Second, ana)
	ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "sale", SubReason: "new"})
	leaLeft := c.Suite.Clock.Now()
	c.Customer("max").Writes("hola")
	missed := ana.IsOffered()
	c.Passes(missed.Deadline.Sub(missed.Now), ana)
	ana.Is(desk.AgentRONA)
	c.Passes(20*time.Second, ana)
	bob := c.Agent("bob").SignsIn()
	j := bob.Accepts() // after 40 seconds
	maxHad := c.Suite.Clock.Now()
	bob.Transfers(j.ID, api.TransferWish{Queue: "support", Note: "no frena", Reason: "question"})
	maxLeft := c.Suite.Clock.Now()

	c.Advance(6 * time.Second) // until a new count may be asked for
	got := sam.Metrics("sales", hour, to, "&interval=all")
	assert.Equal(t, api.Ref{ID: "sales", Name: "Sales"}, got.Queue)
	assert.Equal(t, 20.0, got.ServiceLevelWithin)
	m := got.Items[0]
	assert.False(t, m.Complete)
	assert.Equal(t, []int{2, 2, 1, 0, 0}, []int{m.Entered, m.Answered, m.AnsweredWithin, m.Abandoned, m.Left})
	assert.Equal(t, []int{3, 2, 1, 0}, []int{m.Offers, m.Accepted, m.RONA, m.Declined})
	assert.Equal(t, []int{1, 0, 2}, []int{m.TransfersToQueues, m.TransfersToAgents, m.Handled})
	assert.Equal(t, 0.5, *m.ServiceLevel)
	assert.Equal(t, 0.0, *m.AbandonmentRate)
	lasted(t, 40*time.Second, maxHad.Sub(leaLeft), m.LongestWait)
	lasted(t, (0+40)*time.Second/2, (leaHad.Sub(leaCame)+maxHad.Sub(leaLeft))/2, *m.SpeedOfAnswer)
	lasted(t, (10+5+0)*time.Second/2, (leaLeft.Sub(leaCame)+maxLeft.Sub(leaLeft)-40*time.Second)/2, *m.HandleTime)
	assert.Equal(t, api.List[api.ReasonCount]{{Reason: "question", Name: "Question", Count: 1},
		{Reason: "sale", Name: "Sale", SubReason: "new", SubReasonName: "New customer", Count: 1}}, m.Reasons)
	assert.Equal(t, api.List[api.ReasonCount]{{Reason: "ended", Count: 1}}, m.Closes)
	support := sam.Metrics("support", hour, to, "&interval=all").Items[0]
	assert.Equal(t, []int{1, 1}, []int{support.Entered, support.TransfersFromQueues})

	each := sam.Metrics("sales", hour, to, "&interval=all&agents=true").Items
	require.Len(t, each, 2)
	assert.Equal(t, api.Ref{ID: "ana", Name: "Ana García"}, each[0].Agent)
	assert.Equal(t, []int{2, 1, 1, 1}, []int{each[0].Offers, each[0].Accepted, each[0].RONA, each[0].Handled})
	assert.Equal(t, []int{1, 1, 0, 1}, []int{each[1].Offers, each[1].Accepted, each[1].RONA, each[1].Handled})
	assert.Equal(t, each[1:], sam.Metrics("sales", hour, to, "&interval=all&agent=bob").Items)
	assert.Equal(t, each[1:], bob.Metrics("sales", hour, to, "&interval=all&agent=me").Items, "one's own are for everybody")

	id := desk.HourlyID("sales", hour)
	kept, err := c.Store.Reader().Hourlies(c.Context(), []string{id})
	require.NoError(t, err)
	assert.Empty(t, kept, "something may still happen in it")
	c.Advance(to.Add(desk.SettlesIn).Sub(c.Suite.Clock.Now()))
	over := sam.Metrics("sales", hour, to, "&interval=all").Items[0]
	assert.True(t, over.Complete)
	over.Complete = false
	assert.Equal(t, m, over)
	kept, err = c.Store.Reader().Hourlies(c.Context(), []string{id})
	require.NoError(t, err)
	require.Len(t, kept, 1)
	again := sam.Metrics("sales", hour, to, "&interval=all").Items[0]
	again.Complete = false
	assert.Equal(t, m, again, "what is kept is what was counted")

	var sum int
	quarters := sam.Metrics("sales", hour, to, "&interval=15m").Items
	require.Len(t, quarters, 4)
	for _, q := range quarters {
		sum += q.Offers
	}
	assert.Equal(t, 3, sum)
	assert.Equal(t, m.Entered, quarters[0].Entered)
}

// B6: the records behind a number are listed by queue and time, the newest first, page by page.
func TestTheRecordsBehindANumberAreListed(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	hour := c.NextHour()
	ana := c.Agent("ana").SignsIn()
	first := talks(c, ana, "lea")
	second := talks(c, ana, "max")
	sam := c.Agent("sam")
	list := sam.Records("sales", hour, hour.Add(time.Hour), "&limit=1")
	require.Len(t, list.Items, 1)
	assert.Equal(t, second.ID, list.Items[0].Interaction)
	assert.Empty(t, list.Items[0].Moves)
	require.NotEmpty(t, list.Next)
	list = sam.Records("sales", hour, hour.Add(time.Hour), "&limit=1&cursor="+list.Next)
	require.Len(t, list.Items, 1)
	assert.Equal(t, first.ID, list.Items[0].Interaction)
	assert.Empty(t, list.Next)

	assert.Empty(t, sam.Records("support", hour, hour.Add(time.Hour), "").Items)
	assert.Empty(t, sam.Records("sales", hour.Add(-time.Hour), hour, "").Items)
	assert.Empty(t, sam.Records("sales", hour.Add(30*time.Minute), hour.Add(time.Hour), "").Items, "nothing happened in the hour's second half")
	assert.Len(t, sam.Records("sales", hour.Add(-14*time.Hour), hour.Add(16*time.Hour), "").Items, 2, "30 hours are the most")
	c.IsRefusal(sam.Report("records?queue=sales&from="+hour.Add(-15*time.Hour).Format(time.RFC3339)+"&to="+hour.Add(16*time.Hour).Format(time.RFC3339)), 400, "time_too_long")
}

// B6: a conversation over midnight is counted where each part of it happened, by whatever clock one looks.
func TestAConversationOverMidnight(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	now := c.Suite.Clock.Now().UTC()
	midnight := now.Add(time.Minute).Truncate(24 * time.Hour).Add(24 * time.Hour)
	c.Advance(midnight.Add(-20 * time.Second).Sub(now))
	ana := c.Agent("ana").SignsIn()
	came := c.Suite.Clock.Now()
	i := talks(c, ana, "lea")
	stay(c, 25*time.Second, ana)
	ana.Ends(i.ID)
	most := c.Suite.Clock.Now().Sub(came)
	c.Advance(2 * time.Second)
	ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"})

	sam := c.Agent("sam")
	days := sam.Metrics("sales", midnight.Add(-24*time.Hour), midnight.Add(24*time.Hour), "&interval=1d").Items
	require.Len(t, days, 2)
	assert.Equal(t, []int{1, 1, 0}, []int{days[0].Entered, days[0].Answered, days[0].Handled})
	assert.Equal(t, []int{0, 0, 1}, []int{days[1].Entered, days[1].Answered, days[1].Handled})
	lasted(t, 25*time.Second, most, days[1].TalkTime, "a leg counts whole when it is settled")
	assert.Len(t, sam.Records("sales", midnight.Add(-time.Hour), midnight, "").Items, 1)
	assert.Len(t, sam.Records("sales", midnight, midnight.Add(time.Hour), "").Items, 1, "in both hours something happened")

	east := sam.Metrics("sales", midnight.Add(-24*time.Hour), midnight.Add(24*time.Hour), "&interval=1d&zone=Asia/Kolkata").Items
	require.Len(t, east, 3)
	assert.Equal(t, midnight.Add(-330*time.Minute), east[1].From, "there midnight is five and a half hours earlier")
	assert.Equal(t, midnight.Add(1110*time.Minute), east[1].To)
	assert.Equal(t, []int{0, 1, 0}, []int{east[0].Entered, east[1].Entered, east[2].Entered})
	assert.Equal(t, 1, east[1].Handled)
}

// B6: however long a history is, its record begins with the first move, and it is counted where that was.
func TestALongHistoryIsReadFromItsFirstMove(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(`
queues:
  - {id: sales, name: Sales, project: shop, team: support, variables: [{id: order, name: Order, access: editable}],
     reasons: [{id: question, name: Question}]}
`)
	hour := c.NextHour()
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	for n := range 120 {
		if n%20 == 0 {
			stay(c, time.Millisecond, ana) // so many take a while
		}
		value := string(rune('a'+n%26)) + string(rune('a'+n/26))
		_, err := ana.Desktop.SetData(c.Context(), i.ID, api.DataChange{"order": &value})
		require.NoError(t, err)
	}
	sam := c.Agent("sam")
	r := sam.Record(i.ID)
	require.Len(t, r.Moves, 123)
	for n, m := range r.Moves {
		require.Equal(t, int64(n+1), m.Seq)
	}
	require.Len(t, r.Waits, 1)
	assert.Equal(t, "answered", r.Waits[0].End)
	m := sam.Metrics("sales", hour, hour.Add(time.Hour), "").Items[0]
	assert.Equal(t, []int{1, 1, 1, 1}, []int{m.Entered, m.Answered, m.Offers, m.Accepted})
}

// B6: how long an agent was in which state, by what he did.
func TestHowLongAnAgentWasInWhichState(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	hour := c.NextHour()
	c.Advance(10 * time.Second)
	began := c.Suite.Clock.Now()
	ana := c.Agent("ana").SignsIn()
	here := c.Suite.Clock.Now()
	c.Passes(20*time.Second, ana)
	c.Customer("lea").Writes("hola")
	offer := ana.IsOffered()
	idle := c.Suite.Clock.Now()
	_, err := ana.Desktop.Decline(c.Context(), offer.ID)
	require.NoError(t, err)
	busy := c.Suite.Clock.Now().Sub(began)
	c.Passes(30*time.Second, ana)
	away := c.Suite.Clock.Now()
	_, err = ana.Desktop.SignOut(c.Context(), false)
	require.NoError(t, err)
	gone := c.Suite.Clock.Now()
	c.Advance(time.Minute)

	sam := c.Agent("sam")
	got := sam.Times("ana", hour, hour.Add(time.Hour), "&interval=all")
	assert.Equal(t, api.Ref{ID: "ana", Name: "Ana García"}, got.Agent)
	require.Len(t, got.Items, 1)
	m := got.Items[0]
	lasted(t, 20*time.Second, busy, m.Available)
	lasted(t, 30*time.Second, gone.Sub(idle), m.Idle)
	lasted(t, 30*time.Second, gone.Sub(idle), m.IdleReasons["declined"])
	lasted(t, 70*time.Second, here.Sub(hour)+c.Suite.Clock.Now().Sub(away), m.Offline, "before, and since")
	assert.Zero(t, m.RONA)
	before := sam.Times("ana", hour.Add(-time.Hour), hour, "").Items[0]
	assert.Equal(t, 3600.0, before.Offline)
	assert.Equal(t, got.Items[0].Idle, ana.Times("me", hour, hour.Add(time.Hour), "&interval=all").Items[0].Idle, "one's own are for everybody")
	later := sam.Times("ana", hour.Add(time.Hour), hour.Add(2*time.Hour), "").Items[0]
	assert.Zero(t, later.Offline, "nobody knows yet")
}

// B6: whose reports one may see.
func TestReportsAreForThoseWhoseQueuesTheyAre(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(`
agents:
  - {id: tom, name: Tom Vega, email: tom@acme.example, roles: [supervisor], teams: [travel]}
`)
	hour := c.NextHour()
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	span := "&from=" + hour.Format(time.RFC3339) + "&to=" + hour.Add(time.Hour).Format(time.RFC3339)
	tom, bob, ada := c.Agent("tom"), c.Agent("bob"), c.Agent("ada")
	for _, path := range []string{"metrics?queue=sales" + span, "records?queue=sales" + span, "records/" + i.ID} {
		c.IsRefusal(tom.Report(path), 403, "not_your_queue")
		c.IsRefusal(bob.Report(path), 403, "role_missing")
		assert.Equal(t, http.StatusOK, ada.Report(path).Status, path)
	}
	c.IsRefusal(bob.Report("metrics?queue=sales&agent=ana"+span), 403, "role_missing")
	c.IsRefusal(bob.Report("metrics?queue=bookings&agent=me"+span), 403, "not_your_queue")
	c.IsRefusal(ada.Report("metrics?queue=nobody"+span), 404, "queue_missing")
	c.IsRefusal(ada.Report("records/nobodys-id"), 404, "interaction_missing")
	times := "agents/ana?" + span[1:]
	c.IsRefusal(tom.Report(times), 403, "not_your_agent")
	c.IsRefusal(bob.Report(times), 403, "role_missing")
	assert.Equal(t, http.StatusOK, c.Agent("sam").Report(times).Status)
	c.IsRefusal(ada.Report("agents/nobody?"+span[1:]), 404, "agent_missing")
}

// B6: of many who ask for an hour that nobody has counted, one keeps it, and all are told the same.
func TestManyAskForAnHourAtOnce(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	hour := c.NextHour()
	ana := c.Agent("ana").SignsIn()
	talks(c, ana, "lea")
	talks(c, ana, "max")
	c.Advance(hour.Add(time.Hour + desk.SettlesIn).Sub(c.Suite.Clock.Now()))
	sam := c.Agent("sam")
	var asking errgroup.Group
	answers := make([]api.MetricsList, 12)
	for n := range answers {
		asking.Go(func() error {
			answers[n] = sam.Metrics("sales", hour.Add(-24*time.Hour), hour.Add(time.Hour), "&interval=1d&agents=true")
			return nil
		})
	}
	require.NoError(t, asking.Wait())
	for _, a := range answers {
		require.Len(t, a.Items, 1)
		assert.Equal(t, []int{2, 2}, []int{a.Items[0].Offers, a.Items[0].Accepted})
		assert.Equal(t, answers[0].Items, a.Items)
	}
	kept, err := c.Store.Reader().Hourlies(c.Context(), []string{desk.HourlyID("sales", hour), desk.HourlyID("sales", hour.Add(-time.Hour))})
	require.NoError(t, err)
	require.Len(t, kept, 2)
	for _, h := range kept {
		assert.Equal(t, int64(1), h.Version)
	}
	assert.Empty(t, kept[0].Rows, "that nothing happened is worth knowing, too")
}

// B6: a report that is too long is refused.
func TestReportsThatAreTooMuchAtOnce(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	hour := c.NextHour().Add(-48 * time.Hour)
	span := "metrics?queue=sales&agents=true&interval=15m&from=" + hour.Format(time.RFC3339) + "&to=" + hour.Add(time.Hour).Format(time.RFC3339)
	h := desk.Hourly{Head: desk.Head{ID: desk.HourlyID("sales", hour)}, Queue: "sales", Hour: hour}
	for n := range 5001 {
		h.Rows = append(h.Rows, desk.Row{At: hour.Add(time.Duration(n%4) * desk.Quarter), Agent: fmt.Sprint("agent", n/4), Tally: desk.Tally{Offers: 1}})
	}
	require.NoError(t, c.Store.Reader().Save(c.Context(), desk.Change{Save: []desk.Record{&h}}))
	c.IsRefusal(c.Agent("sam").Report(span), 400, "too_many_entries")
}
