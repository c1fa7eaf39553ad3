package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// talked is Ana in conversation with Lea since a minute past nine.
func talked(t *testing.T) (Agent, Interaction) {
	s := hourOld(t).then(AcceptOffer)
	return s.agent, s.talk
}

func TestATransferToAQueue(t *testing.T) {
	a, i := talked(t)
	i.Data, i.Unread = []Datum{{ID: "order", Value: "7"}}, 2
	ten := after(time.Hour)
	ch, err := TransferToQueue(lent(t, i), lent(t, a), support(), lent(t, helping()), handover(), transferReason(), ten)
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindInteraction, KindNote}, storedKinds(ch), "the seat is held until the wrap-up")

	got := ch.Interaction
	assert.Equal(t, InteractionQueued, got.State)
	assert.Equal(t, []string{"support", "support|whatsapp|any", ""}, []string{got.Queue, got.Wants, got.Owner + got.OwnerName})
	assert.Equal(t, ten, got.WaitingSince)
	assert.Equal(t, ten.Add(-7*24*time.Hour).UnixMicro(), got.Rank, "in front")
	assert.Zero(t, got.AssignedAt)
	assert.Equal(t, []string{"ana"}, got.Agents)
	assert.Equal(t, []string{"ana"}, got.Passed, "whoever gave it away is asked last")
	assert.Equal(t, []Datum{{ID: "order", Value: "7"}}, got.Data)
	assert.Equal(t, 2, got.Unread, "that is for the next one to see")
	assert.Equal(t, []Leg{{Agent: "ana", Name: "Ana", Seat: SeatOwner, Queue: "sales", From: after(time.Minute), To: ten,
		WrapUp: WrapUp{State: WrapUpOwed, Reason: "transfer", ReasonName: "Transfer"}}}, got.Legs)
	last := got.History.Entries[got.History.Last-1]
	assert.Equal(t, Entry{Seq: 3, At: ten, Event: "transferred", By: "ana", Detail: "queue support"}, last)
	assert.Equal(t, Transfer{}, got.Transfer, "nobody in particular is asked")

	note, ok := ch.Save[1].(*Note)
	require.True(t, ok)
	assert.Equal(t, Note{Head: Head{ID: "note"}, Contact: "lea", Interaction: "talk", By: "ana", ByName: "Ana", Text: "wants a discount", At: ten}, *note)
	assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: "talk", Token: "support|whatsapp|any"}}, ch.Hints)
}

func TestATransferThatSettlesTheWrapUp(t *testing.T) {
	a, i := talked(t)
	a.Capacity = 1
	h := Handover{Reason: "lost", SubReason: "price", Key: "give"}
	ch, err := TransferToQueue(i, lent(t, a.Settle()), support(), helping(), h, lost(), after(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindInteraction, KindAgent}, storedKinds(ch), "there is nothing to note")
	assert.Equal(t, WrapUp{State: WrapUpDone, Reason: "lost", ReasonName: "Lost", SubReason: "price", SubReasonName: "Price", At: after(time.Hour)},
		ch.Interaction.Legs[0].WrapUp)
	assert.Empty(t, ch.Interaction.Agents)
	assert.Equal(t, []string{"offered", "accepted", "transferred", "wrapped_up"}, events(ch.Interaction.History))
	assert.Empty(t, ch.Agent.Seats)
	assert.Equal(t, []string{sales}, ch.Agent.Takes)
	assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: "talk", Token: "support|whatsapp|any"}, {Event: "agent.freed", Agent: "ana", Takes: sales}},
		ch.Hints, "she had no room before")
}

// Ana owes the wrap-up of an earlier stay: her seat is not free, whatever she settles.
func TestATransferByWhoOwesAnotherWrapUp(t *testing.T) {
	a, i := talked(t)
	i.Legs = append([]Leg{{Agent: "ana", Seat: SeatOwner, To: nine, Queue: "returns", WrapUp: WrapUp{State: WrapUpOwed}}}, copied(i.Legs)...)
	h := Handover{Reason: "sold", Key: "give"}
	ch, err := TransferToQueue(i, a, support(), helping(), h, sold(), after(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindInteraction}, storedKinds(ch))
	assert.Equal(t, []string{"ana"}, ch.Interaction.Agents)
	assert.Equal(t, []string{"returns", "sales"}, []string{ch.Interaction.Legs[0].Queue, ch.Interaction.Legs[1].Queue})
	assert.Equal(t, "returns", ch.Interaction.ReasonsFor("ana"))
}

func TestWhichQueuesAreTargets(t *testing.T) {
	_, i := talked(t)
	helper := Queue{Head: stored("helper", 1), Assets: []string{"whatsapp:111"}}
	gone := support()
	gone.DeletedAt = nine
	for _, c := range []struct {
		name string
		to   Queue
		want string
	}{
		{"a rule leads there", support(), ""},
		{"it says that it serves the asset", helper, ""},
		{"its own", Queue{Head: stored("sales", 1), Assets: []string{"whatsapp:111"}}, "own_queue"},
		{"it serves another asset", Queue{Head: stored("helper", 1), Assets: []string{"whatsapp:222"}}, "no_such_target"},
		{"it was deleted", gone, "no_such_target"},
		{"there is none", Queue{Head: Head{ID: "support"}}, "no_such_target"},
	} {
		got := "nil"
		if err := QueueAsTarget(i, c.to, helping(), nine); err != nil {
			got = outcome(Change{}, err)
		}
		want := "nil"
		if c.want != "" {
			want = "invalid " + c.want
		}
		assert.Equal(t, want, got, c.name)
	}
}

func TestWhichAgentsAreTargets(t *testing.T) {
	_, i := talked(t)
	is := func(change func(*Agent)) Agent {
		a := bea()
		change(&a)
		return a.Settle()
	}
	for _, c := range []struct {
		name string
		to   Agent
		want string
	}{
		{"not there", Agent{Head: Head{ID: "bea"}}, "invalid target_missing"},
		{"herself", is(func(a *Agent) { a.ID = "ana" }), "invalid target_is_you"},
		{"in another team", is(func(a *Agent) { a.Serves = []string{"support|whatsapp|any"} }), "conflict target_not_in_team"},
		{"of the team, for another channel", is(func(a *Agent) { a.Serves = []string{"sales|messenger|any"} }), "conflict target_not_in_team"},
		{"never signed in", is(func(a *Agent) { a.State = "" }), "conflict target_unavailable"},
		{"offline", is(func(a *Agent) { a.State = AgentOffline }), "conflict target_unavailable"},
		{"idle", is(func(a *Agent) { a.State = AgentIdle }), "conflict target_unavailable"},
		{"in RONA", is(func(a *Agent) { a.State = AgentRONA }), "conflict target_unavailable"},
		{"asked already", is(func(a *Agent) { a.Offer = "another" }), "conflict target_busy"},
		{"asked already, and then full", is(func(a *Agent) { a.Offer, a.Seats = "another", []string{"one"} }), "conflict target_busy"},
		{"full", is(func(a *Agent) { a.Seats = []string{"one", "two"} }), "conflict target_full"},
		{"with one place left", is(func(a *Agent) { a.Seats = []string{"one"} }), "stores nothing"},
	} {
		assert.Equal(t, c.want, outcome(Change{}, AgentAsTarget(i, "ana", c.to)), c.name)
	}
}

func TestAnAgentIsAskedToTakeAConversationOver(t *testing.T) {
	a, i := talked(t)
	ten := after(time.Hour)
	o := Offer{Head: Head{ID: "offer-2"}, Deadline: ten.Add(20 * time.Second)}
	h := handover()
	h.Reason = "sold"
	ch, err := TransferToAgent(lent(t, i), lent(t, a), o, lent(t, bea()), Queue{Unanswered: UnansweredReturn}, number(), h, sold(), ten)
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindInteraction, KindNote, KindAgent, KindAgent, KindOffer}, storedKinds(ch), "in one commit")

	got := ch.Interaction
	assert.Equal(t, InteractionOffered, got.State)
	assert.Equal(t, []string{"offer-2", "", ""}, []string{got.Offer, got.Owner, got.Wants})
	assert.Equal(t, ten, got.WaitingSince)
	assert.Equal(t, Transfer{By: "ana", ByName: "Ana", To: "bea", ToName: "Bea", Note: "wants a discount", Reason: "sold", ReasonName: "Sold",
		At: ten, Unanswered: UnansweredReturn}, got.Transfer)
	assert.Equal(t, []string{"offered", "accepted", "transferred", "wrapped_up", "offered"}, events(got.History))
	assert.Empty(t, got.Legs[0].Queue, "it stays in its queue")

	made := *ch.Offer
	assert.Equal(t, Offer{Head: Head{ID: "offer-2"}, Kind: OfferTransfer, State: OfferPending, Agent: "bea", Interaction: "talk", Channel: WhatsApp,
		Asset: i.Asset, Queue: "sales", Customer: i.Customer, Source: i.Source, Preview: "hola", Why: "transfer", OfferedAt: ten, Deadline: ten.Add(20 * time.Second),
		WaitingSince: ten, By: "ana", ByName: "Ana", Note: "wants a discount", ReasonName: "Sold", DueAt: ten.Add(20 * time.Second)}, made)
	target, ok := ch.Save[3].(*Agent)
	require.True(t, ok)
	assert.Equal(t, []string{"offer-2", "talk"}, []string{target.Offer, target.Ringing})
	assert.Empty(t, target.Takes)
	assert.Empty(t, ch.Hints, "Ana had room already, and Bea's desktop listens")
}

func TestTransfersThatAreRefused(t *testing.T) {
	a, i := talked(t)
	ten := after(time.Hour)
	to := func(change func(h *Handover, o *Offer), reason Reason) string {
		h, o := handover(), Offer{Head: Head{ID: "offer-2"}, Deadline: ten.Add(tick)}
		change(&h, &o)
		return outcome(TransferToAgent(i, a, o, bea(), Queue{}, number(), h, reason, ten))
	}
	assert.Equal(t, "stores", to(func(*Handover, *Offer) {}, transferReason()))
	assert.Equal(t, "invalid note_required", to(func(h *Handover, _ *Offer) { h.Note = "" }, transferReason()))
	assert.Equal(t, "unavailable busy", to(func(_ *Handover, o *Offer) { o.Deadline = ten }, transferReason()))
	assert.Equal(t, "invalid reason_unknown", to(func(h *Handover, _ *Offer) { h.Reason = "sold" }, Reason{}))
	assert.Equal(t, "invalid sub_reason_required", to(func(h *Handover, _ *Offer) { h.Reason = "lost" }, lost()))
	assert.Equal(t, "invalid sub_reason_unknown", to(func(h *Handover, _ *Offer) { h.Reason, h.SubReason = "lost", "x" }, lost()))
	assert.Equal(t, "invalid sub_reason_unknown", to(func(h *Handover, _ *Offer) { h.SubReason = "price" }, transferReason()), "of no reason")
	i.Blocked = true
	assert.Equal(t, "conflict customer_blocked", to(func(*Handover, *Offer) {}, transferReason()))
	i.Blocked, i.Left = false, true
	assert.Equal(t, "conflict customer_left", to(func(*Handover, *Offer) {}, transferReason()))
	_, err := TransferToQueue(i, a, support(), removed(), handover(), transferReason(), ten)
	assert.Equal(t, "conflict channel_removed", outcome(Change{}, err), "the asset says it first")
}

func TestATransferIsRepeated(t *testing.T) {
	s := hourOld(t).then(AcceptOffer)
	s = s.by(scene.toSupportByAna)
	again, err := TransferToQueue(s.talk, s.agent, support(), helping(), handover(), transferReason(), after(2*time.Hour))
	storesNothing(t, again, err)
	assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: "talk", Token: "support|whatsapp|any"}}, again.Hints)
	h := handover()
	h.Note = "something else"
	_, err = TransferToQueue(s.talk, s.agent, support(), helping(), h, transferReason(), after(2*time.Hour))
	assert.Equal(t, "unprocessable key_reused", outcome(Change{}, err))
	_, err = s.toBea()
	assert.Equal(t, "unprocessable key_reused", outcome(Change{}, err), "to somebody else")
}

func TestWhatIsNotTakenGoesBack(t *testing.T) {
	s := transferred(t, UnansweredReturn, handover(), transferReason())
	eleven := after(2 * time.Hour)
	ch, err := ExpireOffer(s.asked(), eleven)
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindOffer, KindAgent, KindInteraction, KindAgent}, storedKinds(ch), "Ana is saved too: that she is there was decided on")
	got := ch.Interaction
	assert.Equal(t, []string{"ana", "Ana", ""}, []string{got.Owner, got.OwnerName, got.Offer})
	assert.Equal(t, eleven, got.AssignedAt)
	assert.Zero(t, got.WaitingSince)
	assert.Equal(t, Transfer{}, got.Transfer)
	assert.Empty(t, got.Passed)
	assert.Equal(t, WrapUp{State: WrapUpSkipped, At: eleven}, got.Legs[0].WrapUp)
	assert.Equal(t, Leg{Agent: "ana", Name: "Ana", Seat: SeatOwner, From: eleven}, got.Legs[1])
	assert.Equal(t, []string{"expired", "wrap_up_skipped", "returned"}, events(got.History)[5-1:])
	assert.Equal(t, AgentRONA, ch.Agent.State, "Bea let it ring")
	ana, ok := ch.Save[3].(*Agent)
	require.True(t, ok)
	assert.Equal(t, []string{"talk"}, ana.Seats)
}

// What she settled stays settled; her place is taken anew, if there is one.
func TestWhatIsNotTakenGoesBackToWhoHasWrappedUp(t *testing.T) {
	h := handover()
	h.Reason = "sold"
	s := transferred(t, UnansweredReturn, h, sold())
	for load, want := range map[int]InteractionState{0: InteractionActive, 1: InteractionActive, 2: InteractionQueued} {
		x := s.asked()
		x.Sender.Seats = []string{"one", "two"}[:load]
		ch, err := DeclineOffer(x, "bea", after(time.Hour))
		require.NoError(t, err)
		assert.Equal(t, want, ch.Interaction.State, "with %d others", load)
		assert.Equal(t, WrapUpDone, ch.Interaction.Legs[0].WrapUp.State)
		x.Sender.Offer = "another"
		ch, err = DeclineOffer(x, "bea", after(time.Hour))
		require.NoError(t, err)
		assert.Equal(t, load < 1, ch.Interaction.State == InteractionActive, "with %d others and an offer that rings", load)
	}
}

// Bea is deleted while she is asked, and her successor is Ana, who asked her: Ana has it back, and is stored once.
func TestWhatGoesBackToTheSuccessor(t *testing.T) {
	s := transferred(t, UnansweredReturn, handover(), transferReason())
	ch, err := RemoveAgent(s.present(), nil, s.sender, "ada", after(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindOffer, KindInteraction, KindAgent}, storedKinds(ch))
	assert.Equal(t, "ana", ch.Agent.ID)
	assert.Equal(t, []string{"talk"}, ch.Agent.Seats)
	assert.Equal(t, "ana", ch.Interaction.Owner)
	assert.Equal(t, OfferRescinded, ch.Offer.State)
}

// The note and the reason are gone from the conversation with the transfer, and stay with the offer.
func TestATransferThatIsTaken(t *testing.T) {
	s := transferred(t, UnansweredDrop, handover(), transferReason())
	ch, err := AcceptOffer(s.asked(), "bea", after(61*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindOffer, KindAgent, KindInteraction}, storedKinds(ch), "Ana is not touched")
	assert.Equal(t, "bea", ch.Interaction.Owner)
	assert.Equal(t, Transfer{}, ch.Interaction.Transfer)
	assert.Equal(t, []string{"ana", "bea"}, ch.Interaction.Agents, "Ana owes her wrap-up")
	assert.Equal(t, "wants a discount", ch.Offer.Note)
}

func TestAFullHistoryMovesOutWithATransfer(t *testing.T) {
	for n := range int64(6) {
		a, i := talked(t)
		i.History = filled(94 + n)
		h := handover()
		h.Reason = "sold"
		ch, err := TransferToAgent(i, a, Offer{Head: Head{ID: "offer-2"}, Deadline: after(2 * time.Hour)}, bea(), Queue{}, number(), h, sold(), after(time.Hour))
		require.NoError(t, err)
		pages := 0
		for _, r := range ch.Save {
			if r.Record() == KindHistory {
				pages++
			}
		}
		assert.Equal(t, n > 3, pages == 1, "with %d entries before", 94+n)
		assert.Equal(t, 97+n, ch.Interaction.History.Last)
	}
}

// Ana gave a conversation away, has it again, and leaves for good: she still owes the wrap-up of her first stay.
func TestWhoHandsBackMayStillOweAWrapUp(t *testing.T) {
	s := transferred(t, UnansweredReturn, handover(), transferReason())
	s = s.by(func(s scene) (Change, error) { return DeclineOffer(s.asked(), "bea", after(time.Hour)) })
	s.talk.Legs[0].WrapUp = WrapUp{State: WrapUpOwed}
	ch, err := SignOut(present(s.sender), "desk-1", allQuiet(s.talk), true, after(2*time.Hour))
	require.NoError(t, err)
	i, ok := ch.Save[len(ch.Save)-1].(*Interaction)
	require.True(t, ok)
	assert.Equal(t, InteractionQueued, i.State)
	assert.Equal(t, []string{"ana"}, i.Agents)
	assert.Equal(t, []string{"talk"}, ch.Agent.Seats)
	assert.Equal(t, WrapUpSkipped, i.Legs[1].WrapUp.State)
	assert.Equal(t, WrapUpOwed, i.Legs[0].WrapUp.State)
}
