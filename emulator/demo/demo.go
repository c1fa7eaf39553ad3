// Package demo plays the life of a conversation on a running suite and tells it as a timeline: a customer writes, one
// agent misses the offer, another takes it, answers and wraps it up.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
)

// patience is how long the story waits for what must happen next.
const patience = 15 * time.Second

// Play tells the story on out. An error says what did not happen.
func Play(ctx context.Context, s *suite.Suite, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	st := &story{ctx: ctx, s: s, out: out}
	for _, chapter := range []func() error{st.opens, st.writes, st.misses, st.answers, st.ends, st.returns} {
		if err := st.stay(); err != nil {
			return err
		}
		if err := chapter(); err != nil {
			return err
		}
	}
	return nil
}

// story is what the chapters share.
type story struct {
	ctx   context.Context
	s     *suite.Suite
	out   io.Writer
	began time.Time // the customer's first message

	ana, bob    *person
	lea         graph.Customer
	interaction string
	offer       api.Offer
}

// person is an agent at a desktop with its feed.
type person struct {
	*desktop.Desktop
	name  string
	heard chan desktop.Event
}

func (st *story) tell(who, format string, args ...any) {
	at := "         "
	if !st.began.IsZero() {
		at = fmt.Sprintf("%7.3f s", st.s.Clock.Now().Sub(st.began).Seconds())
	}
	fmt.Fprintf(st.out, "%s  %-9s %s\n", at, who, fmt.Sprintf(format, args...))
}

func (st *story) desktop(email string) *desktop.Desktop {
	return desktop.New(st.s.URL, func() (string, error) { return st.s.Identity.Token(email, suite.Audience, time.Hour) })
}

// stay renews the leases of those who have a desktop, as their desktops do every ten seconds.
func (st *story) stay() error {
	for _, p := range []*person{st.ana, st.bob} {
		if p == nil {
			continue
		}
		if _, err := p.Renew(st.ctx); err != nil {
			return fmt.Errorf("%s's desktop renews: %w", p.name, err)
		}
	}
	return nil
}

// opens imports the example centre and has Ana and Bob sign in, Ana first.
func (st *story) opens() error {
	if _, err := st.desktop(suite.Admin).Import(st.ctx, centre.Example, false); err != nil {
		return fmt.Errorf("import the example centre: %w", err)
	}
	st.tell("Ada", "imports the example centre")
	var err error
	if st.ana, err = st.arrives("Ana", "ana@acme.example"); err != nil {
		return err
	}
	st.bob, err = st.arrives("Bob", "bob@acme.example")
	return err
}

// arrives signs an agent in and opens the feed.
func (st *story) arrives(name, email string) (*person, error) {
	p := &person{Desktop: st.desktop(email), name: name, heard: make(chan desktop.Event, 256)}
	if _, err := p.SignIn(st.ctx, api.ChosenStateAvailable); err != nil {
		return nil, fmt.Errorf("%s signs in: %w", name, err)
	}
	go func() {
		defer close(p.heard)
		_ = p.Listen(st.ctx, "", func(e desktop.Event) error { // its end closes the channel, which await reports
			select {
			case p.heard <- e:
				return nil
			case <-st.ctx.Done():
				return st.ctx.Err()
			}
		})
	}()
	st.tell(name, "signs in and is available")
	_, err := await(st, p, "snapshot", func(api.Snapshot) bool { return true })
	return p, err
}

// await reads a person's feed up to the first event of the type that is as wanted.
func await[T any](st *story, p *person, event string, wanted func(T) bool) (T, error) {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case e, ok := <-p.heard:
			var got T
			switch {
			case !ok:
				return got, fmt.Errorf("%s's feed ended before the %s came", p.name, event)
			case e.Type != event:
			case json.Unmarshal(e.Data, &got) == nil && wanted(got):
				return got, nil
			}
		case <-late.C:
			var none T
			return none, fmt.Errorf("%s waited %s in vain for the %s", p.name, patience, event)
		}
	}
}

func rings(o api.Offer) bool { return o.State == api.OfferStatePending }

// customerWrites posts a signed webhook, as Meta does.
func (st *story) customerWrites(who graph.Customer, text string) error {
	n, err := st.s.Graph.Number(suite.PhoneNumber)
	if err != nil {
		return err
	}
	if st.began.IsZero() {
		st.began = st.s.Clock.Now()
	}
	st.tell(who.Name, "writes %q", text)
	r, err := n.Receive(who, graph.Inbound{Text: text})
	if err != nil {
		return err
	}
	if r.Status != 200 {
		return fmt.Errorf("the webhook answered %d: %s", r.Status, r.Body)
	}
	return nil
}

// writes: the customer's first message, and Ana's offer.
func (st *story) writes() (err error) {
	st.lea = graph.Customer{Phone: "34600000042", Name: "Lea Martín"}
	if err := st.customerWrites(st.lea, "Hola, ¿tenéis la talla 42? 👟"); err != nil {
		return err
	}
	if st.offer, err = await(st, st.ana, "offer", rings); err != nil {
		return err
	}
	st.interaction = st.offer.Interaction
	st.tell("Ana", "is offered the conversation: %s, %s, to %s, queue %s, until %s (%s)", st.offer.Customer.Name,
		st.offer.Customer.Phone, st.offer.Source, st.offer.Queue.Name, st.offer.Deadline.Format("15:04:05"), st.offer.Why)
	return nil
}

// misses: the deadline passes, and it is Bob's turn.
func (st *story) misses() (err error) {
	wait := st.offer.Deadline.Sub(st.s.Clock.Now())
	st.tell("clock", "is moved on by %.1f s: nobody answers", wait.Seconds())
	st.s.Clock.Advance(wait)
	if _, err := await(st, st.ana, "agent", func(a api.Agent) bool { return a.State == api.AgentStateRONA }); err != nil {
		return err
	}
	if err := st.stay(); err != nil {
		return err
	}
	st.tell("Ana", "is in RONA and gets no more offers")
	if st.offer, err = await(st, st.bob, "offer", rings); err != nil {
		return err
	}
	st.tell("Bob", "is offered the conversation (%s)", st.offer.Why)
	return nil
}

// answers: Bob accepts, reads and replies; the channel reports how far it came; the customer answers.
func (st *story) answers() error {
	if _, err := st.bob.Accept(st.ctx, st.offer.ID); err != nil {
		return fmt.Errorf("accept as Bob: %w", err)
	}
	st.tell("Bob", "accepts")
	transcript, err := st.bob.Transcript(st.ctx, st.interaction)
	if err != nil {
		return err
	}
	for _, m := range transcript.Items {
		st.tell("Bob", "reads [%s] %s", m.Author.Initials, m.Text)
	}
	reply, err := st.bob.Send(st.ctx, st.interaction, desktop.Key(), "¡Hola, Lea! Sí, la 42 está en la tienda.")
	if err != nil {
		return fmt.Errorf("reply as Bob: %w", err)
	}
	st.tell("Bob", "writes %q", reply.Text)
	shown := reply.State
	for shown != api.MessageStateRead {
		m, err := await(st, st.bob, "message", func(m api.Message) bool { return m.ID == reply.ID && m.State != shown })
		if err != nil {
			return err
		}
		shown = m.State
		st.tell("Bob", "sees it is %s", shown)
	}
	if err := st.received(reply.Text); err != nil {
		return err
	}
	if err := st.customerWrites(st.lea, "Perfecto, ¡gracias!"); err != nil {
		return err
	}
	m, err := await(st, st.bob, "message", func(m api.Message) bool { return m.Direction == api.DirectionInbound && m.Seq > reply.Seq })
	if err != nil {
		return err
	}
	st.tell("Bob", "sees [%s] %s", m.Author.Initials, m.Text)
	return nil
}

// received checks that the customer has the text exactly once.
func (st *story) received(text string) error {
	times := 0
	for _, m := range st.s.Graph.Sent(suite.PhoneNumber) {
		if strings.TrimPrefix(m.To, "+") == st.lea.Phone && m.Text == text {
			times++
		}
	}
	if times != 1 {
		return fmt.Errorf("the customer has the reply %d times", times)
	}
	st.tell(st.lea.Name, "has it, once")
	return nil
}

// ends: Bob ends the conversation and says why.
func (st *story) ends() error {
	if _, err := st.bob.End(st.ctx, st.interaction, desktop.Key()); err != nil {
		return fmt.Errorf("end as Bob: %w", err)
	}
	st.tell("Bob", "ends the conversation")
	form, err := st.bob.WrapUpForm(st.ctx, st.interaction, "")
	if err != nil {
		return err
	}
	n := slices.IndexFunc(form.Reasons, func(r api.Reason) bool { return len(r.SubReasons) > 0 })
	if n < 0 {
		return errors.New("no reason of the queue has sub-reasons")
	}
	reason, sub := form.Reasons[n], form.Reasons[n].SubReasons[0]
	closed, err := st.bob.WrapUp(st.ctx, st.interaction, desktop.Key(), api.WrapUpChoice{
		Reason: reason.ID, SubReason: sub.ID, Note: "Pasa por la tienda el sábado."})
	if err != nil {
		return fmt.Errorf("wrap up as Bob: %w", err)
	}
	st.tell("Bob", "wraps up: %s, %s", reason.Name, sub.Name)
	if closed.State != api.InteractionStateClosed {
		return fmt.Errorf("the conversation is %s, not closed", closed.State)
	}
	st.tell("history", "the conversation is closed (%s):", closed.CloseReason)
	for _, m := range closed.History {
		fmt.Fprintf(st.out, "%21s%2d  %s  %-10s %s\n", "", m.Seq, m.At.Format("15:04:05.000"), m.Event, m.By)
	}
	return nil
}

// returns: Bob takes a break, another customer writes, and Ana comes back for her.
func (st *story) returns() error {
	if _, err := st.bob.Set(st.ctx, desktop.Key(), api.StateChange{State: api.ChosenStateIdle, Reason: "break"}); err != nil {
		return fmt.Errorf("take a break as Bob: %w", err)
	}
	st.tell("Bob", "takes a break")
	if err := st.customerWrites(graph.Customer{Phone: "34600000043", Name: "Max"}, "¿Hacéis envíos?"); err != nil {
		return err
	}
	me, err := st.ana.Me(st.ctx)
	if err != nil {
		return err
	}
	st.tell("Ana", "says that she is available again")
	if _, err := st.ana.Set(st.ctx, desktop.Key(), api.StateChange{State: api.ChosenStateAvailable, Version: me.Version}); err != nil {
		return fmt.Errorf("come back as Ana: %w", err)
	}
	o, err := await(st, st.ana, "offer", func(o api.Offer) bool { return rings(o) && o.Interaction != st.interaction })
	if err != nil {
		return err
	}
	st.tell("Ana", "is offered the conversation with %s", o.Customer.Name)
	return nil
}
