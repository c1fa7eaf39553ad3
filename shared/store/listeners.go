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

// spread is how many listeners a connection has before another one is opened.
const spread = 50

// listeners spreads listeners over connections of their own, opened as they are needed.
type listeners struct {
	open func() (*firestore.Client, error)
	most int // connections

	mu       sync.Mutex
	clients  []*firestore.Client
	held     []int // listeners on each
	reserved int   // places promised to streams
}

// Reserve promises a stream n places for listeners until it calls release. When there are not so many it is
// Unavailable (code feed_full): another instance may have room.
func (s *Store) Reserve(n int) (release func(), err error) {
	l := &s.listeners
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reserved+n > l.most*streamsMax {
		return nil, noRoom()
	}
	l.reserved += n
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.reserved -= n
	}, nil
}

// take finds the connection with the fewest listeners; done gives the place back. When all are full it is Unavailable.
func (l *listeners) take() (client *firestore.Client, done func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, err := l.emptiest()
	if err != nil {
		return nil, nil, err
	}
	l.held[n]++
	return l.clients[n], func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.held[n]--
	}, nil
}

// emptiest is the number of the connection the next listener goes to.
func (l *listeners) emptiest() (int, error) {
	least := -1
	for n, held := range l.held {
		if least < 0 || held < l.held[least] {
			least = n
		}
	}
	if least >= 0 && l.held[least] < spread {
		return least, nil
	}
	if len(l.clients) < l.most {
		client, err := l.open()
		if err != nil {
			return 0, err
		}
		l.clients, l.held = append(l.clients, client), append(l.held, 0)
		return len(l.clients) - 1, nil
	}
	if l.held[least] >= streamsMax {
		return 0, noRoom()
	}
	return least, nil
}

// close ends the connections.
func (l *listeners) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.clients {
		_ = c.Close() // nothing is under way that it could break
	}
	l.clients, l.held = nil, nil
}

func noRoom() error {
	return fault.New(fault.Unavailable, "feed_full", "this instance has no room for another stream; try again")
}
