package graph

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// maxAnswer is how much of a webhook's answer is kept for the receipt, in bytes.
const maxAnswer = 4 << 10

// Receipt says what the webhook answered to the first attempt of a call.
type Receipt struct {
	ID     string   // the message; the first one of a batch
	IDs    []string // all messages of the call, in order; none for Post
	Status int      // HTTP status; 0 if there was no answer
	Body   string   // the answer's first 4 KiB
}

// Callbacks counts calls to the webhook since the start.
type Callbacks struct {
	Posts  int // attempts, retries included
	Failed int // attempts not answered with 200
}

// webhook posts events to one subscriber, at least once each.
type webhook struct {
	client *http.Client
	own    bool // client is ours to tidy up
	tasks  *tasks

	pause, maxPause, answerWithin time.Duration

	mu                       sync.Mutex
	url, secret, verifyToken string
	made                     Callbacks
}

func newWebhook(o Options, t *tasks) *webhook {
	h := &webhook{
		tasks:        t,
		pause:        orElse(o.RetryPause, time.Second),
		maxPause:     orElse(o.RetryMax, time.Minute),
		answerWithin: orElse(o.AnswerWithin, 10*time.Second),
		url:          o.WebhookURL,
		secret:       o.AppSecret,
		verifyToken:  o.VerifyToken,
	}
	client := http.Client{}
	if o.Client != nil {
		client = *o.Client
	} else {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 256, 256
		client.Transport, h.own = transport, true
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	h.client = &client
	return h
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

func (h *webhook) setURL(url string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.url = url
}

func (h *webhook) setSecret(secret string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.secret = secret
}

func (h *webhook) target() (url, secret string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.url, h.secret
}

func (h *webhook) counts() Callbacks {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.made
}

func (h *webhook) close() {
	if h.own {
		h.client.CloseIdleConnections()
	}
}

// ready says whether there is somebody to post to.
func (h *webhook) ready() error {
	if h.tasks.ctx.Err() != nil {
		return ErrClosed
	}
	if url, _ := h.target(); url == "" {
		return ErrNoWebhook
	}
	return nil
}

// deliver posts the body once and returns the outcome. Unless that was a 200 it goes
// on in the background, with growing pauses, until one is. Without a webhook there
// is nobody to try again for.
func (h *webhook) deliver(body []byte) (Receipt, error) {
	receipt, err := h.signed(body)
	switch {
	case receipt.Status == http.StatusOK || errors.Is(err, ErrNoWebhook):
		return receipt, err
	case h.tasks.ctx.Err() != nil:
		return Receipt{}, ErrClosed
	}
	h.tasks.start(func() { h.retry(body) })
	return receipt, err
}

func (h *webhook) retry(body []byte) {
	pause := h.pause
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-h.tasks.ctx.Done():
			return
		case <-timer.C:
		}
		receipt, _ := h.signed(body) // any failure is one more reason to try again
		if receipt.Status == http.StatusOK {
			return
		}
		pause = min(2*pause, h.maxPause)
		timer.Reset(pause)
	}
}

// signed posts the body once under the current secret.
func (h *webhook) signed(body []byte) (Receipt, error) {
	_, secret := h.target()
	return h.post(h.tasks.ctx, body, Sign(secret, body))
}

// post makes one attempt. An empty signature sends no signature header.
func (h *webhook) post(ctx context.Context, body []byte, signature string) (Receipt, error) {
	url, _ := h.target()
	if url == "" {
		return Receipt{}, ErrNoWebhook
	}
	ctx, cancel := context.WithTimeout(ctx, h.answerWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return Receipt{}, fmt.Errorf("graph: webhook request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "*/*")
	request.Header.Set("User-Agent", "facebookexternalua")
	if signature != "" {
		request.Header.Set(signatureHeader, signature)
	}
	receipt, err := h.answer(request)
	h.mu.Lock()
	h.made.Posts++
	if receipt.Status != http.StatusOK {
		h.made.Failed++
	}
	h.mu.Unlock()
	return receipt, err
}

func (h *webhook) answer(request *http.Request) (Receipt, error) {
	response, err := h.client.Do(request)
	if err != nil {
		return Receipt{}, fmt.Errorf("graph: call webhook: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return Receipt{}, fmt.Errorf("graph: read webhook answer: %w", err)
	}
	return Receipt{Status: response.StatusCode, Body: string(body)}, nil
}
