package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

// Reader reads records and remembers when each was read, which becomes the precondition of Save. It is for one move
// and safe for concurrent use.
type Reader struct {
	s    *Store
	mu   sync.Mutex
	seen map[string]reading // by document name
}

// reading is what a document was like when it was read last.
type reading struct {
	at      *timestamppb.Timestamp
	version int64
}

// Reader begins a move.
func (s *Store) Reader() *Reader { return &Reader{s: s, seen: map[string]reading{}} }

// Load fills the records, each of which must carry its ID, in one round trip. A missing one is Missing with the code
// "<kind>_missing".
func (r *Reader) Load(ctx context.Context, recs ...desk.Record) error {
	if err := r.Find(ctx, recs...); err != nil {
		return err
	}
	return there(recs...)
}

// there is Missing when one of the records was not found.
func there(recs ...desk.Record) error {
	for _, rec := range recs {
		if rec.Base().Version == 0 {
			return missing(rec.Record())
		}
	}
	return nil
}

// Find is Load for records that need not exist: a missing one keeps its ID and has Version zero. A record without an
// ID is left alone.
func (r *Reader) Find(ctx context.Context, recs ...desk.Record) error {
	var refs []*firestore.DocumentRef
	var want []desk.Record
	for _, rec := range recs {
		if rec.Base().ID == "" {
			continue
		}
		name, err := r.s.docName(rec)
		if err != nil {
			return err
		}
		refs = append(refs, r.s.client.Doc(name[len(r.s.root)+len("/documents/"):]))
		want = append(want, rec)
	}
	if len(refs) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.s.readFor)
	defer cancel()
	snaps, err := r.s.client.GetAll(ctx, refs)
	if err != nil {
		return readError("records", err)
	}
	for n, snap := range snaps {
		if !snap.Exists() {
			want[n].Base().Version = 0
			continue
		}
		if err := r.take(snap, want[n]); err != nil {
			return err
		}
		if a, ok := want[n].(*desk.Agent); ok {
			r.s.config.put(personKey(a.Email), *a)
		}
	}
	return nil
}

// take decodes a document and remembers its update time.
func (r *Reader) take(snap *firestore.DocumentSnapshot, into desk.Record) error {
	if err := decode(snap.Data(), snap.Ref.ID, into); err != nil {
		return fmt.Errorf("decode %s: %w", into.Record(), err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[snap.Ref.Path] = reading{at: timestamppb.New(snap.UpdateTime), version: into.Base().Version}
	return nil
}

// reading is how the document of a record was read last, if it was. It is the guard of what was decided on that record, so
// a record of another version was read before, and has changed since: that is a lost race.
func (r *Reader) reading(name string, rec desk.Record) (reading, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, ok := r.seen[name]
	if ok && last.version != rec.Base().Version {
		return reading{}, false, fmt.Errorf("%s %s: %w", rec.Record(), rec.Base().ID, errLost)
	}
	return last, ok, nil
}

func missing(kind desk.RecordKind) error {
	return fault.New(fault.Missing, string(kind)+"_missing", "there is no such %s", kind)
}

// Offer reads an offer with its agent, its interaction and, where that may go back to him, the agent who transferred it.
func (r *Reader) Offer(ctx context.Context, id string) (x desk.Attended, err error) {
	x.Offer.ID = id
	if err = r.Load(ctx, &x.Offer); err != nil {
		return
	}
	x.Agent.ID, x.Interaction.ID = x.Offer.Agent, x.Offer.Interaction
	if err = r.Load(ctx, &x.Agent, &x.Interaction); err != nil {
		return
	}
	x.Sender, err = r.sender(ctx, x.Offer, x.Interaction)
	return
}

// sender reads the agent to whom the interaction goes back when nobody takes the offer; of every other offer it is nobody.
func (r *Reader) sender(ctx context.Context, o desk.Offer, i desk.Interaction) (a desk.Agent, err error) {
	if o.State == desk.OfferPending && i.Offer == o.ID && i.Transfer.Unanswered == desk.UnansweredReturn {
		a.ID = i.Transfer.By
		err = r.Find(ctx, &a)
	}
	return
}

// Queueing reads an interaction, and then the queue it is in as that is on record, not as it may be kept: Version zero when
// there is none. No interaction is Missing.
func (r *Reader) Queueing(ctx context.Context, id string) (desk.Interaction, desk.Queue, error) {
	i := desk.Interaction{Head: desk.Head{ID: id}}
	if err := r.Load(ctx, &i); err != nil {
		return i, desk.Queue{}, err
	}
	q := desk.Queue{Head: desk.Head{ID: i.Queue}}
	err := r.Find(ctx, &q)
	return i, q, err
}

// OverflowMost is how many queues in a row are looked at for one that takes over from the first: behind more it counts as there is none.
const OverflowMost = 8

// Overflow reads the overflow of q, the interaction's queue, that one's and so on, until the interaction may go there: those are what
// desk.Divert is asked with. Mostly it is one read, and none for a queue without.
func (r *Reader) Overflow(ctx context.Context, i desk.Interaction, q desk.Queue, now time.Time) (list []desk.Queue, err error) {
	for next := q.Overflow; next != "" && len(list) < OverflowMost; next = list[len(list)-1].Overflow {
		to := desk.Queue{Head: desk.Head{ID: next}}
		if err := r.Find(ctx, &to); err != nil {
			return nil, err
		}
		if list = append(list, to); i.MayOverflow(to, now) {
			break
		}
	}
	return list, nil
}

// OfferOn reads an offer with its agent, its interaction and that one's asset, which need not exist.
func (r *Reader) OfferOn(ctx context.Context, id string) (x desk.Attended, on desk.Asset, err error) {
	x.Offer.ID = id
	if err = r.Load(ctx, &x.Offer); err != nil {
		return
	}
	x.Agent.ID, x.Interaction.ID, on.ID = x.Offer.Agent, x.Offer.Interaction, x.Offer.Asset
	if err = r.Find(ctx, &x.Agent, &x.Interaction, &on); err != nil {
		return
	}
	if err = there(&x.Agent, &x.Interaction); err == nil && on.ID != x.Interaction.Asset { // the offer was made before offers named it
		on = desk.Asset{Head: desk.Head{ID: x.Interaction.Asset}}
		err = r.Find(ctx, &on)
	}
	return
}

// Attended reads an interaction with the offer that rings for it and that offer's agent.
func (r *Reader) Attended(ctx context.Context, interaction string) (x desk.Attended, err error) {
	x.Interaction.ID = interaction
	if err = r.Load(ctx, &x.Interaction); err != nil {
		return
	}
	x.Offer.ID = x.Interaction.Rings()
	if err = r.Find(ctx, &x.Offer); err != nil {
		return
	}
	x.Agent.ID = x.Offer.Agent
	err = r.Find(ctx, &x.Agent)
	return
}

// heldTries is how often Held begins anew because the conversation changed while it was read.
const heldTries = 5

// Held reads an interaction as Attended does, with who sits in it and with further records, all at one instant: what is refused
// because of one of them was so beside the others. It fails as Unavailable (busy) when the interaction does not come to rest.
func (r *Reader) Held(ctx context.Context, interaction string, more ...desk.Record) (x desk.Attended, sitting []desk.Agent, err error) {
	for range heldTries {
		if x, err = r.Attended(ctx, interaction); err != nil {
			return
		}
		seen := x.Interaction
		owner, guest := desk.Agent{Head: desk.Head{ID: seen.Owner}}, desk.Agent{Head: desk.Head{ID: seen.Guest()}}
		recs := append([]desk.Record{&x.Interaction, &x.Offer, &x.Agent, &owner, &guest}, more...)
		if err = r.Find(ctx, recs...); err != nil {
			return
		}
		if x.Interaction.Version == seen.Version {
			return x, []desk.Agent{owner, guest}, nil
		}
	}
	return x, nil, fault.New(fault.Unavailable, "busy", "the conversation changes too often; try again")
}

// Moves are all moves of the interaction's history, the oldest first.
func (r *Reader) Moves(ctx context.Context, i desk.Interaction) ([]desk.Entry, error) {
	all, err := r.Histories(ctx, []desk.Interaction{i})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// Heir is the first of a deleted queue's successors that is served; a queue that is served is its own. A successor that
// is not on record is Missing. The search ends: a successor is there when a queue is deleted, and so is deleted later.
func (r *Reader) Heir(ctx context.Context, q desk.Queue) (desk.Queue, error) {
	for !q.Served() {
		q = desk.Queue{Head: desk.Head{ID: q.Successor}}
		if err := r.Load(ctx, &q); err != nil {
			return q, err
		}
	}
	return q, nil
}

// mergesMax is how many contacts in a row may have taken each other over.
const mergesMax = 8

// Contact reads a contact. Of one that another took over it is that one.
func (r *Reader) Contact(ctx context.Context, id string) (c desk.Contact, err error) {
	for range mergesMax {
		c = desk.Contact{Head: desk.Head{ID: id}}
		if err = r.Load(ctx, &c); err != nil || c.Into == "" {
			return c, err
		}
		id = c.Into
	}
	return c, fmt.Errorf("contact %s: too many took over from each other", id)
}

// Newest reads the contact's newest interaction as Attended does; the zero one when there never was any.
func (r *Reader) Newest(ctx context.Context, c desk.Contact) (desk.Attended, error) {
	if c.Open == "" {
		return desk.Attended{}, nil
	}
	return r.Attended(ctx, c.Open)
}

// Present reads an agent with his lease, his pending offer and the interaction it is for, as Offer does.
func (r *Reader) Present(ctx context.Context, agent string) (p desk.Present, err error) {
	p.Agent.ID, p.Lease.ID = agent, agent
	if err = r.Find(ctx, &p.Agent, &p.Lease); err != nil {
		return
	}
	if p.Agent.Version == 0 {
		return p, missing(desk.KindAgent)
	}
	p.Offer.ID, p.Ringing.ID = p.Agent.Offer, p.Agent.Ringing
	if err = r.Find(ctx, &p.Offer, &p.Ringing); err != nil {
		return
	}
	p.Sender, err = r.sender(ctx, p.Offer, p.Ringing)
	return
}

// Sits reads the conversations the agent sits in, as Attended does.
func (r *Reader) Sits(ctx context.Context, a desk.Agent) ([]desk.Attended, error) {
	held := make([]desk.Interaction, len(a.Seats))
	recs := make([]desk.Record, len(a.Seats))
	for n, id := range a.Seats {
		held[n].ID = id
		recs[n] = &held[n]
	}
	if err := r.Find(ctx, recs...); err != nil {
		return nil, err
	}
	return r.AllAttended(ctx, slices.DeleteFunc(held, func(i desk.Interaction) bool { return !i.Sits(a.ID) }))
}

// AllAttended reads for each of the interactions, which were read already, the offer that rings for it and that offer's
// agent. Where nothing rings it reads nothing.
func (r *Reader) AllAttended(ctx context.Context, list []desk.Interaction) ([]desk.Attended, error) {
	all := make([]desk.Attended, len(list))
	offers, agents := make([]desk.Record, len(list)), make([]desk.Record, len(list))
	for n, i := range list {
		all[n].Interaction, all[n].Offer.ID = i, i.Rings()
		offers[n], agents[n] = &all[n].Offer, &all[n].Agent
	}
	if err := r.Find(ctx, offers...); err != nil {
		return nil, err
	}
	for n := range all {
		all[n].Agent.ID = all[n].Offer.Agent
	}
	return all, r.Find(ctx, agents...)
}
