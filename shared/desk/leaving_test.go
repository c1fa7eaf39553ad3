package desk

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

// attended is what the store reads for a conversation that is cut short.
func (s scene) attended() Attended {
	x := Attended{Interaction: s.talk}
	if s.talk.Rings() != "" {
		x.Offer, x.Agent = s.offer, s.agent
	}
	return x
}

func (s scene) left() scene {
	return s.by(func(s scene) (Change, error) { return Leave(s.attended(), after(time.Hour)) })
}

func (s scene) interrupted() scene {
	return s.by(func(s scene) (Change, error) { return Interrupt(s.attended(), removed(), after(time.Hour)) })
}

func (s scene) leftIfActive() scene {
	if s.talk.State != InteractionActive {
		return s
	}
	return s.left()
}

func (s scene) interruptedIfActive() scene {
	if s.talk.State != InteractionActive {
		return s
	}
	return s.interrupted()
}

// handsBack is the end of the grace of an agent who went away.
func (s scene) handsBack(now time.Time) (Change, error) {
	s.agent.State, s.agent.DueAt = AgentOffline, now
	return HandBack(s.agent, s.live(), now)
}

// number is the asset of Lea's conversation; removed is its tombstone.
func number() Asset {
	return Asset{Head: stored("whatsapp:111", 1), Channel: WhatsApp, Account: "111", Queue: "sales"}
}

func removed() Asset {
	a := number()
	a.Version, a.DeletedAt = 2, nine
	return a
}

// cut are the three ways in which a conversation is cut short, each by its own rule.
func cut() map[string]func(x Attended, now time.Time) (Change, error) {
	return map[string]func(x Attended, now time.Time) (Change, error){
		"left":        Leave,
		"interrupted": func(x Attended, now time.Time) (Change, error) { return Interrupt(x, removed(), now) },
		"blocked":     func(x Attended, now time.Time) (Change, error) { return x.shut("eva", now), nil },
	}
}

// what each of them leaves behind.
var marks = map[string]struct {
	event, by, reason, accept, send string
	flags                           [3]bool
}{
	"left":        {"customer_left", "", "abandoned", "customer_left", "customer_left", [3]bool{true, false, false}},
	"interrupted": {"interrupted", "", "removed", "channel_removed", "interrupted", [3]bool{false, true, false}},
	"blocked":     {"blocked", "eva", "blocked", "customer_blocked", "customer_blocked", [3]bool{false, false, true}},
}

func flags(i Interaction) [3]bool { return [3]bool{i.Left, i.Interrupted, i.Blocked} }

func TestWhoWaitsIsClosed(t *testing.T) {
	ten := after(time.Hour)
	for name, rule := range cut() {
		t.Run(name, func(t *testing.T) {
			was := queued()
			was.Passed, was.Unread = []string{"bea"}, 2
			ch, err := rule(Attended{Interaction: was}, ten)
			require.NoError(t, err)
			want := was
			want.State, want.CloseReason, want.ClosedAt = InteractionClosed, marks[name].reason, ten
			want.Wants, want.WaitingSince, want.Passed = "", time.Time{}, nil
			want.History = History{Last: 2, Entries: []Entry{
				{Seq: 1, At: ten, Event: marks[name].event, By: marks[name].by},
				{Seq: 2, At: ten, Event: EventClosed, Detail: marks[name].reason}}}
			want.Ledger = []string{"sales|2026-03-02T10"}
			assert.Equal(t, want, *ch.Interaction)
			assert.Equal(t, []Record{&want}, ch.Save)
			assert.Empty(t, ch.Hints)
			assert.Equal(t, [3]bool{}, flags(*ch.Interaction), "nobody has it who would have to be told")
		})
	}
}

func TestWhoRingsIsClosedAndItsAgentIsFree(t *testing.T) {
	ten := after(time.Hour)
	for name, rule := range cut() {
		t.Run(name, func(t *testing.T) {
			s := hourOld(t)
			ch, err := rule(s.attended(), ten)
			require.NoError(t, err)
			assert.Equal(t, []RecordKind{KindInteraction, KindOffer, KindAgent}, storedKinds(ch))

			i := *ch.Interaction
			assert.Equal(t, InteractionClosed, i.State)
			assert.Equal(t, marks[name].reason, i.CloseReason)
			assert.Equal(t, ten, i.ClosedAt)
			assert.Empty(t, i.Offer)
			assert.Empty(t, i.Wants)
			assert.True(t, i.WaitingSince.IsZero())
			assert.Equal(t, []string{EventOffered, marks[name].event, EventClosed}, events(i.History))
			assert.Equal(t, "offer", i.History.Entries[1].Detail)

			o := *ch.Offer
			assert.Equal(t, OfferRescinded, o.State)
			assert.Equal(t, marks[name].reason, o.Cause)
			assert.Equal(t, ten, o.EndedAt)
			assert.True(t, o.DueAt.IsZero())

			want := s.agent
			want.Offer, want.Ringing, want.RingingOn, want.Takes = "", "", "", []string{sales}
			assert.Equal(t, want, *ch.Agent, "he stays as he is, free for the next")
			assert.Equal(t, []Hint{{Event: HintAgentFreed, Agent: "ana", Takes: sales}}, ch.Hints)

			_, err = AcceptOffer(asked(o, *ch.Agent, i), "ana", ten)
			assert.Equal(t, "conflict "+marks[name].accept, outcome(Change{}, err))
		})
	}
}

func TestWhoHasItIsToldAndEndsIt(t *testing.T) {
	ten := after(time.Hour)
	for name, rule := range cut() {
		t.Run(name, func(t *testing.T) {
			s := hourOld(t).then(AcceptOffer)
			ch, err := rule(s.attended(), ten)
			require.NoError(t, err)
			want := s.talk
			want.Left, want.Interrupted, want.Blocked = marks[name].flags[0], marks[name].flags[1], marks[name].flags[2]
			want.History.Last = 3
			want.History.Entries = append(want.History.Entries[:2:2], Entry{Seq: 3, At: ten, Event: marks[name].event, By: marks[name].by})
			want.Ledger = append(want.Ledger[:1:1], "sales|2026-03-02T10")
			assert.Equal(t, want, *ch.Interaction)
			assert.Equal(t, []Record{&want}, ch.Save)
			assert.Empty(t, ch.Hints)

			s.talk = *saved(ch).Interaction
			_, err = Send(draft(), s.talk, s.agent, Reply{Text: "hola"}, ten)
			assert.Equal(t, "conflict "+marks[name].send, outcome(Change{}, err))
			again, err := Send(Message{Head: stored("m", 1), Text: "hola"}, s.talk, s.agent, Reply{Text: "hola"}, ten)
			storesNothing(t, again, err)
			_, err = AddNote(Note{Head: Head{ID: "n"}}, s.talk, s.agent, "gone", ten)
			require.NoError(t, err)
			read, err := MarkRead(s.talk, "ana", 0)
			require.NoError(t, err)
			assert.Len(t, read.Save, 1)

			s = s.ends()
			assert.Equal(t, InteractionWrapUp, s.talk.State)
			s = s.wrapsUp()
			assert.Equal(t, InteractionClosed, s.talk.State)
			assert.Equal(t, ClosedEnded, s.talk.CloseReason)
			assert.Equal(t, marks[name].flags, flags(s.talk), "the record says what happened")
			assert.Empty(t, s.agent.Seats)
		})
	}
}

func TestOneCutDoesNotHideAnother(t *testing.T) {
	for first, rule := range cut() {
		for second, then := range cut() {
			if first == second {
				continue
			}
			s := hourOld(t).then(AcceptOffer)
			s = s.by(func(s scene) (Change, error) { return rule(s.attended(), after(time.Hour)) })
			s = s.by(func(s scene) (Change, error) { return then(s.attended(), after(time.Hour)) })
			assert.Equal(t, []string{EventOffered, EventAccepted, marks[first].event, marks[second].event}, events(s.talk.History))
			for n, set := range flags(s.talk) {
				assert.Equal(t, marks[first].flags[n] || marks[second].flags[n], set)
			}
		}
	}
}

func TestNothingOfWhatIsNotThere(t *testing.T) {
	for name, rule := range cut() {
		ch, err := rule(Attended{}, nine)
		require.NoError(t, err, name)
		assert.Empty(t, ch.Save, name)
		assert.Empty(t, ch.Hints, name)
	}
}

func TestAnAgentWhoIsNotFreeIsNotHinted(t *testing.T) {
	for name, rule := range cut() {
		s := hourOld(t)
		s.agent.Capacity, s.agent.Seats = 1, []string{"another"}
		ch, err := rule(s.attended(), after(time.Hour))
		require.NoError(t, err, name)
		assert.Empty(t, ch.Agent.Takes, name)
		assert.Empty(t, ch.Hints, name)
	}
}

func TestWhatHasNoAgentAnyMoreIsClosed(t *testing.T) {
	ten := after(time.Hour)
	for name, rule := range cut() {
		t.Run(name, func(t *testing.T) {
			s := hourOld(t).then(AcceptOffer).by(func(s scene) (Change, error) { return rule(s.attended(), ten) })
			s = s.by(func(s scene) (Change, error) { return s.handsBack(ten) })
			assert.Equal(t, InteractionClosed, s.talk.State)
			assert.Equal(t, marks[name].reason, s.talk.CloseReason)
			assert.Equal(t, ten, s.talk.ClosedAt)
			assert.Empty(t, s.talk.Wants)
			assert.Empty(t, s.talk.Owner)
			assert.Empty(t, s.talk.Agents)
			assert.Equal(t, WrapUpSkipped, s.talk.Legs[0].WrapUp.State)
			assert.Empty(t, s.agent.Seats)
			assert.Equal(t, []string{EventOffered, EventAccepted, marks[name].event, EventHandedBack, EventClosed}, events(s.talk.History))
		})
	}
}

func TestAFullHistoryKeepsEveryMoveOfACut(t *testing.T) {
	for name, rule := range cut() {
		for last := int64(97); last <= 100; last++ {
			s := hourOld(t)
			s.talk.History = filled(last)
			ch, err := rule(s.attended(), after(time.Hour))
			require.NoError(t, err)
			assert.Equal(t, last+2, ch.Interaction.History.Last)
			kept := len(ch.Interaction.History.Entries)
			for _, r := range ch.Save {
				if page, ok := r.(*HistoryPage); ok {
					assert.Equal(t, "talk:1", page.ID)
					kept += len(page.Entries)
				}
			}
			assert.EqualValues(t, last+2, kept, "%s after %d moves", name, last)

			s = hourOld(t).then(AcceptOffer).by(func(s scene) (Change, error) { return rule(s.attended(), nine) })
			s.talk.History = filled(last)
			ch, err = s.handsBack(nine)
			require.NoError(t, err)
			kept = 0
			for _, r := range ch.Save {
				switch r := r.(type) {
				case *HistoryPage:
					kept += len(r.Entries)
				case *Interaction:
					kept += len(r.History.Entries)
				}
			}
			assert.EqualValues(t, last+2, kept, "%s handed back after %d moves", name, last)
		}
	}
}

func TestACutLeavesItsRecordsAlone(t *testing.T) {
	for name, rule := range cut() {
		for state, s := range map[string]scene{"offered": hourOld(t), "active": hourOld(t).then(AcceptOffer)} {
			got := copied(s.attended())
			want := copied(got)
			_, err := rule(got, after(time.Hour))
			require.NoError(t, err)
			assert.True(t, unaltered(reflect.ValueOf(got), reflect.ValueOf(want)), "%s while %s", name, state)
		}
	}
}

func TestAnAssetThatIsBackInterruptsNothing(t *testing.T) {
	ch, err := Interrupt(Attended{Interaction: queued()}, number(), nine)
	storesNothing(t, ch, err)
	ch, err = Interrupt(Attended{Interaction: queued()}, Asset{Head: Head{ID: "whatsapp:111"}}, nine)
	require.NoError(t, err)
	assert.Equal(t, InteractionClosed, ch.Interaction.State, "one that is not on record is gone")
}

func TestAnAcceptOfWhatIsGone(t *testing.T) {
	s := hourOld(t)
	_, err := AcceptOffer(asked(s.offer, s.agent, s.talk.On(removed())), "ana", after(time.Hour))
	assert.True(t, fault.HasCode(err, "channel_removed"))
	_, err = AcceptOffer(asked(s.offer, s.agent, s.talk.On(removed())), "ana", after(2*time.Hour))
	assert.True(t, fault.HasCode(err, "offer_expired"), "too late is too late")
	_, err = AcceptOffer(asked(s.offer, s.agent, s.talk.On(removed())), "bea", after(time.Hour))
	assert.True(t, fault.HasCode(err, "not_your_offer"))
	ch, err := AcceptOffer(asked(s.offer, s.agent, s.talk.On(number())), "ana", after(time.Hour))
	require.NoError(t, err)
	assert.False(t, ch.Interaction.Interrupted)
	assert.False(t, queued().On(number()).Interrupted)
	assert.True(t, queued().On(Asset{}).Interrupted)
	assert.False(t, s.talk.Interrupted, "the record itself is not marked")
}
