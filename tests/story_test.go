// Package tests holds the journeys: what the product does, told as it happens on a contact centre's floor, over HTTP
// against the whole local suite. Each names the requirement rows it proves; README.md here lists them.
package tests

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/demo"
	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// R1, R2, R3, R4, R15, R27, R28, R31, R32, R33, R35: the life of one WhatsApp conversation, from the customer's first
// message to the closed record, with an agent who misses it and one who takes it.
func TestTheLifeOfAConversation(t *testing.T) {
	c := floor.Open(t)
	ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob").SignsIn()
	lea := c.Customer("lea")

	lea.Writes("hola")
	offer := ana.IsOffered()
	bob.IsNotOffered()
	stay(c, offer.Deadline.Sub(offer.Now), ana, bob)

	ana.Is(desk.AgentRONA)
	i := bob.Accepts()
	assert.Equal(t, []string{"hola"}, texts(bob.Reads(i.ID)))
	sent := bob.Writes(i.ID, "buenas 👋")
	c.Settle()
	assert.Equal(t, []string{"buenas 👋"}, lea.Received(), "exactly once")
	assert.Equal(t, api.MessageStateRead, find(t, bob.Reads(i.ID), sent.ID).State)

	lea.Writes("gracias")
	c.Settle()
	assert.Equal(t, []string{"hola", "buenas 👋", "gracias"}, texts(bob.Reads(i.ID)))
	assert.Equal(t, api.InteractionStateWrapup, bob.Ends(i.ID).State)
	closed := bob.WrapsUp(i.ID, api.WrapUpChoice{Reason: "sale", SubReason: "new", Note: "talla 42"})
	assert.Equal(t, api.InteractionStateClosed, closed.State)
	assert.Equal(t, "ended", closed.CloseReason)
	assert.Equal(t, []string{"opened", "offered", "expired", "offered", "accepted", "ended", "wrapped_up", "closed"}, events(closed))
	require.Len(t, closed.Legs, 1)
	assert.Equal(t, "New customer", closed.Legs[0].WrapUp.SubReason.Name)

	_, err := bob.Desktop.Set(c.Context(), desktop.Key(), api.StateChange{State: api.ChosenStateIdle, Reason: "break"})
	require.NoError(t, err)
	c.Customer("max").Writes("¿hacéis envíos?")
	c.Settle()
	ana.Becomes(api.ChosenStateAvailable)
	assert.Equal(t, "Max", ana.IsOffered().Customer.Name)
}

// The demo tells the same story and comes to its end.
func TestTheDemoComesToItsEnd(t *testing.T) {
	s, err := suite.Start(t.Context(), floor.OnFirestore(t, suite.Options{}))
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	var told bytes.Buffer
	require.NoError(t, demo.Play(t.Context(), s, &told), told.String())
	assert.Contains(t, told.String(), "Ana       is in RONA")
	assert.Contains(t, told.String(), "has it, once")
	assert.Contains(t, told.String(), "the conversation is closed (ended)")
}

func texts(list []api.Message) []string {
	var out []string
	for _, m := range list {
		out = append(out, m.Text)
	}
	return out
}

func events(i api.Interaction) []string {
	var out []string
	for _, m := range i.History {
		out = append(out, m.Event)
	}
	return out
}

func find(t *testing.T, list []api.Message, id string) api.Message {
	t.Helper()
	for _, m := range list {
		if m.ID == id {
			return m
		}
	}
	require.Fail(t, "no such message", id)
	return api.Message{}
}
