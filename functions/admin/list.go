package admin

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"

	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// goodPlace is an ID, or the place of a reason.
var goodPlace = regexp.MustCompile(`^[A-Za-z0-9_.: -]{1,128}$`)

// cursorOf is the cursor of the page after a record.
func cursorOf(place string) string { return base64.RawURLEncoding.EncodeToString([]byte(place)) }

// placeOf reads a cursor back; the empty one is the beginning. Anything else is Invalid (bad_cursor).
func placeOf(cursor string) (string, error) {
	place, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || cursor != "" && !goodPlace.Match(place) {
		return "", fault.New(fault.Invalid, "bad_cursor", "the cursor is none of this list's")
	}
	return string(place), nil
}

// page gives records in the order of their IDs, without those that were deleted, as show has them, and the cursor of the
// next page if there is one.
func page[T any, P interface {
	*T
	desk.Record
}, A any](ctx context.Context, h handlers, cursor string, limit int, show func(T) A) (items []A, next string, err error) {
	if _, err := auth.Require(ctx, auth.RoleAdmin); err != nil {
		return nil, "", err
	}
	after, err := placeOf(cursor)
	if err != nil {
		return nil, "", err
	}
	r := h.Store.Reader()
	for {
		found, err := store.Page[T, P](ctx, r, limit+1, after)
		if err != nil {
			return nil, "", err
		}
		for n := range found {
			if desk.Deleted(P(&found[n])) {
				continue
			}
			if len(items) == limit {
				return items, cursorOf(after), nil
			}
			items, after = append(items, show(found[n])), P(&found[n]).Base().ID
		}
		if len(found) <= limit {
			return items, "", nil
		}
		after = P(&found[len(found)-1]).Base().ID
	}
}

// get reads one record. One that was deleted is missing.
func (h handlers) get(ctx context.Context, rec desk.Record) error {
	if _, err := auth.Require(ctx, auth.RoleAdmin); err != nil {
		return err
	}
	if err := h.Store.Reader().Load(ctx, rec); err != nil {
		return err
	}
	if desk.Deleted(rec) {
		return missing(rec.Record())
	}
	return nil
}

// reasons gives a page of a queue's reasons in their order. They are few, so they are read whole and paged here.
func (h handlers) reasons(ctx context.Context, queue, cursor string, limit int) (list []desk.Reason, next string, err error) {
	if err := h.get(ctx, &desk.Queue{Head: desk.Head{ID: queue}}); err != nil {
		return nil, "", err
	}
	after, err := placeOf(cursor)
	if err != nil {
		return nil, "", err
	}
	if list, err = h.Store.Reader().Reasons(ctx, queue); err != nil {
		return nil, "", err
	}
	list = slices.DeleteFunc(list, func(r desk.Reason) bool { return reasonPlace(r) <= after })
	slices.SortFunc(list, func(a, b desk.Reason) int { return cmp.Compare(reasonPlace(a), reasonPlace(b)) })
	if len(list) > limit {
		list = list[:limit]
		next = cursorOf(reasonPlace(list[limit-1]))
	}
	return list, next, nil
}

// reasonPlace sorts a queue's reasons as texts: by their order, then by their IDs.
func reasonPlace(r desk.Reason) string { return fmt.Sprintf("%07d %s", r.Order, r.ID) }
