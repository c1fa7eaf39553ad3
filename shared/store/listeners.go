package store

import (
	"sync"

	"cloud.google.com/go/firestore"

	"github.com/deskline/deskline/shared/fault"
)

// streamsMax is how many listeners one connection carries. The service allows 100 streams; one more would wait in the
// client without a word, and its desktop would hear nothing. Source:
// github.com/googleapis/google-cloud-java/issues/3514, read 2026-11-21.
const streamsMax = 100

// listeners spreads listeners over connections of their own.
type listeners struct {
	mu      sync.Mutex
	clients []*firestore.Client
	held    []int // listeners on each
}

// take finds the connection with the fewest listeners; done gives the place back. When all are full it is Unavailable.
func (l *listeners) take() (client *firestore.Client, done func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.free() == 0 {
		return nil, nil, noRoom()
	}
	least := 0
	for n, held := range l.held {
		if held < l.held[least] {
			least = n
		}
	}
	l.held[least]++
	return l.clients[least], func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.held[least]--
	}, nil
}

// free is how many more there can be.
func (l *listeners) free() int {
	n := streamsMax * len(l.held)
	for _, held := range l.held {
		n -= held
	}
	return n
}

func noRoom() error {
	return fault.New(fault.Unavailable, "feed_full", "this instance has no room for another stream; try again")
}

// Room is nil when there is room for n more listeners, and Unavailable (code feed_full) otherwise. It keeps no places.
func (s *Store) Room(n int) error {
	s.listeners.mu.Lock()
	defer s.listeners.mu.Unlock()
	if s.listeners.free() < n {
		return noRoom()
	}
	return nil
}

func (l *listeners) add(client *firestore.Client) {
	l.clients, l.held = append(l.clients, client), append(l.held, 0)
}
