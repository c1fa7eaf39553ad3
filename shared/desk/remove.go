package desk

import (
	"slices"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// Removal says what of the configuration is deleted: any kind but an agent, for whom see RemoveAgent.
type Removal struct {
	Kind      RecordKind
	Queue     string // of a reason or a template
	ID        string
	Successor string // the record of the same kind that takes over from it; empty when there is none
}

// User is a record that names another, or holds it.
type User struct {
	Kind RecordKind
	ID   string
	Name string // empty for an interaction
}

// InUse is the Conflict (in_use) of deleting what is used without a successor.
type InUse struct {
	Users []User
	fault error
}

// Error is the text for logs.
func (e *InUse) Error() string { return e.fault.Error() }

// Unwrap gives the fault.
func (e *InUse) Unwrap() error { return e.fault }

func inUse(users []User) error {
	return &InUse{Users: users, fault: conflict("in_use", "it is used by %d others; name a successor", len(users))}
}

// Removed is what a removal changes. Moved counts those the successor got, by kind.
type Removed struct {
	Imported
	Moved map[RecordKind]int
}

// Remove deletes a record of the configuration (B16). Whatever uses it is given to the successor in the same commit;
// without one, use is a Conflict (in_use, an *InUse). have must be everything stored, and c and have read in this order;
// live are interactions that are in the queue that is deleted and not closed. While the centre is owed (see
// Centre.DueAt), nothing of what comes back may be saved.
//
// A queue and an asset leave a tombstone; see RetireQueue and RetireAsset for what becomes of their interactions. With its
// interactions, a queue's successor takes over their wrap-ups and what is sent in them, so its reasons and templates are deleted. What
// was sent by a template stays as it is. Faults: KIND_missing, in_use, successor_unknown, reason_required.
func Remove(c Centre, have Setup, r Removal, live []Interaction, by string, now time.Time) (Removed, error) {
	if err := have.removable(r); err != nil {
		return Removed{}, err
	}
	users, moved := have.given(r)
	out := Removed{Moved: map[RecordKind]int{}}
	for _, u := range users {
		out.Moved[u.Kind]++
	}
	for _, i := range live {
		users = append(users, User{Kind: KindInteraction, ID: i.ID})
	}
	if r.Successor == "" && len(users) > 0 {
		return Removed{}, inUse(users)
	}
	retired, err := have.retired(r, now)
	if err != nil {
		return Removed{}, err
	}
	for _, rec := range retired.Save {
		switch rec := rec.(type) {
		case *Queue:
			moved.Queues = append(moved.Queues, *rec)
		case *Asset:
			moved.Assets = append(moved.Assets, *rec)
		}
	}
	in := bring(c, have, moved, now)
	in.Drop, in.Hints = retired.Drop, append(in.Hints, retired.Hints...)
	out.Imported = in.deleting(c, r, by, now)
	return out, nil
}

// Dismissed adds to what deletes an agent, which RemoveAgent found, the centre's own record.
func Dismissed(c Centre, ch Change, agent, successor, by string, now time.Time) Removed {
	r := Removal{Kind: KindAgent, ID: agent, Successor: successor}
	out := Removed{Imported: Imported{Change: ch}.deleting(c, r, by, now), Moved: map[RecordKind]int{}}
	for _, rec := range ch.Save {
		if rec.Record() == KindInteraction {
			out.Moved[KindInteraction]++
		}
	}
	return out
}

func (in Imported) deleting(c Centre, r Removal, by string, now time.Time) Imported {
	detail := string(r.Kind) + " " + r.key()
	if r.Successor != "" {
		detail += " to " + r.Successor
	}
	return in.entered(c, EventDeleted, by, detail, now)
}

// given finds those who use what is removed, and the records as they are when its successor has taken over. A deleted
// queue that its team still serves (Served) is nobody's hindrance, but goes to the team's successor with the others:
// otherwise nobody would come to who got into it last.
func (s Setup) given(r Removal) (users []User, moved Setup) {
	for _, q := range s.Queues {
		if r.Kind == KindTeam && r.Successor != "" && q.Team == r.ID && q.Deleted() && q.Served() {
			q.Team = r.Successor
			moved.Queues = append(moved.Queues, q)
		}
	}
	s = s.Live()
	for _, p := range s.Projects {
		if r.Kind == KindClient && p.Client == r.ID {
			users = append(users, User{Kind: KindProject, ID: p.ID, Name: p.Name})
			p.Client = r.Successor
			moved.Projects = append(moved.Projects, p)
		}
	}
	for _, q := range s.Queues {
		if r.Kind == KindProject && q.Project == r.ID || r.Kind == KindTeam && q.Team == r.ID {
			users = append(users, User{Kind: KindQueue, ID: q.ID, Name: q.Name})
			if r.Kind == KindProject {
				q.Project = r.Successor
			} else {
				q.Team = r.Successor
			}
			moved.Queues = append(moved.Queues, q)
		}
	}
	for _, q := range s.Queues {
		if r.Kind == KindAsset && slices.Contains(q.Assets, r.ID) { // nobody's hindrance: it only serves one asset less
			if q.Assets = without(q.Assets, r.ID); len(q.Assets) == 0 {
				q.Assets = nil
			}
			moved.Queues = append(moved.Queues, q)
		}
		if r.Kind == KindQueue && q.Overflow == r.ID {
			users = append(users, User{Kind: KindQueue, ID: q.ID, Name: q.Name})
			moved.Queues = append(moved.Queues, q.overflowing(r.Successor, s.Queues))
		}
		if r.Kind == KindReason && q.ID == r.Queue && q.WrapUpReason == r.ID {
			users = append(users, User{Kind: KindQueue, ID: q.ID, Name: q.Name})
			q.WrapUpReason = r.Successor
			moved.Queues = append(moved.Queues, q)
		}
	}
	for _, a := range s.Assets {
		if r.Kind == KindQueue && a.leadsTo(r.ID) {
			users = append(users, User{Kind: KindAsset, ID: a.ID, Name: a.Name})
			moved.Assets = append(moved.Assets, a.redirected(r.ID, r.Successor))
		}
	}
	for _, a := range s.Agents {
		if r.Kind == KindTeam && slices.Contains(a.Teams, r.ID) {
			users = append(users, User{Kind: KindAgent, ID: a.ID, Name: a.Name})
			a.Teams = with(without(a.Teams, r.ID), r.Successor)
			moved.Agents = append(moved.Agents, a)
		}
	}
	return users, moved
}

// leadsTo reports whether conversations on the asset may wait in the queue.
func (a Asset) leadsTo(queue string) bool {
	return a.Queue == queue || slices.ContainsFunc(a.Rules, func(r EntryRule) bool { return r.Queue == queue })
}

// overflowing is the queue with another overflow. From one that leads back to it conversations would come again: then it has none,
// and they wait.
func (q Queue) overflowing(to string, all []Queue) Queue {
	next := map[string]string{}
	for _, other := range all {
		next[other.ID] = other.Overflow
	}
	next[q.ID] = ""
	for at := to; ; at = next[at] {
		switch at {
		case "":
			q.Overflow = to
			return q
		case q.ID:
			q.Overflow, q.MaxWait = "", 0
			if q.WhenClosed == WhenClosedOverflow {
				q.WhenClosed = ""
			}
			return q
		}
	}
}

// redirected is the asset with another queue in place of one.
func (a Asset) redirected(from, to string) Asset {
	if a.Queue == from {
		a.Queue = to
	}
	a.Rules = slices.Clone(a.Rules)
	for n := range a.Rules {
		if a.Rules[n].Queue == from {
			a.Rules[n].Queue = to
		}
	}
	return a
}

// belongingTo are the queue's wrap-up reasons and templates.
func (s Setup) belongingTo(queue string) (list []Record) {
	for _, r := range s.Reasons {
		if r.Queue == queue {
			list = append(list, &r)
		}
	}
	for _, t := range s.Templates {
		if t.Queue == queue {
			list = append(list, &t)
		}
	}
	return list
}

// retired is what becomes of the record itself: a tombstone, or nothing. The reasons and templates of a queue that has no successor
// stay with its tombstone, for whoever still gets there must be wrapped up.
func (s Setup) retired(r Removal, now time.Time) (Change, error) {
	switch rec := s.record(r).(type) {
	case *Queue:
		if r.Successor == "" {
			return RetireQueue(*rec, Queue{}, now)
		}
		ch, err := RetireQueue(*rec, *s.record(Removal{Kind: KindQueue, ID: r.Successor}).(*Queue), now)
		ch.Drop = s.belongingTo(r.ID)
		return ch, err
	case *Asset:
		return RetireAsset(*rec, now)
	default:
		return Change{Drop: []Record{rec}}, nil
	}
}

func (r Removal) key() string {
	if r.Kind == KindReason || r.Kind == KindTemplate {
		return r.Queue + "/" + r.ID
	}
	return r.ID
}

// removable reports whether there are the record and its successor, and whether it may ever go.
func (s Setup) removable(r Removal) error {
	if s.record(r) == nil {
		return fault.New(fault.Missing, string(r.Kind)+"_missing", "there is no such %s", r.Kind)
	}
	if r.Kind == KindReason && r.ID == ReasonTransfer {
		return conflict("reason_required", "every queue has the reason %s", ReasonTransfer)
	}
	if r.Successor == "" {
		return nil
	}
	if heir := (Removal{Kind: r.Kind, Queue: r.Queue, ID: r.Successor}); r.Successor == r.ID || s.record(heir) == nil {
		return unknownSuccessor(r.Kind, r.Successor)
	}
	return nil
}

func unknownSuccessor(kind RecordKind, id string) error {
	return fault.New(fault.Invalid, "successor_unknown", "there is no %s %q to take over", kind, id)
}

// record finds what a removal names; nil when there is no such record, or only its tombstone.
func (s Setup) record(r Removal) Record {
	switch r.Kind {
	case KindClient:
		return recordIn(s.Clients, r)
	case KindProject:
		return recordIn(s.Projects, r)
	case KindTeam:
		return recordIn(s.Teams, r)
	case KindQueue:
		return recordIn(s.Queues, r)
	case KindReason:
		return recordIn(s.Reasons, r)
	case KindTemplate:
		return recordIn(s.Templates, r)
	case KindAsset:
		return recordIn(s.Assets, r)
	}
	return nil
}

func recordIn[T any, P interface {
	*T
	Record
}](list []T, r Removal) Record {
	for _, rec := range list {
		if p := P(&rec); keyOf(p) == r.key() && !Deleted(p) {
			return p
		}
	}
	return nil
}
