package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The first message of an agent's is the response, whoever has the conversation, in the queue it is in then; what follows is none.
func TestTheFirstResponse(t *testing.T) {
	a, i := talking(t)
	i.Queue, i.Ledger = "care", []string{"sales|2026-03-02T09"}
	ch, err := Send(draft(), i, a, Reply{ClientID: "c1", Text: "buenos días"}, after(time.Hour))
	require.NoError(t, err)
	first := Responded{Queue: "care", Agent: "ana", At: after(time.Hour), After: time.Hour - i.OpenedAt.Sub(nine)}
	assert.Equal(t, first, ch.Interaction.Responded)
	assert.Contains(t, ch.Interaction.Ledger, "care|2026-03-02T10", "the hour finds it")
	assert.Equal(t, []string{"sales|2026-03-02T09"}, i.Ledger)

	next := Message{Head: Head{ID: SentID("talk", "ana", "c2")}}
	ch, err = Send(next, *ch.Interaction, a, Reply{ClientID: "c2", Text: "dime"}, after(3*time.Hour))
	require.NoError(t, err)
	assert.Equal(t, first, ch.Interaction.Responded)
	assert.NotContains(t, ch.Interaction.Ledger, "care|2026-03-02T12")

	_, i = talking(t)
	i.Direction = Outbound
	ch, err = Send(draft(), i, a, Reply{ClientID: "c1", Text: "buenos días"}, after(time.Hour))
	require.NoError(t, err)
	assert.Zero(t, ch.Interaction.Responded, "the customer asked nothing")
}
