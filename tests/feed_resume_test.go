package tests

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/tests/floor"
)

// B2: a desktop whose connection breaks at any moment and comes back later has, with what it heard before and after,
// exactly what there is.
func TestTheFeedGoesOnWithoutAGap(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for round := range uint64(20) {
		t.Run(fmt.Sprint("round ", round), func(t *testing.T) {
			t.Parallel()
			d := &day{c: floor.Open(t), r: rand.New(rand.NewPCG(seed, round))}
			d.ana, d.bob = d.c.Agent("ana").SignsIn(), d.c.Agent("bob").SignsIn()
			m := d.ana.Mirror()
			for range 40 {
				d.something()
				switch {
				case !m.Connected() && d.r.IntN(3) > 0:
					m.Connect(d.r.IntN(8))
				case m.Connected() && d.r.IntN(3) == 0:
					m.Cut()
				}
			}
			m.Cut()
			d.c.Settle()
			m.Connect(0)
			m.ShowsAll()
			m.Cut()
			assert.LessOrEqual(t, m.Heard("snapshot"), 1, "the feed always goes on from its own cursor")
		})
	}
}

// day is a working day on which anything may happen.
type day struct {
	c        *floor.Floor
	r        *rand.Rand
	ana, bob *floor.Agent
}

// something happens: a customer writes, or an agent does what he can.
func (d *day) something() {
	t, ctx := d.c.T, d.c.Context()
	t.Helper()
	for _, a := range []*floor.Agent{d.ana, d.bob} {
		_, err := a.Desktop.Renew(ctx)
		require.NoError(t, err)
	}
	snap, err := d.ana.Desktop.Snapshot(ctx)
	require.NoError(t, err)
	what := d.r.IntN(20)
	switch {
	case snap.Agent.State != api.AgentStateAvailable:
		d.ana.Becomes(api.ChosenStateAvailable)
	case snap.Offer.ID != "" && what < 10:
		d.inTime(d.ana.Desktop.Accept(ctx, snap.Offer.ID))
	case snap.Offer.ID != "" && what == 10:
		d.inTime(d.ana.Desktop.Decline(ctx, snap.Offer.ID))
	case len(snap.Interactions) > 0 && what < 12:
		d.work(snap.Interactions[d.r.IntN(len(snap.Interactions))])
	case what == 12:
		_, err := d.ana.Desktop.SignOut(ctx, true)
		require.NoError(t, err)
		d.ana.SignsIn()
	case what == 13:
		if me := d.bob.Me(); me.Offer != "" {
			d.inTime(d.bob.Desktop.Accept(ctx, me.Offer))
		}
	default:
		d.c.Customer(fmt.Sprint("c", d.r.IntN(6))).Writes(fmt.Sprint("mensaje ", d.r.IntN(1000)))
	}
}

// inTime checks that an offer was answered, unless its time was over: it may have rung since the day began.
func (d *day) inTime(_ api.Offer, err error) {
	d.c.T.Helper()
	if !isRefused(err, "offer_expired") {
		require.NoError(d.c.T, err)
	}
}

// work is what ana does in a conversation.
func (d *day) work(i api.Interaction) {
	can := slices.DeleteFunc([]string{"send", "send", "send", "read", "end", "wrap_up"}, func(s string) bool {
		return !slices.Contains(i.Actions, s)
	})
	switch can[d.r.IntN(len(can))] {
	case "send":
		d.ana.Writes(i.ID, fmt.Sprint("respuesta ", d.r.IntN(1000)))
	case "read":
		_, err := d.ana.Desktop.Read(d.c.Context(), i.ID, int64(d.r.IntN(9)))
		require.NoError(d.c.T, err)
	case "end":
		d.ana.Ends(i.ID)
	case "wrap_up":
		d.ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"})
	}
}

// B2: what ended or was handed on while the desktop was away is told with its final state, once; what rang then, too.
func TestWhatLeftWhileTheDesktopWasAwayIsTold(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	closed := ana.Accepts()
	c.Customer("max").Writes("buenas")
	handed := ana.Accepts()
	c.Customer("zoe").Writes("¿hay alguien?")
	rang := ana.IsOffered()
	feed, stop := ana.Listens("")
	floor.Hears(ana, feed, "snapshot", func(s api.Snapshot) bool { return len(s.Interactions) == 2 && s.Offer.ID == rang.ID })
	stop()

	ana.Ends(closed.ID)
	ana.WrapsUp(closed.ID, api.WrapUpChoice{Reason: "question"})
	_, err := ana.Desktop.SignOut(c.Context(), true)
	require.NoError(t, err)

	again, stop := ana.Listens(feed.Last())
	left := floor.Hears(ana, again, "left", func(i api.Interaction) bool { return i.ID == closed.ID })
	assert.Equal(t, ana.Sees(closed.ID), left)
	left = floor.Hears(ana, again, "left", func(i api.Interaction) bool { return i.ID == handed.ID })
	assert.Equal(t, api.InteractionStateQueued, left.State)
	assert.Empty(t, left.Actions)
	floor.Hears(ana, again, "offer", func(o api.Offer) bool { return o.ID == rang.ID && o.State == api.OfferStateDeclined })
	floor.Hears(ana, again, "agent", func(a api.Agent) bool { return a.State == api.AgentStateOffline })
	stop()
	assert.NotContains(t, types(again), "snapshot")

	third, stop := ana.Listens(again.Last())
	defer stop()
	c.Customer("lea").Writes("otra cosa")
	ana.SignsIn()
	floor.Hears(ana, third, "offer", func(o api.Offer) bool { return o.State == api.OfferStatePending })
	assert.NotContains(t, types(third), "left", "it was told")
}

// B2: a cursor that says nothing about this agent's desk begins anew, and none shows him what is not his.
func TestACursorThatCannotBeServedBeginsWithASnapshot(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
	c.Customer("lea").Writes("es mío")
	i := ana.Accepts()
	bob.SignsIn()
	snap, err := ana.Desktop.Snapshot(c.Context())
	require.NoError(t, err)
	mine, err := bob.Desktop.Snapshot(c.Context())
	require.NoError(t, err)
	ahead, err := view.ParseCursor(mine.Cursor)
	require.NoError(t, err)
	ahead.Agent += 100
	hers, err := view.ParseCursor(snap.Cursor)
	require.NoError(t, err)
	hers.Agent = 1
	for name, cursor := range map[string]string{
		"another agent's of long ago": hers.String(),
		"garbage":                     "garbage", "not base64": "{\"a\":1}", "another form": "eyJhIjoxNCwicyI6eyJpNSI6eyJ2IjozfX19",
		"another agent's": snap.Cursor, "from the future": ahead.String(), "cut off": mine.Cursor[:len(mine.Cursor)-3],
	} {
		feed, stop := bob.Listens(cursor)
		got := floor.Hears(bob, feed, "snapshot", func(api.Snapshot) bool { return true })
		stop()
		assert.Equal(t, mine.Agent, got.Agent, name)
		assert.Equal(t, []string{"snapshot"}, types(feed), name)
	}

	forged, err := view.ParseCursor(mine.Cursor)
	require.NoError(t, err)
	forged.Agent--
	forged.Offer = i.History[len(i.History)-1].Detail
	forged.Seats[i.ID] = view.Seen{}
	forged.Seats["no/such"] = view.Seen{}
	forged.Seats["nosuch"] = view.Seen{}
	feed, stop := bob.Listens(forged.String())
	floor.Hears(bob, feed, "agent", func(api.Agent) bool { return true })
	bob.Becomes(api.ChosenStateIdle)
	floor.Hears(bob, feed, "agent", func(a api.Agent) bool { return a.State == api.AgentStateIdle })
	stop()
	assert.Equal(t, []string{"agent", "agent"}, types(feed), "nothing of a conversation and an offer that were never his")

	resp := c.Get(c.Context(), "/v1/agents/me/feed?cursor="+url.QueryEscape("no cursor"), bob.Header())
	defer resp.Body.Close()
	assert.Equal(t, 400, resp.StatusCode)
}

// B2: the feed of an agent with more conversations than one listener takes is like everybody else's.
func TestTheFeedOfAnAgentWithManyConversations(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	_, err := c.Agent("ada").Desktop.Import(c.Context(), []byte(strings.TrimSpace(`
agents: [{id: ana, name: Ana García, email: ana@acme.example, roles: [agent], teams: [support], capacity: 50}]
`)), false)
	require.NoError(t, err)
	ana := c.Agent("ana").SignsIn()
	m := ana.Mirror()
	accepts := func(n int) {
		c.Soon("it rings", func() error {
			me := ana.Me()
			if me.Offer == "" {
				return fmt.Errorf("nothing rings after %d", n)
			}
			_, err := ana.Desktop.Accept(c.Context(), me.Offer)
			return err
		})
		_, err := ana.Desktop.Renew(c.Context())
		require.NoError(t, err)
	}
	for n := range 34 {
		c.Customer(fmt.Sprint("c", n)).Writes("hola")
		accepts(n)
		if n == 28 {
			m.Connect(0)
		}
	}
	m.ShowsAll()
	m.Cut()
	c.Customer("c7").Writes("¿y lo mío?")
	c.Customer("c33").Writes("¿y lo mío?")
	c.Settle()
	m.Connect(0)
	m.ShowsAll()
	m.Cut()
	assert.Equal(t, 1, m.Heard("snapshot"))
	assert.Equal(t, 34, ana.Me().Load)
}
