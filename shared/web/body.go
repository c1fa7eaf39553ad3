package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/deskline/deskline/shared/fault"
)

// DefaultMaxBody is how many bytes a body may have where the endpoint does not say otherwise: 3 MiB.
const DefaultMaxBody = 3 << 20

// ReadBody reads the whole body, at most limit bytes; zero or less is DefaultMaxBody. A larger one is a TooLarge fault
// with code too_large, before anything is read when the request declares its length. A body that breaks off is Invalid
// with code body_incomplete. An absent body is empty, not an error.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if limit <= 0 {
		limit = DefaultMaxBody
	}
	if r.ContentLength > limit {
		w.Header().Set("Connection", "close")
		return nil, tooLarge(limit)
	}
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err == nil {
		return body, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge(limit)
	}
	return nil, fmt.Errorf("read body: %w", errors.Join(
		fault.New(fault.Invalid, "body_incomplete", "the body broke off before its end"), err))
}

// ReadBody reads the whole body, at most MaxBody bytes. See the package's [ReadBody].
func (e Edge) ReadBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return ReadBody(w, r, e.MaxBody)
}

func tooLarge(limit int64) error {
	return With(fault.New(fault.TooLarge, "too_large", "the body may have at most %d bytes", limit), "limit", limit)
}
