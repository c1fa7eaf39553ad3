package desk

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

// draft is the message an agent is about to send, with the ID it will have.
func draft() Message { return Message{Head: Head{ID: SentID("talk", "ana", "c1")}} }

func TestSend(t *testing.T) {
	a, i := talking(t)
	at := after(time.Minute)
	ch, err := Send(draft(), i, a, Reply{ClientID: "c1", Text: "buenos días"}, at)
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindMessage, KindInteraction}, storedKinds(ch))
	assert.Equal(t, Message{
		Head: Head{ID: SentID("talk", "ana", "c1")}, Interaction: "talk", Contact: "lea", Asset: "whatsapp:111", Seq: 2,
		At: at, ReceivedAt: at, Direction: Outbound, Author: "ana", AuthorName: "Ana", Kind: TextMessage, Text: "buenos días",
		ClientID: "c1", To: Address{Kind: AddressPhone, Value: "34600000001"}, Reads: "wamid.1", WroteAt: nine, State: MessagePending, DueAt: after(70 * time.Second),
	}, *ch.Message)
	assert.Equal(t, int64(2), ch.Interaction.Seq)
	assert.Equal(t, "buenos días", ch.Interaction.Preview)
	assert.Equal(t, Outbound, ch.Interaction.PreviewBy)
	assert.Zero(t, ch.Interaction.Unread, "who answers has read")
	assert.Equal(t, at, ch.Interaction.LastAt)
	assert.Equal(t, nine, ch.Interaction.LastCustomerAt)
	assert.Equal(t, []Hint{{Event: "message.queued", Interaction: "talk"}}, ch.Hints)
}

// A customer's answer within the same second comes with that second: it must not stand before what it answers.
func TestWhatIsSentIsDatedAsTheChannelDates(t *testing.T) {
	a, i := talking(t)
	ch, err := Send(draft(), i, a, Reply{ClientID: "c1", Text: "hola"}, after(1900*time.Millisecond))
	require.NoError(t, err)
	assert.Equal(t, after(time.Second), ch.Message.At)
	assert.Equal(t, after(1900*time.Millisecond), ch.Message.ReceivedAt)
	assert.Equal(t, after(1900*time.Millisecond), ch.Interaction.LastAt)
}

func TestWhoMaySend(t *testing.T) {
	bea := Agent{Head: stored("bea", 1)}
	for _, c := range []struct {
		name   string
		by     Agent
		change func(i *Interaction)
		want   string
	}{
		{"the owner", ana(), func(*Interaction) {}, "stores"},
		{"somebody else", bea, func(*Interaction) {}, "denied not_your_conversation"},
		{"nobody", Agent{}, func(*Interaction) {}, "denied not_your_conversation"},
		{"one who owes a wrap-up there, not the owner", bea, func(i *Interaction) { i.Agents = []string{"ana", "bea"} },
			"denied not_your_conversation"},
		{"the owner after the end", ana(), func(i *Interaction) { i.State = InteractionWrapUp }, "conflict conversation_ended"},
		{"the owner when it is closed", ana(), func(i *Interaction) { i.State = InteractionClosed }, "conflict conversation_ended"},
		{"while it is queued", ana(), func(i *Interaction) { i.State = InteractionQueued }, "denied not_your_conversation"},
		{"while it is offered", ana(), func(i *Interaction) { i.State = InteractionOffered }, "denied not_your_conversation"},
		{"when the channel was removed", ana(), func(i *Interaction) { i.Interrupted = true }, "conflict interrupted"},
		{"when the customer is blocked", ana(), func(i *Interaction) { i.Blocked = true }, "conflict customer_blocked"},
		{"when the customer has left", ana(), func(i *Interaction) { i.Left = true }, "conflict customer_left"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, i := talking(t)
			c.change(&i)
			ch, err := Send(draft(), i, c.by, Reply{ClientID: "c1", Text: "hola"}, nine)
			assert.Equal(t, c.want, outcome(ch, err))
		})
	}
}

func TestTheComposeLimitCountsCodePoints(t *testing.T) {
	for _, c := range []struct {
		name    string
		channel Channel
		text    string
		want    string
	}{
		{"nothing", WhatsApp, "", "invalid empty"},
		{"one character", WhatsApp, "a", "stores"},
		{"4095 characters", WhatsApp, strings.Repeat("a", 4095), "stores"},
		{"4096 characters", WhatsApp, strings.Repeat("a", 4096), "stores"},
		{"4097 characters", WhatsApp, strings.Repeat("a", 4097), "invalid too_long"},
		{"4096 of four bytes each", WhatsApp, strings.Repeat("😀", 4096), "stores"},
		{"4097 of four bytes each", WhatsApp, strings.Repeat("😀", 4097), "invalid too_long"},
		{"a channel we do not know", "pigeon", "a", "invalid too_long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, i := talking(t)
			i.Channel = c.channel
			ch, err := Send(draft(), i, a, Reply{ClientID: "c1", Text: c.text}, nine)
			assert.Equal(t, c.want, outcome(ch, err))
		})
	}
	a, i := talking(t)
	_, err := Send(draft(), i, a, Reply{Text: strings.Repeat("a", 5000)}, nine)
	assert.Equal(t, "the message has 5000 characters, the channel takes 4096", fault.Of(err).Detail)
}

func TestSendingAgain(t *testing.T) {
	a, i := talking(t)
	for _, c := range []struct {
		name  string
		state MessageState
		text  string
		want  string
		hints int
	}{
		{"still to send: delivery is told again", MessagePending, "hola", "stores nothing", 1},
		{"being sent", MessageSending, "hola", "stores nothing", 0},
		{"sent", MessageSent, "hola", "stores nothing", 0},
		{"failed: only a new message tries again", MessageFailed, "hola", "stores nothing", 0},
		{"another text under the same ID", MessagePending, "adiós", "unprocessable id_reused", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Message{Head: stored("m", 1), Interaction: "talk", Text: "hola", State: c.state}
			over := i
			over.State = InteractionClosed // a repeat is recognised before any state is looked at
			for _, i := range []Interaction{i, over} {
				ch, err := Send(m, i, a, Reply{ClientID: "c1", Text: c.text}, after(time.Hour))
				assert.Equal(t, c.want, outcome(ch, err))
				assert.Len(t, ch.Hints, c.hints)
			}
		})
	}
}

// claimed is a message that "d1" began to send at nine.
func claimed() Message {
	return Message{Head: stored("m", 2), Direction: Outbound, State: MessageSending, Claim: "d1", ClaimedAt: nine, Tries: 1,
		DueAt: after(2 * time.Minute)}
}

func inState(s MessageState) Message {
	m := claimed()
	m.State = s
	if s != MessageSending {
		m.DueAt = time.Time{}
	}
	return m
}

func TestClaimSend(t *testing.T) {
	fresh := Message{Head: stored("m", 1), Direction: Outbound, State: MessagePending, DueAt: after(10 * time.Second)}
	ch, err := ClaimSend(fresh, shop(), "d1", after(time.Second))
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindMessage}, storedKinds(ch))
	assert.Equal(t, MessageSending, ch.Message.State, "a new message need not be due: only the sweep waits for that")
	assert.Equal(t, "d1", ch.Message.Claim)
	assert.Equal(t, after(time.Second), ch.Message.ClaimedAt)
	assert.Equal(t, 1, ch.Message.Tries)
	assert.Equal(t, after(121*time.Second), ch.Message.DueAt)
}

// The claim is of nine o'clock; two minutes later its fate is unknown.
func TestAClaimIsRespectedForTwoMinutes(t *testing.T) {
	for _, c := range []struct {
		name, claim string
		at          time.Duration
		want        string
		state       MessageState
	}{
		{"somebody else at once", "d2", 0, "conflict being_sent", ""},
		{"somebody else a microsecond before", "d2", 2*time.Minute - tick, "conflict being_sent", ""},
		{"somebody else on the instant", "d2", 2 * time.Minute, "stores", MessageUnknown},
		{"somebody else a microsecond after", "d2", 2*time.Minute + tick, "stores", MessageUnknown},
		{"the same delivery finds its claim", "d1", time.Second, "stores nothing", MessageSending},
		{"the same delivery finds its claim late", "d1", time.Hour, "stores nothing", MessageSending},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, err := ClaimSend(claimed(), shop(), c.claim, after(c.at))
			require.Equal(t, c.want, outcome(ch, err))
			if err != nil {
				return
			}
			assert.Equal(t, c.state, ch.Message.State)
			if c.state == MessageUnknown {
				assert.Equal(t, "delivery_lost", ch.Message.Problem.Code)
				assert.Zero(t, ch.Message.DueAt, "nothing sends it again")
				assert.Equal(t, "d1", ch.Message.Claim)
			}
		})
	}
}

func TestTheNextTryWaitsForItsTime(t *testing.T) {
	refused := inState(MessagePending)
	refused.DueAt = after(30 * time.Second)
	for _, c := range []struct {
		name string
		at   time.Duration
		want string
	}{
		{"at once", 0, "too_early too_early"},
		{"a microsecond before", 30*time.Second - tick, "too_early too_early"},
		{"on the instant", 30 * time.Second, "stores"},
		{"a microsecond after", 30*time.Second + tick, "stores"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, err := ClaimSend(refused, shop(), "d2", after(c.at))
			require.Equal(t, c.want, outcome(ch, err))
			if err == nil {
				assert.Equal(t, 2, ch.Message.Tries)
				assert.Equal(t, "d2", ch.Message.Claim)
			}
		})
	}
}

var (
	taken   = Outcome{ProviderID: "wamid.out"}
	nobody  = Outcome{Unknown: true, Problem: Problem{Code: "no_answer", Advice: "wait"}}
	retry   = Outcome{RetryAt: after(30 * time.Second), Problem: Problem{Code: "busy", Advice: "later"}}
	refusal = Outcome{Problem: Problem{Code: "blocked", Advice: "no"}}
)

func TestSettleSend(t *testing.T) {
	for _, c := range []struct {
		name string
		out  Outcome
		want Message
	}{
		{"the channel took it", taken, Message{Head: stored("m", 2), Direction: Outbound, State: MessageSent, ProviderID: "wamid.out",
			SentAt: after(time.Second), Claim: "d1", ClaimedAt: nine, Tries: 1}},
		{"nobody knows", nobody, Message{Head: stored("m", 2), Direction: Outbound, State: MessageUnknown, Claim: "d1", ClaimedAt: nine,
			Tries: 1, Problem: Problem{Code: "no_answer", Advice: "wait"}}},
		{"refused for now", retry, Message{Head: stored("m", 2), Direction: Outbound, State: MessagePending, Claim: "d1", ClaimedAt: nine,
			Tries: 1, Problem: Problem{Code: "busy", Advice: "later"}, DueAt: after(30 * time.Second)}},
		{"refused for good", refusal, Message{Head: stored("m", 2), Direction: Outbound, State: MessageFailed, Claim: "d1", ClaimedAt: nine,
			Tries: 1, Problem: Problem{Code: "blocked", Advice: "no"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, err := SettleSend(claimed(), c.out, after(time.Second))
			require.NoError(t, err)
			assert.Equal(t, []RecordKind{KindMessage}, storedKinds(ch))
			assert.Equal(t, c.want, *ch.Message)

			again, err := SettleSend(*saved(ch).Message, c.out, after(2*time.Second))
			storesNothing(t, again, err)
		})
	}
}

// The save of "refused for now" may be applied and yet report failure. Whoever reads again to settle the first send
// must then neither fail the message nor take it from the delivery that sends it by now.
func TestALateOutcomeOfTheFirstSendLeavesTheSecondAlone(t *testing.T) {
	ch, err := SettleSend(claimed(), retry, after(time.Second))
	require.NoError(t, err)
	waits := *saved(ch).Message
	ch, err = ClaimSend(waits, shop(), "d2", after(30*time.Second))
	require.NoError(t, err)
	second := *saved(ch).Message
	ch, err = SettleSend(second, taken, after(31*time.Second))
	require.NoError(t, err)
	sent := *saved(ch).Message
	ch, err = SettleSend(second, nobody, after(31*time.Second))
	require.NoError(t, err)
	unknown := *saved(ch).Message

	for _, m := range []Message{waits, second, sent, unknown} {
		t.Run(string(m.State), func(t *testing.T) {
			ch, err := SettleSend(m, retry, after(32*time.Second))
			storesNothing(t, ch, err)
			assert.Equal(t, m, *ch.Message)
		})
	}
}

func TestAClaimGivenUpAndThenRefusedHasFailed(t *testing.T) {
	ch, err := ClaimSend(claimed(), shop(), "d2", after(2*time.Minute))
	require.NoError(t, err)
	late := retry
	late.RetryAt = after(3 * time.Minute)
	ch, err = SettleSend(*saved(ch).Message, late, after(2*time.Minute+time.Second))
	require.NoError(t, err)
	assert.Equal(t, MessageFailed, ch.Message.State, "it is certain now, and nobody tries again")
	assert.Equal(t, "busy", ch.Message.Problem.Code)
}

func TestAStatusMayComeBeforeTheOutcome(t *testing.T) {
	ch, err := ApplyStatus(claimed(), Status{ProviderID: "wamid.out", State: MessageDelivered, At: after(time.Second)}, true, nine)
	require.NoError(t, err)
	ch, err = SettleSend(*saved(ch).Message, taken, after(2*time.Second))
	require.NoError(t, err)
	assert.Equal(t, MessageDelivered, ch.Message.State)
	assert.Equal(t, after(2*time.Second), ch.Message.SentAt)
	assert.Equal(t, after(time.Second), ch.Message.DeliveredAt)
}

func TestApplyStatus(t *testing.T) {
	at := after(time.Minute)
	told := func(s MessageState) Status { return Status{ProviderID: "wamid.out", State: s, At: at} }
	base := Message{Head: stored("m", 2), Direction: Outbound, ProviderID: "wamid.out", Claim: "d1", ClaimedAt: nine, Tries: 1}
	with := func(change func(m *Message)) Message {
		m := base
		change(&m)
		return m
	}
	sent := with(func(m *Message) { m.State, m.SentAt = MessageSent, nine })
	for _, c := range []struct {
		name    string
		message Message
		status  Status
		hide    bool // the asset does not show delivered and read
		want    Message
	}{
		{"delivered", sent, told(MessageDelivered), false,
			with(func(m *Message) { m.State, m.SentAt, m.DeliveredAt = MessageDelivered, nine, at })},
		{"read", sent, told(MessageRead), false, with(func(m *Message) { m.State, m.SentAt, m.ReadAt = MessageRead, nine, at })},
		{"delivered, learned after read", with(func(m *Message) { m.State, m.ReadAt = MessageRead, nine }), told(MessageDelivered), false,
			with(func(m *Message) { m.State, m.ReadAt, m.DeliveredAt = MessageRead, nine, at })},
		{"failed after all", sent, Status{State: MessageFailed, At: at, Problem: Problem{Code: "expired"}}, false,
			with(func(m *Message) { m.State, m.SentAt, m.Problem = MessageFailed, nine, Problem{Code: "expired"} })},
		{"delivered though it failed", with(func(m *Message) { m.State, m.Problem = MessageFailed, Problem{Code: "x"} }),
			told(MessageDelivered), false, with(func(m *Message) { m.State, m.DeliveredAt = MessageDelivered, at })},
		{"a status settles the unknown", with(func(m *Message) { m.State, m.Problem = MessageUnknown, Problem{Code: "no_answer"} }),
			told(MessageSent), false, with(func(m *Message) { m.State, m.SentAt = MessageSent, at })},
		{"not shown: stops at sent", with(func(m *Message) { m.State = MessageUnknown }), told(MessageRead), true,
			with(func(m *Message) { m.State, m.SentAt = MessageSent, at })},
		{"not shown: a failure is", sent, Status{State: MessageFailed, At: at, Problem: Problem{Code: "expired"}}, true,
			with(func(m *Message) { m.State, m.SentAt, m.Problem = MessageFailed, nine, Problem{Code: "expired"} })},
		{"it brings the channel's ID", with(func(m *Message) { m.State, m.ProviderID = MessageSending, "" }), told(MessageSent), false,
			with(func(m *Message) { m.State, m.SentAt = MessageSent, at })},
		{"no time told: ours", with(func(m *Message) { m.State = MessageUnknown }), Status{State: MessageSent}, false,
			with(func(m *Message) { m.State, m.SentAt = MessageSent, after(time.Hour) })},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, err := ApplyStatus(c.message, c.status, !c.hide, after(time.Hour))
			require.NoError(t, err)
			assert.Equal(t, []RecordKind{KindMessage}, storedKinds(ch))
			assert.Equal(t, c.want, *ch.Message)

			again, err := ApplyStatus(*saved(ch).Message, c.status, !c.hide, after(2*time.Hour))
			storesNothing(t, again, err)
		})
	}
}

func TestAStatusThatSaysNothing(t *testing.T) {
	inbound := Message{Head: stored("m", 1), Direction: Inbound}
	for _, c := range []struct {
		name    string
		message Message
		state   MessageState
		updates bool
	}{
		{"of a customer's message", inbound, MessageRead, true},
		{"of a state no channel tells", inState(MessageSending), MessagePending, true},
		{"of sending", inState(MessageSending), MessageSending, true},
		{"of unknown", inState(MessageSending), MessageUnknown, true},
		{"of nothing", inState(MessageSending), "", true},
		{"of a word we do not know", inState(MessageSending), "warmed", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, err := ApplyStatus(c.message, Status{ProviderID: "wamid.x", State: c.state, At: nine}, c.updates, nine)
			storesNothing(t, ch, err)
			assert.Equal(t, c.message, *ch.Message)
		})
	}
}

func TestMarkRead(t *testing.T) {
	for _, c := range []struct {
		name        string
		by          string
		unread      int
		left        int
		want        int
		wantOutcome string
	}{
		{"all of it", "ana", 3, 0, 0, "stores"},
		{"some of it", "ana", 3, 1, 1, "stores"},
		{"nothing new", "ana", 3, 3, 3, "stores nothing"},
		{"read already", "ana", 0, 0, 0, "stores nothing"},
		{"what was read stays read", "ana", 1, 3, 1, "stores nothing"},
		{"never below zero", "ana", 1, -1, 0, "stores"},
		{"somebody else", "bea", 3, 0, 0, "denied not_your_conversation"},
		{"nobody", "", 3, 0, 0, "denied not_your_conversation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, i := talking(t)
			i.Unread = c.unread
			ch, err := MarkRead(i, c.by, c.left)
			require.Equal(t, c.wantOutcome, outcome(ch, err))
			if err == nil {
				assert.Equal(t, c.want, ch.Interaction.Unread)
			}
		})
	}
}
