package feed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/deskline/deskline/shared/web"
)

// writer writes server-sent events. Source of the format: the HTML standard, section 9.2, read 2026-11.
type writer struct {
	w       http.ResponseWriter
	control *http.ResponseController
	begun   bool
}

func newWriter(w http.ResponseWriter) *writer {
	return &writer{w: w, control: http.NewResponseController(w)}
}

// begin sends the headers, and how long a desktop waits before it connects again.
func (w *writer) begin() error {
	h := w.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	w.begun = true
	w.w.WriteHeader(http.StatusOK)
	if err := w.write([]byte("retry: 1000\n\n")); err != nil {
		return err
	}
	return w.flush()
}

// send writes one event, which goes out with the next flush; an empty id leaves the desktop's last one as it is.
func (w *writer) send(id, event string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode %s: %w", event, err)
	}
	var b bytes.Buffer
	if id != "" {
		fmt.Fprintf(&b, "id: %s\n", id)
	}
	fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", event, body)
	return w.write(b.Bytes())
}

// beat writes a comment, likewise.
func (w *writer) beat() error { return w.write([]byte(": still here\n\n")) }

// patience is how long a desktop may leave a write unread. One that stopped reading would otherwise hold its stream and
// its listeners for ever.
const patience = 10 * time.Second

func (w *writer) write(b []byte) error {
	if err := web.WriteWithin(w.control, patience); err != nil {
		return err
	}
	_, err := w.w.Write(b)
	return err
}

// flush sends what was written.
func (w *writer) flush() error { return w.control.Flush() }
