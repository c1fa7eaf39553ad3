package faults_test

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/faults"
)

func TestPlansThatMakeNoSenseAreRefused(t *testing.T) {
	f := newFixture(t, faults.Plan{Seed: 3})
	minus := faults.Duration(-time.Second)
	for want, p := range map[string]faults.Plan{
		"pubsub.refuse: a rate is between 0 and 1, not 1.5":                {PubSub: faults.PubSub{Refuse: 1.5}},
		"kill.after: a rate is between 0 and 1, not -0.1":                  {Kill: faults.Kill{After: -.1}},
		"kill.before: a rate is between 0 and 1, not NaN":                  {Kill: faults.Kill{Before: faults.Rate(math.NaN())}},
		"have a rate of 1.2 together, more than 1":                         {Channel: faults.Channel{HangAfter: .6, DropAfter: .6}},
		"firestore.latency: upTo is a positive duration":                   {Firestore: faults.Firestore{Latency: faults.Delay{Rate: .1}}},
		"tasks.delay: upTo is a positive duration":                         {Tasks: faults.Tasks{Delay: faults.Delay{UpTo: minus}}},
		`functions: there is no function "nobody"`:                         {Functions: []string{"routing", "nobody"}},
		`skew: there is no function "nobody"`:                              {Skew: map[string]faults.Duration{"nobody": 1}},
		`firestore.methods: there is no method "commit"`:                   {Firestore: faults.Firestore{Methods: []string{"commit"}}},
		`once[1]: there is no fault "disk.full"`:                           {Once: []faults.Once{{Kind: faults.KillAfter}, {Kind: "disk.full"}}},
		`once[0]: there is no function "nobody"`:                           {Once: []faults.Once{{Kind: faults.KillAfter, Function: "nobody"}}},
		"once[0]: times is -1":                                             {Once: []faults.Once{{Kind: faults.KillAfter, Times: -1}}},
		"once[0]: for is how late something is: a positive":                {Once: []faults.Once{{Kind: faults.PubSubDelay}}},
		"once[0]: for is how late something is: a positive duration for":   {Once: []faults.Once{{Kind: faults.KillAfter, For: 1}}},
		"once[0]: channel.dropAfter happens to no function's requests":     {Once: []faults.Once{{Kind: faults.ChannelDropAfter, Function: "delivery"}}},
		"once[0]: for is how late something is: a positive duration for t": {Once: []faults.Once{{Kind: faults.TasksDelay, For: minus}}},
	} {
		assert.ErrorContains(t, f.Set(p), want)
		assert.Equal(t, faults.Plan{Seed: 3}, f.Plan(), "the plan before goes on")
	}
	err := f.Set(faults.Plan{Functions: []string{"nobody"}, Kill: faults.Kill{After: 2}})
	assert.EqualError(t, err, "functions: there is no function \"nobody\"\nkill.after: a rate is between 0 and 1, not 2", "all of it at once")
	assert.NoError(t, f.Set(faults.Plan{Channel: faults.Channel{HangAfter: .1, DropAfter: .2, HangBefore: .7}}), "exactly 1")
}

// call asks the injector over HTTP.
func (f *fixture) call(method, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	f.ServeHTTP(w, httptest.NewRequest(method, "/faults", strings.NewReader(body)))
	return w
}

func TestFaultsOverHTTP(t *testing.T) {
	f := newFixture(t, faults.Plan{})
	assert.JSONEq(t, `{"plan":{"seed":0},"counts":{},"last":[]}`, f.call(http.MethodGet, "").Body.String())
	plan := `{"seed":7,"functions":["routing"],"firestore":{"methods":["Commit"],"latency":{"rate":0.5,"upTo":"20ms"},"after":{"aborted":0.1}},
		"pubsub":{"duplicate":1},"skew":{"delivery":"-2s"},"kill":{"before":0.01},"once":[{"kind":"kill.after","function":"routing","on":"offers"}]}`
	w := f.call(http.MethodPut, plan)
	require.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, faults.Plan{
		Seed: 7, Functions: []string{"routing"},
		Firestore: faults.Firestore{Methods: []string{"Commit"}, Latency: faults.Delay{Rate: .5, UpTo: faults.Duration(20 * time.Millisecond)},
			After: faults.Failures{Aborted: .1}},
		PubSub: faults.PubSub{Duplicate: 1}, Skew: map[string]faults.Duration{"delivery": faults.Duration(-2 * time.Second)},
		Kill: faults.Kill{Before: .01}, Once: []faults.Once{{Kind: faults.KillAfter, Function: "routing", On: "offers"}},
	}, f.Plan())
	f.Delivery(delivered("agent.freed", "routing"))
	w = f.call(http.MethodGet, "")
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	var got struct {
		Plan   json.RawMessage
		Counts map[string]int
		Last   []map[string]any
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	assert.JSONEq(t, plan, string(got.Plan), "what is shown can be put again")
	assert.Equal(t, map[string]int{"pubsub.duplicate": 1}, got.Counts)
	assert.Equal(t, []map[string]any{{"at": "2026-11-21T12:00:00Z", "kind": "pubsub.duplicate", "function": "routing",
		"on": "agent.freed.routing", "nth": 0.0}}, got.Last)

	assert.JSONEq(t, `{"plan":{"seed":0},"counts":{},"last":[]}`, f.call(http.MethodDelete, "").Body.String())
	assert.Equal(t, faults.Plan{}, f.Plan())
}

func TestBadPlansOverHTTP(t *testing.T) {
	f := newFixture(t, faults.Plan{Seed: 3})
	for body, want := range map[string]struct {
		status int
		detail string
	}{
		``:                               {400, "EOF"},
		`{`:                              {400, "unexpected EOF"},
		`[]`:                             {400, "cannot unmarshal array"},
		`{"sed":1}`:                      {400, `unknown field \"sed\"`},
		`{"kill":{"rate":1}}`:            {400, `unknown field \"rate\"`},
		`{"seed":-1}`:                    {400, "cannot unmarshal number -1"},
		`{"seed":1}{"seed":2}`:           {400, "something follows the plan"},
		`{"kill":{"after":2}}`:           {400, "a rate is between 0 and 1, not 2"},
		`{"skew":{"routing":5}}`:         {400, "cannot unmarshal number"},
		`{"skew":{"routing":"5"}}`:       {400, "missing unit in duration"},
		`{"functions":["nobody"]}`:       {400, `there is no function \"nobody\"`},
		strings.Repeat(" ", 1<<20) + `1`: {413, "a plan has at most 1048576 bytes"},
	} {
		w := f.call(http.MethodPut, body)
		assert.Equal(t, want.status, w.Code, body)
		assert.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
		assert.Contains(t, w.Body.String(), want.detail)
	}
	w := f.call(http.MethodPost, `{}`)
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, "GET, HEAD, PUT, DELETE", w.Header().Get("Allow"))
	assert.Equal(t, faults.Plan{Seed: 3}, f.Plan())
}
