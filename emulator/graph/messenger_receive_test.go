package graph_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
)

func TestTextOfAUserOnTheWire(t *testing.T) {
	f := stranger(t)
	f.clock.advance(618 * time.Millisecond)
	receipt, err := f.lea.Write("¿Qué/tal? 👍\n<&>")
	require.NoError(t, err)
	assert.Regexp(t, mid, receipt.ID)
	assert.Equal(t, graph.Receipt{ID: receipt.ID, IDs: []string{receipt.ID}, Status: http.StatusOK}, receipt)
	posts := f.inbox.all()
	require.Len(t, posts, 1)
	assert.Equal(t, `{"object":"page","entry":[{"time":1772442000618,"id":"300000000000001","messaging":[`+
		`{"message":{"mid":"`+receipt.ID+`","text":"\u00bfQu\u00e9\/tal? \ud83d\udc4d\n<&>"},`+
		`"recipient":{"id":"300000000000001"},"sender":{"id":"7000000000000001"},"timestamp":1772442000618}]}]}`, posts[0].body)
	assert.Equal(t, graph.Sign(secret, []byte(posts[0].body)), posts[0].header.Get("X-Hub-Signature-256"))
	assert.Equal(t, "application/json", posts[0].header.Get("Content-Type"))
}

func TestWhatUsersDo(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(*graph.User) (graph.Receipt, error)
		want string // the event without sender, recipient and timestamp; MID is the receipt's ID
	}{
		"reply": {func(u *graph.User) (graph.Receipt, error) { return u.Reply("m_x", "sí") },
			`{"message":{"mid":"MID","text":"sí","reply_to":{"mid":"m_x"}}}`},
		"quick reply": {func(u *graph.User) (graph.Receipt, error) { return u.Choose("42", "size-42") },
			`{"message":{"mid":"MID","text":"42","quick_reply":{"payload":"size-42"}}}`},
		"button": {func(u *graph.User) (graph.Receipt, error) { return u.Tap("Empezar", "START") },
			`{"postback":{"mid":"MID","title":"Empezar","payload":"START"}}`},
		"files": {func(u *graph.User) (graph.Receipt, error) {
			return u.Attach(graph.File{Kind: "image", URL: "https://x.test/1"}, graph.File{Kind: "file", URL: "https://x.test/2"})
		}, `{"message":{"mid":"MID","attachments":[{"type":"image","payload":{"url":"https://x.test/1"}},{"type":"file","payload":{"url":"https://x.test/2"}}]}}`},
		"sticker": {func(u *graph.User) (graph.Receipt, error) { return u.Sticker(369239263222822, "https://x.test/s") },
			`{"message":{"mid":"MID","attachments":[{"type":"sticker","payload":{"url":"https://x.test/s","sticker_id":369239263222822}}]}}`},
		"edit": {func(u *graph.User) (graph.Receipt, error) { return u.Edit("m_x", "hola!") },
			`{"message_edit":{"mid":"m_x","text":"hola!","num_edit":1}}`},
		"deletion": {func(u *graph.User) (graph.Receipt, error) { return u.Delete("m_x") },
			`{"message":{"mid":"m_x","is_deleted":true}}`},
		"reaction": {func(u *graph.User) (graph.Receipt, error) { return u.React("m_x", "❤") },
			`{"reaction":{"mid":"m_x","action":"react","emoji":"❤","reaction":"love"}}`},
		"another reaction": {func(u *graph.User) (graph.Receipt, error) { return u.React("m_x", "🥳") },
			`{"reaction":{"mid":"m_x","action":"react","emoji":"🥳","reaction":"other"}}`},
		"no reaction any more": {func(u *graph.User) (graph.Receipt, error) { return u.Unreact("m_x") },
			`{"reaction":{"mid":"m_x","action":"unreact"}}`},
		"link": {func(u *graph.User) (graph.Receipt, error) {
			return u.Arrive(graph.Referral{Ref: "spring", Source: "SHORTLINK", Type: "OPEN_THREAD"})
		}, `{"referral":{"ref":"spring","source":"SHORTLINK","type":"OPEN_THREAD"}}`},
		"advertisement": {func(u *graph.User) (graph.Receipt, error) {
			return u.Arrive(graph.Referral{Source: "ADS", Type: "OPEN_THREAD", AdID: "6045246247433"})
		}, `{"referral":{"source":"ADS","type":"OPEN_THREAD","ad_id":"6045246247433"}}`},
		"thread taken": {func(u *graph.User) (graph.Receipt, error) { return u.TakeThread(graph.Inbox, "staff") },
			`{"take_thread_control":{"previous_owner_app_id":"400000000000001","new_owner_app_id":"263902037430900","metadata":"staff"}}`},
		"thread passed": {func(u *graph.User) (graph.Receipt, error) { return u.PassThread(graph.Inbox, appID, "yours") },
			`{"pass_thread_control":{"previous_owner_app_id":"263902037430900","new_owner_app_id":"400000000000001","metadata":"yours"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			f := stranger(t)
			receipt, err := test.do(f.lea)
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, receipt.Status)
			require.NotEmpty(t, receipt.ID)
			assert.NotEqual(t, "m_x", receipt.ID, "what is done to a message is not the message")
			events := f.events()
			require.Len(t, events, 1)
			e := events[0]
			assert.Equal(t, map[string]any{"id": leaPSID}, e["sender"])
			assert.Equal(t, map[string]any{"id": pageID}, e["recipient"])
			assert.InDelta(t, 1772442000000, e["timestamp"], 0)
			for _, name := range []string{"sender", "recipient", "timestamp"} {
				delete(e, name)
			}
			for _, name := range []string{"message", "postback"} {
				if part, ok := e[name].(map[string]any); ok && part["mid"] == receipt.ID {
					part["mid"] = "MID"
				}
			}
			got, err := json.Marshal(e)
			require.NoError(t, err)
			assert.JSONEq(t, test.want, string(got))
		})
	}
}

func TestEditsAreCounted(t *testing.T) {
	f := stranger(t)
	var got []any
	for _, id := range []string{"m_x", "m_x", "m_y", "m_x"} {
		_, err := f.lea.Edit(id, "hola")
		require.NoError(t, err)
		events := f.events()
		got = append(got, events[len(events)-1]["message_edit"].(map[string]any)["num_edit"])
	}
	assert.Equal(t, []any{1.0, 2.0, 1.0, 3.0}, got)
}

func TestRawEvents(t *testing.T) {
	f := stranger(t)
	send := func(raw string) (graph.Receipt, map[string]any) {
		t.Helper()
		receipt, err := f.page.Receive(graph.Event{From: leaPSID, Raw: json.RawMessage(raw)})
		require.NoError(t, err)
		events := f.events()
		return receipt, events[len(events)-1]
	}
	receipt, e := send(` {"message":{"attachments":[{"type":"fallback","title":"x"}],"is_unsupported":true}} `)
	assert.Regexp(t, mid, receipt.ID)
	assert.Equal(t, receipt.ID, e["message"].(map[string]any)["mid"])

	receipt, e = send(`{"sender":{"id":7},"recipient":{"id":8},"timestamp":1772442000,"message":{"mid":"m_given","text":"hola"}}`)
	assert.Equal(t, "m_given", receipt.ID)
	assert.Equal(t, map[string]any{
		"sender": map[string]any{"id": 7.0}, "recipient": map[string]any{"id": 8.0}, "timestamp": 1772442000.0,
		"message": map[string]any{"mid": "m_given", "text": "hola"},
	}, e, "as it was given: nothing is put right")

	receipt, e = send(`{"optin":{"ref":"x"}}`)
	assert.NotEmpty(t, receipt.ID)
	assert.Equal(t, map[string]any{"ref": "x"}, e["optin"])
	receipt, _ = send(`{"message":{"mid":9}}`)
	assert.Equal(t, "9", receipt.ID)
	for _, broken := range []string{`{"message":7}`, `{"message":null}`, `{"postback":[]}`, `{}`, `{"take_thread_control":7}`} {
		receipt, _ = send(broken)
		assert.NotEmpty(t, receipt.ID, "broken on purpose is delivered: %s", broken)
	}
}

func TestEventsNobodyCouldMake(t *testing.T) {
	f := stranger(t)
	for _, raw := range []string{``, `{`, `[]`, `"text"`, `null`} {
		_, err := f.page.Receive(graph.Event{From: leaPSID, Raw: json.RawMessage(raw)})
		require.Error(t, err, raw)
	}
	for _, from := range []string{"", "lea", "+34600000001", "123456789012345678901234567890123"} {
		_, err := f.page.Receive(graph.Event{From: from, Text: "hola"})
		require.ErrorContains(t, err, "bad page-scoped user ID", from)
	}
	_, err := f.page.Receive()
	require.ErrorContains(t, err, "no event")
	_, err = f.page.Receive(graph.Event{From: leaPSID, Text: "hola"}, graph.Event{From: leaPSID, Raw: json.RawMessage(`{`)})
	require.Error(t, err, "all or nothing")
	_, err = f.page.WriteElsewhere(leaPSID, "inbox", "hola")
	require.Error(t, err, "an app's ID is a number")
	assert.Empty(t, f.inbox.all())
	_, out := f.sendPage(answerLea)
	assert.InDelta(t, 2018001, problem(t, out)["error_subcode"], 0, "nothing of it happened")
}

func TestEventsInOneCall(t *testing.T) {
	f := stranger(t)
	receipt, err := f.page.Receive(
		graph.Event{From: leaPSID, Text: "one", ID: "m_one", At: start.Add(-time.Hour)},
		graph.Event{From: "7000000000000002", Text: "two"},
		graph.Event{From: leaPSID, Raw: json.RawMessage(`{"read":{"watermark":1}}`)},
		graph.Event{From: leaPSID, Text: "one", ID: "m_one"},
	)
	require.NoError(t, err)
	require.Len(t, receipt.IDs, 4)
	assert.Equal(t, "m_one", receipt.ID)
	assert.Equal(t, "m_one", receipt.IDs[3])
	posts := f.inbox.all()
	require.Len(t, posts, 1)
	require.Len(t, posts[0].event.Entry, 1)
	assert.Len(t, posts[0].event.Entry[0].Messaging, 4)
	assert.InDelta(t, 1772438400000, posts[0].event.Entry[0].Messaging[0]["timestamp"], 0)
}

func TestThreadOfAnotherApp(t *testing.T) {
	f := newPageFixture(t, quietPage)
	id := f.reply("hola")
	lists := func() (messaging, standby int) {
		posts := f.inbox.all()
		for _, entry := range posts[len(posts)-1].event.Entry {
			messaging += len(entry.Messaging)
			standby += len(entry.Standby)
		}
		return messaging, standby
	}
	is := func(wantMessaging, wantStandby int, receipt graph.Receipt, err error) {
		t.Helper()
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, receipt.Status)
		messaging, standby := lists()
		assert.Equal(t, []int{wantMessaging, wantStandby}, []int{messaging, standby})
	}
	with := func(r graph.Receipt, err error) func(int, int) {
		return func(m, s int) { t.Helper(); is(m, s, r, err) }
	}
	with(f.lea.TakeThread(graph.Inbox, ""))(1, 0)
	with(f.lea.Write("¿hola?"))(0, 1)
	with(f.page.WriteElsewhere(leaPSID, graph.Inbox, "le atiendo yo"))(0, 1)
	with(f.page.Echo(id))(0, 1)
	with(f.lea.PassThread(graph.Inbox, "999", ""))(1, 0)
	with(f.lea.Write("¿hola?"))(0, 1)
	with(f.page.Receive(graph.Event{From: leaPSID, Text: "a"}, graph.Event{From: "7000000000000002", Text: "b"},
		graph.Event{From: leaPSID, Text: "c"}))(1, 2)
	entries := f.inbox.all()[len(f.inbox.all())-1].event.Entry
	assert.Len(t, entries, 3, "one for each run")
	with(f.lea.PassThread("999", appID, ""))(1, 0)
	with(f.lea.Write("¿hola?"))(1, 0)
	with(f.page.Receive(graph.Event{From: leaPSID, Raw: json.RawMessage(`{"take_thread_control":{"previous_owner_app_id":"400000000000001"}}`)}))(1, 0)
	with(f.lea.Write("¿hola?"))(0, 1)
}

func TestAnswersOfTheStaffElsewhere(t *testing.T) {
	f := newPageFixture(t, quietPage)
	receipt, err := f.page.WriteElsewhere(leaPSID, graph.Inbox, "le atiendo yo")
	require.NoError(t, err)
	assert.Regexp(t, mid, receipt.ID)
	assert.Equal(t, map[string]any{
		"sender": map[string]any{"id": pageID}, "recipient": map[string]any{"id": leaPSID}, "timestamp": 1772442000000.0,
		"message": map[string]any{"mid": receipt.ID, "is_echo": true, "app_id": 263902037430900.0, "text": "le atiendo yo"},
	}, f.events()[1])
	assert.Empty(t, f.page.Sent(), "the product did not send it")
	f.clock.advance(24 * time.Hour)
	_, err = f.page.WriteElsewhere(leaPSID, graph.Inbox, "¿sigue ahí?")
	require.NoError(t, err)
	_, out := f.sendPage(answerLea)
	assert.InDelta(t, 2018278, problem(t, out)["error_subcode"], 0, "only what she writes opens the window")
}

func TestRepostOfEvents(t *testing.T) {
	f := stranger(t)
	written, err := f.lea.Write("hola")
	require.NoError(t, err)
	edited, err := f.lea.Edit(written.ID, "hola!")
	require.NoError(t, err)
	f.clock.advance(time.Minute)
	f.inbox.answers(func(int) int { return http.StatusInternalServerError })
	for n, id := range []string{written.ID, edited.ID} {
		again, err := f.page.Repost(id)
		require.NoError(t, err)
		assert.Equal(t, graph.Receipt{ID: id, IDs: []string{id}, Status: http.StatusInternalServerError}, again)
		posts := f.inbox.all()
		assert.Equal(t, posts[n].body, posts[len(posts)-1].body)
	}
	f.settle()
	assert.Len(t, f.inbox.all(), 4, "a repost is not retried")
	_, err = f.page.Repost("m_unknown")
	require.ErrorIs(t, err, graph.ErrUnknownMessage)
}

func TestEventsAreRetriedUntilTaken(t *testing.T) {
	f := stranger(t)
	f.inbox.answers(func(nth int) int {
		if nth < 4 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	})
	receipt, err := f.lea.Write("hola")
	require.NoError(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, receipt.Status)
	f.settle()
	posts := f.inbox.all()
	require.Len(t, posts, 4)
	for _, p := range posts[1:] {
		assert.Equal(t, posts[0].body, p.body)
	}
	f.server.SetWebhook("")
	receipt, err = f.lea.Write("hola")
	require.ErrorIs(t, err, graph.ErrNoWebhook)
	assert.Equal(t, graph.Receipt{}, receipt)
	f.server.Close()
	_, err = f.lea.Write("hola")
	require.ErrorIs(t, err, graph.ErrClosed)
}
