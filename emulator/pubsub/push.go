package pubsub

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync/atomic"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

// delivery is one push request to make. It is a copy of what the subscription said when the message was taken.
type delivery struct {
	it       *item
	conf     *pubsubpb.Subscription
	attempt  int
	deadline time.Duration
}

// nextPush takes a message to push and counts the worker that will. The caller holds mu.
func (sub *subscription) nextPush() (delivery, bool) {
	if sub.brake.on || !sub.pushes() {
		return delivery{}, false
	}
	it := sub.take()
	if it == nil {
		return delivery{}, false
	}
	sub.workers++
	return delivery{it: it, conf: sub.conf, attempt: it.attempt, deadline: sub.ackDeadline()}, true
}

// work pushes messages one after the other until none is ready.
func (sub *subscription) work(d delivery) {
	defer sub.server.working.Done()
	for more := true; more; {
		ack := sub.deliver(d)
		d, more = sub.settle(d.it, ack)
	}
}

// settle brings a pushed message back and takes the next.
func (sub *subscription) settle(it *item, ack bool) (delivery, bool) {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	dead := false
	if ack {
		sub.accept(it)
		sub.brake.accepted()
		sub.overtake()
	} else {
		dead = sub.refuse(it)
		sub.pause()
	}
	if dead {
		sub.mu.Unlock()
		sub.bury(it)
		sub.mu.Lock()
	}
	sub.workers--
	d, more := sub.nextPush()
	sub.move()
	return d, more
}

// pause applies the push backoff after a refusal. The caller holds mu.
func (sub *subscription) pause() {
	step := sub.brake.refused()
	if step == 0 || sub.closed {
		return
	}
	sub.resume = time.AfterFunc(step, func() {
		sub.mu.Lock()
		defer sub.mu.Unlock()
		sub.brake.on = false
		sub.move()
	})
}

// pushOnce makes one push request and reports whether its answer acknowledges the message.
func (s *Server) pushOnce(d delivery, loseAck bool) (ack bool) {
	code, err := s.post(d)
	ack = acknowledges(code)
	if loseAck && ack {
		ack, err = false, errAckLost
	}
	s.pushed(d, code, ack, err)
	return ack
}

func (s *Server) pushed(d delivery, code int, ack bool, err error) {
	e := d.it.event(Pushed, d.it.topic, d.conf.GetName(), d.attempt)
	e.Status, e.Ack, e.Err = code, ack, err
	s.observe(e)
}

// acknowledges tells the answers that end a message from all others. Source: cloud.google.com/pubsub/docs/push, read
// 2026-11-21.
func acknowledges(code int) bool {
	switch code {
	case http.StatusProcessing, http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent:
		return true
	}
	return false
}

// post sends the push request and returns the answer's status; zero and an error when there was none in time. A 102 counts
// as the answer whatever follows it.
func (s *Server) post(d delivery) (int, error) {
	ctx, cancel := context.WithTimeout(s.ctx, d.deadline)
	defer cancel()
	var processing atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
			if code == http.StatusProcessing {
				processing.Store(true)
			}
			return nil
		},
	})
	req, err := s.request(ctx, d)
	if err != nil {
		return 0, err
	}
	resp, err := s.http.Do(req)
	if processing.Load() {
		if err == nil {
			drain(resp.Body)
		}
		return http.StatusProcessing, nil
	}
	if err != nil {
		return 0, fmt.Errorf("push to %s: %w", d.conf.GetName(), err)
	}
	drain(resp.Body)
	return resp.StatusCode, nil
}

// maxAnswer is how much of an answer's body is read to keep its connection usable.
const maxAnswer = 64 << 10

func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, maxAnswer)
	_ = body.Close()
}

func (s *Server) request(ctx context.Context, d delivery) (*http.Request, error) {
	body, err := json.Marshal(envelopeOf(d))
	if err != nil {
		return nil, fmt.Errorf("encode push body: %w", err)
	}
	push := d.conf.GetPushConfig()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, push.GetPushEndpoint(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("push to %s: %w", d.conf.GetName(), err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "CloudPubSub-Google")
	oidc := push.GetOidcToken()
	if oidc == nil {
		return req, nil
	}
	audience := oidc.GetAudience()
	if audience == "" {
		audience = push.GetPushEndpoint()
	}
	token, err := s.opts.Token(ctx, oidc.GetServiceAccountEmail(), audience)
	if err != nil {
		return nil, fmt.Errorf("token for %s: %w", d.conf.GetName(), err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return req, nil
}

// envelope is production's push body. Both spellings of ID and time are sent. Source: the example on
// cloud.google.com/pubsub/docs/push, read 2026-11-21.
type envelope struct {
	Message         envelopeMessage `json:"message"`
	Subscription    string          `json:"subscription"`
	DeliveryAttempt int             `json:"deliveryAttempt,omitempty"`
}

type envelopeMessage struct {
	Attributes   map[string]string `json:"attributes"`
	Data         []byte            `json:"data"`
	MessageID    string            `json:"messageId"`
	MessageID2   string            `json:"message_id"`
	OrderingKey  string            `json:"orderingKey,omitempty"`
	PublishTime  string            `json:"publishTime"`
	PublishTime2 string            `json:"publish_time"`
}

func envelopeOf(d delivery) envelope {
	m := d.it.msg
	e := envelope{
		Message: envelopeMessage{
			Attributes:  m.GetAttributes(),
			Data:        m.GetData(),
			MessageID:   m.GetMessageId(),
			MessageID2:  m.GetMessageId(),
			OrderingKey: m.GetOrderingKey(),
		},
		Subscription: d.conf.GetName(),
	}
	if e.Message.Attributes == nil {
		e.Message.Attributes = map[string]string{}
	}
	if e.Message.Data == nil {
		e.Message.Data = []byte{}
	}
	e.Message.PublishTime = publishTime(m.GetPublishTime().AsTime())
	e.Message.PublishTime2 = e.Message.PublishTime
	if d.conf.GetDeadLetterPolicy() != nil {
		e.DeliveryAttempt = d.attempt
	}
	return e
}

// publishTime writes a time as protobuf's JSON form does: milliseconds, and no fraction when there are none.
func publishTime(t time.Time) string {
	return strings.Replace(t.UTC().Format("2006-01-02T15:04:05.000Z"), ".000Z", "Z", 1)
}
