package desk

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Agent is a person who talks with customers.
type Agent struct {
	Head
	Name     string
	Email    string // lower case; the token's claim is compared with it
	Roles    []string
	Teams    []string
	Capacity int // seats he may hold at once
	Skills   []Skill
	Serves   []string // tokens his teams' queues stand for, by configuration, as far as he has the skills

	Capacities []ChannelCapacity // seats he may hold at once on one channel; of others as many as in all

	Hired        time.Time // when his record was made; zero is before all else
	SetupVersion int64     // Version in which what is configured about him began: his work does not change it

	State        AgentState
	Reason       string    // why idle
	Since        time.Time // since when he has been in State
	StateVersion int64     // Version in which State began; leaving RONA needs to have seen it
	Session      string    // the desktop that signed in last; empty while he is offline
	Missed       bool      // went offline out of RONA: signing in finds it again
	Offer        string    // the one pending offer
	Ringing      string    // the interaction that offer is for
	RingingOn    Channel   // and its channel: what rings takes up room there
	Seats        []string  // interactions he holds a seat or owes a wrap-up in; the length is his load
	On           []Channel // the channel of each of the seats, in their order
	Load         int       // for the strategy that asks for it: one more than he has seats, so never zero
	FreeSince    time.Time // what "longest available" counts from
	Turn         time.Time // when he last got an offer or, before he got any, became available: what "round robin" goes by
	Takes        []string  // tokens he can be offered now; empty unless he can take one
	DueAt        time.Time // end of the grace after a lost lease
	Keys         []Key
	History      History
}

// AgentState is what an agent is doing. It is always the agent's own move.
type AgentState string

// The states of an agent. None is final.
const (
	AgentOffline   AgentState = "offline"   // no desktop; the zero state of an imported agent
	AgentIdle      AgentState = "idle"      // at the desk, takes nothing new
	AgentAvailable AgentState = "available" // receives offers
	AgentRONA      AgentState = "rona"      // let an offer expire; only he himself ends it
)

// The reasons for idle that the system sets.
const (
	IdleSignedIn = "signed_in" // just arrived and has not said available yet
	IdleDeclined = "declined"  // refused an offer
	IdleSent     = "sent"      // a supervisor wanted it so, and did not say why
)

// Roles an agent's record may give.
const (
	RoleAgent      = "agent"
	RoleSupervisor = "supervisor"
	RoleAdmin      = "admin"
)

// DefaultCapacity is how many seats an agent may hold where his record does not say.
const DefaultCapacity = 3

// Record implements Record.
func (*Agent) Record() RecordKind { return KindAgent }

// Due implements Owed.
func (a *Agent) Due() time.Time { return a.DueAt }

// Free reports whether the agent can be offered one more interaction now.
func (a Agent) Free() bool {
	return a.State == AgentAvailable && a.Offer == "" && len(a.Seats) < a.Capacity
}

// Settle recomputes Takes. Every rule that writes an agent ends with it.
func (a Agent) Settle() Agent {
	a.Takes, a.Load = nil, len(a.Seats)+1
	if a.Free() {
		a.Takes = a.servesNow()
	}
	if a.Turn.IsZero() && a.State == AgentAvailable {
		a.Turn = a.FreeSince
	}
	return a
}

// servesNow is Serves without what comes by channels on which he has no room.
func (a Agent) servesNow() []string {
	if !slices.ContainsFunc(Channels(), func(c Channel) bool { return !a.roomOn(c) }) {
		return a.Serves
	}
	return slices.DeleteFunc(slices.Clone(a.Serves), func(token string) bool { return !a.roomOn(channelOf(token)) })
}

// load is how many seats the agent holds, and the one he is being asked to take.
func (a Agent) load() int {
	if a.Offer != "" {
		return len(a.Seats) + 1
	}
	return len(a.Seats)
}

// loadOn is load on one channel.
func (a Agent) loadOn(c Channel) (n int) {
	for _, on := range a.On {
		if on == c {
			n++
		}
	}
	if a.Offer != "" && a.RingingOn == c {
		n++
	}
	return n
}

// roomOn reports whether the agent may hold one seat more on the channel, as far as its own limit goes.
func (a Agent) roomOn(c Channel) bool {
	n := slices.IndexFunc(a.Capacities, func(l ChannelCapacity) bool { return l.Channel == c })
	return n < 0 || a.loadOn(c) < a.Capacities[n].Most
}

// overfull reports whether the agent has more than he may, in all or on a channel.
func (a Agent) overfull() bool {
	return a.load() > a.Capacity || slices.ContainsFunc(a.Capacities, func(l ChannelCapacity) bool { return a.loadOn(l.Channel) > l.Most })
}

// sits gives the agent a seat in the interaction, unless he has it.
func (a Agent) sits(i Interaction) Agent {
	if !slices.Contains(a.Seats, i.ID) {
		a.Seats = append(slices.Clip(slices.Clone(a.Seats)), i.ID)
		a.On = append(slices.Clip(slices.Clone(a.On)), i.Channel)
	}
	return a
}

// enter puts the agent into a state.
func (a Agent) enter(s AgentState, reason string, now time.Time) Agent {
	a.State, a.Reason, a.Since, a.StateVersion = s, reason, now, a.Version+1
	if s == AgentAvailable {
		a.FreeSince = now
	}
	return a
}

// leaves takes an interaction off the agent's seats.
func (a Agent) leaves(interaction string) Agent {
	if n := slices.Index(a.Seats, interaction); n >= 0 {
		a.Seats = slices.Delete(slices.Clone(a.Seats), n, n+1)
		if n < len(a.On) {
			a.On = slices.Delete(slices.Clone(a.On), n, n+1)
		}
	}
	return a
}

func without(list []string, s string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(x string) bool { return x == s })
}

func with(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(slices.Clip(slices.Clone(list)), s)
}

// Lease is a desktop's claim that its agent is present. Its ID is the agent's; it is apart from the agent so that
// renewing never collides with routing.
type Lease struct {
	Head
	Session string // the desktop's own ID
	Until   time.Time
	Ended   bool     // lost or given up
	Over    []string // sessions that signed out lately and must not come back
	DueAt   time.Time
}

// Record implements Record.
func (*Lease) Record() RecordKind { return KindLease }

// Due implements Owed.
func (l *Lease) Due() time.Time { return l.DueAt }

// Key is an idempotency key with the outcome it had. A record keeps its last few.
type Key struct {
	Key  string
	Hash string // of the request it came with
}

const keysMax = 8

// Token is TokenFor those of a queue's interactions that every agent of the queue can take.
func Token(queue string, c Channel) string { return TokenFor(queue, c, ProfileAny) }

// TokenFor is what an interaction wants and an agent takes: a queue's interactions on a channel that ask for a skill profile;
// an empty one is ProfileAny.
func TokenFor(queue string, c Channel, profile string) string {
	return queue + "|" + string(c) + "|" + cmp.Or(profile, ProfileAny)
}

// QueueOf is the queue whose agents a token stands for; empty when it stands for others.
func QueueOf(token string) string {
	queue, _, ok := strings.Cut(token, "|")
	if !ok {
		return ""
	}
	return queue
}

// channelOf is the channel of the interactions that a queue's token stands for.
func channelOf(token string) Channel {
	_, rest, _ := strings.Cut(token, "|")
	channel, _, _ := strings.Cut(rest, "|")
	return Channel(channel)
}

// ProfileOf is the profile that a queue's token stands for; empty when it stands for others.
func ProfileOf(token string) string {
	_, rest, _ := strings.Cut(token, "|")
	_, profile, _ := strings.Cut(rest, "|")
	return profile
}

const (
	tokenSep = "/" // between tokens of a hint: no ID has it

	// takesMax is how many bytes of tokens a hint carries: with them it is still a message of the smallest size that is
	// billed, 1 kB. Source: Pub/Sub pricing, read 2026-11.
	takesMax = 500
)

// freed hints routing when the agent can take one more.
func freed(a Agent) []Hint {
	if len(a.Takes) == 0 {
		return nil
	}
	h := Hint{Event: HintAgentFreed, Agent: a.ID, Takes: strings.Join(a.Takes, tokenSep)}
	if len(h.Takes) > takesMax {
		h.Takes = ""
	}
	return []Hint{h}
}

// gained hints routing when the agent can take something that he could not before; was is how he was. Who could before has been
// asked for everybody who waits.
func gained(was, a Agent) []Hint {
	if len(a.Takes) <= len(was.Settle().Takes) {
		return nil
	}
	return freed(a)
}

// Tokens are those the agent could take in the commit that freed him; nil when the hint does not say, because they are
// too many or it is of another kind. They say where to look, not what he can take now: whatever changes that later
// hints by itself.
func (h Hint) Tokens() []string {
	if h.Takes == "" {
		return nil
	}
	return strings.Split(h.Takes, tokenSep)
}
