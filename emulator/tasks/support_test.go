package tasks_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	cloudtasks "cloud.google.com/go/cloudtasks/apiv2"
	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/deskline/deskline/emulator/clock"
	"github.com/deskline/deskline/emulator/tasks"
)

const (
	location = "projects/p/locations/l"
	queue    = location + "/queues/q"
)

// suite is a server with its clock, the real client and a target that keeps what it was sent.
type suite struct {
	t      testing.TB
	clock  *clock.Clock
	server *tasks.Server
	client *cloudtasks.Client
	target *target
}

func start(t testing.TB, opts tasks.Options) *suite {
	t.Helper()
	c := &suite{t: t, clock: &clock.Clock{}, target: newTarget(t)}
	opts.Clock = c.clock
	server, err := tasks.Start("127.0.0.1:0", opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	c.server = server
	c.client, err = cloudtasks.NewClient(t.Context(),
		option.WithEndpoint(server.Addr()),
		option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.client.Close() })
	return c
}

// queue makes the queue most tests use.
func (c *suite) queue(conf *cloudtaskspb.Queue) {
	c.t.Helper()
	if conf == nil {
		conf = &cloudtaskspb.Queue{}
	}
	conf.Name = queue
	_, err := c.client.CreateQueue(c.ctx(), &cloudtaskspb.CreateQueueRequest{Parent: location, Queue: conf})
	require.NoError(c.t, err)
}

func (c *suite) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	c.t.Cleanup(cancel)
	return ctx
}

// task is a task for the target that is due after the given time; zero means at once.
func (c *suite) task(id string, after time.Duration) *cloudtaskspb.Task {
	task := &cloudtaskspb.Task{
		MessageType: &cloudtaskspb.Task_HttpRequest{HttpRequest: &cloudtaskspb.HttpRequest{Url: c.target.URL + "/" + id, Body: []byte(id)}},
	}
	if id != "" {
		task.Name = queue + "/tasks/" + id
	}
	if after != 0 {
		task.ScheduleTime = timestamppb.New(c.clock.Now().Add(after))
	}
	return task
}

func (c *suite) create(task *cloudtaskspb.Task) (*cloudtaskspb.Task, error) {
	return c.client.CreateTask(c.ctx(), &cloudtaskspb.CreateTaskRequest{Parent: queue, Task: task})
}

func (c *suite) mustCreate(task *cloudtaskspb.Task) *cloudtaskspb.Task {
	c.t.Helper()
	got, err := c.create(task)
	require.NoError(c.t, err)
	return got
}

func (c *suite) idle() {
	c.t.Helper()
	require.NoError(c.t, c.server.Idle(c.ctx()))
}

// advance moves the clock and waits until all that became due has been dispatched.
func (c *suite) advance(d time.Duration) {
	c.t.Helper()
	c.clock.Advance(d)
	c.idle()
}

// hit is one request the target got.
type hit struct {
	method, path, body string
	header             http.Header
}

// target answers what answer says, 200 by default, and keeps the requests in order of arrival.
type target struct {
	*httptest.Server
	mu     sync.Mutex
	hits   []hit
	answer func(r *http.Request, nth int) int
}

func newTarget(t testing.TB) *target {
	tg := &target{answer: func(*http.Request, int) int { return http.StatusOK }}
	tg.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		tg.mu.Lock()
		tg.hits = append(tg.hits, hit{method: r.Method, path: r.URL.Path, body: string(body), header: r.Header})
		nth, answer := len(tg.hits), tg.answer
		tg.mu.Unlock()
		w.WriteHeader(answer(r, nth))
	}))
	t.Cleanup(tg.Close)
	return tg
}

func (tg *target) answers(f func(r *http.Request, nth int) int) {
	tg.mu.Lock()
	defer tg.mu.Unlock()
	tg.answer = f
}

func (tg *target) got() []hit {
	tg.mu.Lock()
	defer tg.mu.Unlock()
	return append([]hit(nil), tg.hits...)
}

func (tg *target) paths() []string {
	var paths []string
	for _, h := range tg.got() {
		paths = append(paths, h.path)
	}
	return paths
}

func seconds(n int) *durationpb.Duration { return durationpb.New(time.Duration(n) * time.Second) }
