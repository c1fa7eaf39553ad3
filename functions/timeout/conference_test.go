package timeout_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
)

// asks is an active conversation whose owner asks a queue for a second agent until the deadline.
func (c *centre) asks() {
	c.t.Helper()
	require.NoError(c.t, c.store.Reader().Save(c.t.Context(), desk.Change{Save: []desk.Record{
		&desk.Interaction{Head: desk.Head{ID: "talk"}, State: desk.InteractionActive, Channel: desk.WhatsApp, Queue: "sales", Owner: "bob",
			Wants: desk.Token("sales", desk.WhatsApp), Rank: 1, DueAt: c.deadline,
			Second: desk.Second{State: desk.SecondRequested, By: "bob", Queue: "sales", Until: c.deadline}},
	}}))
}

func (c *centre) talk() desk.Interaction {
	c.t.Helper()
	i := desk.Interaction{Head: desk.Head{ID: "talk"}}
	require.NoError(c.t, c.store.Reader().Load(c.t.Context(), &i))
	return i
}

func TestARequestEndsOnceAtItsEnd(t *testing.T) {
	c := open(t)
	c.asks()
	body := `{"id":"talk","at":"` + c.deadline.Format(time.RFC3339Nano) + `"}`
	assert.Equal(t, 204, c.calls("/timers/conference", body))
	assert.Equal(t, []string{`{"id":"talk","at":"` + c.deadline.Format(time.RFC3339Nano) + `","round":1}`}, c.timers, "it came early")
	assert.Equal(t, desk.SecondRequested, c.talk().Second.State)

	c.Clock.Advance(20 * time.Second)
	for range 3 {
		assert.Equal(t, 204, c.calls("/timers/conference", body))
		i := c.talk()
		assert.Equal(t, desk.Second{}, i.Second)
		assert.Equal(t, []any{desk.InteractionActive, "bob", "", int64(2)}, []any{i.State, i.Owner, i.Wants, i.Version})
		assert.Zero(t, i.DueAt)
	}
}

func TestATimerThatFindsNoRequestHasNothingToDo(t *testing.T) {
	c := open(t)
	for _, id := range []string{"i", "none", "a/b"} {
		assert.Equal(t, 204, c.calls("/timers/conference", `{"id":"`+id+`","at":"2026-01-01T00:00:00Z"}`), id)
	}
	assert.Empty(t, c.timers)
}
