package desk

import (
	"cmp"
	"slices"
	"time"
)

// Skill is something an agent is able to do, and how well; in a profile, how well he must be at least.
type Skill struct {
	ID    string
	Level int // 1 to LevelMax
}

// LevelMax is the best an agent can be at something.
const LevelMax = 10

// SkillProfile is what a queue's conversations may ask of their agents (B3). Its ID is unique within the queue.
type SkillProfile struct {
	ID      string
	Skills  []Skill       // all of which he needs
	RelaxTo string        // a later profile of the queue, or ProfileAny: what a conversation asks for that waited in vain; empty for never
	After   time.Duration // for how long it waits before
}

// ProfileAny is the profile that every agent of a queue satisfies. Every queue has it, behind those it declares.
const ProfileAny = "any"

// satisfies reports whether somebody with the skills has all that is asked for.
func satisfies(has, asked []Skill) bool {
	return !slices.ContainsFunc(asked, func(want Skill) bool {
		return !slices.ContainsFunc(has, func(s Skill) bool { return s.ID == want.ID && s.Level >= want.Level })
	})
}

// ProfileFor is the ID of the profile that a conversation asks for in the queue which was named: the queue's first when it is
// empty or the queue does not have it, ProfileAny when the queue has none.
func (q Queue) ProfileFor(named string) string {
	if q.hasProfile(named) {
		return named
	}
	if len(q.Profiles) > 0 {
		return q.Profiles[0].ID
	}
	return ProfileAny
}

// Relaxes reports whether any conversation in the queue asks for less after a while.
func (q Queue) Relaxes() bool {
	return slices.ContainsFunc(q.Profiles, func(p SkillProfile) bool { return p.RelaxTo != "" })
}

// hasProfile reports whether the queue's conversations may ask for the profile.
func (q Queue) hasProfile(id string) bool {
	return id == ProfileAny || slices.ContainsFunc(q.Profiles, func(p SkillProfile) bool { return p.ID == id })
}

// profile is the queue's profile with the ID; of another it is one that asks for nothing and never relaxes.
func (q Queue) profile(id string) SkillProfile {
	if n := slices.IndexFunc(q.Profiles, func(p SkillProfile) bool { return p.ID == id }); n >= 0 {
		return q.Profiles[n]
	}
	return SkillProfile{ID: id}
}

// Strategy says which of a queue's free agents is asked first. The zero value is StrategyLongest.
type Strategy string

// The strategies. Ties go to whom StrategyLongest asks, and then by ID.
const (
	StrategyLongest    Strategy = "longest_available" // who has been free for the longest since he last got something, or came
	StrategyLeastBusy  Strategy = "least_loaded"      // who holds the fewest conversations
	StrategyRoundRobin Strategy = "round_robin"       // whose last offer is the oldest, whether or not he took it
)

// Asks is the queue's strategy.
func (q Queue) Asks() Strategy { return cmp.Or(q.Strategy, StrategyLongest) }

// PriorityMax is the highest priority of a conversation; zero is the lowest.
const PriorityMax = 10

// DefaultPriorityBoost is how much earlier than it came each step of priority lets a conversation count where its queue does
// not say.
const DefaultPriorityBoost = time.Minute

// Terms are the times by which a queue has a conversation wait. An interaction keeps them, so that it comes to wait again without
// anybody reading its queue; a change of the queue reaches it by Reroute, whether it waits or not.
type Terms struct {
	Boost time.Duration // for each step of priority
	Relax time.Duration // how long it asks for its profile; zero for as long as it takes
	Most  time.Duration // how long it waits in the queue before it goes to the queue's overflow; zero for as long as it takes
}

// ChannelCapacity is how many seats an agent may hold on one channel.
type ChannelCapacity struct {
	Channel Channel
	Most    int
}
