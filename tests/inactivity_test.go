package tests

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// patient is the example centre where Sales has settings about silent customers, and Ana takes one of them at a time.
func patient(t *testing.T, settings string) (*floor.Floor, *floor.Agent) {
	t.Helper()
	return twoMinutes(t, "wrapUpReason: question, "+settings)
}

const still = "¿Sigue ahí?"

// B7: a customer who does not answer is warned, then the conversation is closed as inactive; its agent owes nothing and is free
// for who waits.
func TestACustomerWhoStaysSilentIsWarnedAndThenTheConversationCloses(t *testing.T) {
	t.Parallel()
	c, ana := patient(t, "inactivity: {warnAfter: 2m, closeAfter: 1m}, texts: {warning: '"+still+"'}")
	lea := c.Customer("lea")
	i := talks(c, ana, "lea")
	c.Passes(3*time.Minute, ana)
	assert.Empty(t, lea.Received(), "it is our turn: nobody is silent")

	ana.Writes(i.ID, "¿en qué puedo ayudarle?")
	c.Customer("max").Writes("hola")
	c.Passes(110*time.Second, ana)
	assert.Len(t, ana.Reads(i.ID), 2)
	c.Passes(10*time.Second, ana)
	warned := ana.Reads(i.ID)
	require.Len(t, warned, 3)
	assert.Equal(t, still, warned[2].Text)
	assert.Equal(t, api.AuthorKindSystem, warned[2].Author.Kind, "no agent said so")
	assert.Equal(t, []string{"¿en qué puedo ayudarle?", still}, lea.Received())
	shown := ana.Sees(i.ID)
	assert.Equal(t, "¿en qué puedo ayudarle?", shown.Preview)
	assert.Equal(t, api.InteractionStateActive, shown.State)

	ana.IsNotOffered()
	c.Passes(time.Minute, ana)
	closed := ana.Sees(i.ID)
	assert.Equal(t, api.InteractionStateClosed, closed.State)
	assert.Equal(t, desk.ClosedInactive, closed.CloseReason)
	assert.Equal(t, api.WrapUpStateAutomatic, closed.Legs[0].WrapUp.State)
	assert.Equal(t, "question", closed.Legs[0].WrapUp.Reason.ID)
	assert.Equal(t, "Max", ana.IsOffered().Customer.Name, "her place is free")
	_, err := ana.Desktop.Send(c.Context(), i.ID, desktop.Key(), "¿hola?")
	c.IsRefused(err, 409, "conversation_ended")

	lea.Writes("perdón, ya estoy")
	c.Settle()
	assert.Len(t, ana.Reads(i.ID), 3, "what he writes now opens another")
}

// B7: whatever the customer writes starts the time anew, also after the warning; each silence has its own warning.
func TestAnAnswerStartsTheTimeAnew(t *testing.T) {
	t.Parallel()
	c, ana := patient(t, "inactivity: {warnAfter: 2m, closeAfter: 1m}, texts: {warning: '"+still+"'}")
	lea := c.Customer("lea")
	i := talks(c, ana, "lea")
	ana.Writes(i.ID, "¿qué talla?")
	c.Passes(2*time.Minute, ana)
	assert.Equal(t, []string{"¿qué talla?", still}, lea.Received())
	lea.Writes("la 42")
	c.Passes(4*time.Minute, ana)
	assert.Equal(t, api.InteractionStateActive, ana.Sees(i.ID).State, "now it is our turn")
	ana.Writes(i.ID, "¿y el color?")
	c.Passes(2*time.Minute, ana)
	assert.Equal(t, []string{"¿qué talla?", still, "¿y el color?", still}, lea.Received())
	ana.Writes(i.ID, "se lo enseño")
	c.Passes(time.Minute, ana)
	assert.Equal(t, api.InteractionStateActive, ana.Sees(i.ID).State, "another word of ours, another silence")
	c.Passes(2*time.Minute, ana)
	assert.Equal(t, desk.ClosedInactive, ana.Sees(i.ID).CloseReason)
}

// B7: without a text nobody is told, but the clock runs; without a warning it is one time.
func TestSilenceWithoutAWarning(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]string{
		"no text":    "inactivity: {warnAfter: 1m, closeAfter: 1m}",
		"no warning": "inactivity: {closeAfter: 2m}, texts: {warning: '" + still + "'}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, ana := patient(t, settings)
			i := talks(c, ana, "lea")
			ana.Writes(i.ID, "¿qué talla?")
			c.Passes(110*time.Second, ana)
			assert.Equal(t, api.InteractionStateActive, ana.Sees(i.ID).State)
			c.Passes(30*time.Second, ana)
			assert.Equal(t, desk.ClosedInactive, ana.Sees(i.ID).CloseReason)
			assert.Zero(t, ana.Me().Load)
			assert.Equal(t, []string{"¿qué talla?"}, c.Customer("lea").Received())
		})
	}
}

// B7, R15: a message that never reached the customer starts no clock: he is neither warned nor is his conversation closed because he
// does not answer it. One that reaches him does.
func TestAMessageThatFailedStartsNoClock(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]graph.Fault{
		"refused":               {Kind: graph.FaultError, Code: 131026},
		"of which nobody knows": {Kind: graph.FaultHangBefore},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := floor.OpenWith(t, suite.Options{Env: map[string]string{"SEND_TIMEOUT": "2s"}}) // enough for what does not hang
			ana := waitsTwoMinutes(c, "wrapUpReason: question, inactivity: {warnAfter: 2m, closeAfter: 1m}, texts: {warning: '"+still+"'}")
			lea := c.Customer("lea")
			i := talks(c, ana, "lea")
			fault.Times = 1
			require.NoError(t, c.Suite.Graph.AddFault(fault))
			m := ana.Writes(i.ID, "¿qué talla?")
			c.Passes(10*time.Minute, ana)
			state := find(t, ana.Reads(i.ID), m.ID).State
			assert.Contains(t, []api.MessageState{api.MessageStateFailed, api.MessageStateUnknown}, state)
			assert.Equal(t, api.InteractionStateActive, ana.Sees(i.ID).State)
			assert.Empty(t, lea.Received())
			ana.Writes(i.ID, "¿me lee?")
			c.Passes(2*time.Minute, ana)
			assert.Equal(t, []string{"¿me lee?", still}, lea.Received())
			c.Passes(time.Minute, ana)
			assert.Equal(t, desk.ClosedInactive, ana.Sees(i.ID).CloseReason)
		})
	}
}
