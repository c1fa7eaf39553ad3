package tests

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/faults"
	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// B13: a conversation that an agent began goes on like any: a second agent joins, it is transferred, the customer's answer reaches
// who has it then, and all wrap up.
func TestAStartedConversationGoesOnLikeAny(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob, lea := c.Agent("ana"), c.Agent("bob"), c.Customer("lea")
	contact := ana.HasTalked(lea, 48*time.Hour)
	bob.SignsIn()
	i := ana.Starts(contact, ready())
	lea.Hears(readyReads)
	ana.Asks(i.ID, api.ConferenceWish{Agent: "bob", Note: "it is your bicycle"})
	bob.Accepts()
	_, err := bob.Desktop.SendTemplate(c.Context(), i.ID, desktop.Key(), api.TemplateUse{ID: "hello"})
	require.NoError(t, err, "a guest may, too")
	lea.Hears("¿Podemos ayudarte con algo más?")
	bob.Exits(i.ID)
	bob.WrapsUp(i.ID, floor.Question)

	ana.Transfers(i.ID, api.TransferWish{Agent: "bob", Note: "she may call"})
	assert.Equal(t, i.ID, bob.Accepts().ID)
	ana.WrapsUp(i.ID, floor.Question)
	lea.Writes("voy mañana")
	ana.IsNotOffered()
	assert.Equal(t, []string{readyReads, "¿Podemos ayudarte con algo más?", "voy mañana"}, said(bob.Reads(i.ID)))
	over(c, bob, i.ID)
	closed := bob.Sees(i.ID)
	assert.Equal(t, []any{api.InteractionStateClosed, "ended", "started"}, []any{closed.State, closed.CloseReason, closed.History[0].Event})
}

// said are the texts of a transcript without what the system noted.
func said(list []api.Message) (out []string) {
	for _, m := range list {
		if m.Author.Kind != api.AuthorKindSystem {
			out = append(out, m.Text)
		}
	}
	return out
}

// B13, B7: who does not answer is silent, like any customer; after the window nothing warns him, and the conversation closes all the same.
// Nobody greets a customer who did not come.
func TestAStartedConversationClosesInSilence(t *testing.T) {
	t.Parallel()
	c := floor.OpenWith(t, suite.Options{Number: graph.NumberOptions{Window: true}})
	c.Office("ada").Changes("queues/sales", `{"name":"Sales","project":"shop","team":"support","offerTimeout":"20s","afterword":"0s","wrapUpReason":"question",
		"inactivity":{"warnAfter":"2m","closeAfter":"1m"},"texts":{"greeting":"Bienvenida","busy":"Espere","warning":"¿Sigue ahí?","ended":"Adiós"}}`)
	ana, lea := c.Agent("ana"), c.Customer("lea")
	contact := ana.HasTalked(lea, 48*time.Hour)
	before := len(lea.Received())
	i := ana.Starts(contact, ready())
	lea.Hears(readyReads)
	c.Passes(190*time.Second, ana)
	closed := ana.Sees(i.ID)
	assert.Equal(t, []any{api.InteractionStateClosed, desk.ClosedInactive}, []any{closed.State, closed.CloseReason})
	assert.Equal(t, []string{readyReads}, lea.Received()[before:], "the window is closed: nothing else can be said")
	assert.Zero(t, ana.Me().Load)
}

// B13, B8: what the customer writes after the end of the conversation before joins the one that was begun since, although the
// queue waits for a word after the end.
func TestAWordAfterTheEndJoinsWhatWasStartedSince(t *testing.T) {
	t.Parallel()
	c, ana, lea, before := hasTalked(t)
	lea.Writes("gracias")
	c.Settle()
	assert.Equal(t, 1, ana.Sees(before.ID).Unread)
	i := ana.Starts(before.Contact, api.NewInteraction{Queue: "sales", Text: "¡ah!, una cosa"})
	assert.Zero(t, ana.Sees(before.ID).Unread)
	assert.NotContains(t, ana.Sees(before.ID).Actions, "reopen")
	lea.Writes("dime")
	c.Settle()
	assert.Equal(t, []string{"¡ah!, una cosa", "dime"}, texts(ana.Reads(i.ID)))
	_, err := reopens(c, ana, before.ID)
	c.IsRefused(err, 409, "already_followed")
}

// B1, B13: the function dies just before a step of the work is done, and then just after. The desktop asks again; one
// conversation is begun, and the customer is written to once.
func TestStartingSurvivesADeathAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, on := range []string{"interactions", "messages", "agents", "contacts", "message.queued"} {
		t.Run(on, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			ana, lea := c.Agent("ana"), c.Customer("lea")
			contact := ana.HasTalked(lea, 48*time.Hour)
			require.NoError(t, c.Suite.Faults.Set(faults.Plan{Once: []faults.Once{
				{Kind: faults.KillBefore, Function: "contacts", On: on}, {Kind: faults.KillAfter, Function: "contacts", On: on}}}))
			key := desktop.Key()
			var i api.Interaction
			tries(c, func() (err error) { i, err = ana.Desktop.Start(c.Context(), contact, key, ready()); return err })
			assert.Equal(t, map[faults.Kind]int{faults.KillBefore: 1, faults.KillAfter: 1}, c.Suite.Faults.Count())
			c.Settle()
			c.Advance(10 * time.Second)
			c.Sweep()
			lea.Hears(readyReads)
			assert.Len(t, all[desk.Interaction](c), 2)
			assert.Equal(t, 1, ana.Me().Load)
			assert.Equal(t, "ana", ana.Sees(i.ID).Owner.ID)
		})
	}
}
