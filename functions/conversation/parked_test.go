package conversation

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/desk"
)

// What is taken back while it waits for its asset, or before it came, says nothing to whoever looks at what is parked; nor
// later, when the asset is there. What the other side takes back changes nothing.
func TestWhatIsTakenBackIsNotParkedEither(t *testing.T) {
	write, takeBack := writes("wamid.1", noon, phone(0)), does(desk.RemarkRevoke, "wamid.1", noon.Add(time.Second), "")
	write.Arrival.Account, takeBack.Remark.Account = "2", "2"
	write.Arrival.Detail.Cards = []desk.Card{{Name: "Max"}}
	notHers := takeBack
	remark := *takeBack.Remark
	remark.Elsewhere = true
	notHers.Remark = &remark
	for name, c := range map[string]struct {
		told []channel.Event
		text string
	}{
		"after it came":     {[]channel.Event{write, takeBack}, ""},
		"before it came":    {[]channel.Event{takeBack, write}, ""},
		"twice":             {[]channel.Event{write, takeBack, write, takeBack}, ""},
		"not by the sender": {[]channel.Event{write, notHers}, "wamid.1"},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			for _, told := range c.told {
				require.NoError(t, b.tell(told))
			}
			parked := every[desk.Parked](b)
			require.Len(t, parked, 1)
			assert.Equal(t, c.text, parked[0].Arrival.Text)
			assert.Equal(t, c.text == "", len(parked[0].Arrival.Cards) == 0)
			assert.Equal(t, c.text == "", parked[0].Arrival.Fallback == "[message deleted]")

			b.put(&desk.Asset{Head: desk.Head{ID: "whatsapp:2"}, Channel: desk.WhatsApp, Account: "2", Queue: "sales"})
			require.NoError(t, b.record(t.Context(), parked[0].Arrival, desk.Asset{Head: desk.Head{ID: "whatsapp:2", Version: 1}, Queue: "sales"}, &parked[0]))
			messages := every[desk.Message](b)
			n := slices.IndexFunc(messages, func(m desk.Message) bool { return m.Interaction != "" })
			require.GreaterOrEqual(t, n, 0)
			assert.Equal(t, c.text, messages[n].Text)
			assert.Equal(t, c.text == "", messages[n].Fallback == "[message deleted]")
			assert.Empty(t, every[desk.Parked](b))
		})
	}
}

// Neither of two that come at once sees the other: what is parked then is emptied when its asset is looked for.
func TestTakenBackInTheMomentItIsParked(t *testing.T) {
	b := open(t)
	write := writes("wamid.1", noon, phone(0)).Arrival
	b.put(&desk.Parked{Head: desk.Head{ID: inbound("wamid.1")}, Asset: "whatsapp:2", At: noon, DueAt: noon, Arrival: *write},
		&desk.Message{Head: desk.Head{ID: inbound("wamid.1")}, Stub: true, RevokedAt: noon})
	require.NoError(t, b.parkLonger(t.Context(), inbound("wamid.1")))
	assert.Empty(t, load[desk.Parked](b, inbound("wamid.1")).Arrival.Text)
	assert.Equal(t, noon.Add(time.Minute), load[desk.Parked](b, inbound("wamid.1")).DueAt)
	require.NoError(t, b.parkLonger(t.Context(), inbound("wamid.none")))
}
