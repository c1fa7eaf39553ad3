package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sethvargo/go-envconfig"

	"github.com/deskline/deskline/shared/auth"
)

// callers makes what checks who is calling, when a function first asks for it: a webhook needs neither of the two, an
// event handler no agents. Settings that lack are in err, and the function does not start.
type callers struct {
	now     func() time.Time
	person  *auth.Agents
	account *auth.Service
	asked   bool // for the account: what it lacks is told once, however many endpoints need it
	err     error
}

// agents checks agents' tokens and finds their records.
func (c *callers) agents(d Deps) *auth.Agents {
	if c.person != nil {
		return c.person
	}
	var conf auth.Config
	err := load(d.env, &conf)
	if err == nil {
		c.person, err = auth.NewAgents(conf, d.person, auth.Now(c.now))
	}
	c.err = errors.Join(c.err, err)
	return c.person
}

// person finds the agent a token speaks of.
func (d Deps) person(ctx context.Context, claim string) (auth.Person, error) {
	a, err := d.Store.Person(ctx, claim)
	if err != nil {
		return auth.Person{}, err
	}
	return auth.Person{ID: a.ID, Name: a.Name, Email: a.Email, Roles: a.Roles, Teams: a.Teams}, nil
}

// service checks the token of events, timers and schedules.
func (c *callers) service(d Deps) *auth.Service {
	if c.asked {
		return c.account
	}
	c.asked = true
	var conf auth.ServiceConfig
	err := load(d.env, &conf)
	if err == nil {
		c.account, err = auth.NewService(conf, auth.Now(c.now))
	}
	c.err = errors.Join(c.err, err)
	return c.account
}

// load fills a config from the environment. Its errors name the variable: of one that does not parse the library knows
// the field alone.
func load(env envconfig.Lookuper, into any) error {
	var key string
	last := envconfig.MutatorFunc(func(_ context.Context, name, _, _, value string) (string, bool, error) {
		key = name
		return value, false, nil
	})
	err := envconfig.ProcessWith(context.Background(), &envconfig.Config{Target: into, Lookuper: env, Mutators: []envconfig.Mutator{last}})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, envconfig.ErrMissingRequired):
		return fmt.Errorf("settings: %w", err)
	}
	return fmt.Errorf("settings: %s: %w", key, err)
}
