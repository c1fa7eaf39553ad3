package desk

import (
	"maps"
	"testing"
	"time"
)

// Every state meets every move here. A cell is the state the record is in afterwards, or
//
//	same        the move is done already or has nothing to do: nothing is stored
//	aside       other records are stored, this one is not
//	new:STATE   this one is not stored, a new one of its kind is
//	code        the fault that refuses the move
//
// The header names the states. A state or a rule of the package that a table does not show fails TestTheTablesAreWhole.

// Ana was asked an hour ago, at nine, until eleven; it is ten. In each state the conversation came there by its moves:
// queued because she declined, else offered to her, accepted, ended and wrapped up by her. Bea is free.
const interactionTable = `
move                        queued                 offered                active               wrapup                 closed
Receive                     queued                 offered                active               new:queued             new:queued
Receive of a notice         queued                 offered                active               same                   same
Receive of one from aside   queued                 offered                active               same                   same
Receive when blocked        queued                 offered                active               new:closed             new:closed
Receive of an afterword     queued                 offered                active               wrapup                 closed
Receive after an afterword  queued                 offered                active               wrapup                 closed
Reopen                      not_your_conversation  not_your_conversation  not_ended            wrapup                 closed
Reopen, nothing written     not_your_conversation  not_your_conversation  not_ended            nothing_to_reopen      nothing_to_reopen
Reopen again                not_your_conversation  not_your_conversation  same                 same                   same
Rename                      queued                 offered                active               aside                  aside
Rename to what he was       same                   same                   same                 same                   same
Prefer                      aside                  aside                  aside                aside                  aside
Prefer again                same                   same                   same                 same                   same
Annotate, edit              queued                 offered                active               wrapup                 closed
Annotate, reaction          aside                  aside                  aside                aside                  aside
MakeOffer to Bea            offered                not_waiting            not_waiting          not_waiting            not_waiting
MakeOffer again             same                   same                   same                 same                   same
Assign to Bea               active                 not_waiting            not_waiting          not_waiting            not_waiting
Assign again                same                   same                   same                 same                   same
AcceptOffer                 offer_declined         active                 same                 same                   same
DeclineOffer                same                   queued                 offer_accepted       offer_accepted         offer_accepted
ExpireOffer too early       same                   too_early              same                 same                   same
ExpireOffer on time         same                   queued                 same                 same                   same
RescindOffer                same                   queued                 same                 same                   same
Send                        not_your_conversation  not_your_conversation  active               conversation_ended     conversation_ended
Send again                  same                   same                   same                 same                   same
Type                        not_your_conversation  not_your_conversation  same                 conversation_ended     conversation_ended
AddNote                     not_your_conversation  not_your_conversation  aside                aside                  not_your_conversation
MarkRead                    not_your_conversation  not_your_conversation  active               same                   not_your_conversation
End                         not_your_conversation  not_your_conversation  wrapup               same                   same
SubmitWrapUp                not_your_conversation  not_your_conversation  nothing_to_wrap_up   closed                 nothing_to_wrap_up
SubmitWrapUp again          not_your_conversation  not_your_conversation  nothing_to_wrap_up   nothing_to_wrap_up     same
SubmitWrapUp too late       not_your_conversation  not_your_conversation  nothing_to_wrap_up   wrap_up_over           nothing_to_wrap_up
TimeOutWrapUp too early     same                   same                   same                 same                   same
TimeOutWrapUp               same                   same                   same                 closed                 same
TimeOutWrapUp again         same                   same                   same                 same                   same
ExtendWrapUp                not_your_conversation  not_your_conversation  nothing_to_wrap_up   wrapup                 nothing_to_wrap_up
ExtendWrapUp again          not_your_conversation  not_your_conversation  nothing_to_wrap_up   same                   nothing_to_wrap_up
ExtendWrapUp, no limit      not_your_conversation  not_your_conversation  nothing_to_wrap_up   wrap_up_unlimited      nothing_to_wrap_up
ExtendWrapUp too late       not_your_conversation  not_your_conversation  nothing_to_wrap_up   wrap_up_over           nothing_to_wrap_up
Greet                       queued                 offered                active               same                   same
Greet again                 same                   same                   same                 same                   same
Greet without a text        same                   same                   same                 same                   same
TellBusy                    queued                 same                   same                 same                   same
TurnAway                    queued                 same                   same                 same                   same
TurnAway again              same                   same                   same                 same                   same
TurnAway, open              same                   same                   same                 same                   same
TurnAway to the overflow    queued                 same                   same                 same                   same
TurnAway for good           closed                 same                   same                 same                   same
Relax                       queued                 same                   same                 same                   same
Relax too early             same                   same                   same                 same                   same
Relax again                 same                   same                   same                 same                   same
Divert                      queued                 same                   same                 same                   same
Divert again                same                   same                   same                 same                   same
Divert, queue closed        closed                 same                   same                 same                   same
Divert, no need             same                   same                   same                 same                   same
Reroute                     queued                 offered                active               same                   same
Reroute again               same                   same                   same                 same                   same
Unheard                     same                   same                   active               same                   same
Unheard, he was reached     same                   same                   same                 same                   same
WarnOfSilence too early     same                   same                   same                 same                   same
WarnOfSilence               same                   same                   active               same                   same
WarnOfSilence again         same                   same                   same                 same                   same
CloseInSilence too early    same                   same                   same                 same                   same
CloseInSilence              same                   same                   closed               same                   same
CloseInSilence again        same                   same                   same                 same                   same
SetState to idle            aside                  queued                 aside                aside                  aside
SetState to available       aside                  same                   same                 same                   same
SignIn again                aside                  aside                  aside                aside                  aside
SignOut                     aside                  queued                 has_conversations    aside                  aside
SignOut handing over        aside                  queued                 queued               aside                  aside
LoseLease                   aside                  queued                 aside                aside                  aside
HandBack                    aside                  aside                  queued               aside                  aside
RemoveAgent                 aside                  in_use                 in_use               in_use                 same
RemoveAgent for Bea         aside                  queued                 active               closed                 same
Leave                       closed                 closed                 active               same                   same
Leave again                 same                   same                   same                 same                   same
Interrupt                   closed                 closed                 active               same                   same
Interrupt again             same                   same                   same                 same                   same
Interrupt, asset back       same                   same                   same                 same                   same
AcceptOffer, asset gone     offer_declined         channel_removed        same                 same                   same
Send, asset gone            not_your_conversation  not_your_conversation  interrupted          conversation_ended     conversation_ended
HandBack, asset gone        aside                  aside                  closed               aside                  aside
HandBack, customer left     aside                  aside                  closed               aside                  aside
SignOut, asset gone         aside                  queued                 closed               aside                  aside
Inherit                     queued                 offered                active               wrapup                 same
Inherit again               same                   same                   same                 same                   same
EditContact                 queued                 offered                active               wrapup                 aside
EditContact again           same                   same                   same                 same                   same
EditContact, out of date    profile_changed        profile_changed        profile_changed      profile_changed        profile_changed
AddContactNote              aside                  aside                  aside                aside                  aside
BlockContact                closed                 closed                 active               aside                  aside
BlockContact again          same                   same                   same                 same                   same
BlockContact by Bea         not_your_contact       not_your_contact       not_your_contact     not_your_contact       not_your_contact
UnblockContact              aside                  aside                  active               aside                  aside
UnblockContact again        same                   same                   same                 same                   same
SetExclusive                queued                 offered                active               aside                  aside
SetExclusive again          same                   same                   same                 same                   same
SetExclusive by Bea         not_your_contact       not_your_contact       not_your_contact     not_your_contact       not_your_contact
DropExclusive               queued                 offered                active               aside                  aside
DropExclusive again         same                   same                   same                 same                   same
DropExclusive by Bea        not_your_contact       not_your_contact       not_your_contact     not_your_contact       not_your_contact
Overflow                    queued                 same                   same                 same                   same
Overflow too early          same                   same                   same                 same                   same
Overflow again              same                   same                   same                 same                   same
SetData                     not_your_conversation  not_your_conversation  active               wrapup                 not_your_conversation
SetData by a supervisor     queued                 offered                active               wrapup                 conversation_closed
TransferToQueue             not_your_conversation  not_your_conversation  queued               conversation_ended     conversation_ended
TransferToQueue again       not_your_conversation  not_your_conversation  same                 conversation_ended     conversation_ended
TransferToQueue, asset gone not_your_conversation  not_your_conversation  channel_removed      conversation_ended     conversation_ended
TransferToQueue by Bea      not_your_conversation  not_your_conversation  not_your_conversation not_your_conversation not_your_conversation
TransferToAgent             not_your_conversation  not_your_conversation  offered              conversation_ended     conversation_ended
TransferToAgent again       not_your_conversation  not_your_conversation  same                 conversation_ended     conversation_ended
TransferToAgent, asset gone not_your_conversation  not_your_conversation  channel_removed      conversation_ended     conversation_ended
SetData again               not_your_conversation  not_your_conversation  same                 same                   not_your_conversation
RequestConference           not_your_conversation  not_your_conversation  active               conversation_ended     conversation_ended
RequestConference, queue    not_your_conversation  not_your_conversation  active               conversation_ended     conversation_ended
CancelConference            not_your_conversation  not_your_conversation  no_request           conversation_ended     conversation_ended
EndRequest                  same                   same                   same                 same                   same
DropRequest                 same                   same                   same                 same                   same
ExitConference              not_your_conversation  not_your_conversation  guest_only           guest_only             guest_only
RemoveGuest                 not_your_conversation  not_your_conversation  no_guest             conversation_ended     conversation_ended
HandOver                    not_your_conversation  not_your_conversation  no_guest             conversation_ended     conversation_ended
Begin                       conversation_open      conversation_open      conversation_open    wrapup                 closed
Begin again                 same                   same                   same                 same                   same
Send, late                  not_your_conversation  not_your_conversation  window_closed        conversation_ended     conversation_ended
Send of a template, late    not_your_conversation  not_your_conversation  active               conversation_ended     conversation_ended
TakeOver                    active                 active                 active               conversation_ended     conversation_ended
TakeOver again              same                   same                   same                 conversation_ended     conversation_ended
TakeOver by Sam             not_your_queue         not_your_queue         not_your_queue       not_your_queue         not_your_queue
TakeOver, offline           agent_offline          agent_offline          agent_offline        conversation_ended     conversation_ended
TakeOver, no room           agent_full             agent_full             agent_full           conversation_ended     conversation_ended
TakeOver, asset gone        active                 active                 channel_removed      conversation_ended     conversation_ended
Reassign                    active                 active                 active               conversation_ended     conversation_ended
Reassign again              same                   same                   same                 conversation_ended     conversation_ended
Reassign by Sam             not_your_queue         not_your_queue         not_your_queue       not_your_queue         not_your_queue
Reassign to an idle         target_unavailable     target_unavailable     target_unavailable   conversation_ended     conversation_ended
Reassign to Ana             target_unavailable     active                 target_has_it        conversation_ended     conversation_ended
Reassign, asset gone        active                 active                 channel_removed      conversation_ended     conversation_ended
Requeue                     queued                 queued                 queued               conversation_ended     conversation_ended
Requeue again               same                   same                   same                 conversation_ended     conversation_ended
Requeue by Sam              not_your_queue         not_your_queue         not_your_queue       not_your_queue         not_your_queue
Requeue, asset gone         queued                 queued                 channel_removed      conversation_ended     conversation_ended
Prioritise                  queued                 offered                not_waiting          conversation_ended     conversation_ended
Prioritise again            same                   same                   not_waiting          conversation_ended     conversation_ended
Prioritise to what it has   queued                 offered                not_waiting          conversation_ended     conversation_ended
Prioritise by Sam           not_your_queue         not_your_queue         not_your_queue       not_your_queue         not_your_queue
EndBySupervisor             closed                 closed                 wrapup               conversation_ended     conversation_ended
EndBySupervisor again       same                   same                   same                 conversation_ended     conversation_ended
EndBySupervisor by Sam      not_your_queue         not_your_queue         not_your_queue       not_your_queue         not_your_queue
EndBySupervisor, gone       closed                 closed                 wrapup               conversation_ended     conversation_ended
SetStateOf, idle            aside                  queued                 aside                aside                  aside
SetStateOf, offline         aside                  queued                 has_conversations    aside                  aside
SetStateOf, hand over       aside                  queued                 queued               aside                  aside
SetStateOf by Sam           not_your_team          not_your_team          not_your_team        not_your_team          not_your_team
`

func TestInteractionStates(t *testing.T) {
	ten, eleven := after(time.Hour), after(2*time.Hour)
	bea := Agent{Head: stored("bea", 1), Capacity: 1, Serves: []string{sales}, State: AgentAvailable}.Settle()
	arrives := func(with func(in *Arrival, k *Known)) func(s scene) (Change, error) {
		return func(s scene) (Change, error) {
			in, k := hola(), acquaintance(s.talk)
			in.ID = "wamid.2"
			with(&in, &k)
			return Receive(in, k, ids, ten)
		}
	}
	remarks := func(kind RemarkKind) func(s scene) (Change, error) {
		return func(s scene) (Change, error) {
			m := Message{Head: stored("m", 1), Interaction: "talk", Direction: Inbound, ProviderID: "wamid.1", Text: "hola"}
			return Annotate(Remark{Kind: kind, About: "wamid.1", At: nine, Text: "😀"}, "whatsapp:111", m, s.talk, ten)
		}
	}
	order := []Datum{{ID: "order", Value: "7"}}
	scenes := map[string]scene{
		"queued":  hourOld(t).then(DeclineOffer),
		"offered": hourOld(t),
		"active":  hourOld(t).then(AcceptOffer),
		"wrapup":  hourOld(t).then(AcceptOffer).ends(),
		"closed":  hourOld(t).then(AcceptOffer).ends().wrapsUp(),
	}
	moves := map[string]func(s scene) (Change, error){
		"Receive":                   arrives(func(*Arrival, *Known) {}),
		"Receive of a notice":       arrives(func(in *Arrival, _ *Known) { in.Kind = SystemMessage }),
		"Receive of one from aside": arrives(func(in *Arrival, _ *Known) { in.Elsewhere = true }),
		"Receive when blocked":      arrives(func(_ *Arrival, k *Known) { k.Contact.Blocked.At = nine }),
		"Rename": func(s scene) (Change, error) {
			k := acquaintance(s.talk)
			k.Identities = append(k.Identities, Identity{Head: Head{ID: "identity-user"}})
			return Rename(Renaming{Channel: WhatsApp, Customer: Customer{Addresses: []Address{phone, userID}}}, k, ten)
		},
		"Rename to what he was": func(s scene) (Change, error) {
			return Rename(Renaming{Channel: WhatsApp, Customer: lea}, acquaintance(s.talk), ten)
		},
		"Prefer": func(s scene) (Change, error) {
			return Prefer(Preference{Channel: WhatsApp, Customer: lea, At: nine}, acquaintance(s.talk), "", ten)
		},
		"Prefer again": func(s scene) (Change, error) {
			k := acquaintance(s.talk)
			k.Contact.OptedOut, k.Contact.OptedAt = nine, nine
			return Prefer(Preference{Channel: WhatsApp, Customer: lea, At: nine}, k, "", ten)
		},
		"Annotate, edit":     remarks(RemarkEdit),
		"Annotate, reaction": remarks(RemarkReaction),
		"MakeOffer to Bea": func(s scene) (Change, error) {
			return MakeOffer(Offer{Head: Head{ID: "offer-2"}, Deadline: ten.Add(time.Minute)}, Pair{Agent: bea, Interaction: s.talk}, ten)
		},
		"MakeOffer again": func(s scene) (Change, error) {
			return MakeOffer(s.offer, Pair{Agent: s.agent, Interaction: s.talk}, ten)
		},
		"Assign to Bea": func(s scene) (Change, error) {
			return Assign(Offer{Head: Head{ID: "offer-2"}, Deadline: ten.Add(time.Minute)}, Pair{Agent: bea, Interaction: s.talk}, ten)
		},
		"Assign again": func(s scene) (Change, error) {
			return Assign(s.offer, Pair{Agent: s.agent, Interaction: s.talk}, ten)
		},
		"AcceptOffer":           func(s scene) (Change, error) { return AcceptOffer(s.asked(), "ana", ten) },
		"DeclineOffer":          func(s scene) (Change, error) { return DeclineOffer(s.asked(), "ana", ten) },
		"ExpireOffer too early": func(s scene) (Change, error) { return ExpireOffer(s.asked(), ten) },
		"ExpireOffer on time":   func(s scene) (Change, error) { return ExpireOffer(s.asked(), eleven) },
		"RescindOffer":          func(s scene) (Change, error) { return RescindOffer(s.asked(), ten) },
		"Send":                  func(s scene) (Change, error) { return Send(draft(), s.talk, s.agent, Reply{Text: "hola"}, ten) },
		"Send again": func(s scene) (Change, error) {
			return Send(Message{Head: stored("m", 1), Text: "hola", State: MessageSent}, s.talk, s.agent, Reply{Text: "hola"}, ten)
		},
		"Type": func(s scene) (Change, error) { return Type(s.talk, "ana", ten) },
		"AddNote": func(s scene) (Change, error) {
			return AddNote(Note{Head: Head{ID: "n"}}, s.talk, s.agent, "call back", ten)
		},
		"MarkRead": func(s scene) (Change, error) { return MarkRead(s.talk, "ana", 0) },
		"End":      func(s scene) (Change, error) { return End(quiet(s.talk), "ana", "end", ten) },
		"SubmitWrapUp": func(s scene) (Change, error) {
			return SubmitWrapUp(s.talk, s.agent, Choice{Reason: "sold"}, sold(), ten)
		},
		"SubmitWrapUp again": func(s scene) (Change, error) {
			if s.talk.State == InteractionWrapUp {
				s = s.wrapsUp()
				return SubmitWrapUp(s.talk, s.agent, Choice{Reason: "sold", Key: "another"}, sold(), ten)
			}
			return SubmitWrapUp(s.talk, s.agent, Choice{Reason: "sold", Key: "wrap"}, sold(), ten)
		},
		"SubmitWrapUp too late": func(s scene) (Change, error) {
			s = s.untilTen().by(scene.timesOut)
			return SubmitWrapUp(s.talk, s.agent, Choice{Reason: "sold"}, sold(), eleven)
		},
		"TimeOutWrapUp too early": func(s scene) (Change, error) {
			return TimeOutWrapUp(s.untilTen().talk, s.agent, sold(), ten.Add(-tick))
		},
		"TimeOutWrapUp":          func(s scene) (Change, error) { return s.untilTen().timesOut() },
		"TimeOutWrapUp again":    func(s scene) (Change, error) { return s.untilTen().by(scene.timesOut).timesOut() },
		"ExtendWrapUp":           func(s scene) (Change, error) { return s.untilTen().extends() },
		"ExtendWrapUp again":     func(s scene) (Change, error) { return s.untilTen().twice(scene.extends) },
		"ExtendWrapUp, no limit": func(s scene) (Change, error) { return s.extends() },
		"ExtendWrapUp too late": func(s scene) (Change, error) {
			s = s.untilTen().by(scene.timesOut)
			return s.extends()
		},
		"Greet":                func(s scene) (Change, error) { return s.greeted() },
		"Greet again":          func(s scene) (Change, error) { return s.by(scene.greeted).greeted() },
		"Greet without a text": func(s scene) (Change, error) { return Greet(s.talk, Queue{Head: stored("sales", 1)}, ten) },
		"TellBusy":             func(s scene) (Change, error) { return TellBusy(s.talk, chatty(), ten) },
		"Unheard":              func(s scene) (Change, error) { return Unheard(s.hushed().talk, nil, after(31*time.Minute)) },
		"Unheard, he was reached": func(s scene) (Change, error) {
			return Unheard(s.hushed().talk, []Message{ours(MessageDelivered, after(11*time.Minute))}, after(31*time.Minute))
		},
		"WarnOfSilence too early": func(s scene) (Change, error) {
			return WarnOfSilence(s.hushed().talk, Queue{}, after(31*time.Minute-tick))
		},
		"WarnOfSilence":       func(s scene) (Change, error) { return s.hushed().warns() },
		"WarnOfSilence again": func(s scene) (Change, error) { return s.hushed().by(scene.warns).warns() },
		"CloseInSilence too early": func(s scene) (Change, error) {
			s = s.hushed().by(scene.warns)
			return CloseInSilence(s.attended(), []Agent{s.agent}, sold(), after(41*time.Minute-tick))
		},
		"CloseInSilence":       func(s scene) (Change, error) { return s.hushed().by(scene.warns).falls() },
		"CloseInSilence again": func(s scene) (Change, error) { return s.hushed().by(scene.warns).by(scene.falls).falls() },
		"SetState to idle": func(s scene) (Change, error) {
			return SetState(s.present(), StateWish{State: AgentIdle, Reason: "lunch"}, ten)
		},
		"SetState to available": func(s scene) (Change, error) {
			return SetState(s.present(), StateWish{State: AgentAvailable}, ten)
		},
		"SignIn again":         func(s scene) (Change, error) { return SignIn(s.present(), "desk-1", AgentAvailable, "", ten) },
		"SignOut":              func(s scene) (Change, error) { return SignOut(s.present(), "desk-1", s.live(), false, ten) },
		"SignOut handing over": func(s scene) (Change, error) { return SignOut(s.present(), "desk-1", s.live(), true, ten) },
		"RemoveAgent":          func(s scene) (Change, error) { return RemoveAgent(s.present(), s.held(), Agent{}, "ada", ten) },
		"RemoveAgent for Bea": func(s scene) (Change, error) {
			return RemoveAgent(s.present(), s.held(), bea, "ada", ten)
		},
		"LoseLease": func(s scene) (Change, error) { return LoseLease(s.present(), ten) },
		"HandBack": func(s scene) (Change, error) {
			s.agent.State, s.agent.DueAt = AgentOffline, ten
			return HandBack(s.agent, s.live(), ten)
		},
		"Leave":                 func(s scene) (Change, error) { return Leave(s.attended(), ten) },
		"Leave again":           func(s scene) (Change, error) { return Leave(s.left().attended(), eleven) },
		"Interrupt":             func(s scene) (Change, error) { return Interrupt(s.attended(), removed(), ten) },
		"Interrupt again":       func(s scene) (Change, error) { return Interrupt(s.interrupted().attended(), removed(), eleven) },
		"Interrupt, asset back": func(s scene) (Change, error) { return Interrupt(s.attended(), number(), ten) },
		"AcceptOffer, asset gone": func(s scene) (Change, error) {
			return AcceptOffer(asked(s.offer, s.agent, s.talk.On(removed())), "ana", ten)
		},
		"Send, asset gone": func(s scene) (Change, error) {
			return Send(draft(), s.talk.On(removed()), s.agent, Reply{Text: "hola"}, ten)
		},
		"HandBack, asset gone":    func(s scene) (Change, error) { return s.interruptedIfActive().handsBack(ten) },
		"HandBack, customer left": func(s scene) (Change, error) { return s.leftIfActive().handsBack(ten) },
		"SignOut, asset gone": func(s scene) (Change, error) {
			s = s.interruptedIfActive()
			return SignOut(s.present(), "desk-1", s.live(), true, ten)
		},
		"Inherit": func(s scene) (Change, error) { return Inherit(s.talk, closedSales(), support(), ten) },
		"Inherit again": func(s scene) (Change, error) {
			s = s.by(func(s scene) (Change, error) { return Inherit(s.talk, closedSales(), support(), ten) })
			return Inherit(s.talk, closedSales(), support(), eleven)
		},
		"EditContact":              func(s scene) (Change, error) { return s.named(leaContact(), "Lea M.", Profile{}.Tag()) },
		"EditContact again":        func(s scene) (Change, error) { return s.named(s.renamed(), "Lea M.", Profile{}.Tag()) },
		"EditContact, out of date": func(s scene) (Change, error) { return s.named(leaContact(), "Lea M.", "another") },
		"AddContactNote": func(s scene) (Change, error) {
			return AddContactNote(Note{Head: Head{ID: "n"}}, leaContact(), s.talk, s.agent, "call back", ten)
		},
		"BlockContact": func(s scene) (Change, error) { return s.blocks(leaContact(), sam()) },
		"BlockContact again": func(s scene) (Change, error) {
			c, s := s.blocked()
			return s.blocks(c, sam())
		},
		"BlockContact by Bea":  func(s scene) (Change, error) { return s.blocks(leaContact(), bea) },
		"UnblockContact":       func(s scene) (Change, error) { return s.unblocks() },
		"UnblockContact again": func(s scene) (Change, error) { return UnblockContact(leaContact(), s.met(), sam(), nil, ten) },
		"SetData":              func(s scene) (Change, error) { return SetData(s.talk, counter(), s.agent, order, ten) },
		"SetData by a supervisor": func(s scene) (Change, error) {
			return SetData(s.talk, counter(), olga(), order, ten)
		},
		"TransferToQueue":       func(s scene) (Change, error) { return s.toSupport("ana") },
		"TransferToQueue again": func(s scene) (Change, error) { return s.twice(scene.toSupportByAna) },
		"TransferToQueue, asset gone": func(s scene) (Change, error) {
			return s.interruptedIfActive().toSupport("ana")
		},
		"TransferToQueue by Bea":      func(s scene) (Change, error) { return s.toSupport("bea") },
		"TransferToAgent":             func(s scene) (Change, error) { return s.toBea() },
		"TransferToAgent again":       func(s scene) (Change, error) { return s.twice(scene.toBea) },
		"TransferToAgent, asset gone": func(s scene) (Change, error) { return s.interruptedIfActive().toBea() },
		"RequestConference":           func(s scene) (Change, error) { return RequestConference(s.talk, "ana", invites(bea), ten) },
		"RequestConference, queue":    func(s scene) (Change, error) { return RequestConference(s.talk, "ana", invitesSales(), ten) },
		"CancelConference":            func(s scene) (Change, error) { return CancelConference(s.attended(), "ana", "cancel", ten) },
		"EndRequest":                  func(s scene) (Change, error) { return EndRequest(s.talk, eleven) },
		"DropRequest":                 func(s scene) (Change, error) { return DropRequest(s.attended(), closedSales(), ten) },
		"ExitConference":              func(s scene) (Change, error) { return ExitConference(s.talk, "ana", "exit", ten) },
		"RemoveGuest":                 func(s scene) (Change, error) { return RemoveGuest(s.talk, "ana", "remove", ten) },
		"HandOver":                    func(s scene) (Change, error) { return HandOver(s.talk, "ana", "hand over", ten) },
		"SetData again": func(s scene) (Change, error) {
			s.talk.Data = order
			return SetData(s.talk, counter(), s.agent, order, ten)
		},
	}
	maps.Copy(moves, exclusiveMoves(bea, ten))
	maps.Copy(moves, afterwordMoves(ten))
	maps.Copy(moves, startMoves(ten))
	maps.Copy(moves, queueingMoves(ten))
	maps.Copy(moves, supervisorsMoves())
	check(t, interactionTable, moves, scenes, func(s scene) Record { return &s.talk })
}
