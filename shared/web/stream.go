package web

import (
	"errors"
	"net/http"
	"time"
)

// WriteWithin gives the caller the time d to take what is written next; a write that takes longer fails. Streams call
// it before each write, for a caller who stopped reading would hold them for ever. A connection that has no deadlines
// is left as it is.
func WriteWithin(rc *http.ResponseController, d time.Duration) error {
	err := rc.SetWriteDeadline(time.Now().Add(d))
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}
