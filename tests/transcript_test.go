package tests

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/tests/floor"
)

// R6: each message says who wrote it; a customer has initials.
func TestATranscriptTellsCustomerFromAgent(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	for n, with := range []struct{ name, initials string }{
		{"Lea", "L"}, {"José María Ñuñez", "JÑ"}, {"ángel de la cruz", "ÁC"}, {"李 小龍", "李小"}, {"+34 611 000 000", "#"}, {"", "?"},
	} {
		who := c.Customer(fmt.Sprint("c", n))
		who.Who.Name = with.name
		who.Writes("hola")
		i := ana.Accepts()
		ana.Writes(i.ID, "buenas")
		said := ana.Reads(i.ID)
		require.Len(t, said, 2)
		assert.Equal(t, api.Author{Kind: api.AuthorKindCustomer, Name: with.name, Initials: with.initials}, said[0].Author)
		assert.Equal(t, api.DirectionInbound, said[0].Direction)
		assert.Equal(t, api.Author{Kind: api.AuthorKindAgent, ID: "ana", Name: "Ana García", Initials: "AG"}, said[1].Author)
		assert.Equal(t, api.DirectionOutbound, said[1].Direction)
		assert.Equal(t, with.initials, i.Customer.Initials)
		ana.Ends(i.ID)
		ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"})
	}
}

// R7: WhatsApp takes 4096 Unicode code points, however many bytes they are. One more is refused, with the limit, and
// nothing is sent.
func TestAMessageHasAtMost4096CodePoints(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	family := "👨‍👩‍👧‍👦" // one sign, seven code points
	for _, long := range []string{
		strings.Repeat("a", 4097), strings.Repeat("ñ", 4097), strings.Repeat("🙂", 4097),
		strings.Repeat(family, 585) + "ab", strings.Repeat("e\u0301", 2048) + "!", strings.Repeat(" ", 4097), strings.Repeat("a", 100_000),
	} {
		before := ana.Sees(i.ID)
		_, err := ana.Desktop.Send(c.Context(), i.ID, desktop.Key(), long)
		c.IsRefused(err, 400, "too_long")
		var r *desktop.Refused
		require.ErrorAs(t, err, &r)
		assert.EqualValues(t, 4096, r.Problem.Limit)
		assert.Equal(t, before, ana.Sees(i.ID))
	}
	c.Settle()
	assert.Empty(t, c.Customer("lea").Received())
	longest := []string{
		strings.Repeat("a", 4096), strings.Repeat("ñ", 4096), strings.Repeat("🙂", 4096), strings.Repeat(family, 585) + "a",
		strings.Repeat("e\u0301", 2048),
	}
	for _, text := range longest {
		ana.Writes(i.ID, text)
	}
	c.Settle()
	assert.Equal(t, longest, c.Customer("lea").Received())
	for _, said := range ana.Reads(i.ID)[1:] {
		assert.Equal(t, api.MessageStateRead, said.State)
	}
	_, err := ana.Desktop.Send(c.Context(), i.ID, desktop.Key(), "")
	c.IsRefused(err, 400, "text_or_template")
}

// R13: emoji and everything else people write arrive as they were written, both ways.
func TestEmojiTravelUnharmed(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	signs := []string{
		"🙂", "👍🏽", "👨‍👩‍👧‍👦", "🇪🇸", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️", "1️⃣", "e\u0301 é", "שלום مرحبا", "日本語 한국어", "\u200b\u200d\ufeff", "línea 1\nlínea 2\ttab",
		"<b>&amp;\"'</b>", "\\u0041 %20 \x7f", "𝒳 𐍈",
	}
	lea.Writes("hola")
	i := ana.Accepts()
	for _, s := range signs {
		lea.Writes(s)
		c.Settle()
		ana.Writes(i.ID, s)
	}
	c.Settle()
	assert.Equal(t, signs, lea.Received())
	said := ana.Reads(i.ID)
	require.Len(t, said, 1+2*len(signs))
	for _, d := range []api.Direction{api.DirectionInbound, api.DirectionOutbound} {
		var got []string
		for _, m := range said[1:] {
			if m.Direction == d {
				got = append(got, m.Text)
			}
		}
		assert.Equal(t, signs, got, d)
	}
}

// R6: a transcript stands in the order in which people wrote, whatever order the channel told it in, and is read in
// pages.
func TestATranscriptIsInTheOrderOfWriting(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	now := c.Suite.Clock.Now().Truncate(time.Second)
	lea.Writes("hola")
	i := ana.Accepts()
	for _, late := range []struct {
		text string
		ago  time.Duration
	}{{"5", 10}, {"1", 50}, {"4", 20}, {"2", 40}, {"3a", 30}, {"3b", 30}, {"0", 60}} {
		r, err := c.Number().Receive(lea.Who, graph.Inbound{Text: late.text, At: now.Add(-late.ago * time.Second)})
		require.NoError(t, err)
		require.Equal(t, 200, r.Status)
		c.Settle()
	}
	ana.Writes(i.ID, "buenas")
	c.Settle()
	want := []string{"0", "1", "2", "3a", "3b", "4", "5", "hola", "buenas"}
	whole := ana.Reads(i.ID)
	assert.Equal(t, want, texts(whole))
	assert.Equal(t, []int64{8, 3, 5, 6, 7, 4, 2, 1, 9}, seqs(whole), "the order of learning stays what it was")
	assert.Equal(t, now.Add(-60*time.Second), whole[0].At)

	page := func(limit int, cursor string) (l api.MessageList, err error) {
		path := fmt.Sprintf("/v1/interactions/%s/messages?limit=%d", i.ID, limit)
		if cursor != "" {
			path += "&cursor=" + cursor
		}
		return l, ana.Desktop.Call(c.Context(), http.MethodGet, path, "", nil, &l)
	}
	for limit := 1; limit <= 10; limit++ {
		var got []api.Message
		pages := 0
		for cursor := ""; ; {
			l, err := page(limit, cursor)
			require.NoError(t, err)
			require.LessOrEqual(t, len(l.Items), limit)
			got, pages = append(got, l.Items...), pages+1
			if cursor = l.Next; cursor == "" {
				break
			}
		}
		assert.True(t, reflect.DeepEqual(whole, got), "in pages of %d: %v", limit, texts(got))
		assert.Equal(t, (9+limit-1)/limit, pages, "no page is empty")
	}
	for _, bad := range []string{"garbage", "AAAA", "MTIzIGFiYw"} { // the last is "123 abc"
		_, err := page(2, bad)
		c.IsRefused(err, 400, "bad_cursor")
	}
	_, err := page(201, "")
	c.IsRefused(err, 400, "bad_request")
}

func seqs(list []api.Message) []int64 {
	var out []int64
	for _, m := range list {
		out = append(out, m.Seq)
	}
	return out
}

// R36: unread is what the agent has not seen: it grows with the customer's messages and falls as he reads or replies.
func TestMarkingAsRead(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	for _, text := range []string{"uno", "dos", "tres", "cuatro"} {
		lea.Writes(text)
	}
	c.Settle()
	i := ana.Accepts()
	require.Equal(t, 4, i.Unread)
	mark := func(seq int64, unread int) {
		t.Helper()
		got, err := ana.Desktop.Read(c.Context(), i.ID, seq)
		require.NoError(t, err)
		assert.Equal(t, unread, got.Unread)
		assert.Equal(t, unread, ana.Sees(i.ID).Unread)
	}
	mark(0, 4)
	mark(1, 3)
	mark(3, 1)
	seen := ana.Sees(i.ID).Version
	mark(3, 1)
	mark(1, 1) // what was read stays read
	assert.Equal(t, seen, ana.Sees(i.ID).Version, "repeats store nothing")
	mark(1000, 0)
	lea.Writes("cinco")
	c.Settle()
	mark(4, 1)
	_, err := c.Agent("bob").Desktop.Read(c.Context(), i.ID, 5)
	c.IsRefused(err, 403, "not_your_conversation")
	_, err = ana.Desktop.Read(c.Context(), i.ID, -1)
	c.IsRefused(err, 400, "bad_request")
	assert.Equal(t, 1, ana.Sees(i.ID).Unread, "reading the transcript marks nothing")
	ana.Writes(i.ID, "buenas")
	assert.Equal(t, 0, ana.Sees(i.ID).Unread)
}
