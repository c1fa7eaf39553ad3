package meter

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Bill is what was counted, and what it costs in US cents.
type Bill struct {
	Counts
	Cents float64 `json:"cents"`
}

// FunctionBill is the bill of a function. What no function is known for has an empty name: a dead letter, for example, that
// Pub/Sub passed on long after its publisher ended.
type FunctionBill struct {
	Function string `json:"function"`
	Bill
}

// InteractionBill is the bill of an interaction.
type InteractionBill struct {
	Interaction string `json:"interaction"`
	Bill
}

// Report is what was counted since the meter began.
type Report struct {
	Since     time.Time      `json:"since"`
	Total     Bill           `json:"total"`     // of the product
	Functions []FunctionBill `json:"functions"` // who takes part in it, by name

	// Count is how many interactions there were; one that had rested while a thousand others were at work counts again. Each is
	// what they cost on average, and Shared what is no interaction's.
	Count  int     `json:"interactionCount"`
	Each   float64 `json:"centsPerInteraction"`
	Shared Bill    `json:"shared"`

	Interactions []InteractionBill `json:"interactions"` // the latest first

	Outside Bill `json:"outside"` // what others asked the services for; no part of Total

	Uncounted string `json:"uncounted,omitempty"` // what is missing in all of it, and why
}

// Line is one kind of thing that a function did.
type Line struct {
	Function string `json:"function"`
	What     string `json:"what"`         // a method of Firestore or Cloud Tasks, Publish, push, task, dispatch or request
	Of       string `json:"of,omitempty"` // collection, topic or subscription
	Bill
}

// Detail is the bill of one interaction.
type Detail struct {
	Interaction string         `json:"interaction"`
	Total       Bill           `json:"total"`
	Functions   []FunctionBill `json:"functions"` // by name
	Lines       []Line         `json:"lines"`     // by function, what and of
}

// Report tells what was counted, with at most so many interactions.
func (m *Meter) Report(interactions int) Report {
	b := m.settle()
	r := Report{Since: b.since, Count: len(b.order) + b.earlierCount, Shared: m.bill(b.of[""].sum()), Outside: m.bill(b.outside.sum()),
		Uncounted: m.opt.Uncounted, Interactions: []InteractionBill{}}
	all := account{}
	all.addAll(b.earlier)
	for _, id := range b.order {
		all.addAll(b.of[id])
		if len(r.Interactions) < interactions {
			r.Interactions = append(r.Interactions, InteractionBill{Interaction: id, Bill: m.bill(b.of[id].sum())})
		}
	}
	if r.Count > 0 {
		r.Each = m.prices.Cents(all.sum()) / float64(r.Count)
	}
	all.addAll(b.of[""])
	r.Total, r.Functions = m.bill(all.sum()), m.functions(all)
	return r
}

// Shared stands, in place of an interaction's ID, for what is no interaction's.
const Shared = "shared"

// Interaction tells what was counted for one interaction, or for Shared; false when nothing was, or it is not kept apart any more.
func (m *Meter) Interaction(id string) (Detail, bool) {
	of := id
	if id == Shared {
		of = ""
	}
	a := m.settle().of[of]
	if len(a) == 0 {
		return Detail{}, false
	}
	d := Detail{Interaction: id, Total: m.bill(a.sum()), Functions: m.functions(a)}
	for i, c := range a {
		d.Lines = append(d.Lines, Line{Function: i.function, What: i.what, Of: i.of, Bill: m.bill(*c)})
	}
	slices.SortFunc(d.Lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Function, b.Function), cmp.Compare(a.What, b.What), cmp.Compare(a.Of, b.Of))
	})
	return d, true
}

func (m *Meter) bill(c Counts) Bill { return Bill{Counts: c, Cents: m.prices.Cents(c)} }

func (m *Meter) functions(a account) []FunctionBill {
	sums := map[string]Counts{}
	for i, c := range a {
		s := sums[i.function]
		s.add(*c)
		sums[i.function] = s
	}
	list := []FunctionBill{}
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		list = append(list, FunctionBill{Function: name, Bill: m.bill(sums[name])})
	}
	return list
}

// books are all accounts as they would be if nothing more came.
type books struct {
	since        time.Time
	of           map[string]account // by interaction; what is nobody's under ""
	order        []string           // interactions, the latest first
	earlier      account
	earlierCount int
	outside      account
}

// settle closes the books on a copy.
func (m *Meter) settle() books {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := books{since: m.since, of: map[string]account{"": {}}, earlier: account{}, earlierCount: m.earlierCount, outside: account{}}
	b.earlier.addAll(m.earlier)
	b.outside.addAll(m.outside)
	b.of[""].addAll(m.shared)
	for e := m.latest.Front(); e != nil; e = e.Next() {
		c := e.Value.(*conversation)
		b.order = append(b.order, c.id)
		b.of[c.id] = account{}
		b.of[c.id].addAll(c.account)
	}
	for e := m.used.Front(); e != nil; e = e.Next() {
		for _, s := range e.Value.(*trace).spans {
			b.account(s.owner()).addAll(s.pending)
		}
	}
	for _, w := range m.writings {
		for _, i := range w.early {
			b.of[""].add(i, Counts{Reads: 1})
		}
	}
	return b
}

// account is where what turned out to be an interaction's goes.
func (b *books) account(id string) account {
	if a := b.of[id]; a != nil {
		return a
	}
	return b.earlier
}
