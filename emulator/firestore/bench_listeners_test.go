package firestore

import (
	"context"
	"fmt"
	"sync"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
)

// listeners is how many streams are open at once, each with one target.
const listeners = 1000

// BenchmarkAgainstListeners writes to what each listener listens to, 16 at a time, and waits until all have heard. Google's
// emulator 1.19.9 is not asked with queries: it runs each again at every write, and 1 000 writes beside 1 000 of them did not end
// within 10 minutes.
func BenchmarkAgainstListeners(b *testing.B) {
	against(b, func(a *arena, b *testing.B) {
		for _, kind := range []struct {
			collection string
			target     func(n int) *pb.Target
		}{
			{"documents", func(n int) *pb.Target { return a.documents(fmt.Sprintf("documents/d%d", n)) }},
			{"queries", func(n int) *pb.Target {
				return a.results(under("queries", false), filtered(fieldFilter("listener", eq, intValue(int64(n)))))
			}},
		} {
			if kind.collection == "queries" && !a.mine {
				continue
			}
			audience := a.gather(b, kind.target)
			a.measure(b, kind.collection, "changes", listeners, func(a *arena, b *testing.B) {
				for range b.N {
					a.inParallel(b, listeners, 16, func(a *arena, n int64) error {
						at := int(n % listeners)
						path := fmt.Sprintf("%s/d%d", kind.collection, at)
						return a.write(a.update(path, map[string]any{"listener": at, "version": int(n)}))
					})
					audience.hears(b)
				}
			})
			audience.leave()
		}
	}, ours)
}

// audience is the listeners' end of their streams.
type audience struct {
	heard   chan error // one for each listener whose state is current, and for each change of a version
	leave   context.CancelFunc
	present sync.WaitGroup
}

// gather opens the streams, as many to a connection as it carries.
func (a *arena) gather(b *testing.B, target func(n int) *pb.Target) *audience {
	ctx, cancel := context.WithCancel(a.routed(context.Background()))
	all := &audience{heard: make(chan error, listeners)}
	all.leave = func() { cancel(); all.present.Wait() }
	b.Cleanup(all.leave)
	for first := 0; first < listeners; first += maxStreams {
		client := pb.NewFirestoreClient(dialAddr(b, a.addr))
		for n := first; n < first+maxStreams; n++ {
			stream, err := client.Listen(ctx)
			require.NoError(b, err)
			require.NoError(b, stream.Send(&pb.ListenRequest{
				Database: a.database, TargetChange: &pb.ListenRequest_AddTarget{AddTarget: target(n)},
			}))
			all.present.Go(func() { all.listen(ctx, stream) })
		}
	}
	all.hears(b)
	return all
}

// hears waits for as many as there are listeners.
func (all *audience) hears(b *testing.B) {
	for range listeners {
		require.NoError(b, <-all.heard)
	}
}

func (all *audience) listen(ctx context.Context, stream pb.Firestore_ListenClient) {
	version := int64(0)
	for {
		resp, err := stream.Recv()
		if err != nil {
			if ctx.Err() == nil {
				all.heard <- err
			}
			return
		}
		if resp.GetTargetChange().GetTargetChangeType() == pb.TargetChange_CURRENT && version == 0 {
			version = -1
			all.heard <- nil
		}
		v := resp.GetDocumentChange().GetDocument().GetFields()["version"].GetIntegerValue()
		if v > max(version, 0) {
			version = v
			all.heard <- nil
		}
	}
}
