package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

// shop is open in Madrid on weekdays from nine to two and from four to eight, on Saturdays until midnight, on the 24th of December
// until one; on Christmas Day it is closed. All times in these tests are UTC.
func shopHours() Hours {
	week := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	return Hours{Zone: "Europe/Madrid",
		Week: []Opening{{Days: week, Span: Span{9 * 60, 14 * 60}}, {Days: week, Span: Span{16 * 60, 20 * 60}},
			{Days: []time.Weekday{time.Saturday}, Span: Span{10 * 60, 24 * 60}}},
		Holidays: []Holiday{{Date: "2026-12-25"}, {Date: "2026-12-24", Open: []Span{{9 * 60, 13 * 60}}}}}
}

func TestOpenByTheClockOnTheWall(t *testing.T) {
	for _, tt := range []struct {
		at   string
		want bool
	}{
		{"2026-03-02T07:59:59Z", false}, {"2026-03-02T08:00:00Z", true}, // a Monday in winter: an hour ahead of UTC
		{"2026-03-02T12:59:59Z", true}, {"2026-03-02T13:00:00Z", false}, // the end is not open any more
		{"2026-03-02T15:00:00Z", true}, {"2026-03-02T19:00:00Z", false},
		{"2026-03-30T06:59:59Z", false}, {"2026-03-30T07:00:00Z", true}, // the Monday after the clocks went forward
		{"2026-10-23T07:00:00Z", true}, {"2026-10-26T07:00:00Z", false}, {"2026-10-26T08:00:00Z", true}, // before and after they went back
		{"2026-03-07T22:59:59Z", true}, {"2026-03-07T23:00:00Z", false}, // Saturday to midnight there, which is not midnight here
		{"2026-03-08T11:00:00Z", false}, // Sunday
		{"2026-12-24T11:59:59Z", true}, {"2026-12-24T12:00:00Z", false}, {"2026-12-24T16:00:00Z", false},
		{"2026-12-25T10:00:00Z", false}, {"2026-12-28T10:00:00Z", true},
	} {
		at, err := time.Parse(time.RFC3339, tt.at)
		require.NoError(t, err)
		assert.Equal(t, tt.want, Queue{Hours: shopHours()}.Open(at), tt.at)
		assert.False(t, Queue{Hours: shopHours(), Closed: Closure{At: nine}}.Open(at), "somebody has closed it")
	}
}

// The hour that there is twice when the clocks go back is open twice, and what is in the hour that there is not is not open.
func TestOpenWhileTheClocksChange(t *testing.T) {
	q := Queue{Hours: Hours{Zone: "Europe/Madrid", Week: []Opening{{Days: []time.Weekday{time.Sunday}, Span: Span{2*60 + 15, 2*60 + 45}}}}}
	open := func(day time.Time) (minutes int) {
		for m := range 24 * 60 {
			if q.Open(day.Add(time.Duration(m) * time.Minute)) {
				minutes++
			}
		}
		return minutes
	}
	assert.Equal(t, 60, open(time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC)))
	assert.Equal(t, 0, open(time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)))
	assert.Equal(t, 30, open(time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC)))
}

func TestAQueueWithoutHoursIsOpen(t *testing.T) {
	assert.True(t, Queue{}.Open(nine))
	assert.True(t, Queue{Hours: Hours{Zone: "Nowhere/AtAll"}}.Open(nine), "a time zone that was there when it was configured")
	assert.False(t, Queue{Hours: Hours{Zone: "UTC"}}.Open(nine))
	assert.True(t, KnownZone("America/Argentina/Buenos_Aires"))
	assert.False(t, KnownZone("Local") || KnownZone("") || KnownZone("../etc/passwd"))
}

func TestClosingAQueue(t *testing.T) {
	ten, eleven := after(time.Hour), after(2*time.Hour)
	c := Centre{Head: stored(CentreID, 3), History: History{Last: 3}}
	boss := Agent{Head: stored("sam", 1), Name: "Sam", Roles: []string{RoleSupervisor}, Teams: []string{"floor"}}
	ch, err := CloseQueue(c, experts(), boss, ten)
	require.NoError(t, err)
	assert.Equal(t, Closure{At: ten, By: "sam", ByName: "Sam"}, ch.Queue.Closed)
	assert.False(t, ch.Queue.Open(ten))
	require.Len(t, ch.Save, 2)
	assert.Equal(t, []Entry{{Seq: 4, At: ten, Event: EventQueueClosed, By: "sam", Detail: "sales"}}, ch.Save[1].(*Centre).History.Entries)
	var tokens []string
	for _, h := range ch.Hints {
		assert.Equal(t, "sales", h.Queue, "what is known of it is old")
		tokens = append(tokens, h.Token)
	}
	assert.Equal(t, []string{"sales|messenger|expert", "sales|messenger|junior", "sales|messenger|any",
		"sales|whatsapp|expert", "sales|whatsapp|junior", "sales|whatsapp|any"}, tokens)

	again, err := CloseQueue(c, *ch.Queue, boss, eleven)
	require.NoError(t, err)
	assert.Empty(t, again.Save)
	assert.Equal(t, ch.Hints, again.Hints)
	opened, err := OpenQueue(c, *ch.Queue, boss, eleven)
	require.NoError(t, err)
	assert.Equal(t, Closure{}, opened.Queue.Closed)

	other := boss
	other.Teams = []string{"another"}
	_, err = CloseQueue(c, experts(), other, ten)
	assert.Equal(t, "not_your_queue", fault.Of(err).Code)
	_, err = OpenQueue(c, closedSales(), boss, ten)
	assert.Equal(t, "queue_missing", fault.Of(err).Code)
	_, err = OpenQueue(c, Queue{Head: Head{ID: "none"}}, boss, ten)
	assert.Equal(t, "queue_missing", fault.Of(err).Code)
}

// What is configured does not open a queue that somebody has closed; that one comes back that was deleted does.
func TestAClosedQueueStaysClosedWhenItIsConfigured(t *testing.T) {
	ten := after(time.Hour)
	shut := shutSales("")
	file := Setup{Queues: []Queue{experts()}}
	in := Import(Centre{Head: stored(CentreID, 1)}, Setup{Queues: []Queue{shut}}, file, "ada", ten)
	assert.Equal(t, shut.Closed, in.Save[0].(*Queue).Closed)
	gone := shut
	gone.DeletedAt = nine
	in = Import(Centre{Head: stored(CentreID, 1)}, Setup{Queues: []Queue{gone}}, file, "ada", ten)
	assert.Equal(t, Closure{}, in.Save[0].(*Queue).Closed)
}

func TestAnOverflowGoesToTheSuccessorUnlessThatLeadsBack(t *testing.T) {
	ten := after(time.Hour)
	a := Queue{Head: stored("a", 1), Overflow: "b", MaxWait: time.Minute, WhenClosed: WhenClosedOverflow}
	b, c := Queue{Head: stored("b", 1)}, Queue{Head: stored("c", 1)}
	removed := func(successor string, all ...Queue) Queue {
		r, err := Remove(Centre{Head: stored(CentreID, 1)}, Setup{Queues: all}, Removal{Kind: KindQueue, ID: "b", Successor: successor}, nil, "ada", ten)
		require.NoError(t, err)
		return *r.Save[0].(*Queue)
	}
	assert.Equal(t, "c", removed("c", a, b, c).Overflow)
	got := removed("a", a, b, c)
	assert.Equal(t, []any{"", time.Duration(0), WhenClosed("")}, []any{got.Overflow, got.MaxWait, got.WhenClosed})
	c.Overflow = "a"
	assert.Equal(t, "", removed("c", a, b, c).Overflow)
	_, err := Remove(Centre{Head: stored(CentreID, 1)}, Setup{Queues: []Queue{a, b}}, Removal{Kind: KindQueue, ID: "b"}, nil, "ada", ten)
	assert.Equal(t, "in_use", fault.Of(err).Code)
}

func TestSkillsAndChannelsOfAnAgent(t *testing.T) {
	ten, eleven := after(time.Hour), after(2*time.Hour)
	teams := served([]Queue{experts()})
	a := Agent{Head: stored("bob", 1), Teams: []string{"floor"}, Capacity: 3, State: AgentAvailable, Skills: []Skill{{"repair", 7}}}
	a = a.assigned(teams)
	assert.Equal(t, []string{"sales|messenger|any", "sales|messenger|junior", "sales|whatsapp|any", "sales|whatsapp|junior"}, a.Serves)
	a.Skills = []Skill{{"repair", 8}}
	assert.Len(t, a.assigned(teams).Serves, 6, "just good enough")
	a.Skills = []Skill{{"paint", 10}}
	assert.Len(t, a.assigned(teams).Serves, 2)

	a = a.assigned(teams)
	a.Capacities = []ChannelCapacity{{WhatsApp, 1}}
	full := a.sits(queued()).Settle()
	assert.Equal(t, []string{"sales|messenger|any"}, full.Takes)
	assert.Equal(t, 2, full.Load)
	assert.Equal(t, full, full.sits(queued()), "a seat counts once")
	assert.True(t, full.Free() && !full.roomOn(WhatsApp) && full.roomOn(Messenger))
	assert.Equal(t, []Hint{{Event: HintAgentFreed, Agent: "bob", Takes: "sales|messenger|any/sales|whatsapp|any"}}, gained(full, full.leaves("talk").Settle()),
		"he had room, and has more")
	assert.Empty(t, gained(a.Settle(), a.Settle()))
	full.Capacities[0].Most = 0
	assert.True(t, full.overfull())
	_, err := MakeOffer(Offer{Head: Head{ID: "o"}, Deadline: eleven}, Pair{Agent: a.sits(queued()), Interaction: waitsFor(queued(), "bob")}, ten)
	assert.Equal(t, "agent_busy", fault.Of(err).Code, "not even for who waits for him alone")
}

func waitsFor(i Interaction, agent string) Interaction {
	i.ID, i.Wants, i.Awaits = "other", AgentToken(agent), Awaited{Agent: agent, Why: WhyExclusive, Since: nine}
	return i
}
