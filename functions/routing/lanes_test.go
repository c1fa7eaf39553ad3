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

func (p *passes) pass(context.Context, string) (bool, error) {
	p.began++
	return true, <-p.release
}

// ran is the error of do.
func (l *lanes) ran(ctx context.Context, token string, pass func(context.Context, string) (bool, error)) error {
	_, err := l.do(ctx, token, pass)
	return err
}

func TestHintsThatComeMeanwhileAreAnsweredByOnePassThatStartsAfterThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, p := newLanes(), &passes{release: make(chan error)}
		answers := map[string][]error{}
		var mu sync.Mutex
		hint := func(name string) {
			go func() {
				err := l.ran(context.Background(), "t", p.pass)
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
			g.Go(func() { assert.NoError(t, l.ran(context.Background(), token, p.pass)) })
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
		slow := func(context.Context, string) (bool, error) { <-release; return true, nil }
		g.Go(func() { assert.NoError(t, l.ran(context.Background(), "t", slow)) })
		synctest.Wait()
		g.Go(func() {
			assert.PanicsWithValue(t, "bug", func() {
				_ = l.ran(context.Background(), "t", func(context.Context, string) (bool, error) { panic("bug") })
			})
		})
		synctest.Wait()
		for range 3 {
			g.Go(func() { assert.NoError(t, l.ran(context.Background(), "t", slow), "who panicked comes again for all") })
			synctest.Wait()
		}
		close(release)
		g.Wait()
		assert.Empty(t, l.lane)
		assert.NoError(t, l.ran(context.Background(), "t", slow), "the lane is usable again")
	})
}

func TestWhoeverGivesUpDoesNotHoldUpTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, p := newLanes(), &passes{release: make(chan error)}
		var g sync.WaitGroup
		g.Go(func() { assert.NoError(t, l.ran(context.Background(), "t", p.pass)) })
		synctest.Wait()
		ctx, cancel := context.WithCancel(context.Background())
		g.Go(func() { assert.NoError(t, l.ran(ctx, "t", p.pass), "who runs the next pass runs it for all") })
		synctest.Wait()
		g.Go(func() { assert.NoError(t, l.ran(context.Background(), "t", p.pass)) })
		g.Go(func() {
			assert.True(t, fault.HasCode(l.ran(ctx, "t", p.pass), "pass_unfinished"), "who only waits does not")
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
				err := l.ran(context.Background(), names[n], func(_ context.Context, token string) (bool, error) {
					assert.Equal(t, names[n], token)
					assert.Equal(t, int32(1), running[n].Add(1), "one at a time")
					began[n].Add(1)
					<-time.After(rand.N(10 * time.Millisecond))
					running[n].Add(-1)
					return true, nil
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

func TestWhoWaitsForAPassHearsWhatItSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, release := newLanes(), make(chan bool)
		said := make(chan bool, 4)
		for range 4 {
			go func() {
				left, err := l.do(context.Background(), "t", func(context.Context, string) (bool, error) { return <-release, nil })
				assert.NoError(t, err)
				said <- left
			}()
			synctest.Wait()
		}
		release <- true
		release <- false
		assert.Equal(t, []bool{true, false, false, false}, []bool{<-said, <-said, <-said, <-said})
	})
}

func TestAPassThatPanicsSaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, release := newLanes(), make(chan struct{})
		go func() {
			_, _ = l.do(context.Background(), "t", func(context.Context, string) (bool, error) { <-release; return false, nil })
		}()
		synctest.Wait()
		go func() {
			defer func() { _ = recover() }()
			_, _ = l.do(context.Background(), "t", func(context.Context, string) (bool, error) { panic("bug") })
		}()
		synctest.Wait()
		said := make(chan bool, 1)
		go func() {
			left, _ := l.do(context.Background(), "t", nil)
			said <- left
		}()
		synctest.Wait()
		close(release)
		assert.True(t, <-said)
	})
}
