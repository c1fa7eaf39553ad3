package tests

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// R24: every request that cannot be has its own code.
func TestWhoCannotBeAskedToJoin(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(`agents: [{id: eva, name: Eva, email: eva@acme.example, roles: [agent], teams: [support], capacity: 1}]`)
	eva, bob, ana := c.Agent("eva").SignsIn(), c.Agent("bob"), c.Agent("ana")
	busy := talks(c, eva, "max")
	ana.SignsIn()
	i := talks(c, ana, "lea")
	refused := func(wish api.ConferenceWish, status int, code string) {
		t.Helper()
		_, err := ana.Desktop.Confer(c.Context(), i.ID, desktop.Key(), wish)
		c.IsRefused(err, status, code)
	}
	refused(api.ConferenceWish{Note: "ayuda"}, 400, "one_target")
	refused(api.ConferenceWish{Agent: "bob", Queue: "sales"}, 400, "one_target")
	refused(api.ConferenceWish{Agent: "nobody"}, 400, "target_missing")
	refused(api.ConferenceWish{Agent: "ana"}, 400, "target_is_you")
	refused(api.ConferenceWish{Agent: "ada"}, 409, "target_not_in_team")
	refused(bobToo(), 409, "target_unavailable")
	refused(api.ConferenceWish{Agent: "eva"}, 409, "target_full")
	refused(api.ConferenceWish{Queue: "nothing"}, 400, "no_such_target")
	refused(api.ConferenceWish{Queue: "bookings"}, 400, "no_such_target")
	_, err := eva.Desktop.Confer(c.Context(), i.ID, desktop.Key(), bobToo())
	c.IsRefused(err, 403, "not_your_conversation")
	_, err = ana.Desktop.Confer(c.Context(), "nothing", desktop.Key(), bobToo())
	c.IsRefused(err, 404, "interaction_missing")

	bob.SignsIn()
	ana.Asks(i.ID, bobToo())
	refused(salesToo(), 409, "request_pending")
	_, err = ana.Desktop.Transfer(c.Context(), i.ID, desktop.Key(), api.TransferWish{Agent: "bob", Note: "toma"})
	c.IsRefused(err, 409, "request_pending")
	_, err = eva.Desktop.Confer(c.Context(), busy.ID, desktop.Key(), bobToo())
	c.IsRefused(err, 409, "target_busy")
	bob.Accepts()
	refused(salesToo(), 409, "in_conference")
	_, err = ana.Desktop.Transfer(c.Context(), i.ID, desktop.Key(), api.TransferWish{Agent: "bob", Note: "toma"})
	c.IsRefused(err, 409, "in_conference")
	_, err = ana.Desktop.CancelConference(c.Context(), i.ID, desktop.Key())
	c.IsRefused(err, 409, "in_conference")

	page := c.Visitor("leo")
	page.Writes("hola")
	ana.Becomes(api.ChosenStateAvailable)
	other := ana.Accepts()
	_, err = ana.Desktop.Confer(c.Context(), other.ID, desktop.Key(), salesToo())
	c.IsRefused(err, 400, "queue_target_not_supported")
	ana.Ends(other.ID)
	_, err = ana.Desktop.Confer(c.Context(), other.ID, desktop.Key(), bobToo())
	c.IsRefused(err, 409, "conversation_ended")
}

// R26: what belongs to one seat is refused to the other, and without a guest there is nothing to do.
func TestWhatASeatCannotDo(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob, _, i := confer(c)
	carla := c.Agent("carla")
	does := func(a *floor.Agent) map[string]func(context.Context, string, string) (api.Interaction, error) {
		return map[string]func(context.Context, string, string) (api.Interaction, error){"cancel": a.Desktop.CancelConference, "remove": a.Desktop.RemoveGuest,
			"exit": a.Desktop.Exit, "hand over": a.Desktop.HandOver}
	}
	for what, f := range does(bob) {
		if what != "exit" {
			_, err := f(c.Context(), i.ID, desktop.Key())
			c.IsRefused(err, 403, "owner_only")
		}
	}
	_, err := bob.Desktop.Confer(c.Context(), i.ID, desktop.Key(), salesToo())
	c.IsRefused(err, 403, "owner_only")
	_, err = bob.Desktop.Transfer(c.Context(), i.ID, desktop.Key(), api.TransferWish{Queue: "support"})
	c.IsRefused(err, 403, "owner_only")
	_, err = bob.Desktop.Targets(c.Context(), i.ID, nil)
	c.IsRefused(err, 403, "owner_only")
	_, err = ana.Desktop.Targets(c.Context(), i.ID, nil)
	c.IsRefused(err, 409, "in_conference")
	_, err = ana.Desktop.Exit(c.Context(), i.ID, desktop.Key())
	c.IsRefused(err, 403, "guest_only")
	for what, f := range does(carla) {
		_, err := f(c.Context(), i.ID, desktop.Key())
		c.IsRefused(err, 403, "not_your_conversation")
		_, err = f(c.Context(), "nothing", desktop.Key())
		c.IsRefused(err, 404, "interaction_missing")
		_ = what
	}
	bob.Exits(i.ID)
	_, err = ana.Desktop.RemoveGuest(c.Context(), i.ID, desktop.Key())
	c.IsRefused(err, 409, "no_guest")
	_, err = ana.Desktop.HandOver(c.Context(), i.ID, desktop.Key())
	c.IsRefused(err, 409, "no_guest")
	ana.Ends(i.ID)
	for what, f := range does(ana) {
		if what != "exit" {
			_, err := f(c.Context(), i.ID, desktop.Key())
			c.IsRefused(err, 409, "conversation_ended")
		}
	}
}

// R24, R26: every move of a conference can be repeated under its key, and the key is good for nothing else.
func TestConferencesAreRepeatable(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
	i := talks(c, ana, "lea")
	bob.SignsIn()
	twice := func(what string, f func(context.Context, string, string) (api.Interaction, error)) {
		t.Helper()
		first, err := f(c.Context(), i.ID, what)
		require.NoError(t, err, what)
		again, err := f(c.Context(), i.ID, what)
		require.NoError(t, err, what)
		assert.Equal(t, first.Version, again.Version, what)
	}
	asks := func(wish api.ConferenceWish) func(context.Context, string, string) (api.Interaction, error) {
		return func(ctx context.Context, id, key string) (api.Interaction, error) {
			return ana.Desktop.Confer(ctx, id, key, wish)
		}
	}
	twice("asking-once", asks(bobToo()))
	_, err := ana.Desktop.Confer(c.Context(), i.ID, "asking-once", salesToo())
	c.IsRefused(err, 422, "key_reused")
	twice("cancelling", ana.Desktop.CancelConference)
	twice("asking-twice", asks(bobToo()))
	assert.Len(t, all[desk.Offer](c), 3, "one to Ana, and one for each time that Bob was asked")
	bob.Accepts()
	twice("handing-over", ana.Desktop.HandOver)
	twice("exiting-once", ana.Desktop.Exit)
	_, err = ana.Desktop.Exit(c.Context(), i.ID, "exiting-again")
	require.NoError(t, err, "she is out")
	_, err = bob.Desktop.RemoveGuest(c.Context(), i.ID, "handing-over")
	c.IsRefused(err, 422, "key_reused")
}

// R20, R24: the directory lists who could join: by WhatsApp queues as well, the conversation's own among them; by Messenger agents.
func TestTheDirectoryListsWhoCouldJoin(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
	i := talks(c, ana, "lea")
	c.Visitor("leo").Writes("hola")
	page := ana.Accepts()
	bob.SignsIn()
	found, err := ana.Desktop.Targets(c.Context(), i.ID, map[string][]string{"for": {"conference"}})
	require.NoError(t, err)
	assert.Contains(t, queuesIn(found), "sales")
	require.Len(t, found.Agents, 1)
	assert.Equal(t, "bob", found.Agents[0].ID)
	found, err = ana.Desktop.Targets(c.Context(), page.ID, map[string][]string{"for": {"conference"}})
	require.NoError(t, err)
	assert.Empty(t, found.Queues)
	require.Len(t, found.Agents, 1)
	found, err = ana.Desktop.Targets(c.Context(), page.ID, map[string][]string{"for": {"conference"}, "all": {"true"}})
	require.NoError(t, err)
	assert.Equal(t, "queue_target_not_supported", found.Queues[0].Code)
}

func queuesIn(list api.TargetList) (ids []string) {
	for _, q := range list.Queues {
		ids = append(ids, q.ID)
	}
	return ids
}
