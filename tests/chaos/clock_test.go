package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/deskline/deskline/shared/desk"
)

// What the clock does too early, what customers are told otherwise than they should be and what follows an end wrongly is found. Each
// case spoils a good day in one way.
func TestViolationsOfTheClockAndOfTextsAreFound(t *testing.T) {
	at := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	interaction := func(r *records, change func(*desk.Interaction)) {
		i := r.interactions["i"]
		change(&i)
		r.interactions["i"] = i
	}
	add := func(r *records, events ...desk.Entry) {
		interaction(r, func(i *desk.Interaction) {
			for _, e := range events {
				i.History.Last++
				e.Seq = i.History.Last
				i.History.Entries = append(i.History.Entries, e)
			}
		})
	}
	tell := func(r *records, id, text string) {
		r.messages[id] = desk.Message{Head: desk.Head{ID: id}, Interaction: "i", Direction: desk.Outbound, Kind: desk.SystemMessage,
			Text: text, State: desk.MessageRead, Seq: 9}
		r.received = append(r.received, received{"34611000001", text, "read"})
	}
	inactive := func(r *records, answered, warned, closed time.Time) {
		interaction(r, func(i *desk.Interaction) {
			i.CloseReason, i.AnsweredAt, i.ClosedAt = desk.ClosedInactive, answered, closed
		})
		add(r, desk.Entry{Event: desk.EventWarned, At: warned})
	}
	for want, spoil := range map[string]func(r *records){
		"the wrap-up of leg 1 was owed from 08:59:00.000 and settled by itself at 08:59:39.000": func(r *records) {
			interaction(r, func(i *desk.Interaction) {
				i.Legs[0].WrapUp = desk.WrapUp{State: desk.WrapUpAutomatic, At: i.Legs[0].To.Add(39 * time.Second)}
			})
		},
		"1 of its wrap-ups settled by themselves, and its history says so 0 times": func(r *records) {
			interaction(r, func(i *desk.Interaction) {
				i.Legs[0].WrapUp = desk.WrapUp{State: desk.WrapUpAutomatic, At: i.Legs[0].To.Add(time.Minute)}
			})
		},
		"it was answered at 09:00:00.000, its customer was warned at 09:00:39.000, and it closed as inactive at 09:02:00.000": func(r *records) {
			inactive(r, at, at.Add(39*time.Second), at.Add(2*time.Minute))
		},
		"it was answered at 09:00:00.000, its customer was warned at 09:00:40.000, and it closed as inactive at 09:01:09.000": func(r *records) {
			inactive(r, at, at.Add(40*time.Second), at.Add(69*time.Second))
		},
		`it closed as inactive, and nothing reached its customer since he wrote "¿hay?"`: func(r *records) {
			inactive(r, at, at.Add(time.Minute), at.Add(2*time.Minute))
			m := r.messages["m1"]
			m.Seq = 8
			r.messages["m1"] = m
		},
		"it closed as inactive, and nothing ever reached its customer": func(r *records) {
			inactive(r, at, at.Add(time.Minute), at.Add(2*time.Minute))
			for id, m := range r.messages {
				if m.Author != "" || m.Direction == desk.Inbound {
					delete(r.messages, id)
				}
			}
		},
		`its customer is told "greeting" 2 times, and that is due 1 times`: func(r *records) { tell(r, "x", "care: greeting") },
		`its customer is told "ended" 0 times, and that is due 1 times`:    func(r *records) { delete(r.messages, "ended") },
		`its customer is told "warning" 1 times, and that is due 0 times`:  func(r *records) { tell(r, "x", "sales: warning") },
		`its customer is told "joined" 0 times, and that is due 1 times`:   func(r *records) { add(r, desk.Entry{Event: desk.EventJoined}) },
		`its customer is told "greeting" 0 times, and that is due 1 times`: func(r *records) {
			delete(r.messages, "greeting")
			delete(r.messages, desk.SentID("i", "a01", "key-0001")) // no agent said anything before
		},
		`no queue tells "boo"`: func(r *records) { tell(r, "x", "boo") },
		`"sales: ended" is pending when all is over`: func(r *records) {
			m := r.messages["ended"]
			m.State = desk.MessagePending
			r.messages["ended"] = m
		},
		"“sales: ended” reached him otherwise than his transcripts say": func(r *records) {
			r.received = append(r.received, received{"34611000001", "sales: ended", "read"})
		},
		`"¿hay?" came after its end, and is in "j"`: func(r *records) {
			interaction(r, func(i *desk.Interaction) { i.Afterword = "m1" })
			m := r.messages["m1"]
			m.Interaction = "j"
			r.messages["m1"] = m
		},
		`2 words came after its end, and it knows of "m1"`: func(r *records) {
			interaction(r, func(i *desk.Interaction) { i.Afterword = "m1" })
			add(r, desk.Entry{Event: desk.EventAfterword}, desk.Entry{Event: desk.EventAfterword})
		},
		`"j" follows it, which is none of its customer's`: func(r *records) {
			interaction(r, func(i *desk.Interaction) { i.FollowedBy = "j" })
		},
		"it was reopened 1 times, and j follows it": func(r *records) {
			r.interactions["j"] = desk.Interaction{Head: desk.Head{ID: "j"}, Contact: "c", OpenedAt: at}
			interaction(r, func(i *desk.Interaction) { i.FollowedBy = "j" })
			add(r, desk.Entry{Event: desk.EventReopened})
		},
	} {
		t.Run(want, func(t *testing.T) {
			r, words, replies, past := day()
			spoil(r)
			assert.Contains(t, inspected(r, words, replies, past), want)
		})
	}
}

func TestTheTextsOfTheCentre(t *testing.T) {
	file := string(centreOf(3, "{}", rand.New(rand.NewPCG(1, 1))))
	for _, queue := range []string{"sales", "care", "spare"} {
		for _, on := range desk.TextKinds() {
			assert.Contains(t, file, string(on)+`: "`+textOf(queue, on)+`"`)
			assert.Equal(t, on, occasionOf(textOf(queue, on)))
		}
	}
	assert.Empty(t, occasionOf("hola"))
}

// Answers reach a customer in the order in which they were said, except one of which nobody knew for a while whether the channel had it.
func TestTheOrderOfAnswers(t *testing.T) {
	said := func(doubted bool) []string {
		r, words, replies, past := day()
		later := &reply{Agent: "a01", Interaction: "i", Key: "key-0002", Text: "bye", Fate: accepted}
		id := desk.SentID("i", "a01", "key-0002")
		r.messages[id] = desk.Message{Head: desk.Head{ID: id}, Interaction: "i", Direction: desk.Outbound, Author: "a01", Text: "bye", State: desk.MessageRead, Seq: 9}
		r.received = append([]received{{"34611000001", "bye", "read"}}, r.received...)
		r.doubted = map[string]bool{desk.SentID("i", "a01", "key-0001"): doubted}
		past.records["messages"][id] = []version{{N: 1, State: "pending", About: "i"}, {N: 2, State: "read", About: "i"}}
		return inspected(r, words, append(replies, later), past)
	}
	assert.Equal(t, []string{`"bye" reached the customer before what was said before it`}, said(false))
	assert.Empty(t, said(true))
	past := newTrail()
	past.records["messages"]["x"] = []version{{N: 1, State: "sending"}, {N: 2, State: "unknown"}, {N: 3, State: "read"}}
	past.records["messages"]["y"] = []version{{N: 1, State: "sending"}, {N: 2, State: "read"}}
	assert.Equal(t, map[string]bool{"x": true, "y": false}, past.doubted())
}
