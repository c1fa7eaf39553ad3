package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/deskline/deskline/shared/desk"
)

// day is a world in which all went well: Lea wrote and was answered, and that was all.
func day() (*records, []*word, []*reply, *trail) {
	at := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	said := &reply{Agent: "a01", Interaction: "i", Key: "key-0001", Text: "answer", Fate: accepted}
	id := desk.SentID("i", "a01", "key-0001")
	said.IDs = []string{id}
	lea := &word{Customer: &customer{ID: "34611000001"}, Text: "hola", ID: "w0"}
	more := &word{Customer: lea.Customer, Text: "¿hay?", ID: "w1", Nth: 1}
	var entries []desk.Entry
	for n, event := range []string{"opened", "offered", "accepted", "ended", "wrapped_up", "closed"} {
		entries = append(entries, desk.Entry{Seq: int64(n + 1), Event: event})
	}
	r := &records{
		whose:  map[string]string{},
		agents: map[string]desk.Agent{"a01": {Head: desk.Head{ID: "a01"}, State: desk.AgentAvailable, Capacity: 2, Teams: []string{"sales"}, Serves: []string{"t"}, Takes: []string{"t"}}},
		interactions: map[string]desk.Interaction{"i": {Head: desk.Head{ID: "i"}, State: desk.InteractionClosed, Channel: desk.WhatsApp, Queue: "sales",
			CloseReason: desk.ClosedEnded, ClosedAt: at, Contact: "c", Legs: []desk.Leg{{Agent: "a01", To: at.Add(-time.Minute)}}, History: desk.History{Entries: entries, Last: 6}}},
		offers: map[string]desk.Offer{"o": {Head: desk.Head{ID: "o"}, State: desk.OfferAccepted, Agent: "a01", Interaction: "i"}},
		messages: map[string]desk.Message{
			"m0": {Head: desk.Head{ID: "m0"}, Interaction: "i", Contact: "c", Direction: desk.Inbound, ProviderID: "w0", Text: "hola", At: at, Seq: 1},
			"m1": {Head: desk.Head{ID: "m1"}, Interaction: "i", Contact: "c", Direction: desk.Inbound, ProviderID: "w1", Text: "¿hay?", At: at.Add(time.Second), Seq: 2},
			id:   {Head: desk.Head{ID: id}, Interaction: "i", Direction: desk.Outbound, Author: "a01", Text: "answer", State: desk.MessageRead, At: at, Seq: 3},
		},
		received: []received{{"34611000001", "sales: greeting", "read"}, {"34611000001", "answer", "read"}, {"34611000001", "sales: ended", "read"}},
	}
	for n, on := range []desk.TextKind{desk.TextGreeting, desk.TextEnded} {
		told := desk.Message{Head: desk.Head{ID: string(on)}, Interaction: "i", Direction: desk.Outbound, Kind: desk.SystemMessage,
			Text: textOf("sales", on), State: desk.MessageRead, At: at.Add(time.Minute), Seq: int64(4 + n)}
		r.messages[told.ID] = told
	}
	past := newTrail()
	when := func(n int) time.Time { return at.Add(time.Duration(n) * time.Second) }
	past.records["agents"]["a01"] = []version{{N: 1, At: when(0), State: "available", Room: 2}, {N: 2, At: when(1), State: "available", Room: 2, Offer: "o"}}
	past.records["offers"]["o"] = []version{{N: 1, At: when(1), State: "pending", Agent: "a01", About: "i"}, {N: 2, At: when(2), State: "accepted", Agent: "a01", About: "i"}}
	past.records["interactions"]["i"] = []version{{N: 1, State: "queued"}, {N: 2, State: "offered"}, {N: 3, State: "active", Owner: "a01", Seats: 1}, {N: 4, State: "wrapup"}, {N: 5, State: "closed"}}
	past.records["messages"][id] = []version{{N: 1, State: "pending", About: "i"}, {N: 2, State: "sending", About: "i"}, {N: 3, State: "read", About: "i"}}
	return r, []*word{lea, more}, []*reply{said}, past
}

// inspected are the violations found in a day, in no order.
func inspected(r *records, words []*word, replies []*reply, past *trail) (list []string) {
	f := append(r.agree(), r.nobodyWaits(time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC))...)
	f = append(append(f, r.closed()...), r.histories()...)
	f = append(append(f, r.owed(time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC))...), r.unexplained(true)...)
	f = append(append(f, r.words(words)...), r.replies(replies)...)
	f = append(append(append(f, r.told(true)...), r.clocked()...), r.followed()...)
	for _, v := range append(f, past.check()...) {
		list = append(list, v.What)
	}
	return list
}

func TestADayOnWhichAllWentWell(t *testing.T) {
	assert.Empty(t, inspected(day()))
}

// A customer to whom an agent writes by himself is told of the end when he has said a word before it, not when he says one after it.
func TestTheEndIsToldToWhoHasSaidAWord(t *testing.T) {
	begun := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	after := func(d time.Duration, event string) desk.Entry { return desk.Entry{At: begun.Add(d), Event: event} }
	i := desk.Interaction{Head: desk.Head{ID: "i"}, Direction: desk.Outbound, OpenedAt: begun, CloseReason: desk.ClosedEnded, ClosedAt: begun.Add(3 * time.Hour),
		History: desk.History{Last: 3, Entries: []desk.Entry{after(0, desk.EventStarted), after(time.Hour, desk.EventEnded), after(3*time.Hour, desk.EventClosed)}}}
	for word, owed := range map[time.Duration]bool{30 * time.Minute: true, 2 * time.Hour: false, 4 * time.Hour: false} {
		r := &records{messages: map[string]desk.Message{"m": {Interaction: "i", Direction: desk.Inbound, ReceivedAt: begun.Add(word)}}}
		assert.Equal(t, owed, len(r.owedTexts(i, nil, 0, true)) == 1, "he says it after %s", word)
		assert.Empty(t, r.owedTexts(i, map[desk.TextKind]int{desk.TextEnded: 1}, 0, true), "he says it after %s, and is told", word)
	}
}

// What must never be is found. Each case spoils a good day in one way.
func TestViolationsAreFound(t *testing.T) {
	id := desk.SentID("i", "a01", "key-0001")
	interaction := func(r *records, change func(*desk.Interaction)) {
		i := r.interactions["i"]
		change(&i)
		r.interactions["i"] = i
	}
	agent := func(r *records, change func(*desk.Agent)) { a := r.agents["a01"]; change(&a); r.agents["a01"] = a }
	message := func(r *records, id string, change func(*desk.Message)) {
		m := r.messages[id]
		change(&m)
		r.messages[id] = m
	}
	for want, spoil := range map[string]func(r *records, said *reply, past *trail){
		"“hola” is in 0 transcripts":  func(r *records, _ *reply, _ *trail) { delete(r.messages, "m0") },
		"“hola” is in 2 transcripts":  func(r *records, _ *reply, _ *trail) { m := r.messages["m0"]; m.ID = "m9"; r.messages["m9"] = m },
		"“hola” is kept as “adiós”":   func(r *records, _ *reply, _ *trail) { message(r, "m0", func(m *desk.Message) { m.Text = "adiós" }) },
		"he is two contacts: c and d": func(r *records, _ *reply, _ *trail) { message(r, "m1", func(m *desk.Message) { m.Contact = "d" }) },
		"“hola” stands behind a later word": func(r *records, _ *reply, _ *trail) {
			message(r, "m0", func(m *desk.Message) { m.At = m.At.Add(time.Minute) })
		},
		"it is closed, and [a01] still owe a wrap-up": func(r *records, _ *reply, _ *trail) {
			interaction(r, func(i *desk.Interaction) { i.Agents = []string{"a01"} })
			agent(r, func(a *desk.Agent) { a.Seats = []string{"i"} })
		},
		"by its history it has been in 1 hands, and it has 2 legs": func(r *records, _ *reply, _ *trail) {
			interaction(r, func(i *desk.Interaction) { i.Legs = append(i.Legs, desk.Leg{Agent: "a02"}) })
		},
		`nobody wrote "boo"`: func(r *records, _ *reply, _ *trail) {
			r.messages["x"] = desk.Message{Direction: desk.Inbound, ProviderID: "x", Text: "boo"}
		},
		"“answer” was taken and is in no transcript": func(r *records, _ *reply, _ *trail) { delete(r.messages, id) },
		"“answer” is in no transcript and reached [{34611000001 answer read}]": func(r *records, said *reply, _ *trail) {
			said.Fate, said.IDs = unanswered, nil
			delete(r.messages, id)
		},
		"“answer” was refused and is in the transcript as read":    func(_ *records, said *reply, _ *trail) { said.Fate = rejected },
		"“answer” was answered with [x] and is " + id:              func(_ *records, said *reply, _ *trail) { said.IDs = []string{"x"} },
		"“answer” is shown as read and did not reach the customer": func(r *records, _ *reply, _ *trail) { r.received = nil },
		"“answer” reached somebody, not 34611000001":               func(r *records, _ *reply, _ *trail) { r.received[1].Customer = "somebody" },
		"nobody said “boo”":                                        func(r *records, _ *reply, _ *trail) { r.received = append(r.received, received{"x", "boo", "read"}) },
		"“answer” is pending when all is over": func(r *records, _ *reply, _ *trail) {
			message(r, id, func(m *desk.Message) { m.State = desk.MessagePending })
		},
		"“answer” is shown as failed and reached the customer": func(r *records, _ *reply, _ *trail) {
			message(r, id, func(m *desk.Message) { m.State = desk.MessageFailed })
		},
		"“answer” is shown as unknown, and the channel said that it was read": func(r *records, _ *reply, _ *trail) {
			message(r, id, func(m *desk.Message) { m.State = desk.MessageUnknown })
		},
		"“answer” was read, and is shown as sent": func(r *records, _ *reply, _ *trail) {
			message(r, id, func(m *desk.Message) { m.State = desk.MessageSent })
		},
		"a01 has 3 conversations, and room for 2": func(r *records, _ *reply, _ *trail) {
			agent(r, func(a *desk.Agent) { a.Seats = []string{"i", "j", "k"} })
		},
		"a01 has the seats [], and these interactions name him: [i]": func(r *records, _ *reply, _ *trail) {
			interaction(r, func(i *desk.Interaction) { i.Agents = []string{"a01"} })
		},
		`at a01 rings "o", and these offers to him are pending: []`: func(r *records, _ *reply, _ *trail) { agent(r, func(a *desk.Agent) { a.Offer = "o" }) },
		"it waits beside a01, who is free": func(r *records, _ *reply, _ *trail) {
			interaction(r, func(i *desk.Interaction) { i.State = desk.InteractionQueued })
		},
		"it is active when all agents have finished": func(r *records, _ *reply, _ *trail) {
			interaction(r, func(i *desk.Interaction) { i.State = desk.InteractionActive })
		},
		`it closed with the reason "" at 2026-11-21 09:00:00 +0000 UTC`:            func(r *records, _ *reply, _ *trail) { interaction(r, func(i *desk.Interaction) { i.CloseReason = "" }) },
		"entry 3 of its history has the number 4":                                  func(r *records, _ *reply, _ *trail) { spoilHistory(r, 2, func(e *desk.Entry) { e.Seq = 4 }) },
		`entry 3 of its history says ended, which cannot be while it is "offered"`: func(r *records, _ *reply, _ *trail) { spoilHistory(r, 2, func(e *desk.Entry) { e.Event = "ended" }) },
		"its history says accepted 1 times, and 0 offers are accepted": func(r *records, _ *reply, _ *trail) {
			r.offers["o"] = desk.Offer{State: desk.OfferDeclined, Interaction: "i"}
		},
		"message.received died on s after 100 deliveries: attempts_used_up": func(r *records, _ *reply, _ *trail) {
			r.letters = []desk.DeadLetter{{Event: messageReceived, Subscription: "s", Attempts: 100, Reason: desk.DiedOfAttempts}}
		},
		"a message for whatsapp is parked": func(r *records, _ *reply, _ *trail) { r.parked = []desk.Parked{{Asset: "whatsapp"}} },
		"contact c waits for somebody since 2026-11-21 09:00:00 +0000 UTC": func(r *records, _ *reply, _ *trail) {
			r.contacts = []desk.Contact{{Head: desk.Head{ID: "c"}, DueAt: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}}
		},
		"offers o has a gap or a double in its versions": func(_ *records, _ *reply, past *trail) { past.records["offers"]["o"][1].N = 1 },
		"offer o was accepted, and then expired": func(_ *records, _ *reply, past *trail) {
			past.records["offers"]["o"] = append(past.records["offers"]["o"], version{N: 3, State: "expired"})
		},
		"offer o was made to a01 without his record":                                       func(_ *records, _ *reply, past *trail) { past.records["agents"]["a01"][1].Offer = "" },
		"a01 had 3 conversations and room for 2 at 09:00:00.000":                           func(_ *records, _ *reply, past *trail) { past.records["agents"]["a01"][0].Seats = 3 },
		"something rang at a01, who was idle at 09:00:01.000":                              func(_ *records, _ *reply, past *trail) { past.records["agents"]["a01"][1].State = "idle" },
		`offer o was made to a01, who was rona, had 0 of 2 conversations and the offer ""`: func(_ *records, _ *reply, past *trail) { past.records["agents"]["a01"][0].State = "rona" },
		`it was active with the owner "a01" and 2 owners' seats at 00:00:00.000`:           func(_ *records, _ *reply, past *trail) { past.records["interactions"]["i"][2].Seats = 2 },
		`it was "wrapup", and then active at 00:00:00.000`:                                 func(_ *records, _ *reply, past *trail) { past.records["interactions"]["i"][1].State = "wrapup" },
		"message " + id + " was read, and then sending": func(_ *records, _ *reply, past *trail) {
			past.records["messages"][id][0].State, past.records["messages"][id][1].State = "read", "sending"
		},
	} {
		t.Run(want, func(t *testing.T) {
			r, words, replies, past := day()
			spoil(r, replies[0], past)
			assert.Contains(t, inspected(r, words, replies, past), want)
		})
	}
}

func spoilHistory(r *records, n int, change func(*desk.Entry)) {
	change(&r.interactions["i"].History.Entries[n])
}
