package pubsub_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	gpubsub "cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/pubsub"
)

func trivialEndpoint(b *testing.B, arrived func()) *httptest.Server {
	e := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		arrived()
		w.WriteHeader(http.StatusNoContent)
	}))
	b.Cleanup(e.Close)
	return e
}

func benchSuite(b *testing.B, arrived func(), ordered bool) *suite {
	c := start(b, pubsub.Options{})
	c.topic("events")
	sub := c.push("events-push", "events")
	sub.PushConfig.PushEndpoint = trivialEndpoint(b, arrived).URL
	sub.EnableMessageOrdering = ordered
	c.subscribe(sub)
	return c
}

// BenchmarkLatency is the time from the call of Publish to the arrival of the push request, one message at a time.
func BenchmarkLatency(b *testing.B) {
	arrived := make(chan struct{}, 1)
	c := benchSuite(b, func() { arrived <- struct{}{} }, false)
	req := &pubsubpb.PublishRequest{Topic: "projects/p/topics/events", Messages: []*pubsubpb.PubsubMessage{text("hello")}}
	for b.Loop() {
		_, err := c.client.TopicAdminClient.Publish(context.Background(), req)
		require.NoError(b, err)
		<-arrived
	}
}

// BenchmarkThroughput publishes with the client's batching and ends when everything is acknowledged.
func BenchmarkThroughput(b *testing.B) {
	for name, ordered := range map[string]bool{"unordered": false, "1000 keys": true} {
		b.Run(name, func(b *testing.B) {
			c := benchSuite(b, func() {}, ordered)
			p := c.client.Publisher("events")
			p.PublishSettings.DelayThreshold = time.Millisecond
			p.EnableMessageOrdering = ordered
			defer p.Stop()
			b.ResetTimer() // not b.Loop, which stops the clock before Idle
			for i := range b.N {
				m := &gpubsub.Message{Data: []byte(`{"interaction":"0190a1b2"}`)}
				if ordered {
					m.OrderingKey = strconv.Itoa(i % 1000)
				}
				p.Publish(context.Background(), m)
			}
			p.Flush()
			require.NoError(b, c.server.Idle(context.Background()))
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
