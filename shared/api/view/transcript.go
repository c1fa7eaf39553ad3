package view

import (
	"context"
	"strconv"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// Transcript shows a page of a conversation's messages to somebody, of whom the caller knows that he may read it; the first
// page begins with what was said shortly before. A cursor that this list never gave is Invalid (bad_cursor).
func (v Viewer) Transcript(ctx context.Context, r *store.Reader, i desk.Interaction, agent, cursor string, limit int) (api.MessageList, error) {
	from, err := ParsePlace(cursor)
	if err != nil {
		return api.MessageList{}, err
	}
	after, err := mark(from)
	if err != nil {
		return api.MessageList{}, err
	}
	found, err := r.Transcript(ctx, i.ID, limit+1, after)
	if err != nil {
		return api.MessageList{}, err
	}
	list := api.MessageList{Now: v.Now()}
	if cursor == "" {
		if list.Earlier, err = v.earlier(ctx, r, i, agent); err != nil {
			return api.MessageList{}, err
		}
	}
	found, list.Next = Page(found, limit, func(m desk.Message) Place { return Place{At: m.At, Key: strconv.FormatInt(m.Seq, 10)} })
	for _, m := range found {
		list.Items = append(list.Items, Message(m, agent))
	}
	return list, nil
}

// mark is the place in a transcript, where a message's seq tells those of one time apart.
func mark(p Place) (store.Mark, error) {
	if p.Key == "" {
		return store.Mark{}, nil
	}
	seq, err := strconv.ParseInt(p.Key, 10, 64)
	if err != nil {
		return store.Mark{}, BadCursor()
	}
	return store.Mark{At: p.At, Seq: seq}, nil
}

// earlierMax is how many messages of earlier conversations a transcript begins with.
const earlierMax = 100

// earlier is what a transcript begins with: what was said with the contact in the last hours before the interaction opened
// (R9). It takes reads only when something was.
func (v Viewer) earlier(ctx context.Context, r *store.Reader, i desk.Interaction, agent string) (out api.List[api.Message], err error) {
	if i.Before.IsZero() {
		return nil, nil
	}
	q, err := v.Store.Queue(ctx, i.Queue)
	if fault.Is(err, fault.Missing) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	from := i.Past(q)
	if from.IsZero() {
		return nil, nil
	}
	c, err := r.Contact(ctx, i.Contact)
	if err != nil {
		return nil, err
	}
	found, err := r.Said(ctx, c, from, i.Before, earlierMax)
	for _, m := range found {
		if m.Interaction != i.ID {
			out = append(out, Message(m, agent))
		}
	}
	return out, err
}
