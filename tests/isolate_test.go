package tests

import (
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/faults"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// isolated is a suite whose functions run in processes of their own, by the binary that a developer runs.
func isolated(t *testing.T) suite.Options {
	t.Helper()
	program := filepath.Join(t.TempDir(), "emulator")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../emulator").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return suite.Options{Isolate: true, Program: program}
}

// R31, B1: every function is a process of its own, and each is killed just before it is needed. Nothing is lost, and the clock that
// the journey moves is theirs too.
func TestAConversationOutlivesEveryProcess(t *testing.T) {
	t.Parallel()
	c := floor.OpenWith(t, isolated(t))
	starts := map[string]int{}
	kill := func(functions ...string) {
		c.Settle()
		for _, name := range functions {
			require.NoError(t, c.Suite.Kill(name))
			starts[name]++
		}
	}
	ana, lea := c.Agent("ana").SignsIn(), c.Customer("lea")
	kill("intake", "conversation", "routing")
	lea.Writes("hola")
	ana.IsOffered()
	kill("timeout", "routing")
	stay(c, 20*time.Second, ana) // processes that start take real time
	ana.Is(desk.AgentRONA)
	kill("presence", "sweep")
	bob := c.Agent("bob").SignsIn()
	c.Sweep()
	kill("acceptance")
	i := bob.Accepts()
	kill("desktop", "delivery")
	bob.Writes(i.ID, "¡hola!")
	kill("conversation", "wrapup")
	lea.Writes("gracias")
	c.Settle()
	bob.Ends(i.ID)
	kill("wrapup")
	bob.WrapsUp(i.ID, floor.Question)
	assert.Len(t, c.Number().Sent(), 1, "the answer is sent once")
	assert.Len(t, bob.Reads(i.ID), 3)

	resp, err := http.Get(c.Suite.URL + "/processes")
	require.NoError(t, err)
	defer resp.Body.Close()
	var told struct {
		Processes []struct {
			Function string
			Starts   int
		}
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&told))
	require.Len(t, told.Processes, len(c.Suite.Functions))
	for _, p := range told.Processes {
		assert.Equal(t, 1+starts[p.Function], p.Starts, p.Function)
	}
}

// R31, B1: a process lives by its function's clock, wrong as the faults have it: from its start, when the plan changes and when it is
// started anew.
func TestAProcessLivesByItsFunctionsClock(t *testing.T) {
	t.Parallel()
	o := isolated(t)
	skew := func(by time.Duration) faults.Plan {
		return faults.Plan{Skew: map[string]faults.Duration{"presence": faults.Duration(by)}}
	}
	o.Faults = skew(-5 * time.Minute)
	c := floor.OpenWith(t, o)
	since := func(who string) time.Duration {
		c.T.Helper()
		signed, err := c.Agent(who).Desktop.SignIn(c.Context(), api.ChosenStateAvailable)
		require.NoError(t, err)
		return signed.Agent.Since.Sub(c.Suite.Clock.Now())
	}
	assert.InDelta(t, -5, since("ana").Minutes(), 1)
	require.NoError(t, c.Suite.Faults.Set(skew(5*time.Minute)))
	assert.InDelta(t, 5, since("bob").Minutes(), 1)
	require.NoError(t, c.Suite.Kill("presence"))
	assert.InDelta(t, 5, since("sam").Minutes(), 1)
	c.Suite.Clock.Advance(time.Hour)
	require.NoError(t, c.Suite.Faults.Set(faults.Plan{}))
	assert.InDelta(t, 0, since("ada").Minutes(), 1)
}

// R31, B1: a function of its own process dies in the middle of a request, after its work was done and before it was told: after a
// commit, after a publish and after a timer was set. The caller finds the connection cut, and the same again finds the work.
func TestAProcessDiesInTheMiddleOfARequest(t *testing.T) {
	t.Parallel()
	c := floor.OpenWith(t, isolated(t))
	for n, on := range []string{"leases", "agent.freed", "/timers/lease"} {
		who := []string{"ana", "bob", "sam"}[n]
		require.NoError(t, c.Suite.Faults.Set(faults.Plan{Once: []faults.Once{{Kind: faults.KillAfter, Function: "presence", On: on}}}))
		_, err := c.Agent(who).Desktop.SignIn(c.Context(), api.ChosenStateAvailable)
		require.Error(t, err, "the connection is cut after %s", on)
		assert.Equal(t, map[faults.Kind]int{faults.KillAfter: 1}, c.Suite.Faults.Count(), on)
		signed, err := c.Agent(who).Desktop.SignIn(c.Context(), api.ChosenStateAvailable)
		require.NoError(t, err)
		assert.Equal(t, api.AgentStateAvailable, signed.Agent.State)
	}
	agree(c)
}

func TestAProcessIsKilledOnRequest(t *testing.T) {
	t.Parallel()
	c := floor.OpenWith(t, isolated(t))
	kill := func(function string) (int, string) {
		resp, err := http.Post(c.Suite.URL+"/processes/"+function+"/kill", "", nil)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(body)
	}
	status, _ := kill("presence")
	assert.Equal(t, http.StatusNoContent, status)
	c.Agent("ana").SignsIn()
	status, body := kill("nobody")
	assert.Equal(t, http.StatusNotFound, status)
	assert.Contains(t, body, "nobody")
	assert.ErrorIs(t, c.Suite.Kill("nobody"), suite.ErrNoProcess)
}
