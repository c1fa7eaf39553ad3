package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/infra"
	"github.com/deskline/deskline/shared/desk"
)

// noon is the time the records of these tests count from.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// indexed are options of a server that has the composite indexes of the product and no other.
func indexed(t testing.TB) firestore.Options {
	t.Helper()
	indexes, err := firestore.ParseIndexes(infra.Indexes)
	require.NoError(t, err)
	return firestore.Options{Indexes: indexes}
}

// serve starts a database server that ends with the test.
func serve(t testing.TB, o firestore.Options) *firestore.Server {
	t.Helper()
	srv := firestore.New(o)
	require.NoError(t, srv.Start("127.0.0.1:0"))
	t.Cleanup(srv.Close)
	return srv
}

// connect opens a store on the server.
func connect(t testing.TB, srv *firestore.Server, now func() time.Time) *Store {
	t.Helper()
	s, err := Open(context.Background(), Config{Project: "test", Endpoint: srv.Addr(), Now: now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// open starts a server with the product's indexes and opens a store on it.
func open(t testing.TB) *Store {
	t.Helper()
	return connect(t, serve(t, indexed(t)), nil)
}

// put stores new records.
func put(t testing.TB, s *Store, recs ...desk.Record) {
	t.Helper()
	for len(recs) > 0 {
		some := recs[:min(len(recs), 200)]
		recs = recs[len(some):]
		require.NoError(t, s.Reader().Save(context.Background(), desk.Change{Save: some}))
	}
}

// agent is an agent with an ID and nothing else.
func agent(id string) *desk.Agent { return &desk.Agent{Head: desk.Head{ID: id}} }

// loaded is the agent as he is stored.
func loaded(t testing.TB, s *Store, id string) desk.Agent {
	t.Helper()
	a := agent(id)
	require.NoError(t, s.Reader().Load(context.Background(), a))
	return *a
}

// ids are the IDs of records in their order.
func ids[T any, P record[T]](list []T) []string {
	out := []string{}
	for n := range list {
		out = append(out, P(&list[n]).Base().ID)
	}
	return out
}

// number makes names that sort as their numbers do.
func number(prefix string, n int) string { return fmt.Sprintf("%s-%04d", prefix, n) }

// soon waits until check holds.
func soon(t testing.TB, what string, check func() bool) {
	t.Helper()
	require.Eventually(t, check, time.Minute, 2*time.Millisecond, what)
}
