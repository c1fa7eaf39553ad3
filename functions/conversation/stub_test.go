package conversation

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/desk"
)

// byBusiness is a remark of the business's on a message it sent by other means.
func byBusiness(told channel.Event) channel.Event {
	told.Remark.Elsewhere = true
	return told
}

// A status that comes when only an edit of its message has, waits for the message as if nothing had come.
func TestAStatusBetweenAnEditAndItsMessage(t *testing.T) {
	b := open(t)
	require.NoError(t, b.tell(writes("wamid.1", noon, phone(0))))
	require.NoError(t, b.tell(byBusiness(does(desk.RemarkEdit, "wamid.phone", noon.Add(2*time.Second), "buenas"))))
	require.NoError(t, b.tell(came("wamid.phone", desk.MessageRead, noon.Add(3*time.Second))))
	b.late.Store(int64(10 * time.Second))
	b.receiptsAreDue()
	sent := writes("wamid.phone", noon.Add(time.Second), phone(0))
	sent.Arrival.Elsewhere = true
	require.NoError(t, b.tell(sent))
	b.late.Store(int64(time.Minute))
	b.receiptsAreDue()

	m := load[desk.Message](b, inbound("wamid.phone"))
	assert.Equal(t, "buenas", m.Text)
	assert.Equal(t, desk.MessageRead, m.State)
	assert.Equal(t, noon.Add(3*time.Second), m.ReadAt)
	assert.Empty(t, every[desk.Receipt](b))
}

// What the business does, by other means, to a message of ours whose sending is not recorded yet changes nothing on it;
// what the customer does to it, and its statuses, still find it.
func TestNewsOfOurMessageFindItBehindAStub(t *testing.T) {
	b := open(t)
	require.NoError(t, b.tell(byBusiness(does(desk.RemarkRevoke, "wamid.out", noon.Add(time.Second), ""))))
	require.NoError(t, b.tell(does(desk.RemarkReaction, "wamid.out", noon.Add(2*time.Second), "👍")))
	b.put(&desk.Message{Head: desk.Head{ID: "out"}, Asset: "whatsapp:1", Direction: desk.Outbound, Text: "hola",
		State: desk.MessageSent, ProviderID: "wamid.out", SentAt: noon, ClaimedAt: noon})
	require.NoError(t, b.tell(came("wamid.out", desk.MessageDelivered, noon.Add(3*time.Second))))
	require.NoError(t, b.tell(does(desk.RemarkReaction, "wamid.out", noon.Add(4*time.Second), "🎉")))
	b.late.Store(int64(time.Minute))
	b.receiptsAreDue()

	m := load[desk.Message](b, "out")
	assert.Equal(t, "hola", m.Text)
	assert.Equal(t, desk.MessageDelivered, m.State)
	assert.Equal(t, "🎉", m.Reaction)
	assert.Empty(t, every[desk.Receipt](b))
}
