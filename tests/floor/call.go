package floor

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/channel/meta"
)

// Answer is what somebody who speaks plain HTTP got.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Problem reads the answer as a problem document; the zero one when it is none.
func (a Answer) Problem() (p api.Problem) {
	if a.Header.Get("Content-Type") == "application/problem+json" {
		_ = json.Unmarshal([]byte(a.Body), &p)
	}
	return p
}

// Call sends a request as it stands, for callers no client of ours would be. Headers are written "Name: value".
func (f *Floor) Call(method, path string, body io.Reader, headers ...string) Answer {
	f.T.Helper()
	req, err := http.NewRequestWithContext(f.ctx, method, f.Suite.URL+path, body)
	require.NoError(f.T, err)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Add(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(f.T, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(f.T, err)
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: string(text)}
}

// Posts calls Meta's webhook with a body and headers.
func (f *Floor) Posts(body []byte, headers ...string) Answer {
	f.T.Helper()
	return f.Call(http.MethodPost, "/webhooks/meta", bytes.NewReader(body), append(headers, "Content-Type: application/json")...)
}

// Signed is the header of a body that Meta signed with the app secret.
func Signed(body []byte, secret string) string {
	return meta.SignatureHeader + ": " + graph.Sign(secret, body)
}
