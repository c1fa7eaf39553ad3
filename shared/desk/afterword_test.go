package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patient is the queue of Lea's conversation, in which one message opens nothing for ten minutes after the end.
func patient() Queue { return Queue{Head: stored("sales", 1), Afterword: 10 * time.Minute} }

// afterwordMoves are the moves of the table of interactions that are about what customers write after the end.
func afterwordMoves(now time.Time) map[string]func(scene) (Change, error) {
	writes := func(s scene, id string) (Change, error) {
		in, k := later(), acquaintance(s.talk)
		in.ID, k.Queue = id, patient()
		k.Queue.Afterword = 24 * time.Hour
		return Receive(in, k, ids, now)
	}
	reopens := func(s scene, next Interaction) (Change, error) {
		next.ID = ReopeningID("talk")
		c := leaContact()
		c.Open = "talk"
		return Reopen(Reopening{Ended: s.talk, Next: next, Contact: c, Asset: number()}, s.agent, now)
	}
	return map[string]func(scene) (Change, error){
		"Receive of an afterword": func(s scene) (Change, error) { return writes(s, "wamid.2") },
		"Receive after an afterword": func(s scene) (Change, error) {
			return writes(s.by(func(s scene) (Change, error) { return writes(s, "wamid.2") }), "wamid.3")
		},
		"Reopen": func(s scene) (Change, error) {
			return reopens(s.by(func(s scene) (Change, error) { return writes(s, "wamid.2") }), Interaction{})
		},
		"Reopen, nothing written": func(s scene) (Change, error) { return reopens(s, Interaction{}) },
		"Reopen again":            func(s scene) (Change, error) { return reopens(s, Interaction{Head: stored("", 1)}) },
	}
}

// B8: the first message soon after the end joins the conversation that has ended, and opens nothing.
func TestAnAfterwordJoinsWhatHasEnded(t *testing.T) {
	ended := after(time.Minute)
	elsewhere := patient()
	elsewhere.ID = "support"
	for _, c := range []struct {
		name   string
		change func(k *Known)
		at     time.Time
		joins  bool
	}{
		{"at once", nil, ended, true},
		{"a microsecond before the time is over", nil, ended.Add(10*time.Minute - tick), true},
		{"on the instant", nil, ended.Add(10 * time.Minute), false},
		{"wrapped up by then", func(k *Known) { k.Interaction.State = InteractionClosed }, ended, true},
		{"the second", func(k *Known) { k.Interaction.Afterword = "m" }, ended, false},
		{"the queue has no such time", func(k *Known) { k.Queue.Afterword = 0 }, ended, false},
		{"the customer had left by himself", func(k *Known) { k.Interaction.CloseReason = ClosedAbandoned }, ended, false},
		{"he comes to another queue", func(k *Known) { k.Asset.Queue, k.Queue = "support", elsewhere }, ended, false},
		{"he is blocked", func(k *Known) { k.Contact.Blocked.At = nine }, ended, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := talkedTo(t)
			k.Queue = patient()
			if c.change != nil {
				c.change(&k)
			}
			was := k.Interaction
			ch, err := Receive(later(), lent(t, k), ids, c.at)
			require.NoError(t, err)
			if !c.joins {
				assert.Equal(t, "new-talk", ch.Message.Interaction)
				return
			}
			assert.Equal(t, []RecordKind{KindMessage, KindInteraction}, storedKinds(ch))
			assert.Equal(t, "talk", ch.Message.Interaction)
			assert.Equal(t, was.State, ch.Interaction.State)
			assert.Equal(t, 1, ch.Interaction.Unread)
			assert.Equal(t, was.Seq+1, ch.Interaction.Seq)
			assert.Equal(t, ch.Message.ID, ch.Interaction.Afterword)
			assert.Equal(t, "eh", ch.Interaction.Preview)
			assert.Equal(t, "afterword", events(ch.Interaction.History)[len(was.History.Entries)])
			assert.Empty(t, ch.Hints)
			k = acquaintance(*saved(ch).Interaction)
			k.Message = *ch.Message
			again, err := Receive(later(), k, ids, c.at)
			storesNothing(t, again, err)
		})
	}
}

// The second message opens a conversation; the one before is followed by it, and has nothing unread.
func TestTheMessageAfterAnAfterwordOpensAConversation(t *testing.T) {
	k := talkedTo(t)
	k.Queue, k.Interaction.Afterword, k.Interaction.Unread = patient(), "m", 1
	ch, err := Receive(later(), lent(t, k), ids, after(2*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindInteraction, KindMessage, KindInteraction, KindContact}, storedKinds(ch))
	before := ch.Save[0].(*Interaction)
	assert.Equal(t, "talk new-talk", before.ID+" "+before.FollowedBy)
	assert.Zero(t, before.Unread)
	assert.Equal(t, "new-talk", ch.Contact.Open)
}

// B8: the agent takes it up.
func TestReopening(t *testing.T) {
	_, i := wrapping(t)
	i.Afterword, i.Unread, i.Preview, i.LastCustomerAt, i.LastCustomerID = "m", 1, "eh", after(90*time.Second), "wamid.2"
	c := leaContact()
	c.Open = "talk"
	at := after(2 * time.Minute)
	idle := anaIs(AgentIdle, "")
	x := Reopening{Ended: i, Next: Interaction{Head: Head{ID: ReopeningID("talk")}}, Contact: c, Asset: number()}
	for _, row := range []struct {
		name   string
		change func(x *Reopening)
		by     Agent
		want   string
		wants  string
	}{
		{"she is ready", func(*Reopening) {}, ana(), "stores", "agent:ana"},
		{"she is idle", func(*Reopening) {}, idle, "stores", sales},
		{"it asked for anybody", func(x *Reopening) {
			x.Queue = Queue{Head: stored("sales", 1), Profiles: []SkillProfile{{ID: "expert"}}}
		}, idle, "stores", sales},
		{"it asked for experts", func(x *Reopening) {
			x.Ended.Profile, x.Queue = "expert", Queue{Head: stored("sales", 1), Profiles: []SkillProfile{{ID: "skilled"}, {ID: "expert"}}}
		}, idle, "stores", "sales|whatsapp|expert"},
		{"another is exclusive", func(x *Reopening) { x.Contact.Exclusives = []Exclusive{ofBea()} }, ana(), "stores", "agent:bea"},
		{"another agent asks", func(*Reopening) {}, bea(), "denied not_your_conversation", ""},
		{"there is nothing", func(x *Reopening) { x.Ended.Afterword = "" }, ana(), "conflict nothing_to_reopen", ""},
		{"he has written again", func(x *Reopening) { x.Ended.FollowedBy = "next" }, ana(), "conflict already_followed", ""},
		{"the contact has another", func(x *Reopening) { x.Contact.Open = "next" }, ana(), "conflict already_followed", ""},
		{"he is blocked", func(x *Reopening) { x.Contact.Blocked.At = nine }, ana(), "conflict customer_blocked", ""},
		{"the number is gone", func(x *Reopening) { x.Asset = removed() }, ana(), "conflict channel_removed", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			x := x
			row.change(&x)
			ch, err := Reopen(lent(t, x), row.by, at)
			require.Equal(t, row.want, outcome(ch, err))
			if err != nil {
				return
			}
			assert.Equal(t, []RecordKind{KindInteraction, KindInteraction, KindContact}, storedKinds(ch))
			n := *ch.Interaction
			assert.Equal(t, row.wants, n.Wants)
			assert.Equal(t, []any{InteractionQueued, "sales", "lea", "eh", after(90 * time.Second), "wamid.2", at.UnixMicro()},
				[]any{n.State, n.Queue, n.Contact, n.Preview, n.LastCustomerAt, n.LastCustomerID, n.Rank})
			before := ch.Save[1].(*Interaction)
			assert.Equal(t, n.ID, before.FollowedBy)
			assert.Zero(t, before.Unread)
			assert.Equal(t, n.ID, ch.Save[2].(*Contact).Open)
			assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: n.ID, Token: row.wants}}, ch.Hints)
			x.Next = *saved(ch).Interaction
			again, err := Reopen(x, row.by, at)
			storesNothing(t, again, err)
			assert.Equal(t, ch.Hints, again.Hints)
		})
	}
}
