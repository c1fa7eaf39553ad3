package tests

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// happened stores conversations of Sales that were answered and over within the hour, one each second, each by an agent of its own.
func happened(c *floor.Floor, hour time.Time, n int, reason string) {
	c.T.Helper()
	var recs []desk.Record
	for k := range n {
		at, agent := hour.Add(time.Duration(k)*time.Second), fmt.Sprintf("agent-%04d", k)
		recs = append(recs, &desk.Interaction{
			Head: desk.Head{ID: fmt.Sprintf("%s-%d", hour.Format("2006-01-02-15"), k)}, State: desk.InteractionClosed, Channel: desk.WhatsApp, Queue: "sales",
			OpenedAt: at, Ledger: []string{desk.LedgerMark("sales", hour)},
			Legs: []desk.Leg{{Agent: agent, Seat: desk.SeatOwner, From: at, To: at, WrapUp: desk.WrapUp{State: desk.WrapUpDone, Reason: "sale", ReasonName: reason, At: at}}},
			History: desk.History{Last: 2, Entries: []desk.Entry{
				{Seq: 1, At: at, Event: desk.EventOpened, Detail: "sales"}, {Seq: 2, At: at, Event: desk.EventAccepted, By: agent}}},
		})
	}
	for some := range slices.Chunk(recs, 100) {
		require.NoError(c.T, c.Store.Reader().Save(c.Context(), desk.Change{Save: some}))
	}
}

// kept are the hours of Sales that were counted and stored.
func kept(c *floor.Floor, from time.Time, hours int) []desk.Hourly {
	c.T.Helper()
	var ids []string
	for n := range hours {
		ids = append(ids, desk.HourlyID("sales", from.Add(time.Duration(n)*time.Hour)))
	}
	list, err := c.Store.Reader().Hourlies(c.Context(), ids)
	require.NoError(c.T, err)
	return list
}

// B6: a report that takes long to count is to be asked for again, and every time more of it is counted and kept, however little
// time there is: busy hours one by one, quiet ones many at once, and in the end the hour that is going on.
func TestALongReportIsCountedPieceByPiece(t *testing.T) {
	t.Parallel()
	c := floor.OpenWith(t, suite.Options{Env: map[string]string{"COUNT_FOR": "1ns"}})
	now := c.NextHour()
	from := now.Add(-200 * time.Hour)
	for n, talks := range map[int]int{1: 80, 2: 80, 3: 80, 150: 1, 196: 2} {
		happened(c, from.Add(time.Duration(n)*time.Hour), talks, "Sale")
	}
	talks(c, c.Agent("ana").SignsIn(), "lea")

	sam := c.Agent("sam")
	path := "metrics?queue=sales&interval=all&from=" + from.Format(time.RFC3339) + "&to=" + now.Add(time.Hour).Format(time.RFC3339)
	counted := []int{0}
	for got := sam.Report(path); got.Status != http.StatusOK; got = sam.Report(path) {
		c.IsRefusal(got, 503, "still_counting")
		counted = append(counted, len(kept(c, from, 200)))
		require.IsIncreasing(t, counted, "every call counts something")
	}
	assert.Equal(t, []int{0, 1 + 3*30}, counted[:2], "four groups of thirty hours are begun, and the busy one is not ended")
	for n, h := range kept(c, from, 200) {
		require.Equal(t, from.Add(time.Duration(n)*time.Hour), h.Hour, "each is kept, the empty ones as well")
	}
	m := sam.Metrics("sales", from, now.Add(time.Hour), "&interval=all").Items[0]
	assert.Equal(t, []int{244, 244, 243}, []int{m.Entered, m.Answered, m.Handled}, "each conversation once, and the one that goes on")
}

// B6: an hour in which very many agents had very much to do takes more than one record, and is whole all the same.
func TestAnHourOfVeryManyAgents(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	hour := c.NextHour().Add(-48 * time.Hour)
	happened(c, hour, 350, strings.Repeat("long ", 7000))
	sam := c.Agent("sam")
	first := sam.Metrics("sales", hour, hour.Add(time.Hour), "&interval=all&agents=true").Items
	require.Len(t, first, 350)
	for n, m := range first {
		require.Equal(t, api.Ref{ID: fmt.Sprintf("agent-%04d", n), Name: fmt.Sprintf("agent-%04d", n)}, m.Agent)
		require.Equal(t, []int{1, 1}, []int{m.Answered, m.Handled})
	}
	stored := kept(c, hour, 1)
	require.Len(t, stored, 1)
	assert.Equal(t, 12, stored[0].Parts, "12 MB are thirteen records, and more than fits into one commit")
	assert.Equal(t, 1+350, len(stored[0].Rows), "what is nobody's, and each agent's")
	assert.Equal(t, first, sam.Metrics("sales", hour, hour.Add(time.Hour), "&interval=all&agents=true").Items)
	assert.Equal(t, 350, sam.Metrics("sales", hour, hour.Add(time.Hour), "&interval=all").Items[0].Entered)
}

// B6: the same numbers as a table for spreadsheets, in which no agent's name is a formula.
func TestMetricsAsATable(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(`agents: [{id: eva, name: '=HYPERLINK("https://evil.example")', email: eva@acme.example, roles: [agent], teams: [support]}]`)
	hour := c.NextHour()
	eva := c.Agent("eva").SignsIn()
	i := talks(c, eva, "lea")
	eva.Ends(i.ID)
	eva.WrapsUp(i.ID, api.WrapUpChoice{Reason: "sale", SubReason: "new"})
	sam := c.Agent("sam")
	span := "queue=sales&interval=all&from=" + hour.Format(time.RFC3339) + "&to=" + hour.Add(time.Hour).Format(time.RFC3339)
	got := sam.Report("metrics.csv?agents=true&" + span)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	assert.Equal(t, "text/csv; charset=utf-8; header=present", got.Header.Get("Content-Type"))
	lines, err := csv.NewReader(strings.NewReader(got.Body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 2)
	cells := map[string]string{}
	for n, name := range lines[0] {
		cells[name] = lines[1][n]
	}
	assert.Equal(t, `'=HYPERLINK("https://evil.example")`, cells["agentName"])
	assert.Equal(t, []string{hour.Format(time.RFC3339), "false", "eva", "1", "1", "", "1"},
		[]string{cells["from"], cells["complete"], cells["agent"], cells["answered"], cells["handled"], cells["firstResponse"], cells["reasons.sale.new"]})

	whole := sam.Report("metrics.csv?" + span)
	assert.Contains(t, whole.Body, ",closes.ended,reasons.sale.new\r\n")
	c.IsRefusal(c.Agent("bob").Report("metrics.csv?"+span), 403, "role_missing")
	c.IsRefusal(sam.Report("metrics.csv?"+strings.Replace(span, ":00:00", ":00:01", 1)), 400, "time_not_on_quarter")
	assert.Equal(t, http.StatusOK, eva.Report("metrics.csv?agent=me&"+span).Status)
}
