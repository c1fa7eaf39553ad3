package traffic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
)

const (
	renewEvery = 10 * time.Second // how often a desktop renews its lease
	arriveFor  = 30 * time.Second // how long the feed may take to begin
	again      = time.Second      // until a feed that broke is opened again
)

// arrives signs an agent in and returns when the feed has begun. The desktop stays until the day ends.
func (d *day) arrives(ctx context.Context, email string) error {
	a := d.desktop(email)
	if err := known(ctx, a); err != nil {
		return fmt.Errorf("%s looks around: %w", email, err)
	}
	if _, err := a.SignIn(ctx, api.ChosenStateAvailable); err != nil {
		return fmt.Errorf("%s signs in: %w", email, err)
	}
	began := make(chan struct{}, 1)
	d.staff.Go(func() { d.listens(a, began) })
	d.staff.Go(func() {
		for wait(d.ctx, renewEvery) {
			if _, err := a.Renew(d.ctx); err != nil && d.ctx.Err() == nil {
				d.log.fails("renewal: " + code(err))
			}
		}
	})
	ctx, cancel := context.WithTimeout(ctx, arriveFor)
	defer cancel()
	select {
	case <-began:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s's feed does not begin: %w", email, ctx.Err())
	}
}

// known shows the agent's token to every function that agents call, so that none checks its signature for the first time
// when it counts: in a centre at work that happens once a day. He asks for what is not there.
func known(ctx context.Context, a *desktop.Desktop) error {
	for _, path := range []string{"/v1/offers/none", "/v1/interactions/none", "/v1/interactions/none/wrapup"} {
		err := a.Call(ctx, http.MethodGet, path, "", nil, nil)
		if r, ok := errors.AsType[*desktop.Refused](err); !ok || r.Status != http.StatusNotFound {
			return fmt.Errorf("%s is not missing: %v", path, err)
		}
	}
	return nil
}

// listens hears the agent's feed, and goes on where it was when the connection broke.
func (d *day) listens(a *desktop.Desktop, began chan<- struct{}) {
	last := ""
	for {
		err := a.Listen(d.ctx, last, func(e desktop.Event) error {
			if last == "" {
				began <- struct{}{}
			}
			last = e.ID
			return d.hears(a, e)
		})
		if d.ctx.Err() != nil {
			return
		}
		if err != nil {
			d.log.fails("feed: " + code(err))
		}
		if !wait(d.ctx, again) {
			return
		}
	}
}

// heard is what came for a conversation on the feed of the agent who has it, or is offered it.
type heard struct {
	on    *desktop.Desktop
	event string
	at    time.Time

	ID          string `json:"id"`
	Interaction string `json:"interaction"`
	State       string `json:"state"`
	Preview     string `json:"preview"`   // of an offer
	Direction   string `json:"direction"` // of a message
	Text        string `json:"text"`      // likewise
}

// hears passes an event on to the conversation it is about.
func (d *day) hears(a *desktop.Desktop, e desktop.Event) error {
	h := heard{on: a, event: e.Type, at: time.Now()}
	switch e.Type {
	case "offer", "message", "left":
		if err := json.Unmarshal(e.Data, &h); err != nil {
			return err
		}
	default:
		return nil
	}
	if t := d.about(h); t != nil {
		select {
		case t.heard <- h:
		case <-t.over:
		case <-d.ctx.Done():
		}
	}
	return nil
}

// about finds the conversation an event is about: an offer shows the beginning of what the customer wrote, which begins with
// the conversation's key.
func (d *day) about(h heard) *talk {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch h.event {
	case "offer":
		key, _, _ := strings.Cut(h.Preview, " ")
		t := d.byKey[key]
		if t != nil {
			d.byInteraction[h.Interaction] = t
		}
		return t
	case "left":
		return d.byInteraction[h.ID]
	default:
		return d.byInteraction[h.Interaction]
	}
}
