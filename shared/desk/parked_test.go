package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

func parkedHola() Parked {
	in := hola()
	in.At = after(1500 * time.Millisecond)
	return Park(Parked{Head: stored("m", 2), Asset: "whatsapp:111", Arrival: in}, after(time.Minute))
}

func TestAParkedMessageThatIsDiscardedLeavesNothingButItsID(t *testing.T) {
	p, ten := parkedHola(), after(time.Hour)
	ch, err := DiscardParked(p, Message{Head: Head{ID: "m"}}, ten)
	require.NoError(t, err)
	want := Message{Head: Head{ID: "m"}, Asset: "whatsapp:111", Direction: Inbound, At: after(time.Second), ReceivedAt: after(time.Minute), DiscardedAt: ten}
	assert.Equal(t, []Record{&want}, ch.Save)
	assert.Equal(t, []Record{&p}, ch.Drop)
	assert.Equal(t, &want, ch.Message)

	again, err := DiscardParked(Parked{Head: Head{ID: "m"}}, *saved(ch).Message, after(2*time.Hour))
	require.NoError(t, err)
	assert.Empty(t, again.Save)
	assert.Empty(t, again.Drop)
	assert.Equal(t, ten, again.Message.DiscardedAt)
}

// Whoever sends it again finds that it came before.
func TestADiscardedMessageIsNeverReceived(t *testing.T) {
	ch, err := DiscardParked(parkedHola(), Message{Head: Head{ID: "m"}}, nine)
	require.NoError(t, err)
	got, err := Receive(hola(), Known{Asset: Asset{Head: stored("whatsapp:111", 1)}, Message: *saved(ch).Message}, ids, after(time.Hour))
	require.NoError(t, err)
	assert.Empty(t, got.Save)
	assert.Empty(t, got.Hints)
}

func TestAParkedMessageThatCameInMeanwhileStays(t *testing.T) {
	p := parkedHola()
	m := Message{Head: stored("m", 3), Interaction: "talk", Text: "hola"}
	ch, err := DiscardParked(p, m, nine)
	require.NoError(t, err)
	assert.Empty(t, ch.Save)
	assert.Equal(t, []Record{&p}, ch.Drop)
	assert.Equal(t, &m, ch.Message)
	_, err = DiscardParked(Parked{Head: Head{ID: "m"}}, m, nine)
	assert.True(t, fault.HasCode(err, "parked_missing"))
	_, err = DiscardParked(Parked{Head: Head{ID: "m"}}, Message{Head: Head{ID: "m"}}, nine)
	assert.True(t, fault.HasCode(err, "parked_missing"))
}

// What the customer did to a message that had not come is given up with it.
func TestAStubIsDiscardedWithItsMessage(t *testing.T) {
	ch, err := DiscardParked(parkedHola(), Message{Head: stored("m", 1), Stub: true, Text: "adiós"}, nine)
	require.NoError(t, err)
	assert.Equal(t, Head{ID: "m", Version: 1}, ch.Message.Head)
	assert.Empty(t, ch.Message.Text)
	assert.False(t, ch.Message.Stub)
	assert.Equal(t, []Record{ch.Message}, ch.Save)
}
