package delivery

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	cloudtasks "cloud.google.com/go/cloudtasks/apiv2"
	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/sethvargo/go-envconfig"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/tasks"
	"github.com/deskline/deskline/infra"
	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/timer"
)

// How the journeys in tests/sending_test.go go is not repeated here: these are the paths that they cannot reach.

func TestBackoff(t *testing.T) {
	for n, want := range map[int]time.Duration{-1: time.Second, 0: time.Second, 1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 4: 8 * time.Second,
		5: 16 * time.Second, 6: 32 * time.Second, 7: time.Minute, 8: time.Minute, 1000: time.Minute} {
		assert.Equal(t, want, backoff(n), n)
	}
}

// line is the delivery function on a database, a task server and a channel that takes everything.
type line struct {
	handlers
	t     testing.TB
	log   bytes.Buffer
	lies  atomic.Int64 // how many commits report failure after they were applied
	fails atomic.Int64 // how many commits are refused before
	tried atomic.Int64

	claiming func() // what happens while the first commit is under way; nil is nothing

	mu    sync.Mutex
	sent  []string
	tasks []string
}

// Send implements channel.Sender.
func (l *line) Send(_ context.Context, m channel.Outgoing) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, m.Text)
	return "wamid." + m.Message, nil
}

// MarkRead implements channel.Sender.
func (*line) MarkSeen(context.Context, channel.Seen) error { return nil }

func open(t testing.TB) *line {
	t.Helper()
	l := &line{t: t}
	indexes, err := firestore.ParseIndexes(infra.Indexes)
	require.NoError(t, err)
	db := firestore.New(firestore.Options{Indexes: indexes,
		Intercept: func(_ context.Context, method string, _ proto.Message) error {
			if method != "Commit" {
				return nil
			}
			if l.tried.Add(1) == 1 && l.claiming != nil {
				l.claiming()
			}
			if l.fails.Add(-1) >= 0 {
				return status.Error(codes.Aborted, "try again")
			}
			return nil
		},
		AfterCommit: func(context.Context, *pb.CommitRequest) error {
			if l.lies.Add(-1) >= 0 {
				return status.Error(codes.Aborted, "nobody knows")
			}
			return nil
		}})
	require.NoError(t, db.Start("127.0.0.1:0"))
	t.Cleanup(db.Close)
	ring, err := tasks.Start("127.0.0.1:0", tasks.Options{
		Token: func(context.Context, string, string) (string, error) { return "", errors.New("nobody is called") },
		InterceptCreate: func(req *cloudtaskspb.CreateTaskRequest) error {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.tasks = append(l.tasks, string(req.GetTask().GetHttpRequest().GetBody()))
			return nil
		}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, ring.Close()) })
	client, err := cloudtasks.NewClient(t.Context(), option.WithEndpoint("passthrough:///"+ring.Addr()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	require.NoError(t, err)
	defer client.Close()
	_, err = client.CreateQueue(t.Context(), &cloudtaskspb.CreateQueueRequest{Parent: "projects/test/locations/local",
		Queue: &cloudtaskspb.Queue{Name: "projects/test/locations/local/queues/timers-0"}})
	require.NoError(t, err)

	opened = &l.Deps
	f, err := host.Open(t.Context(), "delivery under test", host.Options{
		Env: envconfig.MapLookuper(map[string]string{"GOOGLE_CLOUD_PROJECT": "test", "FIRESTORE_EMULATOR_HOST": db.Addr(),
			"PUBSUB_EMULATOR_HOST": "127.0.0.1:1", "CLOUD_TASKS_EMULATOR_HOST": ring.Addr(), "TIMER_QUEUES": "1", "TIMER_ACCOUNT": "events@test",
			"TIMER_URLS": "delivery=http://127.0.0.1:1", "SECRET_WHATSAPP": "hush"}),
		Log: slog.New(slog.NewTextHandler(&l.log, nil)), Now: func() time.Time { return noon }})
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	l.senders = map[desk.Channel]channel.Sender{desk.WhatsApp: l}
	l.SendFor, l.RetryFor = time.Minute, 10*time.Minute
	l.put(&desk.Asset{Head: desk.Head{ID: "whatsapp:1"}, Channel: desk.WhatsApp, Account: "1", Token: "whatsapp"})
	l.tried.Store(0)
	return l
}

// opened takes what the host gives a function.
var opened *host.Deps

func init() {
	host.HTTP("delivery under test", func(_ *http.ServeMux, d host.Deps) error {
		*opened = d
		return nil
	})
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func (l *line) put(recs ...desk.Record) {
	l.t.Helper()
	require.NoError(l.t, l.Store.Reader().Save(context.Background(), desk.Change{Save: recs}))
}

// message is what the interaction has to send.
func (l *line) message(id string) desk.Message {
	l.t.Helper()
	m := desk.Message{Head: desk.Head{ID: id}}
	require.NoError(l.t, l.Store.Reader().Load(l.t.Context(), &m))
	return m
}

func pending(id string, seq int64) *desk.Message {
	return &desk.Message{Head: desk.Head{ID: id}, Interaction: "i", Asset: "whatsapp:1", Seq: seq, Direction: desk.Outbound, State: desk.MessagePending, Text: id}
}

func (l *line) deliver(ctx context.Context, rang timer.Body) error {
	return l.handlers.deliver(ctx, "i", rang)
}

func TestNothingToSend(t *testing.T) {
	l := open(t)
	require.NoError(t, l.deliver(t.Context(), timer.Body{}))
	assert.Empty(t, l.sent)
	assert.Zero(t, l.tried.Load())
}

// The push breaks off while a message is claimed: it is sent and settled all the same, or nobody would ever know its
// fate. The next one is left to the next push.
func TestWhatWasBegunIsBroughtToItsEnd(t *testing.T) {
	l := open(t)
	l.put(pending("hola", 1), pending("que tal", 2))
	ctx, cancel := context.WithCancel(t.Context())
	l.tried.Store(0)
	l.claiming = cancel
	err := l.deliver(ctx, timer.Body{})
	assert.True(t, fault.Of(err).Kind.Retry(), "the push comes again: %v", err)
	assert.Equal(t, []string{"hola"}, l.sent)
	assert.Equal(t, desk.MessageSent, l.message("hola").State)
	assert.Equal(t, desk.MessagePending, l.message("que tal").State)
}

// Neither a claim nor an outcome whose commit reports failure makes the channel get a message twice, or not at all.
func TestCommitsOfUnknownFate(t *testing.T) {
	for lies := range int64(5) {
		l := open(t)
		l.put(pending("hola", 1), pending("que tal", 2))
		l.lies.Store(lies)
		require.NoError(t, l.deliver(t.Context(), timer.Body{}))
		assert.Equal(t, []string{"hola", "que tal"}, l.sent, "%d commits", lies)
		for _, id := range l.sent {
			m := l.message(id)
			assert.Equal(t, desk.MessageSent, m.State)
			assert.Equal(t, "wamid."+id, m.ProviderID)
			assert.Equal(t, 1, m.Tries)
		}
	}
}

// A database that refuses every claim is asked again with pauses, and not for ever.
func TestAClaimThatIsAlwaysLostIsGivenUp(t *testing.T) {
	l := open(t)
	l.put(pending("hola", 1))
	l.tried.Store(0)
	l.fails.Store(1 << 40)
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	err := l.deliver(ctx, timer.Body{})
	assert.True(t, fault.Is(err, fault.Unavailable), "%v", err)
	assert.Empty(t, l.sent)
	assert.Greater(t, l.tried.Load(), int64(1))
	l.fails.Store(0)
	require.NoError(t, l.deliver(t.Context(), timer.Body{}))
	assert.Equal(t, []string{"hola"}, l.sent)
}

// A retry timer that comes early, as one by a faster clock may, has a successor; one set again from elsewhere is the
// same timer.
func TestAnEarlyRetryHasASuccessor(t *testing.T) {
	l := open(t)
	m := pending("hola", 1)
	m.Tries, m.DueAt = 1, noon.Add(30*time.Second)
	l.put(m)
	require.NoError(t, l.deliver(t.Context(), timer.Body{}))
	require.NoError(t, l.deliver(t.Context(), timer.Body{ID: "i", At: m.DueAt}))
	require.NoError(t, l.deliver(t.Context(), timer.Body{ID: "i", At: m.DueAt, Round: 1}))
	assert.Equal(t, []string{
		`{"id":"i","at":"2026-11-21T12:00:30Z"}`, `{"id":"i","at":"2026-11-21T12:00:30Z","round":1}`, `{"id":"i","at":"2026-11-21T12:00:30Z","round":2}`,
	}, l.tasks)
	assert.Empty(t, l.sent)
}

func TestWhatCannotBeSentSaysWhy(t *testing.T) {
	l := open(t)
	gone, mute := pending("gone", 1), pending("mute", 2)
	gone.Asset, mute.Asset = "whatsapp:gone", "whatsapp:mute"
	l.put(gone, mute, pending("hola", 3), &desk.Asset{Head: desk.Head{ID: "whatsapp:mute"}, Channel: desk.WhatsApp, Token: "forgotten"})
	require.NoError(t, l.deliver(t.Context(), timer.Body{}))
	assert.Equal(t, []string{"hola"}, l.sent, "the next one goes out all the same")
	for id, want := range map[string]string{"gone": "channel_removed", "mute": "channel_token"} {
		m := l.message(id)
		assert.Equal(t, desk.MessageFailed, m.State, id)
		assert.Equal(t, want, m.Problem.Code, id)
		assert.True(t, m.DueAt.IsZero(), "the sweep has nothing to remind of")
	}
	assert.Contains(t, l.log.String(), "SECRET_FORGOTTEN")
}
