package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// busy is an account in which nearly everything happened: Lea waited for half a minute, was transferred, and handed back.
func busy() Account {
	return Account{
		Started:   Started{"sales", "eva", sec(1)},
		Responded: Responded{"sales", "bea", sec(40), 40 * time.Second},
		Waits: []Wait{
			{Queue: "sales", Cause: WaitOpened, First: true, From: nine, To: sec(30), End: WaitAnswered, Agent: "bea"},
			{Queue: "support", Cause: WaitTransferred, First: true, From: sec(90), To: sec(91), End: WaitAnswered, Agent: "eva", Lost: "bea"},
			{Queue: "support", Cause: WaitHandedBack, From: sec(200), To: sec(210), End: WaitAbandoned, Lost: "eva"},
		},
		Asked: []Asked{
			{"sales", "ana", OfferAssign, WhyLongestAvailable, sec(1), sec(21), OfferExpired},
			{"sales", "bea", OfferAssign, WhyLongestAvailable, sec(21), sec(30), OfferAccepted},
			{"support", "eva", OfferTransfer, WhyTransfer, sec(90), sec(91), OfferAccepted},
			{"support", "ana", OfferAssign, WhyLongestAvailable, sec(200), time.Time{}, OfferPending},
		},
		Legs: []Leg{
			{Agent: "bea", Seat: SeatOwner, Queue: "sales", From: sec(30), To: sec(90), WrapUp: WrapUp{State: WrapUpDone, Reason: "sold", ReasonName: "Sold", SubReason: "new", SubReasonName: "New", At: sec(100)}},
			{Agent: "eva", Seat: SeatOwner, Queue: "support", From: sec(91), To: sec(200), WrapUp: WrapUp{State: WrapUpSkipped}},
			{Agent: "ana", Seat: SeatGuest, Queue: "support", From: sec(95), To: sec(99), WrapUp: WrapUp{State: WrapUpOwed}},
			{Agent: "ana", Seat: SeatGuest, Queue: "support", From: sec(99)},
		},
		Transfers: []Handing{{Queue: "sales", By: "bea", ToQueue: "support", At: sec(90)}},
		Invited:   []Inviting{{Queue: "support", By: "eva", To: "ana", At: sec(94), Joined: "ana", Came: sec(95)}, {Queue: "support", By: "eva", To: "sales", At: sec(150)}},
		Reopened:  []Reopened{{"support", "eva", sec(400), "next"}},
		Closed:    Closing{"support", sec(210), ClosedAbandoned},
	}
}

func TestCountHour(t *testing.T) {
	sales := CountHour("sales", nine)
	sales.Add(busy())
	assert.Equal(t, Hourly{Head: Head{ID: "sales|2026-03-02T09"}, Queue: "sales", Hour: nine, Rows: []Row{
		{At: nine, Tally: Tally{Entered: 1}},
		{At: nine, Agent: "ana", Tally: Tally{Offers: 1, RONA: 1}},
		{At: nine, Agent: "bea", Tally: Tally{Answered: 1, AnsweredAfter: 30 * time.Second, AnsweredIn: []int{0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, LongestWait: 30 * time.Second,
			Responded: 1, RespondedAfter: 40 * time.Second, Offers: 1, Accepted: 1, ToQueues: 1, Handled: 1, Talk: time.Minute, WrapUp: 10 * time.Second,
			Reasons: []Count{{Reason: "sold", Name: "Sold", Sub: "new", SubName: "New", N: 1}}}},
		{At: nine, Agent: "eva", Tally: Tally{Started: 1}},
	}}, sales.Hourly())

	support := CountHour("support", after(59*time.Minute))
	support.Add(busy())
	assert.Equal(t, Hourly{Head: Head{ID: "support|2026-03-02T09"}, Queue: "support", Hour: nine, Rows: []Row{
		{At: nine, Tally: Tally{Entered: 1, FromQueues: 1, Again: 1, Abandoned: 1, AbandonedAgain: 1, Closes: []Count{{Reason: "abandoned", N: 1}}}},
		{At: nine, Agent: "ana", Tally: Tally{Offers: 1, Conferences: 1}},
		{At: nine, Agent: "eva", Tally: Tally{Answered: 1, AnsweredAfter: time.Second, AnsweredIn: []int{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, LongestWait: time.Second,
			Offers: 1, Accepted: 1, FromAgents: 1, Invited: 2, Lost: 1, Handled: 1, Talk: 109 * time.Second, Reopened: 1}},
	}}, support.Hourly())

	other := CountHour("sales", nine.Add(-time.Hour))
	other.Add(busy())
	assert.Empty(t, other.Hourly().Rows, "what happens belongs to its hour")
}

// What happens at the border of two quarters, or of two hours, belongs to the later.
func TestBordersBelongToWhatBegins(t *testing.T) {
	a := Account{Waits: []Wait{{Queue: "sales", Cause: WaitOpened, First: true, From: after(15*time.Minute - tick), To: after(15 * time.Minute), End: WaitAbandoned},
		{Queue: "sales", Cause: WaitOpened, First: true, From: after(time.Hour - tick), To: after(time.Hour), End: WaitClosed}}}
	first, second := CountHour("sales", nine), CountHour("sales", after(time.Hour))
	first.Add(a)
	second.Add(a)
	in := []int{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	assert.Equal(t, []Row{
		{At: nine, Tally: Tally{Entered: 1}},
		{At: after(15 * time.Minute), Tally: Tally{Abandoned: 1, AbandonedIn: in, LongestWait: tick}},
		{At: after(45 * time.Minute), Tally: Tally{Entered: 1}},
	}, first.Hourly().Rows)
	assert.Equal(t, []Row{{At: after(time.Hour), Tally: Tally{Left: 1}}}, second.Hourly().Rows)
}

// An hour with very many agents is cut into records that fit, and nothing of it is lost or doubled.
func TestCut(t *testing.T) {
	h := Hourly{Head: Head{ID: "sales|2026-03-02T09"}, Queue: "sales", Hour: nine}
	size := func(h Hourly) int { // a row is as long as its agent's name, and nothing else counts
		n := 0
		for _, r := range h.Rows {
			n += len(r.Agent)
		}
		return n
	}
	assert.Equal(t, []Hourly{h}, h.Cut(10, size), "an hour in which nothing happened")
	for _, agent := range []string{"aaaaa", "bbbbb", "ccccc", "dddddddddd", "eeeeeeeeeee", "f"} {
		h.Rows = append(h.Rows, Row{At: nine, Agent: agent})
	}
	parts := h.Cut(10, size)
	var cut [][]string
	for n, p := range parts {
		assert.Equal(t, []any{"sales", nine}, []any{p.Queue, p.Hour}, n)
		var agents []string
		for _, r := range p.Rows {
			agents = append(agents, r.Agent)
		}
		cut = append(cut, append([]string{p.ID}, agents...))
	}
	assert.Equal(t, [][]string{
		{"sales|2026-03-02T09", "aaaaa", "bbbbb"}, {"sales|2026-03-02T09|1", "ccccc"}, {"sales|2026-03-02T09|2", "dddddddddd"},
		{"sales|2026-03-02T09|3", "eeeeeeeeeee"}, {"sales|2026-03-02T09|4", "f"}}, cut, "one that is too long by itself stands alone")
	assert.Equal(t, []int{4, 0, 0, 0, 0}, []int{parts[0].Parts, parts[1].Parts, parts[2].Parts, parts[3].Parts, parts[4].Parts})
	for n, p := range parts[1:] {
		assert.Equal(t, p.ID, parts[0].Part(n+1).ID)
	}
	assert.Len(t, h.Rows, 6)
	assert.Zero(t, h.Parts, "what is cut stays as it is")
}

func TestHourOver(t *testing.T) {
	assert.False(t, HourOver(nine, after(65*time.Minute-tick)))
	assert.True(t, HourOver(nine, after(65*time.Minute)))
	p := Period{nine, after(15 * time.Minute)}
	assert.False(t, p.Complete(after(20*time.Minute-tick)))
	assert.True(t, p.Complete(after(20*time.Minute)))
}

func TestPlus(t *testing.T) {
	a := Tally{Entered: 1, AnsweredAfter: time.Second, LongestWait: 9 * time.Second, AnsweredIn: []int{1, 2}, Closes: []Count{{Reason: "ended", N: 1}}, Reasons: []Count{{Reason: "sold", Sub: "new", N: 2}}}
	b := Tally{Entered: 2, AnsweredAfter: time.Minute, LongestWait: 3 * time.Second, AnsweredIn: []int{1, 1, 1}, Talk: time.Hour, WrapUp: time.Minute,
		Closes: []Count{{Reason: "abandoned", N: 4}, {Reason: "ended", N: 5}}, Reasons: []Count{{Reason: "sold", Sub: "more", N: 1}}}
	was := copied(a)
	want := Tally{Entered: 3, AnsweredAfter: 61 * time.Second, LongestWait: 9 * time.Second, AnsweredIn: []int{2, 3, 1}, Talk: time.Hour, WrapUp: time.Minute,
		Closes: []Count{{Reason: "abandoned", N: 4}, {Reason: "ended", N: 6}}, Reasons: []Count{{Reason: "sold", Sub: "more", N: 1}, {Reason: "sold", Sub: "new", N: 2}}}
	assert.Equal(t, want, a.Plus(b))
	assert.Equal(t, want, b.Plus(a))
	assert.Equal(t, was, a)
}

// every field of a tally is added up.
func TestPlusForgetsNothing(t *testing.T) {
	var one Tally
	fillTally(t, &one)
	for what, n := range flat(one.Plus(one)) {
		assert.Equal(t, 2*flat(one)[what], n, what)
	}
	assert.Equal(t, one.LongestWait, one.Plus(one).LongestWait)
	assert.Equal(t, one, one.Plus(Tally{}))
}

func TestFormulas(t *testing.T) {
	var none Tally
	for _, f := range []func() (float64, bool){none.AbandonmentRate, none.AcceptanceRate, func() (float64, bool) { return none.ServiceLevel(DefaultServiceLevel) }} {
		x, ok := f()
		assert.False(t, ok)
		assert.Zero(t, x)
	}
	for _, f := range []func() (time.Duration, bool){none.SpeedOfAnswer, none.FirstResponse, none.HandleTime} {
		_, ok := f()
		assert.False(t, ok)
	}

	in := func(waits ...time.Duration) (sum []int) {
		for _, w := range waits {
			sum = summed(sum, waitedIn(w))
		}
		return sum
	}
	v := Tally{
		Answered: 4, AnsweredAfter: 100 * time.Second, AnsweredIn: in(5*time.Second, 20*time.Second, 20*time.Second+tick, 2*time.Hour),
		Abandoned: 4, AbandonedAgain: 1, AbandonedIn: in(5*time.Second, 10*time.Second, time.Minute),
		Accepted: 3, Declined: 1, RONA: 2, Responded: 3, RespondedAfter: 2 * time.Minute, Handled: 4, Talk: 10 * time.Minute, WrapUp: 2 * time.Minute,
	}
	assert.Equal(t, 2, v.AnsweredWithin(20*time.Second), "the limit itself is within")
	assert.Equal(t, 3, v.AnsweredWithin(time.Hour), "longer than the longest step is within none")
	assert.Equal(t, 1, v.AbandonedWithin(ShortAbandon))
	level, ok := v.ServiceLevel(20 * time.Second)
	require.True(t, ok)
	assert.Equal(t, 2/5.0, level, "two of four answered and one who waited for longer; who left sooner counts for neither")
	rate, _ := v.AbandonmentRate()
	assert.Equal(t, 3/7.0, rate)
	accepts, _ := v.AcceptanceRate()
	assert.Equal(t, 0.5, accepts)
	asa, _ := v.SpeedOfAnswer()
	assert.Equal(t, 25*time.Second, asa)
	frt, _ := v.FirstResponse()
	assert.Equal(t, 40*time.Second, frt)
	aht, _ := v.HandleTime()
	assert.Equal(t, 3*time.Minute, aht)

	assert.Equal(t, 20*time.Second, Queue{}.AnswersWithin())
	assert.Equal(t, time.Minute, Queue{ServiceLevel: time.Minute}.AnswersWithin())
	assert.True(t, IsWaitStep(DefaultServiceLevel) && IsWaitStep(ShortAbandon))
	assert.False(t, IsWaitStep(21*time.Second))
	assert.IsIncreasing(t, WaitSteps())
}
