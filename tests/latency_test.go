package tests

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/tests/floor"
)

// BenchmarkMessageToOffer measures how long it takes from the moment a customer's signed webhook is sent until the offer
// is on the agent's feed, one conversation at a time, all over HTTP:
//
//	go test ./tests -run '^$' -bench MessageToOffer -benchtime 200x
func BenchmarkMessageToOffer(b *testing.B) {
	c := floor.Open(b)
	ana, lea := c.Agent("ana").SignsIn(), c.Customer("lea")
	offers := make(chan api.Offer, 1)
	go func() {
		_ = ana.Desktop.Listen(c.Context(), "", func(e desktop.Event) error { // ends with the floor
			var o api.Offer
			if e.Type == "offer" && json.Unmarshal(e.Data, &o) == nil && o.State == api.OfferStatePending {
				offers <- o
			}
			return nil
		})
	}()
	var took []time.Duration
	serve := func() time.Duration {
		began := time.Now()
		lea.Writes("hola")
		o := <-offers
		d := time.Since(began)
		_, err := ana.Desktop.Accept(c.Context(), o.ID)
		require.NoError(b, err)
		ana.Ends(o.Interaction)
		ana.WrapsUp(o.Interaction, floor.Question)
		c.Settle()
		return d
	}
	for range 20 {
		serve()
	}
	for b.Loop() {
		took = append(took, serve())
	}
	slices.Sort(took)
	at := func(q float64) float64 {
		return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.5), "ms-median")
	b.ReportMetric(at(0.99), "ms-p99")
	b.ReportMetric(at(1), "ms-max")
}

// How long Meta waits for the 200 when two batches of a thousand messages come in one call.
func BenchmarkTwoBatchesInOneCall(b *testing.B) {
	c := floor.Open(b)
	body := batches(2, 1000, 25)
	signed := floor.Signed(body, suite.AppSecret)
	for b.Loop() {
		if answer := c.Posts(body, signed); answer.Status != 200 {
			b.Fatal(answer.Status, answer.Body)
		}
		b.StopTimer()
		atRest(c)
		b.StartTimer()
	}
}
