package desk

import (
	"cmp"
	"slices"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// LeaseFor is how long a silent desktop still counts as present, LeaseEvery how often it renews, and Grace how long
// the agent's conversations wait for its return (B4).
const (
	LeaseFor   = 30 * time.Second
	LeaseEvery = 10 * time.Second
	Grace      = 60 * time.Second
)

// Present is an agent with what a change of presence may touch. Offer and Ringing are the pending offer and its
// interaction, with Version zero when there is none; Sender is as in Attended.
type Present struct {
	Agent   Agent
	Lease   Lease
	Offer   Offer
	Ringing Interaction
	Sender  Agent
	Reasons []IdleReason // for which the centre has agents be idle; none for any
}

// asked is what rings for the agent.
func (p Present) asked() Attended {
	return Attended{Interaction: p.Ringing, Offer: p.Offer, Agent: p.Agent, Sender: p.Sender}
}

// SignIn begins or renews the agent's presence at the desktop session. An agent who left in RONA finds RONA; otherwise
// an offline agent enters want (idle or available). One who is signed in already keeps his state: a later desktop
// takes the lease over, the same desktop renews it. Signing in within the grace keeps the conversations. A session that
// signed out is over: its sign-in that comes late is a Conflict (session_ended), or an offer would ring at a desktop
// that is closed. Faults: bad_state, session_ended, idle_reason_unknown.
func SignIn(p Present, session string, want AgentState, reason string, now time.Time) (Change, error) {
	if want != AgentIdle && want != AgentAvailable {
		return Change{}, badState(want)
	}
	a, l := p.Agent, p.Lease
	if slices.Contains(l.Over, session) {
		return Change{}, conflict("session_ended", "this session signed out; begin a new one")
	}
	same := !l.Ended && l.Version > 0 && l.Session == session
	l = l.hold(session, now)
	ch := Change{Lease: &l, Save: []Record{&l}}
	var page *HistoryPage
	switch {
	case a.State != AgentOffline && a.State != "" && same:
		ch.Agent, ch.Hints = &a, freed(a)
		return ch, nil
	case a.State != AgentOffline && a.State != "":
		a, page = a.noted(now, EventDeskChanged, "")
	case a.Missed:
		a, page = a.noted(now, EventSignedIn, string(AgentRONA))
		a = a.enter(AgentRONA, "", now)
	default:
		if want == AgentAvailable {
			reason = ""
		}
		if want == AgentIdle {
			if err := p.mayIdle(reason); err != nil && reason != "" {
				return Change{}, err
			}
			reason = cmp.Or(reason, IdleSignedIn)
		}
		a, page = a.noted(now, EventSignedIn, string(want))
		a = a.enter(want, reason, now)
	}
	a.Missed, a.DueAt, a.Session = false, time.Time{}, session
	a = a.Settle()
	ch.Agent, ch.Save, ch.Hints = &a, append(ch.Save, &a), freed(a)
	ch.save(page)
	return ch, nil
}

func (l Lease) hold(session string, now time.Time) Lease {
	l.Session, l.Ended, l.Until = session, false, now.Add(LeaseFor)
	l.DueAt = l.Until.Add(Patience)
	return l
}

// over ends the lease and remembers that the session signed out.
func (l Lease) over(session string) Lease {
	l.Ended, l.DueAt = true, time.Time{}
	if l.Over = with(l.Over, session); len(l.Over) > keysMax {
		l.Over = slices.Clone(l.Over[len(l.Over)-keysMax:])
	}
	return l
}

// RenewLease keeps the desktop present for another LeaseFor. After the loss, when a later desktop signed in, or when the
// session was signed out, it is a Conflict (lease_lost, session_replaced, session_ended) and the desktop must sign in again.
func RenewLease(l Lease, session string, now time.Time) (Change, error) {
	switch {
	case slices.Contains(l.Over, session):
		return Change{}, conflict("session_ended", "this session was signed out; begin a new one")
	case l.Version == 0 || l.Ended:
		return Change{}, conflict("lease_lost", "the desktop was gone for too long; sign in again")
	case l.Session != session:
		return Change{}, conflict("session_replaced", "a later desktop signed in")
	}
	l = l.hold(session, now)
	return Change{Save: []Record{&l}, Lease: &l}, nil
}

// LoseLease takes a silent agent offline: the pending offer is declined and its interaction queued in front; active
// conversations wait for the grace. Before the lease has run out it is TooEarly; an ended lease stays as it is.
func LoseLease(p Present, now time.Time) (Change, error) {
	l := p.Lease
	if l.Version == 0 || l.Ended {
		return Change{Agent: &p.Agent, Lease: &l}, nil
	}
	if now.Before(l.Until) {
		return Change{}, fault.New(fault.TooEarly, "too_early", "the lease holds until %s", l.Until.Format(time.RFC3339))
	}
	a, page := p.Agent.noted(now, EventLeaseLost, "")
	p.Agent = a
	ch := p.leave(AgentOffline, "", now)
	ch.save(page)
	l.Ended, l.DueAt = true, time.Time{}
	if len(ch.Agent.Seats) > 0 {
		ch.Agent.DueAt = now.Add(Grace)
	}
	ch.Save, ch.Lease = append(ch.Save, &l), &l
	return ch, nil
}

// leave has the agent go idle or away: the pending offer counts as declined, or as expired when its deadline
// has passed and only the clock has not spoken yet. Then going idle comes too late: he is in RONA.
func (p Present) leave(to AgentState, reason string, now time.Time) Change {
	a, o := p.Agent, p.Offer
	rang := o.Version > 0 && o.State == OfferPending
	late := rang && !now.Before(o.Deadline)
	a.Missed = to == AgentOffline && (a.State == AgentRONA || a.Missed || late)
	if late && to != AgentOffline {
		to, reason = AgentRONA, ""
	}
	if to == AgentOffline {
		a.Session = ""
	}
	p.Agent = a.enter(to, reason, now).Settle()
	var ch Change
	switch {
	case !rang:
		ch = Change{Agent: &p.Agent, Save: []Record{&p.Agent}}
	case late:
		ch = p.asked().untaken(OfferExpired, EventExpired, a.ID, o.ID, now)
	default:
		ch = p.asked().untaken(OfferDeclined, EventDeclined, a.ID, string(to), now)
	}
	if to == AgentOffline {
		ch.Hints = append(ch.Hints, absent(a))
	}
	return ch
}

// goes has the agent go offline for good, with his lease as it is then, after over took him out of his conversations. Who transferred
// what rings for him may be one whom he had asked to join him: then that one is as over has him.
func (p Present) goes(over Change, l Lease, now time.Time) Change {
	met := over.takes(&p.Sender)
	ch := p.leave(AgentOffline, "", now)
	if met {
		ch.keeps(&p.Sender)
	}
	ch.Lease, ch.Save = &l, append(ch.Save, &l)
	return ch.with(over)
}

// StateWish is what an agent asks his state to be.
type StateWish struct {
	State   AgentState // available or idle
	Reason  string     // of idle
	Version int64      // the agent version the desktop has seen; leaving RONA needs one that shows RONA
	Key     string     // idempotency key
}

// SetState changes the agent's state by his own choice. Going idle declines the pending offer; after its deadline that
// is RONA all the same. A repeat of the key
// changes nothing and gives the agent as he is, so a late retry cannot undo what happened since; the same key with
// another wish is refused (key_reused). A wish for the state he is in stores its key alone. Faults: agent_offline,
// bad_state, rona_unseen, idle_reason_required, idle_reason_unknown.
func SetState(p Present, w StateWish, now time.Time) (Change, error) {
	if w.State != AgentIdle && w.State != AgentAvailable {
		return Change{}, badState(w.State)
	}
	if w.State == AgentAvailable {
		w.Reason = ""
	}
	a := p.Agent
	seen, err := repeats(a.Keys, w.Key, hash("state", string(w.State), w.Reason))
	if err != nil {
		return Change{}, err
	}
	if seen {
		return Change{Agent: &a, Hints: freed(a)}, nil
	}
	if a.State == AgentOffline || a.State == "" {
		return Change{}, conflict("agent_offline", "sign in first")
	}
	if a.State == AgentRONA && w.Version < a.StateVersion {
		return Change{}, fault.New(fault.Stale, "rona_unseen", "an offer was missed since; the wish must carry the version that shows it")
	}
	if w.State == AgentIdle {
		if err := p.mayIdle(w.Reason); err != nil {
			return Change{}, err
		}
	}
	a.Keys = remember(a.Keys, w.Key, hash("state", string(w.State), w.Reason))
	if a.State == w.State && a.Reason == w.Reason {
		a = a.Settle()
		ch := Change{Agent: &a, Hints: freed(a)}
		if w.Key != "" {
			ch.Save = []Record{&a}
		}
		return ch, nil
	}
	p.Agent = a
	var ch Change
	if w.State == AgentIdle {
		ch = p.leave(AgentIdle, w.Reason, now)
	} else {
		a = a.enter(AgentAvailable, "", now).Settle()
		ch = Change{Agent: &a, Save: []Record{&a}}
	}
	var page *HistoryPage
	*ch.Agent, page = ch.Agent.noted(now, string(ch.Agent.State), p.toTell(*ch.Agent))
	ch.save(page)
	ch.Hints = append(ch.Hints, freed(*ch.Agent)...)
	return ch, nil
}

func badState(s AgentState) error {
	return fault.New(fault.Invalid, "bad_state", "an agent chooses available or idle, not %q", s)
}

// SignOut ends the agent's presence at session. live are the conversations he sits in: with any it is refused
// (has_conversations) unless handOver, which queues those he owns in front (B10) or leaves them to his guest, and takes him
// out of those he is the guest of. A wrap-up he owes stays his. Signing out again changes nothing; so does a desktop that was
// replaced (session_replaced).
func SignOut(p Present, session string, live []Attended, handOver bool, now time.Time) (Change, error) {
	a, l := p.Agent, p.Lease
	if a.State == AgentOffline || a.State == "" {
		if slices.Contains(l.Over, session) {
			return Change{Agent: &a, Lease: &l}, nil
		}
		l = l.over(session) // its sign-in may still be on its way
		return Change{Agent: &a, Lease: &l, Save: []Record{&l}}, nil
	}
	if l.Version > 0 && !l.Ended && l.Session != session {
		return Change{}, conflict("session_replaced", "a later desktop signed in")
	}
	if len(live) > 0 && !handOver {
		return Change{}, conflict("has_conversations", "%d conversations are still open", len(live))
	}
	a, page := a.noted(now, EventSignedOut, "")
	var over Change
	over.save(page)
	a = over.vacate(a, live, now)
	p.Agent = a
	return p.goes(over, l.over(session), now), nil
}

// HandBack takes an agent whose grace is over out of the conversations he still sits in, live. Those he owns go to their
// guest or else to the front of their queue; those whose customer has left or is blocked, or whose asset is gone, are closed
// when there is no guest, for nobody could do anything in them. It requires that he has been offline without a break; one who
// came back keeps them. Before the grace is over it is TooEarly.
func HandBack(a Agent, live []Attended, now time.Time) (Change, error) {
	if a.State != AgentOffline || a.DueAt.IsZero() {
		return Change{Agent: &a}, nil
	}
	if now.Before(a.DueAt) {
		return Change{}, fault.New(fault.TooEarly, "too_early", "the grace lasts until %s", a.DueAt.Format(time.RFC3339))
	}
	var ch Change
	a = ch.vacate(a, live, now)
	a.DueAt = time.Time{}
	a = a.Settle()
	ch.Save, ch.Agent = append(ch.Save, &a), &a
	return ch, nil
}
