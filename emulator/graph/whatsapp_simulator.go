package graph

import (
	"encoding/json"
	"net/http"
)

// whatsappRoutes adds the simulator's WhatsApp routes.
func (s *Server) whatsappRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /simulator/whatsapp", s.listNumbers)
	mux.HandleFunc("POST /simulator/whatsapp/{number}/receive", s.onNumber(receiveOverHTTP))
	mux.HandleFunc("GET /simulator/whatsapp/{number}/sent", s.onNumber(sentOverHTTP))
	mux.HandleFunc("POST /simulator/whatsapp/{number}/status", s.onNumber(reportOverHTTP))
	mux.HandleFunc("PUT /simulator/whatsapp/{number}/templates", s.onNumber(templatesOverHTTP))
	mux.HandleFunc("PUT /simulator/whatsapp/{number}/statuses", s.onNumber(func(n *Number, w http.ResponseWriter, r *http.Request) {
		changeStatuses(w, r, n.SetStatuses, func() Statuses { return n.Options().Statuses })
	}))
}

func (s *Server) onNumber(handle func(*Number, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, err := s.Number(r.PathValue("number"))
		if err != nil {
			complain(w, err)
			return
		}
		handle(n, w, r)
	}
}

// listNumbers leaves the tokens out.
func (s *Server) listNumbers(w http.ResponseWriter, _ *http.Request) {
	type number struct {
		ID       string   `json:"id"`
		Display  string   `json:"display"`
		WABA     string   `json:"waba"`
		Statuses Statuses `json:"statuses"`
	}
	numbers := []number{}
	for _, n := range s.Numbers() {
		o := n.Options()
		numbers = append(numbers, number{o.ID, o.Display, o.WABA, o.Statuses})
	}
	answer(w, http.StatusOK, map[string][]number{"numbers": numbers})
}

func receiveOverHTTP(n *Number, w http.ResponseWriter, r *http.Request) {
	var request struct {
		From     string          `json:"from"`
		UserID   string          `json:"user_id"`
		Name     string          `json:"name"`
		Username string          `json:"username"`
		Text     string          `json:"text"`
		ReplyTo  string          `json:"reply_to"`
		Message  json.RawMessage `json:"message"` // a whole element of messages[] instead of text
	}
	if !decode(w, r, &request) {
		return
	}
	receipt, err := n.Receive(
		Customer{Phone: request.From, UserID: request.UserID, Name: request.Name, Username: request.Username},
		Inbound{Text: request.Text, ReplyTo: request.ReplyTo, Raw: request.Message},
	)
	outcome(w, receipt, err)
}

func sentOverHTTP(n *Number, w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"messages": n.Sent(), "marks": n.Marks()})
}

func reportOverHTTP(n *Number, w http.ResponseWriter, r *http.Request) {
	var request struct {
		ID     string `json:"id"`
		Status string `json:"status"`
		Code   int    `json:"code"` // of a failed one; 0: 131026
	}
	if !decode(w, r, &request) {
		return
	}
	if request.Status != statusFailed {
		receipt, err := n.Report(request.ID, request.Status)
		outcome(w, receipt, err)
		return
	}
	if request.Code == 0 {
		request.Code = codeUndeliverable
	}
	receipt, err := n.Fail(request.ID, request.Code)
	outcome(w, receipt, err)
}
