package store

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

func TestWhatIsLiveOfAnAssetAndOfAQueue(t *testing.T) {
	s, ctx := open(t), t.Context()
	states := []desk.InteractionState{
		desk.InteractionQueued, desk.InteractionOffered, desk.InteractionActive, desk.InteractionWrapUp, desk.InteractionClosed}
	var onAsset, inQueue, asking []string
	for n := range 20 {
		i := &desk.Interaction{Head: desk.Head{ID: number("i", n)}, State: states[n%5], Asset: "whatsapp:1", Queue: "sales"}
		if n%7 < 2 {
			i.Second = desk.Second{State: desk.SecondRequested, Queue: "care"}
			asking = append(asking, i.ID)
		}
		put(t, s, i)
		if n%5 < 4 {
			inQueue = append(inQueue, i.ID)
		}
		if n%5 < 3 {
			onAsset = append(onAsset, i.ID)
		}
	}
	put(t, s, &desk.Interaction{Head: desk.Head{ID: "elsewhere"}, State: desk.InteractionQueued, Asset: "whatsapp:2", Queue: "help"})

	for _, limit := range []int{1, 2, 5, 12, 100} {
		for _, c := range []struct {
			find func(context.Context, string, int, string) ([]desk.Interaction, error)
			id   string
			want []string
		}{
			{s.Reader().OnAsset, "whatsapp:1", onAsset}, {s.Reader().InQueue, "sales", inQueue},
			{s.Reader().OnAsset, "sales", nil}, {s.Reader().InQueue, "whatsapp:1", nil},
			{s.Reader().AskingQueue, "care", asking}, {s.Reader().AskingQueue, "sales", nil},
		} {
			var walked []string
			for after := ""; ; {
				page, err := c.find(ctx, c.id, limit, after)
				require.NoError(t, err)
				walked = append(walked, ids(page)...)
				if len(page) < limit {
					break
				}
				after = page[len(page)-1].ID
			}
			assert.Equal(t, c.want, walked, "pages of %d of %s", limit, c.id)
		}
	}
}

func TestADeletedAssetIsMissing(t *testing.T) {
	s, reads, now := counted(t)
	ctx := t.Context()
	a := &desk.Asset{Head: desk.Head{ID: "whatsapp:1"}, StatusUpdates: true}
	r := s.Reader()
	require.NoError(t, save(s, r, a))
	_, err := s.Asset(ctx, a.ID)
	require.NoError(t, err)

	a.DeletedAt = noon
	require.NoError(t, save(s, r, a))
	_, err = s.Asset(ctx, a.ID)
	require.NoError(t, err, "it is kept for its age")
	then := noon.Add(ConfigAge)
	now.Store(&then)
	before := reads.Load()
	for range 2 {
		tomb, err := s.Asset(ctx, a.ID)
		assert.True(t, fault.HasCode(err, "asset_missing"))
		assert.True(t, tomb.StatusUpdates, "the tombstone comes with the fault")
	}
	assert.Equal(t, before+2, reads.Load(), "and is never kept")

	a.DeletedAt = time.Time{}
	require.NoError(t, save(s, r, a))
	_, err = s.Asset(ctx, a.ID)
	require.NoError(t, err, "it is seen as soon as it is back")
	_, err = s.Asset(ctx, "whatsapp:2")
	assert.True(t, fault.HasCode(err, "asset_missing"))
}

func TestADeletedQueueKeepsItsName(t *testing.T) {
	s := open(t)
	put(t, s, &desk.Queue{Head: desk.Head{ID: "sales"}, Name: "Sales", DeletedAt: noon, Successor: "help"})
	q, err := s.Queue(t.Context(), "sales")
	require.NoError(t, err)
	assert.Equal(t, "Sales", q.Name)
}

func TestHeir(t *testing.T) {
	s, ctx := open(t), t.Context()
	queue := func(id, successor string, deleted bool) *desk.Queue {
		q := &desk.Queue{Head: desk.Head{ID: id}, Successor: successor}
		if deleted {
			q.DeletedAt = noon
		}
		return q
	}
	put(t, s, queue("live", "", false), queue("one", "live", true), queue("two", "one", true), queue("three", "two", true),
		queue("alone", "", true), queue("left", "alone", true), queue("lost", "nowhere", true))
	for id, want := range map[string]string{
		"live": "live", "one": "live", "two": "live", "three": "live", "alone": "alone", "left": "alone", "lost": "queue_missing",
	} {
		r := s.Reader()
		q := desk.Queue{Head: desk.Head{ID: id}}
		require.NoError(t, r.Load(ctx, &q))
		heir, err := r.Heir(ctx, q)
		if want == "queue_missing" {
			assert.True(t, fault.HasCode(err, want), "%v", err)
			continue
		}
		require.NoError(t, err, id)
		assert.Equal(t, want, heir.ID, id)
	}
}

func TestLingerOutlastsWhatIsKeptAndAMove(t *testing.T) {
	assert.Equal(t, 25*time.Second, Linger)
}
