package host

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAFunctionThatCannotStartSaysSo(t *testing.T) {
	answers := func(open func() (*Instance, error)) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		answer(open)(w, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
		return w
	}
	got := answers(func() (*Instance, error) { return nil, errors.New("settings: secret") })
	assert.Equal(t, 503, got.Code)
	assert.Contains(t, got.Body.String(), `"code":"not_started"`)
	assert.NotContains(t, got.Body.String(), "secret")
	ready := &Instance{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })}
	assert.Equal(t, 204, answers(func() (*Instance, error) { return ready, nil }).Code)
}
