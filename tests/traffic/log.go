package traffic

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/deskline/deskline/emulator/desktop"
)

// log is what was measured so far. The zero value is empty.
type log struct {
	webhook, offer, accept, send, whole waits

	mu                  sync.Mutex
	begun, done, failed int
	errors              map[string]int
	answers             map[string]time.Time // when each was sent
}

func (l *log) reset() {
	for _, w := range []*waits{&l.webhook, &l.offer, &l.accept, &l.send, &l.whole} {
		w.take()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errors, l.answers = nil, nil
}

func (l *log) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun++
}

// end ends a conversation; err is nil when all went well.
func (l *log) end(err error) {
	if err != nil {
		l.fails(code(err))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.failed++
	} else {
		l.done++
	}
}

// fails counts an error by its code.
func (l *log) fails(code string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.errors == nil {
		l.errors = map[string]int{}
	}
	l.errors[code]++
}

// sends notes when an answer was sent; each has a text of its own.
func (l *log) sends(text string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.answers == nil {
		l.answers = map[string]time.Time{}
	}
	l.answers[text] = at
}

func (l *log) progress() Progress {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Progress{Begun: l.begun, Done: l.done, Failed: l.failed}
}

// code is an error in few words, without what differs from one conversation to the next.
func code(err error) string {
	var r *desktop.Refused
	if !errors.As(err, &r) {
		if errors.Is(err, errLost) {
			return err.Error()
		}
		what, _, _ := strings.Cut(err.Error(), ":")
		return what + ": no answer"
	}
	what, _, _ := strings.Cut(err.Error(), ":")
	return strings.TrimSpace(fmt.Sprintf("%s: %d %s", what, r.Status, r.Problem.Code))
}

// waits are how long something took each time. The zero value is empty; it is safe for concurrent use.
type waits struct {
	mu   sync.Mutex
	each []time.Duration
}

func (w *waits) add(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.each = append(w.each, d)
}

// take empties the waits and returns what they were.
func (w *waits) take() Waits {
	w.mu.Lock()
	defer w.mu.Unlock()
	each := w.each
	w.each = nil
	slices.Sort(each)
	return each
}

// Waits are how long something took each time, the shortest first.
type Waits []time.Duration

// At is the longest of the given part of the waits that took least: At(0.99) is the time that 99 of 100 took at most, At(1) the
// maximum. Without waits it is zero.
func (w Waits) At(part float64) time.Duration {
	if len(w) == 0 {
		return 0
	}
	return w[min(max(int(math.Ceil(part*float64(len(w)))), 1), len(w))-1]
}
