package conversation

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/desk"
)

// Everything the business sends comes back as sent by other means; what is ours is told from the rest by our ID or, where
// the channel leaves that out, by its own.
func TestAnEchoOfOursIsNoSecondMessage(t *testing.T) {
	ours, foreign := strings.Repeat("0a", 16), strings.Repeat("f1", 16)
	who := desk.Customer{Addresses: []desk.Address{{Kind: desk.AddressPSID, Value: "9"}}}
	for name, c := range map[string]struct {
		before desk.MessageState
		known  string // the channel's ID of our message, where its sending is recorded
		echo   string // the channel's ID in the echo
		sent   string // our ID in it
		want   desk.MessageState
		texts  []string
	}{
		"by our ID, before the sending is recorded": {desk.MessageSending, "", "mid.out", ours, desk.MessageSent, []string{"hola", "buenas"}},
		"by our ID, of unknown fate":                {desk.MessageUnknown, "", "mid.out", ours, desk.MessageSent, []string{"hola", "buenas"}},
		"by our ID, late":                           {desk.MessageRead, "mid.out", "mid.out", ours, desk.MessageRead, []string{"hola", "buenas"}},
		"by the channel's ID":                       {desk.MessageDelivered, "mid.out", "mid.out", "", desk.MessageDelivered, []string{"hola", "buenas"}},
		"by another's ID that looks like ours":      {desk.MessageSending, "", "mid.bot", foreign, desk.MessageSending, []string{"hola", "buenas", "soy un bot"}},
		"by nothing":                                {desk.MessageSent, "mid.out", "mid.bot", "", desk.MessageSent, []string{"hola", "buenas", "soy un bot"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			require.NoError(t, b.tell(channel.Event{Arrival: &desk.Arrival{Channel: desk.Messenger, Account: "7", ID: "mid.1", At: noon,
				Kind: desk.TextMessage, Text: "hola", Customer: who}}))
			talk := every[desk.Interaction](b)[0]
			b.put(&desk.Message{Head: desk.Head{ID: ours}, Interaction: talk.ID, Contact: talk.Contact, Asset: "messenger:7", Text: "buenas",
				Direction: desk.Outbound, State: c.before, ProviderID: c.known, ClaimedAt: noon})
			echo := channel.Event{Arrival: &desk.Arrival{Channel: desk.Messenger, Account: "7", ID: c.echo, Sent: c.sent, Elsewhere: true,
				At: noon.Add(time.Second), Kind: desk.TextMessage, Text: "soy un bot", Customer: who}}
			b.shaky.Store(true)
			b.tellAll(echo, echo)
			b.shaky.Store(false)

			m := load[desk.Message](b, ours)
			assert.Equal(t, c.want, m.State)
			if c.sent == ours {
				assert.Equal(t, "mid.out", m.ProviderID)
			}
			var texts []string
			for _, m := range every[desk.Message](b) {
				texts = append(texts, m.Text)
			}
			assert.ElementsMatch(t, c.texts, texts)
		})
	}
}

// An asset that was deleted still has the echoes of what was sent before; of others' it has none.
func TestAnEchoOfOursByAnUnknownAsset(t *testing.T) {
	b := open(t)
	ours := strings.Repeat("0a", 16)
	b.put(&desk.Message{Head: desk.Head{ID: ours}, Asset: "messenger:8", Direction: desk.Outbound, State: desk.MessageUnknown})
	require.NoError(t, b.tell(channel.Event{Arrival: &desk.Arrival{Channel: desk.Messenger, Account: "8", ID: "mid.out", Sent: ours, Elsewhere: true,
		At: noon, Kind: desk.TextMessage, Text: "buenas", Customer: desk.Customer{Addresses: []desk.Address{{Kind: desk.AddressPSID, Value: "9"}}}}}))
	assert.Equal(t, desk.MessageSent, load[desk.Message](b, ours).State)
	assert.Empty(t, every[desk.Parked](b))
}
