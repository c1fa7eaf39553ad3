package tests

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// bobToo asks Bob to join, salesToo anybody of sales.
func bobToo() api.ConferenceWish   { return api.ConferenceWish{Agent: "bob", Note: "conoce el contrato"} }
func salesToo() api.ConferenceWish { return api.ConferenceWish{Queue: "sales"} }

// confer is Ana's conversation with Lea, which Bob has joined.
func confer(c *floor.Floor) (ana, bob *floor.Agent, lea *floor.Customer, i api.Interaction) {
	c.T.Helper()
	ana, bob, lea = c.Agent("ana").SignsIn(), c.Agent("bob"), c.Customer("lea")
	i = talks(c, ana, "lea")
	bob.SignsIn()
	ana.Asks(i.ID, bobToo())
	return ana, bob, lea, bob.Accepts()
}

// R24, R25: by Messenger an agent asks another by name. The offer says who asks and why; on acceptance the request becomes a
// conference: the guest has the transcript, which says that he joined, and both write. The customer is told nothing.
func TestASecondAgentJoins(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob, leo := c.Agent("ana").SignsIn(), c.Agent("bob"), c.Visitor("leo")
	leo.Writes("hola")
	i := ana.Accepts()
	assert.Contains(t, i.Actions, "conference")
	assert.Empty(t, i.Conference)
	bob.SignsIn()

	asked := ana.Asks(i.ID, bobToo())
	assert.Equal(t, api.InteractionStateActive, asked.State, "the conversation goes on")
	assert.Equal(t, api.SecondSeatStateRequested, asked.Conference.State)
	assert.Equal(t, []string{"ana", "bob", "conoce el contrato"}, []string{asked.Conference.By.ID, asked.Conference.Agent.ID, asked.Conference.Note})
	assert.Empty(t, asked.Guest)
	o := bob.IsOffered()
	assert.Equal(t, api.OfferKindConference, o.Kind)
	assert.Equal(t, api.Ref{ID: "ana", Name: "Ana García"}, o.By)
	assert.Equal(t, []string{"conoce el contrato", "conference", i.ID}, []string{o.Note, o.Why, o.Interaction})
	assert.Equal(t, o.ID, bob.Sees(i.ID).Offer, "who is asked may see what it is about")
	tasks := bob.Tasks()
	require.Len(t, tasks, 1)
	assert.Equal(t, o.ID, tasks[0].Offer)
	ana.Writes(i.ID, "un momento")

	joined := bob.Accepts()
	assert.Equal(t, api.SecondSeatStateJoined, joined.Conference.State)
	assert.Equal(t, api.Ref{ID: "bob", Name: "Bob Marsh"}, joined.Guest)
	assert.Equal(t, "ana", joined.Owner.ID)
	assert.Equal(t, []api.Seat{api.SeatOwner, api.SeatGuest}, seats(joined))
	assert.Equal(t, 1, bob.Me().Load, "the seat counts")
	assert.Equal(t, []string{"opened", "offered", "accepted", "conference_requested", "offered", "joined"}, events(joined))
	list := bob.Reads(i.ID)
	notice := list[len(list)-1]
	assert.Equal(t, api.MessageKindSystem, notice.Kind)
	assert.Equal(t, api.Author{Kind: api.AuthorKindSystem}, notice.Author)
	assert.Equal(t, []string{"", "Bob Marsh joined the conversation", ""}, []string{notice.Text, notice.Fallback, string(notice.State)})
	assert.Equal(t, notice, ana.Reads(i.ID)[len(list)-1], "both see it")

	bob.Writes(i.ID, "hola, soy Bob")
	leo.Writes("perfecto")
	ana.Writes(i.ID, "gracias, Bob")
	c.Settle()
	assert.ElementsMatch(t, []string{"un momento", "hola, soy Bob", "gracias, Bob"}, leo.Received(), "and no word of who joined")
	authors := map[string]string{}
	for _, m := range ana.Reads(i.ID) {
		authors[m.Text] = m.Author.ID
	}
	assert.Equal(t, []string{"bob", "ana"}, []string{authors["hola, soy Bob"], authors["gracias, Bob"]})
}

func seats(i api.Interaction) (list []api.Seat) {
	for _, l := range i.Legs {
		list = append(list, l.Seat)
	}
	return list
}

// R25: where the queue has a text for it, the customer is told once that somebody joined; the agents see what he was told.
func TestTheCustomerIsToldWhoJoinsWhereTheQueueHasATextForIt(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(`
queues: [{id: sales, name: Sales, project: shop, team: support, texts: {joined: Un compañero se une}, reasons: [{id: sale, name: Sale}]}]
`)
	ana, bob, lea, i := confer(c)
	lea.Hears("Un compañero se une")
	_, err := bob.Desktop.Accept(c.Context(), acceptedBy(c, "bob").ID)
	require.NoError(t, err, "again")
	c.Settle()
	assert.Equal(t, []string{"Un compañero se une"}, lea.Received(), "once")
	told := ana.Reads(i.ID)[1]
	assert.Equal(t, []string{"Un compañero se une", "Bob Marsh joined the conversation"}, []string{told.Text, told.Fallback})
	assert.Equal(t, api.AuthorKindSystem, told.Author.Kind)
	assert.Equal(t, 1, ana.Sees(i.ID).Unread, "it is nobody's answer to the customer")
}

// R24: a queue is asked until one of its agents accepts: who lets it ring is in RONA and asked last, who declines is idle, and the
// owner is never asked, though she is free.
func TestAQueueIsAskedUntilSomebodyJoins(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob, carla := c.Agent("ana").SignsIn(), c.Agent("bob"), c.Agent("carla")
	i := talks(c, ana, "lea")
	asked := ana.Asks(i.ID, salesToo())
	assert.Equal(t, api.Ref{ID: "sales", Name: "Sales"}, asked.Conference.Queue)
	assert.Equal(t, 2*time.Minute, asked.Conference.Until.Sub(asked.Conference.Since).Round(time.Second))
	ana.IsNotOffered()

	o := bob.SignsIn().IsOffered()
	assert.Equal(t, api.OfferKindConference, o.Kind)
	stay(c, 20*time.Second, ana, bob)
	bob.Is(desk.AgentRONA)
	o = carla.SignsIn().IsOffered()
	_, err := carla.Desktop.Decline(c.Context(), o.ID)
	require.NoError(t, err)
	carla.Is(desk.AgentIdle)
	assert.Equal(t, api.SecondSeatStateRequested, ana.Sees(i.ID).Conference.State)
	bob.Becomes(api.ChosenStateAvailable)
	again := bob.IsOffered()
	assert.Equal(t, "last_resort", again.Why)
	joined := bob.Accepts()
	assert.Equal(t, "bob", joined.Guest.ID)
	assert.Equal(t, []string{"opened", "offered", "accepted", "conference_requested", "offered", "expired", "offered", "declined", "offered", "joined"}, events(joined))
	ana.IsNotOffered()
}

// R24: nobody of the queue takes it while it is asked: the request is over, by its timer or, when that was lost, by the sweep.
func TestTheRequestOfAQueueEnds(t *testing.T) {
	t.Parallel()
	for how, options := range map[string]suite.Options{"the timer rings": {}, "the timer is lost": {Tasks: withoutTimers("/timers/conference")}} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			c := floor.OpenWith(t, options)
			ana := c.Agent("ana").SignsIn()
			i := talks(c, ana, "lea")
			ana.Asks(i.ID, salesToo())
			stay(c, 2*time.Minute-15*time.Second, ana)
			assert.Equal(t, api.SecondSeatStateRequested, ana.Sees(i.ID).Conference.State)
			stay(c, 15*time.Second, ana)
			if how == "the timer is lost" {
				assert.Equal(t, api.SecondSeatStateRequested, ana.Sees(i.ID).Conference.State)
				c.Sweep()
			}
			now := ana.Sees(i.ID)
			assert.Empty(t, now.Conference)
			assert.Equal(t, api.InteractionStateActive, now.State)
			assert.Contains(t, events(now), "conference_dropped")
			assert.Contains(t, now.Actions, "conference", "she may ask again")
			c.Agent("bob").SignsIn().IsNotOffered()
		})
	}
}

// R24: the owner cancels: what rings is taken back, and the agent who was asked stays as he was.
func TestTheOwnerCancels(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
	i := talks(c, ana, "lea")
	bob.SignsIn()
	for name, wish := range map[string]api.ConferenceWish{"an agent": bobToo(), "a queue": salesToo()} {
		ana.Asks(i.ID, wish)
		o := bob.IsOffered()
		alone := ana.Cancels(i.ID)
		assert.Empty(t, alone.Conference, name)
		_, err := bob.Desktop.Accept(c.Context(), o.ID)
		c.IsRefused(err, 409, "offer_rescinded")
		bob.IsNotOffered()
		assert.Equal(t, api.AgentStateAvailable, bob.Me().State)
	}
	_, err := ana.Desktop.CancelConference(c.Context(), i.ID, desktop.Key())
	c.IsRefused(err, 409, "no_request")
}

// R24: an agent who was asked by name and does not take it is not asked again; the conversation goes on with its owner.
func TestAnAgentWhoDoesNotJoin(t *testing.T) {
	t.Parallel()
	for name, refuses := range map[string]func(c *floor.Floor, bob *floor.Agent, o api.Offer){
		"declines": func(c *floor.Floor, bob *floor.Agent, o api.Offer) {
			_, err := bob.Desktop.Decline(c.Context(), o.ID)
			require.NoError(c.T, err)
		},
		"lets it ring": func(c *floor.Floor, bob *floor.Agent, _ api.Offer) {
			stay(c, 20*time.Second, c.Agent("ana"), bob)
			bob.Is(desk.AgentRONA)
		},
		"signs out": func(c *floor.Floor, bob *floor.Agent, _ api.Offer) {
			_, err := bob.Desktop.SignOut(c.Context(), false)
			require.NoError(c.T, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
			i := talks(c, ana, "lea")
			bob.SignsIn()
			ana.Asks(i.ID, bobToo())
			refuses(c, bob, bob.IsOffered())
			c.Settle()
			now := ana.Sees(i.ID)
			assert.Equal(t, api.InteractionStateActive, now.State)
			assert.Empty(t, now.Conference)
			assert.Equal(t, "ana", now.Owner.ID)
			ana.Writes(i.ID, "sigo yo")
		})
	}
}

// R26: the guest exits and owes a wrap-up, which may come at any time; the conversation goes on with its owner. Or the owner takes
// him out.
func TestAGuestLeavesAndTheConversationGoesOn(t *testing.T) {
	t.Parallel()
	for name, leaves := range map[string]func(ana, bob *floor.Agent, i string){
		"exit":         func(_, bob *floor.Agent, i string) { bob.Exits(i) },
		"remove guest": func(ana, _ *floor.Agent, i string) { ana.RemovesGuest(i) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			ana, bob, lea, i := confer(c)
			leaves(ana, bob, i.ID)
			his := bob.Sees(i.ID)
			assert.Equal(t, api.InteractionStateActive, his.State)
			assert.Equal(t, api.List[string]{"note", "wrap_up"}, his.Actions)
			assert.Empty(t, his.Guest)
			assert.Equal(t, 1, bob.Me().Load, "until he has said what it was about")
			_, err := bob.Desktop.Send(c.Context(), i.ID, desktop.Key(), "una cosa más")
			c.IsRefused(err, 403, "not_your_conversation")

			bob.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"})
			assert.Zero(t, bob.Me().Load)
			ana.Writes(i.ID, "seguimos")
			lea.Hears("seguimos")
			ana.Asks(i.ID, bobToo())
			bob.Accepts() // he may come again
			bob.Exits(i.ID)
			ana.Ends(i.ID)
			closed := ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "lost"})
			assert.Equal(t, api.InteractionStateClosed, closed.State, "whatever the guest owes")
			late := bob.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"})
			assert.Equal(t, api.InteractionStateClosed, late.State)
			assert.Zero(t, bob.Me().Load)
		})
	}
}

// R26: ending the conference ends the conversation for all: both owe a wrap-up. Only the owner's closes it.
func TestEndingAConferenceEndsItForAll(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"ana", "bob"} {
		t.Run(first+" wraps up first", func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			ana, bob, _, i := confer(c)
			_, err := bob.Desktop.End(c.Context(), i.ID, desktop.Key())
			c.IsRefused(err, 403, "owner_only")
			over := ana.Ends(i.ID)
			assert.Equal(t, api.InteractionStateWrapup, over.State)
			assert.Equal(t, []api.WrapUpState{"owed", "owed"}, []api.WrapUpState{over.Legs[0].WrapUp.State, over.Legs[1].WrapUp.State})
			_, err = bob.Desktop.Send(c.Context(), i.ID, desktop.Key(), "adiós")
			c.IsRefused(err, 409, "conversation_ended")

			states := map[string]api.InteractionState{}
			for _, a := range []*floor.Agent{c.Agent(first), ana, bob} {
				if states[a.ID] == "" {
					states[a.ID] = a.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"}).State
				}
			}
			assert.Equal(t, api.InteractionStateClosed, states["ana"])
			assert.Equal(t, map[string]api.InteractionState{"ana": "closed", "bob": "wrapup"}[first] == "closed", states["bob"] == "closed")
			assert.Zero(t, ana.Me().Load+bob.Me().Load)
		})
	}
}

// R26: the owner hands over: the guest is the owner, and she is the guest. Neither owes a wrap-up for the leg before.
func TestOwnerAndGuestSwapTheirSeats(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob, lea, i := confer(c)
	assert.Subset(t, ana.Sees(i.ID).Actions, []string{"remove_guest", "hand_over", "end"})
	assert.Equal(t, api.List[string]{"send", "send_template", "note", "exit"}, bob.Sees(i.ID).Actions)
	swapped := ana.HandsOver(i.ID)
	assert.Equal(t, []string{"bob", "ana"}, []string{swapped.Owner.ID, swapped.Guest.ID})
	assert.Equal(t, []api.WrapUpState{"continued", "continued", "", ""}, wrapUps(swapped))
	assert.Equal(t, []api.Seat{"owner", "guest", "owner", "guest"}, seats(swapped))
	assert.Subset(t, bob.Sees(i.ID).Actions, []string{"remove_guest", "hand_over", "end"})
	assert.Equal(t, api.List[string]{"send", "send_template", "note", "exit"}, ana.Sees(i.ID).Actions)

	lea.Writes("¿y ahora?")
	c.Settle()
	unread := bob.Sees(i.ID).Unread
	_, err := ana.Desktop.Read(c.Context(), i.ID, 99)
	require.NoError(t, err)
	ana.Writes(i.ID, "le atiende Bob")
	assert.Equal(t, unread, bob.Sees(i.ID).Unread, "what is unread is the owner's")
	bob.Ends(i.ID)
	assert.Equal(t, api.InteractionStateWrapup, ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"}).State)
	assert.Equal(t, api.InteractionStateClosed, bob.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"}).State)
	assert.Zero(t, ana.Me().Load+bob.Me().Load)
}

func wrapUps(i api.Interaction) (list []api.WrapUpState) {
	for _, l := range i.Legs {
		list = append(list, l.WrapUp.State)
	}
	return list
}

// acceptedBy is the offer that the agent accepted last.
func acceptedBy(c *floor.Floor, agent string) (last desk.Offer) {
	c.T.Helper()
	for _, o := range all[desk.Offer](c) {
		if o.Agent == agent && o.State == desk.OfferAccepted && o.EndedAt.After(last.EndedAt) {
			last = o
		}
	}
	require.NotEmpty(c.T, last.ID)
	return last
}
