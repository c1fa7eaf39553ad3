package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/timer"
)

// config is what every function is told by its environment.
type config struct {
	Project   string   `env:"GOOGLE_CLOUD_PROJECT, required"`
	Database  string   `env:"FIRESTORE_DATABASE"`            // empty is the default database
	Events    string   `env:"PUBSUB_PROJECT"`                // project of Pub/Sub; empty is the same
	Firestore string   `env:"FIRESTORE_EMULATOR_HOST"`       // host:port, or unix: and a path; empty is Google's service, so for the next two
	PubSub    string   `env:"PUBSUB_EMULATOR_HOST"`          // as above
	Tasks     string   `env:"CLOUD_TASKS_EMULATOR_HOST"`     // as above
	Location  string   `env:"TIMER_LOCATION, default=local"` // region of the timers' queues
	Queues    int      `env:"TIMER_QUEUES, default=4"`       // how many queues timers are spread over
	Account   string   `env:"TIMER_ACCOUNT"`                 // service account whose token timers carry
	URLs      []string `env:"TIMER_URLS"`                    // name=URL of each function that timers call
	Streams   int      `env:"FIRESTORE_STREAMS, default=10"` // connections for listeners; 100 listeners each
	Origins   []string `env:"CORS_ORIGINS"`                  // whose pages may call from a browser; none by default
}

// open connects the clients. Connections are made when first used, so this costs next to nothing.
func (c config) open(ctx context.Context, name string, o Options) (Deps, error) {
	d := Deps{Log: o.Log.With("function", name), Now: micro(o.Now), Stopping: o.Stopping, env: o.Env, edge: &callers{now: o.Now}}
	urls, err := c.urls()
	if err != nil {
		return d, err
	}
	if d.Store, err = store.Open(ctx, store.Config{
		Project: c.Project, Database: c.Database, Endpoint: c.Firestore, Streams: c.Streams, Now: o.Now}); err != nil {
		return d, errors.Join(err, d.close())
	}
	if d.Bus, err = bus.Open(ctx, bus.Config{Project: cmp.Or(c.Events, c.Project), Endpoint: c.PubSub, Source: name}); err != nil {
		return d, errors.Join(err, d.close())
	}
	if d.Timers, err = timer.Open(ctx, timer.Config{Project: c.Project, Location: c.Location, Endpoint: c.Tasks,
		Queues: c.Queues, Account: c.Account, URLs: urls}); err != nil {
		return d, errors.Join(err, d.close())
	}
	return d, nil
}

func (c config) urls() (map[string]string, error) {
	urls := map[string]string{}
	for _, pair := range c.URLs {
		name, url, ok := strings.Cut(pair, "=")
		if !ok || name == "" || url == "" {
			return nil, fmt.Errorf("settings: TIMER_URLS: %q is not name=URL", pair)
		}
		urls[name] = url
	}
	return urls, nil
}

// close ends the connections that are open.
func (d Deps) close() error {
	var errs []error
	if d.Timers != nil {
		errs = append(errs, d.Timers.Close())
	}
	if d.Bus != nil {
		errs = append(errs, d.Bus.Close())
	}
	if d.Store != nil {
		errs = append(errs, d.Store.Close())
	}
	return errors.Join(errs...)
}
