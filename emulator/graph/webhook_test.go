package graph_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
)

// wire is a network that answers by itself, so that time can be virtual.
type wire func(*http.Request) (*http.Response, error)

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }

func answerWith(status int) *http.Response {
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(""))}
}

// virtual makes a server with one number on a wire and the default pauses.
func virtual(t *testing.T, w wire) (*graph.Server, *graph.Number) {
	t.Helper()
	s, err := graph.New(graph.Options{
		Client: &http.Client{Transport: w}, WebhookURL: "http://desk.test/hook", AppSecret: secret,
		Numbers: []graph.NumberOptions{{ID: phoneID, Token: token}},
	})
	require.NoError(t, err)
	n, err := s.Number(phoneID)
	require.NoError(t, err)
	return s, n
}

func TestRetriesWithGrowingPausesUntilTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		began := time.Now()
		s, n := virtual(t, func(*http.Request) (*http.Response, error) {
			at = append(at, time.Since(began))
			switch len(at) {
			case 1:
				return answerWith(http.StatusAccepted), nil // only 200 counts
			case 2:
				return nil, errors.New("connection refused")
			case 10:
				return answerWith(http.StatusOK), nil
			}
			return answerWith(http.StatusInternalServerError), nil
		})
		defer s.Close()
		receipt, err := n.Receive(customer, graph.Inbound{Text: "hola"})
		require.NoError(t, err)
		assert.Equal(t, http.StatusAccepted, receipt.Status)
		require.NoError(t, s.Settle(t.Context()))
		assert.Equal(t, []time.Duration{
			0, 1 * time.Second, 3 * time.Second, 7 * time.Second, 15 * time.Second, 31 * time.Second,
			63 * time.Second, 123 * time.Second, 183 * time.Second, 243 * time.Second,
		}, at)
		assert.Equal(t, graph.Callbacks{Posts: 10, Failed: 9}, s.Callbacks())
	})
}

func TestWebhookThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		s, n := virtual(t, func(r *http.Request) (*http.Response, error) {
			calls++
			if calls == 1 {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return answerWith(http.StatusOK), nil
		})
		defer s.Close()
		began := time.Now()
		receipt, err := n.Receive(customer, graph.Inbound{Text: "hola"})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Regexp(t, wamid, receipt.ID, "the message exists and is on its way")
		assert.Zero(t, receipt.Status)
		assert.Equal(t, 10*time.Second, time.Since(began))
		require.NoError(t, s.Settle(t.Context()))
		assert.Equal(t, 11*time.Second, time.Since(began))
		assert.Equal(t, 2, calls)
	})
}

func TestRetriesBringTheSameBytes(t *testing.T) {
	f := newFixture(t)
	f.inbox.answers(func(nth int) int {
		if nth < 4 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	})
	_, err := f.number.Receive(customer, graph.Inbound{Text: "hola"})
	require.NoError(t, err)
	f.settle()
	posts := f.inbox.all()
	require.Len(t, posts, 4)
	for _, p := range posts {
		assert.Equal(t, posts[0].body, p.body)
		assert.Equal(t, graph.Sign(secret, []byte(posts[0].body)), p.header.Get("X-Hub-Signature-256"))
	}
}

func TestStatusRefusedOnceComesAgain(t *testing.T) {
	f := newFixture(t)
	f.inbox.answers(func(nth int) int {
		if nth == 1 {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	id := f.text("hola")
	f.settle()
	names := f.inbox.names(id)
	require.Len(t, names, 4)
	assert.Equal(t, "sent", names[0])
	assert.ElementsMatch(t, []string{"sent", "delivered", "read"}, names[1:])
}

func TestSecretAndAddressAreThoseOfTheMoment(t *testing.T) {
	f := newFixture(t)
	f.inbox.answers(func(int) int {
		f.server.SetAppSecret("rotated")
		return http.StatusUnauthorized
	})
	second := newInbox(t)
	f.server.SetWebhook(f.inbox.URL)
	receipt, err := f.number.Receive(customer, graph.Inbound{Text: "hola"})
	require.NoError(t, err)
	assert.Equal(t, http.StatusUnauthorized, receipt.Status)
	f.server.SetWebhook(second.URL)
	f.settle()
	posts := second.all()
	require.Len(t, posts, 1)
	assert.Equal(t, graph.Sign("rotated", []byte(posts[0].body)), posts[0].header.Get("X-Hub-Signature-256"))
}

func TestRedirectIsNotFollowed(t *testing.T) {
	for _, own := range []bool{true, false} {
		f := newFixture(t, func(o *graph.Options) {
			if !own {
				o.Client = &http.Client{}
			}
		})
		elsewhere := newInbox(t)
		hop := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
		t.Cleanup(hop.Close)
		f.server.SetWebhook(hop.URL)
		receipt, err := f.number.Receive(customer, graph.Inbound{Text: "hola"})
		require.NoError(t, err)
		assert.Equal(t, http.StatusTemporaryRedirect, receipt.Status)
		assert.Empty(t, elsewhere.all())
	}
}

func TestAnswerOfTheWebhookIsKept(t *testing.T) {
	f := newFixture(t)
	chatty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 100<<10))
	}))
	t.Cleanup(chatty.Close)
	f.server.SetWebhook(chatty.URL)
	receipt, err := f.number.Receive(customer, graph.Inbound{Text: "hola"})
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("x", 4096), receipt.Body)
}

func TestAddressNobodyCanCall(t *testing.T) {
	f := newFixture(t)
	f.server.SetWebhook("http://127.0.0.1:1/ nowhere\x7f")
	_, err := f.number.Receive(customer, graph.Inbound{Text: "hola"})
	require.Error(t, err)
	require.Error(t, f.server.Verify(t.Context()))
}

func TestCloseEndsEverything(t *testing.T) {
	f := newFixture(t, func(o *graph.Options) { o.RetryPause, o.RetryMax = time.Hour, time.Hour })
	f.inbox.answers(func(int) int { return http.StatusInternalServerError })
	_, err := f.number.Receive(customer, graph.Inbound{Text: "hola"})
	require.NoError(t, err)
	id := f.text("hola")
	require.Eventually(t, func() bool { return len(f.inbox.all()) == 4 }, time.Minute, time.Millisecond,
		"the message, and that the answer was sent, delivered and read: each once, all refused")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, f.server.Settle(ctx), context.Canceled, "retries are outstanding")

	f.server.Close()
	require.NoError(t, f.server.Settle(t.Context()))
	f.server.Close()
	made := len(f.inbox.all())

	_, err = f.number.Receive(customer, graph.Inbound{Text: "hola"})
	require.ErrorIs(t, err, graph.ErrClosed)
	_, err = f.number.Read(id)
	require.ErrorIs(t, err, graph.ErrClosed)
	f.text("still taken, but nobody hears of it")
	require.NoError(t, f.server.Settle(t.Context()))
	assert.Len(t, f.inbox.all(), made)
}

func TestCloseLeavesNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // fails when one outlives the function
		s, n := virtual(t, func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") })
		for range 10 {
			_, err := n.Receive(customer, graph.Inbound{Text: "hola"})
			require.ErrorContains(t, err, "connection refused")
		}
		s.Close()
		assert.Equal(t, graph.Callbacks{Posts: 10, Failed: 10}, s.Callbacks())
	})
}

func TestCloseInterruptsACallUnderWay(t *testing.T) {
	f := newFixture(t)
	arrived := make(chan struct{})
	f.inbox.answers(func(int) int {
		close(arrived)
		<-t.Context().Done()
		return http.StatusOK
	})
	failed := make(chan error, 1)
	go func() {
		_, err := f.number.Receive(customer, graph.Inbound{Text: "hola"})
		failed <- err
	}()
	<-arrived
	f.server.Close()
	require.ErrorIs(t, <-failed, graph.ErrClosed)
}

func TestVerification(t *testing.T) {
	var query map[string][]string
	answers := func(status int, body func(challenge string) string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			query = r.URL.Query()
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body(r.URL.Query().Get("hub.challenge")))
		}
	}
	same := func(c string) string { return c }
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		problem string
	}{
		"right":         {answers(200, same), ""},
		"refused":       {answers(403, same), "403"},
		"accepted only": {answers(202, same), "202"},
		"line feed":     {answers(200, func(c string) string { return c + "\n" }), "to the challenge"},
		"quoted":        {answers(200, func(c string) string { return `"` + c + `"` }), "to the challenge"},
		"empty":         {answers(200, func(string) string { return "" }), "to the challenge"},
		"other":         {answers(200, func(string) string { return "1" }), "to the challenge"},
	} {
		t.Run(name, func(t *testing.T) {
			webhook := httptest.NewServer(test.handler)
			defer webhook.Close()
			f := newFixture(t, func(o *graph.Options) {
				o.WebhookURL, o.VerifyToken = webhook.URL+"/hook?tenant=a", "verify&me"
			})
			err := f.server.Verify(t.Context())
			if test.problem == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.problem)
			}
			assert.Equal(t, []string{"subscribe"}, query["hub.mode"])
			assert.Equal(t, []string{"verify&me"}, query["hub.verify_token"])
			assert.Equal(t, []string{"a"}, query["tenant"])
			assert.Len(t, query["hub.challenge"], 1)
		})
	}
	f := newFixture(t, func(o *graph.Options) { o.WebhookURL = "" })
	require.ErrorIs(t, f.server.Verify(t.Context()), graph.ErrNoWebhook)
	f.server.SetWebhook("http://127.0.0.1:1")
	require.Error(t, f.server.Verify(t.Context()))
}
