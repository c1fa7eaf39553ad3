package tests

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/tests/floor"
)

// R1: a WhatsApp offer names customer, phone, business number and queue, and has what the timer needs.
func TestAnOfferShowsEverythingTheAgentNeeds(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	before := c.Suite.Clock.Now().Truncate(time.Second)
	lea := c.Customer("lea")
	lea.Writes("hola")
	o := ana.IsOffered()

	assert.Equal(t, api.OfferKindAssign, o.Kind)
	assert.Equal(t, api.ChannelWhatsapp, o.Channel)
	assert.Equal(t, api.Customer{Name: "Lea", Phone: "+" + lea.Who.Phone, Initials: "L"}, o.Customer)
	assert.Equal(t, "+34 600 000 000", o.Source)
	assert.Equal(t, api.Ref{ID: "sales", Name: "Sales"}, o.Queue)
	assert.Equal(t, "hola", o.Preview)
	assert.Equal(t, "longest_available", o.Why)
	assert.Equal(t, api.List[string]{"accept", "decline"}, o.Actions)
	ringsFor(t, 20*time.Second, o)
	assert.False(t, o.WaitingSince.Before(before), "the wait begins with the message")
	assert.False(t, o.OfferedAt.Before(o.WaitingSince))
	assert.False(t, o.Now.Before(o.OfferedAt))
}

// ringsFor checks how long an offer rings: for as long as it should, but for what it took to make it.
func ringsFor(t *testing.T, want time.Duration, o api.Offer) {
	t.Helper()
	assert.InDelta(t, want.Seconds(), o.Deadline.Sub(o.OfferedAt).Seconds(), want.Seconds()/4)
}

// R1: what the channel does not tell is absent, never an opaque ID.
func TestAnOfferForACustomerWithoutNameOrNumberHasNeither(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	lea.Who.Phone, lea.Who.Name, lea.Who.UserID = "", "", "ES.13491208655302741918"
	lea.Writes("hola")
	o := ana.IsOffered()
	assert.Empty(t, o.Customer.Name)
	assert.Empty(t, o.Customer.Phone)
}

// R2: only who is available is offered anything, and the one who has been so for the longest comes first.
func TestOnlyAvailableAgentsAreOffered(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	_, err := c.Agent("ana").Desktop.SignIn(c.Context(), api.ChosenStateIdle)
	require.NoError(t, err)
	c.Customer("lea").Writes("hola")
	c.Agent("ana").IsNotOffered()
	c.Agent("bob").IsNotOffered()
	c.Agent("carla").SignsIn()
	assert.Equal(t, "Lea", c.Agent("carla").IsOffered().Customer.Name)
}

// R3: declining makes the agent idle, not RONA, and the conversation goes on in front of those who came before it.
func TestADeclinedConversationGoesOnInFront(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("la primera")
	o := ana.IsOffered()
	c.Customer("max").Writes("el segundo")
	_, err := ana.Desktop.Decline(c.Context(), o.ID)
	require.NoError(t, err)
	me := ana.Is(desk.AgentIdle)
	assert.Equal(t, "declined", me.Reason)
	bob := c.Agent("bob").SignsIn()
	assert.Equal(t, "Lea", bob.IsOffered().Customer.Name)
}

// R3: who let an offer expire is asked last, but is asked when nobody else is there.
func TestTheSoleAgentWhoMissedAConversationIsOfferedItAgain(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	o := ana.IsOffered()
	stay(c, o.Deadline.Sub(o.Now), ana)
	ana.Is(desk.AgentRONA)
	ana.Becomes(api.ChosenStateAvailable)
	again := ana.IsOffered()
	assert.Equal(t, o.Interaction, again.Interaction)
	assert.NotEqual(t, o.ID, again.ID)
	assert.Equal(t, "last_resort", again.Why)
}

// R4: fifty accepts at once by the agent who was asked are one; forty-nine others are told that it is not theirs.
func TestFiftyAcceptsAtOnceAreOneCommit(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
	c.Customer("lea").Writes("hola")
	o := ana.IsOffered()
	before := read[desk.Offer](c, o.ID).Version
	var mu sync.Mutex
	versions := map[int64]int{}
	together(99, func(n int) {
		if n >= 50 {
			_, err := bob.Desktop.Accept(c.Context(), o.ID)
			var r *desktop.Refused
			if assert.ErrorAs(t, err, &r) {
				assert.Equal(t, "403 not_your_offer", fmt.Sprint(r.Status, " ", r.Problem.Code))
			}
			return
		}
		got, err := ana.Desktop.Accept(c.Context(), o.ID)
		if assert.NoError(t, err) {
			assert.Equal(t, api.OfferStateAccepted, got.State)
			mu.Lock()
			defer mu.Unlock()
			versions[got.Version]++
		}
	})
	assert.Equal(t, map[int64]int{before + 1: 50}, versions, "one commit, the same answer fifty times")
	i := ana.Sees(o.Interaction)
	assert.Equal(t, []string{"opened", "offered", "accepted"}, events(i))
	assert.Equal(t, 1, ana.Me().Load)
}

// R4: of accept, decline, expiry and rescind exactly one wins, and who loses is told what won.
func TestExactlyOneAnswerToAnOfferWins(t *testing.T) {
	t.Parallel()
	for other, state := range map[string]desk.OfferState{
		"decline": desk.OfferDeclined, "expiry": desk.OfferExpired, "rescind": desk.OfferRescinded} {
		t.Run("accept against "+other, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			ana := c.Agent("ana")
			for round := range 20 {
				ana.SignsIn()
				c.Customer(fmt.Sprint("c", round)).Writes("hola")
				o := ana.IsOffered()
				var accepted, against error
				together(2, func(n int) {
					if n == 0 {
						_, accepted = ana.Desktop.Accept(c.Context(), o.ID)
					} else {
						against = contend(c, ana, other, o)
					}
				})
				c.Settle()
				won := read[desk.Offer](c, o.ID)
				if won.State == desk.OfferAccepted {
					require.NoError(t, accepted)
					require.True(t, against == nil || isRefused(against, "offer_accepted"), "%v", against)
				} else {
					require.Equal(t, state, won.State)
					require.NoError(t, against)
					c.IsRefused(accepted, 409, "offer_"+string(state))
				}
				leaves(c, ana, o, won.State)
			}
		})
	}
}

// contend gives the other answer to the offer: as the agent, as the clock, or as the system.
func contend(c *floor.Floor, ana *floor.Agent, other string, o api.Offer) error {
	switch other {
	case "decline":
		_, err := ana.Desktop.Decline(c.Context(), o.ID)
		return err
	case "expiry":
		c.Suite.Clock.Advance(max(0, o.Deadline.Sub(c.Suite.Clock.Now())))
		return nil
	}
	_, err := c.Store.Move(c.Context(), func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		x, err := r.Offer(ctx, o.ID)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.RescindOffer(x, desk.Micro(c.Suite.Clock.Now()))
	})
	return err
}

// leaves checks that agent and interaction agree with the answer that won, and clears the desk for the next round.
func leaves(c *floor.Floor, ana *floor.Agent, o api.Offer, won desk.OfferState) {
	c.T.Helper()
	a, i := read[desk.Agent](c, "ana"), read[desk.Interaction](c, o.Interaction)
	if won == desk.OfferAccepted {
		require.Equal(c.T, desk.InteractionActive, i.State)
		require.Equal(c.T, []string{i.ID}, a.Seats)
	} else if a.Ringing != i.ID {
		require.Equal(c.T, desk.InteractionQueued, i.State)
		require.Empty(c.T, a.Seats)
	}
	if won == desk.OfferRescinded { // the system that took it back told nobody: the sweep finds who waits
		c.Advance(desk.Patience)
		c.Sweep()
		ana.Accepts()
	}
	if a.State == desk.AgentRONA || a.State == desk.AgentIdle {
		ana.Becomes(api.ChosenStateAvailable)
		ana.Accepts()
	}
	c.Settle()
	ana.Ends(o.Interaction)
	ana.WrapsUp(o.Interaction, api.WrapUpChoice{Reason: "question"})
	c.Settle()
	require.Empty(c.T, read[desk.Agent](c, "ana").Seats)
}

func isRefused(err error, code string) bool {
	r, ok := errors.AsType[*desktop.Refused](err)
	return ok && r.Problem.Code == code
}

// read is one record.
func read[T any, P interface {
	*T
	desk.Record
}](c *floor.Floor, id string) T {
	c.T.Helper()
	var rec T
	P(&rec).Base().ID = id
	require.NoError(c.T, c.Store.Reader().Load(c.Context(), P(&rec)))
	return rec
}
