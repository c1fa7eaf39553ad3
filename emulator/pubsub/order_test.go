package pubsub_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/pubsub"
)

// Publish times all tie, answers are refused at random, many keys are published at the same time: every key still arrives
// in order, one message at a time, a refused one before its successors.
func TestOrderPerKeyUnderLoadAndRefusals(t *testing.T) {
	const keys, each = 20, 40
	stamp := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	c := start(t, pubsub.Options{PushBackoff: noBackoff, Now: func() time.Time { return stamp }})
	c.topic("events")
	sub := c.push("events-push", "events")
	sub.EnableMessageOrdering = true
	c.subscribe(sub)

	var mu sync.Mutex
	accepted, out := map[string][]string{}, map[string]int{}
	c.endpoint.answers(func(h hit, _ int) int {
		key := h.body.Message.OrderingKey
		mu.Lock()
		out[key]++
		assert.Equal(t, 1, out[key], "one message per key at a time")
		mu.Unlock()
		refuse := rand.IntN(4) == 0
		mu.Lock()
		defer mu.Unlock()
		out[key]--
		if refuse {
			return 503
		}
		accepted[key] = append(accepted[key], h.text())
		return 204
	})
	var publishers sync.WaitGroup
	for k := range keys {
		publishers.Go(func() {
			for i := range each {
				c.publish("events", keyed("key-"+strconv.Itoa(k), fmt.Sprintf("%03d", i)))
			}
		})
	}
	publishers.Wait()
	c.idle()

	mu.Lock()
	defer mu.Unlock()
	require.Len(t, accepted, keys)
	for key, texts := range accepted {
		require.Len(t, texts, each, key)
		assert.IsIncreasing(t, texts, key)
	}
}

func TestOneRequestKeepsItsOrder(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.topic("events")
	sub := c.push("events-push", "events")
	sub.EnableMessageOrdering = true
	c.subscribe(sub)
	var batch []*pubsubpb.PubsubMessage
	var want []string
	for i := range 200 {
		batch = append(batch, keyed("k", strconv.Itoa(i)))
		want = append(want, strconv.Itoa(i))
	}
	_, err := c.client.TopicAdminClient.Publish(c.ctx(), &pubsubpb.PublishRequest{Topic: "projects/p/topics/events", Messages: batch})
	require.NoError(t, err)
	c.idle()
	assert.Equal(t, want, c.endpoint.texts())
}

func TestAKeyThatIsRefusedHoldsNoOtherKeyUp(t *testing.T) {
	c := start(t, pubsub.Options{PushBackoff: noBackoff})
	c.topic("events")
	sub := c.push("events-push", "events")
	sub.EnableMessageOrdering = true
	c.subscribe(sub)
	others := make(chan struct{})
	var mu sync.Mutex
	left := 10
	c.endpoint.answers(func(h hit, _ int) int {
		if h.body.Message.OrderingKey == "stuck" {
			select {
			case <-others:
				return 204
			default:
				return 503
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if left--; left == 0 {
			close(others)
		}
		return 204
	})
	c.publish("events", keyed("stuck", "a"))
	c.publish("events", keyed("stuck", "b"))
	for i := range 5 {
		c.publish("events", keyed("free", strconv.Itoa(i)))
		c.publish("events", text("no key "+strconv.Itoa(i)))
	}
	c.idle()
	var stuck []string
	for _, h := range c.endpoint.got() {
		if h.body.Message.OrderingKey == "stuck" && (len(stuck) == 0 || stuck[len(stuck)-1] != h.text()) {
			stuck = append(stuck, h.text())
		}
	}
	assert.Equal(t, []string{"a", "b"}, stuck)
}

func TestWithoutOrderingAKeyIsDeliveredInParallel(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	both := make(chan struct{})
	var mu sync.Mutex
	out := 0
	c.endpoint.answers(func(hit, int) int {
		mu.Lock()
		if out++; out == 2 {
			close(both)
		}
		mu.Unlock()
		<-both
		return 204
	})
	c.publish("events", keyed("k", "a"))
	c.publish("events", keyed("k", "b"))
	c.idle()
	assert.ElementsMatch(t, []string{"a", "b"}, c.endpoint.texts())
}
