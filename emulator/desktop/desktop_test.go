package desktop

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadEvents(t *testing.T) {
	for name, c := range map[string]struct {
		stream string
		want   []Event
	}{
		"nothing":                          {"", nil},
		"one":                              {"id: 1\nevent: agent\ndata: {}\n\n", []Event{{"1", "agent", json.RawMessage("{}")}}},
		"carriage returns":                 {"id: 1\r\nevent: agent\r\ndata: {}\r\n\r\n", []Event{{"1", "agent", json.RawMessage("{}")}}},
		"heartbeats":                       {": beat\n\nevent: agent\ndata: 1\n\n: beat\n\n", []Event{{"", "agent", json.RawMessage("1")}}},
		"the ID stands until another":      {"id: 1\nevent: a\ndata: 1\n\nevent: b\ndata: 2\n\n", []Event{{"1", "a", json.RawMessage("1")}, {"1", "b", json.RawMessage("2")}}},
		"an event that broke off":          {"event: a\ndata: 1\n\nevent: b\ndata: 2\n", []Event{{"", "a", json.RawMessage("1")}}},
		"fields nobody knows, and no type": {"retry: 5\nmood: good\ndata: 1\n\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, body := range []string{c.stream} {
				var got []Event
				see := func(e Event) error { got = append(got, e); return nil }
				require.NoError(t, readEvents(iotest.OneByteReader(strings.NewReader(body)), see))
				assert.Equal(t, c.want, got)
			}
		})
	}
	enough := errors.New("enough")
	assert.Equal(t, enough, readEvents(strings.NewReader("event: a\n\n"), func(Event) error { return enough }))
	long := `"` + strings.Repeat("x", 1<<20) + `"`
	require.NoError(t, readEvents(strings.NewReader("event: a\ndata: "+long+"\n\n"), func(e Event) error {
		assert.Len(t, e.Data, len(long))
		return nil
	}))
	assert.Error(t, readEvents(strings.NewReader(strings.Repeat("x", longest+1)), nil))
}

// answered is a desktop on a server that answers everything alike.
func answered(t *testing.T, status int, body string) (*Desktop, *http.Request) {
	t.Helper()
	var got http.Request
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = *r
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(srv.Close)
	return New(srv.URL, func() (string, error) { return "secret", nil }), &got
}

func TestCall(t *testing.T) {
	d, got := answered(t, 200, `{"id":"i 1/2"}`)
	i, err := d.End(t.Context(), "i 1/2", "key")
	require.NoError(t, err)
	assert.Equal(t, "i 1/2", i.ID)
	assert.Equal(t, "/v1/interactions/i%201%2F2/end", got.URL.EscapedPath())
	assert.Equal(t, "Bearer secret", got.Header.Get("Authorization"))
	assert.Equal(t, "key", got.Header.Get("Idempotency-Key"))
	i, err = d.ExtendWrapUp(t.Context(), "i", "more")
	require.NoError(t, err)
	assert.Equal(t, "i 1/2", i.ID)
	assert.Equal(t, []string{"POST", "/v1/interactions/i/wrapup/extend", "more"}, []string{got.Method, got.URL.Path, got.Header.Get("Idempotency-Key")})
	_, err = d.WrapUpForm(t.Context(), "i", "a&b")
	require.NoError(t, err)
	assert.Equal(t, "q=a%26b", got.URL.RawQuery)
	assert.Empty(t, got.Header.Get("Content-Type"))
	assert.NotEqual(t, Key(), Key())
}

func TestRefusals(t *testing.T) {
	for body, want := range map[string]string{
		`{"code":"offer_expired","detail":"too late","status":409}`: "409 offer_expired: too late",
		"<html>": "409 : ",
		"":       "409 : ",
	} {
		d, _ := answered(t, 409, body)
		_, err := d.Accept(t.Context(), "o")
		var refused *Refused
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, 409, refused.Status)
		assert.EqualError(t, err, want)
		assert.EqualError(t, d.Listen(t.Context(), "", nil), want)
	}
	d, _ := answered(t, 200, "no JSON")
	_, err := d.Me(t.Context())
	assert.Error(t, err)
	d.Token = func() (string, error) { return "", errors.New("nobody knows her") }
	_, err = d.Me(t.Context())
	assert.EqualError(t, err, "nobody knows her")
	assert.Error(t, d.Call(t.Context(), "GET", "/", "", func() {}, nil), "what cannot be encoded")
}

func TestListenGoesOnFromAPlace(t *testing.T) {
	d, got := answered(t, 200, "id: 8\nevent: agent\ndata: {}\n\n")
	var heard []Event
	require.NoError(t, d.Listen(t.Context(), "7", func(e Event) error { heard = append(heard, e); return nil }))
	assert.Len(t, heard, 1)
	assert.Equal(t, "7", got.Header.Get("Last-Event-ID"))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, d.Listen(ended, "", nil), context.Canceled)
}
