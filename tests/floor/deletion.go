package floor

import (
	"context"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// DeletesAsset deletes an asset of the centre's.
func (f *Floor) DeletesAsset(id string) {
	f.T.Helper()
	ch, err := f.Store.Move(f.ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		a := desk.Asset{Head: desk.Head{ID: id}}
		if err := r.Load(ctx, &a); err != nil {
			return desk.Change{}, err
		}
		return desk.RetireAsset(a, desk.Micro(f.Suite.Clock.Now()))
	})
	require.NoError(f.T, err)
	f.Hint(ch.Hints...)
}

// DeletesQueue deletes a queue in favour of a successor.
func (f *Floor) DeletesQueue(id, successor string) {
	f.T.Helper()
	ch, err := f.Store.Move(f.ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		q, to := desk.Queue{Head: desk.Head{ID: id}}, desk.Queue{Head: desk.Head{ID: successor}}
		if err := r.Load(ctx, &q, &to); err != nil {
			return desk.Change{}, err
		}
		return desk.RetireQueue(q, to, desk.Micro(f.Suite.Clock.Now()))
	})
	require.NoError(f.T, err)
	f.Hint(ch.Hints...)
}
