// Package pubsub is Google Pub/Sub for local use: a gRPC server for the unmodified client cloud.google.com/go/pubsub/v2
// that, unlike every other test double, delivers push subscriptions the way production does.
//
// # Design
//
// The client's own fake (pubsub/v2/pstest v2.8.1) stores push configurations and never delivers; it scans every message
// of every subscription every 10 ms, hands out messages of one key at random when their publish times tie, keeps every
// message ever published, shares one attempt counter among all subscriptions of a topic and ignores retry policies. A
// deliverer on top of it would inherit all of that. This package therefore keeps its own messages: one scheduler per
// subscription (subscription.go) that knows order, attempts, retry delay and dead letters, and three ways to take a message
// from it and bring it back: push workers (push.go), Pull and StreamingPull (pull.go). Nothing polls: publishing starts
// workers, and a worker that finds nothing ends.
//
// # As in production
//
//   - Push body, headers, OIDC token, and the answers that acknowledge: 102, 200, 201, 202 and 204 alone.
//   - The ack deadline is the time limit of a push request. Retry policies delay each message by itself; on top of that,
//     refusals slow down the whole subscription (push backoff).
//   - A subscription begins with few push requests at a time and makes more as they are acknowledged quickly (window.go).
//   - With message ordering, one message per key is out at a time, and a refused one is delivered again before its successors.
//   - After its last attempt a message goes to the dead-letter topic with the CloudPubSubDeadLetterSource attributes.
//   - Messages older than their subscription's retention are dropped, and subscriptions that are not used expire.
//   - Filters, and the limits of names, messages and requests.
//   - Seek to a time and to a snapshot: what a topic or a subscription retains comes back, what came before is acknowledged.
//
// # Time
//
// Retry delays, push backoff, ack deadlines of pulls, retention, expiration and delays by a fault follow a [clock.Clock]: left
// alone it is real time; a test that moves it forward makes due what is due. How long an endpoint may take to answer is real
// time, so that moving the clock never cuts off a request under way.
//
// # Not as in production
//
//   - A subscription never has more than Options.Parallel push requests under way; production's window has no limit.
//   - Pulls, too, get one message of a key at a time; production may hand out several, in order.
//   - Seek counts as soon as it is answered, and the deliveries of what it leaves unacknowledged begin anew, with their first attempt;
//     production takes up to a minute for it. What is under way may be delivered twice by that.
//   - Methods and fields that are missing answer UNIMPLEMENTED and their name; nothing else is silently ignored.
package pubsub

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/deskline/deskline/emulator/clock"
)

// Options configures a Server. The zero value is a server with production's delays, without tokens and without hooks.
type Options struct {
	// Token makes the OIDC token of a push request, as a compact JWT without "Bearer". It is called for each delivery of a
	// subscription whose push configuration names a service account, so it should keep what it signed; audience is the
	// configured one or, as in production, the push endpoint. An error counts as a refused delivery. Without Token such
	// subscriptions are refused.
	Token func(ctx context.Context, serviceAccount, audience string) (string, error)

	// Observe is told of every published message, delivery and dead letter, from many goroutines at once, and before the
	// message stops counting as pending. It must be quick.
	Observe func(Event)

	// InterceptPublish sees every valid Publish request before it takes effect; its error, a gRPC status best, is the answer.
	// Dead letters do not pass it.
	InterceptPublish func(*pubsubpb.PublishRequest) error

	// AfterPublish sees every Publish request that took effect; its error is the answer instead of the IDs, as when an answer
	// is lost on its way.
	AfterPublish func(*pubsubpb.PublishRequest) error

	// InterceptDelivery chooses the fault of every push delivery. It is called from many goroutines at once.
	InterceptDelivery func(Delivery) Fault

	Parallel    int           // push requests in flight per subscription, at most; 64 when zero
	Window      int           // push requests in flight a subscription begins with; 4 when zero, Parallel when negative
	PushBackoff Backoff       // pause of a push subscription after refusals; 100 ms to 60 s when zero, none when Max is negative
	AckDeadline time.Duration // replaces the ack deadline of every subscription when positive, for tests below the minimum of 10 s
	Grace       time.Duration // how long Close waits for answers under way; 1 s when zero

	// Transport makes the push requests; one of the server's own when nil.
	Transport *http.Transport

	// Clock is the time messages live by (package comment); a new one, in real time, when nil.
	Clock *clock.Clock

	// Now stamps publish times; the clock's time when nil.
	Now func() time.Time
}

// Server is a running Pub/Sub server. Create it with [Start].
type Server struct {
	opts     Options
	clock    *clock.Clock
	listener net.Listener
	grpc     *grpc.Server
	http     *http.Client

	ctx     context.Context // of push requests; ended when the grace of Close is over
	cut     context.CancelFunc
	closing chan struct{} // closed when Close begins; ends pulls
	closed  sync.Once
	serving chan struct{}  // closed when the gRPC server has returned
	sockets sync.WaitGroup // likewise, on sockets
	working sync.WaitGroup // push workers; grows only under the lock of a subscription that is not closed
	hearing sync.WaitGroup // readers of pull streams; grows only while their handlers run
	pending tally
	lastID  atomic.Uint64

	admin sync.Mutex // held while a topic or subscription is made, changed or deleted; taken before mu

	mu     sync.RWMutex // guards the maps; taken before any topic's or subscription's lock
	topics map[string]*topic
	subs   map[string]*subscription
	snaps  map[string]*snapshot
}

const (
	defaultParallel = 64
	defaultGrace    = time.Second
	maxMessageBytes = 20 << 20 // of a gRPC message; above maxRequestBytes, so that the limit answers by its name
	idleConnections = 1024     // kept per endpoint host; local functions share one
)

// Start serves on addr, "127.0.0.1:0" for a free port. The caller closes the server.
func Start(addr string, opts Options) (*Server, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("pubsub: %w", err)
	}
	opts = withDefaults(opts)
	s := &Server{
		opts:     opts,
		clock:    opts.Clock,
		listener: listener,
		grpc:     grpc.NewServer(grpc.MaxRecvMsgSize(maxMessageBytes), grpc.MaxSendMsgSize(maxMessageBytes)),
		http: &http.Client{
			Transport:     opts.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		closing: make(chan struct{}),
		serving: make(chan struct{}),
		topics:  map[string]*topic{},
		subs:    map[string]*subscription{},
		snaps:   map[string]*snapshot{},
	}
	s.ctx, s.cut = context.WithCancel(context.Background())
	s.lastID.Store(uint64(time.Now().UnixMicro()))
	pubsubpb.RegisterPublisherServer(s.grpc, publisher{s: s})
	pubsubpb.RegisterSubscriberServer(s.grpc, subscriber{s: s})
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
		return fmt.Errorf("pubsub: %w", err)
	}
	s.sockets.Go(func() { _ = s.grpc.Serve(l) })
	return nil
}

func withDefaults(o Options) Options {
	if o.Observe == nil {
		o.Observe = func(Event) {}
	}
	if o.Clock == nil {
		o.Clock = &clock.Clock{}
	}
	if o.Now == nil {
		o.Now = o.Clock.Now
	}
	if o.Parallel <= 0 {
		o.Parallel = defaultParallel
	}
	switch {
	case o.Window == 0:
		o.Window = firstWindow
	case o.Window < 0:
		o.Window = o.Parallel
	}
	if o.Grace <= 0 {
		o.Grace = defaultGrace
	}
	if o.Transport == nil {
		o.Transport = &http.Transport{MaxIdleConnsPerHost: idleConnections, IdleConnTimeout: time.Minute, DisableCompression: true}
	}
	if o.PushBackoff == (Backoff{}) {
		o.PushBackoff = productionPush
	}
	return o
}

// Addr is the address clients dial, host and port: the value of PUBSUB_EMULATOR_HOST.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Pending is the number of messages in push subscriptions that are neither acknowledged nor dead-lettered, counted once per
// subscription; those that wait for a retry are among them. What waits to be pulled is not counted.
func (s *Server) Pending() int { return s.pending.count() }

// errClosed is what Idle answers when messages are left in a closed server.
var errClosed = errors.New("pubsub: server is closed")

// Idle waits until nothing is pending, retries included: it does not move the clock, so a retry that is a second away takes a
// second unless somebody else advances it. A handler that publishes before it acknowledges keeps the server from being idle
// in between.
func (s *Server) Idle(ctx context.Context) error {
	for {
		zero := s.pending.zero()
		if zero == nil {
			return nil
		}
		select {
		case <-zero:
			return nil
		case <-s.closing:
			return errClosed
		case <-ctx.Done():
			return fmt.Errorf("pubsub: %d messages still pending: %w", s.Pending(), ctx.Err())
		}
	}
}

// Close takes no more calls, starts no more deliveries, waits for answers under way for as long as Options.Grace says and
// then cuts them off. Messages that are left are lost. When it returns no goroutine of the server is left. Repeats do
// nothing.
func (s *Server) Close() error {
	s.closed.Do(s.shutdown)
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
	s.mu.RLock()
	for _, sub := range s.subs {
		sub.close(false)
	}
	for _, snap := range s.snaps {
		snap.expiry()
	}
	s.mu.RUnlock()
	s.working.Wait()
	s.grpc.GracefulStop()
	<-s.serving
	s.sockets.Wait()
	s.hearing.Wait()
	if !grace.Stop() {
		<-cutOff
	}
	s.cut()
	s.http.CloseIdleConnections()
}

func (s *Server) isClosing() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

func (s *Server) observe(e Event) { s.opts.Observe(e) }

// publish stamps the messages and gives them to every subscription of the topic. The caller has checked them.
func (s *Server) publish(name string, msgs []*pubsubpb.PubsubMessage) error {
	t, err := s.topic(name)
	if err != nil {
		return err
	}
	now := timestamppb.New(s.opts.Now())
	for _, m := range msgs {
		m.MessageId = strconv.FormatUint(s.lastID.Add(1), 10)
		m.PublishTime = now
		s.observe(eventOf(Published, name, m))
	}
	t.publish(msgs, s.clock.Now())
	return nil
}

// tally counts and tells when the count is zero.
type tally struct {
	mu    sync.Mutex
	n     int
	empty chan struct{} // closed at zero; nil while nobody waits
}

func (t *tally) add(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n += n
	if t.n == 0 && t.empty != nil {
		close(t.empty)
		t.empty = nil
	}
}

func (t *tally) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.n
}

// zero is nil when the count is zero, else a channel that is closed when it gets there.
func (t *tally) zero() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == 0 {
		return nil
	}
	if t.empty == nil {
		t.empty = make(chan struct{})
	}
	return t.empty
}
