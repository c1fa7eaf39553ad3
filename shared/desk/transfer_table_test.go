package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// bea serves sales, and is free.
func bea() Agent {
	return Agent{Head: stored("bea", 1), Name: "Bea", Capacity: 2, Serves: []string{sales}, State: AgentAvailable, Since: nine}.Settle()
}

// transferReason is a reason that every queue has.
func transferReason() Reason {
	r := DefaultTransfer("sales")
	r.Version = 1
	return r
}

func handover() Handover { return Handover{Note: "wants a discount", NoteID: "note", Key: "give"} }

// helping is the asset of Lea's conversation, which support serves too.
func helping() Asset {
	a := number()
	a.Rules = []EntryRule{{On: EntryKeyword, Value: "help", Queue: "support"}}
	return a
}

func (s scene) toSupport(by string) (Change, error) {
	a := s.agent
	a.ID = by
	return TransferToQueue(s.talk, a, support(), helping(), handover(), transferReason(), after(time.Hour))
}

func (s scene) toSupportByAna() (Change, error) { return s.toSupport("ana") }

// toBea has Ana ask Bea; the offer rings until eleven.
func (s scene) toBea() (Change, error) {
	o := Offer{Head: Head{ID: "offer-2"}, Deadline: after(2 * time.Hour)}
	return TransferToAgent(s.talk, s.agent, o, bea(), Queue{}, number(), handover(), transferReason(), after(time.Hour))
}

// twice makes a move and, if it was stored, makes it again.
func (s scene) twice(move func(scene) (Change, error)) (Change, error) {
	ch, err := move(s)
	if err != nil {
		return ch, err
	}
	return move(s.by(func(scene) (Change, error) { return ch, nil }))
}

// transferred is Ana's conversation that Bea is asked to take since ten, until eleven. sender is Ana as she is now.
func transferred(t testing.TB, unanswered Unanswered, h Handover, reason Reason) scene {
	s := hourOld(t).then(AcceptOffer)
	o := Offer{Head: Head{ID: "offer-2"}, Deadline: after(2 * time.Hour)}
	ch, err := TransferToAgent(s.talk, s.agent, o, bea(), Queue{Unanswered: unanswered}, number(), h, reason, after(time.Hour))
	require.NoError(t, err)
	s.sender = s.agent
	return s.by(func(scene) (Change, error) { return ch, nil })
}

// What becomes of a conversation that Ana asked Bea to take over, as the queue says what shall become of it when Bea does not:
// drop it, queue it, or give it back to Ana, who is there, has no room any more, or has gone. The first rows are Bea's moves and
// what happens to her, then come others'.
const transferTable = `
move                        drop                   requeue                return                 return-full            return-gone
AcceptOffer                 active                 active                 active                 active                 active
DeclineOffer                closed                 queued                 active                 queued                 queued
ExpireOffer too early       too_early              too_early              too_early              too_early              too_early
ExpireOffer on time         closed                 queued                 active                 queued                 queued
RescindOffer                closed                 queued                 active                 queued                 queued
SetState to idle            closed                 queued                 active                 queued                 queued
SetState to idle, late      closed                 queued                 active                 queued                 queued
SignOut                     closed                 queued                 active                 queued                 queued
LoseLease                   closed                 queued                 active                 queued                 queued
RemoveAgent for Cleo        closed                 queued                 active                 queued                 queued
RemoveAgent for Ana         closed                 queued                 active                 queued                 queued
Leave                       closed                 closed                 closed                 closed                 closed
Interrupt                   closed                 closed                 closed                 closed                 closed
BlockContact                closed                 closed                 closed                 closed                 closed
Inherit                     offered                offered                offered                offered                offered
MakeOffer to Cleo           not_waiting            not_waiting            not_waiting            not_waiting            not_waiting
TransferToQueue by Ana      not_your_conversation  not_your_conversation  not_your_conversation  not_your_conversation  not_your_conversation
Send by Ana                 not_your_conversation  not_your_conversation  not_your_conversation  not_your_conversation  not_your_conversation
MarkRead by Ana             same                   same                   same                   not_your_conversation  same
AddNote by Ana              aside                  aside                  aside                  not_your_conversation  aside
End by Ana                  not_active             not_active             not_active             not_active             not_active
SubmitWrapUp by Ana         offered                offered                offered                nothing_to_wrap_up     offered
TakeOver                    active                 active                 active                 active                 active
Reassign to Cleo            active                 active                 active                 active                 active
Reassign to Bea             active                 active                 active                 active                 active
Requeue                     queued                 queued                 queued                 queued                 queued
EndBySupervisor             closed                 closed                 closed                 closed                 closed
SetStateOf, idle            closed                 queued                 active                 queued                 queued
`

func TestTransferStates(t *testing.T) {
	ten, eleven := after(time.Hour), after(2*time.Hour)
	owed := func(u Unanswered) scene { return transferred(t, u, handover(), transferReason()) }
	settled := handover()
	settled.Reason = "sold"
	full, gone := transferred(t, UnansweredReturn, settled, sold()), owed(UnansweredReturn)
	full.sender.Seats = []string{"another", "and another"}
	gone.sender.State = AgentOffline
	cleo := Agent{Head: stored("cleo", 1), Name: "Cleo", Capacity: 1, Serves: []string{sales}, State: AgentAvailable}.Settle()
	wish := func(at time.Time) func(s scene) (Change, error) {
		return func(s scene) (Change, error) {
			return SetState(s.present(), StateWish{State: AgentIdle, Reason: "lunch"}, at)
		}
	}
	check(t, transferTable, map[string]func(s scene) (Change, error){
		"AcceptOffer":            func(s scene) (Change, error) { return AcceptOffer(s.asked(), "bea", ten) },
		"DeclineOffer":           func(s scene) (Change, error) { return DeclineOffer(s.asked(), "bea", ten) },
		"ExpireOffer too early":  func(s scene) (Change, error) { return ExpireOffer(s.asked(), ten) },
		"ExpireOffer on time":    func(s scene) (Change, error) { return ExpireOffer(s.asked(), eleven) },
		"RescindOffer":           func(s scene) (Change, error) { return RescindOffer(s.asked(), ten) },
		"SetState to idle":       wish(ten),
		"SetState to idle, late": wish(eleven),
		"SignOut":                func(s scene) (Change, error) { return SignOut(s.present(), "desk-1", nil, false, ten) },
		"LoseLease":              func(s scene) (Change, error) { return LoseLease(s.present(), ten) },
		"RemoveAgent for Cleo":   func(s scene) (Change, error) { return RemoveAgent(s.present(), nil, cleo, "ada", ten) },
		"RemoveAgent for Ana":    func(s scene) (Change, error) { return RemoveAgent(s.present(), nil, s.sender, "ada", ten) },
		"Leave":                  func(s scene) (Change, error) { return Leave(s.attended(), ten) },
		"Interrupt":              func(s scene) (Change, error) { return Interrupt(s.attended(), removed(), ten) },
		"BlockContact":           func(s scene) (Change, error) { return s.blocks(leaContact(), sam()) },
		"Inherit":                func(s scene) (Change, error) { return Inherit(s.talk, closedSales(), support(), ten) },
		"MakeOffer to Cleo": func(s scene) (Change, error) {
			return MakeOffer(Offer{Head: Head{ID: "offer-3"}, Deadline: eleven}, Pair{Agent: cleo, Interaction: s.talk}, ten)
		},
		"TransferToQueue by Ana": func(s scene) (Change, error) {
			h := handover()
			h.Key = "another"
			return TransferToQueue(s.talk, s.sender, support(), helping(), h, transferReason(), ten)
		},
		"TakeOver":         func(s scene) (Change, error) { return s.stepIn(olga(), takesOver) },
		"Reassign to Cleo": func(s scene) (Change, error) { return s.stepIn(olga(), reassigns(cleo)) },
		"Reassign to Bea":  func(s scene) (Change, error) { return s.stepIn(olga(), reassigns(s.agent)) },
		"Requeue":          func(s scene) (Change, error) { return s.stepIn(olga(), requeues) },
		"EndBySupervisor":  func(s scene) (Change, error) { return s.stepIn(olga(), endsBySupervisor) },
		"SetStateOf, idle": func(s scene) (Change, error) { return s.sends(olga(), StateOrder{State: AgentIdle}) },
		"Send by Ana":      func(s scene) (Change, error) { return Send(draft(), s.talk, s.sender, Reply{Text: "hola"}, ten) },
		"MarkRead by Ana":  func(s scene) (Change, error) { return MarkRead(s.talk, "ana", 0) },
		"AddNote by Ana": func(s scene) (Change, error) {
			return AddNote(Note{Head: Head{ID: "n"}}, s.talk, s.sender, "call back", ten)
		},
		"End by Ana": func(s scene) (Change, error) { return End(quiet(s.talk), "ana", "end", ten) },
		"SubmitWrapUp by Ana": func(s scene) (Change, error) {
			return SubmitWrapUp(s.talk, s.sender, Choice{Reason: "sold"}, sold(), ten)
		},
	}, map[string]scene{
		"drop": owed(UnansweredDrop), "requeue": owed(UnansweredRequeue), "return": owed(UnansweredReturn),
		"return-full": full, "return-gone": gone,
	}, func(s scene) Record { return &s.talk })
}
