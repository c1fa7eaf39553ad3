package desk

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// StateOrder is what a supervisor wants an agent's state to be.
type StateOrder struct {
	By       Agent      // who gives it: ID, roles and teams
	State    AgentState // idle or offline: nobody but the agent himself makes him available
	Reason   string     // of idle; IdleSent when it is empty
	HandOver bool       // of offline: his conversations are handed on
	Version  int64      // the agent version the supervisor has seen; taking an agent out of RONA needs one that shows it
	Key      string     // idempotency key; never empty
}

func (w StateOrder) hash() string {
	return hash("state order", w.By.ID, string(w.State), w.Reason, strconv.FormatBool(w.HandOver))
}

// Leads reports whether the other agent's state is the agent's to change: an administrator changes everybody's, a supervisor
// that of those who are in one of his teams.
func (a Agent) Leads(other Agent) bool {
	return slices.Contains(a.Roles, RoleAdmin) || slices.Contains(a.Roles, RoleSupervisor) &&
		slices.ContainsFunc(other.Teams, func(t string) bool { return slices.Contains(a.Teams, t) })
}

// SetStateOf has a supervisor send an agent away from work (B4): idle, as if he had gone idle himself, or offline, as if he had
// signed out, which ends his desktop's session. One in RONA who is taken offline finds it when he signs in again. live are
// the conversations he sits in: with any, taking him offline is refused (has_conversations) unless HandOver, which hands them on
// as SignOut does, also those of an agent who is offline and whose grace is not over. What is so already stores its key
// alone, and a repeat nothing.
//
// Faults: not_your_team, bad_state, key_reused, agent_offline, rona_unseen, has_conversations, idle_reason_unknown.
func SetStateOf(p Present, w StateOrder, live []Attended, now time.Time) (Change, error) {
	if !w.By.Leads(p.Agent) {
		return Change{}, fault.New(fault.Denied, "not_your_team", "the agent is in other teams than yours")
	}
	if w.State != AgentIdle && w.State != AgentOffline {
		return Change{}, fault.New(fault.Invalid, "bad_state", "a supervisor makes an agent idle or offline, not %q", w.State)
	}
	seen, err := repeats(p.Agent.Keys, w.Key, w.hash())
	if err != nil {
		return Change{}, err
	}
	if seen {
		return Change{Agent: &p.Agent, Lease: &p.Lease}, nil
	}
	p.Agent.Keys = remember(p.Agent.Keys, w.Key, w.hash())
	if w.State == AgentIdle {
		return p.sentIdle(w, now)
	}
	return p.sentHome(w, live, now)
}

func (p Present) sentIdle(w StateOrder, now time.Time) (Change, error) {
	a := p.Agent
	if a.away() {
		return Change{}, conflict("agent_offline", "the agent is not signed in")
	}
	if a.State == AgentRONA && w.Version < a.StateVersion {
		return Change{}, fault.New(fault.Stale, "rona_unseen", "the agent missed an offer since; the order must carry the version that shows it")
	}
	reason := cmp.Or(w.Reason, IdleSent)
	if err := p.mayIdle(w.Reason); err != nil && w.Reason != "" {
		return Change{}, err
	}
	if a.State == AgentIdle && a.Reason == reason {
		return Change{Agent: &a, Save: []Record{&a}}, nil
	}
	ch := p.leave(AgentIdle, reason, now)
	var page *HistoryPage
	*ch.Agent, page = ch.Agent.notedBy(w.By.ID, now, string(ch.Agent.State), p.toTell(*ch.Agent))
	ch.save(page)
	return ch, nil
}

func (p Present) sentHome(w StateOrder, live []Attended, now time.Time) (Change, error) {
	a, l := p.Agent, p.Lease
	if len(live) > 0 && !w.HandOver {
		return Change{}, conflict("has_conversations", "%s has %d open conversations", a.Name, len(live))
	}
	var over Change
	if a.away() && len(live) == 0 {
		return Change{Agent: &a, Lease: &l, Save: []Record{&a}}, nil
	}
	a, page := a.notedBy(w.By.ID, now, EventSignedOut, "")
	over.save(page)
	if a = over.vacate(a, live, now); a.away() {
		a.DueAt = time.Time{}
		a = a.Settle()
		over.Save, over.Agent, over.Lease = append(over.Save, &a), &a, &l
		return over, nil
	}
	p.Agent = a
	return p.goes(over, l.over(l.Session), now), nil
}

// away reports whether the agent is offline.
func (a Agent) away() bool { return a.State == AgentOffline || a.State == "" }
