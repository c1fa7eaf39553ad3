package tasks_test

import (
	"context"
	"testing"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/tasks"
)

// BenchmarkCreateAndFire creates tasks that are due at once, from many callers, and ends when all of them have run.
func BenchmarkCreateAndFire(b *testing.B) {
	c := start(b, tasks.Options{})
	c.queue(nil)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, err := c.client.CreateTask(context.Background(), &cloudtaskspb.CreateTaskRequest{Parent: queue, Task: c.task("", 0)})
			require.NoError(b, err)
		}
	})
	require.NoError(b, c.server.Idle(context.Background()))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tasks/s")
}
