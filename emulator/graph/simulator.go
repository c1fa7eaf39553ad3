package graph

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// simulatorRoutes adds the routes that belong to no channel. They refuse unknown
// fields: a fault with a misspelled field would silently never happen.
func (s *Server) simulatorRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /simulator/faults", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string][]Fault{"faults": s.Faults()})
	})
	mux.HandleFunc("POST /simulator/faults", func(w http.ResponseWriter, r *http.Request) {
		var f Fault
		if !decode(w, r, &f) {
			return
		}
		if err := s.AddFault(f); err != nil {
			complain(w, err)
			return
		}
		answer(w, http.StatusCreated, map[string][]Fault{"faults": s.Faults()})
	})
	mux.HandleFunc("DELETE /simulator/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
}

// decode reads a simulator request and answers for it if it cannot be read.
func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			return true
		}
		err = errors.New("more than one JSON value")
	}
	complain(w, err)
	return false
}

// complain answers a simulator request that failed.
func complain(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	switch {
	case errors.Is(err, ErrUnknownNumber), errors.Is(err, ErrUnknownPage), errors.Is(err, ErrUnknownAccount),
		errors.Is(err, ErrUnknownMessage):
		status = http.StatusNotFound
	case errors.Is(err, ErrNoWebhook), errors.Is(err, ErrClosed):
		status = http.StatusConflict
	}
	answer(w, status, map[string]string{"error": err.Error()})
}

// changeStatuses answers a request for another mode of statuses.
func changeStatuses(w http.ResponseWriter, r *http.Request, set func(Statuses) error, present func() Statuses) {
	var request struct {
		Mode Statuses `json:"mode"`
	}
	if !decode(w, r, &request) {
		return
	}
	if err := set(request.Mode); err != nil {
		complain(w, err)
		return
	}
	answer(w, http.StatusOK, map[string]Statuses{"mode": present()})
}

// outcome tells what the webhook answered. A call that got no answer has an ID all
// the same: it is retried.
func outcome(w http.ResponseWriter, receipt Receipt, err error) {
	if err != nil && receipt.ID == "" {
		complain(w, err)
		return
	}
	body := map[string]any{"id": receipt.ID, "status": receipt.Status}
	status := http.StatusOK
	if err != nil {
		status = http.StatusBadGateway
		body["error"] = err.Error()
	}
	answer(w, status, body)
}
