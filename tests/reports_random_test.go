package tests

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/tests/floor"
)

// shift is a day at random on a floor of three agents who take down what happens at their desks.
type shift struct {
	c      *floor.Floor
	dice   *rand.Rand
	agents []*floor.Agent
	seen   map[doing]int
	ids    []string // of the conversations, in the order they came
}

// doing is what is taken down: what somebody did in a queue, or, without an agent, what happened there.
type doing struct{ queue, agent, what string }

// reasons are a reason of each queue to wrap up with.
var reasons = map[string]api.WrapUpChoice{"sales": {Reason: "sale", SubReason: "new"}, "support": {Reason: "solved"}}

// sees takes down what happened, for the queue as a whole and for the agent whose doing it was.
func (s *shift) sees(queue string, by *floor.Agent, what ...string) {
	for _, w := range what {
		s.seen[doing{queue, "", w}]++
		if by != nil {
			s.seen[doing{queue, by.ID, w}]++
		}
	}
}

// oneIn is true once in n times.
func (s *shift) oneIn(n int) bool { return s.dice.IntN(n) == 0 }

// passes lets some time go by at the desks, or none.
func (s *shift) passes() {
	s.c.T.Helper()
	if s.oneIn(2) {
		return
	}
	s.c.Passes(time.Duration(1+s.dice.IntN(9))*time.Second, s.agents...)
}

// rings is who is being asked, and what.
func (s *shift) rings() (*floor.Agent, api.Offer) {
	s.c.T.Helper()
	s.c.Settle()
	for _, a := range s.agents {
		if a.Me().Offer != "" {
			return a, a.IsOffered()
		}
	}
	require.Fail(s.c.T, "nobody is asked")
	return nil, api.Offer{}
}

// other is another agent.
func (s *shift) other(than *floor.Agent) *floor.Agent {
	for {
		if a := s.agents[s.dice.IntN(len(s.agents))]; a != than {
			return a
		}
	}
}

// asks has agents refuse and miss what waits in the queue until one takes it; taken is how that counts. A customer who loses
// patience meanwhile leaves, and nobody takes it.
func (s *shift) asks(queue, taken string, leaves func()) (owner *floor.Agent, i api.Interaction) {
	s.c.T.Helper()
	for tries := 0; ; tries++ {
		a, o := s.rings()
		s.sees(queue, a, "offers")
		switch {
		case leaves != nil && s.oneIn(3):
			leaves()
			s.c.Settle()
			s.sees(queue, a, "rescinded")
			s.sees(queue, nil, "abandoned", "closes abandoned")
			return nil, i
		case tries < 3 && s.oneIn(4):
			_, err := a.Desktop.Decline(s.c.Context(), o.ID)
			require.NoError(s.c.T, err)
			s.sees(queue, a, "declined")
			a.ComesBack()
		case tries < 3 && s.oneIn(6):
			s.c.Passes(o.Deadline.Sub(o.Now), s.agents...)
			s.sees(queue, a, "rona")
			a.ComesBack()
		default:
			i = a.Accepts()
			s.sees(queue, a, "accepted", taken)
			if o.Kind == api.OfferKindTransfer {
				s.sees(queue, a, "transfersFromAgents")
			}
			return a, i
		}
	}
}

// converses plays one conversation from its first message to its last wrap-up.
func (s *shift) converses() {
	s.c.T.Helper()
	s.passes()
	name := fmt.Sprint("customer ", len(s.ids))
	var leaves func()
	if s.oneIn(3) {
		v := s.c.Visitor(name)
		v.Writes("hola")
		leaves = v.IsTaken
	} else {
		s.c.Customer(name).Writes("hola")
	}
	s.sees("sales", nil, "entered")
	owner, i := s.asks("sales", "answered", leaves)
	if owner == nil {
		s.ids = append(s.ids, "")
		return
	}
	s.ids = append(s.ids, i.ID)
	queue, answered := "sales", false
	for s.dice.IntN(4) > 0 {
		s.passes()
		switch s.dice.IntN(5) {
		case 0:
			owner.Writes(i.ID, "dime")
			if !answered {
				s.sees(queue, owner, "responded")
			}
			answered = true
		case 1:
			s.confers(queue, owner, i.ID)
		case 2:
			if queue == "sales" {
				owner, queue = s.goesToSupport(owner, i.ID), "support"
			}
		case 3:
			owner = s.goesTo(queue, owner, i.ID)
		case 4:
			owner = s.goesHome(queue, owner)
		}
	}
	s.ends(queue, owner, i.ID)
	if leaves == nil && s.oneIn(4) { // one more thing
		by := s.other(nil)
		next := by.Starts(i.Contact, api.NewInteraction{Queue: "sales", Text: "se me olvidaba"})
		s.ids = append(s.ids, next.ID)
		s.sees("sales", by, "started")
		s.passes()
		s.ends("sales", by, next.ID)
	}
}

// ends ends the conversation and says why it was.
func (s *shift) ends(queue string, owner *floor.Agent, id string) {
	owner.Ends(id)
	s.passes()
	owner.WrapsUp(id, reasons[queue])
	s.sees(queue, owner, "handled", "reasons "+reasons[queue].Reason)
	s.sees(queue, nil, "closes ended")
}

// confers has a second agent join, or not, and leave.
func (s *shift) confers(queue string, owner *floor.Agent, id string) {
	s.c.T.Helper()
	guest := s.other(owner)
	owner.Asks(id, api.ConferenceWish{Agent: guest.ID, Note: "ayuda"})
	s.sees(queue, owner, "conferencesRequested")
	a, o := s.rings()
	require.Equal(s.c.T, guest.ID, a.ID)
	s.sees(queue, guest, "offers")
	if s.oneIn(3) {
		_, err := guest.Desktop.Decline(s.c.Context(), o.ID)
		require.NoError(s.c.T, err)
		s.sees(queue, guest, "declined")
		guest.ComesBack()
		return
	}
	guest.Accepts()
	s.sees(queue, guest, "accepted", "conferences")
	s.passes()
	guest.Exits(id)
	guest.WrapsUp(id, reasons[queue])
	s.sees(queue, guest, "handled", "reasons "+reasons[queue].Reason)
}

// goesToSupport has the owner transfer the conversation to Support.
func (s *shift) goesToSupport(owner *floor.Agent, id string) *floor.Agent {
	s.c.T.Helper()
	owner.Transfers(id, api.TransferWish{Queue: "support", Note: "no frena", Reason: "question"})
	s.sees("sales", owner, "transfersToQueues", "handled", "reasons question")
	s.sees("support", nil, "entered", "transfersFromQueues")
	next, _ := s.asks("support", "answered", nil)
	return next
}

// goesTo has the owner transfer the conversation to a colleague; who refuses has it wait for anybody.
func (s *shift) goesTo(queue string, owner *floor.Agent, id string) *floor.Agent {
	s.c.T.Helper()
	owner.Transfers(id, api.TransferWish{Agent: s.other(owner).ID, Note: "es tuya", Reason: reasons[queue].Reason, SubReason: reasons[queue].SubReason})
	s.sees(queue, owner, "transfersToAgents", "handled", "reasons "+reasons[queue].Reason)
	s.sees(queue, nil, "again")
	next, _ := s.asks(queue, "answeredAgain", nil)
	return next
}

// goesHome has the owner sign out in the middle of the conversation, and come back when somebody else has it.
func (s *shift) goesHome(queue string, owner *floor.Agent) *floor.Agent {
	s.c.T.Helper()
	_, err := owner.Desktop.SignOut(s.c.Context(), true)
	require.NoError(s.c.T, err)
	s.sees(queue, owner, "lost", "handled")
	s.sees(queue, nil, "again")
	all := s.agents
	s.agents = slices.DeleteFunc(slices.Clone(all), func(a *floor.Agent) bool { return a == owner })
	next, _ := s.asks(queue, "answeredAgain", nil)
	s.agents = all
	owner.ComesBack()
	return next
}

// reported is what metrics say, in the words of what is seen.
func reported(list api.MetricsList) map[doing]int {
	all := map[doing]int{}
	for _, m := range list.Items {
		count := func(what string, n int) {
			if n != 0 {
				all[doing{list.Queue.ID, m.Agent.ID, what}] += n
			}
		}
		for what, n := range map[string]int{
			"entered": m.Entered, "again": m.Again, "started": m.Started, "answered": m.Answered, "answeredAgain": m.AnsweredAgain,
			"abandoned": m.Abandoned, "left": m.Left, "overflowed": m.Overflowed, "responded": m.Responded,
			"offers": m.Offers, "accepted": m.Accepted, "declined": m.Declined, "rona": m.RONA, "rescinded": m.Rescinded,
			"transfersToQueues": m.TransfersToQueues, "transfersToAgents": m.TransfersToAgents,
			"transfersFromQueues": m.TransfersFromQueues, "transfersFromAgents": m.TransfersFromAgents,
			"conferencesRequested": m.ConferencesRequested, "conferences": m.Conferences, "handled": m.Handled, "lost": m.Lost, "reopened": m.Reopened,
		} {
			count(what, n)
		}
		for _, r := range m.Closes {
			count("closes "+r.Reason, r.Count)
		}
		for _, r := range m.Reasons {
			count("reasons "+r.Reason, r.Count)
		}
	}
	return all
}

// B6: fifty conversations at random, over some hours: offers are taken, refused and missed, customers leave, agents transfer,
// confer, sign out in the middle, and begin conversations of their own. What the reports say is what was seen at the desks, for
// each queue and each agent, while the last hour goes on and when it is over; and there is one record of each conversation.
func TestReportsSayWhatTheDesktopsSaw(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	c := floor.Open(t)
	s := &shift{c: c, dice: rand.New(rand.NewPCG(seed, seed)), seen: map[doing]int{}}
	from := c.NextHour()
	for _, id := range []string{"ana", "bob", "carla"} {
		s.agents = append(s.agents, c.Agent(id).SignsIn())
	}
	for n := 0; n < 50; n++ {
		if n%12 == 11 { // a long break
			for _, a := range s.agents {
				_, err := a.Desktop.SignOut(c.Context(), false)
				require.NoError(t, err)
			}
			c.Advance(40 * time.Minute)
			for _, a := range s.agents {
				a.ComesBack()
			}
		}
		s.converses()
	}
	c.Advance(6 * time.Second) // until a new count may be asked for
	to := c.Suite.Clock.Now().UTC().Truncate(time.Hour).Add(time.Hour)
	agrees := func() {
		got, sam := map[doing]int{}, c.Agent("sam")
		for _, queue := range []string{"sales", "support"} {
			for _, more := range []string{"&interval=1h", "&interval=15m&agents=true"} {
				for k, n := range reported(sam.Metrics(queue, from, to, more)) {
					got[k] = n
				}
			}
		}
		assert.Equal(t, s.seen, got)
	}
	agrees()
	c.Advance(2 * time.Hour)
	agrees()

	listed := map[string]int{}
	for page := c.Agent("sam").Records("sales", from, to, "&limit=20"); ; page = c.Agent("sam").Records("sales", from, to, "&limit=20&cursor="+page.Next) {
		for _, r := range page.Items {
			listed[r.Interaction]++
		}
		if page.Next == "" {
			break
		}
	}
	assert.Len(t, listed, len(s.ids), "as many records as conversations")
	for _, id := range s.ids {
		if id != "" { // nobody at a desk knows the ID of a customer's who left
			assert.Equal(t, 1, listed[id], id)
		}
	}
}
