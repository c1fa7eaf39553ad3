package desktop

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Event is one event of the feed.
type Event struct {
	ID   string // where the feed goes on after it
	Type string
	Data json.RawMessage
}

// Listen streams the feed from a place, or from a snapshot when that is empty, and calls see with every event until ctx
// ends, the stream ends (nil) or breaks, or see fails.
func (d *Desktop) Listen(ctx context.Context, from string, see func(Event) error) error {
	return d.listen(ctx, "/v1/agents/me/feed", from, see)
}

// ListenHere is Listen for as long as this desktop is the agent's: the stream ends when a later one signs in.
func (d *Desktop) ListenHere(ctx context.Context, from string, see func(Event) error) error {
	return d.listen(ctx, "/v1/agents/me/feed?session="+url.QueryEscape(d.Session), from, see)
}

// Watch is Listen for the supervisor's board.
func (d *Desktop) Watch(ctx context.Context, from string, see func(Event) error) error {
	return d.listen(ctx, "/v1/supervision/feed", from, see)
}

func (d *Desktop) listen(ctx context.Context, path, from string, see func(Event) error) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.URL+path, http.NoBody)
	if err != nil {
		return err
	}
	if from != "" {
		req.Header.Set("Last-Event-ID", from)
	}
	resp, err := d.do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		r := &Refused{Status: resp.StatusCode}
		body, _ := io.ReadAll(resp.Body)     // whatever came of it
		_ = json.Unmarshal(body, &r.Problem) // may be no problem document
		return r
	}
	return readEvents(resp.Body, see)
}

// longest is how long a line of the feed may be: a snapshot of a full desktop with long histories.
const longest = 16 << 20

func readEvents(body io.Reader, see func(Event) error) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, longest)
	var e Event
	for lines.Scan() {
		line := lines.Text()
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "id":
			e.ID = value
		case "event":
			e.Type = value
		case "data":
			e.Data = json.RawMessage(value)
		}
		if line != "" || e.Type == "" {
			continue
		}
		if err := see(e); err != nil {
			return err
		}
		e = Event{ID: e.ID}
	}
	return lines.Err()
}
