package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

// begins is Ana, of the shop's team, who begins a conversation with Lea two days after the last one ended; now is by template.
func begins(t *testing.T) Start {
	t.Helper()
	a, ended := wrapping(t)
	a.Teams = []string{"shop"}
	ended.State = InteractionClosed
	a = a.leaves("talk").Settle()
	id := StartID("ana", "client-1")
	return Start{
		Next: Interaction{Head: Head{ID: id}}, First: Message{Head: Head{ID: SentID(id, "ana", "client-1")}},
		By: a, Contact: leaContact(), Newest: ended, Queue: Queue{Head: stored("sales", 1), Name: "Sales", Team: "shop", Limits: Limits{WrapUp: time.Minute, CloseAfter: time.Hour}},
		Asset: shop(), Whom: "lea", Reply: byParcel("Lea", "77"),
	}
}

// B13: the agent owns it at once, and the message goes out.
func TestAnAgentBeginsAConversation(t *testing.T) {
	s, at := begins(t), after(2*day)
	ch, err := Begin(lent(t, s), at)
	require.NoError(t, err)
	id := StartID("ana", "client-1")
	text := "Acme\n\nHola Lea, tu pedido 77 está en la tienda, Lea.\n\nTu tienda"
	assert.Equal(t, []RecordKind{KindInteraction, KindMessage, KindAgent, KindContact, KindInteraction}, storedKinds(ch))
	want := Interaction{
		Head: Head{ID: id}, State: InteractionActive, Channel: WhatsApp, Asset: "whatsapp:111", Source: "+34 900 111 111", Queue: "sales",
		Contact: "lea", Customer: lea, Direction: Outbound, OpenedAt: at, Before: nine, Owner: "ana", OwnerName: "Ana", AssignedAt: at,
		Agents: []string{"ana"}, Legs: []Leg{{Agent: "ana", Name: "Ana", Seat: SeatOwner, From: at}}, Seq: 1, Preview: text, PreviewBy: Outbound,
		LastCustomerAt: nine, LastCustomerID: "wamid.1", LastAt: at, AnsweredAt: at, Limits: Limits{WrapUp: time.Minute, CloseAfter: time.Hour},
		QueueSince: at, ProfileSince: at, DueAt: at.Add(time.Hour), Keys: []Key{{Key: "client-1", Hash: s.request()}},
		History: History{Last: 1, Entries: []Entry{{Seq: 1, At: at, Event: "started", By: "ana", Detail: "sales"}}},
		Ledger:  []string{"sales|2026-03-04T09"},
	}
	assert.Equal(t, want, *ch.Interaction)
	assert.Equal(t, Message{
		Head: Head{ID: SentID(id, "ana", "client-1")}, Interaction: id, Contact: "lea", Asset: "whatsapp:111", Seq: 1, At: at, ReceivedAt: at,
		Direction: Outbound, Author: "ana", AuthorName: "Ana", Kind: TextMessage, Text: text, ClientID: "client-1", To: phone, WroteAt: nine,
		Template: Filled{ID: "parcel", Name: "Parcel has come", ChannelName: "parcel_ready", Language: "es", Values: []string{"Lea", "77"}},
		State:    MessagePending, DueAt: at.Add(10 * time.Second),
	}, *ch.Message)
	assert.Equal(t, []string{id}, ch.Agent.Seats)
	assert.Equal(t, at, ch.Agent.FreeSince)
	assert.Equal(t, []string{sales}, ch.Agent.Takes, "she has room for one more")
	assert.Equal(t, AgentAvailable, ch.Agent.State)
	assert.Equal(t, id, ch.Contact.Open)
	before := ch.Save[4].(*Interaction)
	assert.Equal(t, "talk "+id, before.ID+" "+before.FollowedBy, "what the customer writes from now on joins the new one")
	assert.Equal(t, []Hint{{Event: "message.queued", Interaction: id}}, ch.Hints)

	saved(ch)
	s.Next, s.First, s.By, s.Contact, s.Newest = *ch.Interaction, *ch.Message, *ch.Agent, *ch.Contact, *ch.Interaction
	again, err := Begin(lent(t, s), after(3*day))
	storesNothing(t, again, err)
	assert.Equal(t, ch.Hints, again.Hints)
	s.Queue, s.Asset = Queue{}, removed()
	s.Queue.ID = "sales"
	again, err = Begin(s, after(3*day))
	storesNothing(t, again, err)
	for name, change := range map[string]func(*Start){
		"another contact":  func(s *Start) { s.Whom = "max" },
		"another queue":    func(s *Start) { s.Queue.ID = "support" },
		"an asset":         func(s *Start) { s.On = "whatsapp:111" },
		"a text":           func(s *Start) { s.Reply = Reply{ClientID: "client-1", Text: "hola"} },
		"other values":     func(s *Start) { s.Reply = byParcel("Lea", "78") },
		"another template": func(s *Start) { s.Reply.Template.ID = "other" },
	} {
		other := s
		change(&other)
		ch, err := Begin(other, at)
		assert.Equal(t, "unprocessable key_reused", outcome(ch, err), name)
	}
	s.Next.Keys = nil // eight later moves are remembered by now
	again, err = Begin(s, at)
	storesNothing(t, again, err)
}

func TestWhoMayBeginAConversation(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(s *Start)
		want   string
	}{
		{"as it should be", func(*Start) {}, "stores"},
		{"she is idle", func(s *Start) { s.By.State = AgentIdle }, "stores"},
		{"she is offline", func(s *Start) { s.By.State = AgentOffline }, "conflict agent_offline"},
		{"she was never there", func(s *Start) { s.By.State = "" }, "conflict agent_offline"},
		{"she let an offer expire", func(s *Start) { s.By.State = AgentRONA }, "conflict agent_rona"},
		{"she has room for one more", func(s *Start) { s.By.Seats = []string{"one"} }, "stores"},
		{"she has no room", func(s *Start) { s.By.Seats = []string{"one", "two"} }, "conflict agent_full"},
		{"an offer rings for her last room", func(s *Start) { s.By.Seats, s.By.Offer = []string{"one"}, "o" }, "conflict agent_full"},
		{"an offer rings, and she has room", func(s *Start) { s.By.Offer = "o" }, "stores"},
		{"there is no such queue", func(s *Start) { s.Queue.Version = 0 }, "missing queue_missing"},
		{"the queue is deleted", func(s *Start) { s.Queue.DeletedAt = nine }, "missing queue_missing"},
		{"it is another team's", func(s *Start) { s.Queue.Team = "desk" }, "denied not_your_queue"},
		{"she has no team", func(s *Start) { s.By.Teams = nil }, "denied not_your_queue"},
		{"she names the asset", func(s *Start) { s.On = "whatsapp:111" }, "stores"},
		{"she names another", func(s *Start) { s.On = "whatsapp:222" }, "invalid other_asset"},
		{"the number is gone", func(s *Start) { s.Asset = removed() }, "conflict channel_removed"},
		{"the number was never there", func(s *Start) { s.Asset.Version = 0 }, "conflict channel_removed"},
		{"the queue does not serve it", func(s *Start) { s.Asset.Queue = "support" }, "conflict queue_not_serving"},
		{"a rule leads to the queue", func(s *Start) {
			s.Asset.Queue, s.Asset.Rules = "support", []EntryRule{{On: EntryRef, Value: "x", Queue: "sales"}}
		}, "stores"},
		{"the queue helps out", func(s *Start) { s.Asset.Queue, s.Queue.Assets = "support", []string{"whatsapp:111"} }, "stores"},
		{"the customer is blocked", func(s *Start) { s.Contact.Blocked.At = nine }, "conflict customer_blocked"},
		{"he has opted out", func(s *Start) { s.Contact.OptedOut = nine }, "conflict opted_out"},
		{"his last one still is to be wrapped up", func(s *Start) { s.Newest.State = InteractionWrapUp }, "stores"},
		{"he was closed as inactive", func(s *Start) { s.Newest.CloseReason = ClosedInactive }, "stores"},
		{"he never wrote", func(s *Start) { s.Newest = Interaction{} }, "stores"},
		{"he waits", func(s *Start) { s.Newest.State = InteractionQueued }, "conflict conversation_open"},
		{"he is offered", func(s *Start) { s.Newest.State = InteractionOffered }, "conflict conversation_open"},
		{"somebody talks with him", func(s *Start) { s.Newest.State = InteractionActive }, "conflict conversation_open"},
		{"a text after the window", func(s *Start) { s.Reply = Reply{ClientID: "client-1", Text: "hola"} }, "conflict template_needed"},
		{"a text, and he never wrote", func(s *Start) { s.Newest, s.Reply = Interaction{}, Reply{Text: "hola"} }, "conflict template_needed"},
		{"a text within it", func(s *Start) { s.Newest.LastCustomerAt, s.Reply = after(day+tick), Reply{Text: "hola"} }, "stores"},
		{"a text as it closes", func(s *Start) { s.Newest.LastCustomerAt, s.Reply = after(day), Reply{Text: "hola"} }, "conflict template_needed"},
		{"a template within it", func(s *Start) { s.Newest.LastCustomerAt = after(2 * day) }, "stores"},
		{"nothing", func(s *Start) { s.Newest.LastCustomerAt, s.Reply = after(2*day), Reply{} }, "invalid empty"},
		{"no such template", func(s *Start) { s.Reply.Template = Template{Head: Head{ID: "none"}} }, "invalid template_unknown"},
		{"too few values", func(s *Start) { s.Reply.Values = nil }, "invalid values_mismatch"},
		{"on Messenger", func(s *Start) { onPage(s); s.Reply = Reply{Text: "hola"} }, "stores"},
		{"on Messenger after a week", func(s *Start) { onPage(s); s.Newest.LastCustomerAt = after(-5 * day); s.Reply = Reply{Text: "hola"} }, "conflict window_closed"},
		{"a template on Messenger", onPage, "invalid template_other_channel"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := begins(t)
			c.change(&s)
			ch, err := Begin(lent(t, s), after(2*day))
			assert.Equal(t, c.want, outcome(ch, err))
		})
	}
}

// onPage has the contact be one of a page's.
func onPage(s *Start) { s.Contact.Channel, s.Asset.Channel = Messenger, Messenger }

// Only what has ended could still take an afterword; what was closed otherwise need not be written.
func TestWhatWasBeforeIsWrittenOnlyWhereItCouldTakeAWord(t *testing.T) {
	for name, change := range map[string]func(*Start){
		"inactive":   func(s *Start) { s.Newest.CloseReason = ClosedInactive },
		"followed":   func(s *Start) { s.Newest.FollowedBy = "other" },
		"none":       func(s *Start) { s.Newest = Interaction{} },
		"abandoned":  func(s *Start) { s.Newest.CloseReason = ClosedAbandoned },
		"unanswered": func(s *Start) { s.Newest.CloseReason = ClosedUnanswered },
	} {
		s := begins(t)
		change(&s)
		ch, err := Begin(s, after(2*day))
		require.NoError(t, err)
		assert.Equal(t, []RecordKind{KindInteraction, KindMessage, KindAgent, KindContact}, storedKinds(ch), name)
	}
}

// He is not greeted as one who came, when he answers.
func TestOneWhoWasWrittenToIsNotGreeted(t *testing.T) {
	ch, err := Begin(begins(t), after(2*day))
	require.NoError(t, err)
	i := *saved(ch).Interaction
	k := acquaintance(i)
	in := later()
	in.At = after(3 * day)
	got, err := Receive(in, k, ids, after(3*day))
	require.NoError(t, err)
	assert.Equal(t, i.ID, got.Message.Interaction, "his answer joins")
	assert.Equal(t, []any{1, after(3 * day), InteractionActive}, []any{got.Interaction.Unread, got.Interaction.LastCustomerAt, got.Interaction.State})
	q := chatty()
	greeted, err := Greet(*got.Interaction, q, after(3*day))
	storesNothing(t, greeted, err)
}

// startMoves are the moves of the table of interactions that are about beginning one, by Ana.
func startMoves(now time.Time) map[string]func(scene) (Change, error) {
	begin := func(s scene, again bool) (Change, error) {
		a := s.agent
		a.Capacity, a.Teams = 5, []string{"shop"}
		id := StartID("ana", "client-1")
		x := Start{Next: Interaction{Head: Head{ID: id}}, First: Message{Head: Head{ID: SentID(id, "ana", "client-1")}}, By: a, Contact: leaContact(),
			Newest: s.talk, Queue: Queue{Head: stored("sales", 1), Team: "shop"}, Asset: shop(), Whom: "lea", Reply: byParcel("Lea", "77")}
		if again {
			x.Next.Version, x.First.Version = 1, 1
		}
		return Begin(x, now)
	}
	return map[string]func(scene) (Change, error){
		"Begin":       func(s scene) (Change, error) { return begin(s, false) },
		"Begin again": func(s scene) (Change, error) { return begin(s, true) },
		"Send of a template, late": func(s scene) (Change, error) {
			return Send(draft(), s.talk, s.agent, byParcel("Lea", "77"), now.Add(day))
		},
		"Send, late": func(s scene) (Change, error) {
			return Send(draft(), s.talk, s.agent, Reply{ClientID: "c1", Text: "hola"}, now.Add(day))
		},
	}
}

// An agent's limit on a channel holds for the conversations that he begins, too, and they count on it; what he begins waits by the
// queue's terms when it comes to wait.
func TestWhatAnAgentBeginsCountsOnItsChannel(t *testing.T) {
	x := begins(t)
	x.By.Capacities = []ChannelCapacity{{Channel: WhatsApp, Most: 1}}
	x.Queue.Profiles, x.Queue.Priority = []SkillProfile{{ID: "expert"}}, 3
	ch, err := Begin(x, after(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, []Channel{WhatsApp}, ch.Agent.On)
	assert.Equal(t, []string{ch.Interaction.ID}, ch.Agent.Seats)
	assert.Equal(t, "expert", ch.Interaction.Profile)
	assert.Equal(t, 3, ch.Interaction.Priority)
	x.By.Seats, x.By.On = []string{"other"}, []Channel{WhatsApp}
	_, err = Begin(x, after(time.Hour))
	assert.True(t, fault.HasCode(err, "agent_full"))
}
