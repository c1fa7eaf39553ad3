package graph

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// node is an object with a messages edge. It owns the answer to a call that
// carries a valid token for it.
type node interface {
	token() string
	// me says whether the token is the object's own, so that the path may call it "me".
	me() bool
	// plays says whether a fault of this kind can happen to the object's messages.
	plays(kind FaultKind) bool
	messages(w http.ResponseWriter, r *http.Request, body []byte)
}

// AddNumber adds a business phone number. It fails without ID or token, and for an
// ID that is taken or does not fit into a URL path.
func (s *Server) AddNumber(o NumberOptions) (*Number, error) {
	if err := checkNode(o.ID, o.Token, o.Statuses); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := newNumber(s, o)
	if err := s.addNode(o.ID, n); err != nil {
		return nil, err
	}
	s.numbers = append(s.numbers, n)
	return n, nil
}

// AddPage adds a page. It fails as AddNumber does, and for a token that another page
// has: each page has its own.
func (s *Server) AddPage(o PageOptions) (*Page, error) {
	if err := checkNode(o.ID, o.Token, o.Statuses); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.pages {
		if p.o.Token == o.Token {
			return nil, fmt.Errorf("graph: page %s has the token of page %s", o.ID, p.o.ID)
		}
	}
	p := newPage(s, o)
	if err := s.addNode(o.ID, p); err != nil {
		return nil, err
	}
	s.pages = append(s.pages, p)
	return p, nil
}

func checkNode(id, token string, statuses Statuses) error {
	if id == "" || id == selfID || url.PathEscape(id) != id {
		return fmt.Errorf("graph: bad ID %q of a number or page", id)
	}
	if token == "" {
		return fmt.Errorf("graph: %s has no token", id)
	}
	return statuses.check()
}

// addNode enters a node under its ID, while the caller holds the lock.
func (s *Server) addNode(id string, n node) error {
	if _, taken := s.nodes[id]; taken {
		return fmt.Errorf("graph: ID %s is taken", id)
	}
	s.nodes[id] = n
	return nil
}

// Number returns the number with this phone number ID, or ErrUnknownNumber.
func (s *Server) Number(id string) (*Number, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, ok := s.nodes[id].(*Number); ok {
		return n, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknownNumber, id)
}

// Page returns the page with this ID, or ErrUnknownPage.
func (s *Server) Page(id string) (*Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.nodes[id].(*Page); ok {
		return p, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknownPage, id)
}

// Numbers returns all numbers in the order they were added.
func (s *Server) Numbers() []*Number {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.numbers)
}

// Pages returns all pages in the order they were added.
func (s *Server) Pages() []*Page {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.pages)
}

// Sent returns the messages this number's customers were sent, in the order they
// were accepted, and nothing for an unknown number.
func (s *Server) Sent(number string) []Message {
	n, err := s.Number(number)
	if err != nil {
		return nil
	}
	return n.Sent()
}
