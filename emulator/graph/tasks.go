package graph

import (
	"context"
	"sync"
)

// tasks are goroutines that end when the server closes and can be waited for.
type tasks struct {
	ctx    context.Context // ends with close
	cancel context.CancelFunc

	mu      sync.Mutex
	closed  bool
	running int
	idle    chan struct{} // closed while nothing runs
}

func newTasks() *tasks {
	ctx, cancel := context.WithCancel(context.Background())
	idle := make(chan struct{})
	close(idle)
	return &tasks{ctx: ctx, cancel: cancel, idle: idle}
}

// start runs f unless the tasks are closed.
func (t *tasks) start(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	if t.running == 0 {
		t.idle = make(chan struct{})
	}
	t.running++
	go func() {
		defer t.end()
		f()
	}()
}

func (t *tasks) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running--
	if t.running == 0 {
		close(t.idle)
	}
}

// settle waits until nothing runs.
func (t *tasks) settle(ctx context.Context) error {
	t.mu.Lock()
	idle := t.idle
	t.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *tasks) close() {
	t.mu.Lock()
	t.closed = true
	idle := t.idle
	t.mu.Unlock()
	t.cancel()
	<-idle
}
