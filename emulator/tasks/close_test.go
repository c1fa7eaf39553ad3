package tasks_test

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/tasks"
)

// goroutines is the number of goroutines that run this package's server code.
func goroutines() int {
	stacks := make([]byte, 4<<20)
	n := 0
	for _, stack := range strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if strings.Contains(stack, "emulator/tasks.") && !strings.Contains(stack, "emulator/tasks_test.") {
			n++
		}
	}
	return n
}

func TestCloseMidFlightLeavesNothing(t *testing.T) {
	before := goroutines()
	c := start(t, tasks.Options{Grace: 50 * time.Millisecond})
	c.queue(nil)
	entered, release := make(chan struct{}, 10), make(chan struct{})
	defer close(release)
	c.target.answers(func(*http.Request, int) int {
		entered <- struct{}{}
		<-release
		return 200
	})
	for range 10 {
		c.mustCreate(c.task("", 0))
	}
	c.mustCreate(c.task("later", time.Hour))
	for range 10 {
		<-entered
	}
	require.NoError(t, c.server.Close())
	assert.Eventually(t, func() bool { return goroutines() <= before }, time.Minute, time.Millisecond, "one that is done is still returning")
	require.NoError(t, c.server.Close(), "a repeat")
	c.clock.Advance(48 * time.Hour)
	assert.Zero(t, c.server.Pending())
	assert.Len(t, c.target.got(), 10, "neither retried nor begun")
}

func TestCloseWaitsForAnswersUnderWay(t *testing.T) {
	done := make(chan tasks.Event, 1)
	c := start(t, tasks.Options{Grace: 10 * time.Second, Observe: func(e tasks.Event) {
		if e.Kind == tasks.Attempted {
			done <- e
		}
	}})
	c.queue(nil)
	entered, release := make(chan struct{}), make(chan struct{})
	c.target.answers(func(*http.Request, int) int {
		close(entered)
		<-release
		return 200
	})
	c.mustCreate(c.task("", 0))
	<-entered
	closed := make(chan error)
	go func() { closed <- c.server.Close() }()
	close(release)
	require.NoError(t, <-closed)
	assert.True(t, (<-done).Done)
}

func TestIdleEndsWithItsContext(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(nil)
	require.NoError(t, c.server.Idle(context.Background()))
	release := make(chan struct{})
	c.target.answers(func(*http.Request, int) int {
		<-release
		return 200
	})
	c.mustCreate(c.task("", 0))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := c.server.Idle(ctx)
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "1 still pending")
	close(release)
	c.idle()
}

func TestStartOnATakenAddress(t *testing.T) {
	c := start(t, tasks.Options{})
	_, err := tasks.Start(c.server.Addr(), tasks.Options{})
	assert.ErrorContains(t, err, "tasks: ")
}
