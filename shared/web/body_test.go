package web

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

// unread fails the test when it is read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func post(body io.Reader) *http.Request {
	return httptest.NewRequest(http.MethodPost, "/", body)
}

func TestReadBody(t *testing.T) {
	for _, body := range []string{"", "a", "0123456789"} {
		got, err := ReadBody(httptest.NewRecorder(), post(strings.NewReader(body)), 10)
		require.NoError(t, err)
		assert.Equal(t, body, string(got))
	}
}

func TestReadBodyRefusesWhatIsTooLarge(t *testing.T) {
	declared := post(unread{t})
	declared.ContentLength = 11
	_, err := ReadBody(httptest.NewRecorder(), declared, 10)
	assert.True(t, fault.HasCode(err, "too_large"), "%v", err)

	chunked := post(iotest.OneByteReader(strings.NewReader("0123456789a")))
	chunked.ContentLength = -1
	_, err = ReadBody(httptest.NewRecorder(), chunked, 10)
	assert.True(t, fault.HasCode(err, "too_large"), "%v", err)
	w := failed(err)
	assert.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	assert.Equal(t, 10.0, members(t, w)["limit"])
}

func TestReadBodyLimitByDefault(t *testing.T) {
	for _, limit := range []int64{0, -1} {
		r := post(unread{t})
		r.ContentLength = 3<<20 + 1
		_, err := ReadBody(httptest.NewRecorder(), r, limit)
		assert.True(t, fault.HasCode(err, "too_large"))
	}
	got, err := Edge{}.ReadBody(httptest.NewRecorder(), post(strings.NewReader(strings.Repeat("a", 3<<20))))
	require.NoError(t, err)
	assert.Len(t, got, 3<<20)
	_, err = Edge{MaxBody: 2}.ReadBody(httptest.NewRecorder(), post(strings.NewReader("abc")))
	assert.True(t, fault.HasCode(err, "too_large"))
}

func TestReadBodyThatBreaksOff(t *testing.T) {
	cut := errors.New("connection reset")
	_, err := ReadBody(httptest.NewRecorder(), post(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(cut))), 10)
	assert.True(t, fault.HasCode(err, "body_incomplete"))
	assert.ErrorIs(t, err, cut, "the log tells why")
	assert.NotContains(t, failed(err).Body.String(), "reset")
}

func TestReadBodyAbsent(t *testing.T) {
	r := post(nil)
	r.Body = nil
	got, err := ReadBody(httptest.NewRecorder(), r, 10)
	require.NoError(t, err)
	assert.Empty(t, got)
}
