package host_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sethvargo/go-envconfig"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/identity"
	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/timer"
)

// The functions of these tests: one that only strangers call, one that the platform calls, one that agents call,
// one that keeps what it is given and one that cannot work.
func init() {
	host.HTTP("greeter", func(mux *http.ServeMux, d host.Deps) error {
		var c struct {
			Greeting string `env:"GREETING, required"`
		}
		if err := d.Load(&c); err != nil {
			return err
		}
		mux.HandleFunc("GET /hello", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(c.Greeting)) })
		return nil
	})
	host.HTTP("worker", func(mux *http.ServeMux, d host.Deps) error {
		d.Events(mux, map[string]host.EventFunc{"work.asked": func(context.Context, bus.Event) error { return worked }})
		d.Timer(mux, "nap", func(_ context.Context, b timer.Body) error { napped = b; return worked })
		d.Schedule(mux, "round", func(context.Context) error { return worked })
		return nil
	})
	host.HTTP("desk", func(_ *http.ServeMux, d host.Deps) error {
		d.Edge()
		return nil
	})
	host.HTTP("keeper", func(_ *http.ServeMux, d host.Deps) error {
		kept = d
		return nil
	})
	host.HTTP("broken", func(*http.ServeMux, host.Deps) error { return errors.New("a wheel is off") })
}

var (
	worked error      // what the worker makes of its work
	napped timer.Body // what its timer came with
	kept   host.Deps  // what the keeper was given
)

const account = "events@test.iam.gserviceaccount.com"

// with is an environment of pairs over what every function needs.
func with(pairs ...string) host.Options {
	env := map[string]string{"GOOGLE_CLOUD_PROJECT": "test", "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1", "PUBSUB_EMULATOR_HOST": "127.0.0.1:1",
		"CLOUD_TASKS_EMULATOR_HOST": "127.0.0.1:1"}
	for n := 0; n < len(pairs); n += 2 {
		env[pairs[n]] = pairs[n+1]
		if pairs[n+1] == "" {
			delete(env, pairs[n])
		}
	}
	return host.Options{Env: envconfig.MapLookuper(env), Log: slog.New(slog.DiscardHandler)}
}

func TestOpenNamesTheSettingThatIsWrong(t *testing.T) {
	worker := []string{"SERVICE_AUDIENCE", "https://worker.example", "SERVICE_EMAILS", account}
	for name, c := range map[string]struct {
		function string
		env      []string
		want     []string
	}{
		"no project":         {"greeter", []string{"GOOGLE_CLOUD_PROJECT", ""}, []string{"greeter: settings: ", "GOOGLE_CLOUD_PROJECT"}},
		"queues no number":   {"greeter", []string{"TIMER_QUEUES", "many"}, []string{"greeter: settings: ", "TIMER_QUEUES"}},
		"streams no number":  {"greeter", []string{"FIRESTORE_STREAMS", "1.5"}, []string{"FIRESTORE_STREAMS"}},
		"URL without a name": {"greeter", []string{"TIMER_URLS", "https://timeout.example"}, []string{`greeter: settings: TIMER_URLS: "https://timeout.example" is not name=URL`}},
		"name without a URL": {"greeter", []string{"TIMER_URLS", "timeout="}, []string{`TIMER_URLS: "timeout=" is not name=URL`}},
		"URL of nobody":      {"greeter", []string{"TIMER_URLS", "a=b,=https://timeout.example"}, []string{`TIMER_URLS: "=https://timeout.example"`}},
		"origin no origin":   {"greeter", []string{"GREETING", "hola", "CORS_ORIGINS", "acme"}, []string{"greeter: ", "acme"}},
		"the function's own": {"greeter", nil, []string{"greeter: settings: ", "GREETING"}},
		"no audience":        {"worker", worker[2:], []string{"worker: settings: ", "SERVICE_AUDIENCE"}},
		"no account":         {"worker", worker[:2], []string{"worker: settings: ", "SERVICE_EMAILS"}},
		"no OIDC issuer":     {"desk", []string{"OIDC_AUDIENCE", "deskline"}, []string{"desk: ", "OIDC_ISSUER"}},
		"cannot work":        {"broken", nil, []string{"broken: a wheel is off"}},
		"unknown":            {"nobody", nil, []string{`there is no function "nobody"; there are [broken desk greeter keeper worker]`}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := host.Open(t.Context(), c.function, with(c.env...))
			require.Error(t, err)
			for _, want := range c.want {
				assert.ErrorContains(t, err, want)
			}
			if len(c.want) == 2 {
				assert.Equal(t, 1, strings.Count(err.Error(), c.want[1]), "it is said once: %v", err)
			}
		})
	}
}

func TestOpenServesTheFunctionsRoutes(t *testing.T) {
	f, err := host.Open(t.Context(), "greeter", with("GREETING", "hola", "TIMER_URLS", "timeout=https://timeout.example/x?y=z"))
	require.NoError(t, err)
	w := httptest.NewRecorder()
	f.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/hello", http.NoBody))
	assert.Equal(t, "hola", w.Body.String())
	assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"), "the edge is around it")
	w = httptest.NewRecorder()
	f.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/nothing", http.NoBody))
	assert.Equal(t, http.StatusNotFound, w.Code)
	require.NoError(t, f.Close())
}

func TestNamesAndServe(t *testing.T) {
	assert.Equal(t, []string{"broken", "desk", "greeter", "keeper", "worker"}, host.Names())
	_, err := host.Serve("nobody")
	assert.EqualError(t, err, `there is no function "nobody"; there are [broken desk greeter keeper worker]`)
	t.Setenv("GOOGLE_CLOUD_PROJECT", "test")
	t.Setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")
	t.Setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")
	t.Setenv("CLOUD_TASKS_EMULATOR_HOST", "127.0.0.1:1")
	_, err = host.Serve("")
	assert.ErrorContains(t, err, "broken: a wheel is off", "all are served or none")
	t.Setenv("GREETING", "hola")
	h, err := host.Serve("greeter")
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/hello", http.NoBody))
	assert.Equal(t, "hola", w.Body.String())
}

func TestTwoFunctionsOfOneNameAreABug(t *testing.T) {
	assert.PanicsWithValue(t, "host: two functions are named greeter", func() { host.HTTP("greeter", nil) })
}

// worker opens the worker behind an identity provider and says how to call it.
func openWorker(t *testing.T) (call func(token, path, body string) *httptest.ResponseRecorder, tokens map[string]string) {
	t.Helper()
	issuer := identity.New("", time.Now)
	srv := httptest.NewServer(issuer)
	t.Cleanup(srv.Close)
	issuer.SetBaseURL(srv.URL)
	f, err := host.Open(t.Context(), "worker", with("SERVICE_ISSUER", srv.URL, "SERVICE_AUDIENCE", "https://worker.example", "SERVICE_EMAILS", account))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	token := func(email, audience string) string {
		text, err := issuer.ServiceToken(t.Context(), email, audience)
		require.NoError(t, err)
		return "Bearer " + text
	}
	call = func(token, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		if token != "" {
			r.Header.Set("Authorization", token)
		}
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		return w
	}
	return call, map[string]string{
		"good": token(account, "https://worker.example"), "other audience": token(account, "https://other.example"),
		"other account": token("eve@evil.iam.gserviceaccount.com", "https://worker.example"), "garbage": "Bearer x.y.z", "none": "",
	}
}

func TestOnlyTheServiceAccountMayCall(t *testing.T) {
	call, tokens := openWorker(t)
	worked = nil
	for path, body := range map[string]string{"/events": `{"message":{"attributes":{"ce-type":"work.asked"}}}`, "/timers/nap": `{"id":"x"}`, "/schedules/round": ""} {
		for who, want := range map[string]int{"good": 204, "other audience": 401, "garbage": 401, "none": 401, "other account": 403} {
			assert.Equal(t, want, call(tokens[who], path, body).Code, "%s by %s", path, who)
		}
	}
	assert.Equal(t, 404, call(tokens["good"], "/timers/other", `{"id":"x"}`).Code)
}

func TestWhatTimersAndSchedulesAreAnswered(t *testing.T) {
	call, tokens := openWorker(t)
	defer func() { worked = nil }()
	for kind, want := range map[fault.Kind]int{"": 204, fault.Conflict: 204, fault.Missing: 204, fault.Invalid: 204, fault.Denied: 204,
		fault.TooEarly: 425, fault.Unavailable: 503, fault.Internal: 500} {
		worked = nil
		if kind != "" {
			worked = fault.New(kind, "some_code", "as the test wants it")
		}
		assert.Equal(t, want, call(tokens["good"], "/timers/nap", `{"id":"x"}`).Code, "timer: %q", kind)
		assert.Equal(t, want, call(tokens["good"], "/schedules/round", "whatever").Code, "schedule: %q", kind)
	}
	worked = nil
	for _, body := range []string{"", "hello", "null", "{}", `{"id":""}`, `{"id":7}`, `{"id":"x","at":"noon"}`} {
		w := call(tokens["good"], "/timers/nap", body)
		assert.Equal(t, 400, w.Code, body)
		assert.Contains(t, w.Body.String(), "bad_timer")
	}
	assert.Equal(t, 413, call(tokens["good"], "/timers/nap", strings.Repeat(" ", 4<<20)).Code)
	assert.Equal(t, 204, call(tokens["good"], "/timers/nap", `{"id":"x","at":"2026-11-21T12:00:00.000005Z","round":3,"new":1}`).Code)
	assert.Equal(t, timer.Body{ID: "x", At: time.Date(2026, 11, 21, 12, 0, 0, 5000, time.UTC), Round: 3}, napped)
}

func TestAnEventOfAnotherTypeIsAcknowledged(t *testing.T) {
	call, tokens := openWorker(t)
	for body, want := range map[string]int{`{"message":{"attributes":{"ce-type":"other.happened"}}}`: 204, `{}`: 204, "garbage": 400} {
		assert.Equal(t, want, call(tokens["good"], "/events", body).Code, body)
	}
}

func TestSecrets(t *testing.T) {
	_, err := host.Open(t.Context(), "keeper", with("SECRET_WHATSAPP_ACME", "hush", "SECRET_A_B_2", "two", "SECRET_EMPTY", ""))
	require.NoError(t, err)
	d := kept
	for name, want := range map[string]string{"whatsapp-acme": "hush", "WhatsApp.Acme": "hush", "a b/2": "two"} {
		got, err := d.Secret(name)
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
	}
	for name, want := range map[string]string{"other": `secret "SECRET_OTHER" is not set`, "empty": "SECRET_EMPTY", "": `"SECRET_"`, "café": "SECRET_CAF_"} {
		_, err := d.Secret(name)
		assert.ErrorContains(t, err, want)
	}
	for text, want := range map[string][]string{
		"new,old": {"new", "old"}, " new , old ,": {"new", "old"}, "one": {"one"}, ",one": {"one"}, "a b": {"a b"},
	} {
		_, err := host.Open(t.Context(), "keeper", with("SECRET_TURNING", text))
		require.NoError(t, err)
		got, err := kept.Secrets("turning")
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
		first, err := kept.Secret("turning")
		require.NoError(t, err, text)
		assert.Equal(t, want[0], first)
	}
	for text, want := range map[string]string{" , ": "is not set", "a,b,c": `secret "SECRET_TURNING" has 3 values, more than 2`} {
		_, err := host.Open(t.Context(), "keeper", with("SECRET_TURNING", text))
		require.NoError(t, err)
		_, err = kept.Secrets("turning")
		assert.ErrorContains(t, err, want)
	}
	assert.Regexp(t, "^[0-9a-f]{32}$", d.NewID())
	assert.NotEqual(t, d.NewID(), d.NewID())
	now := d.Now()
	assert.Equal(t, time.UTC, now.Location())
	assert.Zero(t, now.Nanosecond()%1000, "microseconds")
	assert.NoError(t, d.Stopping.Err())
}

func TestTheLogSpeaksTheCloudsWords(t *testing.T) {
	var out bytes.Buffer
	log := host.NewLog(&out)
	log.With("function", "routing").WithGroup("g").Warn("careful", "level", "low", "msg", "inner")
	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	assert.Contains(t, line, "time")
	delete(line, "time")
	assert.Equal(t, map[string]any{"severity": "WARNING", "message": "careful", "function": "routing",
		"g": map[string]any{"level": "low", "msg": "inner"}}, line)
	for level, want := range map[slog.Level]string{slog.LevelInfo: "INFO", slog.LevelError: "ERROR"} {
		out.Reset()
		log.Log(t.Context(), level, "x")
		assert.Contains(t, out.String(), `"severity":"`+want+`"`)
	}
	out.Reset()
	log.Debug("x")
	assert.Empty(t, out.String())
}
