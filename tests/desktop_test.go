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

// R36: the list of an agent's conversations has the one he is offered, those he has and those he owes a wrap-up in,
// each with what a list shows; the newest message is on top.
func TestAnAgentListsHisConversations(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	over := talks(c, ana, "max")
	ana.Writes(over.ID, "hasta luego")
	ana.Ends(over.ID)
	lea := c.Customer("lea")
	lea.Writes("hola")
	active := ana.Accepts()
	lea.Writes("¿tienen " + strings.Repeat("á", 200))
	c.Settle()
	c.Customer("zoe").Writes("¿hay alguien?")
	offer := ana.IsOffered()

	list, err := ana.Desktop.Tasks(c.Context())
	require.NoError(t, err)
	require.Len(t, list.Items, 3)
	assert.False(t, list.Now.IsZero())
	assert.Empty(t, list.Next)
	rings, talking, owed := list.Items[0], list.Items[1], list.Items[2]

	assert.Equal(t, []string{offer.Interaction, active.ID, over.ID}, ids(list))
	assert.Equal(t, api.InteractionStateOffered, rings.State)
	assert.Equal(t, offer.ID, rings.Offer)
	assert.Equal(t, "Zoe", rings.Customer.Name)
	assert.Equal(t, "¿hay alguien?", rings.Preview)
	assert.Equal(t, 1, rings.Unread)
	assert.Empty(t, rings.Actions)

	assert.Equal(t, api.InteractionStateActive, talking.State)
	assert.Equal(t, api.ChannelWhatsapp, talking.Channel)
	assert.Equal(t, api.Customer{Name: "Lea", Phone: "+" + lea.Who.Phone, Initials: "L"}, talking.Customer)
	assert.Equal(t, api.Ref{ID: "sales", Name: "Sales"}, talking.Queue)
	assert.Equal(t, "¿tienen "+strings.Repeat("á", 111)+"…", talking.Preview, "120 characters")
	assert.Equal(t, 2, talking.Unread)
	last := ana.Reads(active.ID)[1]
	assert.Equal(t, last.At, talking.LastCustomerMessageAt)
	assert.Equal(t, last.ReceivedAt, talking.LastMessageAt)
	assert.Empty(t, talking.Offer)

	assert.Equal(t, api.InteractionStateWrapup, owed.State)
	assert.Equal(t, "hasta luego", owed.Preview)
	assert.Equal(t, 0, owed.Unread)
	assert.Equal(t, api.List[string]{"note", "wrap_up"}, owed.Actions)

	none, err := c.Agent("bob").Desktop.Tasks(c.Context())
	require.NoError(t, err)
	assert.Empty(t, none.Items)
	ana.WrapsUp(over.ID, api.WrapUpChoice{Reason: "question"})
	list, err = ana.Desktop.Tasks(c.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{offer.Interaction, active.ID}, ids(list), "what is closed is off the list")
}

// R36: the list is filtered by state and read in pages.
func TestTheListOfConversationsIsFilteredAndPaged(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	over := talks(c, ana, "max")
	ana.Ends(over.ID)
	active := talks(c, ana, "lea")
	c.Customer("zoe").Writes("hola")
	rings := ana.IsOffered().Interaction
	list := func(query string) (l api.InteractionList, err error) {
		return l, ana.Desktop.Call(c.Context(), http.MethodGet, "/v1/agents/me/interactions"+query, "", nil, &l)
	}
	for query, want := range map[string][]string{
		"?state=offered":                           {rings},
		"?state=active":                            {active.ID},
		"?state=wrapup":                            {over.ID},
		"?state=wrapup&state=offered":              {rings, over.ID},
		"?state=wrapup&state=offered&state=active": {rings, active.ID, over.ID},
		"?state=wrapup&state=active&limit=1":       {active.ID},
		"?limit=100":                               {rings, active.ID, over.ID},
	} {
		got, err := list(query)
		require.NoError(t, err)
		assert.Equal(t, want, ids(got), query)
	}
	var walked []string
	for query, cursor := "?limit=1", ""; ; query = "?limit=1&cursor=" + cursor {
		page, err := list(query)
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
		walked = append(walked, ids(page)...)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	assert.Equal(t, []string{rings, active.ID, over.ID}, walked)
	for query, code := range map[string]string{
		"?cursor=garbage": "bad_cursor", "?cursor=AAAA": "bad_cursor", "?cursor=": "bad_request", "?limit=0": "bad_request",
		"?limit=101": "bad_request", "?limit=two": "bad_request", "?state=closed": "bad_request", "?status=active": "bad_request",
		"?state=active&state=active": "bad_request",
	} {
		_, err := list(query)
		c.IsRefused(err, 400, code)
	}
}

func ids(l api.InteractionList) []string {
	var out []string
	for _, i := range l.Items {
		out = append(out, i.ID)
	}
	return out
}

// R6: above the transcript stand the assignment, the queue, the project and the client the queue works for.
func TestAConversationShowsWhatItBelongsTo(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	c.Advance(5 * time.Second)
	offer := ana.IsOffered()
	i := ana.Accepts()
	assert.Equal(t, api.Ref{ID: "sales", Name: "Sales"}, i.Queue)
	assert.Equal(t, api.Ref{ID: "shop", Name: "Bicycle shop"}, i.Project)
	assert.Equal(t, api.Ref{ID: "acme", Name: "Acme Bicycles"}, i.Client)
	assert.Equal(t, api.Ref{ID: "ana", Name: "Ana García"}, i.Owner)
	assert.Equal(t, "+34 600 000 000", i.Source)
	assert.Equal(t, api.DirectionInbound, i.Direction)
	assert.Equal(t, 4096, i.ComposeLimit)
	taken := read[desk.Offer](c, offer.ID).EndedAt
	assert.Equal(t, taken, i.AssignedAt, "when she accepted, not when the customer wrote")
	assert.GreaterOrEqual(t, i.AssignedAt.Sub(i.OpenedAt), 5*time.Second)
	assert.True(t, i.WaitingSince.IsZero(), "nobody waits any more")
}

// B2: the snapshot is everything on the desktop at once.
func TestTheSnapshotShowsTheDesk(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana")
	empty, err := ana.Desktop.Snapshot(c.Context())
	require.NoError(t, err)
	assert.Equal(t, api.AgentStateOffline, empty.Agent.State)
	assert.Empty(t, empty.Offer.ID)
	assert.Equal(t, api.List[api.Interaction]{}, empty.Interactions)

	ana.SignsIn()
	over := talks(c, ana, "max")
	ana.Ends(over.ID)
	active := talks(c, ana, "lea")
	c.Customer("zoe").Writes("hola")
	offer := ana.IsOffered()
	snap, err := ana.Desktop.Snapshot(c.Context())
	require.NoError(t, err)
	assert.Equal(t, ana.Me(), snap.Agent)
	assert.Equal(t, offer.ID, snap.Offer.ID)
	assert.Equal(t, offer.ID, snap.Agent.Offer)
	assert.Equal(t, 2, snap.Agent.Load)
	assert.Equal(t, api.List[api.Interaction]{ana.Sees(active.ID), ana.Sees(over.ID)}, snap.Interactions)
}

// R36: at each state a conversation says what the agent can do with it, and what it does not say is refused.
func TestActionsAreWhatTheAgentCanDo(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob").SignsIn()
	c.Customer("lea").Writes("hola")
	offer := ana.IsOffered()
	id := offer.Interaction
	does := map[string]func() error{
		"send": func() error { _, err := ana.Desktop.Send(c.Context(), id, desktop.Key(), "hola"); return err },
		"read": func() error { _, err := ana.Desktop.Read(c.Context(), id, 1); return err },
		"end":  func() error { _, err := ana.Desktop.End(c.Context(), id, desktop.Key()); return err },
		"note": func() error { _, err := ana.Desktop.Note(c.Context(), id, desktop.Key(), "llamar"); return err },
		"wrap_up": func() error {
			_, err := ana.Desktop.WrapUp(c.Context(), id, desktop.Key(), api.WrapUpChoice{Reason: "question"})
			return err
		},
	}
	does["send_template"] = func() error {
		_, err := ana.Desktop.SendTemplate(c.Context(), id, desktop.Key(), api.TemplateUse{ID: "hello"})
		return err
	}
	does["transfer"] = func() error {
		_, err := ana.Desktop.Transfer(c.Context(), id, desktop.Key(), api.TransferWish{Queue: "support"})
		return err
	}
	can := func(state api.InteractionState, actions ...string) {
		t.Helper()
		i := ana.Sees(id)
		assert.Equal(t, state, i.State)
		assert.ElementsMatch(t, actions, i.Actions)
	}
	refused := func(actions ...string) {
		t.Helper()
		for _, a := range actions {
			var r *desktop.Refused
			require.ErrorAs(t, does[a](), &r, a)
			assert.Contains(t, []int{403, 409}, r.Status, a)
		}
	}
	can(api.InteractionStateOffered)
	assert.Equal(t, offer.ID, ana.Sees(id).Offer, "who is asked may see what it is about")
	refused("send", "send_template", "read", "note", "end", "wrap_up", "transfer")
	_, err := ana.Desktop.Transcript(c.Context(), id)
	c.IsRefused(err, 403, "not_your_conversation") // the transcript opens with the accept (R4)
	_, err = bob.Desktop.Interaction(c.Context(), id)
	c.IsRefused(err, 403, "not_your_conversation")

	ana.Accepts()
	can(api.InteractionStateActive, "send", "send_template", "read", "note", "conference", "transfer", "end")
	refused("wrap_up")
	require.NoError(t, does["note"]())
	require.NoError(t, does["read"]())
	require.NoError(t, does["send"]())
	require.NoError(t, does["send_template"]())
	require.NoError(t, does["end"]())
	can(api.InteractionStateWrapup, "note", "wrap_up")
	require.NoError(t, does["note"]())
	refused("send", "send_template", "transfer")
	require.NoError(t, does["wrap_up"]())
	can(api.InteractionStateClosed)
	refused("send", "read", "note", "wrap_up", "transfer")
	for _, call := range []func() error{
		func() error { _, err := bob.Desktop.Interaction(c.Context(), id); return err },
		func() error { _, err := bob.Desktop.Transcript(c.Context(), id); return err },
		func() error { _, err := bob.Desktop.Send(c.Context(), id, desktop.Key(), "hola"); return err },
	} {
		c.IsRefused(call(), 403, "not_your_conversation")
	}
}

// R33: what does not exist is missing, whatever is asked of it.
func TestWhatDoesNotExistIsMissing(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	calls := func(id string) map[string][]func() error {
		return map[string][]func() error{
			"interaction_missing": {
				func() error { _, err := ana.Desktop.Interaction(c.Context(), id); return err },
				func() error { _, err := ana.Desktop.Transcript(c.Context(), id); return err },
				func() error { _, err := ana.Desktop.Send(c.Context(), id, desktop.Key(), "hola"); return err },
				func() error { _, err := ana.Desktop.Read(c.Context(), id, 1); return err },
				func() error { _, err := ana.Desktop.End(c.Context(), id, desktop.Key()); return err },
				func() error { _, err := ana.Desktop.WrapUpForm(c.Context(), id, "sale"); return err },
				func() error {
					_, err := ana.Desktop.WrapUp(c.Context(), id, desktop.Key(), api.WrapUpChoice{Reason: "question"})
					return err
				},
			},
			"offer_missing": {
				func() error { return ana.Desktop.Call(c.Context(), http.MethodGet, "/v1/offers/"+id, "", nil, nil) },
				func() error { _, err := ana.Desktop.Accept(c.Context(), id); return err },
				func() error { _, err := ana.Desktop.Decline(c.Context(), id); return err },
			},
		}
	}
	for _, id := range []string{"nosuch", "0123456789abcdef0123456789abcdef", "__all__", strings.Repeat("x", 128)} {
		for code, list := range calls(id) {
			for _, call := range list {
				c.IsRefused(call(), 404, code)
			}
		}
	}
}
