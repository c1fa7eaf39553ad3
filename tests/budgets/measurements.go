package main

import (
	"context"
	"fmt"
	"time"

	"github.com/deskline/deskline/tests/traffic"
)

// measurement is one thing to do that shows some lines.
type measurement struct {
	name string
	run  func(context.Context) ([]line, error)
}

// measurements are all of them, in the design's order.
var measurements = []measurement{
	{"webhooks", webhooks},
	{"offers", offers},
	{"conversations sustained", sustained},
	{"claims", claims},
	{"shift", shift},
	{"drain", drain},
	{"match", match},
	{"expiry", expiry},
	{"cost", cost},
	{"start", start},
	{"feeds", feeds},
}

// failed says in a line's name that not all went well, in a centre that got more than it could do.
func failed(r traffic.Result) string {
	if r.Err() == nil {
		return ""
	}
	return fmt.Sprintf(" (%d of %d failed)", r.Begun-r.Done, r.Begun)
}

// patience is how long a conversation may take in a centre that gets more than it can do.
const patience = 2 * time.Minute

func webhooks(ctx context.Context) ([]line, error) {
	r, err := traffic.Run(ctx, traffic.Options{Rate: 500, For: 6 * time.Second, Alone: true, Patience: patience})
	return []line{{what: "webhook in → 200, p99 at 500/s" + failed(r), budget: 25, measured: ms(r.Webhook.At(0.99)), unit: "ms"}}, err
}

func offers(ctx context.Context) ([]line, error) {
	r, err := traffic.Run(ctx, traffic.Options{Rate: 100, For: 15 * time.Second, Patience: patience})
	return []line{{what: "webhook in → offer on the feed, p99 at 100 conversations/s" + failed(r), budget: 60, measured: ms(r.Offer.At(0.99)), unit: "ms"}}, err
}

// atOnce keeps two processors busy and is no more than they can do.
const atOnce = 48

// sustained: as many conversations as can be had, each offered, accepted, ended and wrapped up.
func sustained(ctx context.Context) ([]line, error) {
	r, err := traffic.Run(ctx, traffic.Options{Rate: 1000, For: 8 * time.Second, AtOnce: atOnce, Agents: 100, Patience: patience})
	return []line{{what: "conversations offered, accepted, ended and wrapped up" + failed(r), budget: 300, measured: r.Rate(), unit: "/s", atLeast: true}}, err
}

// cost: one desktop, and one conversation after the other.
func cost(ctx context.Context) ([]line, error) {
	r, err := traffic.Run(ctx, traffic.Options{Rate: 0.5, For: 8 * time.Second, Messages: 3, Agents: 1, Seed: 4, Patience: patience})
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		return nil, err
	}
	each := func(n int64) float64 { return float64(n) / float64(r.Done) }
	return []line{
		{what: "one WhatsApp conversation, 3 messages each way", budget: 40, measured: each(r.Bill.Writes), unit: "writes"},
		{what: "", budget: 85, measured: each(r.Bill.Reads), unit: "reads"},
		{what: "", budget: 24, measured: each(r.Bill.Messages), unit: "messages"},
	}, nil
}
