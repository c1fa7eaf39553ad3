package graph

import (
	"encoding/json"
	"net/http"
)

// messengerRoutes adds the simulator's Messenger routes.
func (s *Server) messengerRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /simulator/messenger", s.listPages)
	mux.HandleFunc("POST /simulator/messenger/{page}/receive", s.onPage(eventOverHTTP))
	mux.HandleFunc("GET /simulator/messenger/{page}/sent", s.onPage(pageSentOverHTTP))
	mux.HandleFunc("POST /simulator/messenger/{page}/status", s.onPage(pageReportOverHTTP))
	mux.HandleFunc("PUT /simulator/messenger/{page}/statuses", s.onPage(func(p *Page, w http.ResponseWriter, r *http.Request) {
		changeStatuses(w, r, p.SetStatuses, func() Statuses { return p.Options().Statuses })
	}))
}

func (s *Server) onPage(handle func(*Page, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, err := s.Page(r.PathValue("page"))
		if err != nil {
			complain(w, err)
			return
		}
		handle(p, w, r)
	}
}

// listPages leaves the tokens out.
func (s *Server) listPages(w http.ResponseWriter, _ *http.Request) {
	type page struct {
		ID       string   `json:"id"`
		Name     string   `json:"name"`
		Statuses Statuses `json:"statuses"`
	}
	pages := []page{}
	for _, p := range s.Pages() {
		o := p.Options()
		pages = append(pages, page{o.ID, o.Name, o.Statuses})
	}
	answer(w, http.StatusOK, map[string][]page{"pages": pages})
}

func eventOverHTTP(p *Page, w http.ResponseWriter, r *http.Request) {
	var request struct {
		From    string          `json:"from"`
		Text    string          `json:"text"`
		ReplyTo string          `json:"reply_to"`
		Event   json.RawMessage `json:"event"` // a whole element of messaging[] instead of text
	}
	if !decode(w, r, &request) {
		return
	}
	receipt, err := p.Receive(Event{From: request.From, Text: request.Text, ReplyTo: request.ReplyTo, Raw: request.Event})
	outcome(w, receipt, err)
}

func pageSentOverHTTP(p *Page, w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"messages": p.Sent(), "actions": p.Actions()})
}

func pageReportOverHTTP(p *Page, w http.ResponseWriter, r *http.Request) {
	var request struct {
		ID     string `json:"id"`
		Status string `json:"status"` // sent, delivered or read
	}
	if !decode(w, r, &request) {
		return
	}
	receipt, err := p.Report(request.ID, request.Status)
	outcome(w, receipt, err)
}
