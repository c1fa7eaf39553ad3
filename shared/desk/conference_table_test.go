package desk

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

// invites asks the agent to join, with an offer that rings until eleven; invitesSales asks the queue, until twelve.
func invites(a Agent) Invitation {
	return Invitation{Agent: a, Offer: Offer{Head: Head{ID: "offer-2"}, Deadline: after(2 * time.Hour)}, Asset: number(), Key: "ask"}
}

func invitesSales() Invitation {
	q := Queue{Head: stored("sales", 1), Name: "Sales"}
	return Invitation{Queue: q, Home: q, Until: after(3 * time.Hour), Asset: number(), Note: "she wants a discount", Key: "ask"}
}

// pair is Ana's conversation with Lea, which Bea is asked to join or has joined, and the offer that rang at Bea.
type pair struct {
	t        testing.TB
	talk     Interaction
	ana, bea Agent
	offer    Offer
}

func (p pair) by(move func(pair) (Change, error)) pair {
	p.t.Helper()
	ch, err := move(p)
	require.NoError(p.t, err)
	for _, r := range saved(ch).Save {
		switch r := r.(type) {
		case *Offer:
			p.offer = *r
		case *Agent:
			if r.ID == "bea" {
				p.bea = *r
			} else {
				p.ana = *r
			}
		case *Interaction:
			p.talk = *r
		}
	}
	return p
}

// attended is what the store reads with the conversation.
func (p pair) attended() Attended {
	x := quiet(p.talk)
	if p.talk.Rings() != "" {
		x.Offer, x.Agent = p.offer, p.bea
	}
	return x
}

// asked is what the store reads for an answer to Bea's offer.
func (p pair) asked() Attended { return asked(p.offer, p.bea, p.talk) }

func (p pair) live(a Agent) []Attended {
	if !p.talk.Sits(a.ID) {
		return nil
	}
	return []Attended{p.attended()}
}

func (p pair) held(a Agent) []Attended {
	if !slices.Contains(p.talk.Agents, a.ID) {
		return nil
	}
	return []Attended{p.attended()}
}

func (p pair) present(a Agent) Present {
	at := present(a)
	if a.Offer != "" {
		at.Offer, at.Ringing = p.offer, p.talk
	}
	return at
}

// alone is Ana's conversation since nine; the others are what it can come to from ten on: Bea asked by name, the queue asked while
// nobody is free, the queue asked and Bea rung, and Bea joined.
func alone(t testing.TB) pair {
	a, i := talking(t)
	return pair{t: t, talk: i, ana: a, bea: bea()}
}

func (p pair) asksBea() pair {
	return p.by(func(p pair) (Change, error) {
		return RequestConference(p.talk, "ana", invites(p.bea), after(time.Hour))
	})
}

func (p pair) asksSales() pair {
	return p.by(func(p pair) (Change, error) {
		return RequestConference(p.talk, "ana", invitesSales(), after(time.Hour))
	})
}

func (p pair) rings() pair {
	return p.by(func(p pair) (Change, error) {
		o := Offer{Head: Head{ID: "offer-2"}, Deadline: after(2 * time.Hour)}
		return MakeOffer(o, Pair{Agent: p.bea, Interaction: p.talk, Why: WhyLongestAvailable}, after(time.Hour))
	})
}

func (p pair) joins() pair {
	return p.by(func(p pair) (Change, error) { return AcceptOffer(p.asked(), "bea", after(time.Hour)) })
}

// shown is how the conversation stands after a move: its second seat while it is active, with who owns it when that is not Ana.
func shown(ch Change, err error) string {
	if err != nil {
		return fault.Of(err).Code
	}
	if len(ch.Save) == 0 {
		return "same"
	}
	out := "aside"
	for _, r := range ch.Save {
		i, ok := r.(*Interaction)
		if !ok {
			continue
		}
		switch s := i.Second; {
		case i.State != InteractionActive:
			return string(i.State)
		case s.State == SecondJoined:
			out = "joined"
		case s.State == "":
			out = "none"
		case s.Queue == "":
			out = "asked"
		case s.Offer == "":
			out = "waiting"
		default:
			out = "ringing"
		}
		if i.Owner != "ana" {
			out += ":" + i.Owner
		}
	}
	return out
}

// It is ten. The moves are Ana's, or Bea's where her name stands; Cleo is free and has no part in it.
const secondTable = `
move                        none           asked           waiting         ringing         joined
RequestConference, Cleo     asked          request_pending request_pending request_pending in_conference
RequestConference, again    asked          same            request_pending same            key_reused
RequestConference, queue    waiting        request_pending same            same            in_conference
RequestConference by Bea    not_your_conversation not_your_conversation not_your_conversation not_your_conversation owner_only
CancelConference            no_request     none            none            none            in_conference
CancelConference by Bea     not_your_conversation not_your_conversation not_your_conversation not_your_conversation owner_only
EndRequest too early        same           same            too_early       same            same
EndRequest on time          same           same            none            same            same
DropRequest                 same           same            none            none            same
DropRequest, queue is there same           same            same            same            same
MakeOffer to Bea            not_waiting    not_waiting     ringing         not_waiting     not_waiting
MakeOffer to Ana            not_waiting    not_waiting     agent_busy      not_waiting     not_waiting
Assign to Bea               not_waiting    not_waiting     joined          not_waiting     not_waiting
Assign to Ana               not_waiting    not_waiting     agent_busy      not_waiting     not_waiting
AcceptOffer by Bea          not_your_offer joined          not_your_offer  joined          same
DeclineOffer by Bea         not_your_offer none            not_your_offer  waiting         offer_accepted
ExpireOffer                 same           none            same            waiting         same
ExpireOffer, wait over      same           none            same            none            same
RescindOffer                same           none            same            waiting         same
SetState to idle by Bea     aside          none            aside           waiting         aside
LoseLease by Bea            aside          none            aside           waiting         aside
SignOut by Bea              aside          none            aside           waiting         has_conversations
SignOut by Bea, leaving     aside          none            aside           waiting         none
HandBack of Bea             aside          aside           aside           aside           none
RemoveAgent Bea             same           none            same            waiting         none
RemoveAgent Ana for Cleo    none:cleo      none:cleo       none:cleo       none:cleo       none:bea
RemoveAgent Ana for Bea     none:bea       none:bea        none:bea        none:bea        none:bea
SignOut                     has_conversations has_conversations has_conversations has_conversations has_conversations
SignOut handing over        queued         queued          queued          queued          none:bea
LoseLease                   aside          aside           aside           aside           aside
HandBack                    queued         queued          queued          queued          none:bea
HandBack, customer left     closed         closed          closed          closed          none:bea
SignIn again                aside          aside           aside           aside           aside
ExitConference              guest_only     guest_only      guest_only      guest_only      guest_only
ExitConference by Bea       not_your_conversation not_your_conversation not_your_conversation not_your_conversation none
RemoveGuest                 no_guest       no_guest        no_guest        no_guest        none
RemoveGuest by Bea          not_your_conversation not_your_conversation not_your_conversation not_your_conversation owner_only
HandOver                    no_guest       no_guest        no_guest        no_guest        joined:bea
HandOver by Bea             not_your_conversation not_your_conversation not_your_conversation not_your_conversation owner_only
End                         wrapup         wrapup          wrapup          wrapup          wrapup
End by Bea                  not_your_conversation not_your_conversation not_your_conversation not_your_conversation owner_only
SubmitWrapUp                nothing_to_wrap_up nothing_to_wrap_up nothing_to_wrap_up nothing_to_wrap_up nothing_to_wrap_up
ExtendWrapUp                nothing_to_wrap_up nothing_to_wrap_up nothing_to_wrap_up nothing_to_wrap_up nothing_to_wrap_up
TimeOutWrapUp               same           same            same            same            same
WarnOfSilence               none           asked           waiting         ringing         joined
Unheard                     none           asked           waiting         ringing         joined
Greet                       none           asked           waiting         ringing         same
TellBusy                    same           same            same            same            same
TurnAway                    same           same            same            same            same
Relax                       same           same            same            same            same
Divert                      same           same            same            same            same
Reroute                     none           asked           waiting         ringing         joined
CloseInSilence              closed         closed          closed          closed          closed
TransferToQueue             queued         request_pending request_pending request_pending in_conference
TransferToAgent             offered        request_pending request_pending request_pending in_conference
TransferToQueue by Bea      not_your_conversation not_your_conversation not_your_conversation not_your_conversation owner_only
Send                        none           asked           waiting         ringing         joined
Send by Bea                 not_your_conversation not_your_conversation not_your_conversation not_your_conversation joined
Type                        same           same            same            same            same
Type by Bea                 not_your_conversation not_your_conversation not_your_conversation not_your_conversation same
MarkRead                    none           asked           waiting         ringing         joined
MarkRead by Bea             not_your_conversation not_your_conversation not_your_conversation not_your_conversation same
AddNote by Bea              not_your_conversation not_your_conversation not_your_conversation not_your_conversation aside
AddContactNote by Bea       aside          aside           aside           aside           aside
SetData by Bea              not_your_conversation not_your_conversation not_your_conversation not_your_conversation joined
Receive                     none           asked           waiting         ringing         joined
Rename                      none           asked           waiting         ringing         joined
Prefer                      aside          aside           aside           aside           aside
Annotate                    none           asked           waiting         ringing         joined
EditContact                 none           asked           waiting         ringing         joined
Leave                       none           none            none            none            joined
Interrupt                   none           none            none            none            joined
BlockContact                none           none            none            none            joined
UnblockContact              none           none            none            none            joined
SetExclusive                none           asked           waiting         ringing         joined
DropExclusive               none           asked           waiting         ringing         joined
Overflow                    same           same            same            same            same
Inherit                     none           asked           waiting         ringing         joined
TakeOver                    none:olga      none:olga       none:olga       none:olga       joined:olga
TakeOver by Bea             none:bea       none:bea        none:bea        none:bea        none:bea
Reassign to Cleo            none:cleo      none:cleo       none:cleo       none:cleo       joined:cleo
Reassign to Bea             none:bea       none:bea        none:bea        none:bea        none:bea
Reassign to Ana             target_has_it  target_has_it   target_has_it   target_has_it   target_has_it
Requeue                     queued         queued          queued          queued          queued
Prioritise                  not_waiting    not_waiting     not_waiting     not_waiting     not_waiting
EndBySupervisor             wrapup         wrapup          wrapup          wrapup          wrapup
SetStateOf, Ana idle        aside          aside           aside           aside           aside
SetStateOf, Ana off         queued         queued          queued          queued          none:bea
SetStateOf, Bea idle        aside          none            aside           waiting         aside
SetStateOf, Bea off         aside          none            aside           waiting         none
`

func TestSecondSeats(t *testing.T) {
	scenes := map[string]pair{
		"none": alone(t), "asked": alone(t).asksBea(), "waiting": alone(t).asksSales(), "ringing": alone(t).asksSales().rings(),
		"joined": alone(t).asksBea().joins(),
	}
	states, rows := parse(t, secondTable)
	require.ElementsMatch(t, states, slices.Collect(maps.Keys(scenes)))
	moves := secondMoves()
	require.ElementsMatch(t, slices.Collect(maps.Keys(rows)), slices.Collect(maps.Keys(moves)), "every move has its row")
	for move, cells := range rows {
		for n, state := range states {
			t.Run(move+" when "+state, func(t *testing.T) {
				p := scenes[state]
				p.t = t
				p.talk, p.ana, p.bea, p.offer = lent(t, p.talk), lent(t, p.ana), lent(t, p.bea), lent(t, p.offer)
				ch, err := moves[move](p)
				assert.Equal(t, cells[n], shown(ch, err))
			})
		}
	}
}

// secondMoves are the moves of secondTable.
func secondMoves() map[string]func(p pair) (Change, error) {
	all := map[string]func(p pair) (Change, error){}
	for _, some := range []map[string]func(p pair) (Change, error){conferenceMoves(), absenceMoves(), talkMoves(), customerMoves(), supervisorsSecond()} {
		maps.Copy(all, some)
	}
	return all
}

func cleo() Agent {
	return Agent{Head: stored("cleo", 1), Name: "Cleo", Capacity: 1, Serves: []string{sales}, State: AgentAvailable}.Settle()
}

func conferenceMoves() map[string]func(p pair) (Change, error) {
	ten, eleven, twelve := after(time.Hour), after(2*time.Hour), after(3*time.Hour)
	makes := func(rule func(Offer, Pair, time.Time) (Change, error), a func(p pair) Agent) func(p pair) (Change, error) {
		return func(p pair) (Change, error) {
			o := Offer{Head: Head{ID: "offer-3"}, Deadline: eleven}
			return rule(o, Pair{Agent: a(p), Interaction: p.talk}, ten)
		}
	}
	asks := func(by string, v Invitation) func(p pair) (Change, error) {
		return func(p pair) (Change, error) { return RequestConference(p.talk, by, v, ten) }
	}
	keyed := func(v Invitation, key string) Invitation {
		v.Key = key
		return v
	}
	return map[string]func(p pair) (Change, error){
		"RequestConference, Cleo": asks("ana", func() Invitation {
			v := keyed(invites(cleo()), "another")
			v.Offer.ID = "offer-3"
			return v
		}()),
		"RequestConference, again": func(p pair) (Change, error) {
			if p.talk.Guest() != "" {
				return RequestConference(p.talk, "ana", invitesSales(), ten)
			}
			return RequestConference(p.talk, "ana", keyed(invites(bea()), "another"), ten)
		},
		"RequestConference, queue": asks("ana", keyed(invitesSales(), "another")),
		"RequestConference by Bea": asks("bea", keyed(invitesSales(), "another")),
		"CancelConference":         func(p pair) (Change, error) { return CancelConference(p.attended(), "ana", "cancel", ten) },
		"CancelConference by Bea":  func(p pair) (Change, error) { return CancelConference(p.attended(), "bea", "cancel", ten) },
		"EndRequest too early":     func(p pair) (Change, error) { return EndRequest(p.talk, twelve.Add(-tick)) },
		"EndRequest on time":       func(p pair) (Change, error) { return EndRequest(p.talk, twelve) },
		"DropRequest":              func(p pair) (Change, error) { return DropRequest(p.attended(), closedSales(), ten) },
		"DropRequest, queue is there": func(p pair) (Change, error) {
			return DropRequest(p.attended(), Queue{Head: stored("sales", 1)}, ten)
		},
		"MakeOffer to Bea":       makes(MakeOffer, func(p pair) Agent { return p.bea }),
		"MakeOffer to Ana":       makes(MakeOffer, func(p pair) Agent { return p.ana }),
		"Assign to Bea":          makes(Assign, func(p pair) Agent { return p.bea }),
		"Assign to Ana":          makes(Assign, func(p pair) Agent { return p.ana }),
		"AcceptOffer by Bea":     func(p pair) (Change, error) { return AcceptOffer(p.asked(), "bea", ten) },
		"DeclineOffer by Bea":    func(p pair) (Change, error) { return DeclineOffer(p.asked(), "bea", ten) },
		"ExpireOffer":            func(p pair) (Change, error) { return ExpireOffer(p.asked(), eleven) },
		"ExpireOffer, wait over": func(p pair) (Change, error) { return ExpireOffer(p.asked(), twelve) },
		"RescindOffer":           func(p pair) (Change, error) { return RescindOffer(p.asked(), ten) },
		"ExitConference":         func(p pair) (Change, error) { return ExitConference(p.talk, "ana", "exit", ten) },
		"ExitConference by Bea":  func(p pair) (Change, error) { return ExitConference(p.talk, "bea", "exit", ten) },
		"RemoveGuest":            func(p pair) (Change, error) { return RemoveGuest(p.talk, "ana", "remove", ten) },
		"RemoveGuest by Bea":     func(p pair) (Change, error) { return RemoveGuest(p.talk, "bea", "remove", ten) },
		"HandOver":               func(p pair) (Change, error) { return HandOver(p.talk, "ana", "hand over", ten) },
		"HandOver by Bea":        func(p pair) (Change, error) { return HandOver(p.talk, "bea", "hand over", ten) },
	}
}
