package admin

import (
	"context"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// read reads the whole configuration as the centre's record guards it. That is read first, and once more at the end: a
// change stored meanwhile would otherwise be seen in the lists beside the version before it.
func read(ctx context.Context, r *store.Reader) (now current, err error) {
	now.ID = desk.CentreID
	if err = r.Find(ctx, &now.Centre); err != nil {
		return now, err
	}
	for {
		if now.have, err = lists(ctx, r); err != nil {
			return now, err
		}
		last := desk.Centre{Head: desk.Head{ID: desk.CentreID}}
		if err = r.Find(ctx, &last); err != nil || last.Version == now.Version {
			return now, err
		}
		now.Centre = last
	}
}

// lists reads everything but the centre's record, the agents last.
func lists(ctx context.Context, r *store.Reader) (have desk.Setup, err error) {
	for _, list := range []func() error{
		all(ctx, r, &have.Settings), all(ctx, r, &have.Clients), all(ctx, r, &have.Projects), all(ctx, r, &have.Teams), all(ctx, r, &have.Queues),
		all(ctx, r, &have.Reasons), all(ctx, r, &have.Templates), all(ctx, r, &have.Assets), all(ctx, r, &have.Agents),
	} {
		if err = list(); err != nil {
			return have, err
		}
	}
	return have, nil
}

func all[T any, P interface {
	*T
	desk.Record
}](ctx context.Context, r *store.Reader, into *[]T) func() error {
	return func() (err error) {
		*into, err = store.All[T, P](ctx, r)
		return err
	}
}
