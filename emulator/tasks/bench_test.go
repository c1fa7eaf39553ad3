package tasks_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/tasks"
)

// BenchmarkCreateAndFire creates tasks that are due at once, from many callers, and ends when all of them have run. There are
// so many queues that none reaches its rate.
func BenchmarkCreateAndFire(b *testing.B) {
	c := start(b, tasks.Options{})
	var queues [64]string
	for i := range queues {
		queues[i] = fmt.Sprintf("%s/queues/q%d", location, i)
		_, err := c.client.CreateQueue(b.Context(), &cloudtaskspb.CreateQueueRequest{Parent: location, Queue: &cloudtaskspb.Queue{Name: queues[i]}})
		require.NoError(b, err)
	}
	var made atomic.Int64
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			q := queues[made.Add(1)%int64(len(queues))]
			_, err := c.client.CreateTask(context.Background(), &cloudtaskspb.CreateTaskRequest{Parent: q, Task: c.task("", 0)})
			require.NoError(b, err)
		}
	})
	require.NoError(b, c.server.Idle(context.Background()))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tasks/s")
}
