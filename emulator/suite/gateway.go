package suite

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
)

// serve answers at the gateway: the product's routes as the topology has them, each function below its own URL, and
// the rest of the suite.
func (s *Suite) serve() {
	mux := http.NewServeMux()
	for name, f := range s.topology.Functions {
		h := s.Functions[name]
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
	mux.Handle("/faults", s.Faults)
	mux.HandleFunc("GET /{$}", s.index)
	if s.opt.GooglePubSub != "" {
		mux.Handle("POST /relay/{secret}", s.relayTo(mux))
	}
	if s.opt.Isolate {
		mux.HandleFunc("GET /processes", s.listProcesses)
		mux.HandleFunc("POST /processes/{function}/kill", s.killProcess)
	}
	var unused connections
	s.server = &http.Server{Handler: mux, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), ConnState: unused.watch}
	var serving sync.WaitGroup
	for _, l := range []net.Listener{s.listener, s.near} {
		if l != nil {
			serving.Go(func() { _ = s.server.Serve(l) }) // ends when it is shut down
		}
	}
	s.onClose(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), shutdown)
		defer cancel()
		unused.close()
		err := s.server.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = s.server.Close()
		}
		serving.Wait()
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
