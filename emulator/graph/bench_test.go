package graph_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/deskline/deskline/emulator/graph"
)

// BenchmarkSend measures an accepted message without callbacks, handler alone.
func BenchmarkSend(b *testing.B) {
	s, err := graph.New(graph.Options{Numbers: []graph.NumberOptions{{ID: phoneID, Token: token, Statuses: graph.StatusesManual}}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/v25.0/"+phoneID+"/messages", strings.NewReader(hello))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
}

// BenchmarkReceive measures a customer's message up to the webhook's answer.
func BenchmarkReceive(b *testing.B) {
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer hook.Close()
	s, err := graph.New(graph.Options{WebhookURL: hook.URL, AppSecret: secret, Numbers: []graph.NumberOptions{{ID: phoneID, Token: token}}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	n, err := s.Number(phoneID)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if receipt, err := n.Receive(customer, graph.Inbound{Text: "hola"}); err != nil || receipt.Status != http.StatusOK {
			b.Fatal(receipt, err)
		}
	}
}
