package suite

import (
	"context"
	"log/slog"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/sethvargo/go-envconfig"

	"github.com/deskline/deskline/shared/host"
)

// FunctionURL is where events, timers and schedules reach a function.
func (s *Suite) FunctionURL(name string) string { return s.URL + "/functions/" + name }

// openFunctions starts every function of the topology with the environment it has in production.
func (s *Suite) openFunctions(ctx context.Context) error {
	log := s.opt.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	stopping, stop := context.WithCancel(context.Background())
	s.stopping = stop
	if s.opt.Isolate {
		return s.startProcesses(ctx, log)
	}
	for _, name := range s.topology.Names() {
		f, err := host.Open(ctx, name, host.Options{
			Env: envconfig.MapLookuper(s.env(name)), Now: s.now(name), Log: log, Stopping: stopping})
		if err != nil {
			return err
		}
		s.Functions[name] = f
		s.onClose(f.Close)
	}
	return nil
}

// Env is what a program of the developer's needs to use the suite: where everything is, by the variables that clients and the
// functions read, and DESKLINE_URL, the base of the HTTP API and of everything else that speaks HTTP.
func (s *Suite) Env() map[string]string {
	env := map[string]string{"DESKLINE_URL": s.URL, "OIDC_TOKEN_URL": s.Identity.BaseURL() + "/token"}
	function := s.env("")
	for _, name := range []string{"GOOGLE_CLOUD_PROJECT", "FIRESTORE_EMULATOR_HOST", "FIRESTORE_DATABASE", "PUBSUB_EMULATOR_HOST",
		"PUBSUB_PROJECT", "CLOUD_TASKS_EMULATOR_HOST", "OIDC_ISSUER", "OIDC_AUDIENCE", "GRAPH_URL", "META_APP_SECRETS", "META_VERIFY_TOKEN"} {
		env[name] = function[name]
	}
	return env
}

// FunctionEnv is the environment that a function has when it is deployed, here with this suite: what its binary needs beside
// FUNCTION_TARGET and PORT.
func (s *Suite) FunctionEnv(function string) map[string]string { return s.env(function) }

// env is a function's environment; with no name what they have in common, for programs that know no sockets.
func (s *Suite) env(name string) map[string]string {
	var urls []string
	for f := range s.topology.Functions {
		urls = append(urls, f+"="+s.FunctionURL(f))
	}
	env := map[string]string{
		"GOOGLE_CLOUD_PROJECT":      Project,
		"FIRESTORE_EMULATOR_HOST":   s.Records.Endpoint,
		"FIRESTORE_DATABASE":        s.Records.Database,
		"PUBSUB_EMULATOR_HOST":      s.Bus.Endpoint,
		"PUBSUB_PROJECT":            s.Bus.Project,
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
	if name != "" {
		maps.Copy(env, s.shortcuts)
	}
	maps.Copy(env, s.opt.Env)
	return env
}

// now is a function's clock, which is wrong where the faults want it to be.
func (s *Suite) now(name string) func() time.Time {
	return func() time.Time { return s.Clock.Now().Add(s.Faults.Skew(name)) }
}

// account is the service account whose token events, timers and schedules carry.
func (s *Suite) account() string { return s.topology.Account + account }
