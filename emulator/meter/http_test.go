package meter_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/meter"
	"github.com/deskline/deskline/emulator/pubsub"
)

// asks sends a request to the meter.
func (m *metered) asks(method, target string, headers ...string) *httptest.ResponseRecorder {
	r, w := httptest.NewRequest(method, target, nil), httptest.NewRecorder()
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	m.Handler().ServeHTTP(w, r)
	return w
}

// spoken is a meter of two conversations, a sign-in and a stranger.
func spoken(t *testing.T) *metered {
	m := open(t, meter.Options{Now: func() time.Time { return time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC) }})
	for _, id := range []string{"x", "y"} {
		m.call("conversation", strings.ReplaceAll(one, "1111", map[string]string{"x": "1111", "y": "3333"}[id]), func(a at) {
			a.reads("identities/i")
			a.writes(1, "interactions/"+id)
			a.publishes("interaction.queued")
		})
	}
	m.call("presence", two, func(a at) { a.writes(1, "agents/ana") })
	m.PubSub(pubsub.Event{Kind: pubsub.Published, Topic: "t", Bytes: 10})
	return m
}

const table = `function           calls   reads  writes  deletes  messages  deliveries       KB  tasks  US cents
conversation           2       2       2        0         2           0      2.0      0    0.0006
presence               1       0       1        0         0           0      0.0      0    0.0002
total                  3       2       3        0         2           0      2.0      0    0.0008
not the product's      0       0       0        0         1           0      1.0      0    0.0000
2 conversations for 0.0003 US cents each, and 0.0002 shared; without free tiers and computing time.
`

func TestTheReportOverHTTP(t *testing.T) {
	m := spoken(t)
	for _, w := range []*httptest.ResponseRecorder{m.asks("GET", "/meter?format=text"), m.asks("GET", "/meter", "Accept: text/plain")} {
		assert.Equal(t, 200, w.Code)
		assert.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
		assert.Equal(t, table, w.Body.String())
	}
	for _, w := range []*httptest.ResponseRecorder{m.asks("GET", "/meter"), m.asks("GET", "/meter?format=json", "Accept: text/plain")} {
		assert.Equal(t, 200, w.Code)
		var got map[string]any
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
		assert.Equal(t, "2026-11-21T10:00:00Z", got["since"])
		assert.EqualValues(t, 2, got["interactionCount"])
		assert.EqualValues(t, 3, got["total"].(map[string]any)["writes"])
		assert.EqualValues(t, 1, got["shared"].(map[string]any)["writes"])
		assert.EqualValues(t, 1, got["outside"].(map[string]any)["messages"])
		assert.Len(t, got["functions"], 2)
		assert.Equal(t, "y", got["interactions"].([]any)[0].(map[string]any)["interaction"])
	}
	var few meter.Report
	require.NoError(t, json.Unmarshal(m.asks("GET", "/meter?interactions=1").Body.Bytes(), &few))
	assert.Len(t, few.Interactions, 1)
	assert.Equal(t, 2, few.Count)
}

func TestOneConversationOverHTTP(t *testing.T) {
	m := spoken(t)
	var got meter.Detail
	require.NoError(t, json.Unmarshal(m.asks("GET", "/meter/x").Body.Bytes(), &got))
	want, _ := m.Interaction("x")
	assert.Equal(t, want, got)
	assert.Equal(t, meter.Counts{Calls: 1, Reads: 1, Writes: 1, Messages: 1, Bytes: 1000}, got.Total.Counts)
	assert.Len(t, got.Lines, 4)
	require.NoError(t, json.Unmarshal(m.asks("GET", "/meter/shared").Body.Bytes(), &got))
	assert.EqualValues(t, 1, got.Total.Writes)
}

func TestTheMeterBeginsAnewOnRequest(t *testing.T) {
	m := spoken(t)
	assert.Equal(t, http.StatusNoContent, m.asks("DELETE", "/meter").Code)
	assert.Equal(t, `function           calls   reads  writes  deletes  messages  deliveries       KB  tasks  US cents
total                  0       0       0        0         0           0      0.0      0    0.0000
No conversation; 0.0000 US cents without free tiers and computing time.
`, m.asks("GET", "/meter?format=text").Body.String())
}

func TestAReportSaysWhatNobodyTold(t *testing.T) {
	m := open(t, meter.Options{Uncounted: "documents: nobody tells"})
	assert.Contains(t, m.asks("GET", "/meter?format=text").Body.String(), "computing time.\nNot counted are documents: nobody tells.\n")
	assert.Contains(t, m.asks("GET", "/meter").Body.String(), `"uncounted":"documents: nobody tells"`)
}

func TestBadRequestsToTheMeter(t *testing.T) {
	m := spoken(t)
	for target, want := range map[string]int{
		"/meter?interactions=-1": 400, "/meter?interactions=1001": 400, "/meter?interactions=x": 400, "/meter?format=xml": 400,
		"/meter/nobody": 404, "/meter/": 404, "/meter/x/y": 404,
	} {
		assert.Equal(t, want, m.asks("GET", target).Code, target)
	}
	assert.Equal(t, 405, m.asks("POST", "/meter").Code)
	assert.Equal(t, 405, m.asks("DELETE", "/meter/x").Code)
}
