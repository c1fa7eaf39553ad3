package graph

import (
	"encoding/json"
	"fmt"
	"time"
)

// Inbox is the app ID of Meta's own inbox, in which a page's staff answer by hand.
// Source: Messenger's handover pages, read 2026-11.
const Inbox = "263902037430900"

// Echo posts the echo of a message, which names the app and the metadata. Like all reports
// it returns after the webhook's first answer; any other answer than 200 is retried in the
// background and is no error. Each call is a callback of its own, whatever was reported before.
func (p *Page) Echo(mid string) (Receipt, error) { return p.report(mid, statusSent) }

// Deliver reports that the message, and with its watermark everything before it, reached
// the user.
func (p *Page) Deliver(mid string) (Receipt, error) { return p.report(mid, statusDelivered) }

// Read reports that the user read the message and everything before it.
func (p *Page) Read(mid string) (Receipt, error) { return p.report(mid, statusRead) }

// Report is Echo, Deliver or Read for the statuses sent, delivered and read.
func (p *Page) Report(mid, status string) (Receipt, error) {
	switch status {
	case statusSent, statusDelivered, statusRead:
		return p.report(mid, status)
	}
	return Receipt{}, fmt.Errorf("graph: a page has no status %q", status)
}

// announce posts the events of a message one after the other. One that is not taken at
// once is retried beside those that follow, so it arrives after them.
func (p *Page) announce(mid string, plan []string) {
	for _, status := range plan {
		if _, err := p.report(mid, status); p.server.tasks.ctx.Err() != nil && err != nil {
			return
		}
	}
}

func (p *Page) report(mid, status string) (Receipt, error) {
	if p.server.tasks.ctx.Err() != nil {
		return Receipt{}, ErrClosed
	}
	event, standby, err := p.statusEvent(mid, status)
	if err != nil {
		return Receipt{}, err
	}
	body, err := p.body([]listed{{event, standby}})
	if err != nil {
		return Receipt{}, err
	}
	if err := p.server.hook.ready(); err != nil {
		return Receipt{}, err
	}
	receipt, err := p.server.hook.deliver(body)
	receipt.ID, receipt.IDs = mid, []string{mid}
	return receipt, err
}

// statusEvent notes the status and describes it.
func (p *Page) statusEvent(mid, status string) (event json.RawMessage, standby bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, ok := p.byID[mid]
	if !ok {
		return nil, false, fmt.Errorf("%w: %q", ErrUnknownMessage, mid)
	}
	standby = p.users[m.To].standby
	if status == statusSent {
		m.Status = further(m.Status, status)
		event, err = p.echo(m)
		return event, standby, err
	}
	upTo := p.reached(m, status)
	part := map[string]any{"watermark": upTo.UnixMilli()}
	name := "read"
	if status == statusDelivered {
		name = "delivery"
		if !p.o.NoMIDs {
			part["mids"] = []string{m.ID}
		}
	}
	event, err = plainJSON(map[string]any{
		"sender": party(m.To), "recipient": party(p.o.ID), "timestamp": p.server.now().UnixMilli(), name: part,
	})
	return event, standby, err
}

// further is the status of the two that a message is listed with.
func further(have, got string) string {
	if ranks[got] > ranks[have] {
		return got
	}
	return have
}

// reached notes a status of the message and of everything sent to its user before it. The
// watermark is as late as it can be without covering the next message: the channel tells
// when it noticed, not when the message was sent.
func (p *Page) reached(m *PageMessage, status string) time.Time {
	upTo, passed := p.server.now(), false
	for _, other := range p.sent {
		if other.To != m.To {
			continue
		}
		if passed {
			if before := other.At.Truncate(time.Millisecond).Add(-time.Millisecond); before.Before(upTo) {
				upTo = before
			}
			break
		}
		other.Status = further(other.Status, status)
		passed = other == m
	}
	if upTo.Before(m.At) {
		return m.At
	}
	return upTo
}

// echo describes a message as its echo does, with the page as the sender.
func (p *Page) echo(m *PageMessage) (json.RawMessage, error) {
	message := map[string]any{"mid": m.ID, "is_echo": true}
	if p.server.appID != "" {
		message["app_id"] = json.Number(p.server.appID)
	}
	if m.Text != "" {
		message["text"] = m.Text
	}
	if m.Attachment != "" {
		message["attachments"] = []map[string]any{{"type": m.Attachment, "payload": map[string]any{}}}
	}
	if m.Metadata != "" && !p.o.NoMetadata {
		message["metadata"] = m.Metadata
	}
	if m.ReplyTo != "" {
		message["reply_to"] = map[string]string{"mid": m.ReplyTo}
	}
	return plainJSON(map[string]any{
		"sender": party(p.o.ID), "recipient": party(m.To), "timestamp": m.At.UnixMilli(), "message": message,
	})
}

// party is a sender or recipient.
func party(id string) map[string]string { return map[string]string{"id": id} }
