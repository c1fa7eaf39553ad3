package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

const (
	whatsapp = "whatsapp:1"
	lately   = time.Second            // a deletion so long ago is not over: others may still know the record from before
	longAgo  = store.Linger + lately  // and this one is
	token    = "sales|whatsapp|any"   // what the conversations of the queue sales want
	heirs    = "support|whatsapp|any" // and those of its successor
)

// told has a hint arrive, and is the answer's status.
func (r *rig) told(hint desk.Hint) int {
	r.t.Helper()
	data, err := json.Marshal(hint)
	require.NoError(r.t, err)
	token, err := issuer().ServiceToken(context.Background(), account, own)
	require.NoError(r.t, err)
	body, err := json.Marshal(map[string]any{"subscription": "projects/p/subscriptions/" + hint.Event + ".admin", "message": map[string]any{
		"messageId": "1", "data": data, "attributes": map[string]string{"ce-id": "e", "ce-type": hint.Event, "ce-source": "/functions/sweep"}}})
	require.NoError(r.t, err)
	req := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/events", bytes.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+token)
	answer := httptest.NewRecorder()
	r.function.ServeHTTP(answer, req)
	return answer.Code
}

// assetDue and queueDue have a look at what was deleted begin.
func (r *rig) assetDue() int { return r.told(desk.Hint{Event: desk.HintAssetDue, Asset: whatsapp}) }
func (r *rig) queueDue() int { return r.told(desk.Hint{Event: desk.HintQueueDue, Queue: "sales"}) }

// hintedAll are the hints since the last call as text.
func (r *rig) hintedAll() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := []string{}
	for _, h := range r.hints {
		list = append(list, strings.TrimSpace(h.Event+" "+h.Agent+h.Interaction+" "+h.Token))
	}
	r.hints = nil
	return list
}

func (r *rig) puts(recs ...desk.Record) {
	r.t.Helper()
	require.NoError(r.t, r.store.Reader().Save(r.t.Context(), desk.Change{Save: recs}))
}

// floor is a conversation in each state on the asset and in the queue, and one elsewhere: Ana is asked for the second, has
// the third and owes a wrap-up for the fourth.
func (r *rig) floor() {
	r.t.Helper()
	talk := func(id string, state desk.InteractionState) *desk.Interaction {
		return &desk.Interaction{Head: desk.Head{ID: id}, State: state, Channel: desk.WhatsApp, Asset: whatsapp, Queue: "sales"}
	}
	began := time.Now().Add(-time.Minute)
	queued, offered, active := talk("queued", desk.InteractionQueued), talk("offered", desk.InteractionOffered), talk("active", desk.InteractionActive)
	wrapup, closed, other := talk("wrapup", desk.InteractionWrapUp), talk("closed", desk.InteractionClosed), talk("other", desk.InteractionQueued)
	other.Asset, other.Queue, other.Wants = "whatsapp:2", "help", "help|whatsapp|any"
	queued.Wants, queued.Rank, queued.WaitingSince = token, 7, began
	offered.Offer, offered.WaitingSince = "offer", began
	active.Owner, active.Agents, active.Legs = "ana", []string{"ana"}, []desk.Leg{{Agent: "ana"}}
	wrapup.Agents, wrapup.Legs = []string{"ana"}, []desk.Leg{{Agent: "ana", To: began, WrapUp: desk.WrapUp{State: desk.WrapUpOwed}}}
	r.puts(queued, offered, active, wrapup, closed, other,
		&desk.Offer{Head: desk.Head{ID: "offer"}, State: desk.OfferPending, Agent: "ana", Interaction: "offered", Deadline: time.Now().Add(time.Hour)},
		&desk.Agent{Head: desk.Head{ID: "ana"}, State: desk.AgentAvailable, Capacity: 3, Serves: []string{token}, Seats: []string{"active", "wrapup"},
			Offer: "offer", Ringing: "offered"})
}

// deleted stores the tombstones of the asset and, in favour of support, of the queue.
func (r *rig) deleted(ago time.Duration) {
	r.t.Helper()
	at := desk.Micro(time.Now().Add(-ago))
	r.puts(&desk.Asset{Head: desk.Head{ID: whatsapp}, Channel: desk.WhatsApp, DeletedAt: at, DueAt: at.Add(desk.Patience)},
		&desk.Queue{Head: desk.Head{ID: "sales"}, DeletedAt: at, Successor: "support", DueAt: at.Add(desk.Patience)},
		&desk.Queue{Head: desk.Head{ID: "support"}})
}

func (r *rig) talk(id string) desk.Interaction {
	r.t.Helper()
	i := desk.Interaction{Head: desk.Head{ID: id}}
	require.NoError(r.t, r.store.Reader().Load(r.t.Context(), &i))
	return i
}

// states are what became of the conversations of the floor.
func (r *rig) states() string {
	var line []string
	for _, id := range []string{"queued", "offered", "active", "wrapup", "closed", "other"} {
		i := r.talk(id)
		is := string(i.State)
		if i.Interrupted {
			is += "!"
		}
		line = append(line, is+" "+i.Queue)
	}
	return strings.Join(line, ", ")
}

func (r *rig) owing() (asset, queue bool) {
	r.t.Helper()
	a, q := desk.Asset{Head: desk.Head{ID: whatsapp}}, desk.Queue{Head: desk.Head{ID: "sales"}}
	require.NoError(r.t, r.store.Reader().Load(r.t.Context(), &a, &q))
	return !a.DueAt.IsZero(), !q.DueAt.IsZero()
}

const (
	untouched   = "queued sales, offered sales, active sales, wrapup sales, closed sales, queued help"
	interrupted = "closed sales, closed sales, active! sales, wrapup sales, closed sales, queued help"
	inherited   = "queued support, offered support, active support, wrapup support, closed sales, queued help"
)

func TestADeletedAssetsConversationsAreInterrupted(t *testing.T) {
	r := start(t, firestore.Options{})
	r.floor()
	r.deleted(lately)
	require.Equal(t, http.StatusNoContent, r.assetDue())
	assert.Equal(t, interrupted, r.states())
	assert.Equal(t, []string{"agent.freed ana"}, r.hintedAll())
	assert.Equal(t, "removed", r.talk("queued").CloseReason)
	assert.Equal(t, "removed", r.talk("offered").CloseReason)
	o := desk.Offer{Head: desk.Head{ID: "offer"}}
	require.NoError(t, r.store.Reader().Load(t.Context(), &o))
	assert.Equal(t, desk.OfferRescinded, o.State)
	assert.Equal(t, "removed", o.Cause)
	ana := r.agent("ana")
	assert.Empty(t, ana.Offer)
	assert.Equal(t, []string{"active", "wrapup"}, ana.Seats)
	assert.Equal(t, []string{token}, ana.Takes)

	asset, _ := r.owing()
	assert.True(t, asset, "somebody may still know the asset from before")
	before := r.versions()
	require.Equal(t, http.StatusNoContent, r.assetDue())
	assert.Equal(t, before, r.versions(), "a second look finds it done")
	assert.Empty(t, r.hintedAll())
}

// versions tells whether anything was stored.
func (r *rig) versions() string {
	a, q := desk.Asset{Head: desk.Head{ID: whatsapp}}, desk.Queue{Head: desk.Head{ID: "sales"}}
	require.NoError(r.t, r.store.Reader().Load(r.t.Context(), &a, &q))
	line := []string{fmt.Sprint(a.Version, q.Version)}
	for _, id := range []string{"queued", "offered", "active", "wrapup", "closed", "other"} {
		line = append(line, fmt.Sprint(r.talk(id).Version))
	}
	return strings.Join(line, " ")
}

func TestADeletedQueuesConversationsAreInherited(t *testing.T) {
	r := start(t, firestore.Options{})
	r.floor()
	r.deleted(lately)
	require.Equal(t, http.StatusNoContent, r.queueDue())
	assert.Equal(t, inherited, r.states())
	assert.Equal(t, []string{"interaction.queued queued " + heirs}, r.hintedAll())
	waiting := r.talk("queued")
	assert.Equal(t, heirs, waiting.Wants)
	assert.EqualValues(t, 7, waiting.Rank)
	assert.Equal(t, "offer", r.agent("ana").Offer, "it rings on")
	_, queue := r.owing()
	assert.True(t, queue)

	before := r.versions()
	require.Equal(t, http.StatusNoContent, r.queueDue())
	assert.Equal(t, before, r.versions())
}

func TestTheLastLookIsTheOneAfterWhichNobodyComes(t *testing.T) {
	r := start(t, firestore.Options{})
	r.floor()
	r.deleted(longAgo)
	require.Equal(t, http.StatusNoContent, r.queueDue())
	require.Equal(t, http.StatusNoContent, r.assetDue())
	asset, queue := r.owing()
	assert.False(t, asset)
	assert.False(t, queue)
	assert.Equal(t, "closed support, closed support, active! support, wrapup support, closed sales, queued help", r.states())

	r.puts(&desk.Interaction{Head: desk.Head{ID: "later"}, State: desk.InteractionQueued, Asset: whatsapp, Queue: "sales"})
	require.Equal(t, http.StatusNoContent, r.assetDue())
	require.Equal(t, http.StatusNoContent, r.queueDue())
	assert.EqualValues(t, 1, r.talk("later").Version, "nothing is looked at any more")
}

func TestWhatCameBackIsLeftAlone(t *testing.T) {
	r := start(t, firestore.Options{})
	r.floor()
	r.puts(&desk.Asset{Head: desk.Head{ID: whatsapp}}, &desk.Queue{Head: desk.Head{ID: "sales"}})
	require.Equal(t, http.StatusNoContent, r.assetDue())
	require.Equal(t, http.StatusNoContent, r.queueDue())
	assert.Equal(t, untouched, r.states())
}

func TestHintsOfWhatIsNotThere(t *testing.T) {
	r := start(t, firestore.Options{})
	assert.Equal(t, http.StatusNoContent, r.assetDue())
	assert.Equal(t, http.StatusNoContent, r.queueDue())
	for _, event := range []string{desk.HintAssetDue, desk.HintQueueDue} {
		assert.Equal(t, http.StatusNoContent, r.told(desk.Hint{Event: event, Asset: "a/b", Queue: "a/b"}))
		assert.Equal(t, http.StatusNoContent, r.told(desk.Hint{Event: event}))
	}
}

// One conversation that cannot be stored holds up no other; the look comes again, and the tombstone is not done before.
func TestABrokenConversationHoldsUpNoOther(t *testing.T) {
	var broken atomic.Bool
	r := start(t, firestore.Options{Intercept: func(_ context.Context, _ string, req proto.Message) error {
		if broken.Load() && writes(req, "/interactions/offered") {
			return status.Error(codes.PermissionDenied, "no")
		}
		return nil
	}})
	r.floor()
	r.deleted(longAgo)
	broken.Store(true)
	assert.Equal(t, http.StatusInternalServerError, r.queueDue())
	assert.Equal(t, "queued support, offered sales, active support, wrapup support, closed sales, queued help", r.states())
	assert.Equal(t, http.StatusInternalServerError, r.assetDue())
	assert.Equal(t, "closed support, offered sales, active! support, wrapup support, closed sales, queued help", r.states())
	asset, queue := r.owing()
	assert.True(t, asset && queue)

	broken.Store(false)
	assert.Equal(t, http.StatusNoContent, r.queueDue())
	assert.Equal(t, http.StatusNoContent, r.assetDue())
	assert.Equal(t, "closed support, closed support, active! support, wrapup support, closed sales, queued help", r.states())
	asset, queue = r.owing()
	assert.False(t, asset || queue)
}

// The bus takes no hints: what was stored stays, and the look comes again.
func TestALookWhoseHintsAreLostComesAgain(t *testing.T) {
	r := start(t, firestore.Options{})
	r.floor()
	r.deleted(lately)
	r.refuse(status.Error(codes.PermissionDenied, "no"))
	assert.GreaterOrEqual(t, r.queueDue(), 500)
	assert.Equal(t, inherited, r.states())
	r.refuse(nil)
	assert.Equal(t, http.StatusNoContent, r.queueDue())
}

// A commit that reports failure after it was applied is recognised: every move stands once in the history.
func TestACommitOfUnknownFateIsMadeOnce(t *testing.T) {
	var lies atomic.Bool
	r := start(t, firestore.Options{AfterCommit: func(_ context.Context, req *pb.CommitRequest) error {
		if lies.Load() && writes(req, "/interactions/") {
			return status.Error(codes.Unavailable, "the connection broke")
		}
		return nil
	}})
	r.floor()
	r.deleted(lately)
	lies.Store(true)
	require.Equal(t, http.StatusNoContent, r.queueDue())
	require.Equal(t, http.StatusNoContent, r.assetDue())
	assert.Equal(t, "closed support, closed support, active! support, wrapup support, closed sales, queued help", r.states())
	for id, want := range map[string]int64{"queued": 3, "offered": 3, "active": 2, "wrapup": 1, "closed": 0, "other": 0} {
		assert.Equal(t, want, r.talk(id).History.Last, id)
	}
	assert.Subset(t, r.hintedAll(), []string{"interaction.queued queued " + heirs, "agent.freed ana"},
		"what the first try did is hinted by the second")
}

// An agent accepts at the very moment: whoever saves second decides anew.
func TestAnAcceptBetweenReadAndCommit(t *testing.T) {
	var meanwhile atomic.Pointer[func()]
	r := start(t, firestore.Options{Intercept: func(_ context.Context, _ string, req proto.Message) error {
		if writes(req, "/interactions/offered") {
			if f := meanwhile.Swap(nil); f != nil {
				(*f)()
			}
		}
		return nil
	}})
	r.floor()
	r.deleted(lately)
	accept := func() {
		_, err := r.store.Move(context.Background(), func(ctx context.Context, rd *store.Reader) (desk.Change, error) {
			x, err := rd.Offer(ctx, "offer")
			if err != nil {
				return desk.Change{}, err
			}
			return desk.AcceptOffer(x, "ana", desk.Micro(time.Now()))
		})
		assert.NoError(t, err)
	}
	meanwhile.Store(&accept)
	require.Equal(t, http.StatusNoContent, r.assetDue())
	got := r.talk("offered")
	assert.Equal(t, desk.InteractionActive, got.State)
	assert.True(t, got.Interrupted)
	assert.Equal(t, []string{"active", "wrapup", "offered"}, r.agent("ana").Seats)
}

func TestALookAtMoreThanOnePage(t *testing.T) {
	const many = 2*retirePage + 50
	r := start(t, firestore.Options{})
	r.deleted(longAgo)
	for n := 0; n < many; n += 50 {
		var recs []desk.Record
		for k := range 50 {
			state := desk.InteractionActive
			if k%2 == 0 {
				state = desk.InteractionQueued
			}
			recs = append(recs, &desk.Interaction{Head: desk.Head{ID: fmt.Sprintf("i%04d", n+k)}, State: state, Channel: desk.WhatsApp, Asset: whatsapp, Queue: "sales"})
		}
		r.puts(recs...)
	}
	require.Equal(t, http.StatusNoContent, r.queueDue())
	require.Equal(t, http.StatusNoContent, r.assetDue())
	rd := r.store.Reader()
	old, err := rd.InQueue(t.Context(), "sales", many, "")
	require.NoError(t, err)
	assert.Empty(t, old)
	live, err := rd.OnAsset(t.Context(), whatsapp, many, "")
	require.NoError(t, err)
	assert.Len(t, live, many/2)
	for _, i := range live {
		assert.True(t, i.Interrupted, i.ID)
	}
}

func TestTheHeirOfADeletedHeirInherits(t *testing.T) {
	r := start(t, firestore.Options{})
	r.floor()
	at := desk.Micro(time.Now())
	r.puts(&desk.Queue{Head: desk.Head{ID: "sales"}, DeletedAt: at, Successor: "support", DueAt: at},
		&desk.Queue{Head: desk.Head{ID: "support"}, DeletedAt: at, Successor: "care"}, &desk.Queue{Head: desk.Head{ID: "care"}})
	require.Equal(t, http.StatusNoContent, r.queueDue())
	assert.Equal(t, "queued care, offered care, active care, wrapup care, closed sales, queued help", r.states())
}
