package graph

import (
	"context"
	"net/http"
)

// taken is a message that was accepted: what to answer, and the callbacks it brings.
type taken struct {
	answer   any
	announce func() // posts them one after the other
}

// take answers a call with a message that may be taken, unless the fault has it
// otherwise. refusal is the answer of a FaultError; accept records the message.
func (s *Server) take(w http.ResponseWriter, r *http.Request, f Fault, refusal func(Fault) *apiError, accept func() taken) {
	switch f.Kind {
	case FaultError:
		s.refuseFaulty(w, f, refusal(f))
		return
	case FaultHangBefore, FaultDropBefore:
		s.leave(r, f)
	}
	t := accept()
	switch f.Kind {
	case FaultHangAfter, FaultDropAfter:
		s.tasks.start(t.announce)
		s.leave(r, f)
	case FaultStatusesFirst:
		t.announce()
		t.announce = func() {}
	}
	s.count(func(c *Requests) { c.Accepted++ })
	answered := make(chan struct{})
	defer close(answered)
	s.tasks.start(func() { // before the answer, so that Settle knows of it
		<-answered
		t.announce()
	})
	answer(w, http.StatusOK, t.answer)
}

// refuse counts and answers a call that is not granted.
func (s *Server) refuse(w http.ResponseWriter, e *apiError) {
	s.count(func(c *Requests) { c.Refused++ })
	refuse(w, e)
}

func (s *Server) refuseFaulty(w http.ResponseWriter, f Fault, e *apiError) {
	if f.Body == "" {
		s.refuse(w, e)
		return
	}
	s.count(func(c *Requests) { c.Refused++ })
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(e.status)
	_, _ = w.Write([]byte(f.Body)) // a caller that hung up needs no answer
}

// leave ends a call without an answer; it does not return.
func (s *Server) leave(r *http.Request, f Fault) {
	s.count(func(c *Requests) { c.Unanswered++ })
	if f.Kind == FaultHangBefore || f.Kind == FaultHangAfter {
		s.hang(r.Context())
	}
	drop()
}

// hang never answers: it ends when the caller gives up or the server closes.
func (s *Server) hang(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-s.tasks.ctx.Done():
	}
	drop()
}

// drop cuts the connection without an answer.
func drop() { panic(http.ErrAbortHandler) }
