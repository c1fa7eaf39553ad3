package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/infra"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

func at(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

func TestFreeAgents(t *testing.T) {
	s, ctx := open(t), t.Context()
	free := func(id string, since int, takes ...string) *desk.Agent {
		return &desk.Agent{Head: desk.Head{ID: id}, FreeSince: at(since), Takes: takes}
	}
	put(t, s, free("e", 1, "sales"), free("b", 2, "sales", "care"), free("d", 3, "sales"), free("a", 3, "sales"),
		free("c", 3, "sales"), free("f", 0, "care"), free("g", 0), free("h", 9, "sales"), &desk.Agent{Head: desk.Head{ID: "never"}, Takes: []string{"sales"}})

	all, err := s.Reader().FreeAgents(ctx, "sales", desk.StrategyLongest, 100, desk.Agent{})
	require.NoError(t, err)
	assert.Equal(t, []string{"e", "b", "a", "c", "d", "h"}, ids(all), "who was never free is in nobody's list")

	var walked []string
	for after := (desk.Agent{}); ; {
		page, err := s.Reader().FreeAgents(ctx, "sales", desk.StrategyLongest, 2, after)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		assert.Len(t, page, 2)
		walked = append(walked, ids(page)...)
		after = page[len(page)-1]
	}
	assert.Equal(t, []string{"e", "b", "a", "c", "d", "h"}, walked)

	none, err := s.Reader().FreeAgents(ctx, "nobody", desk.StrategyLongest, 5, desk.Agent{})
	require.NoError(t, err)
	assert.Empty(t, none)
}

// The order of a strategy is the same whether the store makes it or the rules do, also over pages.
func TestFreeAgentsByStrategy(t *testing.T) {
	s, ctx := open(t), t.Context()
	agent := func(id string, load, since, turn int) *desk.Agent {
		return &desk.Agent{Head: desk.Head{ID: id}, Takes: []string{"sales"}, Load: load, FreeSince: at(since), Turn: at(turn)}
	}
	put(t, s, agent("a", 2, 1, 5), agent("b", 1, 9, 4), agent("c", 1, 8, 4), agent("d", 3, 0, 1), agent("e", 2, 1, 9))
	for by, want := range map[desk.Strategy][]string{
		desk.StrategyLongest: {"d", "a", "e", "c", "b"}, desk.StrategyLeastBusy: {"c", "b", "a", "e", "d"},
		desk.StrategyRoundRobin: {"d", "b", "c", "a", "e"},
	} {
		var walked []string
		for after := (desk.Agent{}); ; {
			page, err := s.Reader().FreeAgents(ctx, "sales", by, 2, after)
			require.NoError(t, err)
			if len(page) == 0 {
				break
			}
			walked = append(walked, ids(page)...)
			after = page[len(page)-1]
		}
		assert.Equal(t, want, walked, by)
	}
}

func TestWaiting(t *testing.T) {
	s, ctx := open(t), t.Context()
	var tokens []string
	var want []desk.Interaction
	var recs []desk.Record
	for n := range 95 { // ranks run against the order of the tokens, and every fifth is shared
		token := number("token", n%70)
		i := &desk.Interaction{Head: desk.Head{ID: number("i", n)}, Wants: token, Rank: int64(1 - n/5 + 1000)}
		recs = append(recs, i)
		if n < 70 {
			tokens = append(tokens, token)
		}
	}
	put(t, s, recs...)
	for _, rec := range recs {
		want = append(want, *rec.(*desk.Interaction))
	}
	slices.SortFunc(want, func(a, b desk.Interaction) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.ID, b.ID))
	})
	put(t, s, &desk.Interaction{Head: desk.Head{ID: "active"}}, &desk.Interaction{Head: desk.Head{ID: "other"}, Wants: "other"})

	for _, limit := range []int{1, 3, 7, 40, 1000} {
		var walked []desk.Interaction
		for after := (desk.Interaction{}); ; {
			page, err := s.Reader().Waiting(ctx, tokens, limit, after)
			require.NoError(t, err)
			if len(page) == 0 {
				break
			}
			require.LessOrEqual(t, len(page), limit)
			walked = append(walked, page...)
			after = page[len(page)-1]
		}
		require.Equal(t, ids(want), ids(walked), "pages of %d", limit)
	}

	first, err := s.Reader().Waiting(ctx, tokens, 2, desk.Interaction{})
	require.NoError(t, err)
	assert.Equal(t, []string{"i-0090", "i-0091"}, ids(first), "by rank over all 70 tokens")
	one, err := s.Reader().Waiting(ctx, []string{"token-0003"}, 9, desk.Interaction{})
	require.NoError(t, err)
	assert.Equal(t, []string{"i-0073", "i-0003"}, ids(one))
	none, err := s.Reader().Waiting(ctx, nil, 5, desk.Interaction{})
	require.NoError(t, err)
	assert.Empty(t, none)

	for _, c := range []struct {
		tokens []string
		limit  int
		want   []string
		all    bool
	}{
		{tokens, 4, []string{"token-0020", "token-0021", "token-0022", "token-0023"}, false}, // the ranks of 90 to 94
		{[]string{"token-0003"}, 3, []string{"token-0003"}, true},                            // two wait for it
		{[]string{"token-0003"}, 2, []string{"token-0003"}, false},                           // there may be more
		{[]string{"token-0003", "token-0004", "nobody"}, 5, []string{"token-0003", "token-0004"}, true},
		{[]string{"nobody"}, 4, nil, true}, {nil, 4, nil, true},
	} {
		wanted, all, err := s.Reader().Wanted(ctx, c.tokens, c.limit)
		require.NoError(t, err)
		assert.Equal(t, c.want, wanted)
		assert.Equal(t, c.all, all)
	}
}

func TestNextTokenStepsFromOneTokenToTheNext(t *testing.T) {
	s, ctx := open(t), t.Context()
	for n, token := range []string{"b", "a", "b", "c|x", ""} {
		put(t, s, &desk.Interaction{Head: desk.Head{ID: number("i", n)}, Wants: token})
	}
	var walked []string
	for token := ""; ; {
		var err error
		token, err = s.Reader().NextToken(ctx, token)
		require.NoError(t, err)
		if token == "" {
			break
		}
		walked = append(walked, token)
	}
	assert.Equal(t, []string{"a", "b", "c|x"}, walked)
}

// message is a message of interaction i.
func message(id string, seq int64, when int, state desk.MessageState) *desk.Message {
	return &desk.Message{Head: desk.Head{ID: id}, Interaction: "i", Seq: seq, At: at(when), State: state}
}

func TestMessagesOfAnInteraction(t *testing.T) {
	s, ctx := open(t), t.Context()
	put(t, s, message("hola", 1, 0, ""), message("late", 6, 0, ""), message("sent", 2, 1, desk.MessageSent),
		message("sending", 3, 5, desk.MessageSending), message("third", 5, 5, desk.MessagePending), message("second", 4, 5, desk.MessagePending),
		message("unknown", 7, 7, desk.MessageUnknown), &desk.Message{Head: desk.Head{ID: "else"}, Interaction: "j", Seq: 1, At: at(0), State: desk.MessagePending})

	out, err := s.Reader().Outgoing(ctx, "i", 10)
	require.NoError(t, err)
	assert.Equal(t, []string{"sending", "second", "third"}, ids(out))
	out, err = s.Reader().Outgoing(ctx, "i", 1)
	require.NoError(t, err)
	assert.Equal(t, []string{"sending"}, ids(out))

	want := []string{"hola", "late", "sent", "sending", "second", "third", "unknown"}
	for _, limit := range []int{1, 2, 3, 100} {
		var walked []string
		for after := (Mark{}); ; {
			page, err := s.Reader().Transcript(ctx, "i", limit, after)
			require.NoError(t, err)
			if len(page) == 0 {
				break
			}
			walked = append(walked, ids(page)...)
			last := page[len(page)-1]
			after = Mark{At: last.At, Seq: last.Seq}
		}
		assert.Equal(t, want, walked, "pages of %d", limit)
	}

	later, err := s.Reader().MessagesAfter(ctx, "i", 4)
	require.NoError(t, err)
	assert.Equal(t, []string{"third", "late", "unknown"}, ids(later))
	later, err = s.Reader().MessagesAfter(ctx, "i", 0)
	require.NoError(t, err)
	assert.Len(t, later, 7)
}

func TestWhatIsFoundByAgent(t *testing.T) {
	s, ctx := open(t), t.Context()
	put(t, s, &desk.Agent{Head: desk.Head{ID: "ana"}, Email: "ana@acme.example", Offer: "o", Ringing: "rings", Seats: []string{"held", "gone", "over", "later", "joined"}},
		&desk.Lease{Head: desk.Head{ID: "ana"}, Session: "d"},
		&desk.Offer{Head: desk.Head{ID: "o"}, Agent: "ana", Interaction: "rings"},
		&desk.Interaction{Head: desk.Head{ID: "rings"}, Preview: "hola"},
		&desk.Interaction{Head: desk.Head{ID: "held"}, State: desk.InteractionActive, Owner: "ana", Agents: []string{"ana"}},
		&desk.Interaction{Head: desk.Head{ID: "over"}, State: desk.InteractionWrapUp, Agents: []string{"bob", "ana"}},
		&desk.Interaction{Head: desk.Head{ID: "later"}, State: desk.InteractionActive, Owner: "bob", Agents: []string{"bob"},
			Second: desk.Second{State: desk.SecondRequested, Agent: "ana"}},
		&desk.Interaction{Head: desk.Head{ID: "joined"}, State: desk.InteractionActive, Owner: "bob", Agents: []string{"bob", "ana"},
			Second: desk.Second{State: desk.SecondJoined, Agent: "ana"}},
		&desk.Interaction{Head: desk.Head{ID: "asks"}, State: desk.InteractionActive, Owner: "bob", Agents: []string{"bob"},
			Second: desk.Second{State: desk.SecondRequested, Queue: "sales", Offer: "p"}},
		&desk.Offer{Head: desk.Head{ID: "p"}, Agent: "eve", Interaction: "asks"},
		&desk.Agent{Head: desk.Head{ID: "eve"}, Offer: "p", Ringing: "asks"},
		&desk.Agent{Head: desk.Head{ID: "bob"}, Offer: "o", Seats: []string{"later", "joined", "asks"}})

	found, err := s.Reader().InteractionsOf(ctx, "ana")
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"held", "over", "joined"}, ids(found))

	a, err := s.Reader().AgentByEmail(ctx, "ana@acme.example")
	require.NoError(t, err)
	assert.Equal(t, "ana", a.ID)
	_, err = s.Reader().AgentByEmail(ctx, "Ana@acme.example")
	assert.True(t, fault.HasCode(err, "agent_missing"), "%v", err)

	live, err := s.Reader().Sits(ctx, a)
	require.NoError(t, err)
	require.Len(t, live, 2)
	assert.Equal(t, []string{"held", "", ""}, []string{live[0].Interaction.ID, live[0].Offer.ID, live[0].Agent.ID})
	assert.Equal(t, "joined", live[1].Interaction.ID, "of his seats, those in conversations that have not ended, the guest's too")
	live, err = s.Reader().Sits(ctx, desk.Agent{Head: desk.Head{ID: "bob"}, Seats: []string{"asks"}})
	require.NoError(t, err)
	require.Len(t, live, 1)
	assert.Equal(t, []string{"asks", "p", "eve"}, []string{live[0].Interaction.ID, live[0].Offer.ID, live[0].Agent.ID})
	live, err = s.Reader().Sits(ctx, desk.Agent{Head: desk.Head{ID: "ada"}})
	require.NoError(t, err)
	assert.Empty(t, live)
	x, err := s.Reader().Attended(ctx, "asks")
	require.NoError(t, err)
	assert.Equal(t, []string{"asks", "p", "eve"}, []string{x.Interaction.ID, x.Offer.ID, x.Agent.ID})

	p, err := s.Reader().Present(ctx, "ana")
	require.NoError(t, err)
	assert.Equal(t, []string{"ana", "d", "o", "hola"}, []string{p.Agent.ID, p.Lease.Session, p.Offer.ID, p.Ringing.Preview})
	p, err = s.Reader().Present(ctx, "bob")
	require.NoError(t, err)
	assert.Zero(t, p.Lease.Version, "he never signed in")
	assert.Equal(t, desk.Interaction{}, p.Ringing)
	_, err = s.Reader().Present(ctx, "nobody")
	assert.True(t, fault.HasCode(err, "agent_missing"), "%v", err)

	x, err = s.Reader().Offer(ctx, "o")
	require.NoError(t, err)
	assert.Equal(t, []string{"o", "ana", "rings", ""}, []string{x.Offer.ID, x.Agent.ID, x.Interaction.ID, x.Sender.ID})
	_, err = s.Reader().Offer(ctx, "none")
	assert.True(t, fault.HasCode(err, "offer_missing"), "%v", err)
	put(t, s, &desk.Offer{Head: desk.Head{ID: "torn"}, Agent: "ana", Interaction: "none"})
	_, err = s.Reader().Offer(ctx, "torn")
	assert.True(t, fault.HasCode(err, "interaction_missing"), "%v", err)
}

// An offer that does not name its interaction's asset was made before offers did.
func TestAnOfferWithItsAsset(t *testing.T) {
	s, ctx := open(t), t.Context()
	on := func(offer, interaction, asset string) desk.Record {
		return &desk.Offer{Head: desk.Head{ID: offer}, Agent: "ana", Interaction: interaction, Asset: asset}
	}
	put(t, s, agent("ana"), &desk.Asset{Head: desk.Head{ID: "page"}, Name: "Page"},
		&desk.Interaction{Head: desk.Head{ID: "i"}, Asset: "page"}, on("new", "i", "page"), on("old", "i", ""), on("torn", "none", "page"),
		&desk.Interaction{Head: desk.Head{ID: "lost"}, Asset: "none"}, on("on-nothing", "lost", "none"))
	for _, id := range []string{"new", "old"} {
		x, asset, err := s.Reader().OfferOn(ctx, id)
		require.NoError(t, err)
		assert.Equal(t, []string{id, "ana", "i", "Page"}, []string{x.Offer.ID, x.Agent.ID, x.Interaction.ID, asset.Name})
	}
	_, asset, err := s.Reader().OfferOn(ctx, "on-nothing")
	require.NoError(t, err)
	assert.Equal(t, desk.Asset{Head: desk.Head{ID: "none"}}, asset)
	_, _, err = s.Reader().OfferOn(ctx, "torn")
	assert.True(t, fault.HasCode(err, "interaction_missing"), "%v", err)
	_, _, err = s.Reader().OfferOn(ctx, "none")
	assert.True(t, fault.HasCode(err, "offer_missing"), "%v", err)
}

func TestPage(t *testing.T) {
	s, ctx := open(t), t.Context()
	for _, id := range []string{"b", "a10", "a2", "_", "a-1", "c"} {
		put(t, s, &desk.Team{Head: desk.Head{ID: id}})
	}
	put(t, s, &desk.Client{Head: desk.Head{ID: "a5"}})
	for _, c := range []struct {
		limit int
		after string
		want  []string
	}{
		{10, "", []string{"_", "a-1", "a10", "a2", "b", "c"}}, {2, "", []string{"_", "a-1"}}, {2, "a-1", []string{"a10", "a2"}},
		{2, "a3", []string{"b", "c"}}, {2, "c", []string{}},
	} {
		list, err := Page[desk.Team](ctx, s.Reader(), c.limit, c.after)
		require.NoError(t, err)
		assert.Equal(t, c.want, ids(list), "%d after %q", c.limit, c.after)
	}
}

func TestReasonsAndAll(t *testing.T) {
	s, ctx := open(t), t.Context()
	reason := func(queue, id string, order int) *desk.Reason {
		return &desk.Reason{Head: desk.Head{ID: id}, Queue: queue, Name: id, Order: order}
	}
	put(t, s, reason("sales", "lost", 3), reason("sales", "sale", 1), reason("care", "sale", 2), reason("sales", "question", 2),
		&desk.Team{Head: desk.Head{ID: "support"}})
	list, err := s.Reasons(ctx, "sales")
	require.NoError(t, err)
	assert.Equal(t, []string{"sale", "question", "lost"}, ids(list))
	list, err = s.Reasons(ctx, "none")
	require.NoError(t, err)
	assert.Empty(t, list)

	r := reason("care", "sale", 0)
	require.NoError(t, s.Reader().Load(ctx, r))
	assert.Equal(t, 2, r.Order, "an ID is unique within its queue")
	all, err := All[desk.Reason](ctx, s.Reader())
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"lost", "sale", "sale", "question"}, ids(all))
	reader := s.Reader()
	teams, err := All[desk.Team](ctx, reader)
	require.NoError(t, err)
	require.NoError(t, save(s, reader, &teams[0]), "what it found counts as read")
}

func TestTemplatesOfAQueue(t *testing.T) {
	s, ctx := open(t), t.Context()
	template := func(queue, id, body string) *desk.Template {
		return &desk.Template{Head: desk.Head{ID: id}, Queue: queue, Channel: desk.WhatsApp, Body: body}
	}
	put(t, s, template("sales", "parcel", "a"), template("sales", "hello", "b"), template("care", "hello", "c"))
	list, err := s.Templates(ctx, "sales")
	require.NoError(t, err)
	assert.Equal(t, []string{"hello", "parcel"}, ids(list), "by ID")
	list, err = s.Templates(ctx, "none")
	require.NoError(t, err)
	assert.Empty(t, list)
	one := template("care", "hello", "")
	require.NoError(t, s.Reader().Load(ctx, one))
	assert.Equal(t, "c", one.Body, "an ID is unique within its queue")
	all, err := All[desk.Template](ctx, s.Reader())
	require.NoError(t, err)
	assert.Equal(t, []string{"hello", "hello", "parcel"}, ids(all))
	_, err = s.Templates(ctx, "a/b")
	assert.True(t, fault.HasCode(err, "queue_missing"))
}

func TestDue(t *testing.T) {
	s, ctx := open(t), t.Context()
	var recs []desk.Record
	var want []string
	for n := range 60 { // three at each second, over all shards
		recs = append(recs, &desk.Offer{Head: desk.Head{ID: number("o", n)}, DueAt: at(n / 3)})
		if n < 33 {
			want = append(want, number("o", n))
		}
	}
	put(t, s, recs...)
	put(t, s, &desk.Offer{Head: desk.Head{ID: "answered"}})
	for _, limit := range []int{1, 2, 5, 200} {
		var walked []string
		for place := (Place{}); ; {
			page, err := Due[desk.Offer](ctx, s.Reader(), at(10), limit, place)
			require.NoError(t, err)
			if len(page) == 0 {
				break
			}
			walked = append(walked, ids(page)...)
			last := page[len(page)-1]
			place = Place{Due: last.DueAt, ID: last.ID}
		}
		require.Equal(t, want, walked, "pages of %d; the instant itself is due", limit)
	}
}

// found counts what is due of a kind.
func found[T any, P record[T]](t testing.TB, s *Store) int {
	t.Helper()
	list, err := Due[T, P](t.Context(), s.Reader(), noon, 9, Place{})
	require.NoError(t, err)
	return len(list)
}

func TestEveryRecordThatIsOwedIsFoundByTheSweep(t *testing.T) {
	due := map[desk.RecordKind]func(testing.TB, *Store) int{
		desk.KindAgent: found[desk.Agent], desk.KindAsset: found[desk.Asset], desk.KindCentre: found[desk.Centre], desk.KindContact: found[desk.Contact],
		desk.KindLease: found[desk.Lease], desk.KindMessage: found[desk.Message], desk.KindOffer: found[desk.Offer], desk.KindParked: found[desk.Parked],
		desk.KindQueue: found[desk.Queue], desk.KindReceipt: found[desk.Receipt], desk.KindInteraction: found[desk.Interaction],
	}
	for name, empty := range records {
		rec := empty()
		if _, owed := rec.(desk.Owed); !owed {
			assert.NotContains(t, due, rec.Record(), name)
			continue
		}
		require.Contains(t, due, rec.Record(), "the sweep finds it by a query of its own")
		s := open(t)
		rec.Base().ID = "x"
		reflect.ValueOf(rec).Elem().FieldByName("DueAt").Set(reflect.ValueOf(noon))
		put(t, s, rec)
		assert.Equal(t, 1, due[rec.Record()](t, s), name)
	}
}

// queries runs every query there is, and begins every listener.
func queries(ctx context.Context, s *Store) error {
	r := s.Reader()
	var errs []error
	did := func(_ any, err error) { errs = append(errs, err) }
	for _, by := range []desk.Strategy{desk.StrategyLongest, desk.StrategyLeastBusy, desk.StrategyRoundRobin} {
		did(r.FreeAgents(ctx, "t", by, 1, desk.Agent{}))
	}
	did(r.Waiting(ctx, []string{"t", "u"}, 1, desk.Interaction{}))
	did(r.NextToken(ctx, "t"))
	did(r.Outgoing(ctx, "i", 1))
	did(r.MessageByProvider(ctx, "whatsapp:1", "wamid"))
	did(r.Sent(ctx, desk.Contact{Head: desk.Head{ID: "c"}}, noon))
	did(r.InteractionsOf(ctx, "a"))
	did(r.OnAsset(ctx, "a", 1, ""))
	did(r.InQueue(ctx, "q", 1, ""))
	did(r.AskingQueue(ctx, "q", 1, ""))
	did(r.Transcript(ctx, "i", 1, Mark{}))
	did(r.Said(ctx, desk.Contact{Head: desk.Head{ID: "c"}}, at(1), at(2), 1))
	did(r.MessagesAfter(ctx, "i", 1))
	did(r.AgentByEmail(ctx, "e"))
	did(r.Members(ctx, "t", 1))
	_, _, err := r.Standing(ctx, "t")
	did(nil, err)
	did(r.Reasons(ctx, "q"))
	did(r.Templates(ctx, "q"))
	did(r.Notes(ctx, "c", "i"))
	did(r.Contacts(ctx, "n:lea", 1, Spot{}))
	did(r.InteractionsWith(ctx, desk.Contact{Head: desk.Head{ID: "c"}}, 1, Spot{}))
	did(r.NotesOn(ctx, desk.Contact{Head: desk.Head{ID: "c"}}, 1, Spot{}))
	did(r.InLedgers(ctx, []string{"q|1", "q|2"}, 1, Spot{}))
	did(r.EarlierMoves(ctx, "a", 9))
	did(r.DeadLetters(ctx, Letters{State: desk.LetterDead}, 1, Spot{}))
	did(r.DeadLetters(ctx, Letters{State: desk.LetterDead, Event: "e"}, 1, Spot{}))
	did(r.DeadLetters(ctx, Letters{State: desk.LetterDead, Reason: "r"}, 1, Spot{}))
	did(r.DeadLetters(ctx, Letters{State: desk.LetterDead, Event: "e", Reason: "r"}, 1, Spot{}))
	did(r.ParkedMessages(ctx, "", 1, Spot{}))
	did(r.ParkedMessages(ctx, "a", 1, Spot{}))
	did(r.QueueStand(ctx, "q"))
	did(r.TeamStand(ctx, "t"))
	did(r.AgentsIn(ctx, []string{"t"}, "", 1, "a"))
	did(r.AgentsIn(ctx, []string{"t", "u"}, desk.AgentIdle, 1, "a"))
	did(r.Agents(ctx, desk.AgentIdle, 1, "a"))
	did(r.Supervised(ctx, []string{"q", "r"}, inQueue, 1, Spot{At: noon, ID: "i"}))
	did(All[desk.Reason](ctx, r))
	did(All[desk.Template](ctx, r))
	did(Page[desk.Team](ctx, r, 1, ""))
	did(Page[desk.Team](ctx, r, 1, "t"))
	did(Due[desk.Agent](ctx, r, noon, 1, Place{}))
	did(Due[desk.Lease](ctx, r, noon, 1, Place{}))
	did(Due[desk.Offer](ctx, r, noon, 1, Place{}))
	did(Due[desk.Parked](ctx, r, noon, 1, Place{}))
	did(Due[desk.Centre](ctx, r, noon, 1, Place{}))
	did(Due[desk.Message](ctx, r, noon, 1, Place{}))
	did(Due[desk.Receipt](ctx, r, noon, 1, Place{}))
	did(Due[desk.Interaction](ctx, r, noon, 1, Place{}))
	did(Due[desk.Contact](ctx, r, noon, 1, Place{}))
	did(Due[desk.Asset](ctx, r, noon, 1, Place{}))
	did(Due[desk.Queue](ctx, r, noon, 1, Place{}))
	seen := errors.New("seen")
	did(nil, s.WatchInteractions(ctx, "a", func(Seen[desk.Interaction]) error { return seen }))
	did(nil, s.WatchMessages(ctx, []string{"i", "j"}, func(Seen[desk.Message]) error { return seen }))
	for n, err := range errs {
		if err != nil && !fault.Is(err, fault.Missing) && !errors.Is(err, seen) {
			return fmt.Errorf("query %d: %w", n, err)
		}
	}
	return nil
}

// An index that no query needs is paid for with every write, and so is a field's own one that its override lists.
func TestEveryIndexIsNeeded(t *testing.T) {
	require.NoError(t, queries(t.Context(), open(t)))
	type file struct {
		Indexes        []map[string]any `json:"indexes"`
		FieldOverrides []map[string]any `json:"fieldOverrides"`
	}
	var all file
	require.NoError(t, json.Unmarshal(infra.Indexes, &all))
	require.NotEmpty(t, all.Indexes)
	needed := func(rest file, what any) {
		text, err := json.Marshal(rest)
		require.NoError(t, err)
		indexes, err := firestore.ParseIndexes(text)
		require.NoError(t, err)
		err = queries(t.Context(), connect(t, serve(t, firestore.Options{Indexes: indexes}), nil))
		assert.Equal(t, codes.FailedPrecondition, status.Code(rootOf(err)), "no query needs the index %v: %v", what, err)
	}
	for n, index := range all.Indexes {
		needed(file{slices.Concat(all.Indexes[:n], all.Indexes[n+1:]), all.FieldOverrides}, index)
	}
	for n, override := range all.FieldOverrides {
		own := override["indexes"].([]any)
		for i := range own {
			less := maps.Clone(override)
			less["indexes"] = append(append([]any{}, own[:i]...), own[i+1:]...)
			needed(file{all.Indexes, slices.Concat(all.FieldOverrides[:n], []map[string]any{less}, all.FieldOverrides[n+1:])}, override)
		}
	}
}

// rootOf is the innermost error.
func rootOf(err error) error {
	for errors.Unwrap(err) != nil && !strings.HasPrefix(err.Error(), "rpc error") {
		err = errors.Unwrap(err)
	}
	return err
}

// The client repeats what a database that is away does not answer for as long as its caller waits, and some callers wait for ever.
func TestAReadingThatIsNotAnsweredEnds(t *testing.T) {
	away := firestore.Options{Intercept: func(_ context.Context, method string, _ proto.Message) error {
		return status.Error(codes.Unavailable, method)
	}}
	s, err := Open(t.Context(), Config{Project: "test", Endpoint: serve(t, away).Addr(), ReadFor: 50 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	for what, read := range map[string]func(*Reader) error{
		"by name": func(r *Reader) error { return r.Load(t.Context(), agent("ana")) },
		"a query": func(r *Reader) error {
			_, err := r.AgentByEmail(t.Context(), "ana@acme.example")
			return err
		},
	} {
		assert.Equal(t, fault.Unavailable, fault.Of(read(s.Reader())).Kind, what)
	}
}
