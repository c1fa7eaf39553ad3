package desk

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The agent's lease of "desk-1" ran out half a minute past nine; offline it has ended, and the grace is over.
const agentTable = `
move                        offline          idle               available          rona
SignIn as idle              idle             aside              aside              aside
SignIn as available         available        aside              aside              aside
SignIn from another desk    available        idle               available          rona
SignIn to no state          bad_state        bad_state          bad_state          bad_state
RenewLease                  lease_lost       aside              aside              aside
RenewLease another desk     lease_lost       session_replaced   session_replaced   session_replaced
LoseLease too early         same             too_early          too_early          too_early
LoseLease                   same             offline            offline            offline
SetState to idle            agent_offline    idle               idle               idle
SetState to the same        bad_state        same               same               bad_state
SetState to available       agent_offline    available          same               available
SetState, RONA unseen       agent_offline    available          same               rona_unseen
SetState to offline         bad_state        bad_state          bad_state          bad_state
SignOut                     aside            offline            offline            offline
SignOut from another desk   aside            session_replaced   session_replaced   session_replaced
HandBack                    offline          same               same               same
HandBack too early          too_early        same               same               same
RemoveAgent                 same             same               same               same
MakeOffer                   agent_busy       agent_busy         available          agent_busy
Assign                      agent_busy       agent_busy         available          agent_busy
AcceptOffer                 offer_declined   offer_declined     available          offer_expired
DeclineOffer                same             same               idle               offer_expired
ExpireOffer                 same             same               rona               same
RescindOffer                same             same               available          same
Leave                       aside            aside              available          aside
Interrupt                   aside            aside              available          aside
BlockContact                aside            aside              available          aside
UnblockContact              aside            aside              aside              aside
EditContact                 aside            aside              available          aside
SetExclusive                aside            aside              aside              aside
DropExclusive               aside            aside              aside              aside
Overflow                    aside            aside              same               aside
Send                        aside            aside              aside              aside
AddNote                     aside            aside              aside              aside
AddContactNote              aside            aside              aside              aside
SetData                     aside            aside              aside              aside
End                         aside            aside              aside              aside
CancelConference            aside            aside              aside              aside
TransferToQueue             offline          idle               available          rona
TransferToQueue, owed       aside            aside              aside              aside
TransferToAgent             offline          idle               available          rona
TransferToAgent, to Ana     target_unavailable target_unavailable available        target_unavailable
SubmitWrapUp                offline          idle               available          rona
TimeOutWrapUp               offline          idle               available          rona
CloseInSilence              offline          idle               available          rona
Reopen                      aside            aside              aside              aside
Begin                       agent_offline    idle               available          agent_rona
SetStateOf, idle            agent_offline    idle               idle               idle
SetStateOf, the same        same             same               same               same
SetStateOf, RONA unseen     agent_offline    idle               idle               rona_unseen
SetStateOf, offline         offline          offline            offline            offline
SetStateOf, available       bad_state        bad_state          bad_state          bad_state
SetStateOf by Sam           not_your_team    not_your_team      not_your_team      not_your_team
TakeOver                    new:idle         new:idle           available          new:idle
Reassign                    new:available    new:available      available          new:available
Requeue                     aside            aside              available          aside
EndBySupervisor             aside            aside              available          aside
DropRequest                 same             same               same               same
CloseQueue                  aside            aside              aside              aside
OpenQueue                   same             same               same               same
`

func TestAgentStates(t *testing.T) {
	ten := after(time.Hour)
	scenes := map[string]scene{}
	for _, s := range []AgentState{AgentOffline, AgentIdle, AgentAvailable, AgentRONA} {
		a := anaIs(s, "")
		sc := scene{t: t, agent: a, lease: present(a).Lease}
		if s == AgentIdle {
			sc.agent.Reason = "coffee"
		}
		if s == AgentOffline {
			sc.agent.DueAt, sc.lease.Ended = ten, true
		}
		scenes[string(s)] = sc
	}
	signIn := func(desk string, want AgentState) func(s scene) (Change, error) {
		return func(s scene) (Change, error) { return SignIn(s.present(), desk, want, "", ten) }
	}
	wish := func(to AgentState, reason string, version int64) func(s scene) (Change, error) {
		return func(s scene) (Change, error) {
			return SetState(s.present(), StateWish{State: to, Reason: reason, Version: version}, ten)
		}
	}
	moves := map[string]func(s scene) (Change, error){
		"SignIn as idle":           signIn("desk-1", AgentIdle),
		"SignIn as available":      signIn("desk-1", AgentAvailable),
		"SignIn from another desk": signIn("desk-2", AgentAvailable),
		"SignIn to no state":       signIn("desk-1", ""),
		"RenewLease":               func(s scene) (Change, error) { return RenewLease(s.lease, "desk-1", ten) },
		"RenewLease another desk":  func(s scene) (Change, error) { return RenewLease(s.lease, "desk-2", ten) },
		"LoseLease too early":      func(s scene) (Change, error) { return LoseLease(s.present(), nine) },
		"RemoveAgent":              func(s scene) (Change, error) { return RemoveAgent(s.present(), nil, Agent{}, "ada", ten) },
		"LoseLease":                func(s scene) (Change, error) { return LoseLease(s.present(), ten) },
		"SetState to idle":         wish(AgentIdle, "lunch", 4),
		"SetState to the same": func(s scene) (Change, error) {
			return wish(s.agent.State, s.agent.Reason, 4)(s)
		},
		"SetState to available":     wish(AgentAvailable, "", 4),
		"SetState, RONA unseen":     wish(AgentAvailable, "", 3),
		"SetState to offline":       wish(AgentOffline, "", 4),
		"SignOut":                   func(s scene) (Change, error) { return SignOut(s.present(), "desk-1", nil, false, ten) },
		"SignOut from another desk": func(s scene) (Change, error) { return SignOut(s.present(), "desk-2", nil, false, ten) },
		"HandBack":                  func(s scene) (Change, error) { return HandBack(s.agent, nil, ten) },
		"HandBack too early":        func(s scene) (Change, error) { return HandBack(s.agent, nil, ten.Add(-tick)) },
		"MakeOffer": func(s scene) (Change, error) {
			return MakeOffer(Offer{Head: Head{ID: "offer"}, Deadline: ten.Add(time.Minute)}, Pair{Agent: s.agent, Interaction: queued()}, ten)
		},
		"Assign": func(s scene) (Change, error) {
			return Assign(Offer{Head: Head{ID: "offer"}, Deadline: ten.Add(time.Minute)}, Pair{Agent: s.agent, Interaction: queued()}, ten)
		},
		"SetStateOf, idle": func(s scene) (Change, error) { return s.sends(olga(), StateOrder{State: AgentIdle, Version: 4}) },
		"SetStateOf, the same": func(s scene) (Change, error) {
			return s.twice(func(s scene) (Change, error) { return s.sends(olga(), StateOrder{State: AgentOffline}) })
		},
		"SetStateOf, RONA unseen": func(s scene) (Change, error) { return s.sends(olga(), StateOrder{State: AgentIdle, Version: 3}) },
		"SetStateOf, offline":     func(s scene) (Change, error) { return s.sends(olga(), StateOrder{State: AgentOffline}) },
		"CloseQueue":              func(s scene) (Change, error) { return CloseQueue(Centre{}, counterQueue(), s.shopkeeper(), ten) },
		"OpenQueue":               func(s scene) (Change, error) { return OpenQueue(Centre{}, counterQueue(), s.shopkeeper(), ten) },
		"SetStateOf, available":   func(s scene) (Change, error) { return s.sends(olga(), StateOrder{State: AgentAvailable}) },
		"SetStateOf by Sam":       func(s scene) (Change, error) { return s.sends(sam(), StateOrder{State: AgentIdle}) },
	}
	moves["Begin"] = func(s scene) (Change, error) { return startMoves(ten)["Begin"](s) }
	maps.Copy(moves, agentsOffer(ten))
	maps.Copy(moves, agentsTalk(ten))
	check(t, agentTable, moves, scenes, func(s scene) Record { return &s.agent })
}

// rung is the scene with the offer that Ana got while she was available: it rings, or ended when she left that state.
func (s scene) rung() scene {
	was := hourOld(s.t)
	switch s.agent.State {
	case AgentAvailable:
		s.agent = was.agent
	case AgentRONA:
		was = was.by(func(s scene) (Change, error) { return ExpireOffer(s.asked(), after(2*time.Hour)) })
	default:
		was = was.then(DeclineOffer)
	}
	s.offer, s.talk = was.offer, was.talk
	return s
}

// holding is the scene with a conversation in which Ana sits, or owes a wrap-up.
func (s scene) holding(talk Interaction) scene {
	s.talk, s.agent.Seats = talk, []string{talk.ID}
	s.agent = s.agent.Settle()
	return s
}

func agentsOffer(ten time.Time) map[string]func(s scene) (Change, error) {
	return map[string]func(s scene) (Change, error){
		"AcceptOffer":     func(s scene) (Change, error) { return AcceptOffer(s.rung().asked(), "ana", ten) },
		"DeclineOffer":    func(s scene) (Change, error) { return DeclineOffer(s.rung().asked(), "ana", ten) },
		"ExpireOffer":     func(s scene) (Change, error) { return ExpireOffer(s.rung().asked(), after(2*time.Hour)) },
		"RescindOffer":    func(s scene) (Change, error) { return RescindOffer(s.rung().asked(), ten) },
		"Leave":           func(s scene) (Change, error) { return Leave(s.rung().attended(), ten) },
		"Interrupt":       func(s scene) (Change, error) { return Interrupt(s.rung().attended(), removed(), ten) },
		"BlockContact":    func(s scene) (Change, error) { return s.rung().blocks(leaContact(), sam()) },
		"UnblockContact":  func(s scene) (Change, error) { return s.rung().unblocks() },
		"EditContact":     func(s scene) (Change, error) { return s.rung().named(leaContact(), "Lea M.", "*") },
		"TakeOver":        func(s scene) (Change, error) { return s.rung().stepIn(olga(), takesOver) },
		"Reassign":        func(s scene) (Change, error) { return s.rung().stepIn(olga(), reassigns(bea())) },
		"Requeue":         func(s scene) (Change, error) { return s.rung().stepIn(olga(), requeues) },
		"EndBySupervisor": func(s scene) (Change, error) { return s.rung().stepIn(olga(), endsBySupervisor) },
		"DropRequest":     func(s scene) (Change, error) { return DropRequest(s.rung().attended(), closedSales(), ten) },
		"CloseQueue": func(s scene) (Change, error) {
			return CloseQueue(Centre{Head: stored("centre", 1)}, counterQueue(), s.boss(), ten)
		},
		"OpenQueue": func(s scene) (Change, error) {
			return OpenQueue(Centre{Head: stored("centre", 1)}, counterQueue(), s.boss(), ten)
		},
		"SetExclusive": func(s scene) (Change, error) { return s.rung().exclusive(leaContact(), sam()) },
		"DropExclusive": func(s scene) (Change, error) {
			return DropExclusive(leaOfBea(), s.rung().met(), "sales", sam(), nil, ten)
		},
		"Overflow": func(s scene) (Change, error) {
			i := queued()
			i.Awaits = Awaited{Agent: "ana", Why: WhyPrevious, Since: ten}
			i.Wants = i.token()
			return Overflow(i, s.agent, counterQueue(), ten)
		},
	}
}

func agentsTalk(ten time.Time) map[string]func(s scene) (Change, error) {
	talks := func(s scene) scene { return s.holding(hourOld(s.t).then(AcceptOffer).talk) }
	owes := func(s scene) scene { return s.holding(hourOld(s.t).then(AcceptOffer).ends().talk) }
	settled := handover()
	settled.Reason = "sold"
	return map[string]func(s scene) (Change, error){
		"Send": func(s scene) (Change, error) { return Send(draft(), talks(s).talk, s.agent, Reply{Text: "hola"}, ten) },
		"AddNote": func(s scene) (Change, error) {
			return AddNote(Note{Head: Head{ID: "n"}}, talks(s).talk, s.agent, "call back", ten)
		},
		"AddContactNote": func(s scene) (Change, error) {
			return AddContactNote(Note{Head: Head{ID: "n"}}, leaContact(), talks(s).talk, s.agent, "call back", ten)
		},
		"SetData": func(s scene) (Change, error) {
			return SetData(talks(s).talk, counter(), s.agent, []Datum{{ID: "order", Value: "7"}}, ten)
		},
		"End": func(s scene) (Change, error) { return End(talks(s).attended(), "ana", "end", ten) },
		"CancelConference": func(s scene) (Change, error) {
			s = talks(s)
			ch, err := RequestConference(s.talk, "ana", invitesSales(), ten)
			require.NoError(s.t, err)
			return CancelConference(quiet(*ch.Interaction), "ana", "cancel", ten)
		},
		"TransferToQueue": func(s scene) (Change, error) {
			s = talks(s)
			return TransferToQueue(s.talk, s.agent, support(), helping(), settled, sold(), ten)
		},
		"TransferToQueue, owed": func(s scene) (Change, error) {
			s = talks(s)
			return TransferToQueue(s.talk, s.agent, support(), helping(), handover(), transferReason(), ten)
		},
		"TransferToAgent": func(s scene) (Change, error) {
			s = talks(s)
			return TransferToAgent(s.talk, s.agent, s.toCleo(), cleo(), Queue{}, number(), settled, sold(), ten)
		},
		"TransferToAgent, to Ana": func(s scene) (Change, error) {
			talk := queued().owned(cleo(), nine)
			return TransferToAgent(talk, cleo(), s.toCleo(), s.agent, Queue{}, number(), handover(), transferReason(), ten)
		},
		"SubmitWrapUp": func(s scene) (Change, error) {
			s = owes(s)
			return SubmitWrapUp(s.talk, s.agent, Choice{Reason: "sold"}, sold(), ten)
		},
		"TimeOutWrapUp": func(s scene) (Change, error) { return owes(s).untilTen().timesOut() },
		"CloseInSilence": func(s scene) (Change, error) {
			s = talks(s).hushed()
			s.talk.Limits.WarnAfter = 0
			s.talk = s.talk.timed()
			return s.falls()
		},
		"Reopen": func(s scene) (Change, error) {
			i := owes(s).talk
			i.Afterword = "m"
			c := leaContact()
			c.Open = i.ID
			return Reopen(Reopening{Ended: i, Next: Interaction{Head: Head{ID: "next"}}, Contact: c, Asset: number()}, s.agent, ten)
		},
	}
}

// toCleo is an offer that is about to be made.
func (s scene) toCleo() Offer {
	return Offer{Head: Head{ID: "offer-9"}, Deadline: after(2 * time.Hour)}
}

// boss is Ana where she oversees every queue.
func (s scene) boss() Agent {
	s.agent.Roles = []string{RoleAdmin}
	return s.agent
}
