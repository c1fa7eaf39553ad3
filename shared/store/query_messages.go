package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"cloud.google.com/go/firestore"

	"github.com/deskline/deskline/shared/desk"
)

// Outgoing finds the interaction's messages that are not yet with the channel, in the order they were written.
func (r *Reader) Outgoing(ctx context.Context, interaction string, limit int) ([]desk.Message, error) {
	q := r.s.all(desk.KindMessage).Where("interaction", "==", interaction).
		Where("state", "in", []string{string(desk.MessagePending), string(desk.MessageSending)}).
		OrderBy("seq", firestore.Asc).Limit(limit)
	return list[desk.Message](ctx, r, "outgoing messages", q)
}

// MessageByProvider finds what was sent by the asset and is known to the channel under the ID; Version zero when nothing is.
func (r *Reader) MessageByProvider(ctx context.Context, asset, providerID string) (desk.Message, error) {
	found, err := list[desk.Message](ctx, r, "messages by the channel's ID", r.s.all(desk.KindMessage).Where("providerID", "==", providerID))
	for _, m := range found {
		if m.Asset == asset && m.Direction == desk.Outbound {
			return m, err
		}
	}
	return desk.Message{}, err
}

// Sent finds messages on their way to the contact, or to one he took over, that were handed to the channel by the time
// and are not yet read, the newest first; of more than 200 the newest.
func (r *Reader) Sent(ctx context.Context, c desk.Contact, by time.Time) ([]desk.Message, error) {
	who := append([]string{c.ID}, c.Others...)
	q := r.s.all(desk.KindMessage).Where("contact", "in", who[:min(len(who), contactsMax)]).
		Where("state", "in", []string{string(desk.MessageSending), string(desk.MessageSent), string(desk.MessageDelivered)}).
		Where("claimedAt", "<=", by).OrderBy("claimedAt", firestore.Desc).Limit(sentMax)
	return list[desk.Message](ctx, r, "sent messages", q)
}

// Mark is a place in a transcript: after the message that has it.
type Mark struct {
	At  time.Time
	Seq int64
}

// Transcript finds the interaction's messages by the channel's time, then by the order of learning, after the mark
// (the zero Mark begins).
func (r *Reader) Transcript(ctx context.Context, interaction string, limit int, after Mark) ([]desk.Message, error) {
	q := r.s.all(desk.KindMessage).Where("interaction", "==", interaction).
		OrderBy("at", firestore.Asc).OrderBy("seq", firestore.Asc).Limit(limit)
	if !after.At.IsZero() {
		q = q.StartAfter(after.At, after.Seq)
	}
	return list[desk.Message](ctx, r, "transcript", q)
}

// Said finds what was said with the contact, and with those he took over, from one time to another, both included: the newest at
// most limit, each conversation's in the order of its transcript.
func (r *Reader) Said(ctx context.Context, c desk.Contact, from, to time.Time, limit int) ([]desk.Message, error) {
	q := r.s.all(desk.KindMessage).Where("contact", "in", everybody(c)).Where("at", ">=", from).Where("at", "<=", to).
		OrderBy("at", firestore.Desc).Limit(limit)
	found, err := list[desk.Message](ctx, r, "what was said", q)
	slices.SortFunc(found, func(a, b desk.Message) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Interaction, b.Interaction), cmp.Compare(a.Seq, b.Seq))
	})
	return found, err
}

// MessagesAfter finds the interaction's messages that were learned of after seq.
func (r *Reader) MessagesAfter(ctx context.Context, interaction string, seq int64) ([]desk.Message, error) {
	q := r.s.all(desk.KindMessage).Where("interaction", "==", interaction).Where("seq", ">", seq).OrderBy("seq", firestore.Asc)
	return list[desk.Message](ctx, r, "messages", q)
}
