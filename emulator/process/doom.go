package process

import (
	"os"
	"sync"
)

// doomed are the processes that KillAll kills.
var doomed struct {
	mu      sync.Mutex
	over    bool
	running map[*os.Process]struct{}
}

// Doom has KillAll kill a process too, until it is spared. Functions' processes need no call.
func Doom(p *os.Process) (spare func()) {
	doomed.mu.Lock()
	defer doomed.mu.Unlock()
	if doomed.over {
		_ = p.Kill() // it may have ended by itself
	}
	if doomed.running == nil {
		doomed.running = map[*os.Process]struct{}{}
	}
	doomed.running[p] = struct{}{}
	return func() {
		doomed.mu.Lock()
		defer doomed.mu.Unlock()
		delete(doomed.running, p)
	}
}

// KillAll kills every process that this one has started for a function or doomed, and whatever it still starts. It is for who ends
// at once afterwards and leaves nothing behind.
func KillAll() {
	doomed.mu.Lock()
	defer doomed.mu.Unlock()
	doomed.over = true
	for p := range doomed.running {
		_ = p.Kill() // it may have ended by itself
	}
}
