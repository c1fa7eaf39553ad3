package tests

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// talks gives the agent a conversation with the customer.
func talks(c *floor.Floor, a *floor.Agent, customer string) api.Interaction {
	c.T.Helper()
	c.Customer(customer).Writes("hola")
	return a.Accepts()
}

// R27, R28: the reasons are the queue's, in its order, with their sub-reasons, and can be searched; neither case nor
// accents matter.
func TestWrapUpReasonsAreSearched(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	_, err := c.Agent("ada").Desktop.Import(c.Context(), []byte(strings.TrimSpace(`
queues:
  - id: sales
    name: Sales
    project: shop
    team: support
    reasons:
      - {id: sale, name: Sale, subReasons: [{id: new, name: New customer}, {id: more, name: Existing customer}]}
      - {id: question, name: Question answered}
      - {id: lost, name: No sale}
      - {id: guarantee, name: "GARANTÍA o devolución", subReasons: [{id: year, name: "Año en curso"}, {id: old, name: Older}]}
      - {id: street, name: Straße}
`)), false)
	require.NoError(t, err)
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	form := func(query string) api.WrapUpForm {
		t.Helper()
		var f api.WrapUpForm
		require.NoError(t, ana.Desktop.Call(c.Context(), http.MethodGet, "/v1/interactions/"+i.ID+"/wrapup"+query, "", nil, &f))
		return f
	}
	assert.False(t, form("").Owed, "not while the conversation goes on")
	ana.Ends(i.ID)
	all := form("")
	assert.True(t, all.Owed)
	assert.Equal(t, ana.Sees(i.ID).Version, all.Version)
	assert.Empty(t, all.Notes)
	assert.Equal(t, []string{"sale: new more", "question:", "lost:", "guarantee: year old", "street:", "transfer:"}, reasonsIn(all))
	assert.Equal(t, "Existing customer", all.Reasons[0].SubReasons[1].Name)
	for query, want := range map[string][]string{
		"sale":            {"sale: new more", "lost:"},
		"SALE":            {"sale: new more", "lost:"},
		"existing":        {"sale: more"},
		"customer":        {"sale: new more"},
		"garantia":        {"guarantee: year old"},
		"Garant%C3%ADa":   {"guarantee: year old"},
		"DEVOLUCI%C3%93N": {"guarantee: year old"},
		"ano":             {"guarantee: year"},
		"QU%C3%89STION":   {"question:"},
		"STRASSE":         {"street:"},
		"transfer":        {"transfer:"},
		"%25":             nil,
		"nothing+of+it":   nil,
	} {
		assert.Equal(t, want, reasonsIn(form("?q="+query)), query)
	}
	_, err = ana.Desktop.WrapUpForm(c.Context(), i.ID, strings.Repeat("x", 101))
	c.IsRefused(err, 400, "bad_request")
	_, err = c.Agent("bob").Desktop.WrapUpForm(c.Context(), i.ID, "sale")
	c.IsRefused(err, 403, "not_your_conversation")

}

// R28: who has wrapped up finds what he said, and owes nothing.
func TestTheWrapUpFormShowsWhatWasSubmitted(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	ana.Ends(i.ID)
	form, err := ana.Desktop.WrapUpForm(c.Context(), i.ID, "sale")
	require.NoError(t, err)
	assert.True(t, form.Owed)
	assert.Empty(t, form.Submitted.State)
	ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "sale", SubReason: "more", Note: "con factura 🧾"})
	form, err = ana.Desktop.WrapUpForm(c.Context(), i.ID, "sale")
	require.NoError(t, err)
	assert.False(t, form.Owed)
	assert.Equal(t, api.WrapUpStateDone, form.Submitted.State)
	assert.Equal(t, api.Ref{ID: "sale", Name: "Sale"}, form.Submitted.Reason)
	assert.Equal(t, api.Ref{ID: "more", Name: "Existing customer"}, form.Submitted.SubReason)
	assert.Equal(t, "con factura 🧾", form.Submitted.Note)
	assert.False(t, form.Submitted.At.IsZero())
}

// reasonsIn are a form's, each with its sub-reasons.
func reasonsIn(f api.WrapUpForm) []string {
	var out []string
	for _, r := range f.Reasons {
		line := r.ID + ":"
		for _, s := range r.SubReasons {
			line += " " + s.ID
		}
		out = append(out, line)
	}
	return out
}

// R23, R28: every queue has the reason Transfer, and it can be given.
func TestEveryQueueHasTheReasonTransfer(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	queues := all[desk.Queue](c)
	require.NotEmpty(t, queues)
	for _, q := range queues {
		list, err := c.Store.Reasons(c.Context(), q.ID)
		require.NoError(t, err)
		last := list[len(list)-1]
		assert.Equal(t, "transfer Transfer", last.ID+" "+last.Name, q.ID)
	}
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	ana.Ends(i.ID)
	closed := ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "transfer"})
	assert.Equal(t, api.Ref{ID: "transfer", Name: "Transfer"}, closed.Legs[0].WrapUp.Reason)
}

// R28: a reason must be one of the queue's; where it has sub-reasons one of them must be given. What is refused changes
// nothing, and the agent can choose again.
func TestAWrapUpMustBeOneTheQueueAllows(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	ended := ana.Ends(i.ID)
	key := desktop.Key()
	for _, wrong := range []struct {
		choice api.WrapUpChoice
		code   string
	}{
		{api.WrapUpChoice{Reason: "sale"}, "sub_reason_required"},
		{api.WrapUpChoice{Reason: "sale", SubReason: "nosuch"}, "sub_reason_unknown"},
		{api.WrapUpChoice{Reason: "question", SubReason: "new"}, "sub_reason_unknown"},
		{api.WrapUpChoice{Reason: "nosuch"}, "reason_unknown"},
		{api.WrapUpChoice{Reason: "solved"}, "reason_unknown"}, // of the queue Support
		{api.WrapUpChoice{Reason: "repair", SubReason: "warranty"}, "reason_unknown"},
		{api.WrapUpChoice{Reason: "../support/reasons/solved"}, "reason_unknown"},
		{api.WrapUpChoice{Reason: "Sale", SubReason: "new"}, "reason_unknown"},
		{api.WrapUpChoice{}, "bad_request"},
		{api.WrapUpChoice{Reason: "question", Note: strings.Repeat("ñ", 4001)}, "bad_request"},
	} {
		_, err := ana.Desktop.WrapUp(c.Context(), i.ID, key, wrong.choice)
		c.IsRefused(err, 400, wrong.code)
	}
	assert.Equal(t, ended, ana.Sees(i.ID))
	note := strings.Repeat("ñ", 4000)
	closed, err := ana.Desktop.WrapUp(c.Context(), i.ID, key, api.WrapUpChoice{Reason: "sale", SubReason: "more", Note: note})
	require.NoError(t, err, "the key of what was refused is still free")
	assert.Equal(t, note, closed.Legs[0].WrapUp.Note)
}

// R27: ending twice is ending once, whatever the key; the key of another wish is refused.
func TestEndingTwiceIsEndingOnce(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	_, err := ana.Desktop.End(c.Context(), i.ID, "")
	c.IsRefused(err, 400, "bad_request")
	key := desktop.Key()
	ended, err := ana.Desktop.End(c.Context(), i.ID, key)
	require.NoError(t, err)
	assert.Equal(t, api.InteractionStateWrapup, ended.State)
	assert.Equal(t, api.List[string]{"note", "wrap_up"}, ended.Actions)
	for _, k := range []string{key, desktop.Key()} {
		again, err := ana.Desktop.End(c.Context(), i.ID, k)
		require.NoError(t, err)
		assert.Equal(t, ended, again)
	}
	_, err = ana.Desktop.WrapUp(c.Context(), i.ID, key, api.WrapUpChoice{Reason: "question"})
	c.IsRefused(err, 422, "key_reused")
	closed := ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"})
	again, err := ana.Desktop.End(c.Context(), i.ID, key)
	require.NoError(t, err)
	assert.Equal(t, closed, again, "a very late repeat opens nothing")
}

// R27: the same wrap-up twice is one; another after it finds nothing to wrap up.
func TestWrappingUpTwiceIsWrappingUpOnce(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	choice := api.WrapUpChoice{Reason: "sale", SubReason: "new", Note: "talla 42"}
	_, err := ana.Desktop.WrapUp(c.Context(), i.ID, desktop.Key(), choice)
	c.IsRefused(err, 409, "nothing_to_wrap_up") // the conversation goes on
	ana.Ends(i.ID)
	key := desktop.Key()
	var closed api.Interaction
	together(10, func(int) {
		got, err := ana.Desktop.WrapUp(c.Context(), i.ID, key, choice)
		assert.NoError(t, err)
		assert.Equal(t, api.InteractionStateClosed, got.State)
	})
	closed = ana.Sees(i.ID)
	assert.Equal(t, []string{"opened", "offered", "accepted", "ended", "wrapped_up", "closed"}, events(closed))
	_, err = ana.Desktop.WrapUp(c.Context(), i.ID, key, api.WrapUpChoice{Reason: "question"})
	c.IsRefused(err, 422, "key_reused")
	_, err = ana.Desktop.WrapUp(c.Context(), i.ID, desktop.Key(), choice)
	c.IsRefused(err, 409, "nothing_to_wrap_up")
	assert.Equal(t, closed, ana.Sees(i.ID))
	assert.Equal(t, 0, ana.Me().Load)
}

// R27: nobody ends or wraps up a conversation of somebody else's, nor one that was handed on.
func TestOnlyTheOwnerEndsAConversation(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
	i := talks(c, ana, "lea")
	bob.SignsIn()
	_, err := bob.Desktop.End(c.Context(), i.ID, desktop.Key())
	c.IsRefused(err, 403, "not_your_conversation")
	_, err = bob.Desktop.WrapUp(c.Context(), i.ID, desktop.Key(), api.WrapUpChoice{Reason: "question"})
	c.IsRefused(err, 403, "not_your_conversation")
	assert.Equal(t, api.InteractionStateActive, ana.Sees(i.ID).State)

	bob.Becomes(api.ChosenStateIdle)
	_, err = ana.Desktop.SignOut(c.Context(), true)
	require.NoError(t, err)
	_, err = ana.Desktop.End(c.Context(), i.ID, desktop.Key())
	c.IsRefused(err, 409, "not_active") // it waits
	bob.Becomes(api.ChosenStateAvailable)
	bob.Accepts()
	_, err = ana.Desktop.End(c.Context(), i.ID, desktop.Key())
	c.IsRefused(err, 409, "not_active") // it is bob's
	bob.Ends(i.ID)
	_, err = ana.Desktop.End(c.Context(), i.ID, desktop.Key())
	c.IsRefused(err, 409, "not_active") // bob ended it
	_, err = ana.Desktop.WrapUp(c.Context(), i.ID, desktop.Key(), api.WrapUpChoice{Reason: "question"})
	c.IsRefused(err, 409, "nothing_to_wrap_up")
}

// R27: what has ended takes no more messages, and nothing reaches the customer.
func TestNothingIsSentAfterTheEnd(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	key := desktop.Key()
	sent, err := ana.Desktop.Send(c.Context(), i.ID, key, "adiós")
	require.NoError(t, err)
	ana.Ends(i.ID)
	_, err = ana.Desktop.Send(c.Context(), i.ID, desktop.Key(), "y otra cosa")
	c.IsRefused(err, 409, "conversation_ended")
	again, err := ana.Desktop.Send(c.Context(), i.ID, key, "adiós")
	require.NoError(t, err, "a repeat of what was sent before is answered")
	assert.Equal(t, sent.ID, again.ID)
	c.Settle()
	assert.Equal(t, []string{"adiós"}, c.Customer("lea").Received())
}

// R27, B3: a conversation takes its place until it is wrapped up; only then somebody else is offered.
func TestAPlaceIsTakenUntilTheWrapUp(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	bob := c.Agent("bob").SignsIn()
	require.Equal(t, 3, bob.Me().Capacity)
	first, second := talks(c, bob, "lea"), talks(c, bob, "max")
	talks(c, bob, "eva")
	c.Customer("zoe").Writes("hola")
	bob.IsNotOffered()
	assert.Equal(t, 3, bob.Me().Load)
	bob.Ends(first.ID)
	bob.IsNotOffered()
	c.Advance(desk.Patience)
	c.Sweep()
	bob.IsNotOffered()
	assert.Equal(t, 3, bob.Me().Load)
	bob.WrapsUp(first.ID, api.WrapUpChoice{Reason: "question"})
	assert.Equal(t, "Zoe", bob.Accepts().Customer.Name)
	assert.Equal(t, api.InteractionStateActive, bob.Sees(second.ID).State)
	assert.Equal(t, 3, bob.Me().Load)
}

// R28, B6: the closed record has every move and every stay, whoever sat in it.
func TestAClosedConversationTellsItsWholeStory(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
	c.Customer("lea").Writes("hola")
	o := ana.IsOffered()
	_, err := ana.Desktop.Decline(c.Context(), o.ID)
	require.NoError(t, err)
	ana.Becomes(api.ChosenStateAvailable)
	i := ana.Accepts()
	_, err = ana.Desktop.SignOut(c.Context(), true)
	require.NoError(t, err)
	bob.SignsIn()
	bob.Accepts()
	bob.Ends(i.ID)
	closed := bob.WrapsUp(i.ID, api.WrapUpChoice{Reason: "sale", SubReason: "new", Note: "talla 42"})

	assert.Equal(t, api.InteractionStateClosed, closed.State)
	assert.Equal(t, "ended", closed.CloseReason)
	assert.Equal(t, []string{"opened sales", "offered ana", "declined ana", "offered ana", "accepted ana", "handed_back ana",
		"offered bob", "accepted bob", "ended bob", "wrapped_up bob", "closed ended"}, story(closed))
	for n, m := range closed.History {
		assert.EqualValues(t, n+1, m.Seq)
		if n > 0 {
			assert.False(t, m.At.Before(closed.History[n-1].At))
		}
	}
	require.Len(t, closed.Legs, 2)
	hers, his := closed.Legs[0], closed.Legs[1]
	assert.Equal(t, api.Ref{ID: "ana", Name: "Ana García"}, hers.Agent)
	assert.Equal(t, api.WrapUpStateSkipped, hers.WrapUp.State, "she was gone")
	assert.Equal(t, api.Ref{ID: "bob", Name: "Bob Marsh"}, his.Agent)
	assert.Equal(t, api.WrapUpStateDone, his.WrapUp.State)
	assert.Equal(t, api.Ref{ID: "sale", Name: "Sale"}, his.WrapUp.Reason)
	assert.Equal(t, api.Ref{ID: "new", Name: "New customer"}, his.WrapUp.SubReason)
	assert.Equal(t, "talla 42", his.WrapUp.Note)
	assert.False(t, his.From.Before(hers.To))
	assert.False(t, his.To.Before(his.From))
	assert.Equal(t, closed.ClosedAt, his.WrapUp.At)
	assert.Empty(t, closed.Owner.ID)
	assert.Equal(t, closed, bob.Sees(i.ID))
}

// story is each move with who made it or, where nobody did, its detail.
func story(i api.Interaction) []string {
	var out []string
	for _, m := range i.History {
		by := m.By
		if by == "" {
			by = m.Detail
		}
		out = append(out, m.Event+" "+by)
	}
	return out
}

// R28: what an agent wrote down during the conversation stands beside the wrap-up, and never reaches the customer.
func TestTheWrapUpShowsTheNotesOfTheConversation(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob, lea := c.Agent("ana").SignsIn(), c.Agent("bob").SignsIn(), c.Customer("lea")
	lea.Writes("hola")
	i := ana.Accepts()
	assert.Contains(t, i.Actions, "note")
	id := desktop.Key()
	first, err := ana.Desktop.Note(c.Context(), i.ID, id, "quiere la talla 42")
	require.NoError(t, err)
	again, err := ana.Desktop.Note(c.Context(), i.ID, id, "quiere la talla 42")
	require.NoError(t, err)
	assert.Equal(t, first, again, "the same note once")
	_, err = ana.Desktop.Note(c.Context(), i.ID, id, "otra cosa")
	c.IsRefused(err, 422, "id_reused")
	_, err = bob.Desktop.Note(c.Context(), i.ID, desktop.Key(), "yo también")
	c.IsRefused(err, 403, "not_your_conversation")
	ana.Ends(i.ID)
	c.Advance(2 * time.Second)
	_, err = ana.Desktop.Note(c.Context(), i.ID, desktop.Key(), "volverá el sábado")
	require.NoError(t, err, "a note may be made while it is wrapped up")

	form, err := ana.Desktop.WrapUpForm(c.Context(), i.ID, "")
	require.NoError(t, err)
	require.Len(t, form.Notes, 2, "oldest first")
	assert.Equal(t, "quiere la talla 42", form.Notes[0].Text)
	assert.Equal(t, api.Ref{ID: "ana", Name: "Ana García"}, form.Notes[0].By)
	assert.Equal(t, "volverá el sábado", form.Notes[1].Text)
	ana.WrapsUp(i.ID, floor.Question)
	_, err = ana.Desktop.Note(c.Context(), i.ID, desktop.Key(), "tarde")
	c.IsRefused(err, 403, "not_your_conversation")
	assert.Empty(t, lea.Received())
}
