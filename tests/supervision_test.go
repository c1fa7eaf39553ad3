package tests

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// idles sits down at the desk idle, as supervisors do who step in now and then.
func idles(c *floor.Floor, id string) *floor.Agent {
	c.T.Helper()
	_, err := c.Agent(id).Desktop.SignIn(c.Context(), api.ChosenStateIdle)
	require.NoError(c.T, err)
	return c.Agent(id)
}

// B9: a supervisor looks into a conversation that an agent has, takes it over and goes on with the customer. The agent sees it leave,
// has her place back and owes nothing.
func TestASupervisorReadsAConversationAndTakesItOver(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, sam, lea := c.Agent("ana").SignsIn(), idles(c, "sam"), c.Customer("lea")
	feed, stop := ana.Listens("")
	defer stop()
	i := talks(c, ana, "lea")
	ana.Writes(i.ID, "buenas")
	c.Settle()

	work := sam.Work("queue", "sales", "state", "active")
	require.Len(t, work, 1)
	assert.Equal(t, i.ID, work[0].ID)
	seen := sam.LooksAt(i.ID)
	assert.Equal(t, "ana", seen.Owner.ID)
	assert.Equal(t, []string{"opened", "offered", "accepted"}, events(seen))
	assert.Equal(t, "longest_available", seen.History[1].Detail, "why her?")
	assert.Equal(t, api.List[string]{"take_over", "reassign", "requeue", "end"}, seen.Actions)
	before := ana.Sees(i.ID).Version
	page, err := sam.Desktop.Overhears(c.Context(), i.ID, "")
	require.NoError(t, err)
	assert.Equal(t, []string{"hola", "buenas"}, texts(page.Items))
	assert.Equal(t, before, ana.Sees(i.ID).Version, "nobody notices")

	mine, err := sam.Desktop.TakeOver(c.Context(), i.ID, desktop.Key(), "a friend of the house")
	require.NoError(t, err)
	assert.Equal(t, "sam", mine.Owner.ID)
	assert.Equal(t, api.List[string]{"reassign", "requeue", "end"}, mine.Actions)
	left := floor.Hears(ana, feed, "left", func(i api.Interaction) bool { return i.Owner.ID == "sam" })
	assert.Equal(t, api.WrapUpStateSkipped, left.Legs[0].WrapUp.State)
	assert.Equal(t, []string{"opened", "offered", "accepted", "taken"}, events(left))
	assert.Equal(t, api.Move{Seq: 4, At: left.History[3].At, Event: "taken", By: "sam", Detail: "ana"}, left.History[3])
	assert.Equal(t, 0, ana.Me().Load)
	_, err = ana.Desktop.Send(c.Context(), i.ID, desktop.Key(), "¿sigo?")
	c.IsRefused(err, 403, "not_your_conversation")

	assert.Equal(t, i.ID, sam.Tasks()[0].ID)
	sam.Writes(i.ID, "aquí Sam")
	lea.Writes("hola, Sam")
	c.Settle()
	assert.Equal(t, []string{"buenas", "aquí Sam"}, lea.Received())
	assert.Equal(t, 1, sam.Sees(i.ID).Unread)
	sam.Ends(i.ID)
	form, err := sam.Desktop.WrapUpForm(c.Context(), i.ID, "")
	require.NoError(t, err)
	assert.Equal(t, "a friend of the house", form.Notes[0].Text)
	assert.Equal(t, "closed", string(sam.WrapsUp(i.ID, floor.Question).State))
}

// B9: a conversation is given to another agent, who is not asked: it is there, with what the supervisor says.
func TestASupervisorReassignsAConversation(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, sam := c.Agent("ana").SignsIn(), c.Agent("sam")
	i := talks(c, ana, "lea")
	bob := c.Agent("bob").SignsIn()
	feed, stop := bob.Listens("")
	defer stop()
	floor.Hears(bob, feed, "snapshot", func(s api.Snapshot) bool { return len(s.Interactions) == 0 })
	_, err := sam.Desktop.Reassign(c.Context(), i.ID, desktop.Key(), api.Reassignment{Agent: "bob", Note: "habla italiano"})
	require.NoError(t, err)
	floor.Hears(bob, feed, "interaction", func(i api.Interaction) bool { return i.Owner.ID == "bob" })
	assert.Empty(t, bob.Me().Offer, "nothing rings")
	assert.Equal(t, []int{0, 1}, []int{ana.Me().Load, bob.Me().Load})
	assert.Empty(t, ana.Tasks(), "she owes no wrap-up")
	form, err := bob.Desktop.WrapUpForm(c.Context(), i.ID, "")
	require.NoError(t, err)
	assert.Equal(t, "habla italiano", form.Notes[0].Text)
	last := bob.Sees(i.ID).History[3]
	assert.Equal(t, []string{"reassigned", "sam", "ana to bob"}, []string{last.Event, last.By, last.Detail})

	c.Customer("max").Writes("hola") // waits for nobody: it rings at who is free
	rings := ana.IsOffered()
	sam.Reassigns(rings.Interaction, "bob")
	assert.Equal(t, "bob", bob.Sees(rings.Interaction).Owner.ID)
	_, err = ana.Desktop.Accept(c.Context(), rings.ID)
	c.IsRefused(err, 409, "offer_rescinded")
	assert.Equal(t, api.AgentStateAvailable, ana.Me().State, "it was no RONA")
}

// B9: a conversation is put back in front of its queue; who had it is asked last.
func TestASupervisorPutsAConversationBack(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, sam := c.Agent("ana").SignsIn(), c.Agent("sam")
	i := talks(c, ana, "lea")
	ana.Becomes(api.ChosenStateIdle)
	c.Customer("max").Writes("hola")
	c.Settle()
	back := sam.Requeues(i.ID)
	assert.Equal(t, api.InteractionStateQueued, back.State)
	assert.Equal(t, 0, ana.Me().Load)
	again := sam.Requeues(i.ID)
	assert.Equal(t, []any{back.State, back.Version + 1}, []any{again.State, again.Version}, "it waits already, and knows the request")
	bob := c.Agent("bob").SignsIn()
	assert.Equal(t, i.ID, bob.Accepts().ID, "before Max, who came later")
	assert.Equal(t, "Max", bob.IsOffered().Customer.Name)

	rings := bob.IsOffered() // what rings is taken back, and he is no better or worse for it
	ana.Becomes(api.ChosenStateAvailable)
	sam.Requeues(rings.Interaction)
	assert.Equal(t, rings.Interaction, ana.IsOffered().Interaction, "bob is asked last")
	assert.Equal(t, api.AgentStateAvailable, bob.Me().State)
}

// B9: a supervisor ends what nobody should have, and what somebody has.
func TestASupervisorEndsConversations(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	sam, lea := c.Agent("sam"), c.Customer("lea")
	lea.Writes("una broma")
	c.Settle()
	waits := sam.Work("state", "queued")[0]
	over := sam.EndsFor(waits.ID)
	assert.Equal(t, api.InteractionStateClosed, over.State)
	assert.Equal(t, "ended_by_supervisor", over.CloseReason)
	_, err := sam.Desktop.EndFor(c.Context(), waits.ID, desktop.Key(), "")
	c.IsRefused(err, 409, "conversation_ended")

	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	assert.NotEqual(t, waits.ID, i.ID, "her next word begins another")
	assert.Equal(t, api.InteractionStateWrapup, sam.EndsFor(i.ID).State)
	task := ana.Tasks()[0]
	assert.Equal(t, api.List[string]{"note", "wrap_up"}, task.Actions, "she owes the reason, as if she had ended it")
	closed := ana.WrapsUp(i.ID, floor.Question)
	assert.Equal(t, "ended_by_supervisor", closed.CloseReason)
	assert.Equal(t, []string{"opened", "offered", "accepted", "ended", "wrapped_up", "closed"}, events(closed))
}

// B9: what agents have asked each other is settled by it: a transfer that rings, and a second agent who is asked or has joined.
func TestASupervisorStepsIntoWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, sam := c.Agent("ana").SignsIn(), idles(c, "sam")
	i := talks(c, ana, "lea")
	bob := c.Agent("bob").SignsIn()

	ana.Asks(i.ID, api.ConferenceWish{Agent: "bob"})
	asked := bob.IsOffered()
	sam.Reassigns(i.ID, "bob") // whom she asked to join
	_, err := bob.Desktop.Accept(c.Context(), asked.ID)
	c.IsRefused(err, 409, "offer_rescinded")
	assert.Equal(t, "bob", bob.Sees(i.ID).Owner.ID)

	bob.Asks(i.ID, api.ConferenceWish{Agent: "ana"})
	ana.Accepts()
	mine := sam.TakesOver(i.ID)
	assert.Equal(t, []string{"sam", "ana"}, []string{mine.Owner.ID, mine.Guest.ID}, "the guest stays")
	assert.Equal(t, 0, bob.Me().Load)
	hers := sam.Reassigns(i.ID, "ana")
	assert.Equal(t, []string{"ana", ""}, []string{hers.Owner.ID, hers.Guest.ID}, "who is there already needs no second place")
	assert.Equal(t, 1, ana.Me().Load)

	ana.Transfers(i.ID, toBob())
	given := bob.IsOffered()
	sam.TakesOver(i.ID)
	assert.Empty(t, bob.Me().Offer)
	_, err = bob.Desktop.Accept(c.Context(), given.ID)
	c.IsRefused(err, 409, "offer_rescinded")
	assert.Equal(t, desk.OfferRescinded, read[desk.Offer](c, given.ID).State)
	assert.Equal(t, 1, ana.Me().Load, "the wrap-up of her transfer is hers")

	sam.Asks(i.ID, api.ConferenceWish{Agent: "bob"})
	bob.Accepts()
	back := c.Agent("ada").Requeues(i.ID)
	assert.Equal(t, api.InteractionStateQueued, back.State)
	assert.Equal(t, []int{0, 0}, []int{bob.Me().Load, c.Agent("sam").Me().Load}, "both are out of it")
}

// B9: what cannot be is refused, each for its own reason, and nothing changes.
func TestWhatASupervisorCannotDo(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(`
agents:
  - {id: sam, name: Sam Okafor, email: sam@acme.example, roles: [supervisor], teams: [support, travel], capacity: 1}
  - {id: dan, name: Dan Roth, email: dan@acme.example, roles: [agent], teams: [support], capacity: 1}
  - {id: toni, name: Toni Reis, email: toni@acme.example, roles: [agent], teams: [travel]}
`)
	ana, sam := c.Agent("ana").SignsIn(), c.Agent("sam")
	i := talks(c, ana, "lea")
	give := func(to string) error {
		_, err := sam.Desktop.Reassign(c.Context(), i.ID, desktop.Key(), api.Reassignment{Agent: to})
		return err
	}
	take := func() error {
		_, err := sam.Desktop.TakeOver(c.Context(), i.ID, desktop.Key(), "")
		return err
	}
	before := ana.Sees(i.ID).Version
	c.IsRefused(take(), 409, "agent_offline")
	c.IsRefused(give("nobody"), 400, "target_missing")
	c.IsRefused(give("ana"), 400, "target_has_it")
	c.IsRefused(give("bob"), 409, "target_unavailable")
	c.Agent("toni").SignsIn()
	c.IsRefused(give("toni"), 409, "target_not_in_team")
	dan := c.Agent("dan").SignsIn()
	ana.Becomes(api.ChosenStateIdle)
	c.Customer("max").Writes("hola")
	dan.IsOffered()
	c.IsRefused(give("dan"), 409, "target_busy")
	talk := dan.Accepts()
	c.IsRefused(give("dan"), 409, "target_full")
	idles(c, "sam")
	sam.TakesOver(talk.ID)
	c.IsRefused(take(), 409, "agent_full")
	assert.Equal(t, before, ana.Sees(i.ID).Version)

	key := desktop.Key()
	_, err := sam.Desktop.Requeue(c.Context(), i.ID, key, "")
	require.NoError(t, err)
	_, err = sam.Desktop.Requeue(c.Context(), i.ID, key, "")
	require.NoError(t, err, "a repeat")
	_, err = sam.Desktop.Requeue(c.Context(), i.ID, key, "for another reason")
	c.IsRefused(err, 422, "key_reused")
	_, err = sam.Desktop.TakeOver(c.Context(), i.ID, key, "")
	c.IsRefused(err, 422, "key_reused")
	_, err = sam.Desktop.TakeOver(c.Context(), "nobodys-id", desktop.Key(), "")
	c.IsRefused(err, 404, "interaction_missing")
}

// B9, B3: what is urgent comes first, at once; and the history says how routing came to choose.
func TestASupervisorGivesAPriority(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	sam := c.Agent("sam")
	for _, name := range []string{"lea", "max", "zoe"} {
		c.Customer(name).Writes("hola")
		c.Settle()
	}
	waiting := sam.Work("state", "queued")
	require.Len(t, waiting, 3)
	zoe := waiting[2].ID
	up, err := sam.Desktop.Prioritise(c.Context(), zoe, desktop.Key(), api.PriorityWish{Priority: 10})
	require.NoError(t, err)
	assert.Equal(t, 10, up.Priority)
	same, err := sam.Desktop.Prioritise(c.Context(), zoe, desktop.Key(), api.PriorityWish{Priority: 10})
	require.NoError(t, err)
	assert.Equal(t, []any{10, up.Version + 1}, []any{same.Priority, same.Version}, "it has it, and knows the request")
	_, err = sam.Desktop.Prioritise(c.Context(), zoe, desktop.Key(), api.PriorityWish{Priority: 11})
	c.IsRefused(err, 400, "bad_request")

	ana := c.Agent("ana").SignsIn()
	assert.Equal(t, zoe, ana.Accepts().ID)
	seen := sam.LooksAt(zoe)
	assert.Equal(t, []string{"opened", "prioritised", "offered", "accepted"}, events(seen))
	assert.Equal(t, []string{"sam", "10"}, []string{seen.History[1].By, seen.History[1].Detail})
	assert.Equal(t, api.Grounds{Strategy: api.StrategyLongestAvailable, Profile: "any", Priority: 10, Among: 1}, seen.History[2].Grounds, "why her?")
	assert.Zero(t, ana.Sees(zoe).History[2].Grounds, "that is for supervisors")
	_, err = sam.Desktop.Prioritise(c.Context(), zoe, desktop.Key(), api.PriorityWish{Priority: 0})
	c.IsRefused(err, 409, "not_waiting")
	assert.Equal(t, waiting[0].ID, ana.Accepts().ID, "then by age")
}
