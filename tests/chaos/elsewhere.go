package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
)

// idleReasons are those for which the centre has agents be idle.
var idleReasons = []string{"lunch", "training"}

// moves has him sign in at another desktop. The later one is his from then on, and the earlier is told.
func (a *agent) moves(ctx context.Context) {
	earlier, later := a.desk, desktop.New(a.desk.URL, a.desk.Token)
	later.HTTP, later.Session = a.desk.HTTP, a.key()
	a.asks(ctx, "sign in elsewhere", func(ctx context.Context) error {
		_, err := later.SignIn(ctx, api.ChosenStateAvailable)
		return err
	}, func(err error) {
		if err != nil {
			return
		}
		a.desk, a.renewed = later, a.w.suite.Clock.Now()
		a.asked = &request{what: "look at the earlier desktop", ask: func(ctx context.Context) error { return a.looksBack(ctx, earlier) }}
	})
}

// replaced are the codes that tell a desktop that it is not the agent's any more; the last is that of one whose agent has left since.
var replaced = []string{"session_replaced", "session_ended", "lease_lost"}

// errReplaced is that a feed ended as it ought to.
var errReplaced = errors.New("replaced")

// listens is how long an earlier desktop's feed is listened to: it breaks, or stays open, when its agent leaves the later one at once.
const listens = 3 * time.Second

// looksBack renews the presence of a desktop that was left for a later one, and listens there: it is refused, and is told
// why.
func (a *agent) looksBack(ctx context.Context, earlier *desktop.Desktop) error {
	_, err := earlier.Renew(ctx)
	var no *desktop.Refused
	switch {
	case err == nil:
		a.w.violated(violation{Agent: a.ID, What: fmt.Sprintf("%s signed in at %s, and %s is his desktop still", a.ID, a.desk.Session, earlier.Session)})
		return nil
	case !errors.As(err, &no) || !slices.Contains(replaced, no.Problem.Code):
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, listens)
	defer cancel()
	err = earlier.ListenHere(ctx, "", func(e desktop.Event) error {
		var end api.FeedEnd
		if e.Type == "end" && json.Unmarshal(e.Data, &end) == nil && end.Reason == api.FeedEndReasonSessionReplaced {
			return errReplaced
		}
		return nil
	})
	if errors.Is(err, errReplaced) {
		a.w.replaced.Add(1)
	}
	return nil
}
