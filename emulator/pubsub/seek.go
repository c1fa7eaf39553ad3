package pubsub

import (
	"cmp"
	"context"
	"slices"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

// What Seek may bring back is kept in three places: by a subscription that retains what was acknowledged, by a topic with a retention of
// its own, and by snapshots.

// kept is a message as it came in.
type kept struct {
	msg   *pubsubpb.PubsubMessage // shared
	topic string
	since time.Time // by the clock
}

func (it *item) kept() kept { return kept{msg: it.msg, topic: it.topic, since: it.since} }

// keep takes what was just published to where it is kept. The caller holds mu.
func (t *topic) keep(msgs []*pubsubpb.PubsubMessage, now time.Time) {
	var some []kept
	for _, m := range msgs {
		some = append(some, kept{msg: m, topic: t.conf.GetName(), since: now})
	}
	for _, snap := range t.snaps {
		snap.msgs = append(snap.msgs, some...)
	}
	if t.conf.GetMessageRetentionDuration() != nil {
		t.log = append(t.retained(now), some...)
	}
}

// retained is what the topic's own retention keeps. The caller holds mu.
func (t *topic) retained(now time.Time) []kept {
	limit := now.Add(-t.conf.GetMessageRetentionDuration().AsDuration())
	n := slices.IndexFunc(t.log, func(k kept) bool { return k.since.After(limit) })
	if n < 0 {
		return nil
	}
	return t.log[n:]
}

// retain keeps what was acknowledged, if the subscription does that. The caller holds mu.
func (sub *subscription) retain(k kept) {
	if sub.conf.GetRetainAckedMessages() {
		sub.acked = append(sub.acked, k)
		sub.watchAge(k.since)
	}
}

// Seek acknowledges everything published before a time and nothing since, of what is there or retained; or makes the backlog that of a
// snapshot, with what was published since it was made. How a snapshot of another topic
// is refused is not documented; here it is FAILED_PRECONDITION. Sources: comments of pubsubpb v2.8.1 and
// cloud.google.com/pubsub/docs/replay-overview, read 2026-11-21.
func (r subscriber) Seek(_ context.Context, req *pubsubpb.SeekRequest) (*pubsubpb.SeekResponse, error) {
	r.s.admin.Lock()
	defer r.s.admin.Unlock()
	sub, err := r.s.subscription(req.GetSubscription())
	if err != nil {
		return nil, err
	}
	t, err := r.s.topic(sub.config().GetTopic())
	if err != nil {
		t = &topic{} // it was deleted: what the subscription has is all there is
	}
	switch to := req.GetTarget().(type) {
	case *pubsubpb.SeekRequest_Time:
		if err := to.Time.CheckValid(); err != nil {
			return nil, invalid("time: %v", err)
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		sub.seek(t.retained(r.s.clock.Now()), func(k kept) bool { return !k.msg.GetPublishTime().AsTime().Before(to.Time.AsTime()) })
	case *pubsubpb.SeekRequest_Snapshot:
		snap, err := r.s.snapshot(to.Snapshot)
		if err != nil {
			return nil, err
		}
		if snap.topic != sub.config().GetTopic() || snap.topic == deletedTopic {
			return nil, failed("the snapshot is of the topic %s", snap.topic)
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		sub.seek(snap.msgs, snap.holds())
	default:
		return nil, invalid("the target is a time or a snapshot")
	}
	return &pubsubpb.SeekResponse{}, nil
}

// seek makes those messages the backlog that unacked chooses, of what is there, what was retained, and more. Each begins anew, in the
// order in which they were published; what is under way counts no more.
func (sub *subscription) seek(more []kept, unacked func(kept) bool) {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	if sub.closed {
		return
	}
	before := len(sub.msgs)
	all := slices.Concat(more, sub.acked)
	for _, it := range sub.msgs {
		sub.leaveOut(it)
		it.state = gone
		all = append(all, it.kept())
	}
	slices.SortFunc(all, func(a, b kept) int {
		x, y := a.msg.GetMessageId(), b.msg.GetMessageId()
		return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)) // numbers that grow
	})
	all = slices.CompactFunc(all, func(a, b kept) bool { return a.msg.GetMessageId() == b.msg.GetMessageId() })
	sub.msgs, sub.ready, sub.lanes, sub.acked = map[string]*item{}, fifo{}, map[string]*fifo{}, nil
	for _, k := range all {
		switch {
		case !sub.wants(k.msg.GetAttributes()):
		case unacked(k):
			sub.insert(k)
			sub.watchAge(k.since)
		default:
			sub.retain(k)
		}
	}
	if sub.pushes() {
		sub.server.pending.add(len(sub.msgs) - before)
	}
	sub.use()
	sub.rewatchAge()
	sub.move()
}
