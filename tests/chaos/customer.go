package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/shared/desk"
)

// word is one message of a customer's.
type word struct {
	Customer *customer
	Text     string
	Nth      int    // of the customer's words, from 0
	ID       string // the channel's
}

// customer writes what he has to say, one word a tick at most.
type customer struct {
	ID      string // phone number, or page-scoped ID
	Channel desk.Channel
	words   map[int]*word // by tick
}

// crowd are the customers who come conversations times in all, some of them more than once, within so many ticks; and how many ticks
// it takes until all is said.
func crowd(conversations, within int, dice *rand.Rand) ([]*customer, int) {
	list := make([]*customer, max(1, conversations*2/3))
	for n := range list {
		list[n] = &customer{ID: fmt.Sprintf("34611%06d", n+1), Channel: desk.WhatsApp, words: map[int]*word{}}
		if n%2 == 1 {
			list[n].ID, list[n].Channel = fmt.Sprintf("7000000000%06d", n+1), desk.Messenger
		}
	}
	last := 0
	for range conversations {
		c, tick := list[dice.IntN(len(list))], dice.IntN(max(1, within))
		for range 1 + dice.IntN(4) {
			for c.words[tick] != nil {
				tick++
			}
			c.words[tick] = &word{Customer: c}
			last = max(last, tick+1)
			tick += 1 + dice.IntN(12)
		}
	}
	for _, c := range list {
		nth := 0
		for tick := range last {
			if w := c.words[tick]; w != nil {
				w.Nth, w.Text, w.ID = nth, fmt.Sprintf("word %d of %s", nth, c.ID), fmt.Sprintf("%s.%s.%d", c.Channel, c.ID, nth)
				nth++
			}
		}
	}
	return list, last
}

// writes sends what is due. The channel calls the webhook until it takes it, whatever the first call brings.
func (c *customer) writes(w *world, tick int) error {
	said := c.words[tick]
	if said == nil {
		return nil
	}
	w.wrote(said)
	var receipt graph.Receipt
	var err error
	at := w.suite.Clock.Now()
	switch c.Channel {
	case desk.WhatsApp:
		who := graph.Customer{Phone: c.ID, Name: "Customer " + c.ID}
		receipt, err = w.number.Receive(who, graph.Inbound{Text: said.Text, ID: said.ID, At: at})
	default:
		receipt, err = w.page.Receive(graph.Event{From: c.ID, Text: said.Text, ID: said.ID, At: at})
	}
	if receipt.ID == "" {
		return fmt.Errorf("%s cannot write: %w", c.ID, err)
	}
	return nil
}
