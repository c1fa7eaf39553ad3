package tests

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// twoMinutes is the example centre where a wrap-up in Sales may be owed for two minutes, and Ana takes one customer at a time.
func twoMinutes(t *testing.T, settings string) (*floor.Floor, *floor.Agent) {
	t.Helper()
	c := floor.Open(t)
	return c, waitsTwoMinutes(c, settings)
}

// waitsTwoMinutes is twoMinutes in a centre that is open already.
func waitsTwoMinutes(c *floor.Floor, settings string) *floor.Agent {
	c.T.Helper()
	c.Configure(`
queues: [{id: sales, name: Sales, project: shop, team: support, afterword: 0s, ` + settings + `}]
agents: [{id: ana, name: Ana García, email: ana@acme.example, roles: [agent], teams: [support], capacity: 1}]
`)
	return c.Agent("ana").SignsIn()
}

// R27, R28: an agent who says nothing for the queue's limit is free again: the wrap-up has the queue's reason, the conversation
// is closed, and who waits is offered to him.
func TestAWrapUpThatIsForgottenIsSettledByTheClock(t *testing.T) {
	t.Parallel()
	c, ana := twoMinutes(t, "wrapUpLimit: 2m, wrapUpReason: question")
	i := talks(c, ana, "lea")
	ended := ana.Ends(i.ID)
	owed := ended.Legs[0].WrapUp
	assert.Equal(t, api.WrapUpStateOwed, owed.State)
	assert.Equal(t, 2*time.Minute, owed.DueAt.Sub(ended.Legs[0].To))
	assert.Equal(t, api.List[string]{"note", "wrap_up", "extend_wrap_up"}, ended.Actions)
	form, err := ana.Desktop.WrapUpForm(c.Context(), i.ID, "")
	require.NoError(t, err)
	assert.Equal(t, owed.DueAt, form.DueAt)
	assert.False(t, form.Now.After(form.DueAt))
	c.Customer("max").Writes("hola")
	ana.IsNotOffered()

	c.Passes(110*time.Second, ana)
	notYet(c, owed.DueAt, ana.Sees(i.ID).State != api.InteractionStateWrapup, "there is still time")
	c.Passes(10*time.Second, ana)
	closed := ana.Sees(i.ID)
	assert.Equal(t, api.InteractionStateClosed, closed.State)
	assert.Equal(t, desk.ClosedEnded, closed.CloseReason)
	assert.Equal(t, api.WrapUpStateAutomatic, closed.Legs[0].WrapUp.State)
	assert.Equal(t, api.Ref{ID: "question", Name: "Question"}, closed.Legs[0].WrapUp.Reason)
	assert.Empty(t, closed.Actions)
	assert.Equal(t, "Max", ana.IsOffered().Customer.Name)

	_, err = ana.Desktop.WrapUp(c.Context(), i.ID, desktop.Key(), api.WrapUpChoice{Reason: "question"})
	c.IsRefused(err, 409, "wrap_up_over")
	_, err = ana.Desktop.ExtendWrapUp(c.Context(), i.ID, desktop.Key())
	c.IsRefused(err, 409, "wrap_up_over")
	form, err = ana.Desktop.WrapUpForm(c.Context(), i.ID, "")
	require.NoError(t, err)
	assert.Equal(t, api.WrapUpStateAutomatic, form.Submitted.State)
	assert.False(t, form.Owed)
	assert.Zero(t, form.DueAt)
}

// R27: a queue without a reason for it leaves the wrap-up without one; the agent may long be gone.
func TestAWrapUpOfWhoIsGoneIsSettledWithoutAReason(t *testing.T) {
	t.Parallel()
	c, ana := twoMinutes(t, "wrapUpLimit: 2m")
	i := talks(c, ana, "lea")
	ana.Ends(i.ID)
	_, err := ana.Desktop.SignOut(c.Context(), false)
	require.NoError(t, err)
	c.Passes(2 * time.Minute)
	closed := ana.Sees(i.ID)
	assert.Equal(t, api.InteractionStateClosed, closed.State)
	assert.Equal(t, api.WrapUpStateAutomatic, closed.Legs[0].WrapUp.State)
	assert.Zero(t, closed.Legs[0].WrapUp.Reason)
	assert.Zero(t, ana.Me().Load)
	assert.Equal(t, api.AgentStateOffline, ana.Me().State)
}

// R27: the agent takes the limit once more, as often as it takes, until an hour after the end.
func TestAnAgentTakesMoreTimeForTheWrapUp(t *testing.T) {
	t.Parallel()
	c, ana := twoMinutes(t, "wrapUpLimit: 25m")
	i := talks(c, ana, "lea")
	_, err := ana.Desktop.ExtendWrapUp(c.Context(), i.ID, desktop.Key())
	c.IsRefused(err, 409, "nothing_to_wrap_up")
	end := ana.Ends(i.ID).Legs[0].To
	key := desktop.Key()
	more, err := ana.Desktop.ExtendWrapUp(c.Context(), i.ID, key)
	require.NoError(t, err)
	assert.Equal(t, end.Add(50*time.Minute), more.Legs[0].WrapUp.DueAt)
	again, err := ana.Desktop.ExtendWrapUp(c.Context(), i.ID, key)
	require.NoError(t, err)
	assert.Equal(t, more, again, "a repeat adds nothing")
	_, err = ana.Desktop.WrapUp(c.Context(), i.ID, key, api.WrapUpChoice{Reason: "question"})
	c.IsRefused(err, 422, "key_reused")

	more = ana.Extends(i.ID)
	assert.Equal(t, end.Add(time.Hour), more.Legs[0].WrapUp.DueAt, "not beyond the hour")
	assert.Equal(t, api.List[string]{"note", "wrap_up"}, more.Actions)
	_, err = ana.Desktop.ExtendWrapUp(c.Context(), i.ID, desktop.Key())
	c.IsRefused(err, 409, "wrap_up_over")
	_, err = c.Agent("bob").Desktop.ExtendWrapUp(c.Context(), i.ID, desktop.Key())
	c.IsRefused(err, 403, "not_your_conversation")
	_, err = ana.Desktop.ExtendWrapUp(c.Context(), i.ID, "")
	c.IsRefused(err, 400, "bad_request")

	c.Passes(50*time.Second, ana)
	assert.Equal(t, api.InteractionStateWrapup, ana.Sees(i.ID).State)
	ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"})
	assert.Zero(t, ana.Me().Load)
}

// R27: without a limit a wrap-up may be owed for as long as it takes.
func TestWithoutALimitAWrapUpIsOwedForGood(t *testing.T) {
	t.Parallel()
	c, ana := twoMinutes(t, "wrapUpReason: question")
	i := talks(c, ana, "lea")
	ended := ana.Ends(i.ID)
	assert.Equal(t, api.List[string]{"note", "wrap_up"}, ended.Actions)
	assert.Zero(t, ended.Legs[0].WrapUp.DueAt)
	_, err := ana.Desktop.ExtendWrapUp(c.Context(), i.ID, desktop.Key())
	c.IsRefused(err, 409, "wrap_up_unlimited")
	c.Advance(48 * time.Hour)
	c.Sweep()
	assert.Equal(t, api.InteractionStateWrapup, ana.Sees(i.ID).State)
}
