package pubsub_test

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/deskline/deskline/emulator/pubsub"
)

func TestANewSubscriptionBeginsSlowly(t *testing.T) {
	c := start(t, pubsub.Options{Window: 2})
	entered, release := make(chan struct{}, 100), make(chan struct{})
	var inFlight, most atomic.Int32
	c.endpoint.answers(func(hit, int) int {
		n := inFlight.Add(1)
		defer inFlight.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		entered <- struct{}{}
		<-release
		return 204
	})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	for range 30 {
		c.publish("events", text("x"))
	}
	for range 2 {
		<-entered
	}
	assert.EqualValues(t, 2, most.Load(), "nothing was acknowledged yet")
	release <- struct{}{} // one acknowledgement makes room for itself and one more
	for range 2 {
		<-entered
	}
	assert.EqualValues(t, 3, most.Load())
	close(release)
	c.idle()
	assert.Len(t, c.endpoint.got(), 30)
}

func TestRefusalsNarrowTheWindow(t *testing.T) {
	c := start(t, pubsub.Options{Window: 1, PushBackoff: noBackoff})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	for range 20 {
		c.publish("events", text("fine"))
	}
	c.idle()
	entered, release := make(chan struct{}, 100), make(chan struct{})
	c.endpoint.answers(func(h hit, nth int) int {
		if nth == 21 {
			return 429
		}
		if h.text() == "held" {
			entered <- struct{}{}
			<-release
		}
		return 204
	})
	c.publish("events", text("refused once"))
	c.idle() // the refusal narrowed the window from 21 to 1, and the repeat widened it to 2
	for range 10 {
		c.publish("events", text("held"))
	}
	for range 2 {
		<-entered
	}
	assert.Empty(t, entered, "two at a time")
	close(release)
	c.idle()
	assert.Len(t, c.endpoint.got(), 32)
}
