// Package tasks is Google Cloud Tasks for local use: a gRPC server for the unmodified client
// cloud.google.com/go/cloudtasks/apiv2 that calls HTTP targets at their time.
//
// Time is a [clock.Clock]: left alone it is real time; a test that moves it forward makes every task due on the way run.
// Schedule times, retry backoff, rates and the memory of used names follow that clock. The dispatch deadline, how long a target
// may take to answer, is real time, so that moving the clock never cuts off a call under way.
//
// # As in production
//
//   - Tasks run at or after their schedule time, at least once, up to 30 days ahead.
//   - The X-CloudTasks headers, User-Agent and OIDC token; an answer from 200 to 299 ends a task, anything else, no
//     connection or no answer in time has it retried by its own or its queue's retry configuration.
//   - A task's name stays taken for an hour after the task has ended.
//   - A task that is 31 days old is given up.
//   - A queue's limits: concurrent dispatches, and dispatches per second with bursts. When its target answers 429 or 503, a
//     queue slows down by itself, and Retry-After delays the task (rate.go).
//   - Queues can be changed, paused, purged and deleted; the name of a deleted one stays taken for three days.
//
// # Not as in production
//
//   - A queue that is new or was idle does not ramp up slowly.
//   - Purging and pausing take effect at once.
//   - Methods and fields that are missing answer UNIMPLEMENTED and their name; nothing is silently ignored.
package tasks

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/grpc"

	"github.com/deskline/deskline/emulator/clock"
)

// Options configures a Server. The zero value is a server in real time, without tokens and without hooks.
type Options struct {
	// Clock is the time tasks live by; a new one, in real time, when nil.
	Clock *clock.Clock

	// Token makes the OIDC token of a dispatch, as a compact JWT without "Bearer". It is called for each dispatch of a task
	// that names a service account, so it should keep what it signed; audience is the task's or, as in production, its URL. An
	// error counts as a failed attempt. Without Token such tasks are refused.
	Token func(ctx context.Context, serviceAccount, audience string) (string, error)

	// Observe is told of every task created, attempt ended and task given up, from many goroutines at once, and before the
	// attempt stops counting as pending. It must be quick.
	Observe func(Event)

	// Called is told of every call to the service by its name, for example "DeleteTask", before it is answered, with success or
	// not. The context has the caller's metadata. It must be quick; nil tells nobody.
	Called func(ctx context.Context, method string)

	// InterceptCreate sees every CreateTask request before it takes effect; its error, a gRPC status best, is the answer.
	InterceptCreate func(*cloudtaskspb.CreateTaskRequest) error

	// AfterCreate sees every CreateTask request that took effect; its error is the answer instead of the task, as when an
	// answer is lost on its way.
	AfterCreate func(*cloudtaskspb.CreateTaskRequest) error

	// InterceptDelete and AfterDelete are the same for DeleteTask, with the caller's metadata in the context. The task is the one that is
	// deleted; of one that is not there it has the name only, and AfterDelete is not called.
	InterceptDelete, AfterDelete func(context.Context, *cloudtaskspb.Task) error

	// InterceptDispatch chooses the fault of every dispatch. It is called from many goroutines at once.
	InterceptDispatch func(Dispatch) Fault

	Grace time.Duration // how long Close waits for answers under way; 1 s when zero

	// Transport makes the dispatches; one of the server's own when nil.
	Transport *http.Transport
}

// Server is a running Cloud Tasks server. Create it with [Start].
type Server struct {
	opts     Options
	clock    *clock.Clock
	listener net.Listener
	grpc     *grpc.Server
	http     *http.Client

	ctx     context.Context // of dispatches; ended when the grace of Close is over
	cut     context.CancelFunc
	closing chan struct{} // closed when Close begins
	once    sync.Once
	serving chan struct{}  // closed when the gRPC server has returned
	sockets sync.WaitGroup // likewise, on sockets
	working sync.WaitGroup // dispatches

	mu     sync.Mutex // guards what follows and everything in queues and tasks; never held during a hook or a dispatch
	closed bool
	queues map[string]*queue
	graves map[string]time.Time // names of deleted queues, and from when on they may be taken again
	busy   int                  // tasks due plus dispatches under way
	settle chan struct{}        // closed when busy becomes zero; nil while nobody waits
}

const (
	defaultGrace    = time.Second
	idleConnections = 1024 // kept per target host; local functions share one
)

// Start serves on addr, "127.0.0.1:0" for a free port. The caller closes the server.
func Start(addr string, opts Options) (*Server, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	if opts.Observe == nil {
		opts.Observe = func(Event) {}
	}
	if opts.Grace <= 0 {
		opts.Grace = defaultGrace
	}
	if opts.Transport == nil {
		opts.Transport = &http.Transport{MaxIdleConnsPerHost: idleConnections, IdleConnTimeout: time.Minute, DisableCompression: true}
	}
	if opts.Clock == nil {
		opts.Clock = &clock.Clock{}
	}
	s := &Server{
		opts:     opts,
		clock:    opts.Clock,
		listener: listener,
		grpc:     grpc.NewServer(grpc.UnaryInterceptor(tells(opts.Called))),
		http: &http.Client{
			Transport: opts.Transport,
		},
		closing: make(chan struct{}),
		serving: make(chan struct{}),
		queues:  map[string]*queue{},
		graves:  map[string]time.Time{},
	}
	s.ctx, s.cut = context.WithCancel(context.Background())
	cloudtaskspb.RegisterCloudTasksServer(s.grpc, service{s: s})
	go func() {
		defer close(s.serving)
		_ = s.grpc.Serve(listener) // ends with Close; before that a listener fails only when the process is out of files
	}()
	return s, nil
}

// StartSocket serves on a socket of the file system too, which is made at path and goes with Close.
func (s *Server) StartSocket(path string) error {
	l, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("tasks: %w", err)
	}
	s.sockets.Go(func() { _ = s.grpc.Serve(l) })
	return nil
}

// Addr is the address clients dial, host and port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Pending is the number of tasks that are due and not yet dispatched, plus the dispatches under way. Tasks of the future,
// among them those that wait for a retry, are not counted, nor are those of paused queues.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.busy
}

// errClosed is what Idle answers when tasks are left in a closed server.
var errClosed = errors.New("tasks: server is closed")

// Idle lets everything that is due by the clock start, and waits until nothing is pending. It does not move the clock: what
// is due and waits for its queue's rate does so in real time unless somebody else advances it. It must not be called from
// a timer of the clock.
func (s *Server) Idle(ctx context.Context) error {
	s.clock.Advance(0)
	settled := s.settled()
	if settled == nil {
		return nil
	}
	select {
	case <-settled:
		return nil
	case <-s.closing:
		return errClosed
	case <-ctx.Done():
		return fmt.Errorf("tasks: %d still pending: %w", s.Pending(), ctx.Err())
	}
}

// settled is nil when nothing is pending, else a channel that is closed when that is so.
func (s *Server) settled() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy == 0 {
		return nil
	}
	if s.settle == nil {
		s.settle = make(chan struct{})
	}
	return s.settle
}

// count changes what Pending counts. The caller holds mu.
func (s *Server) count(n int) {
	s.busy += n
	if s.busy == 0 && s.settle != nil {
		close(s.settle)
		s.settle = nil
	}
}

// Close takes no more calls, starts no more dispatches, waits for answers under way for as long as Options.Grace says and
// then cuts them off. Tasks that are left are lost. When it returns no goroutine of the server is left. Repeats do nothing.
func (s *Server) Close() error {
	s.once.Do(s.shutdown)
	return nil
}

func (s *Server) shutdown() {
	close(s.closing)
	cutOff := make(chan struct{})
	grace := time.AfterFunc(s.opts.Grace, func() {
		defer close(cutOff)
		s.cut()
		s.grpc.Stop()
	})
	s.mu.Lock()
	s.closed = true
	for _, q := range s.queues {
		q.stop()
		for _, t := range q.tasks {
			t.unschedule()
		}
	}
	s.mu.Unlock()
	s.working.Wait()
	s.grpc.GracefulStop()
	<-s.serving
	s.sockets.Wait()
	if !grace.Stop() {
		<-cutOff
	}
	s.cut()
	s.http.CloseIdleConnections()
}
