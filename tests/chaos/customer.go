package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/shared/desk"
)

// word is one message of a customer's.
type word struct {
	Customer *customer
	Text     string
	Nth      int    // of the customer's words, from 0
	ID       string // the channel's
	at       time.Time
	again    bool // the channel posts it twice
}

// customer writes what he has to say, now and then several words at once.
type customer struct {
	ID      string // phone number, or page-scoped ID
	Channel desk.Channel
	before  []*word         // on the day before
	words   map[int][]*word // by tick
}

const (
	burst  = .15 // how likely a word comes with another one at the same time
	repost = .03 // how likely the channel posts a word a second time
	hurry  = .1  // how likely a word says that it is urgent
)

// crowd are the customers who come conversations times in all, some of them more than once, within so many ticks, and so many of them on the
// day before as well; and how many ticks it takes until all is said.
func crowd(conversations, before, within int, dice *rand.Rand) ([]*customer, int) {
	list := make([]*customer, max(1, conversations*2/3))
	for n := range list {
		list[n] = &customer{ID: fmt.Sprintf("34611%06d", n+1), Channel: desk.WhatsApp, words: map[int][]*word{}}
		if n%2 == 1 {
			list[n].ID, list[n].Channel = fmt.Sprintf("7000000000%06d", n+1), desk.Messenger
		}
		if n < before {
			list[n].before = []*word{{Customer: list[n]}}
		}
	}
	last := 0
	for range conversations {
		c, tick := list[dice.IntN(len(list))], dice.IntN(max(1, within))
		for range 1 + dice.IntN(4) {
			for c.words[tick] != nil || c.words[tick-1] != nil || c.words[tick+1] != nil {
				tick++
			}
			c.words[tick] = []*word{{Customer: c}}
			if dice.Float64() < burst {
				c.words[tick] = append(c.words[tick], &word{Customer: c})
			}
			last = max(last, tick+1)
			tick += 2 + dice.IntN(12)
		}
	}
	for _, c := range list {
		c.number(last, dice)
	}
	return list, last
}

// number says what his words are, in their order.
func (c *customer) number(last int, dice *rand.Rand) {
	nth := 0
	say := func(w *word) {
		w.Nth, w.Text, w.ID = nth, fmt.Sprintf("word %d of %s", nth, c.ID), fmt.Sprintf("%s.%s.%d", c.Channel, c.ID, nth)
		if dice.Float64() < hurry {
			w.Text = "urgent " + w.Text
		}
		w.again = dice.Float64() < repost
		nth++
	}
	for _, w := range c.before {
		say(w)
	}
	for tick := range last {
		for _, w := range c.words[tick] {
			say(w)
		}
	}
}

// writes sends a word, the nth of those he sends at once. Its time is a second after that of the one before, for WhatsApp tells no less.
// The channel calls the webhook until it takes it, whatever the first call brings.
func (c *customer) writes(w *world, said *word, nth int) {
	w.wrote(said)
	var receipt graph.Receipt
	var err error
	at := said.at.Add(time.Duration(nth) * time.Second)
	switch c.Channel {
	case desk.WhatsApp:
		who := graph.Customer{Phone: c.ID, Name: "Customer " + c.ID}
		receipt, err = w.number.Receive(who, graph.Inbound{Text: said.Text, ID: said.ID, At: at})
		if said.again {
			_, _ = w.number.Repost(said.ID) // which is tried again like the first
		}
	default:
		receipt, err = w.page.Receive(graph.Event{From: c.ID, Text: said.Text, ID: said.ID, At: at})
		if said.again {
			_, _ = w.page.Repost(said.ID)
		}
	}
	if receipt.ID == "" {
		w.violated(violation{Customer: c.ID, What: fmt.Sprintf("%s cannot be written: %v", quoted(said.Text), err)})
	}
}
