// Package suite runs the whole product on one machine: every function on Google's own clients, and behind them our
// Firestore, Pub/Sub, Cloud Tasks, identity provider and channels. Functions, topics, timers and indexes come from
// package infra, which the deployment is made from too; only endpoints differ.
//
// Nothing is switched off here: webhooks are signed, agents and service accounts come with tokens, and the functions
// check both as they do in production.
package suite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/deskline/deskline/emulator/calls"
	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/emulator/clock"
	"github.com/deskline/deskline/emulator/faults"
	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/identity"
	"github.com/deskline/deskline/emulator/meter"
	"github.com/deskline/deskline/emulator/process"
	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/emulator/tasks"
	_ "github.com/deskline/deskline/functions/all" // the product
	"github.com/deskline/deskline/infra"
	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/store"
)

// Names of the local centre. The secrets are nobody's: they protect a machine from itself.
const (
	Project     = "deskline-local"
	Audience    = "deskline"
	Admin       = "ada@acme.example" // may import a centre before there is one
	AppSecret   = "local-app-secret"
	VerifyToken = "local-verify-token"
	AppID       = "400000000000001" // of the product at Meta
	PhoneNumber = "100000000000001" // the WhatsApp number of the example centre
	PageID      = "300000000000001" // its Messenger page
	PageName    = "Acme Shoes"
	phoneToken  = "local-whatsapp-token"
	pageToken   = "local-messenger-token"
	identityKey = "local-identity-key"
	account     = "@" + Project + ".iam.gserviceaccount.com"
)

// Options say how a suite runs. The zero value is a suite on free ports of this machine, in real time and without
// schedules, which tests call by hand.
type Options struct {
	Addr      string            // of the gateway; empty is a free port of 127.0.0.1
	Schedules bool              // run schedules by the clock
	Log       *slog.Logger      // of the functions; nil drops it
	Env       map[string]string // settings of the functions, over the suite's own

	// Data is the directory that Firestore's documents are kept in, over restarts and crashes; empty keeps nothing. Events and
	// timers under way are not kept, as little as what was sent to the simulated channels: the sweep finds in the documents
	// whose move it is and hints again, as it does in production when something is lost. A message from a customer that was
	// taken and not yet stored is lost with its event.
	Data string

	// Isolate runs each function in a process of its own, which is started anew when it dies: another run of Program, or of the binary
	// that runs when that is empty, which must begin with process.Main.
	Isolate bool
	Program string

	// Import and Export are archives of all records (see package archive): the file that the suite begins with, and the one that Close
	// writes when all functions have ended. Empty is none. A suite that has records already cannot import.
	Import, Export string

	// GoogleFirestore is the address of an emulator of Google's that is used instead of our Firestore (see package google); empty is
	// ours. The suite gets a database of its own there, which stays when it closes. That emulator enforces no indexes and dates commits
	// by its own clock. Of our Firestore's hooks it has Intercept and AfterCommit; Observe is an error, and so is Data.
	GoogleFirestore string

	// GooglePubSub is the same for Pub/Sub. The suite gets a project of its own there, and takes its topics and subscriptions away when
	// it closes. That emulator pushes two messages of a subscription at a time, dates them by its own clock, so that what
	// somebody types is too old to be passed on once the suite's clock is ahead, and tells functions neither ordering keys nor how often
	// it tried; and it keeps them for a week, where subscriptions say longer. Nobody knows when it has come to rest. Of our Pub/Sub's
	// hooks it has InterceptPublish and AfterPublish; Observe and InterceptDelivery are an error. So the meter does not count events, and
	// of the faults in deliveries none happens.
	GooglePubSub string

	Firestore firestore.Options   // hooks; clock, indexes, data and log are the suite's
	PubSub    pubsub.Options      // hooks and pauses; tokens and clock are the suite's
	Tasks     tasks.Options       // hooks; tokens and clock are the suite's
	Graph     graph.Options       // pauses; addresses, secrets and clock are the suite's
	Number    graph.NumberOptions // of its templates, nil is those of the example centre
	Page      graph.PageOptions

	Faults faults.Plan // what goes wrong from the first request on; Suite.Faults changes it

	// Wrap goes around a function, for tests that count, delay or break its requests; nil changes nothing.
	Wrap func(function string, h http.Handler) http.Handler
}

// Suite is a running suite.
type Suite struct {
	URL   string // of the gateway: the HTTP API and everything else that speaks HTTP
	Clock *clock.Clock
	Calls *calls.Register // who asks the services for what
	Meter *meter.Meter    // what production would bill

	Records   store.Config      // the database that the functions keep their records in
	Firestore *firestore.Server // nil with Options.GoogleFirestore
	Bus       bus.Config        // where the functions publish, and a test may
	PubSub    *pubsub.Server    // nil with Options.GooglePubSub
	Tasks     *tasks.Server
	Graph     *graph.Server
	Identity  *identity.Issuer
	Faults    *faults.Injector
	Functions map[string]http.Handler

	topology infra.Topology
	opt      Options
	listener net.Listener
	server   *http.Server
	stopping context.CancelFunc
	closers  []func() error

	sockets   string            // the directory they are in
	shortcuts map[string]string // where functions reach services, by variable; those that are not in it they reach where everybody does
	near      net.Listener      // the gateway's socket; nil when there is none

	processes map[string]*process.Process // of functions that have their own
	relays    map[string]string           // the function that a relay passes pushes on to, by the relay's secret
}

// signingKey signs the tokens of every suite of this process: a key of its own would cost a suite more than the rest of its start. Their
// issuers have addresses of their own, so that a token of one is a stranger's to the others.
var signingKey = sync.OnceValue(identity.NewKey)

// Start starts everything and returns when it answers. A port in use, or a file of infra that cannot be used, is an
// error; nothing is left running then.
func Start(ctx context.Context, opt Options) (*Suite, error) {
	s := &Suite{Clock: &clock.Clock{}, Calls: &calls.Register{}, opt: opt,
		Functions: map[string]http.Handler{}, processes: map[string]*process.Process{}, relays: map[string]string{}, shortcuts: map[string]string{}}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Suite) start(ctx context.Context) (err error) {
	if s.topology, err = infra.Read(); err != nil {
		return err
	}
	if err := s.opt.checkPubSub(); err != nil {
		return err
	}
	if err := s.openFaults(); err != nil {
		return err
	}
	addr := s.opt.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	if s.listener, err = net.Listen("tcp", addr); err != nil {
		return err
	}
	s.onClose(func() error { return closed(s.listener) })
	s.URL = "http://" + s.listener.Addr().String()
	if err := s.openShortcuts(); err != nil {
		return err
	}
	if err := s.openMeter(); err != nil {
		return err
	}
	s.Identity = identity.NewWithKey(s.URL+"/identity", s.Clock.Now, signingKey())
	if err := s.startServices(ctx); err != nil {
		return err
	}
	if err := s.provision(ctx); err != nil {
		return err
	}
	if err := s.openFunctions(ctx); err != nil {
		return err
	}
	s.serve()
	if s.opt.Schedules {
		s.schedule()
	}
	return nil
}

// startServices starts what the functions talk to.
func (s *Suite) startServices(ctx context.Context) (err error) {
	if err := s.startFirestore(ctx); err != nil {
		return err
	}
	if err := s.startPubSub(); err != nil {
		return err
	}
	to := s.meteredTasks(s.opt.Tasks)
	to.Clock, to.Token, to.Transport = s.Clock, s.Identity.ServiceToken, s.transport()
	if s.Tasks, err = tasks.Start("127.0.0.1:0", to); err != nil {
		return fmt.Errorf("tasks: %w", err)
	}
	s.onClose(s.Tasks.Close)
	s.shorten("CLOUD_TASKS_EMULATOR_HOST", s.Tasks.StartSocket)
	return s.startGraph()
}

// startGraph starts the channels, with the example centre's number and page.
func (s *Suite) startGraph() (err error) {
	o := s.opt.Graph
	o.Now, o.WebhookURL, o.VerifyToken = s.Clock.Now, s.URL+"/webhooks/meta", VerifyToken
	o.AppID, o.AppSecret = AppID, AppSecret
	if o.Client == nil {
		o.Client = &http.Client{Transport: s.transport()}
	}
	if s.Graph, err = graph.New(o); err != nil {
		return fmt.Errorf("graph: %w", err)
	}
	n := s.opt.Number
	if n.Templates == nil {
		n.Templates = centre.Templates()
	}
	n.ID, n.Display, n.WABA, n.Token = PhoneNumber, "34600000000", "200000000000001", phoneToken
	if _, err = s.Graph.AddNumber(n); err != nil {
		return err
	}
	p := s.opt.Page
	p.ID, p.Name, p.Token = PageID, PageName, pageToken
	_, err = s.Graph.AddPage(p)
	return err
}

// closed closes a listener that the server may have closed.
func closed(l net.Listener) error {
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (s *Suite) onClose(f func() error) { s.closers = append(s.closers, f) }

// shutdown is how long requests under way may take when the suite closes.
const shutdown = 2 * time.Second

// Close stops everything, the last started first, and returns when nothing is left running. Closing again does nothing.
func (s *Suite) Close() error {
	if s.stopping != nil {
		s.stopping()
	}
	var errs []error
	for n := len(s.closers) - 1; n >= 0; n-- {
		errs = append(errs, s.closers[n]())
	}
	s.closers = nil
	return errors.Join(errs...)
}
