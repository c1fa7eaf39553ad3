package tests

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	grpccodes "google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/tests/floor"
)

// unreadable is an event of a customer's message that nobody can read.
func unreadable(id string) bus.Out {
	return bus.Out{Type: bus.MessageReceived, Key: "lea", ID: id, Data: json.RawMessage(`{"arrival":17}`)}
}

// B1: the database refuses dead letters too. They come again, more often than anything else would be tried, until they
// are kept.
func TestADeadLetterWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	var lost breaks
	c := floor.OpenWith(t, suite.Options{Firestore: firestore.Options{Intercept: breakCommits(&lost, "/deadLetters/")}})
	c.Impatient("message.received.dead.kept")
	lost.left.Store(150)
	c.Publish(unreadable("e1"))
	c.Settle()
	list := c.Agent("ada").DeadLetters("").Items
	require.Len(t, list, 1)
	assert.Negative(t, lost.left.Load(), "it was refused 150 times")
	assert.Equal(t, "bad_event", list[0].Reason)
	assert.Equal(t, `{"arrival":17}`, c.Agent("ada").DeadLetter(list[0].ID).Data)
}

// B1: every event is delivered twice at once, and every commit that is applied may be reported as failed. Each letter is
// kept once, and a replay is noted once.
func TestALetterIsKeptOnceHoweverOftenItComes(t *testing.T) {
	t.Parallel()
	var lost breaks
	c := floor.OpenWith(t, suite.Options{
		Firestore: firestore.Options{AfterCommit: loseAnswers(&lost)},
		PubSub:    pubsub.Options{InterceptDelivery: func(pubsub.Delivery) pubsub.Fault { return pubsub.Fault{Duplicate: true} }},
	})
	ada := c.Agent("ada")
	lost.left.Store(5)
	c.Publish(unreadable("e1"), unreadable("e1"), unreadable("e2"))
	c.Settle()
	list := ada.DeadLetters("").Items
	require.Len(t, list, 2)
	lost.left.Store(1)
	l := ada.Replays(list[0].ID)
	assert.Len(t, l.History, 1, "the answer to its note was lost, and the note was found")
	lost.left.Store(1)
	assert.Equal(t, api.LetterStateDiscarded, ada.Discards(list[1].ID).State)
	c.Settle()
	assert.Len(t, ada.DeadLetters("").Items, 1, "the replayed one died again, once")
}

// B1: the function stops after it published the event again and before it noted so. Nothing is lost: the letter is as
// before, and when it is replayed once more the conversation opens once.
func TestAReplayThatStopsHalfWayIsRepeated(t *testing.T) {
	t.Parallel()
	var lost, torn breaks
	c := floor.OpenWith(t, suite.Options{Firestore: firestore.Options{Intercept: either(
		breakCommits(&lost, "/interactions/"), breakCommits(&torn, "/deadLetters/"))}})
	ana, ada := c.Agent("ana").SignsIn(), c.Agent("ada")
	c.Impatient("message.received.conversation")
	c.Settle()
	lost.left.Store(1_000)
	c.Customer("lea").Writes("hola")
	c.Settle()
	l := ada.DeadLetters("").Items[0]
	lost.left.Store(0)
	torn.left.Store(1)
	c.IsRefused(ada.Desktop.Call(c.Context(), http.MethodPost, floor.Letters+"/"+l.ID+"/replay", "", nil, nil), 500, "internal")
	assert.Equal(t, l, ada.DeadLetters("").Items[0])
	assert.Equal(t, api.LetterStateReplayed, ada.Replays(l.ID).State)
	i := ana.Accepts()
	c.Settle()
	assert.Equal(t, []string{"hola"}, texts(ana.Reads(i.ID)))
	assert.Len(t, all[desk.Interaction](c), 1)
}

// B1: the bus does not take the event. The administrator hears it, and nothing says that it was replayed.
func TestAReplayThatIsNotPublishedIsNotNoted(t *testing.T) {
	t.Parallel()
	var lost breaks
	c := floor.OpenWith(t, suite.Options{PubSub: pubsub.Options{InterceptPublish: refuse(&lost, bus.MessageReceived)}})
	ada := c.Agent("ada")
	c.Publish(unreadable("e1"))
	c.Settle()
	l := ada.DeadLetters("").Items[0]
	lost.left.Store(1)
	c.IsRefused(ada.Desktop.Call(c.Context(), http.MethodPost, floor.Letters+"/"+l.ID+"/replay", "", nil, nil), 503, "not_published")
	assert.Equal(t, l, ada.DeadLetters("").Items[0])
}

// Many administrators replay and discard the same at once. Whoever comes last finds it discarded, and nothing is left.
func TestAdministratorsMayMeetAtALetter(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ada := c.Agent("ada")
	c.Publish(unreadable("e1"))
	c.Settle()
	id := ada.DeadLetters("").Items[0].ID
	together(8, func(n int) {
		call := func(method, path string) error {
			return ada.Elsewhere().Desktop.Call(c.Context(), method, floor.Letters+"/"+id+path, "", nil, nil)
		}
		if n%2 == 0 {
			assert.NoError(t, call(http.MethodDelete, ""))
		} else if err := call(http.MethodPost, "/replay"); err != nil {
			c.IsRefused(err, 404, "dead_letter_missing")
		}
	})
	c.Settle()
	var l desk.DeadLetter
	for _, kept := range all[desk.DeadLetter](c) {
		if kept.ID == id {
			l = kept
		}
	}
	assert.Equal(t, desk.LetterDiscarded, l.State)
	assert.Empty(t, l.Data)
	last := l.History.Entries[len(l.History.Entries)-1]
	assert.Equal(t, []string{"discarded", "ada"}, []string{last.Event, last.By})
}

// Events of nobody's are kept as well, but nobody knows where they belong.
func TestALetterWithoutATopicCanOnlyBeGivenUp(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ada := c.Agent("ada")
	c.Publish(bus.Out{Type: bus.HintsDead, ID: "e1", Data: "stray"})
	c.Settle()
	list := ada.DeadLetters("reason=unknown").Items
	require.Len(t, list, 1)
	assert.Equal(t, api.List[api.Action]{"discard"}, list[0].Actions)
	c.IsRefused(ada.Desktop.Call(c.Context(), http.MethodPost, floor.Letters+"/"+list[0].ID+"/replay", "", nil, nil), 409, "not_replayable")
	assert.Equal(t, api.LetterStateDiscarded, ada.Discards(list[0].ID).State)
}

// R33: who gave something up is in the log, and nothing of what it said.
func TestWhatIsGivenUpIsInTheLog(t *testing.T) {
	t.Parallel()
	var log floor.Log
	c := floor.OpenWith(t, suite.Options{Log: log.Logger()})
	ada := c.Agent("ada")
	c.Publish(bus.Out{Type: bus.MessageReceived, Data: json.RawMessage(`{"arrival":"privado"}`)})
	c.Customer("lea").WritesTo("100000000000002", "privado")
	c.Settle()
	letter, parked := ada.DeadLetters("").Items[0], ada.Parked("").Items[0]
	ada.Replays(letter.ID)
	ada.Discards(letter.ID)
	ada.GivesUp(parked.ID)
	c.Settle()
	said := log.Text()
	for _, line := range []string{"dead letter replayed", "dead letter discarded", "parked message discarded", letter.ID, parked.ID} {
		assert.Contains(t, said, line)
	}
	assert.NotContains(t, said, "privado")
	assert.NotContains(t, said, "34611000") // as many digits as no random ID and no time has by chance
}

// A parked message is given up and looked for at the same moment, its number being there: it is one or the other.
func TestAParkedMessageIsGivenUpOrComesIn(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ada := c.Agent("ada")
	for n := range 5 {
		c.Customer("lea").WritesTo("100000000000002", "hola "+string(rune('a'+n)))
	}
	c.Settle()
	list := ada.Parked("").Items
	require.Len(t, list, 5)
	_, err := ada.Desktop.Import(c.Context(), []byte(number), false)
	require.NoError(t, err)
	together(10, func(n int) {
		method, path := http.MethodDelete, ""
		if n%2 == 0 {
			method, path = http.MethodPost, "/replay"
		}
		err := ada.Elsewhere().Desktop.Call(c.Context(), method, floor.Parked+"/"+list[n/2].ID+path, "", nil, nil)
		if err != nil {
			c.IsRefused(err, 404, "parked_missing")
		}
	})
	c.Settle()
	assert.Empty(t, ada.Parked("").Items)
	for _, p := range list {
		m := desk.Message{Head: desk.Head{ID: p.ID}}
		require.NoError(t, c.Store.Reader().Load(c.Context(), &m))
		assert.NotEqual(t, m.DiscardedAt.IsZero(), m.Interaction == "", "discarded, or in a conversation")
	}
	err = c.Store.Reader().Load(c.Context(), &desk.Parked{Head: desk.Head{ID: list[0].ID}})
	assert.True(t, fault.Is(err, fault.Missing))
}

// loseAnswers reports applied commits as failed while there are breaks left.
func loseAnswers(lost *breaks) func(context.Context, *pb.CommitRequest) error {
	return func(context.Context, *pb.CommitRequest) error {
		if lost.next() {
			return status.Error(grpccodes.DeadlineExceeded, "the answer was lost")
		}
		return nil
	}
}

// either breaks what one of two would.
func either(one, other func(context.Context, string, proto.Message) error) func(context.Context, string, proto.Message) error {
	return func(ctx context.Context, method string, req proto.Message) error {
		if err := one(ctx, method, req); err != nil {
			return err
		}
		return other(ctx, method, req)
	}
}
