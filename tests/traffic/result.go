package traffic

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/deskline/deskline/emulator/meter"
)

// Result is how a day was.
type Result struct {
	Options Options // with what was filled in

	Planned, Begun, Done, Failed int           // conversations
	Took                         time.Duration // from when the first could come until the last was over

	Webhook Waits // from when a customer was to write until the webhook answered
	Offer   Waits // from when the customer was to write until the offer was on an agent's feed
	Accept  Waits // from the offer on the feed until the acceptance was answered
	Send    Waits // from when an agent sent until the channel had the message
	Whole   Waits // from when the customer was to write until the conversation had left the agent's desktop

	// Computed is how long processors were busy with all of it, the customers' and agents' part included. Unlike the waits it hardly
	// depends on what else the machine does. It is zero where the system does not tell, and without functions in processes of their own.
	Computed time.Duration

	Errors map[string]int // how often each came
	Bill   meter.Bill     // of all conversations and of the desktops meanwhile
}

// Rate is how many conversations a second were served.
func (r Result) Rate() float64 { return float64(r.Done) / r.Took.Seconds() }

// result puts together what was measured, and what customers received of what was sent.
func (d *day) result(planned int, took time.Duration) Result {
	d.delivered()
	p := d.log.progress()
	r := Result{Options: d.options, Planned: planned, Begun: p.Begun, Done: p.Done, Failed: p.Failed, Took: took,
		Webhook: d.log.webhook.take(), Offer: d.log.offer.take(), Accept: d.log.accept.take(), Send: d.log.send.take(),
		Whole: d.log.whole.take(), Bill: d.suite.Meter.Report(0).Total}
	d.log.mu.Lock()
	defer d.log.mu.Unlock()
	r.Errors = maps.Clone(d.log.errors)
	return r
}

// delivered compares what was sent with what the channels have: each answer once.
func (d *day) delivered() {
	d.log.mu.Lock()
	answers := d.log.answers
	d.log.answers = nil
	d.log.mu.Unlock()
	times := map[string]int{}
	arrives := func(text string, at time.Time) {
		if sent, ours := answers[text]; ours {
			if times[text]++; times[text] == 1 {
				d.log.send.add(at.Sub(sent))
			}
		}
	}
	for _, m := range d.number.Sent() {
		arrives(m.Text, m.At)
	}
	for _, m := range d.page.Sent() {
		arrives(m.Text, m.At)
	}
	for text := range answers {
		switch {
		case times[text] == 0:
			d.log.fails("an answer never came to the customer")
		case times[text] > 1:
			d.log.fails("an answer came to the customer more than once")
		}
	}
}

// address is a customer's, which is a phone number as well as a user ID.
func (d *day) address(key string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key)) // never fails
	return fmt.Sprintf("34%013d", h.Sum64()%1e13)
}

// Write writes the result as a table for people.
func (r Result) Write(w io.Writer) error {
	var t bytes.Buffer
	fmt.Fprintf(&t, "%g conversations/s for %s by %s, %d messages each way, %d agents, seed %d\n", r.Options.Rate, r.Options.For,
		r.Options.Channel, r.Options.Messages, r.Options.Agents, r.Options.Seed)
	fmt.Fprintf(&t, "%-34s%8s%12s%12s%12s%12s\n", "", "count", "p50 ms", "p90 ms", "p99 ms", "max ms")
	for _, line := range []struct {
		name  string
		waits Waits
	}{
		{"webhook answered", r.Webhook},
		{"message in to offer on the feed", r.Offer},
		{"accept answered", r.Accept},
		{"send to customer's phone", r.Send},
		{"whole conversation", r.Whole},
	} {
		fmt.Fprintf(&t, "%-34s%8d%12s%12s%12s%12s\n", line.name, len(line.waits), ms(line.waits.At(0.5)), ms(line.waits.At(0.9)),
			ms(line.waits.At(0.99)), ms(line.waits.At(1)))
	}
	fmt.Fprintf(&t, "%d of %d conversations done in %.1f s, %.1f/s; %s\n", r.Done, r.Begun, r.Took.Seconds(), r.Rate(), r.errors())
	if r.Done > 0 {
		each := func(n int64) float64 { return float64(n) / float64(r.Done) }
		fmt.Fprintf(&t, "each with its share of the desktops: %.1f writes, %.1f reads, %.1f messages, %.1f tasks, %.4f US cents; %s ms computing\n",
			each(r.Bill.Writes), each(r.Bill.Reads), each(r.Bill.Messages), each(r.Bill.Tasks), r.Bill.Cents/float64(r.Done),
			ms(r.Computed/time.Duration(r.Done)))
	}
	_, err := t.WriteTo(w)
	return err
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000) }

// errors are what went wrong, in one line.
func (r Result) errors() string {
	if len(r.Errors) == 0 {
		return "no errors"
	}
	var list []string
	for _, code := range slices.Sorted(maps.Keys(r.Errors)) {
		list = append(list, fmt.Sprintf("%d x %s", r.Errors[code], code))
	}
	return "errors: " + strings.Join(list, ", ")
}

// Err is nil when every conversation that began was served and nothing went wrong.
func (r Result) Err() error {
	if r.Done == r.Begun && len(r.Errors) == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d conversations were not served; %s", r.Begun-r.Done, r.Begun, r.errors())
}
