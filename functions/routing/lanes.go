package routing

import (
	"context"
	"sync"

	"github.com/deskline/deskline/shared/fault"
)

// lanes lets one pass per token run at a time. Hints that come while one runs are answered together by one pass that
// starts after them.
type lanes struct {
	mu    sync.Mutex
	lane  map[string]*lane
	doors doors
}

// lane is one token's passes: the one that runs and the one that waits for it.
type lane struct {
	running *turn
	next    *turn
}

// turn is one pass. left is what it said, once it is done.
type turn struct {
	done chan struct{}
	left bool
}

func newLanes() *lanes { return &lanes{lane: map[string]*lane{}} }

// do returns when a pass that started after the call has ended, with what it said. Its error goes to the one caller who
// ran it: his hint comes again for all, so the others need not; the sweep is behind him.
func (l *lanes) do(ctx context.Context, token string, pass func(context.Context, string) (left bool, err error)) (left bool, err error) {
	t, before, mine := l.enter(token)
	if !mine {
		select {
		case <-t.done:
			return t.left, nil
		case <-ctx.Done():
			return true, fault.New(fault.Unavailable, "pass_unfinished", "the pass took too long to wait for")
		}
	}
	if before != nil {
		<-before.done
	}
	l.start(token, t)
	t.left = true // unless the pass says otherwise
	defer l.leave(token, t)
	t.left, err = pass(ctx, token)
	return t.left, err
}

// enter finds the turn that will answer the call. mine says that the caller runs it, after before if that is not nil.
func (l *lanes) enter(token string) (t, before *turn, mine bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.lane[token]
	switch {
	case at == nil:
		t = &turn{done: make(chan struct{})}
		l.lane[token] = &lane{running: t}
		return t, nil, true
	case at.next == nil:
		at.next = &turn{done: make(chan struct{})}
		return at.next, at.running, true
	}
	return at.next, nil, false
}

// start makes the turn the running one; whoever enters from now on waits for the next.
func (l *lanes) start(token string, t *turn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := l.lane[token]; at.next == t {
		at.running, at.next = t, nil
	}
}

// leave ends the turn and drops the lane when nobody waits for it.
func (l *lanes) leave(token string, t *turn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := l.lane[token]; at.next == nil {
		delete(l.lane, token)
	}
	close(t.done)
}
