package desk

import (
	"fmt"
	"reflect"
	"slices"
	"time"
)

// Setup is a centre's configuration, or the part of it that a file describes; there, of agents, only what is configured
// counts: name, e-mail, roles, teams, capacities and skills. Empty lists are nil, as the store has them.
type Setup struct {
	Settings []Settings // the one, or none
	Clients  []Client
	Projects []Project
	Teams    []Team
	Queues   []Queue
	Reasons  []Reason // Order counts from 1: the store finds no reason without one
	Assets   []Asset
	Agents   []Agent

	Templates []Template
}

// The entries of the centre's history.
const (
	EventImported    = "imported"     // a file; the detail counts the records created and changed
	EventConfigured  = "configured"   // one record was created or changed; the detail is its kind and ID
	EventQueueClosed = "queue_closed" // a supervisor closed a queue; the detail is its ID
	EventQueueOpened = "queue_opened" // and opened it again
	EventDeleted     = "deleted"      // one record; the detail is its kind, its ID and who took over
)

// Live is the configuration without what was deleted and stays only as a tombstone, or with one: the reasons and
// templates of a queue.
func (s Setup) Live() Setup {
	gone := map[string]bool{}
	for _, q := range s.Queues {
		gone[q.ID] = q.Deleted()
	}
	s.Reasons = slices.DeleteFunc(slices.Clone(s.Reasons), func(r Reason) bool { return gone[r.Queue] })
	s.Templates = slices.DeleteFunc(slices.Clone(s.Templates), func(t Template) bool { return gone[t.Queue] })
	s.Queues = slices.DeleteFunc(slices.Clone(s.Queues), func(q Queue) bool { return q.Deleted() })
	s.Assets = slices.DeleteFunc(slices.Clone(s.Assets), func(a Asset) bool { return a.Deleted() })
	return s
}

// ReasonTransfer is the wrap-up reason every queue has (R23). A queue that is imported without it gets it, behind the
// queue's other reasons.
const ReasonTransfer = "transfer"

// OrderMax is the last place a reason can have in its queue.
const OrderMax = 1_000_000

// Imported is what an import changes. The counts are by kind: Created and Changed hold every record that is stored and
// every agent in Behind, named by the file or not; Unchanged holds what the file names and the centre has already. A
// record that was deleted and comes back is Created.
type Imported struct {
	Change
	Centre                      *Centre
	Behind                      []Agent // not stored with the rest; as each will be once Align has brought him in line
	Created, Changed, Unchanged map[RecordKind]int

	born int64 // version that new records go on from
}

// Import brings the centre's configuration in line with a file. What the file names is created or replaced; everything
// else in have stays as it is. An agent's work survives: only what is configured changes, and what follows from it, the
// tokens he serves and takes. have must be everything stored, and c and have read in this order. While the centre is
// owed (see Centre.DueAt), nothing of what comes back may be saved.
//
// Agents who are new, and those of whom the file says something else than is stored, are saved with the configuration;
// all others whose tokens change are Behind, for in a busy centre somebody always writes one of them. Of an agent who is
// new, History.Last in file is where his history goes on: a deleted agent of his ID may have left one.
//
// A repeat finds nothing to change and stores nothing. Routing is hinted for agents that changed and, in a repeat as
// well, for those whom the file concerns, named or by a queue they serve; not for those in Behind, for whom Align does.
func Import(c Centre, have, file Setup, by string, now time.Time) Imported {
	in := bring(c, have, file, now)
	return in.entered(c, EventImported, by, fmt.Sprintf("created %d changed %d", total(in.Created), total(in.Changed)), now)
}

// Configure is Import for a file of one record, which the centre's history then names.
func Configure(c Centre, have, file Setup, kind RecordKind, id, by string, now time.Time) Imported {
	return bring(c, have, file, now).entered(c, EventConfigured, by, string(kind)+" "+id, now)
}

// bring finds what brings the configuration in line with a file. The versions of new records go on from the centre's:
// one that is deleted and made anew never has a version again that somebody has seen of the one before.
func bring(c Centre, have, file Setup, now time.Time) Imported {
	in := Imported{born: c.History.Last, Created: map[RecordKind]int{}, Changed: map[RecordKind]int{}, Unchanged: map[RecordKind]int{}}
	merge(&in, have.Settings, file.Settings)
	merge(&in, have.Clients, file.Clients)
	merge(&in, have.Projects, file.Projects)
	merge(&in, have.Teams, file.Teams)
	merge(&in, have.Queues, file.Queues)
	in.Hints = append(in.Hints, reroutes(have.Queues, file.Queues)...)
	merge(&in, have.Reasons, slices.Concat(file.Reasons, transfers(have, file)))
	merge(&in, have.Templates, file.Templates)
	merge(&in, have.Assets, file.Assets)
	in.staff(have, file, now)
	return in
}

// entered adds the centre's own record, with an entry in its history, if anything changes.
func (in Imported) entered(c Centre, event, by, detail string, now time.Time) Imported {
	in.Centre = &c
	if len(in.Save)+len(in.Drop) == 0 && (len(in.Behind) == 0 || !c.DueAt.IsZero()) {
		return in
	}
	c.DueAt = time.Time{}
	if len(in.Behind) > 0 {
		c.DueAt = now.Add(Patience)
	}
	var page *HistoryPage
	c.History, page = c.History.add(c.ID, now, event, by, detail)
	in.Save = append(in.Save, &c)
	in.save(page)
	return in
}

func total(counts map[RecordKind]int) (n int) {
	for _, of := range counts {
		n += of
	}
	return n
}

// merge stores the file's records that are new or differ.
func merge[T any, P interface {
	*T
	Record
}](in *Imported, have, file []T) {
	old := make(map[string]T, len(have))
	for _, rec := range have {
		old[keyOf(P(&rec))] = rec
	}
	for _, rec := range file {
		p := P(&rec)
		was, stored := old[keyOf(p)]
		p.Base().Version = in.born
		if stored {
			p.Base().Version = P(&was).Base().Version
			keeps(p, P(&was))
		}
		if stored && reflect.DeepEqual(rec, was) {
			in.Unchanged[p.Record()]++
			continue
		}
		in.store(p, !stored || Deleted(P(&was)))
	}
}

// keeps takes over from what is stored what is no part of the configuration: that somebody has closed a queue.
func keeps(rec, was Record) {
	q, ok := rec.(*Queue)
	if old, _ := was.(*Queue); ok && !old.Deleted() {
		q.Closed = old.Closed
	}
}

// store adds a record to those that are stored.
func (in *Imported) store(rec Record, created bool) {
	in.Save = append(in.Save, rec)
	if created {
		in.Created[rec.Record()]++
		return
	}
	in.Changed[rec.Record()]++
}

// Deleted reports whether the record is only the tombstone of one that was deleted.
func Deleted(rec Record) bool {
	switch rec := rec.(type) {
	case *Queue:
		return rec.Deleted()
	case *Asset:
		return rec.Deleted()
	}
	return false
}

// QueueOfRecord is the queue that a record of the configuration belongs to, whose ID is unique only there; empty for others.
func QueueOfRecord(rec Record) string {
	switch rec := rec.(type) {
	case *Reason:
		return rec.Queue
	case *Template:
		return rec.Queue
	}
	return ""
}

// keyOf tells records of one kind apart: by their ID and, where they belong to a queue, by that too.
func keyOf(rec Record) string {
	if queue := QueueOfRecord(rec); queue != "" {
		return queue + "/" + rec.Base().ID
	}
	return rec.Base().ID
}

// DefaultTransfer is the reason ReasonTransfer of a queue that does not say how it is named: the last one.
func DefaultTransfer(queue string) Reason {
	return Reason{Head: Head{ID: ReasonTransfer}, Queue: queue, Name: "Transfer", Order: OrderMax}
}

// transfers are the reasons ReasonTransfer of those of the file's queues that it defines none for: as stored, or new.
func transfers(have, file Setup) []Reason {
	stored, defined := map[string]Reason{}, map[string]bool{}
	for _, r := range have.Reasons {
		if r.ID == ReasonTransfer {
			stored[r.Queue] = r
		}
	}
	for _, r := range file.Reasons {
		if r.ID == ReasonTransfer {
			defined[r.Queue] = true
		}
	}
	var out []Reason
	for _, q := range file.Queues {
		r, ok := stored[q.ID]
		if !ok {
			r = DefaultTransfer(q.ID)
		}
		if !defined[q.ID] && !q.Deleted() {
			out = append(out, r)
		}
	}
	return out
}

// staff brings the agents in line with the file, and finds those who are behind the queues as they are after it.
func (in *Imported) staff(have, file Setup, now time.Time) {
	tokens := served(slices.Concat(have.Queues, file.Queues))
	concern := served(file.Queues)
	named := make(map[string]Agent, len(file.Agents))
	for _, a := range file.Agents {
		named[a.ID] = a
	}
	for _, was := range have.Agents {
		a := was
		conf, ok := named[a.ID]
		if ok {
			delete(named, a.ID)
			a = a.configured(conf)
		}
		same := a.sameSetup(was)
		a = a.assigned(tokens)
		switch {
		case !same:
			a.SetupVersion = was.Version + 1
			in.store(&a, false)
		case !slices.Equal(a.Serves, was.Serves):
			in.Behind = append(in.Behind, a)
			in.Changed[KindAgent]++
			continue
		case ok:
			in.Unchanged[KindAgent]++
		}
		if !same || ok || len(a.assigned(concern).Serves) > 0 {
			in.Hints = append(in.Hints, freed(a)...)
		}
	}
	for _, conf := range file.Agents {
		if _, ok := named[conf.ID]; ok {
			a := Agent{Head: Head{ID: conf.ID, Version: in.born}, Hired: now, SetupVersion: in.born + 1, History: History{Last: conf.History.Last}}.
				configured(conf).enter(AgentOffline, "", now).assigned(tokens)
			in.store(&a, true)
		}
	}
}

// configured takes over what a file says about the agent.
func (a Agent) configured(conf Agent) Agent {
	a.Name, a.Email, a.Roles, a.Teams, a.Capacity = conf.Name, conf.Email, conf.Roles, conf.Teams, conf.Capacity
	a.Capacities, a.Skills = conf.Capacities, conf.Skills
	return a
}

// sameSetup reports whether what a file says about an agent is what he has.
func (a Agent) sameSetup(b Agent) bool {
	return a.Name == b.Name && a.Email == b.Email && a.Capacity == b.Capacity &&
		slices.Equal(a.Roles, b.Roles) && slices.Equal(a.Teams, b.Teams) &&
		slices.Equal(a.Capacities, b.Capacities) && slices.Equal(a.Skills, b.Skills)
}
