package desk

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// filled is a history of n moves, none of them moved out.
func filled(n int64) History {
	var h History
	for seq := int64(1); seq <= n; seq++ {
		h.Entries = append(h.Entries, Entry{Seq: seq, At: nine, Event: EventIdle})
		h.Last = seq
	}
	return h
}

func TestHistoryKeepsWhatHappened(t *testing.T) {
	h, page := History{}.add("talk", nine, EventOpened, "", "sales")
	assert.Nil(t, page)
	h, page = h.add("talk", after(time.Second), EventOffered, "ana", WhyLongestAvailable)
	assert.Nil(t, page)
	assert.Equal(t, History{Last: 2, Entries: []Entry{
		{Seq: 1, At: nine, Event: "opened", Detail: "sales"},
		{Seq: 2, At: after(time.Second), Event: "offered", By: "ana", Detail: "longest_available"},
	}}, h)
}

func TestHistoryOverflow(t *testing.T) {
	for _, c := range []struct {
		name            string
		before          int64
		kept, moved     int
		first, last     int64 // of what the record keeps
		page            string
		pageFrom, pageT int64
	}{
		{"the 99th entry stays", 98, 99, 0, 1, 99, "", 0, 0},
		{"the 100th entry stays", 99, 100, 0, 1, 100, "", 0, 0},
		{"the 101st moves the oldest 50 out", 100, 51, 50, 51, 101, "talk:1", 1, 50},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, page := filled(c.before).add("talk", after(time.Hour), EventClosed, "", "ended")
			require.Len(t, h.Entries, c.kept)
			assert.Equal(t, c.first, h.Entries[0].Seq)
			assert.Equal(t, c.last, h.Entries[c.kept-1].Seq)
			assert.Equal(t, c.last, h.Last)
			assert.Equal(t, "closed", h.Entries[c.kept-1].Event)
			if c.moved == 0 {
				assert.Nil(t, page)
				return
			}
			require.NotNil(t, page)
			assert.Equal(t, c.page, page.ID)
			assert.Equal(t, int64(0), page.Version, "a page is new")
			assert.Equal(t, "talk", page.Of)
			assert.Equal(t, c.pageFrom, page.First)
			require.Len(t, page.Entries, c.moved)
			assert.Equal(t, c.pageFrom, page.Entries[0].Seq)
			assert.Equal(t, c.pageT, page.Entries[c.moved-1].Seq)
		})
	}
}

func TestTheSecondOverflowFollowsTheFirst(t *testing.T) {
	h := filled(100)
	var pages []string
	for n := 0; n < 51; n++ {
		var page *HistoryPage
		if h, page = h.add("talk", nine, EventIdle, "", ""); page != nil {
			pages = append(pages, page.ID)
		}
	}
	assert.Equal(t, []string{"talk:1", "talk:51"}, pages)
	assert.Equal(t, int64(151), h.Last)
	assert.Len(t, h.Entries, 51)
}

func TestHistoryDoesNotAlterTheOneItWasGiven(t *testing.T) {
	h := copied(filled(100))
	h.add("talk", nine, EventClosed, "", "")
	assert.Equal(t, filled(100), h)
	assert.Equal(t, Entry{}, h.Entries[:101][100], "nothing is written behind its entries")
}

// However many moves come, pages and record together hold each once, in order.
func TestHistoryLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 420).Draw(t, "moves")
		var h History
		var all []Entry
		for k := range n {
			var page *HistoryPage
			h, page = h.add("talk", after(time.Duration(k)*time.Second), EventIdle, "ana", "")
			if page != nil {
				all = append(all, page.Entries...)
			}
			if len(h.Entries) > 100 {
				t.Fatalf("the record carries %d entries", len(h.Entries))
			}
		}
		all = slices.Concat(all, h.Entries)
		if len(all) != n || h.Last != int64(n) {
			t.Fatalf("%d moves made, %d kept, last %d", n, len(all), h.Last)
		}
		for k, e := range all {
			if e.Seq != int64(k+1) || !e.At.Equal(after(time.Duration(k)*time.Second)) {
				t.Fatalf("entry %d is %+v", k, e)
			}
		}
	})
}
