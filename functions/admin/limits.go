package admin

import (
	"slices"
	"time"

	"github.com/deskline/deskline/shared/desk"
)

// What times a queue may hold its conversations to. No wrap-up may be put off beyond desk.WrapUpMost.
const (
	wrapUpMin  = 10 * time.Second
	silenceMin = 30 * time.Second
	silenceMax = 24 * time.Hour
)

// usual is a reason that a queue names as its own.
type usual struct {
	value
	queue, reason string
}

// limits reads the times a queue holds its conversations to.
func (f *file) limits(o object, q *desk.Queue) {
	q.Limits.WrapUp = o.key("wrapUpLimit").duration(wrapUpMin, desk.WrapUpMost, 0)
	if v := o.key("inactivity"); v.given {
		in := v.object("warnAfter", "closeAfter")
		q.Limits.WarnAfter = in.key("warnAfter").duration(silenceMin, silenceMax, 0)
		if at := in.key("closeAfter"); at.needed() {
			q.Limits.CloseAfter = at.duration(silenceMin, silenceMax, 0)
		}
	}
	v := o.key("wrapUpReason")
	if !v.given {
		return
	}
	if s, ok := v.text(); ok {
		q.WrapUpReason = s
		f.usual = append(f.usual, usual{v, q.ID, s})
	}
}

// known looks for the reasons that queues name, in the file and in what is stored.
func (f *file) known(have desk.Setup, more *reading) {
	for _, u := range f.usual {
		is := func(r desk.Reason) bool { return r.Queue == u.queue && r.ID == u.reason }
		if u.reason != desk.ReasonTransfer && !slices.ContainsFunc(f.Reasons, is) && !slices.ContainsFunc(have.Reasons, is) {
			u.reading = more
			u.wrong("the queue has no reason %q", short(u.reason))
		}
	}
}
