package admin

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/deskline/deskline/shared/desk"
)

// mistakesIn are those of a queue with the lines below.
func mistakesIn(with string) []string {
	const rest = "clients: [{id: c, name: C}]\nprojects: [{id: p, name: P, client: c}]\nteams: [{id: t, name: T}]\n"
	return mistakes(rest+"queues:\n- id: q\n  name: Q\n  project: p\n  team: t\n  "+with+"\n", desk.Setup{})
}

func TestMistakesInProfiles(t *testing.T) {
	for _, tt := range []struct {
		name, with string
		want       []string
	}{
		{"profiles", "profiles: [{id: expert, skills: [{id: repair, level: 8}], relaxTo: junior, after: 45s}, {id: junior, skills: [{id: repair, level: 1}]}]", nil},
		{"one that asks for nothing", "profiles: [{id: all}]", nil},
		{"relaxing to everybody", "profiles: [{id: expert, relaxTo: any, after: 5s}]", nil},
		{"relaxing late", "profiles: [{id: expert, relaxTo: any, after: 24h}]", nil},
		{"relaxing too early", "profiles: [{id: expert, relaxTo: any, after: 4999ms}]", []string{
			"9:48 queues[0].profiles[0].after: must be from 5s to 24h0m0s"}},
		{"relaxing too late", "profiles: [{id: expert, relaxTo: any, after: 25h}]", []string{
			"9:48 queues[0].profiles[0].after: must be from 5s to 24h0m0s"}},
		{"relaxing at no time", "profiles: [{id: expert, relaxTo: any}]", []string{
			"9:14 queues[0].profiles[0].after: is required"}},
		{"relaxing to nothing", "profiles: [{id: expert, after: 1m}]", []string{
			"9:14 queues[0].profiles[0].relaxTo: is required"}},
		{"relaxing to nobody's profile", "profiles: [{id: expert, relaxTo: junior, after: 1m}]", []string{
			`9:36 queues[0].profiles[0].relaxTo: must be a later profile of the queue, or "any"`}},
		{"relaxing to itself", "profiles: [{id: expert, relaxTo: expert, after: 1m}]", []string{
			`9:36 queues[0].profiles[0].relaxTo: must be a later profile of the queue, or "any"`}},
		{"relaxing back", "profiles: [{id: a}, {id: b, relaxTo: a, after: 1m}]", []string{
			`9:40 queues[0].profiles[1].relaxTo: must be a later profile of the queue, or "any"`}},
		{"a reserved one", "profiles: [{id: any}]", []string{`9:19 queues[0].profiles[0].id: the ID "any" is reserved`}},
		{"one twice", "profiles: [{id: a}, {id: a}]", []string{`9:28 queues[0].profiles[1].id: there is another profile "a" in line 9`}},
		{"21 profiles", "profiles: [" + strings.Repeat("{id: a},", 21) + "]", []string{"9:13 queues[0].profiles: more than 20 profiles"}},
		{"a skill without a level", "profiles: [{id: a, skills: [{id: s}]}]", []string{"9:31 queues[0].profiles[0].skills[0].level: is required"}},
		{"a skill below the least", "profiles: [{id: a, skills: [{id: s, level: 0}]}]", []string{
			"9:46 queues[0].profiles[0].skills[0].level: must be a whole number from 1 to 10"}},
		{"a skill beyond the best", "profiles: [{id: a, skills: [{id: s, level: 11}]}]", []string{
			"9:46 queues[0].profiles[0].skills[0].level: must be a whole number from 1 to 10"}},
		{"a skill twice", "profiles: [{id: a, skills: [{id: s, level: 1}, {id: s, level: 2}]}]", []string{
			`9:55 queues[0].profiles[0].skills[1].id: there is another skill "s" in line 9`}},
		{"priority", "priority: 10\n  priorityBoost: 1h", nil},
		{"no priority", "priority: 0\n  priorityBoost: 1s", nil},
		{"too high a priority", "priority: 11", []string{"9:13 queues[0].priority: must be a whole number from 0 to 10"}},
		{"no boost", "priorityBoost: 0s", []string{"9:18 queues[0].priorityBoost: must be from 1s to 1h0m0s"}},
		{"strategies", "strategy: round_robin", nil},
		{"another strategy", "strategy: random", []string{
			`9:13 queues[0].strategy: there is no strategy "random"; possible: longest_available, least_loaded, round_robin`}},
	} {
		t.Run(tt.name, func(t *testing.T) { assert.Equal(t, tt.want, mistakesIn(tt.with)) })
	}
}

func TestMistakesInHours(t *testing.T) {
	const week = "week: [{days: [monday], from: '09:00', to: '18:00'}]"
	for _, tt := range []struct {
		name, with string
		want       []string
	}{
		{"hours", "hours: {timeZone: Europe/Madrid, " + week + ", holidays: [{date: 2026-12-25}, {date: '2026-12-24', open: [{from: 09:00, to: 24:00}]}]}", nil},
		{"no time zone", "hours: {" + week + "}", []string{"9:10 queues[0].hours.timeZone: is required"}},
		{"a zone nobody knows", "hours: {timeZone: Europe/Madird, " + week + "}", []string{
			"9:21 queues[0].hours.timeZone: must be a time zone such as Europe/Madrid"}},
		{"the machine's zone", "hours: {timeZone: Local, " + week + "}", []string{
			"9:21 queues[0].hours.timeZone: must be a time zone such as Europe/Madrid"}},
		{"no week", "hours: {timeZone: UTC}", []string{"9:10 queues[0].hours.week: is required"}},
		{"an empty week", "hours: {timeZone: UTC, week: []}", []string{"9:32 queues[0].hours.week: must name at least one opening"}},
		{"another day", "hours: {timeZone: UTC, week: [{days: [mon], from: '09:00', to: '18:00'}]}", []string{
			`9:41 queues[0].hours.week[0].days[0]: there is no day "mon"; possible: sunday, monday, tuesday, wednesday, thursday, friday, saturday`}},
		{"a day twice", "hours: {timeZone: UTC, week: [{days: [monday, monday], from: '09:00', to: '18:00'}]}", []string{
			`9:49 queues[0].hours.week[0].days[1]: "monday" is named twice`}},
		{"not by the clock", "hours: {timeZone: UTC, week: [{days: [monday], from: '9', to: '24:01'}]}", []string{
			"9:56 queues[0].hours.week[0].from: must be a time from 00:00 to 24:00", "9:65 queues[0].hours.week[0].to: must be a time from 00:00 to 24:00"}},
		{"closing before it opens", "hours: {timeZone: UTC, week: [{days: [monday], from: '22:00', to: '06:00'}]}", []string{
			"9:69 queues[0].hours.week[0].to: must be after 22:00; what goes on after midnight is another opening, of the next day"}},
		{"no such date", "hours: {timeZone: UTC, " + week + ", holidays: [{date: 2026-02-29}]}", []string{
			"9:98 queues[0].hours.holidays[0].date: must be a date such as 2026-12-25"}},
		{"a date twice", "hours: {timeZone: UTC, " + week + ", holidays: [{date: 2026-01-01}, {date: '2026-01-01'}]}", []string{
			"9:118 queues[0].hours.holidays[1].date: there is another holiday 2026-01-01 in line 9"}},
		{"closing the conversation", "whenClosed: close", nil},
		{"overflowing into nothing", "whenClosed: overflow", []string{"5:3 queues[0].overflow: is required"}},
		{"waiting for nothing", "maxWait: 1m", []string{"5:3 queues[0].overflow: is required"}},
		{"waiting too shortly", "overflow: q2\n  maxWait: 9s\n- {id: q2, name: Q, project: p, team: t}", []string{
			"10:12 queues[0].maxWait: must be from 10s to 168h0m0s"}},
		{"an overflow", "overflow: q2\n  maxWait: 10s\n- {id: q2, name: Q, project: p, team: t}", nil},
		{"an overflow nobody knows", "overflow: q2", []string{`9:13 queues[0].overflow: there is no queue "q2"`}},
		{"an overflow into itself", "overflow: q", []string{`9:13 queues[0].overflow: the conversations would come back to the queue "q"`}},
		{"an overflow that comes back", "overflow: q2\n- {id: q2, name: Q, project: p, team: t, overflow: q3}\n- {id: q3, name: Q, project: p, team: t, overflow: q}", []string{
			`9:13 queues[0].overflow: the conversations would come back to the queue "q"`,
			`10:52 queues[1].overflow: the conversations would come back to the queue "q2"`,
			`11:52 queues[2].overflow: the conversations would come back to the queue "q3"`}},
	} {
		t.Run(tt.name, func(t *testing.T) { assert.Equal(t, tt.want, mistakesIn(tt.with)) })
	}
}

func TestAnOverflowMayComeBackByWhatIsStored(t *testing.T) {
	stored := desk.Setup{Projects: []desk.Project{{Head: desk.Head{ID: "p"}}}, Teams: []desk.Team{{Head: desk.Head{ID: "t"}}},
		Queues: []desk.Queue{{Head: desk.Head{ID: "a"}}, {Head: desk.Head{ID: "b"}, Overflow: "a"}}}
	assert.Equal(t, []string{`2:51 queues[0].overflow: the conversations would come back to the queue "a"`},
		mistakes("queues:\n- {id: a, name: A, project: p, team: t, overflow: b}\n", stored))
	assert.Empty(t, mistakes("queues:\n- {id: c, name: C, project: p, team: t, overflow: b}\n", stored))
}

func TestARuleNamesAProfileOfItsQueue(t *testing.T) {
	stored := desk.Setup{Queues: []desk.Queue{{Head: desk.Head{ID: "q"}, Profiles: []desk.SkillProfile{{ID: "expert"}}}}}
	rule := func(more string) []string {
		return mistakes("assets:\n- {channel: whatsapp, account: '1', name: A, display: D, queue: q, token: t, rules: [{on: ref, value: x, queue: q, "+more+"}]}\n", stored)
	}
	assert.Empty(t, rule("profile: expert, priority: 10"))
	assert.Empty(t, rule("profile: any, priority: 1"))
	assert.Equal(t, []string{`2:125 assets[0].rules[0].profile: the queue "q" has no profile "junior"`}, rule("profile: junior"))
	assert.Equal(t, []string{"2:126 assets[0].rules[0].priority: must be a whole number from 1 to 10"}, rule("priority: 0"))
	assert.Equal(t, []string{"2:126 assets[0].rules[0].priority: must be a whole number from 1 to 10"}, rule("priority: 11"))
}

func TestMistakesInWhatAnAgentCan(t *testing.T) {
	agent := func(more string) []string {
		return mistakes("agents:\n- {id: ana, name: A, email: ana@x.example, roles: [agent], "+more+"}\n", desk.Setup{})
	}
	assert.Empty(t, agent("skills: [{id: repair, level: 1}, {id: spanish, level: 10}], capacities: [{channel: whatsapp, most: 0}, {channel: messenger, most: 50}]"))
	assert.Equal(t, []string{"2:89 agents[0].skills[0].level: must be a whole number from 1 to 10"}, agent("skills: [{id: repair, level: 12}]"))
	assert.Equal(t, []string{`2:93 agents[0].skills[1].id: there is another skill "a" in line 2`}, agent("skills: [{id: a, level: 1}, {id: a, level: 1}]"))
	assert.Equal(t, []string{`2:83 agents[0].capacities[0].channel: there is no channel "fax"; possible: messenger, whatsapp`},
		agent("capacities: [{channel: fax, most: 1}]"))
	assert.Equal(t, []string{"2:99 agents[0].capacities[0].most: must be a whole number from 0 to 50"}, agent("capacities: [{channel: whatsapp, most: 51}]"))
	assert.Equal(t, []string{`2:113 agents[0].capacities[1].channel: "whatsapp" is named twice`},
		agent("capacities: [{channel: whatsapp, most: 1}, {channel: whatsapp, most: 2}]"))
	assert.Equal(t, []string{"2:73 agents[0].capacities[0].most: is required"}, agent("capacities: [{channel: whatsapp}]"))
}
