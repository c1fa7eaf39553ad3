package desk

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sam supervises.
func sam() Agent { return Agent{Head: stored("sam", 1), Roles: []string{RoleSupervisor}} }

// met is the conversation with the offer that rings for it.
func (s scene) met() Attended {
	if s.talk.State == InteractionOffered {
		return Attended{Interaction: s.talk, Offer: s.offer, Agent: s.agent}
	}
	return Attended{Interaction: s.talk}
}

func (s scene) named(c Contact, name, tag string) (Change, error) {
	return EditContact(c, s.met(), ProfileEdit{Name: &name}, tag, "ana", after(time.Hour))
}

func (s scene) blocks(c Contact, by Agent) (Change, error) {
	return BlockContact(c, s.met(), by, nil, "insults", after(time.Hour))
}

// renamed is Lea after the move.
func (s scene) renamed() Contact {
	ch, err := s.named(leaContact(), "Lea M.", "*")
	require.NoError(s.t, err)
	return *ch.Contact
}

// blocked is Lea after the move, with her conversation.
func (s scene) blocked() (Contact, scene) {
	ch, err := s.blocks(leaContact(), sam())
	require.NoError(s.t, err)
	s.talk = *ch.Interaction
	return *ch.Contact, s
}

// unblocks takes back the block of a contact whose conversation Ana went on with, if it was hers.
func (s scene) unblocks() (Change, error) {
	c := leaContact()
	c.Blocked = Block{At: nine, By: "sam", Reason: "insults"}
	s.talk.Blocked = s.talk.State == InteractionActive
	return UnblockContact(c, s.met(), sam(), nil, after(time.Hour))
}

func TestBlockWhileAnOfferRings(t *testing.T) {
	ten := after(time.Hour)
	o, a, i := ringing(t)
	c := leaContact()
	ch, err := BlockContact(c, Attended{Interaction: i, Offer: o, Agent: a}, sam(), nil, "insults", ten)
	require.NoError(t, err)
	assert.ElementsMatch(t, []RecordKind{KindContact, KindInteraction, KindOffer, KindAgent}, storedKinds(ch))
	assert.Equal(t, Block{At: ten, By: "sam", Reason: "insults"}, ch.Contact.Blocked)
	assert.Equal(t, []Entry{{Seq: 1, At: ten, Event: "blocked", By: "sam"}}, ch.Contact.History.Entries, "the reason is in the agent's words and stays out of it")
	assert.Equal(t, InteractionClosed, ch.Interaction.State)
	assert.Equal(t, "blocked", ch.Interaction.CloseReason)
	assert.Equal(t, []string{"offered", "blocked", "closed"}, events(ch.Interaction.History))
	assert.Equal(t, OfferRescinded, ch.Offer.State)
	assert.Equal(t, "blocked", ch.Offer.Cause)
	assert.Equal(t, []string{sales}, ch.Agent.Takes, "he is free for the next")
	assert.Equal(t, []Hint{{Event: HintAgentFreed, Agent: "ana", Takes: sales}}, ch.Hints)

	blocked, over := *saved(ch).Contact, *ch.Interaction
	ch, err = BlockContact(blocked, Attended{Interaction: over}, sam(), nil, "again", after(2*time.Hour))
	storesNothing(t, ch, err)
	assert.Equal(t, "insults", ch.Contact.Blocked.Reason, "the first reason stays")
}

func TestBlockInAConversation(t *testing.T) {
	a, i := talking(t)
	c := leaContact()
	ch, err := BlockContact(c, Attended{Interaction: i}, a, []Interaction{i}, "insults", nine)
	require.NoError(t, err)
	assert.ElementsMatch(t, []RecordKind{KindContact, KindInteraction}, storedKinds(ch))
	assert.True(t, ch.Interaction.Blocked)
	assert.Equal(t, InteractionActive, ch.Interaction.State, "the agent ends it")
	blocked, talk := *saved(ch).Contact, *ch.Interaction
	_, err = Send(draft(), talk, a, Reply{Text: "adiós"}, nine)
	assert.Equal(t, "conflict customer_blocked", outcome(Change{}, err))

	ch, err = UnblockContact(blocked, Attended{Interaction: talk}, a, []Interaction{talk}, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, Block{}, ch.Contact.Blocked)
	assert.Equal(t, []string{"blocked", "unblocked"}, events(ch.Contact.History))
	assert.False(t, ch.Interaction.Blocked, "who still has the conversation can send again")
	assert.Equal(t, []string{"offered", "accepted", "blocked", "unblocked"}, events(ch.Interaction.History))
	free := *saved(ch).Contact
	ch, err = UnblockContact(free, Attended{Interaction: *ch.Interaction}, a, []Interaction{talk}, after(time.Hour))
	storesNothing(t, ch, err)
}

// A conversation that opened between the block and its repeat is settled by the repeat.
func TestABlockThatIsRepeatedSettlesWhatIsOpen(t *testing.T) {
	c := leaContact()
	c.Blocked = Block{At: nine, By: "sam", Reason: "insults"}
	ch, err := BlockContact(c, Attended{Interaction: queued()}, sam(), nil, "again", after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindInteraction}, storedKinds(ch))
	assert.Equal(t, InteractionClosed, ch.Interaction.State)
}

func TestWhoMayBlock(t *testing.T) {
	a, i := talking(t)
	bea := Agent{Head: stored("bea", 1)}
	elsewhere := i
	elsewhere.Contact = "max"
	joined := i
	joined.Contact = "lea-before"
	c := leaContact()
	c.Others = []string{"lea-before"}
	for name, who := range map[string]struct {
		by   Agent
		held []Interaction
		want string
	}{
		"a supervisor":                               {sam(), nil, "stores"},
		"an administrator":                           {Agent{Head: stored("ada", 1), Roles: []string{RoleAdmin}}, nil, "stores"},
		"who has the conversation":                   {a, []Interaction{i}, "stores"},
		"who has one with a contact that was joined": {a, []Interaction{joined}, "stores"},
		"who has one with somebody else":             {a, []Interaction{elsewhere}, "denied not_your_contact"},
		"who has none":                               {bea, nil, "denied not_your_contact"},
		"who is only said to have one":               {bea, []Interaction{i}, "denied not_your_contact"},
		"an agent by role who has none":              {Agent{Head: stored("bea", 1), Roles: []string{RoleAgent}}, nil, "denied not_your_contact"},
	} {
		ch, err := BlockContact(c, Attended{}, who.by, who.held, "insults", nine)
		assert.Equal(t, who.want, outcome(ch, err), name)
		blocked := c
		blocked.Blocked.At = nine
		ch, err = UnblockContact(blocked, Attended{}, who.by, who.held, nine)
		assert.Equal(t, who.want, outcome(ch, err), name)
	}
	for _, reason := range []string{"", strings.Repeat("é", 501)} {
		ch, err := BlockContact(c, Attended{}, sam(), nil, reason, nine)
		assert.Equal(t, "invalid reason_invalid", outcome(ch, err))
	}
}

func TestMayReadEarlier(t *testing.T) {
	old := Interaction{Head: stored("old", 9), Contact: "lea", OpenedAt: nine}
	talk := func(contact string, opened time.Duration) []Interaction {
		return []Interaction{{Contact: "max", OpenedAt: after(time.Hour)}, {Contact: contact, OpenedAt: after(opened)}}
	}
	joined := Contact{Head: stored("lea-now", 2), Others: []string{"lea"}}
	assert.True(t, MayReadEarlier(old, leaContact(), talk("lea", time.Hour)))
	assert.True(t, MayReadEarlier(old, joined, talk("lea-now", time.Hour)), "the same person, as it turned out")
	assert.True(t, MayReadEarlier(old, joined, talk("lea", time.Hour)))
	assert.False(t, MayReadEarlier(old, leaContact(), talk("lea", 0)), "only what was before")
	assert.False(t, MayReadEarlier(old, leaContact(), talk("lea", -time.Hour)), "what comes after his own is somebody else's")
	assert.False(t, MayReadEarlier(old, leaContact(), talk("eva", time.Hour)))
	assert.False(t, MayReadEarlier(old, joined, talk("eva", time.Hour)))
	assert.False(t, MayReadEarlier(old, leaContact(), nil))
}
