package desk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

func TestWhoDoesWhatToWhoseMessage(t *testing.T) {
	ours, theirs, gone := said(), said(), said()
	ours.Direction, ours.State = Outbound, MessageSent
	theirs.Direction, theirs.State, theirs.Elsewhere = Outbound, MessageSent, true
	gone.Text, gone.DiscardedAt = "", nine
	for _, c := range []struct {
		name                   string
		message                Message
		elsewhere              bool
		edit, revoke, reaction string
	}{
		{"a customer to his own", said(), false, "stores", "stores", "stores"},
		{"a customer to ours", ours, false, "stores nothing", "stores nothing", "stores"},
		{"a customer to what the business sent elsewhere", theirs, false, "stores nothing", "stores nothing", "stores"},
		{"a customer to what was discarded", gone, false, "stores nothing", "stores nothing", "stores nothing"},
		{"the business to a customer's", said(), true, "stores nothing", "stores nothing", "stores nothing"},
		{"the business to ours", ours, true, "stores nothing", "stores nothing", "stores nothing"},
		{"the business to what it sent elsewhere", theirs, true, "stores", "stores", "stores nothing"},
	} {
		for kind, want := range map[RemarkKind]string{RemarkEdit: c.edit, RemarkRevoke: c.revoke, RemarkReaction: c.reaction, "": "stores nothing"} {
			r := remark(kind, time.Second, "👍")
			r.Elsewhere = c.elsewhere
			ch, err := Annotate(r, "whatsapp:111", lent(t, c.message), Interaction{}, nine)
			assert.Equal(t, want, outcome(ch, err), "%s: %s", c.name, kind)
		}
	}
	r := liked(0, "👍")
	r.Elsewhere = true
	ch, err := KeepRemark(Receipt{Head: Head{ID: "r"}}, "whatsapp:111", r, nine)
	storesNothing(t, ch, err)
}

// What the business did to its own message waits in a stub of its own kind; a customer's message does not take that over.
func TestWhatWasSentElsewhereTakesItsStubOver(t *testing.T) {
	edit := remark(RemarkEdit, time.Second, "hi")
	edit.Elsewhere = true
	revoke := remark(RemarkRevoke, 2*time.Second, "")
	revoke.Elsewhere = true
	for _, c := range []struct {
		name      string
		stub      []Remark
		elsewhere bool
		want      string
	}{
		{"edited", []Remark{edit}, true, "hi"},
		{"taken back", []Remark{edit, revoke}, true, "[message deleted]"},
		{"by a customer", []Remark{remark(RemarkEdit, time.Second, "hi")}, true, "hola"},
		{"a customer's, by the business", []Remark{edit, revoke}, false, "hola"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, in := acquaintance(queued()), hola()
			k.Message = annotated(t, Message{Head: Head{ID: ArrivalID(WhatsApp, "111", "wamid.1")}}, c.stub...)
			in.Elsewhere = c.elsewhere
			ch, err := Receive(in, lent(t, k), ids, nine)
			require.NoError(t, err)
			assert.Equal(t, c.want, cmp.Or(ch.Message.Text, ch.Message.Fallback))
			assert.Equal(t, c.elsewhere, ch.Message.Elsewhere)
			assert.False(t, ch.Message.Stub)
		})
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

// Earlier wordings but the first are clipped to 8 KiB, between two letters; what the message says now is whole. A repeat of
// one that was clipped is known for one (see annotated).
func TestEarlierWordingsAreClipped(t *testing.T) {
	long := func(letter string, bytes int) string { return strings.Repeat(letter, bytes/len(letter)) }
	m := said()
	m.Text = long("a", 64<<10)
	first, second, third := remark(RemarkEdit, 1*time.Second, long("é", 64<<10)), remark(RemarkEdit, 2*time.Second, long("é", 64<<10)+"!"), remark(RemarkEdit, 3*time.Second, long("€", 64<<10))
	second.Fallback = long("f", 64<<10)
	m = annotated(t, m, first, third, second, first, third)
	assert.Equal(t, []Wording{
		{At: nine, Text: long("a", 64<<10)}, {At: after(1 * time.Second), Text: long("é", 8<<10)}, {At: after(2 * time.Second), Text: long("é", 8<<10), Fallback: long("f", 8<<10)},
	}, m.Before)
	assert.Equal(t, long("€", 64<<10), m.Text)
	m = annotated(t, m, remark(RemarkEdit, 4*time.Second, "ya"))
	assert.Equal(t, long("€", 8<<10), m.Before[3].Text, "8190 bytes, for a letter has three")
}
