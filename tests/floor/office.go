package floor

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"
)

// Office is an administrator at work on the configuration.
type Office struct {
	f  *Floor
	ID string
}

// Office is where the agent of the example centre, who must be an administrator, sets it up.
func (f *Floor) Office(id string) *Office { return &Office{f: f, ID: id} }

// Asks sends a request to an address below /v1/admin; body is JSON, or empty for none.
func (o *Office) Asks(method, path, body string, headers ...string) Answer {
	o.f.T.Helper()
	if body != "" {
		headers = append(headers, "Content-Type: application/json")
	}
	for name, values := range o.f.Agent(o.ID).Header() {
		headers = append(headers, name+": "+values[0])
	}
	return o.f.Call(method, "/v1/admin/"+path, strings.NewReader(body), headers...)
}

// Finds reads a record into one of the contract's, and gives its ETag.
func (o *Office) Finds(path string, into any) string {
	o.f.T.Helper()
	got := o.Asks(http.MethodGet, path, "")
	require.Equal(o.f.T, http.StatusOK, got.Status, got.Body)
	require.NoError(o.f.T, json.Unmarshal([]byte(got.Body), into))
	return got.Header.Get("ETag")
}

// Creates makes a record that must not exist.
func (o *Office) Creates(path, body string) {
	o.f.T.Helper()
	got := o.Asks(http.MethodPut, path, body, "If-None-Match: *")
	require.Equal(o.f.T, http.StatusOK, got.Status, got.Body)
}

// Changes replaces the record as it is now.
func (o *Office) Changes(path, body string) {
	o.f.T.Helper()
	got := o.Asks(http.MethodPut, path, body, "If-Match: "+o.tag(path))
	require.Equal(o.f.T, http.StatusOK, got.Status, got.Body)
}

// Deletes asks for the deletion of the record as it is now, in favour of the successor unless that is empty.
func (o *Office) Deletes(path, successor string) Answer {
	o.f.T.Helper()
	address := path
	if successor != "" {
		address += "?successor=" + successor
	}
	return o.Asks(http.MethodDelete, address, "", "If-Match: "+o.tag(path))
}

// tag is the ETag of the record as it is now; of one that is not there it is one no record has.
func (o *Office) tag(path string) string {
	o.f.T.Helper()
	got := o.Asks(http.MethodGet, path, "")
	if got.Status == http.StatusNotFound {
		return `"0"`
	}
	require.Equal(o.f.T, http.StatusOK, got.Status, got.Body)
	return got.Header.Get("ETag")
}
