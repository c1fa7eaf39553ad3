package admin

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// Where a page ends that does not end at an ID of ours: at an asset, or at a reason (reasonPlace).
var (
	assetPlace  = regexp.MustCompile(`^[a-z]{1,64}:[0-9]{1,32}$`)
	orderedPart = regexp.MustCompile(`^[0-9]{7} `)
)

// goodPlace reports whether a page of the kind's list can end at the place. The database is not asked about any other: it
// fails on what no document can be named.
func goodPlace(kind desk.RecordKind, place string) bool {
	switch kind {
	case desk.KindAsset:
		return assetPlace.MatchString(place)
	case desk.KindReason:
		order := orderedPart.FindString(place)
		return order != "" && goodID(strings.TrimPrefix(place, order))
	}
	return goodID(place)
}

// cursorOf is the cursor of the page after a place in the list of a kind.
func cursorOf(kind desk.RecordKind, place string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(string(kind) + "s " + place))
}

// placeOf reads a cursor back; the empty one is the beginning. Anything else, such as the cursor of another list, is
// Invalid (bad_cursor).
func placeOf(kind desk.RecordKind, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	place, ok := strings.CutPrefix(string(text), string(kind)+"s ")
	if err != nil || !ok || !goodPlace(kind, place) {
		return "", fault.New(fault.Invalid, "bad_cursor", "the cursor is none of this list's")
	}
	return place, nil
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
	kind := P(new(T)).Record()
	after, err := placeOf(kind, cursor)
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
				return items, cursorOf(kind, after), nil
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
	after, err := placeOf(desk.KindReason, cursor)
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
		next = cursorOf(desk.KindReason, reasonPlace(list[limit-1]))
	}
	return list, next, nil
}

// reasonPlace sorts a queue's reasons as texts: by their order, then by their IDs.
func reasonPlace(r desk.Reason) string { return fmt.Sprintf("%07d %s", r.Order, r.ID) }
