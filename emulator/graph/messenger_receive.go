package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Event is something a user does, an element of messaging[] in a webhook. The zero values
// of At and ID are the usual case.
type Event struct {
	From    string    // page-scoped user ID: digits
	Text    string    // a text message
	ReplyTo string    // mid of the message it answers
	At      time.Time // when it was written; zero: now
	ID      string    // mid; "": a new one

	// Raw is a whole element instead of Text, of any kind or none. Its sender, recipient and
	// timestamp are filled in where they are absent, and so is the mid of a message or
	// postback in it; ReplyTo is ignored.
	Raw json.RawMessage
}

// pageEvent is the body of a webhook call.
type pageEvent struct {
	Object string      `json:"object"`
	Entry  []pageEntry `json:"entry"`
}

type pageEntry struct {
	Time      int64             `json:"time"` // milliseconds
	ID        string            `json:"id"`
	Messaging []json.RawMessage `json:"messaging,omitempty"`
	Standby   []json.RawMessage `json:"standby,omitempty"`
}

// listed is an event and the list of its entry it belongs to: standby while another app
// owns the thread.
type listed struct {
	raw     json.RawMessage
	standby bool
}

// Receive lets users do something: the webhook is called once with all of it, in order. It
// returns after the webhook's first answer, whatever that was; unless it was 200 the call is
// retried in the background, also when err says that there was no answer.
//
// The receipt's IDs are those of messages and postbacks; anything else has an ID of ours,
// which only Repost knows.
func (p *Page) Receive(events ...Event) (Receipt, error) {
	if len(events) == 0 {
		return Receipt{}, errors.New("graph: no event")
	}
	if err := p.server.hook.ready(); err != nil {
		return Receipt{}, err
	}
	now := p.server.now()
	read := make([]happening, 0, len(events))
	ids := make([]string, 0, len(events))
	for _, e := range events {
		h, err := e.happening(p.o.ID, now)
		if err != nil {
			return Receipt{}, err
		}
		read, ids = append(read, h), append(ids, h.id)
	}
	body, err := p.body(p.note(read, now))
	if err != nil {
		return Receipt{}, err
	}
	p.mu.Lock()
	p.inbound.keep(ids, body)
	p.mu.Unlock()
	receipt, err := p.server.hook.deliver(body)
	receipt.ID, receipt.IDs = ids[0], ids
	return receipt, err
}

// note keeps what the events mean for their users: who they are, when they last wrote and
// who owns their threads. An event of a thread's owner always comes in messaging.
func (p *Page) note(events []happening, now time.Time) []listed {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]listed, 0, len(events))
	for _, h := range events {
		u := p.user(h.from)
		u.known = true
		if h.writes {
			u.wrote = now
		}
		if h.owner != "" {
			u.standby = h.owner != p.server.appID
		}
		out = append(out, listed{h.raw, u.standby && h.owner == ""})
	}
	return out
}

// body wraps events as one webhook body, with an entry for each run of one list.
func (p *Page) body(events []listed) ([]byte, error) {
	var entries []pageEntry
	for i, e := range events {
		if i == 0 || e.standby != events[i-1].standby {
			entries = append(entries, pageEntry{ID: p.o.ID, Time: p.server.now().UnixMilli()})
		}
		last := &entries[len(entries)-1]
		if e.standby {
			last.Standby = append(last.Standby, e.raw)
		} else {
			last.Messaging = append(last.Messaging, e.raw)
		}
	}
	return encode(pageEvent{Object: "page", Entry: entries})
}

// Repost sends the very bytes again that brought this event, once, under the present app
// secret. The latest 10 000 events can be reposted.
func (p *Page) Repost(id string) (Receipt, error) {
	p.mu.Lock()
	body, ok := p.inbound.body[id]
	p.mu.Unlock()
	if !ok {
		return Receipt{}, fmt.Errorf("%w: %q", ErrUnknownMessage, id)
	}
	receipt, err := p.server.hook.signed(body)
	receipt.ID, receipt.IDs = id, []string{id}
	return receipt, err
}

// happening is an event as it is sent, and what the rest of the call needs of it.
type happening struct {
	raw    json.RawMessage
	from   string
	id     string
	writes bool   // a message or postback of the user's: it opens the window
	owner  string // the app that owns the thread from now on; "" where the event is not about that
}

func (e Event) happening(page string, now time.Time) (happening, error) {
	if !scopedID.MatchString(e.From) {
		return happening{}, fmt.Errorf("graph: bad page-scoped user ID %q", e.From)
	}
	fields := map[string]json.RawMessage{}
	if e.Raw != nil {
		if err := json.Unmarshal(e.Raw, &fields); err != nil {
			return happening{}, fmt.Errorf("graph: raw event is not a JSON object: %w", err)
		}
		if fields == nil {
			return happening{}, errors.New("graph: raw event is null")
		}
	} else {
		message := map[string]any{"text": e.Text}
		if e.ReplyTo != "" {
			message["reply_to"] = map[string]string{"mid": e.ReplyTo}
		}
		raw, err := plainJSON(message)
		if err != nil {
			return happening{}, err
		}
		fields["message"] = raw
	}
	return e.complete(fields, page, now)
}

// complete fills in what every event carries.
func (e Event) complete(fields map[string]json.RawMessage, page string, now time.Time) (happening, error) {
	h := happening{from: e.From}
	for _, name := range []string{"message", "postback"} {
		if err := h.identify(fields, name, e.ID); err != nil {
			return happening{}, err
		}
	}
	if h.id == "" {
		h.id = newTraceID()
	}
	h.owner = newOwner(fields)
	at := e.At
	if at.IsZero() {
		at = now
	}
	for name, value := range map[string]any{
		"sender": party(e.From), "recipient": party(page), "timestamp": at.UnixMilli(),
	} {
		if _, given := fields[name]; given {
			continue
		}
		raw, err := plainJSON(value)
		if err != nil {
			return happening{}, err
		}
		fields[name] = raw
	}
	var err error
	h.raw, err = plainJSON(fields)
	return h, err
}

// identify gives the part of this name its mid, if it is an object and has none. What
// takes a message back has the mid of another, and an echo is not written by the user.
func (h *happening) identify(fields map[string]json.RawMessage, name, id string) error {
	var part map[string]json.RawMessage
	if json.Unmarshal(fields[name], &part) != nil || part == nil { // broken on purpose is delivered
		return nil
	}
	if string(part["is_deleted"]) == "true" {
		return nil
	}
	h.writes = string(part["is_echo"]) != "true"
	if raw, given := part["mid"]; given {
		if json.Unmarshal(raw, &h.id) != nil {
			h.id = string(raw)
		}
		return nil
	}
	if h.id = id; id == "" {
		h.id = newMID()
	}
	part["mid"] = quote(h.id)
	raw, err := plainJSON(part)
	fields[name] = raw
	return err
}

// somebodyElse stands for an owner that the event does not name.
const somebodyElse = "?"

// newOwner is the app that owns the thread after the event.
func newOwner(fields map[string]json.RawMessage) string {
	for _, name := range []string{"take_thread_control", "pass_thread_control"} {
		raw, ok := fields[name]
		if !ok {
			continue
		}
		var change struct {
			Owner string `json:"new_owner_app_id"`
		}
		if json.Unmarshal(raw, &change) != nil || change.Owner == "" {
			return somebodyElse
		}
		return change.Owner
	}
	return ""
}
