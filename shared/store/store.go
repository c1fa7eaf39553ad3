// Package store keeps the nouns of package desk in Firestore.
//
// It speaks of offers and agents to its callers, never of documents or gRPC codes. One move is one Move: read through
// the Reader, decide with a rule, and what the rule returned is saved as one atomic commit. Every record in it carries
// the update time it was read at as precondition, and a record that was not there when it was read, or was never
// read, must not exist. Firestore has no verify-only write and keeps the update time when a write changes nothing, so
// every saved record gets a higher Version: two racers can never both pass.
//
// There is one store, on Google's own client, and it always talks to a real server.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"cloud.google.com/go/firestore"
	apiv1 "cloud.google.com/go/firestore/apiv1"
	"google.golang.org/grpc"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/dial"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store/docwire"
)

// Config says which database to open.
type Config struct {
	Project  string
	Database string           // empty is "(default)"
	Endpoint string           // host:port of a local server, spoken to without credentials; empty is Google's service
	Streams  int              // connections for listeners; a connection carries 100 streams. Zero is one
	Now      func() time.Time // ages the configuration that is kept; nil is time.Now
	ReadFor  time.Duration    // how long one reading may take, the client's own tries included; zero is 10 s
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	client    *firestore.Client
	writer    *apiv1.Client
	listeners listeners
	root      string // projects/P/databases/D
	readFor   time.Duration
	config    cache
	closed    sync.Once
}

const (
	patience = 5 * time.Second  // how long Move tries
	readFor  = 10 * time.Second // the client repeats a reading for as long as its caller waits
)

// Open connects to the database. Connections are made when first used, so a wrong endpoint shows at the first call.
func Open(ctx context.Context, c Config) (*Store, error) {
	if c.Database == "" {
		c.Database = firestore.DefaultDatabaseID
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Store{config: cache{now: c.Now}, root: "projects/" + c.Project + "/databases/" + c.Database, readFor: cmp.Or(c.ReadFor, readFor)}
	s.listeners.most = max(c.Streams, 1)
	s.listeners.open = func() (*firestore.Client, error) { return newClient(context.Background(), c) }
	var err error
	if s.client, err = newClient(ctx, c); err != nil {
		return nil, err
	}
	opts, err := dial.Options(c.Endpoint, documents)
	if err == nil {
		s.writer, err = apiv1.NewClient(ctx, opts...)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), s.Close())
	}
	return s, nil
}

// documents leaves documents to be read by read, which knows what they become.
var documents = grpc.WithDefaultCallOptions(grpc.ForceCodecV2(docwire.SealingCodec()))

func newClient(ctx context.Context, c Config) (*firestore.Client, error) {
	opts, err := dial.Options(c.Endpoint, documents)
	if err != nil {
		return nil, err
	}
	client, err := firestore.NewClientWithDatabase(ctx, c.Project, c.Database, opts...)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return client, nil
}

// Close ends all connections. Listeners must have ended. Closing again does nothing.
func (s *Store) Close() (err error) {
	s.closed.Do(func() {
		s.listeners.close()
		err = s.client.Close()
		if s.writer != nil {
			err = errors.Join(err, s.writer.Close())
		}
	})
	return err
}

// Move reads, decides and saves until the save is not lost to another one, for five seconds at most; then it is
// Unavailable (code busy). decide may run several times, each with a new Reader: it must take the time anew and find
// its own work if an earlier try was applied although it reported failure. A Change without records to save is
// returned as it is, with the hints of the tries that reported failure: one of them may have been what did the work.
func (s *Store) Move(ctx context.Context, decide func(context.Context, *Reader) (desk.Change, error)) (desk.Change, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var owed []desk.Hint
	for try := 0; ; try++ {
		r := s.Reader()
		ch, err := decide(ctx, r)
		if err != nil {
			return desk.Change{}, err
		}
		if len(ch.Save)+len(ch.Drop) == 0 {
			ch.Hints = append(ch.Hints, owed...)
			return ch, nil
		}
		begun := time.Now()
		if err = r.Save(ctx, ch); err == nil {
			return ch, nil
		}
		if !Lost(err) {
			return desk.Change{}, err
		}
		for _, h := range ch.Hints {
			if !slices.Contains(owed, h) {
				owed = append(owed, h)
			}
		}
		if err := pause(ctx, try, time.Since(begun)); err != nil {
			return desk.Change{}, fault.New(fault.Unavailable, "busy", "too many changes at once; try again")
		}
	}
}

// pause waits a random time that doubles with each try up to a few commits' worth.
func pause(ctx context.Context, try int, commit time.Duration) error {
	limit := min(time.Millisecond<<min(try, 10), 4*max(commit, 2*time.Millisecond))
	t := time.NewTimer(rand.N(limit))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
