package admin

import (
	"slices"
	"time"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

const (
	profilesMax = 20  // of one queue
	skillsMax   = 100 // of one agent or profile
	relaxMin    = 5 * time.Second
	relaxMax    = 24 * time.Hour
	boostMin    = time.Second
	boostMax    = time.Hour
)

// skills reads what an agent is able to do, or a profile asks for.
func skills(list value) (out []desk.Skill) {
	seen := map[string]int{}
	for _, v := range list.few(skillsMax, "skills") {
		o := v.object("id", "level")
		s := desk.Skill{ID: o.id("skill", seen)}
		if at := o.key("level"); at.needed() {
			s.Level = at.whole(1, desk.LevelMax, 0)
		}
		out = append(out, s)
	}
	return out
}

// profiles reads what a queue's conversations may ask of their agents. One relaxes to a later one, so that none ever comes back.
func profiles(list value) (out []desk.SkillProfile) {
	seen, relaxes := map[string]int{}, []value{}
	for _, v := range list.few(profilesMax, "profiles") {
		o := v.object("id", "skills", "relaxTo", "after")
		p := desk.SkillProfile{ID: o.id("profile", seen), Skills: skills(o.key("skills")), After: o.key("after").duration(relaxMin, relaxMax, 0)}
		if p.ID == desk.ProfileAny {
			o.key("id").wrong("the ID %q is reserved", p.ID)
		}
		to := o.key("relaxTo")
		if to.given {
			p.RelaxTo, _ = to.text()
			o.key("after").needed()
		} else if p.After > 0 {
			to.needed()
		}
		out, relaxes = append(out, p), append(relaxes, to)
	}
	for n, p := range out {
		later := slices.ContainsFunc(out[n+1:], func(o desk.SkillProfile) bool { return o.ID == p.RelaxTo })
		if p.RelaxTo != "" && p.RelaxTo != desk.ProfileAny && !later {
			relaxes[n].wrong("must be a later profile of the queue, or %q", desk.ProfileAny)
		}
	}
	return out
}

// chooses reads what a queue's conversations ask for and whom it asks first.
func chooses(o object, q *desk.Queue) {
	q.Profiles = profiles(o.key("profiles"))
	q.Priority = o.key("priority").whole(0, desk.PriorityMax, 0)
	q.PriorityBoost = o.key("priorityBoost").duration(boostMin, boostMax, 0)
	if q.PriorityBoost == desk.DefaultPriorityBoost {
		q.PriorityBoost = 0
	}
	if v := o.key("strategy"); v.given {
		q.Strategy = desk.Strategy(oneOf(v, "strategy", desk.StrategyLongest, desk.StrategyLeastBusy, desk.StrategyRoundRobin))
	}
	if q.Strategy == desk.StrategyLongest {
		q.Strategy = ""
	}
}

// capacities reads how many seats an agent may hold on single channels.
func capacities(list value) (out []desk.ChannelCapacity) {
	seen := map[desk.Channel]bool{}
	for _, v := range list.list() {
		o := v.object("channel", "most")
		c := desk.ChannelCapacity{Channel: desk.Channel(oneOf(o.key("channel"), "channel", desk.Channels()...))}
		if at := o.key("most"); at.needed() {
			c.Most = at.whole(0, capacityMax, 0)
		}
		if c.Channel != "" && seen[c.Channel] {
			o.key("channel").wrong("%q is named twice", c.Channel)
		}
		seen[c.Channel] = true
		out = append(out, c)
	}
	return out
}

// asked is the profile that a rule names, which its queue must have.
type asked struct {
	value
	queue, profile string
}

// profileOf reads the profile that a rule's conversations ask for in the rule's queue.
func (f *file) profileOf(v value, queue string) string {
	if !v.given {
		return ""
	}
	s, ok := v.text()
	if ok {
		f.asked = append(f.asked, asked{v, queue, s})
	}
	return s
}

// offered looks for the profiles that rules name, in the file's queues and else in those that are stored.
func (f *file) offered(have desk.Setup, more *reading) {
	queues := map[string]desk.Queue{}
	for _, q := range slices.Concat(have.Queues, f.Queues) {
		queues[q.ID] = q
	}
	for _, a := range f.asked {
		q, known := queues[a.queue]
		if known && a.profile != q.ProfileFor(a.profile) {
			a.reading = more
			a.wrong("the queue %q has no profile %q", short(a.queue), short(a.profile))
		}
	}
}

// How the file shows all this.
type (
	writtenSkill struct {
		ID    string
		Level int
	}
	writtenProfile struct {
		ID      string
		Skills  []writtenSkill `yaml:",omitempty"`
		RelaxTo string         `yaml:"relaxTo,omitempty"`
		After   string         `yaml:",omitempty"`
	}
	writtenCapacity struct {
		Channel string
		Most    int
	}
)

func skillTexts(list []desk.Skill) (out []writtenSkill) {
	for _, s := range list {
		out = append(out, writtenSkill(s))
	}
	return out
}

func profileTexts(list []desk.SkillProfile) (out []writtenProfile) {
	for _, p := range list {
		out = append(out, writtenProfile{p.ID, skillTexts(p.Skills), p.RelaxTo, optional(p.After)})
	}
	return out
}

func capacityTexts(list []desk.ChannelCapacity) (out []writtenCapacity) {
	for _, c := range list {
		out = append(out, writtenCapacity{string(c.Channel), c.Most})
	}
	return out
}

// How the API shows it.

func skillViews(list []desk.Skill) (out []api.Skill) {
	for _, s := range list {
		out = append(out, api.Skill{ID: s.ID, Level: s.Level})
	}
	return out
}

func profileViews(list []desk.SkillProfile) (out []api.SkillProfile) {
	for _, p := range list {
		out = append(out, api.SkillProfile{ID: p.ID, Skills: skillViews(p.Skills), RelaxTo: p.RelaxTo, After: optional(p.After)})
	}
	return out
}

func capacityViews(list []desk.ChannelCapacity) (out []api.ChannelCapacity) {
	for _, c := range list {
		out = append(out, api.ChannelCapacity{Channel: api.Channel(c.Channel), Most: c.Most})
	}
	return out
}
