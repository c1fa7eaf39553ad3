package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

// findings are violations that a check found.
type findings []violation

func (f *findings) interaction(id, format string, args ...any) {
	*f = append(*f, violation{Interaction: id, What: fmt.Sprintf(format, args...)})
}

func (f *findings) agent(id, format string, args ...any) {
	*f = append(*f, violation{Agent: id, What: fmt.Sprintf(format, args...)})
}

func (w *world) found(list findings) {
	for _, v := range list {
		w.violated(v)
	}
}

// check is everything that must hold when all is over (B1).
func (w *world) check(ctx context.Context, r *records) findings {
	f := slices.Concat(r.agree(), r.closed(), r.histories(), r.owed(w.suite.Clock.Now()), r.unexplained(w.opt.rate > 0))
	f = append(f, r.words(w.words)...)
	f = append(f, r.replies(w.replies)...)
	f = append(append(append(f, r.told(w.opt.rate > 0)...), r.clocked()...), r.followed()...)
	f = append(append(f, r.routed()...), w.reported(ctx, r)...)
	f = append(append(f, w.trail.check()...), w.notes.crashes()...)
	return append(f, w.shown(ctx, r)...)
}

// agree finds offers, agents and interactions that are at odds, agents above their capacity and customers who talk with two.
func (r *records) agree() (f findings) {
	seats, pending, talks := map[string][]string{}, map[string][]string{}, map[string][]string{}
	for _, i := range r.interactions {
		for _, a := range i.Agents {
			seats[a] = append(seats[a], i.ID)
		}
		if i.State.Open() {
			talks[i.Contact] = append(talks[i.Contact], i.ID)
		}
		rings := r.offers[i.Offer]
		if i.State == desk.InteractionOffered && (rings.State != desk.OfferPending || rings.Interaction != i.ID) {
			f.interaction(i.ID, "it is offered, and its offer %q is %q", i.Offer, rings.State)
		}
		if second := r.offers[i.Second.Offer]; i.Second.Offer != "" && (second.State != desk.OfferPending || second.Interaction != i.ID) {
			f.interaction(i.ID, "somebody is asked to join, and its offer %q is %q", i.Second.Offer, second.State)
		}
		if i.State != desk.InteractionOffered && i.Offer != "" {
			f.interaction(i.ID, "it is %s and names the offer %s", i.State, i.Offer)
		}
	}
	for _, o := range r.offers {
		if o.State == desk.OfferPending {
			pending[o.Agent] = append(pending[o.Agent], o.ID)
		}
	}
	for contact, open := range talks {
		if len(open) > 1 {
			f.interaction(open[0], "contact %s has %d open conversations: %v", contact, len(open), open)
		}
	}
	for _, a := range r.agents {
		f = append(f, agreeWith(a, seats[a.ID], pending[a.ID])...)
	}
	return f
}

// agreeWith compares an agent with the interactions and pending offers that name him.
func agreeWith(a desk.Agent, seats, rings []string) (f findings) {
	if !sameSet(a.Seats, seats) {
		f.agent(a.ID, "%s has the seats %v, and these interactions name him: %v", a.ID, a.Seats, seats)
	}
	if len(a.Seats) > a.Capacity {
		f.agent(a.ID, "%s has %d conversations, and room for %d", a.ID, len(a.Seats), a.Capacity)
	}
	var offer []string
	if a.Offer != "" {
		offer = []string{a.Offer}
	}
	if !sameSet(offer, rings) {
		f.agent(a.ID, "at %s rings %q, and these offers to him are pending: %v", a.ID, a.Offer, rings)
	}
	if a.Offer != "" && a.State != desk.AgentAvailable {
		f.agent(a.ID, "%s is %s, and something rings", a.ID, a.State)
	}
	room := slices.ContainsFunc([]desk.Channel{desk.WhatsApp, desk.Messenger}, func(c desk.Channel) bool { return roomOn(a, c) })
	if free := a.Free() && room; free != (len(a.Takes) > 0) && len(a.Serves) > 0 {
		f.agent(a.ID, "%s is free: %t, and takes %v", a.ID, free, a.Takes)
	}
	for _, l := range a.Capacities {
		if n := len(slices.DeleteFunc(slices.Clone(a.On), func(c desk.Channel) bool { return c != l.Channel })); n > l.Most {
			f.agent(a.ID, "%s has %d conversations on %s, and room for %d", a.ID, n, l.Channel, l.Most)
		}
	}
	return f
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// nobodyWaits finds interactions that wait beside an agent who could take them, or for too long for one alone.
func (r *records) nobodyWaits(now time.Time) (f findings) {
	closed := r.closures()
	for _, i := range r.interactions {
		if i.State != desk.InteractionQueued || within(closed[i.Queue], now, now.Add(time.Second)) {
			continue
		}
		if since := i.Awaits.Since; i.Awaits.Agent != "" && now.Sub(since) > exclusiveWait+overdue {
			f.interaction(i.ID, "it waits for %s alone since %s", i.Awaits.Agent, clock(since))
		}
		for _, a := range r.agents {
			if fits(a, i) {
				f.interaction(i.ID, "it waits beside %s, who is free", a.ID)
				break
			}
		}
	}
	return f
}

// ends are the reasons with which conversations close here.
var ends = []string{desk.ClosedEnded, desk.ClosedUnanswered, desk.ClosedInactive, desk.ClosedBySupervisor, desk.ClosedQueue}

// closed finds interactions that are not over, or have no reason for it.
func (r *records) closed() (f findings) {
	for _, i := range r.interactions {
		switch {
		case i.State != desk.InteractionClosed:
			f.interaction(i.ID, "it is %s when all agents have finished", i.State)
		case !slices.Contains(ends, i.CloseReason) || i.ClosedAt.IsZero():
			f.interaction(i.ID, "it closed with the reason %q at %s", i.CloseReason, i.ClosedAt)
		case len(i.Agents) > 0:
			f.interaction(i.ID, "it is closed, and %v still owe a wrap-up", i.Agents)
		}
	}
	return f
}

// overdue is how long after its time something that is owed may still be owed: a round of the sweep's, and what it brings about.
const overdue = time.Minute

// owed finds moves that somebody owes since long.
func (r *records) owed(now time.Time) (f findings) {
	owes := func(o desk.Owed, interaction string) {
		if !o.Due().IsZero() && now.Sub(o.Due()) > overdue {
			f.interaction(interaction, "%s %s waits for somebody since %s", o.Record(), o.Base().ID, o.Due())
		}
	}
	for _, o := range r.offers {
		owes(&o, o.Interaction)
	}
	for _, m := range r.messages {
		owes(&m, m.Interaction)
	}
	for _, i := range r.interactions {
		owes(&i, i.ID)
	}
	for _, a := range r.agents {
		owes(&a, "")
	}
	for n := range r.leases {
		owes(&r.leases[n], "")
	}
	for n := range r.contacts {
		owes(&r.contacts[n], r.contacts[n].Open)
	}
	for n := range r.receipts {
		owes(&r.receipts[n], "")
	}
	return f
}

// unexplained finds what was given up though it need not have been. A hint that met faults at each of its deliveries may have been: the
// sweep makes it again.
func (r *records) unexplained(faulty bool) (f findings) {
	for _, l := range r.letters {
		if !faulty || l.Reason != desk.DiedOfAttempts || l.Event == messageReceived {
			f = append(f, violation{What: fmt.Sprintf("%s died on %s after %d deliveries: %s", l.Event, l.Subscription, l.Attempts, l.Reason)})
		}
	}
	for _, p := range r.parked {
		f = append(f, violation{What: fmt.Sprintf("a message for %s is parked", p.Asset)})
	}
	return f
}

// messageReceived is the event that carries what a customer wrote.
const messageReceived = "message.received"

// shown compares what agents are shown of conversations they had with what is on record.
func (w *world) shown(ctx context.Context, r *records) (f findings) {
	for _, i := range r.interactions {
		if len(i.Legs) == 0 {
			continue
		}
		d := desktop.New(w.suite.URL, w.token(email(i.Legs[0].Agent)))
		d.HTTP = w.client
		shown, err := transcript(ctx, d, i.ID)
		if err != nil {
			f.interaction(i.ID, "%s cannot read it: %v", i.Legs[0].Agent, err)
			continue
		}
		var kept []string
		for _, m := range r.transcript(i.ID) {
			kept = append(kept, m.ID)
		}
		if !slices.Equal(shown, kept) {
			f.interaction(i.ID, "its transcript shows %v, and on record are %v", shown, kept)
		}
	}
	return f
}

// transcript are the IDs of what a desktop shows of a conversation, in order, of all pages.
func transcript(ctx context.Context, d *desktop.Desktop, interaction string) (shown []string, err error) {
	q := url.Values{"limit": {"200"}}
	for {
		var list api.MessageList
		path := "/v1/interactions/" + url.PathEscape(interaction) + "/messages?" + q.Encode()
		if err := d.Call(ctx, http.MethodGet, path, "", nil, &list); err != nil {
			return nil, err
		}
		for _, m := range list.Items {
			shown = append(shown, m.ID)
		}
		if list.Next == "" {
			return shown, nil
		}
		q.Set("cursor", list.Next)
	}
}
