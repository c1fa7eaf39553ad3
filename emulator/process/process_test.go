package process_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/process"
	"github.com/deskline/deskline/shared/host"
)

// The test's binary is the functions' too, as the suite's is.
func TestMain(m *testing.M) {
	process.Main()
	os.Exit(m.Run())
}

// clerk tells the time, and streams or hangs when asked.
func init() {
	host.HTTP("clerk", func(mux *http.ServeMux, d host.Deps) error {
		mux.HandleFunc("GET /now", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, d.Now().UnixNano()) })
		mux.HandleFunc("GET /stream", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintln(w, "begun")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
			case <-d.Stopping.Done():
				fmt.Fprintln(w, "stopped")
			}
		})
		return nil
	})
}

type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

type rig struct {
	*process.Process
	url   string
	log   text
	ahead atomic.Int64
}

func (r *rig) options() process.Options {
	return process.Options{
		Log: &r.log, Ahead: func() time.Duration { return time.Duration(r.ahead.Load()) },
		Env: []string{"GOOGLE_CLOUD_PROJECT=test", "FIRESTORE_EMULATOR_HOST=127.0.0.1:1", "PUBSUB_EMULATOR_HOST=127.0.0.1:1",
			"CLOUD_TASKS_EMULATOR_HOST=127.0.0.1:1"},
	}
}

func start(t *testing.T) *rig {
	t.Helper()
	r := &rig{}
	var err error
	r.Process, err = process.Start(t.Context(), "clerk", r.options())
	require.NoError(t, err)
	t.Cleanup(r.Close)
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// now is the time by the function's clock.
func (r *rig) now(t *testing.T) time.Time {
	t.Helper()
	var ns int64
	require.Eventually(t, func() bool {
		resp, err := http.Get(r.url + "/now")
		if err != nil {
			return false // it died a moment ago
		}
		defer resp.Body.Close()
		_, err = fmt.Fscan(resp.Body, &ns)
		return err == nil && resp.StatusCode == http.StatusOK
	}, time.Minute, time.Millisecond)
	return time.Unix(0, ns)
}

func TestAFunctionInItsOwnProcessLivesByTheSuitesClock(t *testing.T) {
	r := start(t)
	assert.WithinDuration(t, time.Now(), r.now(t), time.Minute)
	r.ahead.Store(int64(24 * time.Hour))
	r.Tell()
	assert.WithinDuration(t, time.Now().Add(24*time.Hour), r.now(t), time.Minute)
	r.Kill()
	assert.WithinDuration(t, time.Now().Add(24*time.Hour), r.now(t), time.Minute, "so does the next process")
	r.Tell()
}

// A clock that is moved while a process starts is moved for that process too.
func TestAProcessThatStartsWhileTheClockMovesKnowsTheTime(t *testing.T) {
	r := start(t)
	for n := range 10 {
		ahead := time.Duration(n) * 24 * time.Hour
		r.Kill()
		r.ahead.Store(int64(ahead))
		r.Tell()
		assert.WithinDuration(t, time.Now().Add(ahead), r.now(t), time.Hour)
	}
}

func TestAProcessThatIsKilledCutsItsCallersAndIsStartedAnew(t *testing.T) {
	r := start(t)
	for n := range 3 {
		resp, err := http.Get(r.url + "/stream")
		require.NoError(t, err)
		begun := make([]byte, len("begun\n"))
		_, err = resp.Body.Read(begun)
		require.NoError(t, err, "a stream comes as it is written")
		r.Kill()
		_, err = resp.Body.Read(begun)
		assert.Error(t, err)
		assert.NotErrorIs(t, err, context.DeadlineExceeded)
		assert.NoError(t, resp.Body.Close())
		r.now(t)
		assert.Equal(t, n+2, r.Starts())
	}
}

func TestClosingLetsAFunctionFinish(t *testing.T) {
	r := start(t)
	resp, err := http.Get(r.url + "/stream")
	require.NoError(t, err)
	defer resp.Body.Close()
	r.Close()
	r.Close()
	var told bytes.Buffer
	_, err = told.ReadFrom(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "begun\nstopped\n", told.String())
	again, err := http.Get(r.url + "/now")
	require.NoError(t, err)
	defer again.Body.Close()
	assert.Equal(t, http.StatusServiceUnavailable, again.StatusCode)
}

func TestAFunctionThatCannotStartSaysWhy(t *testing.T) {
	r := &rig{}
	o := r.options()
	_, err := process.Start(t.Context(), "nobody", o)
	assert.ErrorContains(t, err, `there is no function "nobody"`)
	o.Env = o.Env[1:]
	_, err = process.Start(t.Context(), "clerk", o)
	assert.ErrorContains(t, err, "GOOGLE_CLOUD_PROJECT")
	o.Program = "/nowhere/at/all"
	_, err = process.Start(t.Context(), "clerk", o)
	assert.ErrorContains(t, err, "/nowhere/at/all")
}

// A binary that forgot to begin with Main would start itself, which would start itself.
func TestABinaryThatDoesNotServeStartsNoOther(t *testing.T) {
	args := os.Args
	t.Cleanup(func() { os.Args = args })
	os.Args = []string{args[0], "function", "clerk"}
	_, err := process.Start(t.Context(), "clerk", (&rig{}).options())
	assert.ErrorContains(t, err, "does not begin with process.Main")
}

func TestAStartThatIsGivenUpLeavesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := process.Start(ctx, "clerk", (&rig{}).options())
	assert.ErrorIs(t, err, context.Canceled)
}

func TestAProcessIsForTheSuiteToStart(t *testing.T) {
	var out bytes.Buffer
	assert.ErrorContains(t, process.Serve("clerk", strings.NewReader(""), &out, &out), "for the suite to start")
	assert.ErrorContains(t, process.Serve("clerk", strings.NewReader("soon\n"), &out, &out), "for the suite to start")
	assert.Empty(t, out.String())
}

func TestAProcessEndsWithItsParent(t *testing.T) {
	for _, e := range (&rig{}).options().Env {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value)
	}
	in, parent := io.Pipe()
	child, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- process.Serve("clerk", in, out, io.Discard) }()
	_, err := io.WriteString(parent, "0\n")
	require.NoError(t, err)
	addr, err := bufio.NewReader(child).ReadString('\n')
	require.NoError(t, err)
	_, _, err = net.SplitHostPort(strings.TrimSpace(addr))
	require.NoError(t, err)
	require.NoError(t, parent.Close())
	require.NoError(t, <-ended)
}
