package floor

import (
	"context"
	"sync/atomic"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/emulator/suite"
)

// Watch counts what is stored and published, so that a journey can show that nothing was. The zero value is ready.
type Watch struct{ stored, published atomic.Int64 }

// On adds the watch to a suite's options.
func (w *Watch) On(o suite.Options) suite.Options {
	o.Firestore.AfterCommit = func(context.Context, *firestorepb.CommitRequest) error {
		w.stored.Add(1)
		return nil
	}
	o.PubSub.Observe = func(e pubsub.Event) {
		if e.Kind == pubsub.Published {
			w.published.Add(1)
		}
	}
	return o
}

// NothingHappens checks that nothing is stored and nothing published from before do until everything has come to rest
// after it.
func (w *Watch) NothingHappens(f *Floor, do func()) {
	f.T.Helper()
	f.Settle()
	stored, published := w.stored.Load(), w.published.Load()
	do()
	f.Settle()
	require.Equal(f.T, stored, w.stored.Load(), "something was stored")
	require.Equal(f.T, published, w.published.Load(), "something was published")
}
