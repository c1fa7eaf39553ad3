package main

import (
	"errors"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/google"
)

func TestAFirestoreThatCannotBeChosen(t *testing.T) {
	t.Setenv(google.Firestore.Variable, "")
	t.Setenv("PATH", t.TempDir())
	const missing = `the Firestore emulator of Google is not installed: exec: "gcloud": executable file not found in $PATH`
	for _, c := range []struct {
		want string
		args []string
	}{
		{`there is no Firestore "googel"; there are embedded and google`, []string{"-firestore=googel"}},
		{`there is no Firestore ""; there are embedded and google`, []string{"-firestore=", "demo"}},
		{"-data is for the embedded Firestore; Google's emulator keeps nothing", []string{"-firestore=google", "-data", "x"}},
		{missing, []string{"-firestore=google"}},
		{missing, []string{"-firestore=google", "demo"}},
	} {
		code, out, errs := runs(t, c.args...)
		assert.Equal(t, 1, code, c.args)
		assert.Empty(t, out, c.args)
		assert.Equal(t, "emulator: "+c.want+"\n", errs, c.args)
	}
}

func TestNobodyAnswersAtTheAddress(t *testing.T) {
	t.Setenv(google.Firestore.Variable, "127.0.0.1:1")
	code, out, errs := runs(t, "-firestore=google")
	assert.Equal(t, 1, code)
	assert.Empty(t, out)
	assert.Contains(t, errs, "emulator: the Firestore emulator of Google at 127.0.0.1:1 does not answer: ")
	assert.Equal(t, 1, strings.Count(errs, "\n"), errs)
}

const onGoogles = "the example centre, on Google's Firestore emulator, which enforces no indexes"

// TestEachRunBeginsAnew runs the command twice on an emulator that runs already. Ours stands in for Google's.
func TestEachRunBeginsAnew(t *testing.T) {
	server := firestore.New(firestore.Options{})
	require.NoError(t, server.Start("127.0.0.1:0"))
	defer server.Close()
	t.Setenv(google.Firestore.Variable, server.Addr())
	for range 2 {
		end, url := serves(t, onGoogles, "-firestore=google")
		assert.Equal(t, server.Addr(), address(t, url))
		leaWrites(t, url)
		accepts(t, url)
		assert.Empty(t, end(os.Interrupt))
	}
	code, out, errs := runs(t, "-firestore=google", "demo")
	assert.Zero(t, code, "%s\n%s", out, errs)
}

// TestTheEmulatorEndsWithTheCommand is for Google's own, however the command ends.
func TestTheEmulatorEndsWithTheCommand(t *testing.T) {
	t.Setenv(google.Firestore.Variable, "")
	_, stop, err := google.Firestore.Start(t.Context())
	if errors.Is(err, google.ErrNotInstalled) {
		t.Skip(err)
	}
	require.NoError(t, err)
	stop()
	for _, signal := range []os.Signal{os.Interrupt, os.Kill} {
		end, url := serves(t, onGoogles, "-firestore=google")
		at := address(t, url)
		assert.Empty(t, end(signal))
		assert.Eventually(t, func() bool {
			conn, err := net.Dial("tcp", at)
			if err == nil {
				_ = conn.Close()
			}
			return err != nil
		}, 20*time.Second, 10*time.Millisecond, "the emulator still listens after %s", signal)
	}
}

// address is where the page says that Firestore is.
func address(t *testing.T, url string) string {
	t.Helper()
	found := regexp.MustCompile(`FIRESTORE_EMULATOR_HOST=([0-9.:]+)`).FindStringSubmatch(get(t, url+"/"))
	require.Len(t, found, 2)
	return found[1]
}
