package delivery

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	cloudtasks "cloud.google.com/go/cloudtasks/apiv2"
	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
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
	"github.com/deskline/deskline/shared/store"
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
	now   time.Time
	lies  atomic.Int64 // how many commits report failure after they were applied
	fails atomic.Int64 // how many commits are refused before
	tried atomic.Int64

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

func open(t testing.TB) *line {
	t.Helper()
	l := &line{t: t, now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	indexes, err := firestore.ParseIndexes(infra.Indexes)
	require.NoError(t, err)
	db := firestore.New(firestore.Options{Indexes: indexes,
		Intercept: func(_ context.Context, method string, _ proto.Message) error {
			if method == "Commit" && l.tried.Add(1) > 0 && l.fails.Add(-1) >= 0 {
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

	_, err = host.Open(t.Context(), "delivery-under-test", host.Options{})
	require.ErrorContains(t, err, "there is no function")
	l.Deps = host.Deps{Log: slog.New(slog.NewTextHandler(&l.log, nil)), Now: func() time.Time { return l.now }}
	l.senders = map[desk.Channel]channel.Sender{desk.WhatsApp: l}
	l.Tries = 6
	l.Store, err = store.Open(context.Background(), store.Config{Project: "test", Endpoint: db.Addr()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Store.Close() })
	l.Timers, err = timer.Open(context.Background(), timer.Config{Project: "test", Location: "local", Endpoint: ring.Addr(), Queues: 1,
		Account: "events@test", URLs: map[string]string{"delivery": "http://127.0.0.1:1"}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Timers.Close() })
	return l
}
