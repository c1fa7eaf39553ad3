package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/deskline/deskline/shared/desk"
)

// words finds words of customers that are lost, doubled, changed, with the wrong contact or out of order. It learns whose interactions
// are whose.
func (r *records) words(written []*word) (f findings) {
	byID := map[string][]desk.Message{}
	for _, m := range r.messages {
		if m.Direction == desk.Inbound {
			byID[m.ProviderID] = append(byID[m.ProviderID], m)
		}
	}
	contacts, customers := map[string]string{}, map[string]string{}
	for _, w := range written {
		kept := byID[w.ID]
		delete(byID, w.ID)
		if len(kept) != 1 {
			f = append(f, violation{Customer: w.Customer.ID, What: fmt.Sprintf("%s is in %d transcripts", quoted(w.Text), len(kept))})
			continue
		}
		m := kept[0]
		r.whose[m.Interaction] = w.Customer.ID
		if m.Text != w.Text {
			f = append(f, violation{Customer: w.Customer.ID, Interaction: m.Interaction, What: quoted(w.Text) + " is kept as " + quoted(m.Text)})
		}
		if _, there := r.interactions[m.Interaction]; !there {
			f = append(f, violation{Customer: w.Customer.ID, Interaction: m.Interaction, What: quoted(w.Text) + " is in no interaction"})
		}
		if c := contacts[w.Customer.ID]; c != "" && c != m.Contact {
			f = append(f, violation{Customer: w.Customer.ID, Interaction: m.Interaction, What: "he is two contacts: " + c + " and " + m.Contact})
		}
		if c := customers[m.Contact]; c != "" && c != w.Customer.ID {
			f = append(f, violation{Customer: w.Customer.ID, Interaction: m.Interaction, What: "he is one contact with " + c})
		}
		contacts[w.Customer.ID], customers[m.Contact] = m.Contact, w.Customer.ID
	}
	for id, i := range r.interactions { // one that an agent opened has no words of its customer's
		r.whose[id] = cmp.Or(r.whose[id], customers[i.Contact])
	}
	for _, list := range byID {
		f.interaction(list[0].Interaction, "nobody wrote %q", list[0].Text)
	}
	return append(f, r.wordOrder(written)...)
}

// wordOrder finds transcripts in which a customer's words are not in the order in which he wrote them.
func (r *records) wordOrder(written []*word) (f findings) {
	nth := map[string]*word{}
	for _, w := range written {
		nth[w.ID] = w
	}
	for id := range r.interactions {
		last := -1
		for _, m := range r.transcript(id) {
			w := nth[m.ProviderID]
			if m.Direction != desk.Inbound || w == nil {
				continue
			}
			if w.Nth < last {
				f = append(f, violation{Customer: w.Customer.ID, Interaction: id, What: quoted(w.Text) + " stands behind a later word"})
			}
			last = w.Nth
		}
	}
	return f
}

// replies finds answers of agents that are lost, reached a customer more than once or the wrong one, or came to another end than they
// show; and messages that nobody wrote.
func (r *records) replies(tried []*reply) (f findings) {
	reached := map[string][]received{} // by text
	for _, m := range r.received {
		reached[m.Text] = append(reached[m.Text], m)
	}
	known := map[string]bool{}
	for _, t := range tried {
		id := desk.SentID(t.Interaction, t.Agent, t.Key)
		m, kept := r.messages[id]
		known[id] = true
		f = append(f, r.fateOf(t, m, kept, reached[t.Text])...)
		delete(reached, t.Text)
	}
	for text, at := range reached {
		if occasionOf(text) != "" {
			continue
		}
		f = append(f, violation{Customer: at[0].Customer, What: "nobody said " + quoted(text)})
	}
	for id, m := range r.messages {
		if m.Direction == desk.Outbound && !known[id] && !notice(m) {
			f.interaction(m.Interaction, "nobody said %q, which is in its transcript", m.Text)
		}
	}
	return append(f, r.replyOrder()...)
}

// fateOf compares what an agent was told, what is on record and what the customers got.
func (r *records) fateOf(t *reply, m desk.Message, kept bool, at []received) (f findings) {
	about := func(format string, args ...any) { f.interaction(t.Interaction, quoted(t.Text)+" "+format, args...) }
	switch {
	case t.Fate == rejected && kept:
		about("was refused and is in the transcript as %s", m.State)
	case t.Fate == accepted && !kept:
		about("was taken and is in no transcript")
	case slices.ContainsFunc(t.IDs, func(id string) bool { return id != m.ID }):
		about("was answered with %v and is %s", t.IDs, m.ID)
	case !kept && len(at) > 0:
		about("is in no transcript and reached %v", at)
	}
	if len(at) > 1 {
		about("reached customers %d times: %v", len(at), at)
	}
	if !kept {
		return f
	}
	if m.Text != t.Text || m.Interaction != t.Interaction || m.Author != t.Agent {
		about("is kept as %q by %s in %s", m.Text, m.Author, m.Interaction)
	}
	return append(f, r.shownAs(t, m, at)...)
}

// shownAs compares the state of a message with what the channel did and told.
func (r *records) shownAs(t *reply, m desk.Message, at []received) (f findings) {
	about := func(format string, args ...any) { f.interaction(t.Interaction, quoted(t.Text)+" "+format, args...) }
	told := untold
	if len(at) > 0 {
		told = at[0].Told
		if whose := r.whose[t.Interaction]; at[0].Customer != whose {
			about("reached %s, not %s", at[0].Customer, whose)
		}
	}
	switch m.State {
	case desk.MessageSent, desk.MessageDelivered, desk.MessageRead:
		if len(at) == 0 {
			about("is shown as %s and did not reach the customer", m.State)
		}
	case desk.MessageFailed:
		if len(at) > 0 {
			about("is shown as failed and reached the customer")
		}
	case desk.MessageUnknown:
		if told != untold {
			about("is shown as unknown, and the channel said that it was %s", told)
		}
	default:
		about("is %s when all is over", m.State)
	}
	if told == string(desk.MessageRead) && r.interactions[m.Interaction].Channel == desk.WhatsApp && m.State != desk.MessageRead {
		about("was read, and is shown as %s", m.State)
	}
	return f
}

// replyOrder finds customers whom the answers of one interaction reached in another order than they were said in. One to which the
// channel gave no answer may be taken at any later time: nobody can wait for that.
func (r *records) replyOrder() (f findings) {
	place := map[string]int{}
	for n, m := range r.received {
		place[m.Text] = n
	}
	for id := range r.interactions {
		said := r.transcript(id)
		said = slices.DeleteFunc(said, func(m desk.Message) bool { return m.Direction != desk.Outbound || notice(m) || r.doubted[m.ID] })
		slices.SortFunc(said, func(a, b desk.Message) int { return int(a.Seq - b.Seq) })
		last := -1
		for _, m := range said {
			at, there := place[m.Text]
			if there && at < last {
				f.interaction(id, "%q reached the customer before what was said before it", m.Text)
			}
			if there {
				last = at
			}
		}
	}
	return f
}
