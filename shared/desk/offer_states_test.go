package desk

import (
	"testing"
	"time"
)

// Ana was offered the conversation; what the offer became by now meets every answer, before and at its deadline.
const offerTable = `
move                        pending    accepted        declined        expired        rescinded
MakeOffer again             same       same            same            same           same
Assign again                same       same            same            same           same
AcceptOffer                 accepted   same            offer_declined  offer_expired  offer_rescinded
AcceptOffer too late        offer_expired  same        offer_declined  offer_expired  offer_rescinded
AcceptOffer by Bea          not_your_offer not_your_offer not_your_offer not_your_offer not_your_offer
DeclineOffer                declined   offer_accepted  same            offer_expired  offer_rescinded
DeclineOffer too late       offer_expired offer_accepted same          offer_expired  offer_rescinded
DeclineOffer by Bea         not_your_offer not_your_offer not_your_offer not_your_offer not_your_offer
ExpireOffer too early       too_early  same            same            same           same
ExpireOffer on time         expired    same            same            same           same
RescindOffer                rescinded  same            same            same           same
Leave                       rescinded  aside           aside           aside          aside
Interrupt                   rescinded  aside           aside           aside          aside
CloseInSilence              same       aside           same            same           same
EditContact                 pending    aside           aside           aside          aside
BlockContact                rescinded  aside           aside           aside          aside
UnblockContact              aside      aside           aside           aside          aside
SetExclusive                aside      aside           aside           aside          aside
DropExclusive               aside      aside           aside           aside          aside
SetState to idle            declined   aside           aside           aside          aside
SetState to available       same       same            aside           aside          same
SignIn again                aside      aside           aside           aside          aside
SignOut handing over        declined   aside           aside           aside          aside
LoseLease                   declined   aside           aside           aside          aside
RemoveAgent for Bea         rescinded  aside           aside           aside          same
End                         not_your_conversation aside not_your_conversation not_your_conversation not_your_conversation
HandBack                    aside      aside           aside           aside          aside
DropRequest                 same       same            same            same           same
CancelConference            not_your_conversation no_request not_your_conversation not_your_conversation not_your_conversation
TransferToAgent             not_your_conversation new:pending not_your_conversation not_your_conversation not_your_conversation
TakeOver                    rescinded  aside           aside           aside          aside
Reassign                    rescinded  aside           aside           aside          aside
Requeue                     rescinded  aside           aside           aside          aside
EndBySupervisor             rescinded  aside           aside           aside          aside
SetStateOf, idle            declined   aside           aside           rona_unseen    aside
SetStateOf, offline         declined   aside           aside           aside          aside
`

func TestOfferStates(t *testing.T) {
	ten, eleven := after(time.Hour), after(2*time.Hour)
	by := func(f answerRule, who string, at time.Time) func(s scene) (Change, error) {
		return func(s scene) (Change, error) { return f(s.asked(), who, at) }
	}
	scenes := map[string]scene{
		"pending":   hourOld(t),
		"accepted":  hourOld(t).then(AcceptOffer),
		"declined":  hourOld(t).then(DeclineOffer),
		"expired":   hourOld(t).by(func(s scene) (Change, error) { return ExpireOffer(s.asked(), eleven) }),
		"rescinded": hourOld(t).by(func(s scene) (Change, error) { return RescindOffer(s.asked(), ten) }),
	}
	wish := func(to AgentState) func(s scene) (Change, error) {
		return func(s scene) (Change, error) {
			return SetState(s.present(), StateWish{State: to, Version: s.agent.Version, Reason: "lunch"}, ten)
		}
	}
	moves := map[string]func(s scene) (Change, error){
		"MakeOffer again": func(s scene) (Change, error) {
			return MakeOffer(s.offer, Pair{Agent: s.agent, Interaction: s.talk}, ten)
		},
		"Assign again": func(s scene) (Change, error) {
			return Assign(s.offer, Pair{Agent: s.agent, Interaction: s.talk}, ten)
		},
		"AcceptOffer":           by(AcceptOffer, "ana", ten),
		"AcceptOffer too late":  by(AcceptOffer, "ana", eleven),
		"AcceptOffer by Bea":    by(AcceptOffer, "bea", ten),
		"DeclineOffer":          by(DeclineOffer, "ana", ten),
		"DeclineOffer too late": by(DeclineOffer, "ana", eleven),
		"DeclineOffer by Bea":   by(DeclineOffer, "bea", ten),
		"ExpireOffer too early": func(s scene) (Change, error) { return ExpireOffer(s.asked(), ten) },
		"ExpireOffer on time":   func(s scene) (Change, error) { return ExpireOffer(s.asked(), eleven) },
		"RescindOffer":          func(s scene) (Change, error) { return RescindOffer(s.asked(), ten) },
		"Leave":                 func(s scene) (Change, error) { return Leave(s.attended(), ten) },
		"Interrupt":             func(s scene) (Change, error) { return Interrupt(s.attended(), removed(), ten) },
		"CloseInSilence":        func(s scene) (Change, error) { return s.hushed().by(scene.warns).falls() },
		"EditContact":           func(s scene) (Change, error) { return s.named(leaContact(), "Lea M.", "*") },
		"BlockContact":          func(s scene) (Change, error) { return s.blocks(leaContact(), sam()) },
		"UnblockContact":        func(s scene) (Change, error) { return s.unblocks() },
		"SetExclusive":          func(s scene) (Change, error) { return s.exclusive(leaContact(), sam()) },
		"DropExclusive":         func(s scene) (Change, error) { return DropExclusive(leaOfBea(), s.met(), "sales", sam(), nil, ten) },
		"SetState to idle":      wish(AgentIdle),
		"SetState to available": wish(AgentAvailable),
		"SignIn again":          func(s scene) (Change, error) { return SignIn(s.present(), "desk-1", AgentAvailable, "", ten) },
		"SignOut handing over":  func(s scene) (Change, error) { return SignOut(s.present(), "desk-1", s.live(), true, ten) },
		"RemoveAgent for Bea": func(s scene) (Change, error) {
			bea := Agent{Head: stored("bea", 1), Capacity: 1, State: AgentIdle}
			return RemoveAgent(s.present(), s.held(), bea, "ada", ten)
		},
		"LoseLease":        func(s scene) (Change, error) { return LoseLease(s.present(), ten) },
		"TransferToAgent":  func(s scene) (Change, error) { return s.toBea() },
		"End":              func(s scene) (Change, error) { return End(s.attended(), "ana", "end", ten) },
		"HandBack":         func(s scene) (Change, error) { return s.handsBack(ten) },
		"DropRequest":      func(s scene) (Change, error) { return DropRequest(s.attended(), closedSales(), ten) },
		"CancelConference": func(s scene) (Change, error) { return CancelConference(s.attended(), "ana", "cancel", ten) },
		"TakeOver":         func(s scene) (Change, error) { return s.stepIn(olga(), takesOver) },
		"Reassign":         func(s scene) (Change, error) { return s.stepIn(olga(), reassigns(bea())) },
		"Requeue":          func(s scene) (Change, error) { return s.stepIn(olga(), requeues) },
		"EndBySupervisor":  func(s scene) (Change, error) { return s.stepIn(olga(), endsBySupervisor) },
		"SetStateOf, idle": func(s scene) (Change, error) { return s.sends(olga(), StateOrder{State: AgentIdle}) },
		"SetStateOf, offline": func(s scene) (Change, error) {
			return s.sends(olga(), StateOrder{State: AgentOffline, HandOver: true})
		},
	}
	check(t, offerTable, moves, scenes, func(s scene) Record { return &s.offer })
}
