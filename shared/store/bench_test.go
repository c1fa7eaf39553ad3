package store

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
)

// raise is the smallest move there is: read an agent, change it, save it.
func raise(s *Store, id string) error {
	_, err := s.Move(context.Background(), func(ctx context.Context, r *Reader) (desk.Change, error) {
		a := agent(id)
		if err := r.Load(ctx, a); err != nil {
			return desk.Change{}, err
		}
		a.Capacity++
		return desk.Change{Save: []desk.Record{a}}, nil
	})
	return err
}

func BenchmarkMove(b *testing.B) {
	s := open(b)
	put(b, s, agent("ana"))
	for b.Loop() {
		require.NoError(b, raise(s, "ana"))
	}
}

// BenchmarkMoveParallel has 16 at a time move records of their own, and one record that all want.
func BenchmarkMoveParallel(b *testing.B) {
	for name, shared := range map[string]bool{"own": false, "shared": true} {
		b.Run(name, func(b *testing.B) {
			s := open(b)
			put(b, s, agent("shared"))
			var n atomic.Int64
			b.SetParallelism(8) // times two processors
			b.RunParallel(func(pb *testing.PB) {
				id := "shared"
				if !shared {
					id = number("own", int(n.Add(1)))
					put(b, s, agent(id))
				}
				for pb.Next() {
					if err := raise(s, id); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// BenchmarkClaim saves an offer with its agent and its interaction, as routing does with what it has read.
func BenchmarkClaim(b *testing.B) {
	s, ctx := open(b), context.Background()
	token := desk.Token("sales", desk.WhatsApp)
	n := 0
	for b.Loop() {
		b.StopTimer()
		n++
		a := desk.Agent{Head: desk.Head{ID: number("a", n)}, State: desk.AgentAvailable, Capacity: 3, Serves: []string{token}, Name: "Ana García",
			Email: "ana@acme.example", Roles: []string{"agent"}, Teams: []string{"support"}, FreeSince: noon}.Settle()
		i := desk.Interaction{Head: desk.Head{ID: number("i", n)}, State: desk.InteractionQueued, Channel: desk.WhatsApp, Queue: "sales", Wants: token, Rank: 1,
			Customer: desk.Customer{Name: "Lea", Phone: "+34600000001", Addresses: []desk.Address{{Kind: desk.AddressPhone, Value: "34600000001"}}}, Preview: "hola"}
		r := s.Reader()
		require.NoError(b, r.Save(ctx, desk.Change{Save: []desk.Record{&a, &i}}))
		b.StartTimer()
		ch, err := desk.MakeOffer(desk.Offer{Head: desk.Head{ID: number("o", n)}, Deadline: noon.Add(time.Minute)}, desk.Pair{Agent: a, Interaction: i}, noon)
		require.NoError(b, err)
		require.NoError(b, r.Save(ctx, ch))
	}
}

// BenchmarkReceive records a customer's message in a conversation that is under way, as conversation does: it reads
// the message, the identity, the contact and the interaction, and saves two of them.
func BenchmarkReceive(b *testing.B) {
	s, ctx := open(b), context.Background()
	lea := desk.Address{Kind: desk.AddressPhone, Value: "34600000001"}
	asset := desk.Asset{Head: desk.Head{ID: "whatsapp:1"}, Channel: desk.WhatsApp, Account: "1", Queue: "sales"}
	n := 0
	receive := func() {
		n++
		in := desk.Arrival{Channel: desk.WhatsApp, Account: "1", ID: number("wamid", n), At: noon, Kind: desk.TextMessage, Text: "hola",
			Customer: desk.Customer{Name: "Lea", Phone: "+34600000001", Addresses: []desk.Address{lea}}}
		ids := desk.NewIDs{Contact: "c", Interaction: "i"}
		_, err := s.Move(ctx, func(ctx context.Context, r *Reader) (desk.Change, error) {
			k := desk.Known{Asset: asset, Identities: []desk.Identity{{Head: desk.Head{ID: "lea"}}}}
			k.Message.ID = desk.ArrivalID(in.Channel, in.Account, in.ID)
			if err := r.Find(ctx, &k.Message, &k.Identities[0]); err != nil {
				return desk.Change{}, err
			}
			k.Contact.ID = k.Identities[0].Contact
			if err := r.Find(ctx, &k.Contact); err != nil {
				return desk.Change{}, err
			}
			k.Interaction.ID = k.Contact.Open
			if err := r.Find(ctx, &k.Interaction); err != nil {
				return desk.Change{}, err
			}
			return desk.Receive(in, k, ids, noon)
		})
		require.NoError(b, err)
	}
	for b.Loop() {
		receive()
	}
}
