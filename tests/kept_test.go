package tests

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// B1: an event that nobody can read is kept as it came, with its reason. Having it handled again makes another letter of
// it; giving both up empties the list for good.
func TestAnEventThatCannotBeReadIsKeptUntilItIsGivenUp(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ada := c.Agent("ada")
	const text = `{"arrival": 17, "said": "¿hola?"}`
	c.Publish(bus.Out{Type: bus.MessageReceived, Key: "lea", ID: "e1", Data: json.RawMessage(text)})
	c.Settle()
	list := ada.DeadLetters("").Items
	require.Len(t, list, 1)
	l := list[0]
	assert.Equal(t, "bad_event", l.Reason)
	assert.Equal(t, "message.received", l.Event)
	assert.Equal(t, "message.received.conversation", l.Subscription)
	assert.Equal(t, "e1", l.EventID)
	assert.Equal(t, "lea", l.Key)
	assert.Equal(t, 1, l.Attempts)
	assert.Equal(t, len(text), l.Size)
	assert.Empty(t, l.Data, "a list shows nothing of what customers say")
	assert.Equal(t, api.LetterStateDead, l.State)
	assert.WithinDuration(t, l.DiedAt.Add(31*24*time.Hour), l.ExpiresAt, time.Minute)
	assert.False(t, l.PublishedAt.After(l.DiedAt))
	whole := ada.DeadLetter(l.ID)
	assert.Equal(t, text, whole.Data)
	assert.Equal(t, api.LetterEncodingText, whole.Encoding)

	replayed := ada.Replays(l.ID)
	assert.Equal(t, api.LetterStateReplayed, replayed.State)
	require.Len(t, replayed.History, 1)
	assert.Equal(t, "replayed", replayed.History[0].Event)
	assert.Equal(t, "ada", replayed.History[0].By)
	c.Settle()
	again := ada.DeadLetters("").Items
	require.Len(t, again, 1, "it died again")
	assert.NotEqual(t, l.ID, again[0].ID)
	assert.Equal(t, replayed.History[0].Detail, again[0].EventID)
	assert.Equal(t, "lea", again[0].Key, "in the same order as before")
	assert.Equal(t, text, ada.DeadLetter(again[0].ID).Data)
	assert.Len(t, ada.DeadLetters("state=replayed").Items, 1)

	for _, id := range []string{l.ID, again[0].ID} {
		assert.Equal(t, api.LetterStateDiscarded, ada.Discards(id).State)
		assert.Equal(t, api.LetterStateDiscarded, ada.Discards(id).State, "a repeat")
		c.IsRefused(ada.Desktop.Call(c.Context(), http.MethodGet, floor.Letters+"/"+id, "", nil, nil), 404, "dead_letter_missing")
		c.IsRefused(ada.Desktop.Call(c.Context(), http.MethodPost, floor.Letters+"/"+id+"/replay", "", nil, nil), 404, "dead_letter_missing")
	}
	c.Publish(bus.Out{Type: bus.MessageReceived, Key: "lea", ID: "e1", Data: json.RawMessage(text)})
	c.Settle()
	assert.Empty(t, ada.DeadLetters("").Items, "the same event again does not come back")
	assert.Empty(t, ada.DeadLetters("state=replayed").Items)
	for _, l := range all[desk.DeadLetter](c) {
		assert.Empty(t, l.Data, "what it said is gone")
	}
}

// B1: a message cannot be recorded for as long as the database refuses, and the bus gives it up. The administrator has it
// handled again when the database is back, more often than needed: the conversation opens exactly once.
func TestAMessageThatWasGivenUpComesInWhenItIsReplayed(t *testing.T) {
	t.Parallel()
	var lost breaks
	c := floor.OpenWith(t, suite.Options{Firestore: firestore.Options{Intercept: breakCommits(&lost, "/interactions/")}})
	ana, ada := c.Agent("ana").SignsIn(), c.Agent("ada")
	c.Impatient("message.received.conversation")
	c.Settle()
	lost.left.Store(1_000_000)
	c.Customer("lea").Writes("hola")
	c.Settle()
	assert.Empty(t, all[desk.Message](c))
	list := ada.DeadLetters("event=message.received&reason=attempts_used_up").Items
	require.Len(t, list, 1)
	l := list[0]
	assert.Equal(t, 100, l.Attempts)
	assert.Equal(t, "message.received.conversation", l.Subscription)
	assert.Contains(t, ada.DeadLetter(l.ID).Data, "hola")
	assert.NotContains(t, l.Key, "34611000")
	assert.False(t, l.PublishedAt.IsZero())

	lost.left.Store(0)
	for range 3 {
		assert.Equal(t, api.LetterStateReplayed, ada.Replays(l.ID).State)
	}
	i := ana.Accepts()
	c.Settle()
	assert.Equal(t, []string{"hola"}, texts(ana.Reads(i.ID)))
	assert.Len(t, all[desk.Interaction](c), 1)
	assert.Empty(t, ada.DeadLetters("").Items)
	assert.Len(t, ada.DeadLetter(l.ID).History, 3)
}

// B1: hints die too. An administrator sees it, though the sweep has long made them again.
func TestHintsThatDieAreSeen(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Publish(bus.Out{Type: desk.HintOfferDue, Data: json.RawMessage("\xff\x00 no text")})
	c.Settle()
	list := c.Agent("ada").DeadLetters("event=offer.due").Items
	require.Len(t, list, 1)
	assert.Equal(t, "bad_event", list[0].Reason)
	assert.WithinDuration(t, list[0].DiedAt.Add(7*24*time.Hour), list[0].ExpiresAt, time.Minute)
	whole := c.Agent("ada").DeadLetter(list[0].ID)
	assert.Equal(t, api.LetterEncodingBase64, whole.Encoding)
	assert.Equal(t, "/wAgbm8gdGV4dA==", whole.Data)
	c.Agent("ada").Replays(list[0].ID)
	c.Settle()
	assert.Len(t, c.Agent("ada").DeadLetters("").Items, 1, "it died again")
}

// B1: what is larger than a record may be is kept whole, and stays whole when it is handled again.
func TestALargeEventIsKeptWhole(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ada := c.Agent("ada")
	text := `{"arrival": 17, "said": "` + strings.Repeat("¡hola! ", 400_000) + `"}`
	require.Greater(t, len(text), 3*desk.LetterDataMax)
	c.Publish(bus.Out{Type: bus.MessageReceived, Key: "lea", Data: json.RawMessage(text)})
	c.Settle()
	first := ada.DeadLetters("").Items[0]
	assert.True(t, text == ada.DeadLetter(first.ID).Data, "as it came")
	ada.Replays(first.ID)
	c.Settle()
	second := ada.DeadLetters("").Items[0]
	assert.True(t, text == ada.DeadLetter(second.ID).Data, "as it came")
	ada.Discards(first.ID)
	ada.Discards(second.ID)
	assert.Empty(t, all[desk.DeadLetterPart](c), "nothing of it is left")
}

// The list goes page by page, those that died last first.
func TestDeadLettersAreListedByPages(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ada := c.Agent("ada")
	for n := range 7 {
		c.Publish(bus.Out{Type: desk.HintLeaseDue, ID: "e" + string(rune('0'+n)), Data: json.RawMessage("{")})
		c.Settle()
	}
	var ids []string
	query := "limit=3"
	for pages := 1; ; pages++ {
		page := ada.DeadLetters(query)
		for _, l := range page.Items {
			ids = append(ids, l.EventID)
		}
		if page.Next == "" {
			assert.Equal(t, 3, pages)
			break
		}
		query = "limit=3&cursor=" + page.Next
	}
	assert.Equal(t, []string{"e6", "e5", "e4", "e3", "e2", "e1", "e0"}, ids)
	assert.Empty(t, ada.DeadLetters("reason=attempts_used_up").Items)
	assert.Len(t, ada.DeadLetters("reason=bad_event").Items, 7)
	assert.Len(t, ada.DeadLetters("reason=bad_event&event=lease.due").Items, 7)
	c.IsRefused(ada.Desktop.Call(c.Context(), http.MethodGet, floor.Letters+"?cursor=x", "", nil, nil), 400, "bad_cursor")
}

// B1: a customer writes to a number nobody configured. The administrator sees that, imports the number, and need not wait
// for the sweep.
func TestAParkedMessageComesInWhenTheAdministratorSaysSo(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, ada := c.Agent("ana").SignsIn(), c.Agent("ada")
	c.Customer("lea").WritesTo("100000000000002", "hola, es privado")
	c.Settle()
	list := ada.Parked("").Items
	require.Len(t, list, 1)
	p := list[0]
	assert.Equal(t, "whatsapp:100000000000002", p.Asset)
	assert.Equal(t, "100000000000002", p.Account)
	assert.Equal(t, api.ParkedStateParked, p.State)
	assert.Zero(t, p.Message, "a list shows nothing of what customers say")
	assert.Len(t, ada.Parked("asset=whatsapp:100000000000002").Items, 1)
	assert.Empty(t, ada.Parked("asset=whatsapp:3").Items)
	var whole api.Parked
	require.NoError(t, ada.Desktop.Call(c.Context(), http.MethodGet, floor.Parked+"/"+p.ID, "", nil, &whole))
	assert.Equal(t, "hola, es privado", whole.Message.Text)
	assert.Equal(t, "Lea", whole.Message.Customer.Name)

	ada.LooksAgain(p.ID)
	c.Settle()
	assert.Len(t, ada.Parked("").Items, 1, "the number is still unknown")
	_, err := ada.Desktop.Import(c.Context(), []byte(number), false)
	require.NoError(t, err)
	ada.LooksAgain(p.ID)
	i := ana.Accepts()
	assert.Equal(t, []string{"hola, es privado"}, texts(ana.Reads(i.ID)))
	assert.Empty(t, ada.Parked("").Items)
	c.IsRefused(ada.Desktop.Call(c.Context(), http.MethodPost, floor.Parked+"/"+p.ID+"/replay", "", nil, nil), 404, "parked_missing")
	c.IsRefused(ada.Desktop.Call(c.Context(), http.MethodDelete, floor.Parked+"/"+p.ID, "", nil, nil), 404, "parked_missing")
	assert.Len(t, all[desk.Interaction](c), 1)
}

// B1: a parked message that was given up does not come back, neither when the channel sends it again nor when its number
// is configured after all.
func TestAParkedMessageThatWasGivenUpStaysAway(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ada := c.Agent("ada")
	sent := c.Customer("lea").WritesTo("100000000000002", "hola")
	c.Settle()
	id := ada.Parked("").Items[0].ID
	assert.Equal(t, api.ParkedStateDiscarded, ada.GivesUp(id).State)
	assert.Equal(t, api.ParkedStateDiscarded, ada.GivesUp(id).State, "a repeat")
	n, err := c.Suite.Graph.Number("100000000000002")
	require.NoError(t, err)
	repost := func() {
		_, err := n.Repost(sent)
		require.NoError(t, err)
		c.Settle()
	}
	repost()
	assert.Empty(t, ada.Parked("").Items)
	c.Configure(number)
	repost()
	c.Sweep()
	assert.Empty(t, ada.Parked("").Items)
	assert.Empty(t, all[desk.Interaction](c))
	for _, m := range all[desk.Message](c) {
		assert.Empty(t, m.Text, "what it said is gone")
	}
}
