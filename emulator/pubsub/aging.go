package pubsub

import (
	"slices"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

// Messages that nobody acknowledged are dropped when the subscription's retention is over, and a subscription that nobody
// uses is deleted when its expiration policy says so. Both wait for the clock: one timer each per subscription, whatever the
// number of messages.

// retention is how long a message stays: as long as the subscription says, and its topic at least. The caller holds mu.
func (sub *subscription) retention() time.Duration {
	own := defaultRetention
	if d := sub.conf.GetMessageRetentionDuration(); d != nil {
		own = d.AsDuration()
	}
	return max(own, sub.conf.GetTopicMessageRetentionDuration().AsDuration())
}

// watchAge sees to it that messages are dropped in time. The caller holds mu.
func (sub *subscription) watchAge(since time.Time) {
	if sub.aging == nil && !sub.closed {
		sub.aging = sub.server.clock.At(since.Add(sub.retention()), sub.dropOld)
	}
}

// dropOld drops the messages whose retention is over and waits for the next.
func (sub *subscription) dropOld() {
	for _, e := range sub.takeOld() {
		sub.server.observe(e)
	}
}

func (sub *subscription) takeOld() (dropped []Event) {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	sub.aging = nil
	if sub.closed {
		return nil
	}
	var oldest time.Time
	limit := sub.server.clock.Now().Add(-sub.retention())
	older := func(since time.Time) {
		if oldest.IsZero() || since.Before(oldest) {
			oldest = since
		}
	}
	for _, it := range sub.msgs {
		if !it.since.After(limit) {
			dropped = append(dropped, it.event(Dropped, it.topic, sub.name, it.attempt))
			sub.accept(it)
		} else {
			older(it.since)
		}
	}
	sub.acked = slices.DeleteFunc(sub.acked, func(k kept) bool { return !k.since.After(limit) })
	for _, k := range sub.acked {
		older(k.since)
	}
	if !oldest.IsZero() {
		sub.watchAge(oldest)
	}
	sub.move()
	return dropped
}

// rewatchAge follows a change of the retention. The caller holds mu.
func (sub *subscription) rewatchAge() {
	if sub.aging != nil {
		sub.aging()
		sub.aging = nil
		sub.watchAge(sub.server.clock.Now().Add(-sub.retention())) // looks at once, and then in time
	}
}

// lifetime is how long the subscription lives unused; zero is for ever. The caller holds mu.
func (sub *subscription) lifetime() time.Duration {
	p := sub.conf.GetExpirationPolicy()
	if p == nil {
		return defaultLifetime
	}
	return p.GetTtl().AsDuration()
}

// use notes that somebody consumes messages or changes the subscription. The caller holds mu.
func (sub *subscription) use() { sub.used = sub.server.clock.Now() }

// watchUse has the subscription deleted when it has not been used for its lifetime. The caller holds mu.
func (sub *subscription) watchUse() {
	if sub.unused != nil {
		sub.unused()
		sub.unused = nil
	}
	if ttl := sub.lifetime(); ttl > 0 && !sub.closed {
		sub.unused = sub.server.clock.At(sub.used.Add(ttl), sub.expireUnused)
	}
}

// expireUnused deletes the subscription unless it was used meanwhile.
func (sub *subscription) expireUnused() {
	sub.mu.Lock()
	sub.unused = nil
	if sub.streams > 0 {
		sub.use()
	}
	ttl := sub.lifetime()
	over := !sub.closed && ttl > 0 && !sub.server.clock.Now().Before(sub.used.Add(ttl))
	if !over {
		sub.watchUse()
	}
	sub.mu.Unlock()
	if over {
		sub.server.forget(sub)
	}
}

// forget takes a subscription out of the server, if it is still the one of its name, and ends it.
func (s *Server) forget(sub *subscription) {
	s.mu.Lock()
	if s.subs[sub.name] == sub {
		delete(s.subs, sub.name)
		if t := s.topics[sub.config().GetTopic()]; t != nil {
			t.detach(sub)
		}
	}
	s.mu.Unlock()
	sub.close(true)
}

func checkExpiration(p *pubsubpb.ExpirationPolicy) error {
	if ttl := p.GetTtl(); ttl != nil && ttl.AsDuration() < minLifetime {
		return invalid("expiration_policy.ttl is %s, it must be at least %s", ttl.AsDuration(), minLifetime)
	}
	return nil
}
