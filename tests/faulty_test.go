package tests

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/faults"
	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// B1: one kind of fault at a time, everywhere: on three of ten occasions, on one of ten where every step of everything is one, on seven of
// ten where a conversation has but a few. The conversation comes out right.
func TestAConversationSurvivesEachKindOfFault(t *testing.T) {
	t.Parallel()
	const mostly, often, seldom = .7, .3, .1
	short := faults.Delay{Rate: often, UpTo: faults.Duration(20 * time.Millisecond)}
	for name, plan := range map[string]faults.Plan{
		"a slow database":                     {Firestore: faults.Firestore{Latency: short}},
		"UNAVAILABLE":                         {Firestore: faults.Firestore{Before: faults.Failures{Unavailable: seldom}}},
		"ABORTED":                             {Firestore: faults.Firestore{Before: faults.Failures{Aborted: seldom}}},
		"DEADLINE_EXCEEDED":                   {Firestore: faults.Firestore{Before: faults.Failures{Deadline: seldom}}},
		"UNAVAILABLE after the commit":        {Firestore: faults.Firestore{After: faults.Failures{Unavailable: often}}},
		"ABORTED after the commit":            {Firestore: faults.Firestore{After: faults.Failures{Aborted: often}}},
		"DEADLINE_EXCEEDED after the commit":  {Firestore: faults.Firestore{After: faults.Failures{Deadline: often}}},
		"refused publishes":                   {PubSub: faults.PubSub{Refuse: often}},
		"publishes whose answer is lost":      {PubSub: faults.PubSub{LostAnswer: often}},
		"events that come twice":              {PubSub: faults.PubSub{Duplicate: often}},
		"lost acknowledgements":               {PubSub: faults.PubSub{LostAck: often}},
		"late events":                         {PubSub: faults.PubSub{Delay: short}},
		"events out of order":                 {PubSub: faults.PubSub{Reorder: short}},
		"refused timers":                      {Tasks: faults.Tasks{Refuse: mostly}},
		"timers whose answer is lost":         {Tasks: faults.Tasks{LostAnswer: mostly}},
		"timers that ring twice":              {Tasks: faults.Tasks{Duplicate: mostly}},
		"timers that ring again":              {Tasks: faults.Tasks{LostAck: mostly}},
		"late timers":                         {Tasks: faults.Tasks{Delay: faults.Delay{Rate: mostly, UpTo: short.UpTo}}},
		"a channel that fails":                {Channel: faults.Channel{ServerError: mostly}},
		"a channel that limits":               {Channel: faults.Channel{RateLimit: mostly}},
		"a channel that hangs, not taking":    {Channel: faults.Channel{HangBefore: mostly}},
		"a channel that hangs, having taken":  {Channel: faults.Channel{HangAfter: mostly}},
		"a channel that hangs up, not taking": {Channel: faults.Channel{DropBefore: mostly}},
		"a channel that hangs up, having taken": {
			Channel: faults.Channel{DropAfter: mostly}},
		"receipts before the answer":    {Channel: faults.Channel{StatusesFirst: mostly}},
		"death before a request":        {Kill: faults.Kill{Before: seldom}},
		"death after a request":         {Kill: faults.Kill{After: seldom}},
		"clocks that are ahead, behind": {Skew: skewed(2 * time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan.Seed = 1
			injected := faulty(t, plan)
			assert.True(t, len(injected) > 0 || plan.Skew != nil, "nothing went wrong, so that nothing is shown")
		})
	}
}

// skewed has each function's clock differ from that of its neighbours.
func skewed(by time.Duration) map[string]faults.Duration {
	skew := map[string]faults.Duration{}
	for n, f := range []string{"intake", "conversation", "routing", "acceptance", "delivery", "desktop", "wrapup", "presence", "timeout", "transfer"} {
		skew[f] = faults.Duration(by) * faults.Duration(n%3-1)
	}
	return skew
}

// B1: a function dies just before a step of its work is done. Who called it repeats, and it dies just after. The next one completes
// it.
func TestAConversationSurvivesADeathAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, step := range []struct{ function, on string }{
		{"intake", "message.received"},
		{"conversation", "messages"}, {"conversation", "interactions"}, {"conversation", "interaction.queued"},
		{"routing", "interactions"}, {"routing", "offers"}, {"routing", "/timers/offer"},
		{"acceptance", "offers"},
		{"desktop", "messages"}, {"desktop", "message.queued"},
		{"delivery", "messages"},
		{"presence", "agents"}, {"presence", "leases"}, {"presence", "agent.freed"},
		{"wrapup", "interactions"},
	} {
		t.Run(step.function+" "+step.on, func(t *testing.T) {
			t.Parallel()
			injected := faulty(t, faults.Plan{Once: []faults.Once{
				{Kind: faults.KillBefore, Function: step.function, On: step.on},
				{Kind: faults.KillAfter, Function: step.function, On: step.on},
			}})
			assert.Equal(t, map[faults.Kind]int{faults.KillBefore: 1, faults.KillAfter: 1}, injected)
		})
	}
}

// faulty is a conversation in a world in which a plan's faults happen, and what must be true of it however it went. It returns what
// happened.
func faulty(t *testing.T, plan faults.Plan) map[faults.Kind]int {
	t.Helper()
	c := floor.OpenWith(t, suite.Options{Env: map[string]string{"SEND_TIMEOUT": "1s"}})
	require.NoError(t, c.Suite.Faults.Set(plan))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("plan %+v", plan)
			for _, f := range c.Suite.Faults.History() {
				t.Logf("%+v", f)
			}
		}
	})
	var passed map[faults.Kind]int
	settles := func() { // faults that hit the same event again and again pass, before patience does
		ctx, cancel := context.WithTimeout(c.Context(), floor.Patience/6)
		defer cancel()
		if c.Suite.Settle(ctx) != nil {
			passed = c.Suite.Faults.Count()
			require.NoError(t, c.Suite.Faults.Set(faults.Plan{}))
			c.Settle()
		}
	}
	ana, lea := c.Agent("ana"), c.Customer("lea")
	tries(c, func() error { _, err := ana.Desktop.SignIn(c.Context(), api.ChosenStateAvailable); return err })
	settles() // so that nothing but what she writes has her conversation offered
	says(c, lea, "uno")
	offer := ana.IsOffered()
	tries(c, func() error { _, err := ana.Desktop.Accept(c.Context(), offer.ID); return err })
	says(c, lea, "dos")
	for _, text := range []string{"a", "b", "c"} {
		id := desktop.Key()
		tries(c, func() error { _, err := ana.Desktop.Send(c.Context(), offer.Interaction, id, text); return err })
	}
	says(c, lea, "tres")
	settles()
	end, wrapUp := desktop.Key(), desktop.Key()
	tries(c, func() error { _, err := ana.Desktop.End(c.Context(), offer.Interaction, end); return err })
	tries(c, func() error {
		_, err := ana.Desktop.WrapUp(c.Context(), offer.Interaction, wrapUp, floor.Question)
		return err
	})
	for n := 0; n < 3 || n < 40 && underWay(c); n++ { // what was refused for now, what nobody repeats, and what nobody knows the fate of
		settles()
		c.Suite.Clock.Advance(time.Minute)
		settles()
		_ = c.Suite.Call(c.Context(), "sweep", "/schedules/sweep") // which may die too, and comes again each minute
		settles()
	}
	cameOutRight(c, ana, lea, offer.Interaction)
	if passed != nil {
		return passed
	}
	return c.Suite.Faults.Count()
}

// underWay says whether a reply still has to go out, or to be given up.
func underWay(c *floor.Floor) bool {
	return slices.ContainsFunc(all[desk.Message](c), func(m desk.Message) bool {
		return m.State == desk.MessagePending || m.State == desk.MessageSending
	})
}

// says has the customer write; the channel calls the webhook until it takes it.
func says(c *floor.Floor, lea *floor.Customer, text string) {
	c.T.Helper()
	if _, err := c.Number().Receive(lea.Who, graph.Inbound{Text: text}); err != nil {
		c.T.Log("the webhook:", err)
	}
}

// tries repeats a request of a desktop's, as it is, until it is answered with more than that it may help to repeat it.
func tries(c *floor.Floor, request func() error) {
	c.T.Helper()
	c.Soon("a desktop's request", func() error {
		err := request()
		var refused *desktop.Refused
		if errors.As(err, &refused) && refused.Status < 500 {
			require.NoError(c.T, err)
		}
		return err
	})
}

// cameOutRight checks a conversation from outside: what the customer sent and received against what the transcript says.
func cameOutRight(c *floor.Floor, ana *floor.Agent, lea *floor.Customer, id string) {
	c.T.Helper()
	t := c.T
	var closed api.Interaction
	tries(c, func() (err error) { closed, err = ana.Desktop.Interaction(c.Context(), id); return err })
	assert.Equal(t, api.InteractionStateClosed, closed.State)
	assert.Equal(t, []string{"opened", "offered", "accepted", "ended", "wrapped_up", "closed"}, events(closed))
	assert.Len(t, all[desk.Interaction](c), 1)
	assert.Len(t, all[desk.Contact](c), 1)
	assert.Len(t, all[desk.Offer](c), 1)
	var list api.MessageList
	tries(c, func() (err error) { list, err = ana.Desktop.Transcript(c.Context(), id); return err })
	said := list.Items
	assert.ElementsMatch(t, []string{"uno", "dos", "tres", "a", "b", "c"}, texts(said))
	received := lea.Received()
	var reached []string
	for _, m := range said {
		if m.Direction != api.DirectionOutbound {
			continue
		}
		has := slices.Contains(received, m.Text)
		switch m.State {
		case api.MessageStateSent, api.MessageStateDelivered, api.MessageStateRead:
			assert.True(t, has, "%q is shown as %s and did not reach the customer", m.Text, m.State)
		case api.MessageStateFailed:
			assert.False(t, has, "%q is shown as failed and reached the customer", m.Text)
		default:
			assert.Equal(t, api.MessageStateUnknown, m.State, "%q is of nobody's care", m.Text)
			assert.False(t, has, "%q reached the customer, whose app says so", m.Text)
		}
		if has {
			reached = append(reached, m.Text)
		}
	}
	assert.Equal(t, reached, received, "each once, in order")
	agree(c)
}
