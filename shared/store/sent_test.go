package store

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

func TestMessageByProvider(t *testing.T) {
	s, ctx := open(t), t.Context()
	known := func(id, asset, provider string, by desk.Direction) *desk.Message {
		return &desk.Message{Head: desk.Head{ID: id}, Asset: asset, ProviderID: provider, Direction: by}
	}
	put(t, s, known("ours", "whatsapp:1", "wamid.1", desk.Outbound), known("his", "whatsapp:1", "wamid.2", desk.Inbound),
		known("other", "whatsapp:2", "wamid.1", desk.Outbound), known("both", "whatsapp:1", "wamid.3", desk.Inbound),
		known("too", "whatsapp:1", "wamid.3", desk.Outbound), known("unsent", "whatsapp:1", "", desk.Outbound))
	for _, c := range []struct{ asset, provider, want string }{
		{"whatsapp:1", "wamid.1", "ours"},
		{"whatsapp:2", "wamid.1", "other"},
		{"whatsapp:3", "wamid.1", ""},
		{"whatsapp:1", "wamid.2", ""}, // what a customer wrote is found by the ID it has
		{"whatsapp:1", "wamid.3", "too"},
		{"whatsapp:1", "wamid.4", ""},
		{"whatsapp:1", "", ""}, // what has no such ID is found by none
	} {
		m, err := s.Reader().MessageByProvider(ctx, c.asset, c.provider)
		require.NoError(t, err)
		assert.Equal(t, c.want, m.ID, "%s %s", c.asset, c.provider)
		assert.Equal(t, c.want != "", m.Version > 0)
	}
}

func TestSent(t *testing.T) {
	s, ctx := open(t), t.Context()
	sent := func(id, contact string, claimed int, state desk.MessageState) *desk.Message {
		return &desk.Message{Head: desk.Head{ID: id}, Contact: contact, Direction: desk.Outbound, ClaimedAt: at(claimed), State: state}
	}
	put(t, s, sent("a", "lea", 1, desk.MessageSent), sent("b", "lea", 2, desk.MessageDelivered), sent("c", "lea", 3, desk.MessageSending),
		sent("late", "lea", 4, desk.MessageSent), sent("read", "lea", 1, desk.MessageRead), sent("failed", "lea", 1, desk.MessageFailed),
		sent("unknown", "lea", 1, desk.MessageUnknown), sent("refused", "lea", 1, desk.MessagePending), sent("other", "max", 1, desk.MessageSent),
		sent("before", "lea-2", 2, desk.MessageSent),
		&desk.Message{Head: desk.Head{ID: "elsewhere"}, Contact: "lea", Direction: desk.Outbound, State: desk.MessageSent, Elsewhere: true})
	lea := desk.Contact{Head: desk.Head{ID: "lea"}}

	found, err := s.Reader().Sent(ctx, lea, at(3))
	require.NoError(t, err)
	assert.Equal(t, []string{"c", "b", "a"}, ids(found), "the newest first, the instant itself is meant")
	found, err = s.Reader().Sent(ctx, lea, at(0))
	require.NoError(t, err)
	assert.Empty(t, found)

	lea.Others = []string{"lea-2"}
	found, err = s.Reader().Sent(ctx, lea, at(2))
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"b", "before", "a"}, ids(found), "also what was sent to a contact he took over")

	for n := range 30 {
		lea.Others = append(lea.Others, number("more", n))
	}
	_, err = s.Reader().Sent(ctx, lea, at(2))
	require.NoError(t, err, "however many he took over")
}

func TestSentIsBounded(t *testing.T) {
	s := open(t)
	for n := range 201 {
		put(t, s, &desk.Message{Head: desk.Head{ID: number("m", n)}, Contact: "lea", ClaimedAt: at(n), State: desk.MessageSent})
	}
	found, err := s.Reader().Sent(t.Context(), desk.Contact{Head: desk.Head{ID: "lea"}}, at(1000))
	require.NoError(t, err)
	require.Len(t, found, 200)
	assert.Equal(t, "m-0200", found[0].ID)
	assert.Equal(t, "m-0001", found[199].ID)
}

func TestAttended(t *testing.T) {
	s, ctx := open(t), t.Context()
	put(t, s, &desk.Interaction{Head: desk.Head{ID: "rings"}, State: desk.InteractionOffered, Offer: "o"},
		&desk.Interaction{Head: desk.Head{ID: "waits"}, State: desk.InteractionQueued},
		&desk.Interaction{Head: desk.Head{ID: "dangles"}, State: desk.InteractionOffered, Offer: "gone"},
		&desk.Offer{Head: desk.Head{ID: "o"}, Agent: "ana", Interaction: "rings"}, &desk.Agent{Head: desk.Head{ID: "ana"}, Offer: "o"})

	r := s.Reader()
	x, err := r.Attended(ctx, "rings")
	require.NoError(t, err)
	assert.Equal(t, "rings ana o", x.Interaction.ID+" "+x.Agent.ID+" "+x.Offer.ID)
	assert.Equal(t, int64(1), x.Interaction.Version*x.Agent.Version*x.Offer.Version)
	require.NoError(t, r.Save(ctx, desk.Change{Save: []desk.Record{&x.Interaction, &x.Offer, &x.Agent}}), "each was read, and is guarded")

	for _, id := range []string{"waits", "dangles"} {
		x, err = s.Reader().Attended(ctx, id)
		require.NoError(t, err)
		assert.Equal(t, id, x.Interaction.ID)
		assert.Zero(t, x.Offer.Version+x.Agent.Version, id)
	}
	for _, id := range []string{"none", "a/b"} {
		_, err = s.Reader().Attended(ctx, id)
		assert.True(t, fault.Is(err, fault.Missing), id)
	}
}
