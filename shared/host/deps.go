package host

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/sethvargo/go-envconfig"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/timer"
	"github.com/deskline/deskline/shared/web"
)

// Deps is what a function works with: the clients of its instance, who may call it, the time and the log.
type Deps struct {
	Store  *store.Store
	Bus    *bus.Bus
	Timers *timer.Timers
	Log    *slog.Logger
	Now    func() time.Time // UTC with microseconds, as records keep it

	Stopping context.Context // ends when streams must

	env  envconfig.Lookuper
	edge *callers
}

// Load fills a function's config from the environment; see envconfig for the tags. It fails on a missing required
// setting or one that does not parse.
func (d Deps) Load(into any) error { return load(d.env, into) }

// Secret is the first of the values that Secrets gives: the one to use where only one can be.
func (d Deps) Secret(name string) (string, error) {
	values, err := d.Secrets(name)
	if err != nil {
		return "", err
	}
	return values[0], nil
}

// secretsMax is how many values a secret may have at once.
const secretsMax = 2

// Secrets are the values of the secret a record names, from the environment variable SECRET_<NAME>: the name in upper
// case, anything but letters and digits as "_". Platforms put their secret managers' values there. It is one value or,
// while it is being changed, two with a comma between, the one to try first before the other: the new one is put first,
// the old one is withdrawn where it was given out, then it is taken off here. No value may hold a comma or spaces around
// it. A secret that is not set, or has more than two values, is an error.
func (d Deps) Secrets(name string) ([]string, error) {
	key := "SECRET_" + strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(name))
	text, _ := d.env.Lookup(key)
	var values []string
	for _, v := range strings.Split(text, ",") {
		if v = strings.TrimSpace(v); v != "" {
			values = append(values, v)
		}
	}
	switch {
	case len(values) == 0:
		return nil, fmt.Errorf("secret %q is not set", key)
	case len(values) > secretsMax:
		return nil, fmt.Errorf("secret %q has %d values, more than %d", key, len(values), secretsMax)
	}
	return values, nil
}

// NewID makes a random ID for a record: 128 bits, so that it never meets another.
func (d Deps) NewID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// timerFor is how long an offer waits for its timer.
const timerFor = time.Second

// WatchOffer sets the timer of an offer that is going to be made. Without it the offer is made all the same: the sweep ends
// it.
func (d Deps) WatchOffer(ctx context.Context, o desk.Offer) {
	ctx, cancel := context.WithTimeout(ctx, timerFor)
	defer cancel()
	if err := d.Timers.Set(ctx, timer.ForOffer(o.ID, o.Deadline)); err != nil {
		d.Log.LogAttrs(ctx, slog.LevelError, "offer made without its timer", slog.String("offer", o.ID), slog.Any("err", err))
	}
}

// Move is store.Move, then the hints. When the hints cannot be published the move is saved nevertheless and the error
// is Unavailable: whoever repeats the move hints again, and what nobody repeats the sweep finds.
func (d Deps) Move(ctx context.Context, decide func(context.Context, *store.Reader) (desk.Change, error)) (desk.Change, error) {
	ch, err := d.Store.Move(ctx, decide)
	if err != nil {
		return desk.Change{}, err
	}
	return ch, d.Bus.Hint(ctx, ch.Hints...)
}

// Edge is for callers that are agents. Settings it lacks fail the start.
func (d Deps) Edge() web.Edge {
	return web.Edge{Authenticate: d.edge.agents(d).Authenticate, Log: d.Log}
}

// EventFunc handles one event. A fault that may pass brings the event again; see bus.Handler.
type EventFunc func(context.Context, bus.Event) error

// Events adds the endpoint of push subscriptions, POST /events, for callers with the service account's token. Events
// of other types are acknowledged and noted: a subscription may be wider than the function.
func (d Deps) Events(mux *http.ServeMux, handle map[string]EventFunc) {
	mux.Handle("POST /events", d.edge.service(d).Protect(d.Bus.Handler(func(ctx context.Context, e bus.Event) error {
		f, ok := handle[e.Type]
		if !ok {
			return fault.New(fault.Missing, "unknown_event", "no handler for events of type %q", e.Type)
		}
		return f(ctx, e)
	})))
}

// DeadLetters adds the endpoint of push subscriptions on dead-letter topics, POST /events, for callers with the service
// account's token. Every error brings the letter again; see bus.DeadHandler.
func (d Deps) DeadLetters(mux *http.ServeMux, f func(context.Context, bus.Dead) error) {
	mux.Handle("POST /events", d.edge.service(d).Protect(d.Bus.DeadHandler(f)))
}

// Timer adds the endpoint of a timer, POST /timers/<name>, for callers with the service account's token. An error that
// may pass is answered with its status, so that the timer comes again, and a body that is no timer's with 400; anything
// else, such as a business "no", is noted and answered with 204.
func (d Deps) Timer(mux *http.ServeMux, name string, f func(context.Context, timer.Body) error) {
	d.called(mux, "POST /timers/"+name, func(ctx context.Context, body []byte) (func() error, error) {
		var b timer.Body
		if err := json.Unmarshal(body, &b); err != nil || b.ID == "" {
			return nil, fault.New(fault.Invalid, "bad_timer", "the body is no timer's")
		}
		return func() error { return f(ctx, b) }, nil
	})
}

// Schedule adds the endpoint of a schedule, POST /schedules/<name>; otherwise like Timer.
func (d Deps) Schedule(mux *http.ServeMux, name string, f func(context.Context) error) {
	d.called(mux, "POST /schedules/"+name, func(ctx context.Context, _ []byte) (func() error, error) {
		return func() error { return f(ctx) }, nil
	})
}

// called adds an endpoint that only the service account may call. read makes the work out of the body.
func (d Deps) called(mux *http.ServeMux, pattern string, read func(context.Context, []byte) (func() error, error)) {
	mux.Handle(pattern, d.edge.service(d).Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := web.ReadBody(w, r, 0)
		if err != nil {
			web.Fail(w, r, err)
			return
		}
		work, err := read(r.Context(), body)
		if err != nil {
			web.Fail(w, r, err)
			return
		}
		err = work()
		if err != nil && fault.Of(err).Kind.Retry() {
			web.Fail(w, r, err)
			return
		}
		if err != nil {
			web.Note(r.Context(), slog.String("kind", string(fault.Of(err).Kind)), slog.String("err", err.Error()))
		}
		w.WriteHeader(http.StatusNoContent)
	})))
}
