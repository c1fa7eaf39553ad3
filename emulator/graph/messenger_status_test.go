package graph_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
)

func TestEventsOfAPageComeByThemselvesInOrder(t *testing.T) {
	for mode, test := range map[graph.Statuses]struct {
		told  []string
		state string
	}{
		"":                      {[]string{"echo", "delivery", "read"}, "read"},
		graph.StatusesAuto:      {[]string{"echo", "delivery", "read"}, "read"},
		graph.StatusesReversed:  {[]string{"read", "delivery", "echo"}, "read"},
		graph.StatusesDelivered: {[]string{"echo", "delivery"}, "delivered"},
		graph.StatusesSent:      {[]string{"echo"}, "sent"},
		graph.StatusesManual:    {nil, "accepted"},
	} {
		t.Run(string(mode), func(t *testing.T) {
			f := newPageFixture(t, func(o *graph.Options) { o.Pages[0].Statuses = mode })
			f.reply("hola")
			f.settle()
			assert.Equal(t, test.told, f.told())
			assert.Equal(t, test.state, f.lea.Received()[0].Status)
		})
	}
}

func TestModeOfAPageCanChange(t *testing.T) {
	f := newPageFixture(t)
	require.Error(t, f.page.SetStatuses("some"))
	assert.Equal(t, graph.StatusesAuto, f.page.Options().Statuses)
	require.NoError(t, f.page.SetStatuses(graph.StatusesSent))
	assert.Equal(t, graph.StatusesSent, f.page.Options().Statuses)
	f.reply("hola")
	f.settle()
	assert.Equal(t, []string{"echo"}, f.told())
	require.NoError(t, f.page.SetStatuses(""))
	assert.Equal(t, graph.StatusesAuto, f.page.Options().Statuses)
}

func TestEventsOfAMessageOnTheWire(t *testing.T) {
	f := newPageFixture(t)
	f.clock.advance(1500*time.Millisecond + 700*time.Microsecond)
	_, out := f.sendPage(`{"recipient":{"id":"7000000000000001"},"messaging_type":"RESPONSE","reply_to":{"mid":"m_her"},
		"message":{"text":"¿sí/no?","metadata":"m-1"}}`)
	id := out["message_id"].(string)
	f.settle()

	posts := f.inbox.all()
	require.Len(t, posts, 4)
	const entry = `{"object":"page","entry":[{"time":1772442001500,"id":"300000000000001","messaging":[{`
	assert.Equal(t, entry+`"message":{"app_id":400000000000001,"is_echo":true,"metadata":"m-1","mid":"`+id+`",`+
		`"reply_to":{"mid":"m_her"},"text":"\u00bfs\u00ed\/no?"},`+
		`"recipient":{"id":"7000000000000001"},"sender":{"id":"300000000000001"},"timestamp":1772442001500}]}]}`, posts[1].body)
	assert.Equal(t, entry+`"delivery":{"mids":["`+id+`"],"watermark":1772442001500},`+
		`"recipient":{"id":"300000000000001"},"sender":{"id":"7000000000000001"},"timestamp":1772442001500}]}]}`, posts[2].body)
	assert.Equal(t, entry+`"read":{"watermark":1772442001500},`+
		`"recipient":{"id":"300000000000001"},"sender":{"id":"7000000000000001"},"timestamp":1772442001500}]}]}`, posts[3].body)
	for _, p := range posts {
		assert.Equal(t, graph.Sign(secret, []byte(p.body)), p.header.Get("X-Hub-Signature-256"))
		assert.Equal(t, "application/json", p.header.Get("Content-Type"))
	}
}

func TestEventsThatLeaveThingsOut(t *testing.T) {
	f := newPageFixture(t, func(o *graph.Options) { o.Pages[0].NoMetadata, o.Pages[0].NoMIDs, o.AppID = true, true, "" })
	f.sendPage(`{"recipient":{"id":"7000000000000001"},"messaging_type":"RESPONSE","message":{"metadata":"m-1",
		"attachment":{"type":"image","payload":{"url":"https://x.test/1"}}}}`)
	f.settle()
	events := f.events()
	require.Len(t, events, 4)
	echo := events[1]["message"].(map[string]any)
	assert.NotContains(t, echo, "metadata")
	assert.NotContains(t, echo, "app_id")
	assert.NotContains(t, echo, "text")
	assert.Equal(t, []any{map[string]any{"type": "image", "payload": map[string]any{}}}, echo["attachments"])
	assert.Equal(t, map[string]any{"watermark": 1772442000000.0}, events[2]["delivery"])
	assert.Equal(t, "m-1", f.lea.Received()[0].Metadata)
	assert.Equal(t, "image", f.lea.Received()[0].Attachment)
}

// watermark of the last event of a kind.
func (f *pageFixture) watermark(kind string) time.Duration {
	f.t.Helper()
	events := f.events()
	last, ok := events[len(events)-1][kind].(map[string]any)
	require.True(f.t, ok, "%v", events[len(events)-1])
	return time.UnixMilli(int64(last["watermark"].(float64))).Sub(start)
}

func TestWatermarksCoverWhatWasSentBefore(t *testing.T) {
	f := newPageFixture(t, quietPage)
	states := func() []string {
		var out []string
		for _, m := range f.lea.Received() {
			out = append(out, m.Status)
		}
		return out
	}
	first := f.reply("one")
	f.clock.advance(time.Second)
	f.reply("two")
	f.clock.advance(time.Second)
	third := f.reply("three")
	bea, err := f.page.User("7000000000000002")
	require.NoError(t, err)
	_, err = bea.Write("hola")
	require.NoError(t, err)
	f.sendPage(`{"recipient":{"id":"7000000000000002"},"messaging_type":"RESPONSE","message":{"text":"hola, Bea"}}`)
	f.clock.advance(time.Minute)

	receipt, err := f.page.Deliver(third)
	require.NoError(t, err)
	assert.Equal(t, graph.Receipt{ID: third, IDs: []string{third}, Status: http.StatusOK}, receipt)
	assert.Equal(t, 62*time.Second, f.watermark("delivery"), "when the channel noticed")
	assert.Equal(t, []string{"delivered", "delivered", "delivered"}, states())

	_, err = f.page.Read(first)
	require.NoError(t, err)
	assert.Equal(t, time.Second-time.Millisecond, f.watermark("read"), "as late as it can be without the next one")
	assert.Equal(t, []string{"read", "delivered", "delivered"}, states())

	f.clock.advance(time.Minute)
	_, err = f.lea.Read()
	require.NoError(t, err)
	assert.Equal(t, 122*time.Second, f.watermark("read"))
	assert.Equal(t, []string{"read", "read", "read"}, states())
	_, err = f.page.Deliver(first)
	require.NoError(t, err)
	assert.Equal(t, []string{"read", "read", "read"}, states(), "late, and taken back nothing")
	assert.Equal(t, "accepted", bea.Received()[0].Status, "nobody reads for another")
}

func TestWatermarkWithinOneMillisecond(t *testing.T) {
	f := newPageFixture(t, quietPage)
	first := f.reply("one")
	f.clock.advance(300 * time.Microsecond)
	f.reply("two")
	_, err := f.page.Read(first)
	require.NoError(t, err)
	assert.Equal(t, time.Duration(0), f.watermark("read"), "never before the message itself")
}

func TestReadingWithNothingToRead(t *testing.T) {
	f := newPageFixture(t)
	f.clock.advance(time.Second)
	_, err := f.lea.Read()
	require.NoError(t, err)
	assert.Equal(t, time.Second, f.watermark("read"))
}

func TestEventsOfAPageByHand(t *testing.T) {
	f := newPageFixture(t, quietPage)
	id := f.reply("hola")
	for _, report := range []func(string) (graph.Receipt, error){f.page.Read, f.page.Echo, f.page.Deliver, f.page.Echo} {
		receipt, err := report(id)
		require.NoError(t, err)
		assert.Equal(t, graph.Receipt{ID: id, IDs: []string{id}, Status: http.StatusOK}, receipt)
	}
	assert.Equal(t, []string{"read", "echo", "delivery", "echo"}, f.told())
	assert.Equal(t, "read", f.lea.Received()[0].Status)
	for _, bad := range []string{"", "accepted", "failed", "played"} {
		_, err := f.page.Report(id, bad)
		require.Error(t, err)
	}
	_, err := f.page.Read("m_unknown")
	require.ErrorIs(t, err, graph.ErrUnknownMessage)
	f.server.SetWebhook("")
	receipt, err := f.page.Echo(id)
	require.ErrorIs(t, err, graph.ErrNoWebhook)
	assert.Equal(t, graph.Receipt{}, receipt)
	f.server.SetWebhook("http://127.0.0.1:1/")
	receipt, err = f.page.Echo(id)
	require.Error(t, err)
	assert.Equal(t, id, receipt.ID, "on its way")
	f.server.Close()
	_, err = f.page.Echo(id)
	require.ErrorIs(t, err, graph.ErrClosed)
	assert.Len(t, f.told(), 4)
}

func TestFaultsOfAPage(t *testing.T) {
	for name, test := range map[string]struct {
		fault     graph.Fault
		status    int
		code      int
		message   string
		transient bool
	}{
		"not available":      {graph.Fault{Code: 551, Subcode: 1545041}, 400, 551, "(#551) This person isn't available right now.", false},
		"outside the window": {graph.Fault{Code: 10, Subcode: 2018278}, 403, 10, "(#10) This message is sent outside of allowed window.", false},
		"no permission":      {graph.Fault{Code: 10}, 403, 10, "(#10) Application does not have permission for this action", false},
		"restricted page":    {graph.Fault{Code: 10, Subcode: 1893063}, 403, 10, "(#10) This Page is restricted from sending messages.", false},
		"no such user":       {graph.Fault{Code: 100, Subcode: 2018001}, 400, 100, "(#100) No matching user found", false},
		"token":              {graph.Fault{Code: 190, Subcode: 463}, 401, 190, "Invalid OAuth access token - Cannot parse access token", false},
		"internal":           {graph.Fault{Code: -1, Subcode: 2018012}, 500, -1, "(#-1) Send message failure. Internal error", false},
		"rate limit":         {graph.Fault{Code: 613}, 400, 613, "(#613) Calls to this API have exceeded the rate limit", false},
		"app limit as 429":   {graph.Fault{Code: 4, Status: 429}, 429, 4, "(#4) Application request limit reached", false},
		"service":            {graph.Fault{Code: 2}, 503, 2, "Service temporarily unavailable", true},
		"HTTP 502":           {graph.Fault{Status: 502}, 502, 2, "Service temporarily unavailable", true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newPageFixture(t, quietPage)
			test.fault.Kind, test.fault.Account, test.fault.To = graph.FaultError, pageID, leaPSID
			f.fault(test.fault)
			response, out := f.sendPage(answerLea)
			assert.Equal(t, test.status, response.StatusCode)
			e := problem(t, out)
			assert.InDelta(t, test.code, e["code"], 0)
			assert.Equal(t, test.message, e["message"])
			if test.fault.Subcode == 0 {
				assert.NotContains(t, e, "error_subcode")
			} else {
				assert.InDelta(t, test.fault.Subcode, e["error_subcode"], 0)
			}
			assert.Equal(t, test.transient, e["is_transient"] == true)
			assert.NotContains(t, e, "error_data")
			assert.Empty(t, f.page.Sent())
			f.reply("the next one passes")
			assert.Equal(t, graph.Requests{Calls: 2, Accepted: 1, Refused: 1}, f.server.Requests())
		})
	}
}

func TestFaultsKeepTheirAccounts(t *testing.T) {
	f := newPageFixture(t, quietPage, func(o *graph.Options) { o.Numbers[0].Statuses = graph.StatusesManual })
	f.fault(graph.Fault{Kind: graph.FaultFailed, Code: 131026})
	f.fault(graph.Fault{Kind: graph.FaultError, Code: 1, Account: phoneID})
	f.fault(graph.Fault{Kind: graph.FaultError, Code: 2, Account: pageID, To: "7000000000000009"})
	f.fault(graph.Fault{Kind: graph.FaultError, Code: 613, Account: pageID})
	_, out := f.sendPage(answerLea)
	assert.InDelta(t, 613, problem(t, out)["code"], 0)
	f.sendPage(`{"recipient":{"id":"7000000000000001"}}`)
	f.reply("none is for her any more")
	assert.Len(t, f.server.Faults(), 3)
	err := f.server.AddFault(graph.Fault{Kind: graph.FaultFailed, Code: 131026, Account: pageID})
	require.ErrorContains(t, err, "cannot happen")

	// What is refused by the rules is refused before any fault.
	f.fault(graph.Fault{Kind: graph.FaultError, Code: 4, Account: pageID})
	f.clock.advance(24 * time.Hour)
	_, out = f.sendPage(answerLea)
	assert.InDelta(t, 2018278, problem(t, out)["error_subcode"], 0)
	assert.Len(t, f.server.Faults(), 4)
}

func TestMessagesNobodyGetsAnAnswerFor(t *testing.T) {
	for kind, taken := range map[graph.FaultKind]int{
		graph.FaultHangBefore: 0, graph.FaultHangAfter: 1, graph.FaultDropBefore: 0, graph.FaultDropAfter: 1,
	} {
		t.Run(string(kind), func(t *testing.T) {
			f := newPageFixture(t)
			f.fault(graph.Fault{Kind: kind, Account: pageID})
			failed := make(chan error, 1)
			client := &http.Client{Transport: &http.Transport{}} // no connection of another test
			defer client.CloseIdleConnections()
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+pageSend, strings.NewReader(answerLea))
			require.NoError(t, err)
			request.Header.Set("Authorization", "Bearer "+pageToken)
			request.Header.Set("Content-Type", "application/json")
			go func() {
				response, err := client.Do(request)
				if err == nil {
					response.Body.Close()
				}
				failed <- err
			}()
			require.Eventually(t, func() bool { return f.server.Requests().Unanswered == 1 }, waitFor, tick)
			f.settle()
			assert.Len(t, f.lea.Received(), taken)
			assert.Len(t, f.told(), 3*taken, "the echo tells what became of a message taken")
			f.server.Close()
			require.Error(t, <-failed)
		})
	}
}

func TestEventsBeforeTheAnswer(t *testing.T) {
	f := newPageFixture(t)
	f.fault(graph.Fault{Kind: graph.FaultStatusesFirst, Account: pageID})
	answered := make(chan int, 3)
	f.inbox.answers(func(int) int {
		answered <- f.server.Requests().Accepted
		return http.StatusOK
	})
	f.reply("hola")
	assert.Equal(t, []string{"echo", "delivery", "read"}, f.told(), "all there when the answer is")
	for range 3 {
		assert.Zero(t, <-answered)
	}
	f.settle()
	assert.Len(t, f.told(), 3, "and not again")
}

func TestEchoRefusedOnceComesAgain(t *testing.T) {
	f := newPageFixture(t)
	f.inbox.answers(func(nth int) int {
		if nth == 2 {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	f.reply("hola")
	f.settle()
	told := f.told()
	require.Len(t, told, 4)
	assert.Equal(t, "echo", told[0])
	assert.ElementsMatch(t, []string{"echo", "delivery", "read"}, told[1:])
}
