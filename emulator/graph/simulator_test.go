package graph_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
)

const simulated = "/simulator/whatsapp/" + phoneID

func TestCustomerWritesOverHTTP(t *testing.T) {
	f := newFixture(t)
	response, out := f.do(http.MethodPost, simulated+"/receive", `{"from":"34600000001","name":"Lea","text":"hola","reply_to":"wamid.x"}`)
	require.Equal(t, http.StatusOK, response.StatusCode)
	assert.Regexp(t, wamid, out["id"])
	assert.InDelta(t, 200, out["status"], 0)
	arrived := f.inbox.all()[0].event.Entry[0].Changes[0].Value
	assert.Equal(t, []map[string]any{{"profile": map[string]any{"name": "Lea"}, "wa_id": "34600000001"}}, arrived.Contacts)
	assert.Equal(t, []map[string]any{{
		"from": "34600000001", "id": out["id"], "timestamp": "1772442000", "type": "text",
		"text": map[string]any{"body": "hola"}, "context": map[string]any{"id": "wamid.x"},
	}}, arrived.Messages)

	_, out = f.do(http.MethodPost, simulated+"/receive",
		`{"user_id":"ES.7","username":"@lea","message":{"type":"reaction","reaction":{"message_id":"wamid.x"}}}`)
	arrived = f.inbox.all()[1].event.Entry[0].Changes[0].Value
	assert.Equal(t, []map[string]any{{
		"from_user_id": "ES.7", "id": out["id"], "timestamp": "1772442000", "type": "reaction",
		"reaction": map[string]any{"message_id": "wamid.x"},
	}}, arrived.Messages)
}

func TestWebhookTroubleOverHTTP(t *testing.T) {
	f := newFixture(t)
	const write = `{"from":"34600000001","text":"hola"}`
	f.inbox.answers(func(nth int) int {
		if nth == 1 {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	response, out := f.do(http.MethodPost, simulated+"/receive", write)
	assert.Equal(t, http.StatusOK, response.StatusCode, "the customer wrote; what the webhook thinks of it is the status")
	assert.InDelta(t, 500, out["status"], 0)

	f.server.SetWebhook("http://127.0.0.1:1/")
	response, out = f.do(http.MethodPost, simulated+"/receive", write)
	assert.Equal(t, http.StatusBadGateway, response.StatusCode)
	assert.Regexp(t, wamid, out["id"])
	assert.NotEmpty(t, out["error"])

	f.server.SetWebhook("")
	response, out = f.do(http.MethodPost, simulated+"/receive", write)
	assert.Equal(t, http.StatusConflict, response.StatusCode)
	assert.NotContains(t, out, "id")
}

func TestSentOverHTTP(t *testing.T) {
	f := newFixture(t)
	_, out := f.do(http.MethodGet, simulated+"/sent", "")
	assert.Equal(t, map[string]any{"messages": []any{}, "marks": []any{}}, out)

	const body = `{"messaging_product":"whatsapp","to":"34600000001","text":{"body":"¿sí?"},"biz_opaque_callback_data":"m-1"}`
	_, sent := f.send(body)
	f.send(`{"messaging_product":"whatsapp","status":"read","message_id":"wamid.x"}`)
	f.settle()
	_, out = f.do(http.MethodGet, simulated+"/sent", "")
	assert.Equal(t, map[string]any{
		"messages": []any{map[string]any{
			"id": messageID(t, sent), "to": "34600000001", "type": "text", "text": "¿sí?", "callback_data": "m-1",
			"status": "read", "at": "2026-03-02T09:00:00Z",
			"body": map[string]any{
				"messaging_product": "whatsapp", "to": "34600000001", "text": map[string]any{"body": "¿sí?"},
				"biz_opaque_callback_data": "m-1",
			},
		}},
		"marks": []any{map[string]any{"id": "wamid.x", "typing": false, "at": "2026-03-02T09:00:00Z"}},
	}, out)
}

func TestStatusOverHTTP(t *testing.T) {
	f := newFixture(t)
	response, out := f.do(http.MethodPut, simulated+"/statuses", `{"mode":"manual"}`)
	require.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, map[string]any{"mode": "manual"}, out)
	id := f.text("hola")
	for _, body := range []string{
		`{"id":"` + id + `","status":"sent"}`, `{"id":"` + id + `","status":"read"}`,
		`{"id":"` + id + `","status":"failed"}`, `{"id":"` + id + `","status":"failed","code":131047}`,
	} {
		response, out = f.do(http.MethodPost, simulated+"/status", body)
		assert.Equal(t, http.StatusOK, response.StatusCode)
		assert.Equal(t, map[string]any{"id": id, "status": 200.0}, out)
	}
	assert.Equal(t, []string{"sent", "read", "failed", "failed"}, f.inbox.names(id))
	assert.Equal(t, 131026, f.inbox.statuses()[2].Errors[0].Code)
	assert.Equal(t, 131047, f.inbox.statuses()[3].Errors[0].Code)
}

func TestFaultsOverHTTP(t *testing.T) {
	f := newFixture(t, manual)
	response, out := f.do(http.MethodPost, "/simulator/faults",
		`{"account":"`+phoneID+`","to":"34600000001","kind":"error","code":131056,"times":2}`)
	require.Equal(t, http.StatusCreated, response.StatusCode)
	want := map[string]any{"faults": []any{map[string]any{
		"account": phoneID, "to": "34600000001", "kind": "error", "code": 131056.0, "times": 2.0,
	}}}
	assert.Equal(t, want, out)
	_, out = f.do(http.MethodGet, "/simulator/faults", "")
	assert.Equal(t, want, out)
	response, _ = f.send(hello)
	assert.Equal(t, http.StatusBadRequest, response.StatusCode)
	response, _ = f.do(http.MethodDelete, "/simulator/faults", "")
	assert.Equal(t, http.StatusNoContent, response.StatusCode)
	f.text("passes")
	_, out = f.do(http.MethodGet, "/simulator/faults", "")
	assert.Equal(t, map[string]any{"faults": []any{}}, out)
}

func TestNumbersOverHTTP(t *testing.T) {
	f := newFixture(t)
	_, out := f.do(http.MethodGet, "/simulator/whatsapp", "")
	assert.Equal(t, map[string]any{"numbers": []any{map[string]any{
		"id": phoneID, "display": "15550783881", "waba": "419561257915477", "statuses": "auto",
	}}}, out, "and no token")
	empty, err := graph.New(graph.Options{})
	require.NoError(t, err)
	defer empty.Close()
	assert.Empty(t, empty.Numbers())
}

func TestSimulatorRequestsThatAreRefused(t *testing.T) {
	f := newFixture(t)
	for name, test := range map[string]struct {
		method, path, body string
		status             int
	}{
		"write to nobody":      {"POST", "/simulator/whatsapp/404/receive", `{"from":"34600000001","text":"hola"}`, 404},
		"sent by nobody":       {"GET", "/simulator/whatsapp/404/sent", "", 404},
		"write without writer": {"POST", simulated + "/receive", `{"text":"hola"}`, 400},
		"broken JSON":          {"POST", simulated + "/receive", `{"from":`, 400},
		"no JSON":              {"POST", simulated + "/receive", ``, 400},
		"two values":           {"POST", simulated + "/receive", `{"from":"34600000001","text":"hola"} {}`, 400},
		"misspelled":           {"POST", simulated + "/receive", `{"form":"34600000001","text":"hola"}`, 400},
		"message not object":   {"POST", simulated + "/receive", `{"from":"34600000001","message":[]}`, 400},
		"too large":            {"POST", simulated + "/receive", `{"from":"34600000001","text":"` + strings.Repeat("x", 1<<20) + `"}`, 400},
		"unknown message":      {"POST", simulated + "/status", `{"id":"wamid.unknown","status":"read"}`, 404},
		"no status":            {"POST", simulated + "/status", `{"id":"wamid.unknown"}`, 400},
		"status, misspelled":   {"POST", simulated + "/status", `{"wamid":"x"}`, 400},
		"unknown mode":         {"PUT", simulated + "/statuses", `{"mode":"some"}`, 400},
		"mode, broken":         {"PUT", simulated + "/statuses", `{`, 400},
		"fault without kind":   {"POST", "/simulator/faults", `{"code":131056}`, 400},
		"fault, misspelled":    {"POST", "/simulator/faults", `{"kind":"error","code":131056,"count":3}`, 400},
		"fault of nobody":      {"POST", "/simulator/faults", `{"kind":"error","code":131056,"account":"404"}`, 404},
	} {
		t.Run(name, func(t *testing.T) {
			response, out := f.do(test.method, test.path, test.body)
			assert.Equal(t, test.status, response.StatusCode)
			assert.NotEmpty(t, out["error"])
		})
	}
	assert.Empty(t, f.inbox.all())
	assert.Empty(t, f.server.Faults())
}
