package tests

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/tests/floor"
)

// B2: a desktop that opens its feed is first shown everything, and everything that happens from then on: the offer, the
// agent, the conversation and each message, every time with the whole state.
func TestTheFeedTellsAllThatHappens(t *testing.T) {
	t.Parallel()
	shown := make(chan struct{}) // until then nothing goes out: the feed tells how a message is, and not all that it was on the way there
	c := floor.OpenWith(t, suite.Options{Wrap: func(function string, h http.Handler) http.Handler {
		if function != "delivery" {
			return h
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-shown:
			case <-r.Context().Done():
			}
			h.ServeHTTP(w, r)
		})
	}})
	ana := c.Agent("ana").SignsIn()
	feed, stop := ana.Listens("")
	defer stop()
	snap := floor.Hears(ana, feed, "snapshot", func(s api.Snapshot) bool { return true })
	assert.Equal(t, api.AgentStateAvailable, snap.Agent.State)
	assert.Empty(t, snap.Interactions)
	assert.Equal(t, snap.Cursor, feed.Events()[0].ID, "the first event is the snapshot, and the feed goes on from its cursor")

	lea := c.Customer("lea")
	lea.Writes("hola")
	offer := floor.Hears(ana, feed, "offer", func(o api.Offer) bool { return o.State == api.OfferStatePending })
	assert.Equal(t, "Lea", offer.Customer.Name)
	assert.Equal(t, api.List[string]{"accept", "decline"}, offer.Actions)
	floor.Hears(ana, feed, "agent", func(a api.Agent) bool { return a.Offer == offer.ID })

	_, err := ana.Desktop.Accept(c.Context(), offer.ID)
	require.NoError(t, err)
	floor.Hears(ana, feed, "offer", func(o api.Offer) bool { return o.ID == offer.ID && o.State == api.OfferStateAccepted })
	floor.Hears(ana, feed, "agent", func(a api.Agent) bool { return a.Offer == "" && a.Load == 1 })
	i := floor.Hears(ana, feed, "interaction", func(i api.Interaction) bool { return i.State == api.InteractionStateActive })
	assert.Equal(t, offer.Interaction, i.ID)
	assert.Equal(t, api.List[string]{"send", "send_template", "read", "note", "conference", "end", "transfer"}, i.Actions)
	floor.Hears(ana, feed, "message", func(m api.Message) bool { return m.Text == "hola" && m.Direction == api.DirectionInbound })

	sent := ana.Writes(i.ID, "buenas")
	for _, state := range []api.MessageState{"pending", "read"} {
		got := floor.Hears(ana, feed, "message", func(m api.Message) bool { return m.ID == sent.ID && m.State == state })
		assert.Equal(t, "buenas", got.Text)
		assert.Equal(t, sent.ClientID, got.ClientID, "the desktop knows its own message again")
		if state == "pending" {
			close(shown)
		}
	}
	lea.Writes("gracias")
	floor.Hears(ana, feed, "message", func(m api.Message) bool { return m.Text == "gracias" && m.Seq == 3 })
	ana.Ends(i.ID)
	floor.Hears(ana, feed, "interaction", func(i api.Interaction) bool { return i.State == api.InteractionStateWrapup })
	ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"})
	left := floor.Hears(ana, feed, "left", func(x api.Interaction) bool { return x.ID == i.ID })
	assert.Equal(t, ana.Sees(i.ID), left, "with its final state")
	assert.Equal(t, api.InteractionStateClosed, left.State)
	floor.Hears(ana, feed, "agent", func(a api.Agent) bool { return a.Load == 0 && a.Version > snap.Agent.Version })
}

// B2: the stream is one of server-sent events that no cache keeps, and comments keep it open.
func TestTheFeedIsAStreamOfServerSentEvents(t *testing.T) {
	t.Parallel()
	c := floor.OpenWith(t, suite.Options{Env: map[string]string{"FEED_HEARTBEAT": "20ms"}})
	ana := c.Agent("ana").SignsIn()
	ctx, cancel := context.WithCancel(c.Context())
	defer cancel()
	resp := c.Get(ctx, "/v1/agents/me/feed", ana.Header())
	defer resp.Body.Close()
	assert.Equal(t, 200, resp.StatusCode)
	assert.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))

	var lines []string
	for in := bufio.NewScanner(resp.Body); len(lines) < 9 && in.Scan(); {
		lines = append(lines, in.Text())
	}
	require.Len(t, lines, 9)
	assert.Equal(t, []string{"retry: 1000", ""}, lines[:2])
	assert.Regexp(t, "^id: [!-~]+$", lines[2])
	assert.Equal(t, "event: snapshot", lines[3])
	assert.Regexp(t, `^data: \{"agent":`, lines[4])
	assert.Equal(t, []string{"", ": still here", "", ": still here"}, lines[5:])
}

// B2: every stream ends in time and says why, so that the desktop comes back and misses nothing.
func TestAStreamSaysWhyItEnds(t *testing.T) {
	t.Parallel()
	t.Run("the token expires", func(t *testing.T) {
		t.Parallel()
		c := floor.Open(t)
		ana := c.Agent("ana").Elsewhere()
		ana.Desktop.Token = func() (string, error) {
			return c.Suite.Identity.Token("ana@acme.example", suite.Audience, 2*time.Second)
		}
		told := untilItEnds(c, ana)
		require.Len(t, told, 2)
		assert.Equal(t, "snapshot", told[0].Type)
		assert.JSONEq(t, `{"reason":"token_expired"}`, string(told[1].Data))
		assert.Equal(t, told[0].ID, told[1].ID, "the feed goes on from the last thing that was told")
	})
	t.Run("the platform's limit for a request", func(t *testing.T) {
		t.Parallel()
		c := floor.OpenWith(t, suite.Options{Env: map[string]string{"FEED_STREAM_FOR": "100ms"}})
		told := untilItEnds(c, c.Agent("ana"))
		require.Len(t, told, 2)
		assert.JSONEq(t, `{"reason":"time_limit"}`, string(told[1].Data))
	})
	t.Run("the instance stops", func(t *testing.T) {
		t.Parallel()
		c := floor.Open(t)
		ana := c.Agent("ana")
		feed, stop := ana.Listens("")
		defer stop()
		floor.Hears(ana, feed, "snapshot", func(api.Snapshot) bool { return true })
		require.NoError(t, c.Suite.Close())
		assert.Equal(t, api.FeedEndReasonShuttingDown, ends(ana, feed))
	})
}

// untilItEnds is all that a stream from a snapshot tells. One whose time was over before it could show anything is refused, and the
// desktop asks again.
func untilItEnds(c *floor.Floor, a *floor.Agent) (told []desktop.Event) {
	c.T.Helper()
	c.Soon("a stream begins and ends", func() error {
		told = nil
		return a.Desktop.Listen(c.Context(), "", func(e desktop.Event) error {
			told = append(told, e)
			return nil
		})
	})
	return told
}

// B2: an agent with two desktops is told everything at both.
func TestTwoDesktopsOfOneAgentBothHear(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	one, stopOne := ana.Listens("")
	defer stopOne()
	two, stopTwo := ana.Elsewhere().Listens("")
	defer stopTwo()
	c.Customer("lea").Writes("hola")
	for _, feed := range []*floor.Feed{one, two} { // of an offer that is over before a feed knows of it there is nothing to tell
		floor.Hears(ana, feed, "offer", func(o api.Offer) bool { return o.State == api.OfferStatePending })
	}
	i := ana.Accepts()
	sent := ana.Writes(i.ID, "buenas")
	for _, feed := range []*floor.Feed{one, two} {
		floor.Hears(ana, feed, "offer", func(o api.Offer) bool { return o.Interaction == i.ID && o.State == api.OfferStateAccepted })
		floor.Hears(ana, feed, "message", func(m api.Message) bool { return m.Text == "hola" })
		floor.Hears(ana, feed, "message", func(m api.Message) bool { return m.ID == sent.ID && m.State == api.MessageStateRead })
	}
}

// B2: a desktop that goes away without a word leaves nothing behind. It counts everything that runs, so nothing runs
// beside it.
func TestADesktopThatGoesAwayLeavesNothingBehind(t *testing.T) {
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	ana.Accepts()
	comeAndGo := func() {
		var stops []func()
		for range 20 {
			feed, stop := ana.Listens("")
			floor.Hears(ana, feed, "snapshot", func(api.Snapshot) bool { return true })
			stops = append(stops, stop)
		}
		ana.Becomes(api.ChosenStateIdle)
		for _, stop := range stops {
			stop()
		}
		http.DefaultClient.CloseIdleConnections()
		c.Settle()
	}
	comeAndGo() // connections to the database are made when first used, and stay
	before := running(c)
	comeAndGo()
	comeAndGo()
	assert.LessOrEqual(t, running(c), before+5, "forty desktops came and went")
}

// running is how many goroutines there are once it is always the same number.
func running(c *floor.Floor) int {
	last, same := 0, 0
	c.Soon("what is over comes to its end", func() error {
		now := runtime.NumGoroutine()
		if now != last {
			last, same = now, 0
		}
		if same++; same < 50 {
			return fmt.Errorf("%d goroutines", now)
		}
		return nil
	})
	return last
}

// B2, R33: a token in an address ends up in logs and histories. It is not taken there.
func TestNoTokenIsTakenFromTheAddress(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	token, err := ana.Desktop.Token()
	require.NoError(t, err)
	for _, name := range []string{"access_token", "token", "authorization", "bearer", "jwt", "cursor"} {
		resp := c.Get(c.Context(), "/v1/agents/me/feed?"+name+"="+url.QueryEscape(token), http.Header{})
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, 401, resp.StatusCode, name)
		assert.Contains(t, string(body), `"code":"token_missing"`)
		assert.NotContains(t, string(body), token)
	}
	resp := c.Get(c.Context(), "/v1/agents/me/feed?access_token="+url.QueryEscape(token), ana.Header())
	defer resp.Body.Close()
	assert.Equal(t, 400, resp.StatusCode, "not even beside the header")
}

// R5: what the desktop needs for its alerts: an offer that rings, and a conversation in which the customer spoke last
// and was not read.
func TestTheFeedSaysWhatToAlertOf(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	feed, stop := ana.Listens("")
	defer stop()
	lea := c.Customer("lea")
	lea.Writes("hola")
	floor.Hears(ana, feed, "offer", func(o api.Offer) bool { return o.State == api.OfferStatePending && o.Preview == "hola" })
	i := ana.Accepts()
	unread := func(n int, preview string) {
		t.Helper()
		seen := ana.Sees(i.ID)
		assert.Equal(t, n, seen.Unread)
		floor.Hears(ana, feed, "interaction", func(x api.Interaction) bool {
			return x.Version == seen.Version && x.Unread == n && x.Preview == preview
		})
	}
	unread(1, "hola")
	ana.Writes(i.ID, "buenas")
	unread(0, "buenas")
	lea.Writes("¿sigue ahí?")
	lea.Writes("¿hola?")
	c.Settle()
	unread(2, "¿hola?")
	said := ana.Reads(i.ID)
	_, err := ana.Desktop.Read(c.Context(), i.ID, said[2].Seq)
	require.NoError(t, err)
	unread(1, "¿hola?")
	_, err = ana.Desktop.Read(c.Context(), i.ID, said[3].Seq)
	require.NoError(t, err)
	unread(0, "¿hola?")
}

// ends waits for the end of the stream.
func ends(a *floor.Agent, feed *floor.Feed) api.FeedEndReason {
	return floor.Hears(a, feed, "end", func(api.FeedEnd) bool { return true }).Reason
}

func types(feed *floor.Feed) []string {
	var out []string
	for _, e := range feed.Events() {
		out = append(out, e.Type)
	}
	return out
}
