package suite_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/emulator/tasks"
)

// start starts a suite that ends with the test.
func start(t *testing.T, o suite.Options) *suite.Suite {
	t.Helper()
	s, err := suite.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func quiet(t *testing.T, before int) {
	t.Helper()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	before++ // the check's own
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before }, time.Minute, 5*time.Millisecond, "something is left running")
}

func TestNothingIsLeftRunning(t *testing.T) {
	first, err := suite.Start(t.Context(), suite.Options{}) // what the libraries start once and keep
	require.NoError(t, err)
	require.NoError(t, first.Close())
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	before := runtime.NumGoroutine()
	for range 3 {
		s, err := suite.Start(t.Context(), suite.Options{Schedules: true, Env: map[string]string{"SWEEP_ROUNDS": "1"}})
		require.NoError(t, err)
		require.NoError(t, s.Call(t.Context(), "sweep", "/schedules/sweep"))
		require.NoError(t, s.Close())
		require.NoError(t, s.Close(), "closing again does nothing")
	}
	quiet(t, before)
}

// Suites of one process sign with one key, and still trust nobody but their own issuer.
func TestATokenOfAnotherSuiteIsAStrangers(t *testing.T) {
	one := suite.Options{Env: map[string]string{"SWEEP_ROUNDS": "1"}}
	here, there := start(t, one), start(t, one)
	asked := func(method, url string, token func() (string, error)) int {
		t.Helper()
		bearer, err := token()
		require.NoError(t, err)
		req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+bearer)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	for s, want := range map[*suite.Suite][]int{here: {200, 204}, there: {401, 401}} {
		person := func() (string, error) { return s.Identity.Token(suite.Admin, suite.Audience, time.Hour) }
		platform := func() (string, error) {
			return s.Identity.ServiceToken(t.Context(), "events@"+suite.Project+".iam.gserviceaccount.com", here.FunctionURL("sweep"))
		}
		assert.Equal(t, want, []int{
			asked(http.MethodGet, here.URL+"/v1/admin/queues", person),
			asked(http.MethodPost, here.FunctionURL("sweep")+"/schedules/sweep", platform),
		})
	}
}

func TestWhatCannotStartLeavesNothingRunning(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	before := runtime.NumGoroutine()
	_, err = suite.Start(t.Context(), suite.Options{Addr: taken.Addr().String()})
	assert.ErrorIs(t, err, syscall.EADDRINUSE)
	_, err = suite.Start(t.Context(), suite.Options{Env: map[string]string{"IDENTITY_KEY": ""}})
	assert.ErrorContains(t, err, "IDENTITY_KEY")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = suite.Start(ended, suite.Options{})
	assert.ErrorContains(t, err, "canceled")
	quiet(t, before)
}

func TestCallsComeWithTheServiceAccountsToken(t *testing.T) {
	s := start(t, suite.Options{Env: map[string]string{"SWEEP_ROUNDS": "1"}})
	require.NoError(t, s.Call(t.Context(), "sweep", "/schedules/sweep"))
	assert.EqualError(t, s.Call(t.Context(), "sweep", "/schedules/nothing"), "sweep/schedules/nothing: 404 Not Found")
	resp, err := http.Post(s.FunctionURL("sweep")+"/schedules/sweep", "", nil)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, http.StatusUnauthorized, resp.StatusCode, "nothing is switched off")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, s.Call(ended, "sweep", "/schedules/sweep"), context.Canceled)
}

func TestSchedulesRunByTheClockAtOnce(t *testing.T) {
	called := make(chan string, 10)
	start(t, suite.Options{Schedules: true, Wrap: func(function string, h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			called <- function + r.URL.Path
			w.WriteHeader(http.StatusNoContent)
		})
	}})
	select {
	case got := <-called:
		assert.Equal(t, "sweep/schedules/sweep", got)
	case <-time.After(time.Minute):
		assert.Fail(t, "nothing was called")
	}
}

// buffer is a log that many write to.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestTheGatewayServesEverything(t *testing.T) {
	var out buffer
	s := start(t, suite.Options{Log: slog.New(slog.NewTextHandler(&out, nil))})
	for path, want := range map[string]int{"/": 200, "/nothing": 404, "/identity/.well-known/openid-configuration": 200,
		"/graph/simulator/whatsapp": 200, "/graph/simulator/messenger/" + suite.PageID + "/sent": 200, "/v1/agents/me": 401, "/functions/presence/v1/agents/me": 401, "/functions/nobody/": 404} {
		resp, err := http.Get(s.URL + path)
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		assert.Equal(t, want, resp.StatusCode, path)
	}
	assert.Equal(t, 2, strings.Count(out.String(), "function=presence"))
	u, err := url.Parse(s.URL)
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1", u.Hostname(), "this machine only")
}

func TestTheMeterHearsBesideATestsOwnHooks(t *testing.T) {
	var heard atomic.Int64
	s := start(t, suite.Options{Env: map[string]string{"SWEEP_ROUNDS": "1"},
		Firestore: firestore.Options{Observe: func(context.Context, firestore.Op) { heard.Add(1) }},
		PubSub:    pubsub.Options{Observe: func(pubsub.Event) { heard.Add(1) }}, Tasks: tasks.Options{Observe: func(tasks.Event) { heard.Add(1) }}})
	require.NoError(t, s.Call(t.Context(), "sweep", "/schedules/sweep"))
	r := s.Meter.Report(0)
	require.Len(t, r.Functions, 1)
	assert.Equal(t, "sweep", r.Functions[0].Function)
	assert.EqualValues(t, 1, r.Total.Calls)
	assert.Positive(t, r.Total.Reads)
	assert.Equal(t, r.Total.Reads, heard.Load(), "queries that find nothing")
	assert.Equal(t, r.Total, r.Shared)
	assert.Positive(t, r.Outside.TaskOperations, "the queues were made")
	resp, err := http.Get(s.URL + "/meter")
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, 200, resp.StatusCode)
}
