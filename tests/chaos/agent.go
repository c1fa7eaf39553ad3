package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

// mood is what agents are out for.
type mood int

const (
	busy    mood = iota // everything that people do
	steady              // takes what rings and is back at once, and else does nothing
	winding             // finishes what there is
)

// agent is somebody at a desktop, who does one thing a tick. Everything he decides is decided by his own dice.
type agent struct {
	ID   string
	w    *world
	desk *desktop.Desktop
	dice *rand.Rand

	busy    atomic.Bool // he is at something
	mood    mood        // changes while nobody acts
	gone    int         // ticks for which his desktop has vanished
	asked   *request    // what has no answer yet
	renewed time.Time
	chose   map[string]bool // what he does about an offer, by its ID: true is to let it ring
	said    map[string]int  // how much he has said, by interaction
	leaves  map[string]bool // what he leaves to the clock: a conversation whose customer is silent, or its wrap-up
	looked  map[string]int  // how often he has looked at what he leaves
	had     []string        // what he has wrapped up
	teams   []string
	leads   bool // he is a supervisor
}

// request is something a desktop asks for until it has an answer: the same again, with the same key, as long as it is told nothing or
// that trying again may help.
type request struct {
	what     string
	ask      func(ctx context.Context) error
	answered func(err error) // with nil, or the refusal
	tries    int
}

// triesMax is how often a request without an answer is repeated before that is a violation by itself.
const triesMax = 60

// giveUp is how likely somebody closes his browser on a request that has no answer.
const giveUp = .03

func newAgent(w *world, n int) *agent {
	a := &agent{ID: agentID(n), w: w, teams: teamsOf(n), leads: supervises(n), dice: rand.New(rand.NewPCG(w.opt.seed, uint64(1000+n))),
		chose: map[string]bool{}, said: map[string]int{}, leaves: map[string]bool{}, looked: map[string]int{}}
	a.desk = desktop.New(w.suite.URL, w.token(email(a.ID)))
	a.desk.HTTP, a.desk.Session = w.client, a.key()
	return a
}

// key is an ID from the dice.
func (a *agent) key() string { return fmt.Sprintf("%016x%016x", a.dice.Uint64(), a.dice.Uint64()) }

func (a *agent) chance(p float64) bool { return a.dice.Float64() < p }

// acts is what the agent does in a tick.
func (a *agent) acts(ctx context.Context) {
	if a.gone > 0 && a.mood == busy {
		a.gone--
		return
	}
	if a.asked != nil {
		a.repeats(ctx)
		return
	}
	if now := a.w.suite.Clock.Now(); now.Sub(a.renewed) >= desk.LeaseEvery {
		if _, err := a.desk.Renew(ctx); err == nil {
			a.renewed = now
		}
	}
	snap, err := a.desk.Snapshot(ctx)
	if err != nil {
		a.w.unexpected(a, "look at the desktop", err)
		return
	}
	a.decides(ctx, snap)
}

// asks begins a request.
func (a *agent) asks(ctx context.Context, what string, ask func(context.Context) error, answered func(error)) {
	a.asked = &request{what: what, ask: ask, answered: answered}
	a.repeats(ctx)
}

func (a *agent) repeats(ctx context.Context) {
	r := a.asked
	r.tries++
	err := a.asksFor(ctx, r)
	switch {
	case err == nil || refused(err):
		a.w.unexpected(a, r.what, err)
		a.asked = nil
		if r.answered != nil {
			r.answered(err)
		}
	case r.tries >= triesMax:
		a.w.violated(violation{Agent: a.ID, What: fmt.Sprintf("%q has no answer after %d tries: %v", r.what, r.tries, err)})
		a.asked = nil
	case a.mood == busy && a.chance(giveUp):
		a.asked = nil
	}
}

// twice is how likely somebody clicks twice, or a proxy sends a request twice, at the same time.
const twice = .08

// asksFor sends a request, and says what its answer is; of two answers, a yes, or else a no.
func (a *agent) asksFor(ctx context.Context, r *request) error {
	if !a.chance(twice) {
		return r.ask(ctx)
	}
	var other error
	var both sync.WaitGroup
	both.Go(func() { other = r.ask(ctx) })
	err := r.ask(ctx)
	both.Wait()
	if other == nil || err != nil && refused(other) {
		return other
	}
	return err
}

// refused says that a request has its answer, and that is no.
func refused(err error) bool {
	var no *desktop.Refused
	return errors.As(err, &no) && no.Status < 500 && no.Status != http.StatusTooManyRequests && no.Status != http.StatusTooEarly
}

func (a *agent) decides(ctx context.Context, snap api.Snapshot) {
	me := snap.Agent
	switch {
	case me.State == api.AgentStateOffline:
		if a.mood != busy || a.chance(.3) {
			a.signsIn(ctx)
		}
	case me.State != api.AgentStateAvailable && (a.mood != busy || a.chance(.4)):
		a.becomes(ctx, api.StateChange{State: api.ChosenStateAvailable, Version: me.Version})
	case snap.Offer.ID != "":
		a.answers(ctx, snap.Offer)
	case a.mood == busy && a.goes(ctx, me):
	case a.mood == busy && a.leads && a.chance(.4):
		a.supervises(ctx)
	case a.mood == busy && a.chance(.04):
		a.starts(ctx)
	case a.mood == busy && len(a.had) > 0 && a.chance(.05):
		a.takesUp(ctx, a.had[a.dice.IntN(len(a.had))])
	case a.mood != steady && len(snap.Interactions) > 0:
		a.works(ctx, snap.Interactions[a.dice.IntN(len(snap.Interactions))])
	}
}

func (a *agent) signsIn(ctx context.Context) {
	a.asks(ctx, "sign in", func(ctx context.Context) error {
		_, err := a.desk.SignIn(ctx, api.ChosenStateAvailable)
		return err
	}, func(err error) {
		if err != nil { // the session signed out, though its desktop was not told
			a.desk.Session = a.key()
			return
		}
		a.renewed = a.w.suite.Clock.Now()
	})
}

// signsOut ends the session. Once that is answered, the next one is another.
func (a *agent) signsOut(ctx context.Context, handOver bool) {
	q := url.Values{"session": {a.desk.Session}, "handOver": {strconv.FormatBool(handOver)}}
	a.asks(ctx, "sign out", func(ctx context.Context) error {
		return a.desk.Call(ctx, http.MethodDelete, "/v1/agents/me/session?"+q.Encode(), "", nil, nil)
	}, func(err error) {
		if err == nil {
			a.desk.Session = a.key()
		}
	})
}

func (a *agent) becomes(ctx context.Context, change api.StateChange) {
	key := a.key()
	a.asks(ctx, "be "+string(change.State), func(ctx context.Context) error {
		_, err := a.desk.Set(ctx, key, change)
		return err
	}, nil)
}

// answers decides once about an offer.
func (a *agent) answers(ctx context.Context, o api.Offer) {
	rings, decided := a.chose[o.ID]
	if !decided {
		rings = a.mood == busy && a.chance(.1)
		a.chose[o.ID] = rings
	}
	switch {
	case rings && a.mood == busy:
	case a.mood == busy && a.chance(.08):
		a.asks(ctx, "decline", func(ctx context.Context) error { _, err := a.desk.Decline(ctx, o.ID); return err }, nil)
	default:
		a.asks(ctx, "accept", func(ctx context.Context) error { _, err := a.desk.Accept(ctx, o.ID); return err }, nil)
	}
}

// goes has him go for a break, sign out or vanish, now and then.
func (a *agent) goes(ctx context.Context, me api.Agent) bool {
	switch p := a.dice.Float64(); {
	case p < .01:
		reason := idleReasons[a.dice.IntN(len(idleReasons))]
		a.becomes(ctx, api.StateChange{State: api.ChosenStateIdle, Reason: reason, Version: me.Version})
	case p < .016:
		a.signsOut(ctx, a.chance(.7))
	case p < .020:
		a.moves(ctx)
	case p < .025:
		a.gone = 10 + a.dice.IntN(100)
	default:
		return false
	}
	return true
}

// works goes on with a conversation.
func (a *agent) works(ctx context.Context, i api.Interaction) {
	switch {
	case i.Owner.ID == a.ID && a.leavesTo(i.ID):
		if i.Unread > 0 || a.said[i.ID] == 0 {
			a.says(ctx, i)
		}
	case i.Owner.ID == a.ID && a.mood == busy && a.chance(.2):
		a.confers(ctx, i)
	case i.Owner.ID == a.ID && a.mood == busy && a.chance(.15):
		a.transfers(ctx, i)
	case i.Guest.ID == a.ID && (a.mood == winding || a.chance(.3)):
		a.tries(ctx, "exit", i.ID, a.desk.Exit)
	case i.Guest.ID == a.ID:
		a.says(ctx, i)
	case i.Owner.ID == a.ID:
		if a.mood == winding || a.said[i.ID] > 0 && a.chance(.4) {
			key := a.key()
			a.asks(ctx, "end", func(ctx context.Context) error { _, err := a.desk.End(ctx, i.ID, key); return err }, nil)
			return
		}
		if a.mood == busy && a.chance(.15) {
			a.belongs(ctx, i)
			return
		}
		a.says(ctx, i)
	default:
		a.wrapsUp(ctx, i)
	}
}

// transfers gives a conversation to one of those who can have it now, if there are any.
func (a *agent) transfers(ctx context.Context, i api.Interaction) {
	list, err := a.desk.Targets(ctx, i.ID, nil)
	if err != nil {
		a.w.unexpected(a, "look for targets", err)
		return
	}
	var targets []api.TransferWish
	for _, q := range list.Queues {
		targets = append(targets, api.TransferWish{Queue: q.ID})
	}
	for _, g := range list.Agents {
		targets = append(targets, api.TransferWish{Agent: g.ID})
	}
	if len(targets) == 0 {
		return
	}
	wish, key := targets[a.dice.IntN(len(targets))], a.key()
	wish.Note = "look"
	if a.chance(.5) {
		wish.Reason = "done"
	}
	a.asks(ctx, "transfer", func(ctx context.Context) error { _, err := a.desk.Transfer(ctx, i.ID, key, wish); return err }, nil)
}

func (a *agent) says(ctx context.Context, i api.Interaction) {
	a.said[i.ID]++
	template := i.Window.State == api.WindowStateClosed || i.Channel == whatsApp && a.chance(.05)
	r := a.w.says(a.ID, i.ID, a.key(), template)
	a.asks(ctx, "send", func(ctx context.Context) (err error) {
		var m api.Message
		if template {
			m, err = a.desk.SendTemplate(ctx, i.ID, r.Key, api.TemplateUse{ID: "news", Values: []string{r.Key}})
		} else {
			m, err = a.desk.Send(ctx, i.ID, r.Key, r.Text)
		}
		if err == nil {
			r.tell(m.ID)
		}
		return err
	}, r.answered)
}

// answered notes whether the message was taken.
func (r *reply) answered(err error) {
	r.Fate = accepted
	if err != nil {
		r.Fate = rejected
	}
}
