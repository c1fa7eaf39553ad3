package suite_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/faults"
	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
)

// at is the desktop of somebody at Acme's.
func at(s *suite.Suite, who string) *desktop.Desktop {
	return desktop.New(s.URL, func() (string, error) { return s.Identity.Token(who+"@acme.example", suite.Audience, time.Hour) })
}

// request sends a body to /faults.
func request(t *testing.T, s *suite.Suite, method, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/faults", strings.NewReader(body))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(answer)
}

func TestFaultsAreAskedForOverHTTP(t *testing.T) {
	var calls, publishes atomic.Int64
	s := start(t, suite.Options{
		Firestore: firestore.Options{Intercept: func(context.Context, string, proto.Message) error { calls.Add(1); return nil }},
		PubSub:    pubsub.Options{InterceptPublish: func(*pubsubpb.PublishRequest) error { publishes.Add(1); return nil }},
	})
	_, err := at(s, "ada").Import(t.Context(), centre.Example, false)
	require.NoError(t, err)
	ana := at(s, "ana")
	status, _ := request(t, s, http.MethodPut, `{"once":[{"kind":"kill.after","function":"presence","on":"leases"}]}`)
	require.Equal(t, http.StatusOK, status)
	_, err = ana.SignIn(t.Context(), api.ChosenStateAvailable)
	require.Error(t, err, "the connection is cut")
	_, err = ana.SignIn(t.Context(), api.ChosenStateAvailable)
	require.NoError(t, err, "the same again finds its work")
	_, shown := request(t, s, http.MethodGet, "")
	assert.Contains(t, shown, `"kill.after": 1`)
	assert.Contains(t, shown, `"on": "agents leases"`)
	assert.Positive(t, calls.Load(), "the hooks of the options go on")
	assert.Positive(t, publishes.Load())
	status, shown = request(t, s, http.MethodPut, `{"skew":{"nobody":"1s"}}`)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, shown, "bad_plan")
	status, _ = request(t, s, http.MethodDelete, "")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, faults.Plan{}, s.Faults.Plan())
}

func TestFaultsOfTheBeginning(t *testing.T) {
	_, err := suite.Start(t.Context(), suite.Options{Faults: faults.Plan{Kill: faults.Kill{After: 2}}})
	assert.EqualError(t, err, "faults: kill.after: a rate is between 0 and 1, not 2")
	s := start(t, suite.Options{Faults: faults.Plan{
		Firestore: faults.Firestore{Before: faults.Failures{Aborted: 1}}, PubSub: faults.PubSub{Refuse: 1}, Tasks: faults.Tasks{Refuse: 1}}})
	_, err = at(s, "ada").Import(t.Context(), centre.Example, false)
	assert.Error(t, err, "functions are hit, and what makes topics, subscriptions and queues is not")
	assert.Positive(t, s.Faults.Count()[faults.FirestoreAborted])
}

func TestFunctionsHaveClocksOfTheirOwn(t *testing.T) {
	s := start(t, suite.Options{Faults: faults.Plan{Skew: map[string]faults.Duration{"presence": faults.Duration(-5 * time.Minute)}}})
	_, err := at(s, "ada").Import(t.Context(), centre.Example, false)
	require.NoError(t, err)
	signed, err := at(s, "ana").SignIn(t.Context(), api.ChosenStateAvailable)
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(-5*time.Minute), signed.Agent.Since, time.Minute)
	require.NoError(t, s.Faults.Set(faults.Plan{}))
	signed, err = at(s, "bob").SignIn(t.Context(), api.ChosenStateAvailable)
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now(), signed.Agent.Since, time.Minute)
}
