package desk

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Text is something the customer is told by itself (R25, B7, B12); a queue without one for an occasion tells nothing.
type Text struct {
	On       TextKind
	Language string // a language tag such as "es" or "pt-BR"; empty for all that have none of their own
	Text     string
}

// TextKind is an occasion on which a customer is told something.
type TextKind string

// The occasions.
const (
	TextGreeting TextKind = "greeting" // his conversation has begun
	TextBusy     TextKind = "busy"     // and nobody is free for it
	TextClosed   TextKind = "closed"   // he waits, or would, and the queue is closed
	TextJoined   TextKind = "joined"   // a second agent has joined the conversation
	TextWarning  TextKind = "warning"  // he is silent, and the conversation will be closed
	TextEnded    TextKind = "ended"    // the conversation is over: its agent ended it, or he was silent for too long
)

// TextKinds are all occasions, in the order lists show them.
func TextKinds() []TextKind {
	return []TextKind{TextGreeting, TextBusy, TextClosed, TextJoined, TextWarning, TextEnded}
}

// Says is the queue's text for the occasion in the language, which is a tag or a locale such as "es_MX": the one for just that,
// else for its language wherever spoken, else the one that has none, else the queue's first. It is empty when the queue has none
// for the occasion.
func (q Queue) Says(on TextKind, language string) string {
	language = strings.ReplaceAll(language, "_", "-")
	spoken, _, _ := strings.Cut(language, "-")
	for _, want := range []string{language, spoken, ""} {
		for _, t := range q.Texts {
			if t.On == on && strings.EqualFold(t.Language, want) {
				return t.Text
			}
		}
	}
	if n := slices.IndexFunc(q.Texts, func(t Text) bool { return t.On == on }); n >= 0 {
		return q.Texts[n].Text
	}
	return ""
}

// Greet tells the customer of a conversation that has begun in q, its queue, that it has: once, and not after an agent's first
// word; one that an agent began greets nobody. What is not to be told, or was, stores nothing.
func Greet(i Interaction, q Queue, now time.Time) (Change, error) {
	return i.tellOnce(TextGreeting, q, i.begins(), now), nil
}

// begins reports whether a customer has begun the interaction and nobody has answered him since.
func (i Interaction) begins() bool {
	first := len(i.Legs) == 0 || len(i.Legs) == 1 && i.State == InteractionActive
	return i.State.Open() && i.Direction == Inbound && first && i.AnsweredAt.IsZero() && i.Responded.At.IsZero()
}

// TellBusy tells the customer who waits in q, his conversation's queue, that nobody is free; the caller has looked. Once, and
// only one whom no agent has had or let wait. What is not to be told, or was, stores nothing.
func TellBusy(i Interaction, q Queue, now time.Time) (Change, error) {
	waits := i.State == InteractionQueued && len(i.Legs) == 0 && len(i.Passed) == 0
	return i.tellOnce(TextBusy, q, waits, now), nil
}

// StillTells reports whether the queue has something to tell on the occasion that the interaction's customer was not told yet.
func (q Queue) StillTells(on TextKind, i Interaction) bool {
	return q.Says(on, i.Language) != "" && !slices.Contains(i.Told, on)
}

func (i Interaction) tellOnce(on TextKind, q Queue, due bool, now time.Time) Change {
	text := q.Says(on, i.Language)
	if !due || i.Queue != q.ID || !q.StillTells(on, i) {
		return Change{Interaction: &i}
	}
	var ch Change
	i.Told = append(slices.Clip(slices.Clone(i.Told)), on)
	i = ch.tell(i, text, now)
	return ch.of(&i)
}

// tell has the customer told something by itself: no agent's word, and nothing anybody has to read. An empty text tells nothing,
// and neither does one that could not be sent.
func (ch *Change) tell(i Interaction, text string, now time.Time) Interaction {
	if text == "" || i.MayBeAnswered(now) != nil {
		return i
	}
	i.Seq++
	m := Message{
		Head: Head{ID: hash("told", i.ID, strconv.FormatInt(i.Seq, 10))}, Interaction: i.ID, Contact: i.Contact, Asset: i.Asset,
		Seq: i.Seq, At: i.Channel.cut(now), ReceivedAt: now, Direction: Outbound, Kind: SystemMessage, Text: text,
		To: i.Customer.Reach(), WroteAt: i.LastCustomerAt, State: MessagePending, DueAt: now.Add(Patience),
	}
	ch.Save, ch.Hints = append(ch.Save, &m), append(ch.Hints, sending(m)...)
	return i
}
