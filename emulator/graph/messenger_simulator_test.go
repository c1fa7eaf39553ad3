package graph_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const simulatedPage = "/simulator/messenger/" + pageID

func TestUserWritesOverHTTP(t *testing.T) {
	f := stranger(t)
	response, out := f.do(http.MethodPost, simulatedPage+"/receive", `{"from":"7000000000000001","text":"hola","reply_to":"m_x"}`)
	require.Equal(t, http.StatusOK, response.StatusCode)
	assert.Regexp(t, mid, out["id"])
	assert.InDelta(t, 200, out["status"], 0)
	assert.Equal(t, map[string]any{"mid": out["id"], "text": "hola", "reply_to": map[string]any{"mid": "m_x"}}, f.events()[0]["message"])

	_, out = f.do(http.MethodPost, simulatedPage+"/receive", `{"from":"7000000000000001","event":{"postback":{"payload":"START"}}}`)
	assert.Equal(t, map[string]any{"mid": out["id"], "payload": "START"}, f.events()[1]["postback"])

	f.server.SetWebhook("http://127.0.0.1:1/")
	response, out = f.do(http.MethodPost, simulatedPage+"/receive", `{"from":"7000000000000001","event":{"referral":{"ref":"x"}}}`)
	assert.Equal(t, http.StatusBadGateway, response.StatusCode)
	assert.NotEmpty(t, out["id"])
	assert.NotEmpty(t, out["error"])
	f.server.SetWebhook("")
	response, _ = f.do(http.MethodPost, simulatedPage+"/receive", `{"from":"7000000000000001","text":"hola"}`)
	assert.Equal(t, http.StatusConflict, response.StatusCode)
}

func TestPageOverHTTP(t *testing.T) {
	f := newPageFixture(t)
	_, out := f.do(http.MethodGet, simulatedPage+"/sent", "")
	assert.Equal(t, map[string]any{"messages": []any{}, "actions": []any{}}, out)
	response, out := f.do(http.MethodPut, simulatedPage+"/statuses", `{"mode":"manual"}`)
	require.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, map[string]any{"mode": "manual"}, out)
	_, out = f.do(http.MethodGet, "/simulator/messenger", "")
	assert.Equal(t, map[string]any{"pages": []any{map[string]any{
		"id": pageID, "name": "Acme Shoes", "statuses": "manual",
	}}}, out, "and no token")

	_, sent := f.sendPage(`{"recipient":{"id":"7000000000000001"},"messaging_type":"MESSAGE_TAG","tag":"HUMAN_AGENT","message":{"text":"¿sí?","metadata":"m-1"}}`)
	id := sent["message_id"].(string)
	f.sendPage(`{"recipient":{"id":"7000000000000001"},"sender_action":"mark_seen"}`)
	for _, status := range []string{"sent", "delivered"} {
		response, out = f.do(http.MethodPost, simulatedPage+"/status", `{"id":"`+id+`","status":"`+status+`"}`)
		assert.Equal(t, http.StatusOK, response.StatusCode)
		assert.Equal(t, map[string]any{"id": id, "status": 200.0}, out)
	}
	assert.Equal(t, []string{"echo", "delivery"}, f.told())
	_, out = f.do(http.MethodGet, simulatedPage+"/sent", "")
	assert.Equal(t, map[string]any{
		"messages": []any{map[string]any{
			"id": id, "to": leaPSID, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT", "text": "¿sí?", "metadata": "m-1",
			"status": "delivered", "at": "2026-03-02T09:00:00Z",
			"body": map[string]any{
				"recipient": map[string]any{"id": leaPSID}, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT",
				"message": map[string]any{"text": "¿sí?", "metadata": "m-1"},
			},
		}},
		"actions": []any{map[string]any{"to": leaPSID, "action": "mark_seen", "at": "2026-03-02T09:00:00Z"}},
	}, out)
}

func TestSimulatorRequestsForPagesThatAreRefused(t *testing.T) {
	f := stranger(t)
	for name, test := range map[string]struct {
		method, path, body string
		status             int
	}{
		"write to nobody":     {"POST", "/simulator/messenger/404/receive", `{"from":"7000000000000001","text":"hola"}`, 404},
		"write to a number":   {"POST", "/simulator/messenger/" + phoneID + "/receive", `{"from":"7000000000000001","text":"hola"}`, 404},
		"a page is no number": {"GET", "/simulator/whatsapp/" + pageID + "/sent", "", 404},
		"nobody writes":       {"POST", simulatedPage + "/receive", `{"text":"hola"}`, 400},
		"misspelled":          {"POST", simulatedPage + "/receive", `{"form":"7000000000000001","text":"hola"}`, 400},
		"broken JSON":         {"POST", simulatedPage + "/receive", `{"from":`, 400},
		"event not an object": {"POST", simulatedPage + "/receive", `{"from":"7000000000000001","event":[]}`, 400},
		"unknown message":     {"POST", simulatedPage + "/status", `{"id":"m_unknown","status":"read"}`, 404},
		"unknown status":      {"POST", simulatedPage + "/status", `{"id":"m_unknown","status":"failed"}`, 400},
		"status, misspelled":  {"POST", simulatedPage + "/status", `{"mid":"x"}`, 400},
		"unknown mode":        {"PUT", simulatedPage + "/statuses", `{"mode":"some"}`, 400},
		"mode, broken":        {"PUT", simulatedPage + "/statuses", `{`, 400},
		"fault of nobody":     {"POST", "/simulator/faults", `{"kind":"error","code":2,"account":"404"}`, 404},
		"fault no page has":   {"POST", "/simulator/faults", `{"kind":"failed","code":2,"account":"` + pageID + `"}`, 400},
	} {
		t.Run(name, func(t *testing.T) {
			response, out := f.do(test.method, test.path, test.body)
			assert.Equal(t, test.status, response.StatusCode)
			assert.NotEmpty(t, out["error"])
		})
	}
	assert.Empty(t, f.inbox.all())
}
