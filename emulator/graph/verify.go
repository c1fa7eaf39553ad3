package graph

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// Verify subscribes to the webhook as Meta does when its URL is saved: a GET with
// hub.mode, hub.challenge and hub.verify_token, which must be answered with 200 and
// the challenge, byte for byte. Any other answer is the error.
// Source: developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint.
func (s *Server) Verify(ctx context.Context) error {
	return s.hook.verify(ctx, newChallenge())
}

func (h *webhook) verify(ctx context.Context, challenge string) error {
	h.mu.Lock()
	address, token := h.url, h.verifyToken
	h.mu.Unlock()
	if address == "" {
		return ErrNoWebhook
	}
	target, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("graph: webhook URL: %w", err)
	}
	query := target.Query()
	query.Set("hub.mode", "subscribe")
	query.Set("hub.challenge", challenge)
	query.Set("hub.verify_token", token)
	target.RawQuery = query.Encode()

	ctx, cancel := context.WithTimeout(ctx, h.answerWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return fmt.Errorf("graph: verification request: %w", err)
	}
	request.Header.Set("User-Agent", "facebookplatform/1.0")
	receipt, err := h.answer(request)
	switch {
	case err != nil:
		return err
	case receipt.Status != http.StatusOK:
		return fmt.Errorf("graph: webhook refused the verification with %d: %q", receipt.Status, receipt.Body)
	case receipt.Body != challenge:
		return fmt.Errorf("graph: webhook answered %q to the challenge %q", receipt.Body, challenge)
	}
	return nil
}
