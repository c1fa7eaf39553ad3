package google

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// each is a test of both emulators.
func each(t *testing.T, test func(*testing.T, Emulator)) {
	for _, e := range []Emulator{Firestore, PubSub} {
		t.Run(e.service, func(t *testing.T) {
			t.Setenv(e.Variable, "")
			test(t, e)
		})
	}
}

// begin starts one that ends with the test, where it is installed.
func begin(t *testing.T, e Emulator) (addr string, stop func()) {
	t.Helper()
	addr, stop, err := e.Start(t.Context(), Light...)
	if errors.Is(err, ErrNotInstalled) {
		t.Skip(err)
	}
	require.NoError(t, err)
	return addr, stop
}

// runs asks the emulator for a sign of life.
func runs(t *testing.T, e Emulator, addr string) bool {
	return e.await(t.Context(), addr, 500*time.Millisecond) == nil
}

func TestStopLeavesNothingBehind(t *testing.T) {
	each(t, func(t *testing.T, e Emulator) {
		addr, stop := begin(t, e)
		stop()
		assert.False(t, runs(t, e, addr))
	})
}

func TestItRunsOnWhenNobodyKeepsStop(t *testing.T) {
	each(t, func(t *testing.T, e Emulator) {
		addr, _ := begin(t, e)
		for range 3 { // what a cycle finds, the next one closes
			runtime.GC()
		}
		for range 10 {
			require.NoError(t, e.await(t.Context(), addr, answers))
		}
		inputs.Range(func(input, _ any) bool { inputs.Delete(input); return assert.NoError(t, input.(io.Closer).Close()) })
		assert.Eventually(t, func() bool { return !runs(t, e, addr) }, time.Minute, 10*time.Millisecond, "the emulator still runs")
	})
}

func TestNotInstalledIsItsOwnError(t *testing.T) {
	each(t, func(t *testing.T, e Emulator) {
		t.Setenv("PATH", t.TempDir())
		_, _, err := e.Start(t.Context())
		assert.ErrorIs(t, err, ErrNotInstalled)
		assert.EqualError(t, err, "the "+e.service+` emulator of Google is not installed: exec: "gcloud": executable file not found in $PATH`)
	})
}

// sdk is a Cloud SDK with jars that are none, the only one on the PATH.
func sdk(t *testing.T, programs ...string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "bin"), 0o700))
	for _, p := range programs {
		require.NoError(t, os.WriteFile(filepath.Join(root, "bin", p), []byte("#!/bin/sh\necho $*; exit 3\n"), 0o700))
	}
	t.Setenv("PATH", filepath.Join(root, "bin"))
	return root
}

func addJar(t *testing.T, root, jar string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(root, filepath.Dir(jar)), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(root, jar), nil, 0o600))
}

func TestACloudSDKWithoutTheEmulatorOrWithoutJava(t *testing.T) {
	for jar, e := range map[string]Emulator{
		"platform/cloud-firestore-emulator/cloud-firestore-emulator.jar":   Firestore,
		"platform/pubsub-emulator/lib/cloud-pubsub-emulator-9.9.9-all.jar": PubSub,
	} {
		root := sdk(t, "gcloud")
		t.Setenv(e.Variable, "")
		_, _, err := e.Start(t.Context())
		assert.ErrorIs(t, err, ErrNotInstalled)
		assert.ErrorContains(t, err, "there is no "+root)
		addJar(t, root, jar)
		_, _, err = e.Start(t.Context())
		assert.ErrorIs(t, err, ErrNotInstalled)
		assert.ErrorContains(t, err, `exec: "java": executable file not found`)
	}
}

func TestAnEmulatorThatEndsAtOnceIsNotWaitedFor(t *testing.T) {
	root := sdk(t, "gcloud", "java")
	t.Setenv(PubSub.Variable, "")
	addJar(t, root, "platform/pubsub-emulator/lib/cloud-pubsub-emulator-9.9.9-all.jar")
	_, _, err := PubSub.Start(t.Context(), "-Xlight")
	assert.ErrorContains(t, err, "the Pub/Sub emulator of Google does not start: it ended; it printed:\n-Duser.language=en -Xlight -cp "+root)
	assert.ErrorContains(t, err, "com.google.cloud.pubsub.testing.v1.Main --host=127.0.0.1 --port=")
}

func TestAnAddressWhereNobodyAnswers(t *testing.T) {
	each(t, func(t *testing.T, e Emulator) {
		t.Setenv(e.Variable, "127.0.0.1:1")
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, _, err := e.Start(ctx)
		assert.ErrorContains(t, err, e.service+" emulator of Google at 127.0.0.1:1 does not answer")
	})
}

func TestWhatAnEmulatorPrintedIsKeptToItsEnd(t *testing.T) {
	var said tail
	for range maxTail {
		_, err := said.Write([]byte("abc"))
		require.NoError(t, err)
	}
	_, err := said.Write([]byte("the end"))
	require.NoError(t, err)
	assert.Len(t, said.Bytes(), maxTail)
	assert.True(t, strings.HasSuffix(string(said.Bytes()), "abcthe end"))
}
