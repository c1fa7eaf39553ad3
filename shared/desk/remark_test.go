package desk

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// said is Lea's first message on record, as Receive stores it.
func said() Message {
	return Message{
		Head: stored(ArrivalID(WhatsApp, "111", "wamid.1"), 1), Interaction: "talk", Contact: "lea", Asset: "whatsapp:111", Seq: 1,
		At: nine, ReceivedAt: nine, Direction: Inbound, AuthorName: "Lea", Kind: TextMessage, Text: "hola", ProviderID: "wamid.1",
	}
}

// remark is what Lea did to her first message so long after nine.
func remark(kind RemarkKind, at time.Duration, text string) Remark {
	return Remark{Channel: WhatsApp, Account: "111", About: "wamid.1", Kind: kind, At: after(at), Text: text, Customer: lea}
}

// worded is a wording since so long after nine.
func worded(at time.Duration, text string) Wording { return Wording{At: after(at), Text: text} }

// annotated is a message after remarks, one after the other; a repeat of each stores nothing.
func annotated(t testing.TB, m Message, remarks ...Remark) Message {
	t.Helper()
	for _, r := range remarks {
		ch, err := Annotate(r, "whatsapp:111", lent(t, m), Interaction{}, after(time.Hour))
		require.NoError(t, err)
		m = *saved(ch).Message
		again, err := Annotate(r, "whatsapp:111", lent(t, m), Interaction{}, after(2*time.Hour))
		require.NoError(t, err)
		require.Empty(t, again.Save, "a repeat stores nothing")
	}
	return m
}

func TestWhatACustomerDoesToHisMessage(t *testing.T) {
	edit, revoke, react := RemarkEdit, RemarkRevoke, RemarkReaction
	s := time.Second
	for _, c := range []struct {
		name    string
		remarks []Remark
		want    func(m *Message)
	}{
		{"an edit", []Remark{remark(edit, s, "hi")}, func(m *Message) {
			m.Text, m.EditedAt, m.Before = "hi", after(s), []Wording{worded(0, "hola")}
		}},
		{"in the same second as the message", []Remark{remark(edit, 0, "hi")}, func(m *Message) {
			m.Text, m.EditedAt, m.Before = "hi", nine, []Wording{worded(0, "hola")}
		}},
		{"to a word that goes before its own", []Remark{remark(edit, 0, "aloha")}, func(m *Message) {
			m.Text, m.EditedAt, m.Before = "aloha", nine, []Wording{worded(0, "hola")}
		}},
		{"two edits", []Remark{remark(edit, s, "hi"), remark(edit, 2*s, "hey")}, func(m *Message) {
			m.Text, m.EditedAt, m.Before = "hey", after(2*s), []Wording{worded(0, "hola"), worded(s, "hi")}
		}},
		{"the later one first", []Remark{remark(edit, 2*s, "hey"), remark(edit, s, "hi")}, func(m *Message) {
			m.Text, m.EditedAt, m.Before = "hey", after(2*s), []Wording{worded(0, "hola"), worded(s, "hi")}
		}},
		{"two within a second: the words decide", []Remark{remark(edit, s, "b"), remark(edit, s, "a")}, func(m *Message) {
			m.Text, m.EditedAt, m.Before = "b", after(s), []Wording{worded(0, "hola"), worded(s, "a")}
		}},
		{"back to what it said", []Remark{remark(edit, s, "hi"), remark(edit, 2*s, "hola")}, func(m *Message) {
			m.Text, m.EditedAt, m.Before = "hola", after(2*s), []Wording{worded(0, "hola"), worded(s, "hi")}
		}},
		{"taken back", []Remark{remark(revoke, s, "")}, func(m *Message) {
			m.Text, m.Fallback, m.RevokedAt = "", "[message deleted]", after(s)
		}},
		{"edited and taken back: nothing of it is left", []Remark{remark(edit, s, "hi"), remark(revoke, 2*s, "")}, func(m *Message) {
			m.Text, m.Fallback, m.RevokedAt = "", "[message deleted]", after(2*s)
		}},
		{"an edit learned after it was taken back", []Remark{remark(revoke, 2*s, ""), remark(edit, s, "hi")}, func(m *Message) {
			m.Text, m.Fallback, m.RevokedAt = "", "[message deleted]", after(2*s)
		}},
		{"a reaction", []Remark{remark(react, s, "👍")}, func(m *Message) { m.Reaction, m.ReactedAt = "👍", after(s) }},
		{"another one", []Remark{remark(react, s, "👍"), remark(react, 2*s, "🎉")}, func(m *Message) {
			m.Reaction, m.ReactedAt = "🎉", after(2*s)
		}},
		{"taken back again", []Remark{remark(react, s, "👍"), remark(react, 2*s, "")}, func(m *Message) { m.ReactedAt = after(2 * s) }},
		{"its removal learned first", []Remark{remark(react, 2*s, ""), remark(react, s, "👍")}, func(m *Message) { m.ReactedAt = after(2 * s) }},
		{"given and taken back within a second", []Remark{remark(react, s, "👍"), remark(react, s, "")}, func(m *Message) { m.ReactedAt = after(s) }},
		{"the same, learned the other way", []Remark{remark(react, s, ""), remark(react, s, "👍")}, func(m *Message) { m.ReactedAt = after(s) }},
		{"a reaction to what was taken back", []Remark{remark(revoke, s, ""), remark(react, s, "👍")}, func(m *Message) {
			m.Text, m.Fallback, m.RevokedAt, m.Reaction, m.ReactedAt = "", "[message deleted]", after(s), "👍", after(s)
		}},
		{"something we have no word for", []Remark{remark("pinned", s, "hi")}, func(*Message) {}},
		{"no time told: ours", []Remark{{Kind: react, Text: "👍"}}, func(m *Message) { m.Reaction, m.ReactedAt = "👍", after(time.Hour) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := said()
			c.want(&want)
			m := said()
			for _, r := range c.remarks {
				ch, err := Annotate(lent(t, r), "whatsapp:111", lent(t, m), Interaction{}, after(time.Hour))
				require.NoError(t, err)
				m = *ch.Message
			}
			assert.Equal(t, want, m)
		})
	}
}

func TestARemarkRepeatedStoresNothing(t *testing.T) {
	annotated(t, said(), remark(RemarkEdit, time.Second, "hi"), remark(RemarkEdit, time.Second, "a"), remark(RemarkReaction, time.Second, "👍"),
		remark(RemarkReaction, time.Second, ""), remark(RemarkRevoke, time.Second, ""), remark(RemarkEdit, time.Minute, "late"))
	annotated(t, Message{Head: Head{ID: "m"}}, remark(RemarkEdit, time.Second, "hi"), remark(RemarkEdit, 0, "a"), remark(RemarkReaction, time.Second, "👍"),
		remark(RemarkRevoke, time.Second, ""))
}

func TestWhatIsTakenBackLeavesNothing(t *testing.T) {
	m := said()
	m.Kind, m.Text, m.Fallback = ImageMessage, "look", "[image]"
	m.Detail = Detail{Attachments: []Attachment{{Kind: ImageMessage, MediaID: "1"}}, Location: Location{Name: "home"}, Forwarded: true}
	m.ReplyTo = "wamid.0"
	m = annotated(t, m, remark(RemarkEdit, time.Second, "look here"), remark(RemarkRevoke, 2*time.Second, ""))
	want := said()
	want.Version, want.Kind, want.Text, want.Fallback, want.ReplyTo, want.RevokedAt = 3, ImageMessage, "", "[message deleted]", "wamid.0", after(2*time.Second)
	assert.Equal(t, want, m)
}

func TestNobodyEditsWhatWeSent(t *testing.T) {
	ours := said()
	ours.Direction, ours.State = Outbound, MessageSent
	for kind, want := range map[RemarkKind]string{RemarkEdit: "stores nothing", RemarkRevoke: "stores nothing", RemarkReaction: "stores", "": "stores nothing"} {
		ch, err := Annotate(remark(kind, time.Second, "👍"), "whatsapp:111", lent(t, ours), Interaction{}, nine)
		assert.Equal(t, want, outcome(ch, err), kind)
	}
}

func TestARemarkAboutAMessageThatHasNotCome(t *testing.T) {
	id := ArrivalID(WhatsApp, "111", "wamid.1")
	for _, c := range []struct {
		kind RemarkKind
		want []RecordKind
		stub Message
	}{
		{RemarkEdit, []RecordKind{KindMessage}, Message{
			Head: Head{ID: id}, Asset: "whatsapp:111", ProviderID: "wamid.1", Stub: true, Text: "hi", EditedAt: after(time.Second)}},
		{RemarkRevoke, []RecordKind{KindMessage}, Message{
			Head: Head{ID: id}, Asset: "whatsapp:111", ProviderID: "wamid.1", Stub: true, Fallback: "[message deleted]", RevokedAt: after(time.Second)}},
		{RemarkReaction, []RecordKind{}, Message{}},
		{"pinned", []RecordKind{}, Message{}},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			ch, err := Annotate(remark(c.kind, time.Second, "hi"), "whatsapp:111", Message{Head: Head{ID: id}}, Interaction{}, nine)
			require.NoError(t, err)
			require.Equal(t, c.want, storedKinds(ch))
			if len(c.want) == 0 {
				assert.Equal(t, Change{}, ch)
				return
			}
			assert.Equal(t, c.stub, *ch.Message)
		})
	}
}

func TestAMessageTakesItsStubOver(t *testing.T) {
	stub := func(remarks ...Remark) Message {
		return annotated(t, Message{Head: Head{ID: ArrivalID(WhatsApp, "111", "wamid.1")}}, remarks...)
	}
	edit, revoke, react := remark(RemarkEdit, time.Second, "hi"), remark(RemarkRevoke, 2*time.Second, ""), remark(RemarkReaction, time.Second, "👍")
	for _, c := range []struct {
		name      string
		stub      Message
		elsewhere bool
		preview   string
		want      func(m *Message)
	}{
		{"of an edit", stub(edit), false, "hi", func(m *Message) {
			m.Text, m.EditedAt, m.Before = "hi", after(time.Second), []Wording{worded(-time.Second, "hola")}
		}},
		{"of two", stub(edit, remark(RemarkEdit, 0, "eh")), false, "hi", func(m *Message) {
			m.Text, m.EditedAt, m.Before = "hi", after(time.Second), []Wording{worded(-time.Second, "hola"), worded(0, "eh")}
		}},
		{"of being taken back", stub(revoke), false, "[message deleted]", func(m *Message) {
			m.Text, m.Fallback, m.RevokedAt = "", "[message deleted]", after(2*time.Second)
		}},
		{"of an edit, a reaction and being taken back", stub(edit, react, revoke), false, "[message deleted]", func(m *Message) {
			m.Text, m.Fallback, m.RevokedAt, m.Reaction, m.ReactedAt = "", "[message deleted]", after(2*time.Second), "👍", after(time.Second)
		}},
		{"one that we sent takes over the reaction only", stub(edit, react), true, "hola", func(m *Message) {
			m.Direction, m.Elsewhere, m.AuthorName, m.State, m.SentAt = Outbound, true, "", MessageSent, after(-time.Second)
			m.Reaction, m.ReactedAt = "👍", after(time.Second)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := queued()
			i.Seq, i.Unread, i.LastCustomerAt, i.LastCustomerID, i.Preview = 0, 0, time.Time{}, "", ""
			k, in := acquaintance(i), hola()
			k.Message, in.Elsewhere = c.stub, c.elsewhere
			ch, err := Receive(in, lent(t, k), ids, nine)
			require.NoError(t, err)
			want := said()
			want.At, want.Version = after(-time.Second), c.stub.Version
			c.want(&want)
			assert.Equal(t, want, *ch.Message)
			assert.Equal(t, []RecordKind{KindMessage, KindInteraction}, storedKinds(ch))
			assert.Equal(t, c.preview, ch.Interaction.Preview)
			assert.Equal(t, int64(1), ch.Interaction.Seq)
		})
	}
}

func TestThePreviewFollowsTheMessageItShows(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(i *Interaction)
		remark Remark
		want   string
		stores []RecordKind
	}{
		{"an edit of the newest", func(*Interaction) {}, remark(RemarkEdit, 0, "hi"), "hi", []RecordKind{KindMessage, KindInteraction}},
		{"the newest taken back", func(*Interaction) {}, remark(RemarkRevoke, 0, ""), "[message deleted]", []RecordKind{KindMessage, KindInteraction}},
		{"a reaction", func(*Interaction) {}, remark(RemarkReaction, 0, "👍"), "hola", []RecordKind{KindMessage}},
		{"in a closed conversation", func(i *Interaction) { i.State = InteractionClosed }, remark(RemarkEdit, 0, "hi"), "hi", []RecordKind{KindMessage, KindInteraction}},
		{"he has written since", func(i *Interaction) { i.LastCustomerID = "wamid.2" }, remark(RemarkEdit, 0, "hi"), "hola", []RecordKind{KindMessage}},
		{"he has been answered since", func(i *Interaction) { i.PreviewBy = Outbound }, remark(RemarkEdit, 0, "hi"), "hola", []RecordKind{KindMessage}},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := queued()
			c.change(&i)
			want := i
			want.Preview = c.want
			ch, err := Annotate(c.remark, "whatsapp:111", said(), lent(t, i), after(time.Minute))
			require.NoError(t, err)
			assert.Equal(t, want, *ch.Interaction, "nothing but the preview")
			assert.Equal(t, c.stores, storedKinds(ch))
		})
	}
}

func TestAMessageKeepsTwentyWordings(t *testing.T) {
	edits := func(from, to int) (list []Remark) {
		for n := from; n <= to; n++ {
			list = append(list, remark(RemarkEdit, time.Duration(n)*time.Second, fmt.Sprintf("edit %d", n)))
		}
		return list
	}
	words := func(m Message) (list []string) {
		for _, w := range m.Before {
			list = append(list, w.Text)
		}
		return append(list, m.Text)
	}
	m := annotated(t, said(), edits(1, 20)...)
	assert.Len(t, m.Before, 20)
	assert.Equal(t, "hola", m.Before[0].Text)
	assert.Equal(t, "edit 1", m.Before[1].Text)

	m = annotated(t, m, edits(21, 25)...)
	kept := []string{"hola", "edit 6", "edit 7", "edit 8", "edit 9", "edit 10", "edit 11", "edit 12", "edit 13", "edit 14", "edit 15",
		"edit 16", "edit 17", "edit 18", "edit 19", "edit 20", "edit 21", "edit 22", "edit 23", "edit 24", "edit 25"}
	assert.Equal(t, kept, words(m), "the first, and the latest")
	assert.Equal(t, kept, words(annotated(t, m, edits(1, 5)...)), "one that is forgotten is not learned again")

	backwards := edits(1, 25)
	slices.Reverse(backwards)
	stub := annotated(t, Message{Head: Head{ID: "m"}}, backwards...)
	assert.Equal(t, kept[1:], words(stub))
	assert.Equal(t, kept, words(said().over(stub)), "the stub leaves room for the first")
}

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
	case w.remark.Kind == RemarkReaction && h.message.Version == 0:
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
