package suite

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/sethvargo/go-envconfig"

	"github.com/deskline/deskline/shared/host"
)

// FunctionURL is where events, timers and schedules reach a function.
func (s *Suite) FunctionURL(name string) string { return s.URL + "/functions/" + name }

// openFunctions starts every function of the topology with the environment it has in production.
func (s *Suite) openFunctions(ctx context.Context) error {
	log := s.opt.Log
	if log == nil {
		log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	stopping, stop := context.WithCancel(context.Background())
	s.stopping = stop
	for _, name := range s.topology.Names() {
		f, err := host.Open(ctx, name, host.Options{
			Env: envconfig.MapLookuper(s.env(name)), Now: s.Clock.Now, Log: log, Stopping: stopping})
		if err != nil {
			return err
		}
		s.Functions[name] = f
		s.onClose(f.Close)
	}
	return nil
}

// env is a function's environment.
func (s *Suite) env(name string) map[string]string {
	var urls []string
	for f := range s.topology.Functions {
		urls = append(urls, f+"="+s.FunctionURL(f))
	}
	env := map[string]string{
		"GOOGLE_CLOUD_PROJECT":      Project,
		"FIRESTORE_EMULATOR_HOST":   s.Firestore.Addr(),
		"PUBSUB_EMULATOR_HOST":      s.PubSub.Addr(),
		"CLOUD_TASKS_EMULATOR_HOST": s.Tasks.Addr(),
		"TIMER_QUEUES":              strconv.Itoa(s.topology.Timers.Queues),
		"TIMER_ACCOUNT":             s.account(),
		"TIMER_URLS":                strings.Join(urls, ","),
		"OIDC_ISSUER":               s.Identity.BaseURL(),
		"OIDC_AUDIENCE":             Audience,
		"OIDC_BOOTSTRAP_ADMINS":     Admin,
		"SERVICE_ISSUER":            s.Identity.BaseURL(),
		"SERVICE_AUDIENCE":          s.FunctionURL(name),
		"SERVICE_EMAILS":            s.account(),
		"META_APP_SECRETS":          AppSecret,
		"META_VERIFY_TOKEN":         VerifyToken,
		"IDENTITY_KEY":              identityKey,
		"GRAPH_URL":                 s.URL + "/graph",
		"SECRET_WHATSAPP_ACME":      phoneToken,
		"SECRET_MESSENGER_ACME":     pageToken,
	}
	maps.Copy(env, s.opt.Env)
	return env
}

// account is the service account whose token events, timers and schedules carry.
func (s *Suite) account() string { return s.topology.Account + account }

// serve answers at the gateway: the product's routes as the topology has them, each function below its own URL, and
// the rest of the suite.
func (s *Suite) serve() {
	mux := http.NewServeMux()
	for name, f := range s.topology.Functions {
		var h http.Handler = s.Functions[name]
		if s.opt.Wrap != nil {
			h = s.opt.Wrap(name, h)
		}
		h = s.Calls.Wrap(name, h)
		mux.Handle("/functions/"+name+"/", http.StripPrefix("/functions/"+name, h))
		for _, route := range f.Routes {
			mux.Handle(route, h)
		}
	}
	mux.Handle("/identity/", http.StripPrefix("/identity", s.Identity))
	mux.Handle("/graph/", http.StripPrefix("/graph", s.Graph))
	mux.Handle("/meter", s.Meter.Handler())
	mux.Handle("/meter/", s.Meter.Handler())
	mux.HandleFunc("GET /{$}", s.index)
	var unused connections
	s.server = &http.Server{Handler: mux, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), ConnState: unused.watch}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.server.Serve(s.listener) // ends when it is shut down
	}()
	s.onClose(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), shutdown)
		defer cancel()
		unused.close()
		err := s.server.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = s.server.Close()
		}
		<-done
		return err
	})
	s.onClose(func() error { // first of all: calls that hang on request hang until then
		s.Graph.Close()
		return nil
	})
}

// connections are those on which no request has come yet. Clients open some to spare, and a shutdown would wait for
// their requests.
type connections struct{ open sync.Map }

func (c *connections) watch(conn net.Conn, state http.ConnState) {
	if state == http.StateNew {
		c.open.Store(conn, nil)
	} else {
		c.open.Delete(conn)
	}
}

func (c *connections) close() {
	c.open.Range(func(conn, _ any) bool {
		_ = conn.(net.Conn).Close() // nobody waits for anything on it
		return true
	})
}
