package desk

import (
	"slices"
	"time"
)

// Centre is the configuration as a whole. Every change of it, be it of one record or by a file, writes it, and reads it
// before everything else, so that of two at once the second decides on what the first left: an agent added to a team
// beside a queue added to it, or one e-mail address given to two agents, are never seen by only one of them. Its history
// says who changed what when, and nothing else: History.Last counts the changes, and is the configuration's version.
//
// What an agent serves follows from the queues of his teams. When those change, the agents are brought in line after
// the configuration was stored, each by an Align of his own. Until then the old holds for him: he may still be offered
// an interaction of a queue that his team has just lost, and is not offered those of one that it has just got.
type Centre struct {
	Head
	// DueAt is set from the commit that leaves agents behind until all are in line: from then on the sweep reminds. While
	// it is set the configuration must not change, so that all who bring agents in line at once mean the same. Otherwise
	// one who is slow could put an agent back to what held before the change, after the others had found everybody in line.
	DueAt time.Time
	// Request is the ID of the request that the newest entry of the history stands for: what tells a caller who was not
	// answered by the database that his change, and not an equal one, was stored.
	Request string
	History History
}

// CentreID is the ID of the one Centre.
const CentreID = "centre"

// Record implements Record.
func (*Centre) Record() RecordKind { return KindCentre }

// Due implements Owed.
func (c *Centre) Due() time.Time { return c.DueAt }

// Services are the tokens that each team serves.
type Services struct {
	centre int64 // version of the Centre they hold for
	teams  map[string][]service
}

// service is a token of a team's queue, and what an agent of the team needs to serve it.
type service struct {
	token  string
	skills []Skill
}

// Services are what the teams serve when queues are all there are, read after c. They hold while the centre is as c is.
func (c Centre) Services(queues []Queue) Services {
	return Services{centre: c.Version, teams: served(queues)}
}

// Behind are the IDs of those agents who serve something else than their teams do.
func (s Services) Behind(agents []Agent) (ids []string) {
	for _, a := range agents {
		if !slices.Equal(a.assigned(s.teams).Serves, a.Serves) {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// Align has an agent serve what his teams do. c must have been read after a: an agent whom somebody brought in line with
// a later configuration is then never taken for one who is behind.
//
// For an agent who is in line, nothing is stored and routing is hinted again if he can take something. When s holds no
// more, the work was finished by somebody else: nothing is stored or hinted.
func Align(a Agent, c Centre, s Services) Change {
	if c.Version != s.centre {
		return Change{Agent: &a}
	}
	is := a.assigned(s.teams)
	ch := Change{Agent: &is, Hints: freed(is)}
	if !slices.Equal(is.Serves, a.Serves) {
		ch.Save = []Record{&is}
	}
	return ch
}

// Aligned notes that every agent is in line with s. When s holds no more, or that was noted before, nothing is stored.
func Aligned(c Centre, s Services) Change {
	if c.Version != s.centre || c.DueAt.IsZero() {
		return Change{}
	}
	c.DueAt = time.Time{}
	return Change{Save: []Record{&c}}
}

// assigned gives the agent the tokens of his teams for which he has the skills.
func (a Agent) assigned(teams map[string][]service) Agent {
	a.Serves = nil
	for _, team := range a.Teams {
		for _, s := range teams[team] {
			if satisfies(a.Skills, s.skills) {
				a.Serves = append(a.Serves, s.token)
			}
		}
	}
	slices.Sort(a.Serves)
	a.Serves = slices.Compact(a.Serves)
	return a.Settle()
}

// served is what each team serves: the profiles of its queues that are served, on every channel. Of several queues of one ID the last holds.
func served(all []Queue) map[string][]service {
	queues := make(map[string]Queue, len(all))
	for _, q := range all {
		queues[q.ID] = q
	}
	teams := map[string][]service{}
	for _, q := range queues {
		if !q.Served() {
			continue
		}
		for _, c := range Channels() {
			teams[q.Team] = append(teams[q.Team], service{token: Token(q.ID, c)})
			for _, p := range q.Profiles {
				teams[q.Team] = append(teams[q.Team], service{TokenFor(q.ID, c, p.ID), p.Skills})
			}
		}
	}
	return teams
}
