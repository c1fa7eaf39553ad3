package tests

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	grpccodes "google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// talking is a floor where Ana has accepted Lea's conversation.
func talking(t *testing.T, o suite.Options) (*floor.Floor, *floor.Agent, *floor.Customer, string) {
	t.Helper()
	c := floor.OpenWith(t, o)
	ana, lea := c.Agent("ana").SignsIn(), c.Customer("lea")
	lea.Writes("hola")
	i := ana.Accepts()
	c.Settle()
	return c, ana, lea, i.ID
}

// notYet checks that what happens from a time on has not happened yet. Clocks go on by themselves: once that time has come, as it may
// on a slow machine, it proves nothing.
func notYet(c *floor.Floor, from time.Time, happened bool, what string) {
	c.T.Helper()
	assert.False(c.T, happened && c.Suite.Clock.Now().Before(from), what)
}

// R35: a desktop that repeats a send, because it heard no answer, sends once. Another text under the same ID is refused.
func TestAReplyThatIsSentAgainReachesTheCustomerOnce(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{})
	id := desktop.Key()
	together(10, func(int) {
		m, err := ana.Desktop.Send(c.Context(), i, id, "buenas")
		assert.NoError(t, err)
		assert.Equal(t, id, m.ClientID)
	})
	c.Settle()
	assert.Equal(t, []string{"buenas"}, lea.Received())
	_, err := ana.Desktop.Send(c.Context(), i, id, "otra cosa")
	c.IsRefused(err, 422, "id_reused")
	assert.Equal(t, []string{"buenas"}, lea.Received())
}

// R35: replies sent at once arrive in the order of the transcript, each once.
func TestRepliesSentAtOnceArriveInOrder(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{})
	together(12, func(n int) {
		_, err := ana.Desktop.Send(c.Context(), i, desktop.Key(), fmt.Sprint("respuesta ", n))
		assert.NoError(t, err)
	})
	c.Settle()
	assert.Equal(t, append([]string{"hola"}, lea.Received()...), texts(ana.Reads(i)))
	assert.Len(t, lea.Received(), 12)
}

// R35, R15: the channel takes a reply and its answer is lost. It is not sent again; it shows as unknown until a status
// settles it.
func TestAReplyOfUnknownFateIsNotSentTwice(t *testing.T) {
	t.Parallel()
	for _, kind := range []graph.FaultKind{graph.FaultHangAfter, graph.FaultDropAfter} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			c, ana, lea, i := talking(t, suite.Options{
				Env: map[string]string{"SEND_TIMEOUT": "3s"}, Number: graph.NumberOptions{Statuses: graph.StatusesManual}})
			require.NoError(t, c.Suite.Graph.AddFault(graph.Fault{Kind: kind}))
			m := ana.Writes(i, "¿me oyes?")
			c.Settle()
			shown := find(t, ana.Reads(i), m.ID)
			assert.Equal(t, api.MessageStateUnknown, shown.State)
			assert.Equal(t, "no_answer", shown.Error.Code)
			assert.NotEmpty(t, shown.Error.Advice)

			next := ana.Writes(i, "sigo aquí")
			c.Advance(10 * time.Minute)
			c.Sweep()
			assert.Equal(t, []string{"¿me oyes?", "sigo aquí"}, lea.Received(), "the next goes out, the first is not repeated")
			assert.Equal(t, api.MessageStateSent, find(t, ana.Reads(i), next.ID).State)

			_, err := c.Number().Deliver(c.Number().Sent()[0].ID)
			require.NoError(t, err)
			c.Settle()
			shown = find(t, ana.Reads(i), m.ID)
			assert.Equal(t, api.MessageStateDelivered, shown.State)
			assert.Empty(t, shown.Error.Code)
		})
	}
}

// R35: delivery dies after it claimed a reply, each time it is tried. Nobody knows whether the channel has it, so after
// two minutes it shows as unknown and the next one goes out; it is never sent again.
func TestAReplyWhoseDeliveryDiedBecomesUnknown(t *testing.T) {
	t.Parallel()
	var dead atomic.Bool
	c, ana, lea, i := talking(t, suite.Options{Number: graph.NumberOptions{Statuses: graph.StatusesManual},
		Firestore: firestore.Options{Intercept: func(_ context.Context, _ string, req proto.Message) error {
			if dead.Load() && settles(req) {
				return status.Error(grpccodes.PermissionDenied, "the function stops here")
			}
			return nil
		}}})
	dead.Store(true)
	m := ana.Writes(i, "uno")
	c.Soon("the channel has it", func() error {
		if len(lea.Received()) == 0 {
			return assert.AnError
		}
		return nil
	})
	c.Settle()
	require.Equal(t, api.MessageStateSending, find(t, ana.Reads(i), m.ID).State)
	dead.Store(false)
	ana.Writes(i, "dos")
	c.Settle()
	require.Equal(t, []string{"uno"}, lea.Received(), "the second waits for the first")
	c.Advance(desk.SendPatience)
	c.Sweep()
	shown := find(t, ana.Reads(i), m.ID)
	assert.Equal(t, api.MessageStateUnknown, shown.State)
	assert.Equal(t, "delivery_lost", shown.Error.Code)
	assert.Equal(t, []string{"uno", "dos"}, lea.Received())
}

// settles reports whether a commit stores what came of a send.
func settles(req proto.Message) bool {
	commit, ok := req.(*pb.CommitRequest)
	if !ok {
		return false
	}
	for _, w := range commit.Writes {
		if f := w.GetUpdate().GetFields()["state"]; strings.Contains(w.GetUpdate().GetName(), "/messages/") &&
			f.GetStringValue() == string(desk.MessageSent) {
			return true
		}
	}
	return false
}

// R15: a refusal shows with a reason the agent understands; nothing reached the customer.
func TestARefusedReplyFailsWithItsReason(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{})
	require.NoError(t, c.Suite.Graph.AddFault(graph.Fault{Kind: graph.FaultError, Code: 131047}))
	m := ana.Writes(i, "¿sigues ahí?")
	c.Settle()
	shown := find(t, ana.Reads(i), m.ID)
	assert.Equal(t, api.MessageStateFailed, shown.State)
	assert.Equal(t, "window_closed", shown.Error.Code)
	assert.NotEmpty(t, shown.Error.Advice)
	assert.Empty(t, lea.Received())
}

// R35: a channel that asks to wait gets the reply later, by timer and at its own pace, and the next replies after it.
func TestAChannelThatAsksToWaitGetsTheReplyLater(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{})
	require.NoError(t, c.Suite.Graph.AddFault(graph.Fault{Kind: graph.FaultError, Code: 131056}))
	again := c.Suite.Clock.Now().Add(6 * time.Second)
	first := ana.Writes(i, "uno")
	ana.Writes(i, "dos")
	c.Settle()
	notYet(c, again, find(t, ana.Reads(i), first.ID).State != api.MessageStatePending, "it is sent later")
	notYet(c, again, len(lea.Received()) > 0, "the second waits for the first")
	c.Advance(5 * time.Second)
	notYet(c, again, len(lea.Received()) > 0, "the channel wants six seconds")
	c.Advance(time.Second)
	assert.Equal(t, []string{"uno", "dos"}, lea.Received())
}

// R35: a channel that keeps refusing for now gets the reply once it takes it.
func TestAReplyIsTriedUntilTheChannelTakesIt(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{})
	require.NoError(t, c.Suite.Graph.AddFault(graph.Fault{Kind: graph.FaultError, Code: 130429, Times: 3}))
	m := ana.Writes(i, "buenas")
	c.Settle()
	for range 4 {
		c.Advance(time.Minute)
	}
	assert.Equal(t, []string{"buenas"}, lea.Received())
	assert.Equal(t, api.MessageStateRead, find(t, ana.Reads(i), m.ID).State)
}

// R35, R15: a channel that cannot be reached at all has certainly not taken the reply. It is tried again, and in the end
// fails with its reason; it is never of unknown fate.
func TestAReplyThatNeverLeftIsTriedAgain(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{Env: map[string]string{"GRAPH_URL": "http://127.0.0.1:1", "SEND_RETRY_FOR": "2m"}})
	m := ana.Writes(i, "buenas")
	c.Settle()
	assert.Equal(t, api.MessageStatePending, find(t, ana.Reads(i), m.ID).State)
	for range 4 {
		c.Advance(time.Minute)
	}
	shown := find(t, ana.Reads(i), m.ID)
	assert.Equal(t, api.MessageStateFailed, shown.State)
	assert.NotEmpty(t, shown.Error.Code)
	assert.Empty(t, lea.Received())
}

// R15: an asset that does not show status updates stops at sent; a failure still shows.
func TestWithoutStatusUpdatesAReplyStopsAtSent(t *testing.T) {
	t.Parallel()
	c, ana, _, i := talking(t, suite.Options{Number: graph.NumberOptions{Statuses: graph.StatusesManual}})
	c.Configure(`assets: [{channel: whatsapp, account: "100000000000001", name: Acme WhatsApp, display: "+34 600 000 000",
  queue: sales, token: whatsapp-acme, statusUpdates: false}]`)
	m := ana.Writes(i, "buenas")
	c.Settle()
	wamid := c.Number().Sent()[0].ID
	_, err := c.Number().Read(wamid)
	require.NoError(t, err)
	c.Settle()
	shown := find(t, ana.Reads(i), m.ID)
	assert.Equal(t, api.MessageStateSent, shown.State)
	assert.True(t, shown.ReadAt.IsZero())
	_, err = c.Number().Fail(wamid, 131026)
	require.NoError(t, err)
	c.Settle()
	shown = find(t, ana.Reads(i), m.ID)
	assert.Equal(t, api.MessageStateFailed, shown.State)
	assert.Equal(t, "undeliverable", shown.Error.Code)
}

// R35, R15: the statuses overtake the channel's answer. The reply never goes back to sent.
func TestStatusesThatOvertakeTheAnswerStand(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{})
	require.NoError(t, c.Suite.Graph.AddFault(graph.Fault{Kind: graph.FaultStatusesFirst}))
	m := ana.Writes(i, "buenas")
	c.Settle()
	shown := find(t, ana.Reads(i), m.ID)
	assert.Equal(t, api.MessageStateRead, shown.State)
	assert.False(t, shown.SentAt.IsZero())
	assert.Equal(t, []string{"buenas"}, lea.Received())
}

// R36: the customer's app shows that the agent has read what he wrote, up to his newest message.
func TestTheCustomerSeesThatHeWasRead(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{})
	newest := lea.Writes("¿hay alguien?")
	c.Settle()
	_, err := ana.Desktop.Read(c.Context(), i, ana.Reads(i)[1].Seq)
	require.NoError(t, err)
	c.Settle()
	marks := c.Number().Marks()
	require.Len(t, marks, 1)
	assert.Equal(t, newest, marks[0].ID)
	ana.Writes(i, "sí")
	c.Settle()
	assert.Len(t, c.Number().Marks(), 1, "nothing more was unread")
	answered := lea.Writes("¡bien!")
	c.Settle()
	ana.Writes(i, "¡bien!")
	c.Settle()
	require.Len(t, c.Number().Marks(), 2, "an answer says that all was read")
	assert.Equal(t, answered, c.Number().Marks()[1].ID)
	_, err = ana.Desktop.Read(c.Context(), i, ana.Reads(i)[1].Seq)
	require.NoError(t, err)
	c.Settle()
	assert.Len(t, c.Number().Marks(), 2, "reading again tells nothing new")
}
