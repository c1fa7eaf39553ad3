// Package host runs functions: it knows the Functions Framework, reads the environment, opens the clients of an
// instance and keeps its clock and log. No other package does.
//
// Each function registers itself by name in its init. An instance serves one of them, chosen by FUNCTION_TARGET, or
// all, each below its name. Clients are opened when the instance starts, not with its first request, so that a wrong
// setting fails the deployment and not a customer.
package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
	"github.com/sethvargo/go-envconfig"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/web"
)

// Register adds a function's routes to mux.
type Register func(mux *http.ServeMux, d Deps) error

var (
	registered = map[string]Register{}
	opened     = map[string]func() (*Instance, error){} // each opens its function once for this process
)

// process ends when the process is told to stop.
var process, stop = context.WithCancel(context.Background())

// Stop tells streams that the process is about to end; other requests go on. Calling it again changes nothing.
func Stop() { stop() }

// HTTP registers a function under its name, here and with the Functions Framework. Two functions of one name are a bug
// and panic.
func HTTP(name string, register Register) {
	if _, twice := registered[name]; twice {
		panic("host: two functions are named " + name)
	}
	registered[name] = register
	open := sync.OnceValues(func() (*Instance, error) { return Open(context.Background(), name, Options{}) })
	if os.Getenv("FUNCTION_TARGET") == name {
		if _, err := open(); err != nil {
			NewLog(os.Stdout).Error("the function cannot start", "function", name, "err", err)
			os.Exit(1)
		}
	}
	opened[name] = open
	functions.HTTP(name, answer(open))
}

// answer opens the function with the first request, unless it is open. One that cannot be opened answers that.
func answer(open func() (*Instance, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, err := open()
		if err != nil {
			web.Fail(w, r, fmt.Errorf("%w: %w", fault.New(fault.Unavailable, "not_started", "the function is not set up"), err))
			return
		}
		f.ServeHTTP(w, r)
	}
}

// Serve opens the function named target with the process's environment, or all of them, each below "/<name>", when
// target is empty.
func Serve(target string) (http.Handler, error) {
	if target != "" {
		open, ok := opened[target]
		if !ok {
			return nil, unknown(target)
		}
		return open()
	}
	mux := http.NewServeMux()
	for _, name := range Names() {
		f, err := opened[name]()
		if err != nil {
			return nil, err
		}
		mux.Handle("/"+name+"/", http.StripPrefix("/"+name, f))
	}
	return mux, nil
}

func unknown(name string) error {
	return fmt.Errorf("there is no function %q; there are %v", name, Names())
}

// Names are the registered functions, sorted.
func Names() []string { return slices.Sorted(maps.Keys(registered)) }

// Options say where a function runs. The zero value is a deployed function: the process's environment, the real clock,
// JSON lines on standard output.
type Options struct {
	Env envconfig.Lookuper
	Now func() time.Time
	Log *slog.Logger
	// Stopping ends when streams must; nil is the end of the process.
	Stopping context.Context
}

// Instance is a function with its clients open.
type Instance struct {
	http.Handler
	deps Deps
}

// Open starts a function. It fails on an unknown name, a bad setting, or when the function finds that it cannot work.
func Open(ctx context.Context, name string, o Options) (*Instance, error) {
	register, ok := registered[name]
	if !ok {
		return nil, unknown(name)
	}
	if o.Env == nil {
		o.Env = envconfig.OsLookuper()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = NewLog(os.Stdout)
	}
	if o.Stopping == nil {
		o.Stopping = process
	}
	var c config
	if err := load(o.Env, &c); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	d, err := c.open(ctx, name, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	mux := http.NewServeMux()
	origins, err := web.ParseOrigins(c.Origins)
	err = errors.Join(err, register(mux, d), d.edge.err)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, errors.Join(err, d.close()))
	}
	opt := web.Options{Function: name, Log: o.Log, Origins: origins}
	return &Instance{Handler: web.Handler(mux, opt), deps: d}, nil
}

// Close ends the function's connections. Requests must have ended.
func (i *Instance) Close() error { return i.deps.close() }

// micro is the clock records are written by.
func micro(now func() time.Time) func() time.Time {
	return func() time.Time { return desk.Micro(now()) }
}
