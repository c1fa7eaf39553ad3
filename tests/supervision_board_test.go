package tests

import (
	"bufio"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/meter"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/tests/floor"
)

// glances has the board looked at so often that nobody has to wait for it.
func glances() suite.Options {
	return suite.Options{Env: map[string]string{"BOARD_EVERY": "10ms"}}
}

// line is the queue on the board.
func line(b api.Board, queue string) api.BoardQueue {
	for _, q := range b.Queues {
		if q.ID == queue {
			return q
		}
	}
	return api.BoardQueue{}
}

// shows waits until the board is as wanted.
func shows(c *floor.Floor, sam *floor.Agent, what string, wanted func(api.Board) bool) (b api.Board) {
	c.T.Helper()
	c.Soon(what, func() error {
		if b = sam.Board(); !wanted(b) {
			return fmt.Errorf("the board shows %+v", b)
		}
		return nil
	})
	return b
}

// B9: the board shows how queues and teams stand: who waits and since when, who is asked, who is served, what is owed, and what
// agents do.
func TestTheBoardShowsHowTheFloorStands(t *testing.T) {
	t.Parallel()
	c := floor.OpenWith(t, glances())
	c.Configure(travellers)
	sam, tess := c.Agent("sam"), c.Agent("tess")
	var names []string
	for _, q := range sam.Board().Queues {
		names = append(names, q.ID+" of "+q.Team.Name)
	}
	assert.Equal(t, []string{"bookings of Travel desk", "returns of Support", "sales of Support", "support of Support"}, names)
	assert.Equal(t, api.List[api.BoardQueue]{{ID: "bookings", Name: "Bookings", Team: api.Ref{ID: "travel", Name: "Travel desk"}}}, tess.Board().Queues)
	assert.Equal(t, api.List[api.BoardTeam]{{ID: "travel", Name: "Travel desk", Offline: 4}}, tess.Board().Teams)

	c.Customer("lea").Writes("hola")
	c.Settle()
	c.Advance(time.Minute)
	c.Customer("max").Writes("hola")
	c.Settle()
	b := shows(c, sam, "two wait", func(b api.Board) bool { return line(b, "sales").Waiting == 2 })
	oldest := sam.Work("queue", "sales")[0]
	assert.Equal(t, "Lea", oldest.Customer.Name, "who came first comes first")
	assert.Equal(t, oldest.WaitingSince, line(b, "sales").WaitingSince)

	ana := c.Agent("ana").SignsIn()
	o := ana.IsOffered()
	b = shows(c, sam, "lea is offered", func(b api.Board) bool { return line(b, "sales").Offered == 1 && b.Teams[0].Available == 1 })
	assert.Equal(t, o.WaitingSince, line(b, "sales").WaitingSince, "she waits until somebody has her")
	ana.Accepts()
	ana.Becomes(api.ChosenStateIdle)
	b = shows(c, sam, "ana has her", func(b api.Board) bool { return line(b, "sales").Active == 1 && b.Teams[0].Idle == 1 })
	assert.Equal(t, 1, line(b, "sales").Waiting, "max waits again")
	ana.Ends(o.Interaction)
	b = shows(c, sam, "she owes", func(b api.Board) bool { return line(b, "sales").Wrapup == 1 })
	assert.Equal(t, api.BoardTeam{ID: "support", Name: "Support", Idle: 1, Offline: 3}, b.Teams[0])
	ana.WrapsUp(o.Interaction, floor.Question)
	shows(c, sam, "it is closed", func(b api.Board) bool { return line(b, "sales").Wrapup == 0 && line(b, "sales").Active == 0 })
}

// B9: the board's feed tells what stands otherwise; who comes back with what he saw last is told nothing twice.
func TestTheBoardsFeed(t *testing.T) {
	t.Parallel()
	c := floor.OpenWith(t, glances())
	sam := c.Agent("sam")
	feed, stop := sam.Watches("")
	first := floor.Hears(sam, feed, "snapshot", func(api.Board) bool { return true })
	assert.Len(t, first.Queues, 4)
	c.Customer("lea").Writes("hola")
	floor.Hears(sam, feed, "queue", func(q api.BoardQueue) bool { return q.ID == "sales" && q.Waiting == 1 })
	ana := c.Agent("ana").SignsIn()
	floor.Hears(sam, feed, "team", func(m api.BoardTeam) bool { return m.ID == "support" && m.Available == 1 })
	floor.Hears(sam, feed, "queue", func(q api.BoardQueue) bool { return q.ID == "sales" && q.Offered == 1 && q.Waiting == 0 })
	c.Soon("the feed has told all there is", func() error { // the board is not counted at one instant
		if now := sam.Board().Cursor; now != feed.Last() {
			return fmt.Errorf("it has come to %s, and the board is at %s", feed.Last(), now)
		}
		return nil
	})
	stop()

	resp := c.Get(c.Context(), "/v1/supervision/feed?cursor="+feed.Last(), sam.Header())
	defer resp.Body.Close()
	ana.Becomes(api.ChosenStateIdle)
	heard := bufio.NewScanner(resp.Body)
	for heard.Scan() && !strings.HasPrefix(heard.Text(), "event: ") {
	}
	assert.NotEqual(t, "event: snapshot", heard.Text(), "it goes on where it ended")

	missed, stop := sam.Watches(feed.Last())
	defer stop()
	now := floor.Hears(sam, missed, "snapshot", func(api.Board) bool { return true })
	assert.Equal(t, now.Cursor, missed.Events()[0].ID, "what changed meanwhile comes as a whole")
	c.Configure("queues: [{id: vip, name: VIP, project: shop, team: support}]")
	floor.Hears(sam, missed, "snapshot", func(b api.Board) bool { return line(b, "vip").ID == "vip" })
}

// B9: the feed ends with the token, too.
func TestTheBoardsFeedEndsWithTheToken(t *testing.T) {
	t.Parallel()
	c := floor.OpenWith(t, glances())
	sam := c.Agent("sam").Elsewhere()
	sam.Desktop.Token = func() (string, error) {
		return c.Suite.Identity.Token("sam@acme.example", suite.Audience, 5*time.Second)
	}
	feed, stop := sam.Watches("")
	defer stop()
	assert.Equal(t, api.FeedEndReasonTokenExpired, ends(sam, feed))
}

// B9: the feed ends after its time; then who may see what is asked again.
func TestTheBoardsFeedEnds(t *testing.T) {
	t.Parallel()
	c := floor.OpenWith(t, suite.Options{Env: map[string]string{"BOARD_EVERY": "10ms", "BOARD_STREAM_FOR": "300ms"}})
	sam := c.Agent("sam")
	feed, stop := sam.Watches("")
	defer stop()
	assert.Equal(t, api.FeedEndReasonTimeLimit, ends(sam, feed))
	c.Configure("agents: [{id: sam, name: Sam Okafor, email: sam@acme.example, roles: [agent], teams: [support]}]")
	_, err := sam.Desktop.Board(c.Context())
	c.IsRefused(err, 403, "role_missing")
}

// B9: a board costs what its queues and teams are, not what goes on in them or how many watch: for each queue five reads and for
// each team four, once in a while.
func TestWhatTheBoardCosts(t *testing.T) {
	t.Parallel()
	floor.Metered(t)
	c := floor.OpenWith(t, suite.Options{Env: map[string]string{"BOARD_EVERY": "1h"}})
	sam, ada := c.Agent("sam"), c.Agent("ada")
	for n := range 7 {
		c.Customer(fmt.Sprint("customer-", n)).Writes("hola")
	}
	c.Settle()
	_, err := ada.Desktop.Crew(c.Context(), url.Values{"limit": {"1"}}) // who they are is known
	require.NoError(t, err)
	sam.Me()
	c.Suite.Meter.Reset()
	sam.Board()
	counted := c.Suite.Meter.Report(0).Total.Reads
	assert.LessOrEqual(t, counted, int64(4*5+2*4+4+2+1), "four queues, two teams; their names, and who asks, which are kept")
	assert.GreaterOrEqual(t, counted, int64(4*5+2*4))
	var stops []func()
	for range 20 {
		feed, stop := sam.Watches("")
		stops = append(stops, stop)
		floor.Hears(sam, feed, "snapshot", func(b api.Board) bool { return line(b, "sales").Waiting == 7 })
	}
	ada.Board()
	assert.Equal(t, counted, c.Suite.Meter.Report(0).Total.Reads, "nobody counts again, and nobody listens")
	_, shared := c.Suite.Meter.Interaction(meter.Shared)
	assert.True(t, shared)
	for _, stop := range stops {
		stop()
	}
}
