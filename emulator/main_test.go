package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
)

var emulator string // the built command

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "emulator")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		emulator = filepath.Join(dir, "emulator.exe")
		if out, err := exec.Command("go", "build", "-o", emulator, ".").CombinedOutput(); err != nil {
			panic(string(out))
		}
		return m.Run()
	}())
}

// runs the command to its end.
func runs(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), emulator, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

func TestHelp(t *testing.T) {
	for _, arg := range []string{"-h", "--help"} {
		code, out, errs := runs(t, arg)
		assert.Zero(t, code)
		assert.Contains(t, out, "usage: emulator [flags]")
		assert.Contains(t, out, "Google's enforces no indexes")
		assert.Contains(t, out, "127.0.0.1:8080")
		assert.Empty(t, errs)
	}
}

func TestWhatCannotRunSaysWhyInOneLine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	for want, args := range map[string][]string{
		`there is no command "dmeo"; there are demo and exec`:                               {"dmeo"},
		"the demo keeps and takes over nothing; -data, -import and -export are for serving": {"-data", "x", "demo"},
		"exec needs a command: emulator exec -- CMD":                                        {"exec", "--"},
		"-import: stat nowhere.yaml: no such file or directory":                             {"-import", "nowhere.yaml", "exec", "--", emulator},
		"-import x.json: a centre's configuration ends in .yaml, all records in .jsonl":     {"-import", "x.json"},
		"-export: there is no folder nowhere":                                               {"-export", "nowhere/x.yaml"},
		`"-v" comes after the command; flags go before it`:                                  {"demo", "-v"},
		"flag provided but not defined: -port; -h shows what there is":                      {"-port", "1"},
		"flag needs an argument: -addr; -h shows what there is":                             {"-addr"},
		taken.Addr().String() + " is in use; choose another address with -addr":             {"-addr", taken.Addr().String()},
		"listen tcp: address nowhere: missing port in address":                              {"-addr", "nowhere"},
	} {
		code, out, errs := runs(t, args...)
		assert.Equal(t, 1, code, args)
		assert.Empty(t, out, args)
		assert.Equal(t, "emulator: "+want+"\n", errs, args)
	}
}

func TestItServesUntilItIsInterrupted(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), emulator, "-addr", "127.0.0.1:0")
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	require.NoError(t, cmd.Start())
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	require.NoError(t, err)
	url := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(line)
	require.NotEmpty(t, url, line)

	page := get(t, url+"/")
	assert.Contains(t, page, "<pre>URL="+url+"\ncurl -s $URL/graph/simulator/whatsapp/100000000000001/receive")
	links := regexp.MustCompile(`href="(/[^"]*)"`).FindAllStringSubmatch(page, -1)
	require.NotEmpty(t, links)
	for _, link := range links {
		get(t, url+link[1])
	}
	for _, function := range []string{"intake", "routing", "feed", "sweep"} {
		assert.Contains(t, page, "<code>"+function+"</code>")
	}

	leaWrites(t, url)
	require.Eventually(t, func() bool { return strings.Contains(get(t, url+"/meter?format=text"), "One conversation") },
		time.Minute, 5*time.Millisecond)

	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	rest, err := io.ReadAll(lines)
	require.NoError(t, err)
	assert.Regexp(t, `^\nIn production this would have been:\nfunction +calls +reads .*\n(.*\n)*intake +1 .*\n(.*\n)*One conversation for 0\.00\d\d US cents`, string(rest))
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		require.NoError(t, err, errs.String())
	case <-time.After(time.Minute):
		require.Fail(t, "it does not end")
	}
	assert.Empty(t, errs.String())
	_, err = net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	assert.Error(t, err, "nothing is left listening")
}

// get reads a page that must be there.
func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, url)
	return string(body)
}

func TestTheDemoComesToItsEnd(t *testing.T) {
	code, out, errs := runs(t, "demo")
	assert.Zero(t, code, "%s\n%s", out, errs)
	assert.Regexp(t, `\n2 conversations for 0\.0\d\d\d US cents each, and .* shared`, out)
	assert.Empty(t, errs)
}

// TestDataOutlivesTheProcess kills the command and runs it again on its data: the customer is still waiting. The example
// centre is imported the first time only.
func TestDataOutlivesTheProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	end, url := serves(t, "the example centre", "-data", dir)
	leaWrites(t, url)
	i := accepts(t, url)
	code, out, errs := runs(t, "-addr", "127.0.0.1:0", "-data", dir)
	assert.Equal(t, 1, code)
	assert.Empty(t, out)
	assert.Equal(t, "emulator: open the firestore's data: lock the data directory "+dir+": another process uses it; end that one first\n", errs)
	end(os.Kill)

	journal, err := os.OpenFile(filepath.Join(dir, "journal"), os.O_WRONLY|os.O_APPEND, 0)
	require.NoError(t, err)
	_, err = journal.WriteString("half a commit")
	require.NoError(t, err)
	require.NoError(t, journal.Close())
	end, url = serves(t, "the data in "+dir, "-data", dir)
	ana := ana(url)
	again, err := ana.Interaction(t.Context(), i.ID)
	require.NoError(t, err)
	assert.Equal(t, i, again)
	said, err := ana.Transcript(t.Context(), i.ID)
	require.NoError(t, err)
	require.Len(t, said.Items, 1)
	assert.Equal(t, "hola", said.Items[0].Text)
	assert.Contains(t, end(os.Kill), "the last commit was incomplete and is dropped")
}

// serves runs the command until end sends it a signal, which waits and returns what it complained of.
func serves(t *testing.T, with string, args ...string) (end func(os.Signal) string, url string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), emulator, append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, " with "+with+". ")
	return func(s os.Signal) string {
		require.NoError(t, cmd.Process.Signal(s))
		if err := cmd.Wait(); s == os.Interrupt {
			require.NoError(t, err)
		}
		return errs.String()
	}, regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(line)
}

// leaWrites has a customer write, with the curl line of the page.
func leaWrites(t *testing.T, url string) {
	t.Helper()
	resp, err := http.Post(url+"/graph/simulator/whatsapp/100000000000001/receive", "application/json",
		strings.NewReader(`{"from":"34600000001","name":"Lea","text":"hola"}`))
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
}

// ana is her desktop.
func ana(url string) *desktop.Desktop {
	return desktop.New(url, func() (string, error) {
		resp, err := http.PostForm(url+"/identity/token", map[string][]string{"email": {"ana@acme.example"}, "audience": {suite.Audience}})
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		var answer struct {
			Token string `json:"id_token"`
		}
		return answer.Token, json.NewDecoder(resp.Body).Decode(&answer)
	})
}

// accepts signs Ana in and has her take the conversation that waits.
func accepts(t *testing.T, url string) api.Interaction {
	t.Helper()
	ana := ana(url)
	_, err := ana.SignIn(t.Context(), api.ChosenStateAvailable)
	require.NoError(t, err)
	var snap api.Snapshot
	require.Eventually(t, func() bool {
		snap, err = ana.Snapshot(t.Context())
		return err == nil && snap.Offer.ID != ""
	}, time.Minute, 5*time.Millisecond)
	_, err = ana.Accept(t.Context(), snap.Offer.ID)
	require.NoError(t, err)
	i, err := ana.Interaction(t.Context(), snap.Offer.Interaction)
	require.NoError(t, err)
	require.Equal(t, api.InteractionStateActive, i.State)
	return i
}
