package kept

import (
	"encoding/base64"
	"unicode/utf8"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

// showLetter shows a letter without what it says.
func showLetter(l desk.DeadLetter) api.DeadLetter {
	out := api.DeadLetter{
		ID: l.ID, Version: l.Version, State: api.LetterState(l.State), Event: l.Event, EventID: l.EventID, Reason: l.Reason,
		Attempts: l.Attempts, Subscription: l.Subscription, Key: l.Key, Traceparent: l.Traceparent, PublishedAt: l.PublishedAt,
		DiedAt: l.DiedAt, ExpiresAt: l.ExpireAt, Size: l.Size,
	}
	for _, e := range l.History.Entries {
		out.History = append(out.History, api.Move{Seq: e.Seq, At: e.At, Event: e.Event, By: e.By, Detail: e.Detail})
	}
	if l.Replayable() {
		out.Actions = append(out.Actions, "replay")
	}
	if l.State != desk.LetterDiscarded {
		out.Actions = append(out.Actions, "discard")
	}
	return out
}

// showWhole shows a letter with its data: as it is where it is text, else in base64.
func showWhole(l desk.DeadLetter, data []byte) api.DeadLetter {
	out := showLetter(l)
	if utf8.Valid(data) {
		out.Data, out.Encoding = string(data), api.LetterEncodingText
	} else {
		out.Data, out.Encoding = base64.StdEncoding.EncodeToString(data), api.LetterEncodingBase64
	}
	return out
}

// showParked shows a parked message without what it says.
func showParked(p desk.Parked) api.Parked {
	return api.Parked{
		ID: p.ID, Version: p.Version, State: api.ParkedStateParked, Asset: p.Asset, Channel: api.Channel(p.Arrival.Channel),
		Account: p.Arrival.Account, Kind: api.MessageKind(p.Arrival.Kind), ParkedAt: p.At, NextLookAt: p.DueAt,
		Actions: []api.Action{"replay", "discard"},
	}
}

// showMessage shows a parked message with what it says.
func showMessage(p desk.Parked) api.Parked {
	out, in := showParked(p), p.Arrival
	out.Message = api.ParkedMessage{
		At: in.At, Text: in.Text, Fallback: in.Fallback,
		Customer: api.Customer{Name: in.Customer.Name, Phone: in.Customer.Phone, Initials: desk.Initials(in.Customer.Name)},
	}
	return out
}

// showDiscarded shows what is left of a parked message that was discarded.
func showDiscarded(m desk.Message) api.Parked {
	return api.Parked{ID: m.ID, Version: m.Version, State: api.ParkedStateDiscarded, Asset: m.Asset, ParkedAt: m.ReceivedAt}
}
