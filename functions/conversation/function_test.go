package conversation

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	gopubsub "cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/infra"
	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/store"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// inbox is the conversation function on a database and a bus, with two assets.
type inbox struct {
	handlers
	t testing.TB

	late   atomic.Int64 // how long after noon it is
	commit atomic.Int64 // commits tried
	shaky  atomic.Bool  // of commits some are refused, and some report failure after they were applied

	mu    sync.Mutex
	hints []string // published, as "event interaction"
}

func open(t testing.TB) *inbox {
	t.Helper()
	b := &inbox{t: t}
	indexes, err := firestore.ParseIndexes(infra.Indexes)
	require.NoError(t, err)
	db := firestore.New(firestore.Options{Indexes: indexes,
		Intercept: func(_ context.Context, method string, _ proto.Message) error {
			if method == "Commit" && b.shaky.Load() && b.commit.Add(1)%5 == 0 {
				return status.Error(codes.Aborted, "try again")
			}
			return nil
		},
		AfterCommit: func(context.Context, *firestorepb.CommitRequest) error {
			if b.shaky.Load() && b.commit.Load()%3 == 0 {
				return status.Error(codes.Unavailable, "nobody knows")
			}
			return nil
		}})
	require.NoError(t, db.Start("127.0.0.1:0"))
	t.Cleanup(db.Close)
	st, err := store.Open(context.Background(), store.Config{Project: "test", Endpoint: db.Addr()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = st.Close() })
	b.handlers = handlers{key: []byte("key"), Deps: host.Deps{
		Store: st, Bus: b.post(), Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now: func() time.Time { return noon.Add(time.Duration(b.late.Load())) },
	}}
	b.put(&desk.Asset{Head: desk.Head{ID: "whatsapp:1"}, Channel: desk.WhatsApp, Account: "1", Queue: "sales", StatusUpdates: true},
		&desk.Asset{Head: desk.Head{ID: "messenger:7"}, Channel: desk.Messenger, Account: "7", Queue: "sales", StatusUpdates: true})
	return b
}

// post is a bus that remembers what is hinted.
func (b *inbox) post() *bus.Bus {
	srv, err := pubsub.Start("127.0.0.1:0", pubsub.Options{InterceptPublish: func(req *pubsubpb.PublishRequest) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, m := range req.GetMessages() {
			var h desk.Hint
			if err := json.Unmarshal(m.GetData(), &h); err != nil {
				return err
			}
			b.hints = append(b.hints, h.Event+" "+h.Interaction+h.Agent)
		}
		return nil
	}})
	require.NoError(b.t, err)
	b.t.Cleanup(func() { require.NoError(b.t, srv.Close()) })
	client, err := gopubsub.NewClient(context.Background(), "test", option.WithEndpoint("passthrough:///"+srv.Addr()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	require.NoError(b.t, err)
	defer client.Close()
	for _, topic := range []string{desk.HintInteractionQueued, desk.HintAgentFreed} {
		_, err := client.TopicAdminClient.CreateTopic(b.t.Context(), &pubsubpb.Topic{Name: "projects/test/topics/" + topic})
		require.NoError(b.t, err)
	}
	out, err := bus.Open(context.Background(), bus.Config{Project: "test", Endpoint: srv.Addr(), Source: "conversation"})
	require.NoError(b.t, err)
	b.t.Cleanup(func() { _ = out.Close() })
	return out
}

func (b *inbox) put(recs ...desk.Record) {
	b.t.Helper()
	require.NoError(b.t, b.Store.Reader().Save(context.Background(), desk.Change{Save: recs}))
}

// tell has the function handle an event.
func (b *inbox) tell(told channel.Event) error {
	data, err := json.Marshal(told)
	require.NoError(b.t, err)
	return b.received(context.Background(), bus.Event{Type: bus.MessageReceived, Data: data})
}

// tellAll tells the events at once, each twice, in any order. What is refused because others are faster comes again, as a
// push does.
func (b *inbox) tellAll(events ...channel.Event) {
	b.t.Helper()
	twice := slices.Concat(events, events)
	rand.Shuffle(len(twice), func(i, j int) { twice[i], twice[j] = twice[j], twice[i] })
	b.together(len(twice), func(n int) error { return b.tell(twice[n]) })
}

// together runs n pieces of work at once, each until it is done.
func (b *inbox) together(n int, work func(n int) error) {
	b.t.Helper()
	var wg sync.WaitGroup
	failed := make([]error, n)
	for k := range n {
		wg.Go(func() {
			for range 20 {
				if failed[k] = work(k); failed[k] == nil || !fault.Of(failed[k]).Kind.Retry() {
					return
				}
			}
		})
	}
	wg.Wait()
	for _, err := range failed {
		require.NoError(b.t, err)
	}
}

func load[T any, P interface {
	*T
	desk.Record
}](b *inbox, id string) T {
	b.t.Helper()
	var rec T
	P(&rec).Base().ID = id
	require.NoError(b.t, b.Store.Reader().Load(context.Background(), P(&rec)))
	return rec
}

func every[T any, P interface {
	*T
	desk.Record
}](b *inbox) []T {
	b.t.Helper()
	list, err := store.All[T, P](context.Background(), b.Store.Reader())
	require.NoError(b.t, err)
	return list
}

func inbound(provider string) string { return desk.ArrivalID(desk.WhatsApp, "1", provider) }

func phone(n int) desk.Address {
	return desk.Address{Kind: desk.AddressPhone, Value: strconv.Itoa(34600000000 + n)}
}

func userID(n int) desk.Address {
	return desk.Address{Kind: desk.AddressUserID, Value: "ES." + strconv.Itoa(n)}
}

// writes is a message from somebody with the addresses.
func writes(provider string, at time.Time, who ...desk.Address) channel.Event {
	return channel.Event{Arrival: &desk.Arrival{Channel: desk.WhatsApp, Account: "1", ID: provider, At: at, Kind: desk.TextMessage, Text: provider,
		Customer: desk.Customer{Name: "Lea", Addresses: who}}}
}

// does is a remark about a message of Lea's, or of ours.
func does(kind desk.RemarkKind, about string, at time.Time, text string) channel.Event {
	return channel.Event{Remark: &desk.Remark{Channel: desk.WhatsApp, Account: "1", About: about, Kind: kind, At: at, Text: text,
		Customer: desk.Customer{Addresses: []desk.Address{phone(0)}}}}
}

func came(provider string, state desk.MessageState, at time.Time) channel.Event {
	return channel.Event{Status: &desk.Status{Channel: desk.WhatsApp, Account: "1", ProviderID: provider, State: state, At: at}}
}

// Two deliveries of one person, first seen by phone and by business-scoped ID at the same time: one contact in the end,
// and one conversation wherever the deliveries share an address.
func TestOnePersonFirstSeenByTwoAddressesAtOnce(t *testing.T) {
	for _, c := range []struct {
		name  string
		talks int // at most
		shape func(n int) [][]desk.Address
	}{
		{"phone; phone and ID", 1, func(n int) [][]desk.Address { return [][]desk.Address{{phone(n)}, {phone(n), userID(n)}} }},
		{"ID; phone and ID", 1, func(n int) [][]desk.Address { return [][]desk.Address{{userID(n)}, {phone(n), userID(n)}} }},
		{"both; both the other way", 1, func(n int) [][]desk.Address {
			return [][]desk.Address{{userID(n), phone(n)}, {phone(n), userID(n)}}
		}},
		{"phone; ID; phone and ID", 2, func(n int) [][]desk.Address {
			return [][]desk.Address{{phone(n)}, {userID(n)}, {phone(n), userID(n)}}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := open(t)
			for n := range 50 {
				b.shaky.Store(n%2 == 1)
				var events []channel.Event
				for k, who := range c.shape(n) {
					events = append(events, writes(fmt.Sprintf("wamid.%d.%d", n, k), noon, who...))
				}
				b.tellAll(events...)
				b.shaky.Store(false)
				b.isOnePerson(n, c.talks, len(events))
			}
		})
	}
}

// isOnePerson requires both addresses of the person to lead to one contact who has all of his messages.
func (b *inbox) isOnePerson(n, talks, messages int) {
	b.t.Helper()
	k, err := b.whose(context.Background(), b.Store.Reader(), "whatsapp:1", desk.Customer{Addresses: []desk.Address{phone(n), userID(n)}})
	require.NoError(b.t, err)
	require.Empty(b.t, k.Others, "round %d: he is one contact", n)
	require.Empty(b.t, k.Contact.Into)
	assert.ElementsMatch(b.t, []desk.Address{phone(n), userID(n)}, k.Contact.Customer.Addresses)
	seen := map[string][]int64{}
	for m := range messages {
		msg := load[desk.Message](b, inbound(fmt.Sprintf("wamid.%d.%d", n, m)))
		require.Contains(b.t, append(k.Contact.Others, k.Contact.ID), msg.Contact)
		seen[msg.Interaction] = append(seen[msg.Interaction], msg.Seq)
	}
	require.LessOrEqual(b.t, len(seen), talks)
	require.Contains(b.t, seen, k.Contact.Open)
	for id, seqs := range seen {
		slices.Sort(seqs)
		i := load[desk.Interaction](b, id)
		for at, seq := range seqs {
			require.Equal(b.t, int64(at+1), seq, "each message once")
		}
		require.Equal(b.t, int64(len(seqs)), i.Seq)
		require.Equal(b.t, len(seqs), i.Unread)
		require.Equal(b.t, desk.InteractionQueued, i.State)
	}
}

// Everything a channel may tell of a conversation comes twice, at once, in any order, on a database that refuses commits and
// lies about others; and our own sending is recorded in the middle of it.
func TestWhateverComesInWhateverOrder(t *testing.T) {
	second := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Second) }
	for round := range 8 {
		b := open(t)
		events := []channel.Event{
			writes("wamid.1", second(1), phone(0)), writes("wamid.2", second(2), phone(0), userID(0)),
			does(desk.RemarkEdit, "wamid.1", second(3), "uno"), does(desk.RemarkEdit, "wamid.1", second(4), "one"),
			does(desk.RemarkRevoke, "wamid.2", second(5), ""), does(desk.RemarkEdit, "wamid.2", second(4), "dos"),
			does(desk.RemarkReaction, "wamid.1", second(6), "👍"), does(desk.RemarkReaction, "wamid.1", second(7), ""),
			does(desk.RemarkReaction, "wamid.out", second(6), "👍"),
			came("wamid.out", desk.MessageDelivered, second(5)), came("wamid.out", desk.MessageRead, second(6)), came("wamid.out", desk.MessageSent, second(4)),
			came("wamid.nobody", desk.MessageRead, second(4)),
			{Preference: &desk.Preference{Channel: desk.WhatsApp, Account: "1", At: second(3), Customer: desk.Customer{Addresses: []desk.Address{phone(0)}}}},
			{Renaming: &desk.Renaming{Channel: desk.WhatsApp, Account: "1", At: second(3), Customer: desk.Customer{Addresses: []desk.Address{phone(0), userID(0)}}}},
		}
		b.shaky.Store(true)
		twice := slices.Concat(events, events)
		rand.Shuffle(len(twice), func(i, j int) { twice[i], twice[j] = twice[j], twice[i] })
		b.together(len(twice)+1, func(n int) error {
			if n < len(twice) {
				return b.tell(twice[n])
			}
			_, err := b.Store.Move(context.Background(), func(ctx context.Context, r *store.Reader) (desk.Change, error) {
				m := desk.Message{Head: desk.Head{ID: "out"}}
				if err := r.Find(ctx, &m); err != nil || m.Version > 0 {
					return desk.Change{}, err
				}
				m = desk.Message{Head: m.Head, Asset: "whatsapp:1", Direction: desk.Outbound, State: desk.MessageSent, ProviderID: "wamid.out", SentAt: second(3), ClaimedAt: second(3)}
				return desk.Change{Save: []desk.Record{&m}}, nil
			})
			return err
		})
		b.late.Store(int64(time.Minute))
		b.receiptsAreDue()
		b.shaky.Store(false)

		one, two, out := load[desk.Message](b, inbound("wamid.1")), load[desk.Message](b, inbound("wamid.2")), load[desk.Message](b, "out")
		assert.Equal(t, "one", one.Text, "round %d", round)
		assert.Equal(t, []desk.Wording{{At: second(1), Text: "wamid.1"}, {At: second(3), Text: "uno"}}, one.Before)
		assert.Empty(t, one.Reaction)
		assert.Equal(t, second(7), one.ReactedAt)
		assert.Equal(t, "[message deleted]", two.Text+two.Fallback)
		assert.Equal(t, second(5), two.RevokedAt)
		assert.Empty(t, two.Before)
		assert.Equal(t, desk.MessageRead, out.State)
		assert.Equal(t, []time.Time{second(3), second(5), second(6)}, []time.Time{out.SentAt, out.DeliveredAt, out.ReadAt})
		assert.Equal(t, "👍", out.Reaction)
		assert.Len(t, every[desk.Message](b), 3)

		contacts := every[desk.Contact](b)
		main := slices.IndexFunc(contacts, func(c desk.Contact) bool { return c.Into == "" })
		assert.Equal(t, second(3), contacts[main].OptedOut)
		assert.ElementsMatch(t, []desk.Address{phone(0), userID(0)}, contacts[main].Customer.Addresses)
		talks := every[desk.Interaction](b)
		require.Len(t, talks, 1)
		assert.Equal(t, int64(2), talks[0].Seq)
		assert.Equal(t, "[message deleted]", talks[0].Preview)
		assert.Contains(t, b.hints, "interaction.queued "+talks[0].ID)

		left := every[desk.Receipt](b)
		require.Len(t, left, 1, "what nobody sent still waits")
		assert.Equal(t, "wamid.nobody", left[0].About)
		b.late.Store(int64(time.Hour))
		b.receiptsAreDue()
		assert.Empty(t, every[desk.Receipt](b), "and is given up")
	}
}

// receiptsAreDue reminds of everything that waits, twice at once.
func (b *inbox) receiptsAreDue() {
	b.t.Helper()
	waiting := every[desk.Receipt](b)
	waiting = slices.Concat(waiting, waiting)
	b.together(len(waiting), func(n int) error {
		data, err := json.Marshal(desk.Hint{Event: desk.HintReceiptDue, Receipt: waiting[n].ID})
		require.NoError(b.t, err)
		if err = b.receiptDue(context.Background(), bus.Event{Data: data}); fault.Is(err, fault.Missing) {
			return nil // the other one was faster
		}
		return err
	})
}

func TestACustomerLeavesWhileHeIsOffered(t *testing.T) {
	b := open(t)
	require.NoError(t, b.tell(writes("wamid.1", noon, phone(0))))
	i := every[desk.Interaction](b)[0]
	r := b.Store.Reader()
	require.NoError(t, r.Load(t.Context(), &i))
	ana := desk.Agent{Head: desk.Head{ID: "ana"}, State: desk.AgentAvailable, Capacity: 1, Serves: []string{i.Wants}}.Settle()
	ch, err := desk.MakeOffer(desk.Offer{Head: desk.Head{ID: "o"}, Deadline: noon.Add(time.Minute)}, desk.Pair{Agent: ana, Interaction: i}, noon)
	require.NoError(t, err)
	require.NoError(t, r.Save(t.Context(), ch))

	left := channel.Event{Departure: &desk.Departure{Channel: desk.WhatsApp, Account: "1", At: noon.Add(time.Second), Customer: desk.Customer{Addresses: []desk.Address{phone(0)}}}}
	b.shaky.Store(true)
	b.tellAll(left, left, left)
	b.shaky.Store(false)
	gone := load[desk.Interaction](b, i.ID)
	assert.Equal(t, desk.InteractionClosed, gone.State)
	assert.Equal(t, desk.ClosedAbandoned, gone.CloseReason)
	assert.Equal(t, desk.OfferRescinded, load[desk.Offer](b, "o").State)
	free := load[desk.Agent](b, "ana")
	assert.Empty(t, free.Offer+free.Ringing)
	assert.Equal(t, int64(2), free.Version, "once")
	assert.Contains(t, b.hints, "agent.freed ana")

	require.NoError(t, b.tell(writes("wamid.2", noon.Add(2*time.Second), phone(0))))
	assert.Len(t, every[desk.Interaction](b), 2)
	require.NoError(t, b.tell(left), "an older departure says nothing of the new conversation")
	assert.Equal(t, desk.InteractionQueued, load[desk.Interaction](b, load[desk.Message](b, inbound("wamid.2")).Interaction).State)
}

func TestAWatermarkOvertakesTheSend(t *testing.T) {
	b := open(t)
	who := desk.Customer{Addresses: []desk.Address{{Kind: desk.AddressPSID, Value: "9"}}}
	require.NoError(t, b.tell(channel.Event{Arrival: &desk.Arrival{Channel: desk.Messenger, Account: "7", ID: "mid.1", At: noon, Kind: desk.TextMessage, Text: "hola", Customer: who}}))
	lea := every[desk.Contact](b)[0]
	out := desk.Message{Head: desk.Head{ID: "out"}, Contact: lea.ID, Asset: "messenger:7", Direction: desk.Outbound, State: desk.MessageSending, ClaimedAt: noon}
	b.put(&out)
	read := channel.Event{Watermark: &desk.Watermark{Channel: desk.Messenger, Account: "7", State: desk.MessageRead, UpTo: noon.Add(time.Second), Customer: who}}
	b.shaky.Store(true)
	b.tellAll(read, read)
	b.shaky.Store(false)
	assert.Equal(t, desk.MessageSending, load[desk.Message](b, "out").State)
	lea = load[desk.Contact](b, lea.ID)
	assert.Equal(t, noon.Add(10*time.Second), lea.DueAt)

	due := func() {
		data, err := json.Marshal(desk.Hint{Event: desk.HintContactDue, Contact: lea.ID})
		require.NoError(t, err)
		b.together(2, func(int) error { return b.contactDue(context.Background(), bus.Event{Data: data}) })
	}
	due()
	assert.Equal(t, lea.Version, load[desk.Contact](b, lea.ID).Version, "not due yet")
	_, err := b.Store.Move(t.Context(), func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		m := desk.Message{Head: desk.Head{ID: "out"}}
		if err := r.Load(ctx, &m); err != nil {
			return desk.Change{}, err
		}
		return desk.SettleSend(m, desk.Outcome{ProviderID: "mid.out"}, noon)
	})
	require.NoError(t, err)
	b.late.Store(int64(10 * time.Second))
	due()
	assert.Equal(t, desk.MessageRead, load[desk.Message](b, "out").State)
	assert.Zero(t, load[desk.Contact](b, lea.ID).DueAt)
}

func TestEventsThatLackSomething(t *testing.T) {
	b := open(t)
	for name, told := range map[string]channel.Event{
		"nothing":                    {},
		"a message without an ID":    {Arrival: &desk.Arrival{Customer: desk.Customer{Addresses: []desk.Address{phone(0)}}}},
		"a message by nobody":        {Arrival: &desk.Arrival{ID: "wamid.1"}},
		"a remark about nothing":     {Remark: &desk.Remark{Kind: desk.RemarkEdit}},
		"a status of nothing":        {Status: &desk.Status{State: desk.MessageRead}},
		"a watermark of nobody":      {Watermark: &desk.Watermark{UpTo: noon}},
		"a watermark without a time": {Watermark: &desk.Watermark{Customer: desk.Customer{Addresses: []desk.Address{phone(0)}}}},
		"a departure of nobody":      {Departure: &desk.Departure{}},
		"a preference of nobody":     {Preference: &desk.Preference{}},
		"a renaming of nobody":       {Renaming: &desk.Renaming{}},
	} {
		assert.Equal(t, fault.Invalid, fault.Of(b.tell(told)).Kind, name)
	}
	assert.Equal(t, fault.Invalid, fault.Of(b.received(t.Context(), bus.Event{Data: []byte(`{`)})).Kind)
	assert.Zero(t, b.commit.Load())
}

func TestWhatIsToldOfStrangersIsLeftAlone(t *testing.T) {
	b := open(t)
	who := desk.Customer{Addresses: []desk.Address{phone(0)}}
	for _, told := range []channel.Event{
		{Departure: &desk.Departure{Channel: desk.WhatsApp, Account: "1", Customer: who}},
		{Renaming: &desk.Renaming{Channel: desk.WhatsApp, Account: "1", Customer: who}},
		{Watermark: &desk.Watermark{Channel: desk.Messenger, Account: "7", UpTo: noon, State: desk.MessageRead, Customer: who}},
		{Watermark: &desk.Watermark{Channel: desk.Messenger, Account: "8", UpTo: noon, State: desk.MessageRead, Customer: who}},
		{Status: &desk.Status{Channel: desk.WhatsApp, Account: "1", Message: "none", State: desk.MessageRead, At: noon}},
	} {
		require.NoError(t, b.tell(told))
	}
	assert.Empty(t, every[desk.Contact](b))
	assert.Empty(t, every[desk.Receipt](b))
}
