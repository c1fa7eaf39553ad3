package traffic

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/shared/api"
)

// talk is one conversation.
type talk struct {
	day  *day
	key  string // begins everything that is said in it
	page bool   // by Messenger

	heard chan heard
	over  chan struct{} // closed when nobody reads heard any more

	by *desktop.Desktop // who has it
	id string           // of the interaction
}

// talk prepares the conversation of a customer who has not written before.
func (d *day) talk(key string, page bool) *talk {
	t := &talk{day: d, key: key, page: page, heard: make(chan heard, 16), over: make(chan struct{})}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.byKey[key] = t
	return t
}

// forget ends what is passed on to the conversation.
func (t *talk) forget() {
	close(t.over)
	t.day.mu.Lock()
	defer t.day.mu.Unlock()
	delete(t.day.byKey, t.key)
	delete(t.day.byInteraction, t.id)
}

// live has the conversation, which was planned for the time.
func (t *talk) live(planned time.Time) error {
	ctx, cancel := context.WithTimeout(t.day.ctx, t.day.options.Patience)
	defer cancel()
	defer t.forget()
	if t.day.options.Alone {
		return t.writes(planned, 0)
	}
	if err := t.begins(ctx, planned); err != nil {
		return err
	}
	for n := range t.day.options.Messages {
		if n > 0 {
			if err := t.asks(ctx, n); err != nil {
				return err
			}
		}
		if err := t.answers(ctx, n); err != nil {
			return err
		}
	}
	if err := t.ends(ctx); err != nil {
		return err
	}
	t.day.log.whole.add(time.Since(planned))
	return nil
}

// begins: the customer writes, and an agent is offered the conversation and accepts it.
func (t *talk) begins(ctx context.Context, planned time.Time) error {
	if err := t.writes(planned, 0); err != nil {
		return err
	}
	offer, err := t.await(ctx, "offer", func(h heard) bool {
		return h.event == "offer" && h.State == string(api.OfferStatePending)
	})
	if err != nil {
		return err
	}
	t.day.log.offer.add(offer.at.Sub(planned))
	t.by, t.id = offer.on, offer.Interaction
	if _, err := t.by.Accept(ctx, offer.ID); err != nil {
		return fmt.Errorf("accept: %w", err)
	}
	t.day.log.accept.add(time.Since(offer.at))
	if _, err := t.by.Transcript(ctx, t.id); err != nil {
		return fmt.Errorf("transcript: %w", err)
	}
	return nil
}

// asks: the customer writes again, and the agent sees it.
func (t *talk) asks(ctx context.Context, n int) error {
	if err := t.writes(time.Now(), n); err != nil {
		return err
	}
	_, err := t.await(ctx, "customer's message", func(h heard) bool { return h.event == "message" && h.Text == t.question(n) })
	return err
}

// answers: the agent writes, and sees that the customer has read it.
func (t *talk) answers(ctx context.Context, n int) error {
	t.day.log.sends(t.answer(n), time.Now())
	m, err := t.by.Send(ctx, t.id, desktop.Key(), t.answer(n))
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	_, err = t.await(ctx, "read receipt", func(h heard) bool {
		return h.event == "message" && h.ID == m.ID && h.State == string(api.MessageStateRead)
	})
	return err
}

// ends: the agent ends the conversation and wraps it up, and it leaves the desktop.
func (t *talk) ends(ctx context.Context) error {
	if _, err := t.by.End(ctx, t.id, desktop.Key()); err != nil {
		return fmt.Errorf("end: %w", err)
	}
	if _, err := t.by.WrapUpForm(ctx, t.id, ""); err != nil {
		return fmt.Errorf("wrap-up form: %w", err)
	}
	if _, err := t.by.WrapUp(ctx, t.id, desktop.Key(), api.WrapUpChoice{Reason: "question"}); err != nil {
		return fmt.Errorf("wrap-up: %w", err)
	}
	_, err := t.await(ctx, "end on the desktop", func(h heard) bool { return h.event == "left" })
	return err
}

func (t *talk) question(n int) string { return fmt.Sprintf("%s pregunta %d", t.key, n) }
func (t *talk) answer(n int) string   { return fmt.Sprintf("%s respuesta %d", t.key, n) }

// writes calls the webhook with the customer's message, which was planned for the time.
func (t *talk) writes(planned time.Time, n int) (err error) {
	var r graph.Receipt
	if t.page {
		var user *graph.User
		if user, err = t.day.page.User(t.day.address(t.key)); err == nil {
			r, err = user.Write(t.question(n))
		}
	} else {
		r, err = t.day.number.Receive(graph.Customer{Phone: t.day.address(t.key), Name: t.key}, graph.Inbound{Text: t.question(n)})
	}
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	if r.Status != 200 {
		return fmt.Errorf("webhook: %w", &desktop.Refused{Status: r.Status})
	}
	t.day.log.webhook.add(time.Since(planned))
	return nil
}

// errLost is what becomes of a conversation in which something does not come.
var errLost = errors.New("lost")

// await waits for an event that is as wanted.
func (t *talk) await(ctx context.Context, what string, wanted func(heard) bool) (heard, error) {
	for {
		select {
		case h := <-t.heard:
			if wanted(h) {
				return h, nil
			}
		case <-ctx.Done():
			return heard{}, fmt.Errorf("%w: no %s", errLost, what)
		}
	}
}
