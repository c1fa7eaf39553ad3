package host_test

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// binary builds the functions as they are deployed.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "functions")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "functions")
	cmd := exec.Command("go", "build", "-o", name, "../../functions")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return name, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if name, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(name))
	}
	os.Exit(code)
}

// begin starts the binary with an environment of its own.
func begin(t *testing.T, env ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	name, err := binary()
	require.NoError(t, err)
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, &out, &out
	require.NoError(t, cmd.Start())
	return cmd, &out
}

// freePort is one nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return port
}

var deployed = []string{"GOOGLE_CLOUD_PROJECT=test", "FIRESTORE_EMULATOR_HOST=127.0.0.1:1", "PUBSUB_EMULATOR_HOST=127.0.0.1:1",
	"CLOUD_TASKS_EMULATOR_HOST=127.0.0.1:1", "SERVICE_AUDIENCE=https://timeout.example", "SERVICE_EMAILS=" + account}

func TestADeployedFunctionServesAndStops(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process is told to stop by a signal")
	}
	port := freePort(t)
	cmd, out := begin(t, append(deployed, "FUNCTION_TARGET=timeout", "PORT="+port)...)
	post := func(path string) int {
		resp, err := http.Post("http://127.0.0.1:"+port+path, "application/json", strings.NewReader(`{"id":"o"}`))
		if err != nil {
			return 0
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	require.Eventually(t, func() bool { return post("/timers/offer") != 0 }, time.Minute, 5*time.Millisecond, "it listens")
	assert.Equal(t, http.StatusUnauthorized, post("/timers/offer"))
	assert.Equal(t, http.StatusUnauthorized, post("/events"))
	assert.Equal(t, http.StatusNotFound, post("/v1/offers/o/accept"), "it is no other function")

	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		require.NoError(t, err, "it exits with 0: %s", out)
	case <-time.After(time.Minute):
		require.Fail(t, "it does not stop")
	}
	for line := range strings.Lines(out.String()) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields), line)
		assert.Equal(t, "timeout", fields["function"])
		assert.Contains(t, fields, "severity")
	}
}

func TestABadSettingFailsTheStartWithOneLine(t *testing.T) {
	for name, c := range map[string]struct {
		env  []string
		want string
	}{
		"missing project":  {append(deployed[1:], "FUNCTION_TARGET=timeout"), "GOOGLE_CLOUD_PROJECT"},
		"missing audience": {append(deployed[:4:4], "SERVICE_EMAILS="+account, "FUNCTION_TARGET=timeout"), "SERVICE_AUDIENCE"},
		"unknown function": {append(deployed[:6:6], "FUNCTION_TARGET=nobody"), "there is no function"},
		"no port":          {append(deployed[:6:6], "FUNCTION_TARGET=timeout", "PORT=many"), "many"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd, out := begin(t, c.env...)
			err := cmd.Wait()
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit)
			assert.Equal(t, 1, exit.ExitCode())
			assert.Equal(t, 1, strings.Count(out.String(), "\n"), out)
			var line map[string]any
			require.NoError(t, json.Unmarshal(out.Bytes(), &line), out)
			assert.Equal(t, "ERROR", line["severity"])
			assert.Contains(t, line["err"], c.want)
		})
	}
}
