package tests

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	grpccodes "google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/emulator/tasks"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// breaks counts down how often something fails.
type breaks struct{ left atomic.Int64 }

func (b *breaks) next() bool { return b.left.Add(-1) >= 0 }

// B1: a function stops after its save and before its hint. The event comes again, finds its work and hints.
func TestAFunctionThatStopsBeforeItsHintIsRepeated(t *testing.T) {
	t.Parallel()
	var lost breaks
	c := floor.OpenWith(t, suite.Options{PubSub: pubsub.Options{InterceptPublish: refuse(&lost, desk.HintInteractionQueued)}})
	ana := c.Agent("ana").SignsIn()
	c.Settle()
	lost.left.Store(1)
	c.Customer("lea").Writes("hola")
	i := ana.Accepts()
	assert.Equal(t, []string{"hola"}, texts(ana.Reads(i.ID)))
	assert.Negative(t, lost.left.Load(), "the first hint was refused")
}

// B1: the same where nobody repeats the call: the agent's desktop is told 503 and gives up. The sweep finds who waits.
func TestAHintThatNobodyRepeatsIsMadeByTheSweep(t *testing.T) {
	t.Parallel()
	var lost breaks
	c := floor.OpenWith(t, suite.Options{PubSub: pubsub.Options{InterceptPublish: refuse(&lost, desk.HintAgentFreed)}})
	c.Customer("lea").Writes("hola")
	c.Settle()
	lost.left.Store(100)
	_, err := c.Agent("ana").Desktop.SignIn(c.Context(), api.ChosenStateAvailable)
	c.IsRefused(err, 503, "not_published")
	c.Agent("ana").IsNotOffered()
	c.Advance(desk.Patience)
	c.Sweep()
	assert.Equal(t, "Lea", c.Agent("ana").IsOffered().Customer.Name)
}

// B1: routing stops between the offer's timer and its commit. The event comes again and makes the offer; the timer
// finds nothing and harms nobody.
func TestRoutingThatStopsBetweenTimerAndCommitIsRepeated(t *testing.T) {
	t.Parallel()
	var lost breaks
	var rang atomic.Int64
	c := floor.OpenWith(t, suite.Options{
		Firestore: firestore.Options{Intercept: breakCommits(&lost, "/offers/")},
		Tasks: tasks.Options{Observe: func(e tasks.Event) {
			if e.Kind == tasks.Attempted && strings.HasSuffix(e.URL, "/timers/offer") {
				rang.Add(1)
			}
		}},
	})
	ana := c.Agent("ana").SignsIn()
	c.Settle()
	lost.left.Store(1)
	c.Customer("lea").Writes("hola")
	c.Soon("the first offer is not stored", func() error {
		if lost.left.Load() > 0 {
			return assert.AnError
		}
		return nil
	})
	c.Suite.Clock.Advance(10 * time.Second) // before the event comes again: the lost offer's time is over long before that of the one that is made
	o := ana.IsOffered()
	c.Advance(o.Deadline.Sub(o.Now) - 9*time.Second)
	assert.EqualValues(t, 1, rang.Load(), "the lost offer's timer")
	assert.Equal(t, o.ID, ana.Me().Offer, "it ends nobody else's")
}

// B1: the same where the event is given up: the sweep has it made.
func TestAnOfferThatCouldNotBeMadeIsMadeAfterTheSweep(t *testing.T) {
	t.Parallel()
	var lost breaks
	c := floor.OpenWith(t, suite.Options{
		Firestore: firestore.Options{Intercept: breakCommits(&lost, "/offers/")},
		PubSub:    pubsub.Options{PushBackoff: pubsub.Backoff{Max: -1}, InterceptDelivery: onceOnly(desk.HintInteractionQueued)},
	})
	ana := c.Agent("ana").SignsIn()
	c.Settle()
	lost.left.Store(1)
	c.Customer("lea").Writes("hola")
	c.Soon("the offer is not made", func() error {
		if lost.left.Load() > 0 {
			return assert.AnError
		}
		return nil
	})
	require.Empty(t, ana.Me().Offer)
	c.Suite.Clock.Advance(desk.Patience)
	require.NoError(t, c.Suite.Call(c.Context(), "sweep", "/schedules/sweep"))
	assert.Equal(t, "Lea", ana.IsOffered().Customer.Name)
}

// B1, R3: the timer service refuses. The offer is made anyway, and the sweep ends it.
func TestAnOfferWithoutItsTimerIsEndedByTheSweep(t *testing.T) {
	t.Parallel()
	c := floor.OpenWith(t, suite.Options{Tasks: tasks.Options{InterceptCreate: func(*cloudtaskspb.CreateTaskRequest) error {
		return status.Error(grpccodes.Internal, "no timers today")
	}}})
	ana := c.Agent("ana").SignsIn()
	c.Settle()
	bob := c.Agent("bob").SignsIn()
	c.Customer("lea").Writes("hola")
	o := ana.IsOffered()
	stay(c, o.Deadline.Sub(o.Now), ana, bob)
	require.Equal(t, o.ID, ana.Me().Offer, "nobody called time")
	_, err := ana.Desktop.Accept(c.Context(), o.ID)
	c.IsRefused(err, 409, "offer_expired")
	c.Sweep()
	ana.Is(desk.AgentRONA)
	assert.Equal(t, o.Interaction, bob.IsOffered().Interaction)
}

// B1: every commit is applied, and every third one is reported as failed; every event is delivered twice at once. The
// conversation comes out the same.
func TestAConversationSurvivesLostAnswersAndDoubleEvents(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	c := floor.OpenWith(t, suite.Options{
		Firestore: firestore.Options{AfterCommit: func(context.Context, *pb.CommitRequest) error {
			if n.Add(1)%3 == 0 {
				return status.Error(grpccodes.DeadlineExceeded, "the answer was lost")
			}
			return nil
		}},
		PubSub: pubsub.Options{InterceptDelivery: func(pubsub.Delivery) pubsub.Fault { return pubsub.Fault{Duplicate: true} }},
	})
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	lea.Writes("uno")
	lea.Writes("dos")
	i := ana.Accepts()
	for _, text := range []string{"a", "b", "c", "d"} {
		ana.Writes(i.ID, text)
	}
	c.Settle()
	lea.Writes("tres")
	c.Settle()
	assert.Equal(t, []string{"a", "b", "c", "d"}, lea.Received(), "each once, in order")
	ana.Ends(i.ID)
	closed := ana.WrapsUp(i.ID, floor.Question)
	c.Settle()
	assert.Equal(t, []string{"opened", "offered", "accepted", "ended", "wrapped_up", "closed"}, events(closed))
	assert.Len(t, ana.Reads(i.ID), 7)
	assert.Len(t, all[desk.Interaction](c), 1)
	assert.Zero(t, ana.Me().Load)
	agree(c)
}

// refuse makes publishes to a topic fail while there are breaks left.
func refuse(lost *breaks, topic string) func(*pubsubpb.PublishRequest) error {
	return func(r *pubsubpb.PublishRequest) error {
		if strings.HasSuffix(r.Topic, "/"+topic) && lost.next() {
			return status.Error(grpccodes.InvalidArgument, "the function stops here")
		}
		return nil
	}
}

// breakCommits makes commits that touch a collection fail for good, unapplied, while there are breaks left.
func breakCommits(lost *breaks, collection string) func(context.Context, string, proto.Message) error {
	return func(_ context.Context, _ string, req proto.Message) error {
		commit, ok := req.(*pb.CommitRequest)
		if !ok {
			return nil
		}
		for _, w := range commit.Writes {
			if strings.Contains(w.GetUpdate().GetName(), collection) && lost.next() {
				return status.Error(grpccodes.PermissionDenied, "the function stops here")
			}
		}
		return nil
	}
}

// onceOnly delivers each event of a topic once and then loses it, as if its retention were over.
func onceOnly(topic string) func(pubsub.Delivery) pubsub.Fault {
	var mu sync.Mutex
	seen := map[string]bool{}
	return func(d pubsub.Delivery) pubsub.Fault {
		mu.Lock()
		defer mu.Unlock()
		if !strings.Contains(d.Subscription, "/"+topic+".") {
			return pubsub.Fault{}
		}
		again := seen[d.Message.MessageId]
		seen[d.Message.MessageId] = true
		return pubsub.Fault{Drop: again}
	}
}
