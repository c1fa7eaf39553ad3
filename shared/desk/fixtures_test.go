package desk

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

// The cast of the tables: Ana and Bea answer for "sales" on WhatsApp, where Lea is a customer. It is Monday, nine
// o'clock.
const (
	sales = "sales|whatsapp|any"
	tick  = time.Microsecond // the smallest time the database keeps
)

var nine = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// after is the time so long after nine.
func after(d time.Duration) time.Time { return nine.Add(d) }

// stored makes a head of a record that has been saved n times.
func stored(id string, n int64) Head { return Head{ID: id, Version: n} }

// lea is how the channel tells the customer of the tables.
var lea = Customer{Name: "Lea", Phone: "+34600000001", Addresses: []Address{phone}}

// ana is available with room for two since nine.
func ana() Agent {
	return Agent{
		Head: stored("ana", 4), Name: "Ana", Capacity: 2, Serves: []string{sales},
		State: AgentAvailable, Since: nine, StateVersion: 4, FreeSince: nine,
	}.Settle()
}

func anaIs(s AgentState, reason string) Agent {
	a := ana()
	a.State, a.Reason = s, reason
	return a.Settle()
}

// lea's conversation waits for sales since nine.
func queued() Interaction {
	return Interaction{
		Head: stored("talk", 1), State: InteractionQueued, Channel: WhatsApp, Asset: "whatsapp:111", Source: "+34 900 111 111",
		Queue: "sales", Contact: "lea", Customer: lea, Direction: Inbound, OpenedAt: nine,
		WaitingSince: nine, Wants: sales, Rank: nine.UnixMicro(), Seq: 1, Preview: "hola", PreviewBy: Inbound, Unread: 1,
		LastCustomerAt: nine, LastCustomerID: "wamid.1", LastAt: nine,
	}
}

// ringing is Ana being offered Lea's conversation since nine, until twenty seconds past.
func ringing(t testing.TB) (Offer, Agent, Interaction) {
	t.Helper()
	o := Offer{Head: Head{ID: "offer"}, Deadline: after(20 * time.Second)}
	ch, err := MakeOffer(o, Pair{Agent: ana(), Interaction: queued(), Why: WhyLongestAvailable}, nine)
	require.NoError(t, err)
	ch = saved(ch)
	return *ch.Offer, *ch.Agent, *ch.Interaction
}

// talking is Ana in conversation with Lea since five seconds past nine.
func talking(t testing.TB) (Agent, Interaction) {
	t.Helper()
	o, a, i := ringing(t)
	ch, err := AcceptOffer(asked(o, a, i), "ana", after(5*time.Second))
	require.NoError(t, err)
	ch = saved(ch)
	return *ch.Agent, *ch.Interaction
}

// wrapping is Ana owing the wrap-up since a minute past nine.
func wrapping(t testing.TB) (Agent, Interaction) {
	t.Helper()
	a, i := talking(t)
	ch, err := End(quiet(i), "ana", "", after(time.Minute))
	require.NoError(t, err)
	return a, *saved(ch).Interaction
}

// sold is a reason of the queue without sub-reasons; lost has two.
func sold() Reason { return Reason{Head: stored("sold", 1), Queue: "sales", Name: "Sold"} }

func lost() Reason {
	return Reason{Head: stored("lost", 1), Queue: "sales", Name: "Lost",
		SubReasons: []SubReason{{ID: "price", Name: "Price"}, {ID: "stock", Name: "Stock"}}}
}

// asked is an offer with what it is about.
func asked(o Offer, a Agent, i Interaction) Attended {
	return Attended{Interaction: i, Offer: o, Agent: a}
}

// quiet is an interaction for which nothing rings; allQuiet are several.
func quiet(i Interaction) Attended { return Attended{Interaction: i} }

func allQuiet(list ...Interaction) (out []Attended) {
	for _, i := range list {
		out = append(out, quiet(i))
	}
	return out
}

// present is the agent at the desktop "desk-1" whose lease holds until thirty seconds past nine, with nothing ringing.
func present(a Agent) Present {
	return Present{Agent: a, Lease: Lease{
		Head: stored(a.ID, 2), Session: "desk-1", Until: after(30 * time.Second), DueAt: after(40 * time.Second)}}
}

// saved raises the version of every record of the change, as the store does.
func saved(ch Change) Change {
	for _, r := range ch.Save {
		r.Base().Version++
	}
	return ch
}

// storedKinds lists the kinds of the records a change stores, in order.
func storedKinds(ch Change) []RecordKind {
	kinds := []RecordKind{}
	for _, r := range ch.Save {
		kinds = append(kinds, r.Record())
	}
	return kinds
}

// outcome is what the tables of refusals compare: the fault's kind and code, "stores nothing", or "stores".
func outcome(ch Change, err error) string {
	if err != nil {
		f := fault.Of(err)
		return string(f.Kind) + " " + f.Code
	}
	if len(ch.Save) == 0 {
		return "stores nothing"
	}
	return "stores"
}

// events lists the moves of a history.
func events(h History) []string {
	list := []string{}
	for _, e := range h.Entries {
		list = append(list, e.Event)
	}
	return list
}

// storesNothing requires the move to be done already: no fault, nothing to store.
func storesNothing(t *testing.T, ch Change, err error) {
	t.Helper()
	require.NoError(t, err)
	assert.Empty(t, ch.Save, "a repeat must store nothing")
}

// copied is a deep copy in which every slice has spare room, as slices read from a database may: a rule that appends
// to a record's slice in place writes into that room, where unaltered finds it.
func copied[T any](v T) T {
	out := reflect.New(reflect.TypeFor[T]()).Elem()
	copyInto(out, reflect.ValueOf(v))
	return out.Interface().(T)
}

var timeType = reflect.TypeFor[time.Time]()

func copyInto(to, from reflect.Value) {
	switch {
	case from.Kind() == reflect.Slice && !from.IsNil():
		s := reflect.MakeSlice(from.Type(), from.Len(), from.Len()+2)
		for n := range from.Len() {
			copyInto(s.Index(n), from.Index(n))
		}
		to.Set(s)
	case from.Kind() == reflect.Struct && from.Type() != timeType:
		for n := range from.NumField() {
			copyInto(to.Field(n), from.Field(n))
		}
	default:
		to.Set(from)
	}
}

// unaltered reports whether got, a value made by copied, still is as want, its spare room included.
func unaltered(got, want reflect.Value) bool {
	switch {
	case got.Kind() == reflect.Slice:
		if got.IsNil() || want.IsNil() || got.Len() != want.Len() {
			return got.IsNil() == want.IsNil() && got.Len() == want.Len()
		}
		for n := range got.Len() {
			if !unaltered(got.Index(n), want.Index(n)) {
				return false
			}
		}
		spare := got.Slice(0, got.Cap())
		for n := got.Len(); n < got.Cap(); n++ {
			if !spare.Index(n).IsZero() {
				return false
			}
		}
		return true
	case got.Kind() == reflect.Struct && got.Type() != timeType:
		for n := range got.NumField() {
			if !unaltered(got.Field(n), want.Field(n)) {
				return false
			}
		}
		return true
	}
	return got.Equal(want)
}

// lent is a copy of v for a rule to read; if the rule alters it the test fails when it is over.
func lent[T any](t testing.TB, v T) T {
	got, want := copied(v), copied(v)
	t.Cleanup(func() {
		assert.True(t, unaltered(reflect.ValueOf(got), reflect.ValueOf(want)), "a rule altered what it was given: %+v", got)
	})
	return got
}

func TestAlteredRecordsAreNoticed(t *testing.T) {
	a := ana()
	a.Seats = []string{"one"}
	same := func(got Agent) bool { return unaltered(reflect.ValueOf(got), reflect.ValueOf(a)) }

	untouched := copied(a)
	assert.True(t, same(untouched))

	renamed := copied(a)
	renamed.Name = "Eva"
	assert.False(t, same(renamed), "a field")

	moved := copied(a)
	moved.Seats[0] = "two"
	assert.False(t, same(moved), "an element of a list")

	grown := copied(a)
	_ = append(grown.Seats, "two")
	assert.False(t, same(grown), "the room behind a list")
	assert.Equal(t, []string{"one"}, a.Seats, "the copy shares nothing with the original")
}
