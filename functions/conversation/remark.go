package conversation

import (
	"context"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// remark records what a customer did to a message: his own, which has the ID of an arrival, or one of ours. A reaction to
// a message that has not come waits for it: a stub may stand for it or, where the business tried to alter a message of ours
// whose sending is not recorded yet, for nothing.
func (h handlers) remark(ctx context.Context, told desk.Remark) error {
	if told.About == "" {
		return incomplete("a remark needs the message it is about")
	}
	asset := desk.AssetID(told.Channel, told.Account)
	_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		m, err := h.spoken(ctx, r, told.Channel, told.Account, told.About)
		if err != nil {
			return desk.Change{}, err
		}
		if (m.Version == 0 || m.Stub) && told.Kind == desk.RemarkReaction {
			rc := desk.Receipt{Head: desk.Head{ID: desk.ReceiptID(told.Channel, told.Account, told.About)}}
			if err := r.Find(ctx, &rc); err != nil {
				return desk.Change{}, err
			}
			waits(ctx)
			return desk.KeepRemark(rc, asset, told, h.Now())
		}
		i := desk.Interaction{Head: desk.Head{ID: m.Interaction}}
		if err := r.Find(ctx, &i); err != nil {
			return desk.Change{}, err
		}
		return desk.Annotate(told, asset, m, i, h.Now())
	})
	return err
}

// spoken reads the message the channel knows under an ID: one that arrived or was sent, else the stub of one. When there
// is none it has Version zero and the ID it will have if it arrives.
func (h handlers) spoken(ctx context.Context, r *store.Reader, c desk.Channel, account, providerID string) (desk.Message, error) {
	m := desk.Message{Head: desk.Head{ID: desk.ArrivalID(c, account, providerID)}}
	if err := r.Find(ctx, &m); err != nil || m.Version > 0 && !m.Stub {
		return m, err
	}
	sent, err := r.MessageByProvider(ctx, desk.AssetID(c, account), providerID)
	if err != nil || sent.Version == 0 {
		return m, err
	}
	return sent, nil
}
