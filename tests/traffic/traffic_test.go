package traffic

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
)

// patience is how long a conversation may take on a machine that does much else.
const patience = 2 * time.Minute

func TestTwentyConversations(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var told []Progress
	r, err := Run(t.Context(), Options{Rate: 20, For: time.Second, Messages: 2, Channel: Both, Seed: 7, Patience: patience, Progress: func(p Progress) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, p)
	}})
	require.NoError(t, err)
	require.NoError(t, r.Err())
	assert.Equal(t, []int{20, 20, 20, 0}, []int{r.Planned, r.Begun, r.Done, r.Failed})
	assert.Len(t, r.Webhook, 40, "each customer writes twice")
	assert.Len(t, r.Send, 40, "and is answered twice")
	for name, w := range map[string]Waits{"offer": r.Offer, "accept": r.Accept, "whole": r.Whole} {
		assert.Len(t, w, 20, name)
		assert.True(t, slices.IsSorted(w), name)
		assert.Positive(t, w.At(0), name)
	}
	assert.GreaterOrEqual(t, r.Whole.At(0), r.Offer.At(0), "an offer is a part of it")
	assert.GreaterOrEqual(t, r.Took, r.Whole.At(1))
	assert.InDelta(t, 20/r.Took.Seconds(), r.Rate(), 0.001)
	assert.GreaterOrEqual(t, r.Bill.Tasks, int64(20), "each offer has a timer")
	assert.GreaterOrEqual(t, r.Bill.Writes, int64(20*20))
	assert.Positive(t, r.Bill.Cents)
	mu.Lock()
	defer mu.Unlock()
	last := told[len(told)-1]
	assert.Equal(t, Progress{Planned: 20, Begun: 20, Done: 20, Elapsed: last.Elapsed}, last)
}

func TestADayThatIsBrokenOff(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	r, err := Run(ctx, Options{Rate: 20, For: time.Hour, Agents: 4, Patience: patience, Progress: func(p Progress) {
		if p.Begun > 0 {
			stop()
		}
	}})
	require.NoError(t, err)
	require.NoError(t, r.Err(), "those who were there are served")
	assert.Equal(t, 72_000, r.Planned)
	assert.Positive(t, r.Done)
	assert.Less(t, r.Done, 72_000)
	assert.Empty(t, r.Send, "nobody was answered")
}

func TestWhatACentreCanDo(t *testing.T) {
	t.Parallel()
	r, err := Run(t.Context(), Options{Rate: 5000, For: 500 * time.Millisecond, AtOnce: 2, Agents: 2, Patience: patience})
	require.NoError(t, err)
	require.NoError(t, r.Err())
	assert.Equal(t, 2500, r.Planned)
	assert.Positive(t, r.Done)
	assert.Less(t, r.Done, 2500, "there is no time for all")
}

func TestCustomersAlone(t *testing.T) {
	t.Parallel()
	r, err := Run(t.Context(), Options{Rate: 30, For: time.Second, Alone: true, Channel: Messenger, Patience: patience})
	require.NoError(t, err)
	require.NoError(t, r.Err())
	assert.Equal(t, []int{30, 30, 0}, []int{r.Done, len(r.Webhook), len(r.Offer)})
	assert.Zero(t, r.Options.Agents)
}

func TestWhatCannotBeRun(t *testing.T) {
	t.Parallel()
	good := Options{Rate: 1, For: time.Second}
	for name, c := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"no rate":          {func(o *Options) { o.Rate = 0 }, "a rate of 0"},
		"a negative rate":  {func(o *Options) { o.Rate = -1 }, "a rate of -1"},
		"too much":         {func(o *Options) { o.Rate = 1e9 }, "a rate of 1e+09"},
		"no time":          {func(o *Options) { o.For = 0 }, "0s is no time"},
		"no such channel":  {func(o *Options) { o.Channel = "fax" }, `no channel "fax"`},
		"negative answers": {func(o *Options) { o.Messages = -1 }, "messages (-1)"},
		"negative places":  {func(o *Options) { o.AtOnce = -1 }, "at a time (-1)"},
		"negative agents":  {func(o *Options) { o.Agents = -1 }, "agents (-1)"},
		"address in use":   {func(o *Options) { o.Suite.Addr = "256.0.0.1:1" }, "256.0.0.1"},
	} {
		o := good
		c.change(&o)
		_, err := Run(t.Context(), o)
		assert.ErrorContains(t, err, c.want, name)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ended, good)
	assert.ErrorContains(t, err, "canceled")
}

func TestThePlan(t *testing.T) {
	t.Parallel()
	o := Options{Rate: 50, For: 10 * time.Second}
	plan := func(seed uint64) []time.Duration { return o.plan(rand.New(rand.NewPCG(seed, 1))) }
	assert.Equal(t, plan(1), plan(1))
	assert.NotEqual(t, plan(1), plan(2))
	got := plan(3)
	assert.Len(t, got, 500)
	assert.True(t, slices.IsSorted(got))
	assert.GreaterOrEqual(t, got[0], time.Duration(0))
	assert.Less(t, got[499], 10*time.Second)
	o.Rate, o.For = 0.01, time.Second
	assert.Len(t, plan(1), 1, "somebody comes")
}

func TestWaitsAt(t *testing.T) {
	t.Parallel()
	var w Waits
	assert.Zero(t, w.At(0.99))
	for n := range 100 {
		w = append(w, time.Duration(n+1))
	}
	for part, want := range map[float64]time.Duration{0: 1, 0.5: 50, 0.9: 90, 0.99: 99, 0.991: 100, 1: 100} {
		assert.Equal(t, want, w.At(part), "%v", part)
	}
	assert.Equal(t, time.Duration(7), Waits{7}.At(0.5))
}

func TestErrorsInFewWords(t *testing.T) {
	t.Parallel()
	refused := &desktop.Refused{Status: 409, Problem: api.Problem{Code: "offer_expired", Detail: "offer 17"}}
	for want, err := range map[string]error{
		"accept: 409 offer_expired": fmt.Errorf("accept: %w", refused),
		"lost: no offer":            fmt.Errorf("%w: no %s", errLost, "offer"),
		"send: no answer":           fmt.Errorf("send: %w", errors.New("Post http://127.0.0.1:1: broken")),
	} {
		assert.Equal(t, want, code(err))
	}
}

func TestAResultThatIsNotGood(t *testing.T) {
	t.Parallel()
	r := Result{Options: Options{Rate: 1, For: time.Second, Channel: WhatsApp}, Planned: 2, Begun: 2, Done: 0, Failed: 2, Took: time.Second,
		Errors: map[string]int{"lost: no offer": 1, "accept: 409 offer_expired": 1}}
	assert.EqualError(t, r.Err(), "2 of 2 conversations were not served; errors: 1 x accept: 409 offer_expired, 1 x lost: no offer")
	var out strings.Builder
	require.NoError(t, r.Write(&out))
	assert.Contains(t, out.String(), "0 of 2 conversations done in 1.0 s, 0.0/s; errors: 1 x accept")
	assert.NotContains(t, out.String(), "US cents", "nothing was served that could be paid for")
	r = Result{Begun: 2, Done: 2, Errors: map[string]int{"renewal: 409 lease_lost": 1}}
	assert.Error(t, r.Err(), "what goes wrong beside conversations counts too")
}
