package routing

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

// passes runs passes that end when they are told to.
type passes struct {
	began   int
	release chan error
}

func (p *passes) pass(context.Context, string) error {
	p.began++
	return <-p.release
}

func TestHintsThatComeMeanwhileAreAnsweredByOnePassThatStartsAfterThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, p := newLanes(), &passes{release: make(chan error)}
		answers := map[string][]error{}
		var mu sync.Mutex
		hint := func(name string) {
			go func() {
				err := l.do(context.Background(), "t", p.pass)
				mu.Lock()
				defer mu.Unlock()
				answers[name] = append(answers[name], err)
			}()
			synctest.Wait()
		}
		hint("first")
		assert.Equal(t, 1, p.began)
		for range 5 {
			hint("meanwhile")
		}
		assert.Equal(t, 1, p.began, "one at a time")
		broken := errors.New("broken")
		p.release <- broken
		synctest.Wait()
		assert.Equal(t, []error{broken}, answers["first"])
		assert.Equal(t, 2, p.began, "one for all five")
		assert.Empty(t, answers["meanwhile"], "the pass that ran before them is not theirs")
		hint("later")
		no := errors.New("no")
		p.release <- no
		synctest.Wait()
		assert.ElementsMatch(t, []error{no, nil, nil, nil, nil}, answers["meanwhile"], "one of them comes again for all")
		assert.Empty(t, answers["later"])
		p.release <- nil
		synctest.Wait()
		assert.Equal(t, []error{nil}, answers["later"])
		assert.Equal(t, 3, p.began)
		assert.Empty(t, l.lane, "nothing is kept of a lane that nobody uses")
	})
}

func TestTokensDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, p := newLanes(), &passes{release: make(chan error)}
		var g sync.WaitGroup
		for _, token := range []string{"a", "b", "c"} {
			g.Go(func() { assert.NoError(t, l.do(context.Background(), token, p.pass)) })
			synctest.Wait()
		}
		assert.Equal(t, 3, p.began)
		close(p.release)
		g.Wait()
		assert.Empty(t, l.lane)
	})
}

func TestAPassThatPanicsLeavesTheLaneUsable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, release := newLanes(), make(chan struct{})
		var g sync.WaitGroup
		slow := func(context.Context, string) error { <-release; return nil }
		g.Go(func() { assert.NoError(t, l.do(context.Background(), "t", slow)) })
		synctest.Wait()
		g.Go(func() {
			assert.PanicsWithValue(t, "bug", func() { _ = l.do(context.Background(), "t", func(context.Context, string) error { panic("bug") }) })
		})
		synctest.Wait()
		for range 3 {
			g.Go(func() { assert.NoError(t, l.do(context.Background(), "t", slow), "who panicked comes again for all") })
			synctest.Wait()
		}
		close(release)
		g.Wait()
		assert.Empty(t, l.lane)
		assert.NoError(t, l.do(context.Background(), "t", slow), "the lane is usable again")
	})
}

func TestWhoeverGivesUpDoesNotHoldUpTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, p := newLanes(), &passes{release: make(chan error)}
		var g sync.WaitGroup
		g.Go(func() { assert.NoError(t, l.do(context.Background(), "t", p.pass)) })
		synctest.Wait()
		ctx, cancel := context.WithCancel(context.Background())
		g.Go(func() { assert.NoError(t, l.do(ctx, "t", p.pass), "who runs the next pass runs it for all") })
		synctest.Wait()
		g.Go(func() { assert.NoError(t, l.do(context.Background(), "t", p.pass)) })
		g.Go(func() {
			assert.True(t, fault.HasCode(l.do(ctx, "t", p.pass), "pass_unfinished"), "who only waits does not")
		})
		synctest.Wait()
		cancel()
		synctest.Wait()
		p.release <- nil
		p.release <- nil
		g.Wait()
		assert.Equal(t, 2, p.began)
		assert.Empty(t, l.lane)
	})
}

func TestLanesUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const tokens, hints = 5, 400
		l := newLanes()
		var running [tokens]atomic.Int32
		var began [tokens]atomic.Int64
		names := []string{"a", "b", "c", "d", "e"}
		var g sync.WaitGroup
		for range hints {
			n := rand.IntN(tokens)
			g.Go(func() {
				<-time.After(rand.N(100 * time.Millisecond))
				before := began[n].Load()
				err := l.do(context.Background(), names[n], func(_ context.Context, token string) error {
					assert.Equal(t, names[n], token)
					assert.Equal(t, int32(1), running[n].Add(1), "one at a time")
					began[n].Add(1)
					<-time.After(rand.N(10 * time.Millisecond))
					running[n].Add(-1)
					return nil
				})
				assert.NoError(t, err)
				assert.Greater(t, began[n].Load(), before, "a pass began after the hint")
			})
		}
		g.Wait()
		require.Empty(t, l.lane)
		total := int64(0)
		for n := range began {
			total += began[n].Load()
		}
		assert.Less(t, total, int64(hints), "passes are shared")
	})
}
