package desk

import (
	"testing"
	"time"
)

// The message was claimed by "d1" at nine and came into its state after that; a refused one may be tried from half past.
const messageTable = `
move                        pending    sending     unknown    sent       failed     delivered  read
Send again                  same       same        same       same       same       same       same
Send another text           id_reused  id_reused   id_reused  id_reused  id_reused  id_reused  id_reused
ClaimSend again             too_early  same        same       same       same       same       same
ClaimSend by another        too_early  being_sent  same       same       same       same       same
ClaimSend after half past   sending    unknown     same       same       same       same       same
SettleSend taken            sent       sent        sent       same       failed     delivered  read
SettleSend unknown          unknown    unknown     same       same       same       same       same
SettleSend retry            same       pending     failed     same       same       same       same
SettleSend late retry       same       same        same       same       same       same       same
SettleSend refused          failed     failed      failed     failed     same       same       same
ApplyStatus sent            sent       sent        sent       same       failed     delivered  read
ApplyStatus delivered       delivered  delivered   delivered  delivered  delivered  same       read
ApplyStatus read            read       read        read       read       read       read       same
ApplyStatus failed          failed     failed      failed     failed     same       same       same
ApplyStatus hidden read     sent       sent        sent       same       failed     delivered  read
ApplyWatermark              same       aside       same       read       same       read       same
ApplyWatermark hidden       same       same        same       same       same       same       same
ApplyMarks                  aside      aside       aside      read       aside      read       aside
Unheard                     aside      aside       aside      same       aside      same       same
DiscardParked               same       same        same       same       same       same       same
Meet                        delivered  delivered   delivered  delivered  delivered  same       read
Annotate, reaction          pending    sending     unknown    sent       failed     delivered  read
Annotate, edit              same       same        same       same       same       same       same
`

func TestMessageStates(t *testing.T) {
	at := after(time.Second)
	scenes := map[string]scene{}
	for _, s := range []MessageState{
		MessagePending, MessageSending, MessageUnknown, MessageSent, MessageFailed, MessageDelivered, MessageRead,
	} {
		m := inState(s)
		m.Interaction, m.Text = "talk", "hola"
		switch s {
		case MessagePending:
			m.DueAt = after(30 * time.Minute)
		case MessageSent:
			m.SentAt, m.ProviderID = nine, "wamid.out"
		case MessageDelivered: // learned before its being sent was
			m.DeliveredAt = nine
		case MessageRead:
			m.ReadAt = nine
		}
		scenes[string(s)] = scene{message: m}
	}
	settle := func(out Outcome) func(s scene) (Change, error) {
		return func(s scene) (Change, error) { return SettleSend(s.message, out, at) }
	}
	tell := func(state MessageState, updates bool) func(s scene) (Change, error) {
		return func(s scene) (Change, error) {
			st := Status{State: state, At: at, Problem: Problem{Code: "told"}}
			if state != MessageFailed {
				st.Problem = Problem{}
			}
			return ApplyStatus(s.message, st, updates, at)
		}
	}
	mark := Watermark{State: MessageRead, UpTo: at}
	remarks := func(kind RemarkKind) func(s scene) (Change, error) {
		return func(s scene) (Change, error) {
			return Annotate(Remark{Kind: kind, At: at, Text: "😀"}, "whatsapp:111", s.message, Interaction{}, at)
		}
	}
	moves := map[string]func(s scene) (Change, error){
		"ApplyWatermark": func(s scene) (Change, error) {
			return ApplyWatermark(mark, Contact{}, []Message{s.message}, true, at)
		},
		"ApplyWatermark hidden": func(s scene) (Change, error) {
			return ApplyWatermark(mark, Contact{}, []Message{s.message}, false, at)
		},
		"ApplyMarks": func(s scene) (Change, error) {
			return ApplyMarks(Contact{Marks: Marks{Read: at}, DueAt: at}, []Message{s.message}, true, at)
		},
		"Unheard": func(s scene) (Change, error) {
			_, i := silent(t)
			s.message.Direction, s.message.Author = Outbound, "ana"
			return Unheard(i, []Message{s.message}, after(11*time.Minute))
		},
		"DiscardParked": func(s scene) (Change, error) { return DiscardParked(Parked{Head: stored("m", 1)}, s.message, at) },
		"Meet": func(s scene) (Change, error) {
			r := Receipt{Statuses: []Status{{State: MessageDelivered, At: at}}}
			return Meet(r, s.message, true, at)
		},
		"Annotate, reaction": remarks(RemarkReaction),
		"Annotate, edit":     remarks(RemarkEdit),
		"Send again":         func(s scene) (Change, error) { return Send(s.message, Interaction{}, ana(), Reply{Text: "hola"}, at) },
		"Send another text":  func(s scene) (Change, error) { return Send(s.message, Interaction{}, ana(), Reply{Text: "adiós"}, at) },
		"ClaimSend again":    func(s scene) (Change, error) { return ClaimSend(s.message, shop(), "d1", at) },
		"ClaimSend by another": func(s scene) (Change, error) {
			return ClaimSend(s.message, shop(), "d2", at)
		},
		"ClaimSend after half past": func(s scene) (Change, error) { return ClaimSend(s.message, shop(), "d2", after(31*time.Minute)) },
		"SettleSend taken":          settle(taken),
		"SettleSend unknown":        settle(nobody),
		"SettleSend retry":          settle(retry),
		"SettleSend late retry":     settle(Outcome{RetryAt: nine, Problem: Problem{Code: "busy"}}),
		"SettleSend refused":        settle(refusal),
		"ApplyStatus sent":          tell(MessageSent, true),
		"ApplyStatus delivered":     tell(MessageDelivered, true),
		"ApplyStatus read":          tell(MessageRead, true),
		"ApplyStatus failed":        tell(MessageFailed, true),
		"ApplyStatus hidden read":   tell(MessageRead, false),
	}
	check(t, messageTable, moves, scenes, func(s scene) Record { return &s.message })
}
