package desk

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// watcher counts what happens in the model centre from how records differ before and after each save. It knows nothing of
// histories.
type watcher struct {
	counts  map[string]int64 // by "hour quarter queue agent what"
	waits   map[string]watched
	opened  map[string]time.Time            // when each conversation that a customer began was opened; none once an agent has written in it
	asked   map[string]string               // the queue in which an offer, or a request for a second agent, was made
	began   map[string][]string             // the queues in which an interaction's legs began
	spent   map[string]map[string]time.Time // since when each agent is in which state
	inState map[string]time.Duration
}

type watched struct {
	from  time.Time
	first bool
}

func newWatcher() *watcher {
	return &watcher{
		counts: map[string]int64{}, waits: map[string]watched{}, opened: map[string]time.Time{}, began: map[string][]string{}, asked: map[string]string{},
		spent: map[string]map[string]time.Time{}, inState: map[string]time.Duration{},
	}
}

func (w *watcher) count(at time.Time, queue, agent, what string, n int64) {
	w.counts[strings.Join([]string{at.Format("2006-01-02T15"), at.Truncate(15 * time.Minute).Format("15:04"), queue, agent, what}, " ")] += n
}

// sees is told of every record that is saved. talk is the interaction that an offer is for.
func (w *watcher) sees(move string, old, fresh Record, talk func(string) Interaction, now time.Time) {
	switch r := fresh.(type) {
	case *Interaction:
		was, _ := old.(*Interaction)
		if was == nil {
			was = &Interaction{}
		}
		w.seesBeginning(*was, *r, now)
		w.seesWait(move, *was, *r, now)
		w.seesSeats(move, *was, *r, now)
	case *Message:
		if old == nil && r.Direction == Outbound && r.Author != "" {
			w.seesResponse(*r, talk(r.Interaction).Queue, now)
		}
	case *Offer:
		was, _ := old.(*Offer)
		if was == nil {
			was = &Offer{}
		}
		w.seesOffer(*was, *r, talk(r.Interaction).Queue, now)
	case *Agent:
		if was, ok := old.(*Agent); ok {
			w.seesAgent(*was, *r, now)
		}
	}
}

func (w *watcher) seesBeginning(was, is Interaction, now time.Time) {
	switch {
	case was.State != "":
	case is.Direction == Outbound:
		w.count(now, is.Queue, is.Owner, "Started", 1)
	default:
		w.opened[is.ID] = now
	}
}

func (w *watcher) seesResponse(m Message, queue string, now time.Time) {
	if opened, ok := w.opened[m.Interaction]; ok {
		w.count(now, queue, m.Author, "Responded", 1)
		w.count(now, queue, m.Author, "RespondedAfter", int64(now.Sub(opened)))
		delete(w.opened, m.Interaction)
	}
}

func waitsForOwner(i Interaction) bool {
	return i.State == InteractionQueued || i.State == InteractionOffered
}

func (w *watcher) seesWait(move string, was, is Interaction, now time.Time) {
	moved := waitsForOwner(was) && waitsForOwner(is) && was.Queue != is.Queue
	if moved && slices.Contains(is.Overflowed, was.Queue) {
		w.count(now, was.Queue, "", "Overflowed", 1)
	}
	if waitsForOwner(was) && (!waitsForOwner(is) || moved) {
		w.seesWaitEnd(move, was, is, now)
	}
	if !waitsForOwner(is) || waitsForOwner(was) && !moved {
		return
	}
	seen := watched{now, was.State == "" || was.Queue != is.Queue}
	if moved {
		seen.first = w.waits[is.ID].first
	}
	w.waits[is.ID] = seen
	if seen.first {
		w.count(now, is.Queue, "", "Entered", 1)
	} else {
		w.count(now, is.Queue, "", "Again", 1)
	}
	switch {
	case was.State != InteractionActive:
	case was.Queue != is.Queue:
		w.count(now, is.Queue, "", "FromQueues", 1)
	case is.Transfer.By == "" && move != "Requeue":
		w.count(now, is.Queue, was.Owner, "Lost", 1)
	}
}

func (w *watcher) seesWaitEnd(move string, was, is Interaction, now time.Time) {
	seen := w.waits[is.ID]
	took := now.Sub(seen.from)
	step := slices.IndexFunc(WaitSteps(), func(s time.Duration) bool { return took <= s })
	if step < 0 {
		step = len(WaitSteps())
	}
	returned := was.Transfer.By != "" && is.Owner == was.Transfer.By && move != "Reassign" && move != "TakeOver"
	lost := is.CloseReason == ClosedAbandoned || is.CloseReason == ClosedUnanswered
	switch {
	case is.State == InteractionActive && seen.first:
		w.count(now, was.Queue, is.Owner, "Answered", 1)
		w.count(now, was.Queue, is.Owner, "AnsweredAfter", int64(took))
		w.count(now, was.Queue, is.Owner, fmt.Sprint("AnsweredIn ", step), 1)
	case is.State == InteractionActive && !returned:
		w.count(now, was.Queue, is.Owner, "AnsweredAgain", 1)
	case is.State == InteractionActive:
	case is.State == InteractionClosed && lost:
		w.count(now, was.Queue, "", "Abandoned", 1)
		if seen.first {
			w.count(now, was.Queue, "", fmt.Sprint("AbandonedIn ", step), 1)
		} else {
			w.count(now, was.Queue, "", "AbandonedAgain", 1)
		}
	case seen.first:
		w.count(now, was.Queue, "", "Left", 1)
	}
}

func (w *watcher) seesSeats(move string, was, is Interaction, now time.Time) {
	switch {
	case was.State != InteractionActive:
	case move == "TransferToQueue":
		w.count(now, was.Queue, was.Owner, "ToQueues", 1)
	case move == "TransferToAgent":
		w.count(now, was.Queue, was.Owner, "ToAgents", 1)
	}
	if was.Second.State != SecondRequested && is.Second.State == SecondRequested {
		w.asked[is.ID] = is.Queue
		w.count(now, is.Queue, is.Second.By, "Invited", 1)
	}
	if was.Second.State == SecondRequested && is.Second.State == SecondJoined {
		w.count(now, w.asked[is.ID], is.Second.Agent, "Conferences", 1)
	}
	if was.State != InteractionClosed && is.State == InteractionClosed {
		w.count(now, is.Queue, "", "Closes "+is.CloseReason, 1)
	}
	if was.FollowedBy == "" && is.FollowedBy == ReopeningID(is.ID) {
		w.counts["reopened "+is.ID]++
	}
	for n, l := range is.Legs {
		if n == len(w.began[is.ID]) {
			w.began[is.ID] = append(w.began[is.ID], is.Queue)
		}
		over := func(l Leg) bool { return !l.To.IsZero() && l.WrapUp.State != WrapUpOwed }
		if !over(l) || n < len(was.Legs) && over(was.Legs[n]) {
			continue
		}
		queue := w.began[is.ID][n]
		w.count(now, queue, l.Agent, "Talk", int64(l.To.Sub(l.From)))
		if l.WrapUp.State != WrapUpContinued {
			w.count(now, queue, l.Agent, "Handled", 1)
		}
		if l.WrapUp.State == WrapUpDone || l.WrapUp.State == WrapUpAutomatic {
			w.count(now, queue, l.Agent, "WrapUp", int64(now.Sub(l.To)))
			if l.WrapUp.Reason != "" {
				w.count(now, queue, l.Agent, "Reasons "+l.WrapUp.Reason, 1)
			}
		}
	}
}

func (w *watcher) seesOffer(was, is Offer, queue string, now time.Time) {
	if was.State == "" {
		w.asked[is.ID] = queue
		w.count(now, queue, is.Agent, "Offers", 1)
	}
	queue = w.asked[is.ID]
	if was.State == is.State || is.State == OfferPending {
		return
	}
	w.count(now, queue, is.Agent, map[OfferState]string{
		OfferAccepted: "Accepted", OfferDeclined: "Declined", OfferExpired: "RONA", OfferRescinded: "Rescinded"}[is.State], 1)
	if is.State == OfferAccepted && is.Kind == OfferTransfer {
		w.count(now, queue, is.Agent, "FromAgents", 1)
	}
}

func (w *watcher) seesAgent(was, is Agent, now time.Time) {
	if was.State != is.State || was.Reason != is.Reason || was.State == "" {
		w.leaves(was, now)
		w.spent[is.ID] = map[string]time.Time{string(is.State): now}
	}
}

// leaves counts the state the agent has been in.
func (w *watcher) leaves(a Agent, now time.Time) {
	for state, since := range w.spent[a.ID] {
		w.inState[a.ID+" "+state] += now.Sub(since)
	}
}

// books compares what histories say with what was seen.
func (c *centre) books(t *rapid.T) {
	got := map[string]int64{}
	hours := map[string]*Counting{}
	for _, i := range all[Interaction](c) {
		account := AccountOf(i, c.movesOf(i.ID, i.History))
		c.conserves(t, i, account)
		for _, f := range account.Facts() {
			must(t, slices.Contains(i.Ledger, LedgerMark(f.Queue, f.At)), "%s: the ledger %v has no %s at %v", i.ID, i.Ledger, f.Queue, f.At)
			if f.Tally.Reopened > 0 {
				got["reopened "+i.ID]++
			}
		}
		for _, m := range i.Ledger {
			queue, hour, _ := strings.Cut(m, "|")
			at, err := time.Parse("2006-01-02T15", hour)
			must(t, err == nil, "%s: %v", m, err)
			if hours[m] == nil {
				hours[m] = CountHour(queue, at)
			}
			hours[m].Add(account)
		}
	}
	for _, h := range hours {
		hourly := h.Hourly()
		for _, r := range hourly.Rows {
			for what, n := range flat(r.Tally) {
				got[strings.Join([]string{hourly.Hour.Format("2006-01-02T15"), r.At.Format("15:04"), hourly.Queue, r.Agent, what}, " ")] += n
			}
		}
	}
	maps.DeleteFunc(c.watch.counts, func(_ string, n int64) bool { return n == 0 })
	for what, n := range c.watch.counts {
		must(t, got[what] == n, "%s: seen %d, and %d by the histories", what, n, got[what])
	}
	for what, n := range got {
		must(t, c.watch.counts[what] == n, "%s: %d by the histories, and seen %d", what, n, c.watch.counts[what])
	}
	c.spells(t)
}

// conserves: who came was answered, abandoned or left, or waits; and every leg is accounted for.
func (c *centre) conserves(t *rapid.T, i Interaction, a Account) {
	var sum Tally
	for _, f := range a.Facts() {
		sum = sum.Plus(f.Tally)
	}
	waits := 0
	if n := len(a.Waits) - 1; n >= 0 && a.Waits[n].End == "" {
		must(t, waitsForOwner(i), "%s waits by its history and is %s", i.ID, i.State)
		if a.Waits[n].First {
			waits = 1
		}
	} else {
		must(t, !waitsForOwner(i), "%s is %s and does not wait by its history", i.ID, i.State)
	}
	must(t, sum.Entered == sum.Answered+sum.Abandoned-sum.AbandonedAgain+sum.Left+waits, "%s: %+v", i.ID, sum)
	must(t, sum.Offers >= sum.Accepted+sum.Declined+sum.RONA+sum.Rescinded, "%s: %+v", i.ID, sum)
	must(t, len(a.Legs) == len(i.Legs), "%s has %d legs, and %d by its history", i.ID, len(i.Legs), len(a.Legs))
	must(t, (a.Closed.Reason != "") == (i.State == InteractionClosed), "%s is %s, and closed by its history: %+v", i.ID, i.State, a.Closed)
}

// spells compares how long each agent was in each state.
func (c *centre) spells(t *rapid.T) {
	for _, a := range all[Agent](c) {
		if a.ID == "zoe" { // who closes everything at the end
			continue
		}
		c.watch.leaves(a, c.now)
		if a.State != "" {
			c.watch.spent[a.ID] = map[string]time.Time{string(a.State): c.now}
		}
		got := map[string]time.Duration{}
		moves := slices.DeleteFunc(c.movesOf(a.ID, a.History), func(e Entry) bool { return e.By == "" }) // what it was filled with
		for _, s := range SpellsOf(moves) {
			got[a.ID+" "+string(s.State)] += s.Within(nine, c.now, c.now)
		}
		for _, s := range []AgentState{AgentAvailable, AgentIdle, AgentRONA, AgentOffline} {
			k := a.ID + " " + string(s)
			must(t, got[k] == c.watch.inState[k], "%s for %v, and %v by the history", k, c.watch.inState[k], got[k])
		}
	}
}

// movesOf is a record's complete history.
func (c *centre) movesOf(id string, h History) []Entry {
	pages := slices.DeleteFunc(all[HistoryPage](c), func(p HistoryPage) bool { return p.Of != id })
	slices.SortFunc(pages, func(a, b HistoryPage) int { return cmp.Compare(a.First, b.First) })
	var moves []Entry
	for _, p := range pages {
		moves = append(moves, p.Entries...)
	}
	return append(moves, h.Entries...)
}

// flat is a tally by the names of what it counts. The longest wait is no sum and is left out, and so is what was reopened, which
// is compared by interaction.
func flat(t Tally) map[string]int64 {
	out := map[string]int64{}
	v := reflect.ValueOf(t)
	for n := range v.NumField() {
		name := v.Type().Field(n).Name
		switch x := v.Field(n).Interface().(type) {
		case int:
			out[name] = int64(x)
		case time.Duration:
			out[name] = int64(x)
		case []int:
			for k, count := range x {
				out[fmt.Sprint(name, " ", k)] = int64(count)
			}
		case []Count:
			for _, c := range x {
				out[name+" "+c.Reason] += int64(c.N)
			}
		}
	}
	delete(out, "LongestWait")
	delete(out, "Reopened")
	maps.DeleteFunc(out, func(_ string, n int64) bool { return n == 0 })
	return out
}

// fillTally sets every field of a tally to something.
func fillTally(t require.TestingT, tally *Tally) {
	v := reflect.ValueOf(tally).Elem()
	for n := range v.NumField() {
		switch f := v.Field(n); f.Interface().(type) {
		case int, time.Duration:
			f.SetInt(int64(n + 1))
		case []int:
			f.Set(reflect.ValueOf([]int{n, n + 1}))
		case []Count:
			f.Set(reflect.ValueOf([]Count{{Reason: "r", N: n}}))
		default:
			require.Fail(t, "a tally has a field of type "+f.Type().String())
		}
	}
}
