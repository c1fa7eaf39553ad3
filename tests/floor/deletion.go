package floor

import (
	"net/http"

	"github.com/stretchr/testify/require"
)

// DeletesAsset deletes an asset of the centre's.
func (f *Floor) DeletesAsset(id string) {
	f.T.Helper()
	got := f.Office("ada").Deletes("assets/"+id, "")
	require.Equal(f.T, http.StatusOK, got.Status, got.Body)
}

// DeletesQueue deletes a queue in favour of a successor.
func (f *Floor) DeletesQueue(id, successor string) {
	f.T.Helper()
	got := f.Office("ada").Deletes("queues/"+id, successor)
	require.Equal(f.T, http.StatusOK, got.Status, got.Body)
}
