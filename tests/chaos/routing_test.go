package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/deskline/deskline/shared/desk"
)

// Offers from closed queues and to who has not the skills, and moves before their time, are found.
func TestViolationsOfRoutingAreFound(t *testing.T) {
	at := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	day := func(moves ...desk.Entry) *records {
		i := desk.Interaction{Head: desk.Head{ID: "i"}, Queue: "sales"}
		i.History.Entries = append([]desk.Entry{{Seq: 1, At: at, Event: desk.EventOpened, Detail: "sales"}}, moves...)
		return &records{gaps: []shift{{at.Add(time.Minute), at.Add(3 * time.Minute)}}, interactions: map[string]desk.Interaction{"i": i},
			agents: map[string]desk.Agent{"a01": {Skills: []desk.Skill{{ID: "repairs", Level: 5}}}}, offers: map[string]desk.Offer{}}
	}
	found := func(r *records) (list []string) {
		for _, v := range r.routed() {
			list = append(list, v.What)
		}
		return list
	}
	offered := func(after time.Duration) *records {
		r := day()
		r.offers["o"] = desk.Offer{Kind: desk.OfferAssign, Agent: "a01", Queue: "sales", Interaction: "i", OfferedAt: at.Add(after)}
		return r
	}
	assert.Empty(t, found(offered(time.Minute+offersLate-1)))
	assert.Equal(t, []string{"it was offered to a01 at 09:01:45.000, and sales had been closed for 45s"}, found(offered(time.Minute+offersLate)))
	assert.Empty(t, found(offered(3*time.Minute)))
	asks := func(profile string, priority int) *records {
		return day(desk.Entry{Seq: 2, At: at, Event: desk.EventOffered, By: "a01", Grounds: desk.Grounds{Profile: profile, Priority: priority}})
	}
	assert.Empty(t, found(asks("skilled", urgent)))
	assert.Equal(t, []string{"it was offered to a01, whose repairs are 5, and asked for expert"}, found(asks("expert", 0)))
	assert.Equal(t, []string{"it was offered to a01 at priority 3, and had [0 5]"}, found(asks("any", 3)))
	relaxes := func(after time.Duration) *records {
		return day(desk.Entry{Seq: 2, At: at.Add(after), Event: desk.EventRelaxed, Detail: "expert skilled"})
	}
	assert.Empty(t, found(relaxes(13*time.Second)))
	assert.Equal(t, []string{"its history says relaxed expert skilled at 09:00:12.000, and 09:00:15.000 was the earliest time for that"}, found(relaxes(12*time.Second)))
	leaves := func(after time.Duration) *records {
		return day(desk.Entry{Seq: 2, At: at.Add(after), Event: desk.EventDiverted, Detail: "spare closed"})
	}
	assert.Empty(t, found(leaves(time.Minute)))
	assert.Equal(t, []string{"it left sales at 09:00:50.000 because that was closed, which it was not"}, found(leaves(50*time.Second)))
}

// What is counted of a conversation that is handed about.
func TestCountingAHistory(t *testing.T) {
	at := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	i := desk.Interaction{Head: desk.Head{ID: "i"}, Queue: "spare"}
	for n, e := range []desk.Entry{{Event: desk.EventOpened, Detail: "sales"}, {Event: desk.EventDiverted, Detail: "spare closed"},
		{Event: desk.EventAccepted, By: "a01"}, {Event: desk.EventRequeued, Detail: "a01"}, {Event: desk.EventTaken, By: "a02"},
		{Event: desk.EventTransferred, By: "a02", Detail: "agent a01"}, {Event: desk.EventClosed, Detail: desk.ClosedUnanswered}} {
		e.Seq, e.At = int64(n+1), at.Add(time.Duration(n)*time.Second)
		i.History.Entries = append(i.History.Entries, e)
	}
	got := map[place]int{}
	for p, sum := range (&records{interactions: map[string]desk.Interaction{"i": i}}).count() {
		got[p] = sum.n
	}
	assert.Equal(t, map[place]int{
		{"sales", "", "entered"}: 1, {"sales", "", "overflowed"}: 1, {"sales", "", "left"}: 1, {"spare", "", "entered"}: 1,
		{"spare", "", "answered"}: 1, {"spare", "a01", "answered"}: 1, {"spare", "", "answeredWithin"}: 1, {"spare", "a01", "answeredWithin"}: 1,
		{"spare", "", "again"}: 2, {"spare", "", "answeredAgain"}: 1, {"spare", "a02", "answeredAgain"}: 1,
		{"spare", "", "transfersToAgents"}: 1, {"spare", "a02", "transfersToAgents"}: 1,
		{"spare", "", "abandoned"}: 1, {"spare", "", "abandonedAgain"}: 1, {"spare", "", "closed transfer_unanswered"}: 1,
	}, got)
}
