package tasks_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/tasks"
)

func TestDispatchAtItsTime(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(nil)
	c.mustCreate(c.task("ring", 20*time.Second))

	c.advance(19 * time.Second)
	require.Empty(t, c.target.got())

	c.advance(time.Second)
	require.Len(t, c.target.got(), 1)
	assert.Equal(t, "/ring", c.target.got()[0].path)
	assert.Equal(t, "ring", c.target.got()[0].body)
	assert.Equal(t, "POST", c.target.got()[0].method)
}
