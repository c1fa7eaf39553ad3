package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Events writes a stream of server-sent events to one caller. It is not safe for concurrent use. Source of the format: the HTML
// standard, section 9.2, read 2026-11.
type Events struct {
	w       http.ResponseWriter
	control *http.ResponseController
	begun   bool
}

// NewEvents is the stream that answers a request; nothing is written yet.
func NewEvents(w http.ResponseWriter) *Events {
	return &Events{w: w, control: http.NewResponseController(w)}
}

// Begun reports whether the stream has begun: an error can be answered as a problem only before.
func (w *Events) Begun() bool { return w.begun }

// Begin sends the headers, and how long a desktop waits before it connects again.
func (w *Events) Begin() error {
	h := w.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	w.begun = true
	w.w.WriteHeader(http.StatusOK)
	if err := w.write([]byte("retry: 1000\n\n")); err != nil {
		return err
	}
	return w.Flush()
}

// Send writes one event, which goes out with the next Flush; an empty id leaves the desktop's last one as it is.
func (w *Events) Send(id, event string, data any) error {
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

// Beat writes a comment, likewise, which keeps proxies from closing the stream.
func (w *Events) Beat() error { return w.write([]byte(": still here\n\n")) }

// patience is how long a desktop may leave a write unread. One that stopped reading would otherwise hold its stream and
// its listeners for ever.
const patience = 10 * time.Second

func (w *Events) write(b []byte) error {
	if err := WriteWithin(w.control, patience); err != nil {
		return err
	}
	_, err := w.w.Write(b)
	return err
}

// Flush sends what was written: events that come of one change are one write to the connection.
func (w *Events) Flush() error { return w.control.Flush() }
