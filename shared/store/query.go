package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cloud.google.com/go/firestore"
	firestorepb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/api/iterator"

	"github.com/deskline/deskline/shared/desk"
)

// Every query of the product stands in this file and those named after it; infra/firestore.indexes.json has the composite index
// each needs.

// record is a pointer to a noun.
type record[T any] interface {
	*T
	desk.Record
}

// list runs a query and takes what it finds as read.
func list[T any, P record[T]](ctx context.Context, r *Reader, what string, q firestore.Query) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, r.s.readFor)
	defer cancel()
	var out []T
	docs := q.Documents(ctx)
	defer docs.Stop()
	for {
		snap, err := docs.Next()
		if errors.Is(err, iterator.Done) {
			return out, nil
		}
		if err != nil {
			return nil, readError(what, err)
		}
		var rec T
		if err := r.take(snap, P(&rec)); err != nil {
			return nil, err
		}
		out = append(out, rec)
	}
}

func (s *Store) all(kind desk.RecordKind) firestore.Query {
	return s.client.Collection(collections[kind]).Query
}

// FreeAgents finds agents who can take the token now, in the order in which the strategy asks them, at most limit of them, after
// the one given (the zero Agent begins).
func (r *Reader) FreeAgents(ctx context.Context, token string, by desk.Strategy, limit int, after desk.Agent) ([]desk.Agent, error) {
	q, from := r.s.all(desk.KindAgent).Where("takes", "array-contains", token), []any{after.FreeSince, after.ID}
	switch by {
	case desk.StrategyLeastBusy:
		q, from = q.OrderBy("load", firestore.Asc).OrderBy("freeSince", firestore.Asc), []any{after.Load, after.FreeSince, after.ID}
	case desk.StrategyRoundRobin:
		q, from = q.OrderBy("turn", firestore.Asc), []any{after.Turn, after.ID}
	default:
		q = q.OrderBy("freeSince", firestore.Asc)
	}
	q = q.OrderBy(firestore.DocumentID, firestore.Asc).Limit(limit)
	if after.ID != "" {
		q = q.StartAfter(from...)
	}
	return list[desk.Agent](ctx, r, "free agents", q)
}

// CountMost is where Standing stops counting: it stands for that many and more.
const CountMost = 1000

// Standing counts the agents who can take the token now, and the interactions that wait for it. Each count takes one read.
func (r *Reader) Standing(ctx context.Context, token string) (free, waiting int, err error) {
	agents := r.s.all(desk.KindAgent).Where("takes", "array-contains", token).OrderBy("freeSince", firestore.Asc)
	if free, err = r.count(ctx, "free agents", agents); err != nil {
		return
	}
	waiting, err = r.count(ctx, "waiting interactions", r.s.all(desk.KindInteraction).Where("wants", "==", token))
	return
}

// count is how many records a query finds, up to CountMost.
func (r *Reader) count(ctx context.Context, what string, q firestore.Query) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, r.s.readFor)
	defer cancel()
	q = q.Limit(CountMost)
	found, err := q.NewAggregationQuery().WithCount("n").Get(ctx)
	if err != nil {
		return 0, readError(what, err)
	}
	n, ok := found["n"].(*firestorepb.Value)
	if !ok {
		return 0, fmt.Errorf("count %s: %T is no count", what, found["n"])
	}
	return int(n.GetIntegerValue()), nil
}

// tokensMax is how many values one "in" filter takes. Source: Firestore query limits, read 2026-11.
const tokensMax = 30

// Waiting finds interactions that wait for any of the tokens, by rank, at most limit of them, after the one given (the
// zero Interaction begins). More than 30 tokens take several queries, of which each reads up to limit.
func (r *Reader) Waiting(ctx context.Context, tokens []string, limit int, after desk.Interaction) ([]desk.Interaction, error) {
	return r.waiting(ctx, tokens, limit, func(q firestore.Query) firestore.Query {
		if after.ID != "" {
			q = q.StartAfter(after.Rank, after.ID)
		}
		return q
	})
}

// Wanted finds what those wait for whom Waiting would find: tokens, each once, in their order. all says that nobody else
// waits for any of them.
func (r *Reader) Wanted(ctx context.Context, tokens []string, limit int) (wanted []string, all bool, err error) {
	found, err := r.waiting(ctx, tokens, limit, func(q firestore.Query) firestore.Query { return q.Select("wants", "rank") })
	for _, i := range found {
		if !slices.Contains(wanted, i.Wants) {
			wanted = append(wanted, i.Wants)
		}
	}
	return wanted, len(found) < limit, err
}

func (r *Reader) waiting(ctx context.Context, tokens []string, limit int, narrow func(firestore.Query) firestore.Query) ([]desk.Interaction, error) {
	var out []desk.Interaction
	for some := range slices.Chunk(tokens, tokensMax) {
		q := r.s.all(desk.KindInteraction).Where("wants", "in", some).
			OrderBy("rank", firestore.Asc).OrderBy(firestore.DocumentID, firestore.Asc).Limit(limit)
		found, err := list[desk.Interaction](ctx, r, "waiting interactions", narrow(q))
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	slices.SortFunc(out, func(a, b desk.Interaction) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.ID, b.ID))
	})
	return out[:min(len(out), limit)], nil
}

// NextToken is the first token after the given one that somebody waits for; empty when there is none.
func (r *Reader) NextToken(ctx context.Context, after string) (string, error) {
	q := r.s.all(desk.KindInteraction).Where("wants", ">", after).OrderBy("wants", firestore.Asc).Limit(1)
	found, err := list[desk.Interaction](ctx, r, "waiting tokens", q)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0].Wants, nil
}

// sentMax bounds what one mark moves on: far more than anybody is sent between two.
const sentMax = 200

// contactsMax is how many contacts a query on messages goes over: with three states, 30 combinations are the most that
// one query may have. Source: Firestore query limits on disjunctions, read 2026-11.
const contactsMax = 10

// InteractionsOf finds the interactions that show on the agent's desktop because he holds a seat or owes a wrap-up.
func (r *Reader) InteractionsOf(ctx context.Context, agent string) ([]desk.Interaction, error) {
	return list[desk.Interaction](ctx, r, "an agent's interactions", r.s.interactionsOf(agent))
}

func (s *Store) interactionsOf(agent string) firestore.Query {
	return s.all(desk.KindInteraction).Where("agents", "array-contains", agent)
}

// The states in which an interaction is not over for its asset, and for its queue, whose reasons wrap it up.
var (
	onAsset = []desk.InteractionState{desk.InteractionQueued, desk.InteractionOffered, desk.InteractionActive}
	inQueue = append(slices.Clone(onAsset), desk.InteractionWrapUp)
)

// OnAsset finds the asset's interactions that its customers' next messages belong to, by ID, at most limit of them, after
// the ID given (empty begins).
func (r *Reader) OnAsset(ctx context.Context, asset string, limit int, after string) ([]desk.Interaction, error) {
	return r.unfinished(ctx, "an asset's interactions", "asset", asset, onAsset, limit, after)
}

// InQueue finds the queue's interactions that are not closed, by ID, at most limit of them, after the ID given (empty
// begins).
func (r *Reader) InQueue(ctx context.Context, queue string, limit int, after string) ([]desk.Interaction, error) {
	return r.unfinished(ctx, "a queue's interactions", "queue", queue, inQueue, limit, after)
}

func (r *Reader) unfinished(ctx context.Context, what, field, id string, states []desk.InteractionState, limit int, after string) ([]desk.Interaction, error) {
	q := r.s.all(desk.KindInteraction).Where(field, "==", id).Where("state", "in", states).
		OrderBy(firestore.DocumentID, firestore.Asc).Limit(limit)
	if after != "" {
		q = q.StartAfter(after)
	}
	return list[desk.Interaction](ctx, r, what, q)
}

// Members finds agents of the team, at most limit of them, in no particular order.
func (r *Reader) Members(ctx context.Context, team string, limit int) ([]desk.Agent, error) {
	return list[desk.Agent](ctx, r, "members of a team", r.s.all(desk.KindAgent).Where("teams", "array-contains", team).Limit(limit))
}

// AgentByEmail finds the agent whose record has the e-mail address, in lower case. None is Missing.
func (r *Reader) AgentByEmail(ctx context.Context, email string) (desk.Agent, error) {
	found, err := list[desk.Agent](ctx, r, "agent by e-mail", r.s.all(desk.KindAgent).Where("email", "==", email).Limit(1))
	if err != nil {
		return desk.Agent{}, err
	}
	if len(found) == 0 {
		return desk.Agent{}, missing(desk.KindAgent)
	}
	return found[0], nil
}

// Reasons finds a queue's wrap-up reasons in their order.
func (r *Reader) Reasons(ctx context.Context, queue string) ([]desk.Reason, error) {
	if !validID(queue) {
		return nil, missing(desk.KindQueue)
	}
	q := r.s.client.Collection("queues/"+queue+"/reasons").OrderBy("order", firestore.Asc)
	return list[desk.Reason](ctx, r, "reasons", q)
}

// Templates finds a queue's templates in the order of their IDs.
func (r *Reader) Templates(ctx context.Context, queue string) ([]desk.Template, error) {
	if !validID(queue) {
		return nil, missing(desk.KindQueue)
	}
	return list[desk.Template](ctx, r, "templates", r.s.client.Collection("queues/"+queue+"/templates").Query)
}

// Notes finds the notes made in one of the contact's conversations, oldest first.
func (r *Reader) Notes(ctx context.Context, contact, interaction string) ([]desk.Note, error) {
	if !validID(contact) {
		return nil, missing(desk.KindContact)
	}
	q := r.s.client.Collection("contacts/"+contact+"/notes").Where("interaction", "==", interaction).OrderBy("at", firestore.Asc)
	return list[desk.Note](ctx, r, "notes", q)
}

// Spot is where a page of a list ended that has the newest first: at the record with the time and the ID. The zero Spot is
// the beginning.
type Spot struct {
	At time.Time
	ID string
}

// newest is the page of a query after the spot, by a field of time, the newest first.
func newest(q firestore.Query, field string, limit int, after Spot) firestore.Query {
	q = q.OrderBy(field, firestore.Desc).OrderBy(firestore.DocumentID, firestore.Desc).Limit(limit)
	if after.ID != "" {
		q = q.StartAfter(after.At, after.ID)
	}
	return q
}

// Contacts finds the contacts with the search term, those who came last first, at most limit of them, after the spot.
func (r *Reader) Contacts(ctx context.Context, term string, limit int, after Spot) ([]desk.Contact, error) {
	q := newest(r.s.all(desk.KindContact).Where("search", "array-contains", term), "since", limit, after)
	return list[desk.Contact](ctx, r, "contacts", q)
}

// InteractionsWith finds the interactions with the contact and with those he took over (thirty in all; nobody is known
// under more), those that opened last first, at most limit of them, after the spot.
func (r *Reader) InteractionsWith(ctx context.Context, c desk.Contact, limit int, after Spot) ([]desk.Interaction, error) {
	q := newest(r.s.all(desk.KindInteraction).Where("contact", "in", everybody(c)), "openedAt", limit, after)
	return list[desk.Interaction](ctx, r, "a contact's interactions", q)
}

// NotesOn finds the notes on the contact and on those he took over, the newest first, at most limit of them, after the
// spot.
func (r *Reader) NotesOn(ctx context.Context, c desk.Contact, limit int, after Spot) ([]desk.Note, error) {
	var found []desk.Note
	for _, id := range everybody(c) {
		q := newest(r.s.client.Collection("contacts/"+id+"/notes").Query, "at", limit, after)
		some, err := list[desk.Note](ctx, r, "notes", q)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	slices.SortFunc(found, func(a, b desk.Note) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID)) })
	return found[:min(len(found), limit)], nil
}

// everybody is the contact and those he took over.
func everybody(c desk.Contact) []string {
	all := append([]string{c.ID}, c.Others...)
	return all[:min(len(all), tokensMax)]
}

// All finds every record of a kind of configuration.
func All[T any, P record[T]](ctx context.Context, r *Reader) ([]T, error) {
	kind := P(new(T)).Record()
	if kind == desk.KindReason || kind == desk.KindTemplate {
		return list[T, P](ctx, r, string(kind), r.s.client.CollectionGroup(collections[kind]).Query)
	}
	return list[T, P](ctx, r, string(kind), r.s.all(kind))
}

// Page finds records of a kind of configuration in the order of their IDs, at most limit of them, after the one given. For
// what belongs to a queue see Reasons and Templates.
func Page[T any, P record[T]](ctx context.Context, r *Reader, limit int, after string) ([]T, error) {
	kind := P(new(T)).Record()
	q := r.s.all(kind).OrderBy(firestore.DocumentID, firestore.Asc).Limit(limit)
	if after != "" {
		q = q.StartAfter(after)
	}
	return list[T, P](ctx, r, string(kind), q)
}

// letterFields are the fields of a dead letter that lists show: all but its data.
var letterFields = []string{"version", "state", "event", "eventID", "subscription", "reason", "attempts", "key", "traceparent",
	"publishedAt", "diedAt", "size", "parts", "history", "expireAt"}

// Letters says which dead letters to find: those in a state, and where the words are not empty those of an event's type
// and of a reason.
type Letters struct {
	State  desk.LetterState
	Event  string
	Reason string
}

// DeadLetters finds dead letters, those that died last first, at most limit of them, after the spot. They come without
// their data and are not to be saved.
func (r *Reader) DeadLetters(ctx context.Context, which Letters, limit int, after Spot) ([]desk.DeadLetter, error) {
	q := r.s.all(desk.KindDeadLetter).Select(letterFields...).Where("state", "==", string(which.State))
	if which.Event != "" {
		q = q.Where("event", "==", which.Event)
	}
	if which.Reason != "" {
		q = q.Where("reason", "==", which.Reason)
	}
	return list[desk.DeadLetter](ctx, r, "dead letters", newest(q, "diedAt", limit, after))
}

// ParkedMessages finds the parked messages, for one asset where that is not empty, those that came last first, at most
// limit of them, after the spot.
func (r *Reader) ParkedMessages(ctx context.Context, asset string, limit int, after Spot) ([]desk.Parked, error) {
	q := r.s.all(desk.KindParked)
	if asset != "" {
		q = q.Where("asset", "==", asset)
	}
	return list[desk.Parked](ctx, r, "parked messages", newest(q, "at", limit, after))
}

// Due finds records of T that somebody has owed a move since before now, at most limit of them, longest overdue first,
// after the one given.
func Due[T any, P record[T]](ctx context.Context, r *Reader, now time.Time, limit int, after Place) ([]T, error) {
	kind := P(new(T)).Record()
	q := r.s.all(kind).Where(shardField, "in", allShards()).Where("dueAt", "<=", now).
		OrderBy("dueAt", firestore.Asc).OrderBy(firestore.DocumentID, firestore.Asc).Limit(limit)
	if after.ID != "" {
		q = q.StartAfter(after.Due, after.ID)
	}
	return list[T, P](ctx, r, "overdue "+string(kind), q)
}

// Place is where a sweep through the overdue records stands.
type Place struct {
	Due time.Time
	ID  string
}

func allShards() []int64 {
	s := make([]int64, Shards)
	for n := range s {
		s[n] = int64(n)
	}
	return s
}
