package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

func date(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func TestPeriods(t *testing.T) {
	for _, c := range []struct {
		name, from, to, zone string
		every                Interval
		want                 []string // where each begins, and where the last ends
	}{
		{"quarters", "2026-03-02T09:15:00Z", "2026-03-02T10:00:00Z", "UTC", IntervalQuarter,
			[]string{"2026-03-02T09:15:00Z", "2026-03-02T09:30:00Z", "2026-03-02T09:45:00Z", "2026-03-02T10:00:00Z"}},
		{"hours, of which the ends are cut", "2026-03-02T09:15:00Z", "2026-03-02T11:30:00Z", "UTC", IntervalHour,
			[]string{"2026-03-02T09:15:00Z", "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z", "2026-03-02T11:30:00Z"}},
		{"hours that begin on the half", "2026-03-02T09:00:00Z", "2026-03-02T11:00:00Z", "Asia/Kolkata", IntervalHour,
			[]string{"2026-03-02T09:00:00Z", "2026-03-02T09:30:00Z", "2026-03-02T10:30:00Z", "2026-03-02T11:00:00Z"}},
		{"hours that begin on a quarter", "2026-03-02T09:00:00Z", "2026-03-02T10:30:00Z", "Asia/Kathmandu", IntervalHour,
			[]string{"2026-03-02T09:00:00Z", "2026-03-02T09:15:00Z", "2026-03-02T10:15:00Z", "2026-03-02T10:30:00Z"}},
		{"days", "2026-03-01T23:00:00Z", "2026-03-03T23:00:00Z", "Europe/Madrid", IntervalDay,
			[]string{"2026-03-01T23:00:00Z", "2026-03-02T23:00:00Z", "2026-03-03T23:00:00Z"}},
		{"a day of 23 hours", "2026-03-28T23:00:00Z", "2026-03-30T22:00:00Z", "Europe/Madrid", IntervalDay,
			[]string{"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z"}},
		{"a day of 25 hours", "2026-10-24T22:00:00Z", "2026-10-26T23:00:00Z", "Europe/Madrid", IntervalDay,
			[]string{"2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z"}},
		{"a midnight the clocks skip", "2026-03-27T22:00:00Z", "2026-03-29T21:00:00Z", "Asia/Beirut", IntervalDay,
			[]string{"2026-03-27T22:00:00Z", "2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z"}},
		{"all of it", "2026-03-02T09:15:00Z", "2026-04-02T09:15:00Z", "UTC", IntervalAll, []string{"2026-03-02T09:15:00Z", "2026-04-02T09:15:00Z"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Periods(date(c.from), date(c.to), c.every, c.zone)
			require.NoError(t, err)
			var want []Period
			for n := range len(c.want) - 1 {
				want = append(want, Period{date(c.want[n]), date(c.want[n+1])})
			}
			assert.Equal(t, want, got)
		})
	}
}

func TestPeriodsThatCannotBe(t *testing.T) {
	for _, c := range []struct{ name, from, to, zone, code string }{
		{"not on a quarter", "2026-03-02T09:10:00Z", "2026-03-02T10:00:00Z", "UTC", "time_not_on_quarter"},
		{"nor the end", "2026-03-02T09:00:00Z", "2026-03-02T10:00:01Z", "UTC", "time_not_on_quarter"},
		{"empty", "2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z", "UTC", "time_empty"},
		{"backwards", "2026-03-02T09:00:00Z", "2026-03-02T08:00:00Z", "UTC", "time_empty"},
		{"a quarter too long", "2026-03-02T09:00:00Z", "2026-04-02T10:15:00Z", "UTC", "time_too_long"},
		{"nowhere", "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", "Mars/Olympus", "zone_unknown"},
		{"no zone", "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", "", "zone_unknown"},
	} {
		_, err := Periods(date(c.from), date(c.to), IntervalHour, c.zone)
		assert.True(t, fault.HasCode(err, c.code) && fault.Is(err, fault.Invalid), "%s: %v", c.name, err)
	}
	_, err := Periods(date("2026-03-02T09:00:00Z"), date("2026-04-02T10:00:00Z"), IntervalHour, "UTC")
	assert.NoError(t, err, "a month in which the clocks were put back")
}

func TestHoursOf(t *testing.T) {
	assert.Equal(t, []time.Time{nine}, HoursOf(after(15*time.Minute), after(30*time.Minute)))
	assert.Equal(t, []time.Time{nine, after(time.Hour)}, HoursOf(after(45*time.Minute), after(2*time.Hour)))
	assert.Empty(t, HoursOf(nine, nine))
}

func TestSummed(t *testing.T) {
	row := func(minute int, agent string, n int) Row {
		return Row{At: after(time.Duration(minute) * time.Minute), Agent: agent, Tally: Tally{Offers: n}}
	}
	hours := []Hourly{
		{Hour: nine, Rows: []Row{row(0, "", 1), row(15, "bea", 2), row(30, "ana", 4), row(45, "ana", 8)}},
		{Hour: after(time.Hour), Rows: []Row{row(60, "ana", 16), row(60, "bea", 32)}},
	}
	periods := []Period{{after(15 * time.Minute), after(time.Hour)}, {after(time.Hour), after(75 * time.Minute)}, {after(75 * time.Minute), after(2 * time.Hour)}}
	assert.Equal(t, []Sum{
		{Period: periods[0], Tally: Tally{Offers: 14}}, {Period: periods[1], Tally: Tally{Offers: 48}}, {Period: periods[2]},
	}, Summed(hours, periods, false))
	assert.Equal(t, []Sum{
		{Period: periods[0], Agent: "ana", Tally: Tally{Offers: 12}}, {Period: periods[0], Agent: "bea", Tally: Tally{Offers: 2}},
		{Period: periods[1], Agent: "ana", Tally: Tally{Offers: 16}}, {Period: periods[1], Agent: "bea", Tally: Tally{Offers: 32}},
	}, Summed(hours, periods, true))
	assert.Empty(t, Summed(hours, nil, false))
}

func TestSpellsOf(t *testing.T) {
	got := SpellsOf(tale(
		happens(0, EventDeskChanged, "ana", ""), happens(1, EventSignedIn, "ana", "idle"), happens(5, EventAvailable, "ana", ""),
		happens(8, EventDeskChanged, "ana", ""), happens(9, EventIdle, "ana", IdleDeclined), happens(12, EventAvailable, "ana", ""),
		happens(32, EventRONA, "ana", "o1"), happens(40, EventLeaseLost, "ana", ""), happens(50, EventSignedIn, "ana", "rona"),
		happens(60, EventIdle, "ana", ""), happens(70, EventSignedOut, "ana", ""), happens(80, EventSignedIn, "ana", "available")))
	assert.Equal(t, []Spell{
		{AgentIdle, IdleSignedIn, sec(1), sec(5)}, {AgentAvailable, "", sec(5), sec(9)}, {AgentIdle, IdleDeclined, sec(9), sec(12)},
		{AgentAvailable, "", sec(12), sec(32)}, {AgentRONA, "", sec(32), sec(40)}, {AgentOffline, "", sec(40), sec(50)},
		{AgentRONA, "", sec(50), sec(60)}, {AgentIdle, "", sec(60), sec(70)}, {AgentOffline, "", sec(70), sec(80)},
		{AgentAvailable, "", sec(80), time.Time{}},
	}, got)
	assert.Empty(t, SpellsOf(nil))
}

func TestSpellWithin(t *testing.T) {
	s := Spell{AgentIdle, "", sec(10), sec(20)}
	for _, c := range []struct{ from, to, want int }{
		{0, 10, 0}, {0, 11, 1}, {0, 30, 10}, {10, 20, 10}, {12, 15, 3}, {19, 30, 1}, {20, 30, 0}, {30, 40, 0},
	} {
		assert.Equal(t, time.Duration(c.want)*time.Second, s.Within(sec(c.from), sec(c.to), sec(99)), "from %d to %d", c.from, c.to)
	}
	s.To = time.Time{}
	assert.Equal(t, 5*time.Second, s.Within(sec(0), sec(99), sec(15)), "until now")
	assert.Zero(t, s.Within(sec(0), sec(99), sec(9)))
}
