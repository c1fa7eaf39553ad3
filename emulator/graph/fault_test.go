package graph_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
)

const hello = `{"messaging_product":"whatsapp","to":"34600000001","type":"text","text":{"body":"hola"}}`

func (f *fixture) fault(fault graph.Fault) {
	f.t.Helper()
	require.NoError(f.t, f.server.AddFault(fault))
}

// try sends a message within a context and returns the error of having no answer.
func (f *fixture) try(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url+"/v25.0/"+phoneID+"/messages", strings.NewReader(hello))
	require.NoError(f.t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	client := &http.Client{Transport: &http.Transport{}} // no connection of another test
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err == nil {
		defer response.Body.Close()
	}
	return err
}

func TestErrorsOnRequest(t *testing.T) {
	for name, test := range map[string]struct {
		fault     graph.Fault
		status    int
		code      int
		message   string
		transient bool
	}{
		"outside the window": {graph.Fault{Code: 131047}, 400, 131047, "(#131047) Re-engagement message", false},
		"pair limit":         {graph.Fault{Code: 131056}, 400, 131056, "(#131056) (Business Account, Consumer Account) pair rate limit hit", false},
		"throughput":         {graph.Fault{Code: 130429}, 400, 130429, "(#130429) Rate limit hit", false},
		"throughput as 429":  {graph.Fault{Code: 130429, Status: 429}, 429, 130429, "(#130429) Rate limit hit", false},
		"token":              {graph.Fault{Code: 190}, 401, 190, "Invalid OAuth access token - Cannot parse access token", false},
		"undeliverable":      {graph.Fault{Code: 131026}, 400, 131026, "(#131026) Message undeliverable", false},
		"locked":             {graph.Fault{Code: 131031}, 403, 131031, "(#131031) Account has been locked", false},
		"unheard of":         {graph.Fault{Code: 199999}, 400, 199999, "(#199999) Unspecified error", false},
		"HTTP 500":           {graph.Fault{Status: 500}, 500, 1, "An unknown error occurred", false},
		"HTTP 503":           {graph.Fault{Status: 503}, 503, 2, "Service temporarily unavailable", true},
		"HTTP 401":           {graph.Fault{Status: 401}, 401, 190, "Invalid OAuth access token - Cannot parse access token", false},
		"HTTP 404":           {graph.Fault{Status: 404}, 404, 100, "(#100) Invalid parameter", false},
		"code 2":             {graph.Fault{Code: 2}, 503, 2, "Service temporarily unavailable", true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, manual)
			test.fault.Kind = graph.FaultError
			test.fault.Subcode = 2018278
			f.fault(test.fault)
			response, out := f.send(hello)
			assert.Equal(t, test.status, response.StatusCode)
			e := problem(t, out)
			assert.InDelta(t, test.code, e["code"], 0)
			assert.Equal(t, test.message, e["message"])
			assert.InDelta(t, 2018278, e["error_subcode"], 0)
			assert.Equal(t, test.transient, e["is_transient"] == true)
			assert.NotEmpty(t, e["error_data"].(map[string]any)["details"])
			assert.Empty(t, f.server.Sent(phoneID))

			f.text("the next one passes")
			assert.Equal(t, graph.Requests{Calls: 2, Accepted: 1, Refused: 1}, f.server.Requests())
		})
	}
}

func TestAnswerOfAProxyOnTheWay(t *testing.T) {
	f := newFixture(t, manual)
	f.fault(graph.Fault{Kind: graph.FaultError, Status: 502, Body: "<html>bad gateway</html>"})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+"/v25.0/"+phoneID+"/messages", strings.NewReader(hello))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadGateway, response.StatusCode)
	assert.Equal(t, "<html>bad gateway</html>", string(body))
	assert.Equal(t, graph.Requests{Calls: 1, Refused: 1}, f.server.Requests())
}

func TestFaultsAreUsedUpInOrder(t *testing.T) {
	f := newFixture(t, manual)
	second, err := f.server.AddNumber(graph.NumberOptions{ID: "2", Token: "token-two"})
	require.NoError(t, err)
	f.fault(graph.Fault{Kind: graph.FaultError, Code: 1, Account: second.Options().ID})
	f.fault(graph.Fault{Kind: graph.FaultError, Code: 2, To: "+34 600 000 002"})
	f.fault(graph.Fault{Kind: graph.FaultError, Code: 131056, Times: 2, Account: phoneID})
	f.fault(graph.Fault{Kind: graph.FaultError, Code: 130429})

	code := func(to string) any {
		_, out := f.send(`{"messaging_product":"whatsapp","to":"` + to + `","text":{"body":"hola"}}`)
		if e, ok := out["error"].(map[string]any); ok {
			return e["code"]
		}
		return nil
	}
	f.send(`{"messaging_product":"whatsapp","status":"read","message_id":"wamid.x"}`)
	f.send(`{"messaging_product":"whatsapp","to":"34600000001"}`)
	assert.Len(t, f.server.Faults(), 4, "read receipts and bad requests use up nothing")
	assert.Equal(t, []any{131056.0, 2.0}, []any{code(lea), code("34600000002")})
	assert.Equal(t, []graph.Fault{
		{Kind: graph.FaultError, Code: 1, Account: "2", Times: 1},
		{Kind: graph.FaultError, Code: 131056, Account: phoneID, Times: 1},
		{Kind: graph.FaultError, Code: 130429, Times: 1},
	}, f.server.Faults())
	assert.Equal(t, []any{131056.0, 130429.0, nil}, []any{code(lea), code(lea), code(lea)})
	f.server.ClearFaults()
	assert.Empty(t, f.server.Faults())
}

func TestFaultsThatCannotBe(t *testing.T) {
	f := newFixture(t)
	for _, bad := range []graph.Fault{
		{}, {Kind: "explode"}, {Kind: graph.FaultError}, {Kind: graph.FaultFailed}, {Kind: graph.FaultFailed, Status: 500},
		{Kind: graph.FaultError, Status: 200}, {Kind: graph.FaultError, Status: 600}, {Kind: graph.FaultError, Code: -2},
		{Kind: graph.FaultDropAfter, Times: -1},
	} {
		require.Error(t, f.server.AddFault(bad), "%+v", bad)
	}
	require.ErrorIs(t, f.server.AddFault(graph.Fault{Kind: graph.FaultDropAfter, Account: "404"}), graph.ErrUnknownAccount)
	assert.Empty(t, f.server.Faults())
}

func TestHangingCalls(t *testing.T) {
	for kind, taken := range map[graph.FaultKind]int{graph.FaultHangBefore: 0, graph.FaultHangAfter: 1} {
		t.Run(string(kind), func(t *testing.T) {
			f := newFixture(t)
			f.fault(graph.Fault{Kind: kind})
			ctx, cancel := context.WithCancel(t.Context())
			failed := make(chan error, 1)
			go func() { failed <- f.try(ctx) }()
			require.Eventually(t, func() bool { return f.server.Requests().Unanswered == 1 }, waitFor, tick)
			f.settle()
			assert.Len(t, f.server.Sent(phoneID), taken)
			assert.Len(t, f.inbox.statuses(), 3*taken, "the customer of a message taken answers for it")
			select {
			case err := <-failed:
				t.Fatalf("answered: %v", err)
			default:
			}
			cancel()
			require.ErrorIs(t, <-failed, context.Canceled)

			f.text("the next one passes")
			assert.Equal(t, graph.Requests{Calls: 2, Accepted: 1, Unanswered: 1}, f.server.Requests())
		})
	}
}

func TestCloseFreesHangingCalls(t *testing.T) {
	f := newFixture(t)
	f.fault(graph.Fault{Kind: graph.FaultHangAfter, Times: 2})
	failed := make(chan error, 2)
	for range 2 {
		go func() { failed <- f.try(context.Background()) }()
	}
	require.Eventually(t, func() bool { return f.server.Requests().Unanswered == 2 }, waitFor, tick)
	f.server.Close()
	for range 2 {
		require.ErrorIs(t, <-failed, io.EOF)
	}
}

func TestDroppedConnections(t *testing.T) {
	for kind, taken := range map[graph.FaultKind]int{graph.FaultDropBefore: 0, graph.FaultDropAfter: 1} {
		t.Run(string(kind), func(t *testing.T) {
			f := newFixture(t)
			f.fault(graph.Fault{Kind: kind})
			err := f.try(t.Context())
			require.Error(t, err)
			var refused *net.OpError
			require.True(t, errors.Is(err, io.EOF) || errors.As(err, &refused), "%v", err)
			f.settle()
			assert.Len(t, f.server.Sent(phoneID), taken)
			assert.Len(t, f.inbox.statuses(), 3*taken)
			assert.Equal(t, graph.Requests{Calls: 1, Unanswered: 1}, f.server.Requests())
		})
	}
}

func TestStatusesBeforeTheAnswer(t *testing.T) {
	f := newFixture(t)
	f.fault(graph.Fault{Kind: graph.FaultStatusesFirst})
	answered := make(chan int, 3)
	f.inbox.answers(func(int) int {
		answered <- f.server.Requests().Accepted
		return http.StatusOK
	})
	id := f.text("hola")
	assert.Equal(t, []string{"sent", "delivered", "read"}, f.inbox.names(id), "all there when the answer is")
	for range 3 {
		assert.Zero(t, <-answered)
	}
	f.settle()
	assert.Len(t, f.inbox.all(), 3, "and not again")
}

func TestFailedStatusOnRequest(t *testing.T) {
	f := newFixture(t)
	f.fault(graph.Fault{Kind: graph.FaultFailed, Code: 131026})
	id := f.text("hola")
	f.settle()
	require.Equal(t, []string{"failed"}, f.inbox.names(id))
	assert.Equal(t, 131026, f.inbox.statuses()[0].Errors[0].Code)
	assert.Equal(t, "failed", f.server.Sent(phoneID)[0].Status)
}

func TestAFaultIsChosenForEachMessage(t *testing.T) {
	var asked []graph.Sending
	choice := graph.Fault{Kind: graph.FaultError, Code: 4}
	server, err := graph.New(graph.Options{Choose: func(s graph.Sending) graph.Fault {
		asked = append(asked, s)
		return choice
	}})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	_, err = server.AddNumber(graph.NumberOptions{ID: phoneID, Token: token})
	require.NoError(t, err)
	send := func() int {
		r := httptest.NewRequest(http.MethodPost, "/v25.0/"+phoneID+"/messages", strings.NewReader(hello))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		return w.Code
	}
	assert.Equal(t, http.StatusBadRequest, send())
	require.NoError(t, server.AddFault(graph.Fault{Kind: graph.FaultError, Status: 503}))
	assert.Equal(t, http.StatusServiceUnavailable, send(), "what was added comes first")
	choice = graph.Fault{}
	assert.Equal(t, http.StatusOK, send())
	choice = graph.Fault{Kind: "sabotage"}
	assert.Equal(t, http.StatusOK, send(), "what AddFault would refuse is none")
	to := graph.Sending{Account: phoneID, To: "34600000001"}
	assert.Equal(t, []graph.Sending{to, to, to}, asked)
}
