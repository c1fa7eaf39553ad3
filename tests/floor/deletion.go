package floor

import (
	"net/http"
	"net/url"

	"github.com/stretchr/testify/require"
)

// DeletesAsset has Ada delete an asset.
func (f *Floor) DeletesAsset(id string) {
	f.T.Helper()
	f.deletes("/v1/admin/assets/"+url.PathEscape(id), "")
}

// DeletesQueue has Ada delete a queue, in favour of a successor where that is not empty.
func (f *Floor) DeletesQueue(id, successor string) {
	f.T.Helper()
	query := ""
	if successor != "" {
		query = "?successor=" + url.QueryEscape(successor)
	}
	f.deletes("/v1/admin/queues/"+url.PathEscape(id), query)
}

// deletes deletes a record as it is.
func (f *Floor) deletes(path, query string) {
	f.T.Helper()
	bearer := "Authorization: " + f.Agent("ada").Header().Get("Authorization")
	is := f.Call(http.MethodGet, path, http.NoBody, bearer)
	require.Equal(f.T, http.StatusOK, is.Status, is.Body)
	gone := f.Call(http.MethodDelete, path+query, http.NoBody, bearer, "If-Match: "+is.Header.Get("ETag"))
	require.Equal(f.T, http.StatusOK, gone.Status, gone.Body)
}
