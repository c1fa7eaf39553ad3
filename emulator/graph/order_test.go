package graph_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
)

// slow gives everything else in the bubble the time it wants before it takes an answer.
type slow struct {
	*httptest.ResponseRecorder
	before func()
}

func (s slow) Write(b []byte) (int, error) {
	synctest.Wait()
	s.before()
	return s.ResponseRecorder.Write(b)
}

// However long the answer to a send takes, no status overtakes it unasked.
func TestStatusesWaitForTheAnswer(t *testing.T) {
	for kind, want := range map[graph.FaultKind]int{"": 0, graph.FaultStatusesFirst: 3} {
		synctest.Test(t, func(t *testing.T) {
			posts := 0
			s, _ := virtual(t, func(*http.Request) (*http.Response, error) {
				posts++
				return answerWith(http.StatusOK), nil
			})
			defer s.Close()
			if kind != "" {
				require.NoError(t, s.AddFault(graph.Fault{Kind: kind}))
			}
			r := httptest.NewRequest(http.MethodPost, "/v25.0/"+phoneID+"/messages", strings.NewReader(hello))
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Content-Type", "application/json")
			w := slow{httptest.NewRecorder(), func() { assert.Equal(t, want, posts) }}
			s.ServeHTTP(w, r)
			assert.Equal(t, http.StatusOK, w.Code)
			require.NoError(t, s.Settle(t.Context()))
			assert.Equal(t, 3, posts)
		})
	}
}
