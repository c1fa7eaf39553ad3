package kin_test

import (
	"bufio"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/tests/kin"
)

func TestBelow(t *testing.T) {
	if _, ok := kin.Below(os.Getpid()); !ok {
		t.Skip("needs /proc")
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "sleep 60 & echo ready; wait")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	below, _ := kin.Below(os.Getpid())
	assert.Contains(t, below, cmd.Process.Pid)
	its, _ := kin.Below(cmd.Process.Pid)
	require.Len(t, its, 1, "the one that sleeps")
	assert.Subset(t, below, its)
	assert.True(t, kin.Runs(its[0]))
	sleeper, err := os.FindProcess(its[0])
	require.NoError(t, err)
	require.NoError(t, sleeper.Kill())
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
	assert.False(t, kin.Runs(cmd.Process.Pid))
}
