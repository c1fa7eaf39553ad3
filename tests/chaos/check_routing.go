package main

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskline/deskline/shared/desk"
)

// routed finds offers that were made from a closed queue, to who has not the skills or at another priority than the conversation had;
// and conversations that asked for less or went elsewhere before their time.
func (r *records) routed() (f findings) {
	closed := r.closures()
	for _, o := range r.offers {
		if o.Kind == desk.OfferAssign && throughout(closed[o.Queue], o.OfferedAt.Add(-offersLate), o.OfferedAt.Add(2*skewMax)) {
			f.interaction(o.Interaction, "it was offered to %s at %s, and %s had been closed for %s", o.Agent, clock(o.OfferedAt), o.Queue, offersLate)
		}
	}
	for id, i := range r.interactions {
		f = append(f, r.choices(i)...)
		queue, since, relaxed := "", time.Time{}, 0
		for _, e := range r.history(i) {
			to, rest, _ := strings.Cut(e.Detail, " ")
			earliest := since
			switch e.Event {
			case desk.EventOpened, desk.EventStarted:
				queue, since, relaxed = e.Detail, e.At, 0
				continue
			case desk.EventTransferred:
				if to == "queue" {
					queue, since, relaxed = rest, e.At, 0
				}
				continue
			case desk.EventRelaxed:
				relaxed++
				earliest = since.Add(time.Duration(relaxed) * relaxAfter)
			case desk.EventDiverted:
				if rest == "max_wait" {
					earliest = since.Add(careMaxWait)
				} else if !within(closed[queue], e.At.Add(-carriesOn), e.At.Add(2*skewMax)) {
					f.interaction(id, "it left %s at %s because that was closed, which it was not", queue, clock(e.At))
				}
				queue, since, relaxed = to, e.At, 0
			default:
				continue
			}
			if e.At.Before(earliest.Add(-2 * skewMax)) {
				f.interaction(id, "its history says %s %s at %s, and %s was the earliest time for that", e.Event, e.Detail, clock(e.At), clock(earliest))
			}
		}
		if i.CloseReason == desk.ClosedQueue && !within(closed[i.Queue], i.ClosedAt.Add(-carriesOn), i.ClosedAt.Add(2*skewMax)) {
			f.interaction(id, "it closed at %s because %s was closed, which it was not", clock(i.ClosedAt), i.Queue)
		}
	}
	return f
}

// choices compares the grounds on which agents were chosen for an interaction with what it and they are.
func (r *records) choices(i desk.Interaction) (f findings) {
	priority, state := []int{0, urgent}, desk.InteractionState("")
	for _, e := range r.history(i) {
		g := e.Grounds
		state, _ = after(state, e.Event)
		switch {
		case e.Event == desk.EventOpened && e.By != "": // an agent opened it again, at the priority of the one before
			priority = nil
		case e.Event == desk.EventPrioritised:
			n, _ := strconv.Atoi(e.Detail)
			priority = []int{n}
		case e.Event != desk.EventOffered || g == (desk.Grounds{}):
		case state == desk.InteractionActive: // a second agent is asked for ahead of all others, whoever it is
		case priority != nil && !slices.Contains(priority, g.Priority):
			f.interaction(i.ID, "it was offered to %s at priority %d, and had %v", e.By, g.Priority, priority)
		case strings.HasPrefix(e.Detail, desk.WhyExclusive), strings.HasPrefix(e.Detail, desk.WhyPrevious):
		case level(r.agents[e.By]) < levels[g.Profile]:
			f.interaction(i.ID, "it was offered to %s, whose repairs are %d, and asked for %s", e.By, level(r.agents[e.By]), g.Profile)
		}
	}
	return f
}

// fits reports whether an agent who is free could take an interaction that waits.
func fits(a desk.Agent, i desk.Interaction) bool {
	return a.Free() && slices.Contains(a.Teams, i.Queue) && // a queue's team has its name here
		roomOn(a, i.Channel) && level(a) >= levels[cmp.Or(i.Profile, "any")]
}

// level is how well an agent knows repairs.
func level(a desk.Agent) int {
	for _, s := range a.Skills {
		if s.ID == "repairs" {
			return s.Level
		}
	}
	return 0
}

// roomOn reports whether an agent may hold one seat more on a channel, as far as its own limit goes.
func roomOn(a desk.Agent, c desk.Channel) bool {
	held := 0
	for _, on := range a.On {
		if on == c {
			held++
		}
	}
	return !slices.ContainsFunc(a.Capacities, func(l desk.ChannelCapacity) bool { return l.Channel == c && held >= l.Most })
}
