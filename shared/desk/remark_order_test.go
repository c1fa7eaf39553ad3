package desk

import (
	"cmp"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// word is one thing told about Lea's message.
type word struct {
	arrival Arrival
	remark  Remark
}

// hearing is who is told of Lea's message and what she did to it.
type hearing struct {
	talk    Interaction
	message Message
	receipt Receipt
}

// nobodyYet has heard nothing.
func nobodyYet() *hearing {
	h := &hearing{talk: queued(), message: Message{Head: Head{ID: ArrivalID(WhatsApp, "111", "wamid.1")}}}
	h.talk.LastCustomerAt, h.talk.LastCustomerID = time.Time{}, ""
	return h
}

// upTo lists the numbers below n.
func upTo(n int) (list []int) {
	for k := range n {
		list = append(list, k)
	}
	return list
}

// hears is what the function does: it finds the message, and leaves what it cannot place at the meeting point.
func (h *hearing) hears(t *rapid.T, w word, now time.Time) {
	var ch Change
	var err error
	switch {
	case w.arrival.ID != "":
		k := acquaintance(h.talk)
		k.Message = h.message
		ch, err = Receive(w.arrival, k, ids, now)
	case w.remark.Kind == RemarkReaction && (h.message.Version == 0 || h.message.Stub):
		ch, err = KeepRemark(h.receipt, "whatsapp:111", w.remark, now)
	default:
		ch, err = Annotate(w.remark, "whatsapp:111", h.message, h.talk, now)
	}
	must(t, err == nil, "%v", err)
	h.keep(ch)
}

func (h *hearing) keep(ch Change) {
	for _, rec := range saved(ch).Save {
		switch rec := rec.(type) {
		case *Message:
			h.message = *rec
		case *Interaction:
			h.talk = *rec
		case *Receipt:
			h.receipt = *rec
		}
	}
	if len(ch.Drop) > 0 {
		h.receipt = Receipt{}
	}
}

// TestTheOrderOfRemarksDoesNotMatter tells a message and what its customer did to it in any order, each up to three times,
// with the meeting point looked at in between.
func TestTheOrderOfRemarksDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := []word{{arrival: hola()}}
		revoked, text, reaction := false, Wording{Text: "hola"}, Wording{}
		for range rapid.IntRange(0, 5).Draw(t, "remarks") {
			at := time.Duration(rapid.IntRange(0, 2).Draw(t, "second")) * time.Second
			switch r := remark(rapid.SampledFrom([]RemarkKind{RemarkEdit, RemarkEdit, RemarkReaction, RemarkReaction, RemarkRevoke}).Draw(t, "kind"), at, ""); r.Kind {
			case RemarkRevoke:
				if r.At = after(time.Minute); !revoked {
					words, revoked = append(words, word{remark: r}), true
				}
			case RemarkReaction:
				r.Text = rapid.SampledFrom([]string{"", "👍", "🎉"}).Draw(t, "emoji")
				w := Wording{At: r.At, Text: r.Text}
				if reaction.At.IsZero() || w.At.After(reaction.At) || w.At.Equal(reaction.At) && (w.Text == "" || reaction.Text != "" && w.Text > reaction.Text) {
					reaction = w
				}
				words = append(words, word{remark: r})
			case RemarkEdit:
				r.Text = rapid.SampledFrom([]string{"a", "hola", "z"}).Draw(t, "text")
				if w := (Wording{At: r.At, Text: r.Text}); cmp.Or(w.At.Compare(text.At), cmp.Compare(w.Text, text.Text)) > 0 || text.At.IsZero() {
					text = w
				}
				words = append(words, word{remark: r})
			}
		}
		one, other := nobodyYet(), nobodyYet()
		for _, w := range words {
			one.hears(t, w, after(time.Minute))
		}
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, len(words)-1), 0, 3*len(words)).Draw(t, "told") {
			other.hears(t, words[n], after(time.Minute))
			if other.receipt.Version > 0 && rapid.Bool().Draw(t, "looked at") {
				ch, err := Meet(other.receipt, other.message, true, after(time.Minute))
				must(t, err == nil, "%v", err)
				other.keep(ch)
			}
		}
		for _, n := range rapid.Permutation(upTo(len(words))).Draw(t, "told at last") {
			other.hears(t, words[n], after(time.Minute))
		}
		if other.receipt.Version > 0 {
			ch, err := Meet(other.receipt, other.message, true, after(time.Minute))
			must(t, err == nil, "%v", err)
			other.keep(ch)
		}
		one.message.Version, other.message.Version = 0, 0
		must(t, same(one.message, other.message), "in order\n%+v\nas they came\n%+v", one.message, other.message)
		must(t, one.talk.Preview == other.talk.Preview && one.talk.Seq == other.talk.Seq && one.talk.Unread == other.talk.Unread, "%q %q", one.talk.Preview, other.talk.Preview)
		want := text.Text
		if revoked {
			want = "[message deleted]"
		}
		must(t, cmp.Or(other.message.Text, other.message.Fallback) == want && other.talk.Preview == want, "it says %q and not %q", other.message.Text, want)
		must(t, other.message.Reaction == reaction.Text, "the reaction is %q", other.message.Reaction)
	})
}
