package suite

import (
	"context"
	"log/slog"
	"maps"
	"strconv"
	"strings"

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
