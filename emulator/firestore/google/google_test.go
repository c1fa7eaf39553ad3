package google

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStopLeavesNothingBehind(t *testing.T) {
	t.Setenv(HostVariable, "")
	addr, stop, err := Start(context.Background())
	if errors.Is(err, ErrNotInstalled) {
		t.Skip(err)
	}
	require.NoError(t, err)
	stop()
	assert.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	}, 10*time.Second, 10*time.Millisecond, "the emulator still listens")
}

func TestItRunsOnWhenNobodyKeepsStop(t *testing.T) {
	t.Setenv(HostVariable, "")
	addr, _, err := Start(context.Background())
	if errors.Is(err, ErrNotInstalled) {
		t.Skip(err)
	}
	require.NoError(t, err)
	for range 3 { // what a cycle finds, the next one closes
		runtime.GC()
	}
	for range 10 {
		require.NoError(t, await(context.Background(), addr, answers))
	}
	inputs.Range(func(input, _ any) bool { return assert.NoError(t, input.(io.Closer).Close()) })
}

func TestNotInstalledIsItsOwnError(t *testing.T) {
	t.Setenv(HostVariable, "")
	t.Setenv("PATH", t.TempDir())
	_, _, err := Start(context.Background())
	assert.ErrorIs(t, err, ErrNotInstalled)
}

func TestAnAddressWhereNobodyAnswers(t *testing.T) {
	t.Setenv(HostVariable, "127.0.0.1:1")
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, _, err := Start(ctx)
	assert.ErrorContains(t, err, "127.0.0.1:1 does not answer")
}
