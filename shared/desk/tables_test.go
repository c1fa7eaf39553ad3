package desk

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

// scene is the records a move meets.
type scene struct {
	t       testing.TB
	offer   Offer
	agent   Agent
	sender  Agent // who transferred it
	talk    Interaction
	lease   Lease
	message Message
	letter  DeadLetter
}

// hourOld is Ana's offer that rings from nine to eleven.
func hourOld(t testing.TB) scene {
	o := Offer{Head: Head{ID: "offer"}, Deadline: after(2 * time.Hour)}
	s := scene{t: t, lease: present(ana()).Lease}
	return s.by(func(scene) (Change, error) { return MakeOffer(o, Pair{Agent: ana(), Interaction: queued()}, nine) })
}

type answerRule func(Attended, string, time.Time) (Change, error)

func (s scene) then(answer answerRule) scene {
	return s.by(func(s scene) (Change, error) { return answer(s.asked(), "ana", after(time.Minute)) })
}

func (s scene) ends() scene {
	return s.by(func(s scene) (Change, error) { return End(quiet(s.talk), "ana", "end", after(2*time.Minute)) })
}

// untilTen is the scene where a wrap-up that is owed may be until ten.
func (s scene) untilTen() scene {
	s.talk.Legs = copied(s.talk.Legs)
	for n := range s.talk.Legs {
		if w := &s.talk.Legs[n].WrapUp; w.State == WrapUpOwed {
			w.Limit, w.DueAt = 10*time.Minute, after(time.Hour)
		}
	}
	return s
}

func (s scene) timesOut() (Change, error) {
	return TimeOutWrapUp(s.talk, s.agent, sold(), after(time.Hour))
}

// hushed is the scene whose customer has been silent since eleven minutes past nine, in a queue that warns after twenty minutes
// and closes the conversation after ten more.
func (s scene) hushed() scene {
	s.talk.AnsweredAt, s.talk.Limits = after(11*time.Minute), Limits{WarnAfter: 20 * time.Minute, CloseAfter: 10 * time.Minute}
	s.talk = s.talk.timed()
	return s
}

func (s scene) warns() (Change, error) {
	return WarnOfSilence(s.talk, Queue{Texts: []Text{{On: TextWarning, Text: "still there?"}}}, after(31*time.Minute))
}

func (s scene) falls() (Change, error) {
	return CloseInSilence(s.attended(), []Agent{s.agent}, sold(), after(41*time.Minute))
}

// chatty is Sales where it has something to say.
func chatty() Queue {
	return Queue{Head: stored("sales", 1), Texts: []Text{{On: TextGreeting, Text: "welcome"}, {On: TextBusy, Text: "all busy"}, {On: TextEnded, Text: "bye"}}}
}

func (s scene) greeted() (Change, error) { return Greet(s.talk, chatty(), after(time.Hour)) }

func (s scene) extends() (Change, error) {
	return ExtendWrapUp(s.talk, "ana", "more", after(30*time.Minute))
}

func (s scene) wrapsUp() scene {
	return s.by(func(s scene) (Change, error) {
		return SubmitWrapUp(s.talk, s.agent, Choice{Reason: "sold", Key: "wrap"}, sold(), after(3*time.Minute))
	})
}

func (s scene) by(move func(scene) (Change, error)) scene {
	ch, err := move(s)
	require.NoError(s.t, err)
	for _, r := range saved(ch).Save {
		switch r := r.(type) {
		case *Offer:
			s.offer = *r
		case *Agent:
			if r.ID == s.sender.ID {
				s.sender = *r
				continue
			}
			s.agent = *r
		case *Interaction:
			s.talk = *r
		}
	}
	return s
}

// asked is what the store reads for an answer.
func (s scene) asked() Attended {
	return Attended{Interaction: s.talk, Offer: s.offer, Agent: s.agent, Sender: s.sender}
}

// present and live are what the store reads for a move of presence.
func (s scene) present() Present {
	p := Present{Agent: s.agent, Lease: s.lease}
	if s.agent.Offer != "" {
		p.Offer, p.Ringing, p.Sender = s.offer, s.talk, s.sender
	}
	return p
}

func (s scene) live() []Attended {
	if s.talk.Sits(s.agent.ID) {
		return []Attended{s.attended()}
	}
	return nil
}

// held are the interactions that show on the agent's desktop.
func (s scene) held() []Attended {
	if slices.Contains(s.talk.Agents, s.agent.ID) {
		return []Attended{s.attended()}
	}
	return nil
}

// check makes every move of the table in every state and compares what becomes of the record.
func check(t *testing.T, table string, moves map[string]func(scene) (Change, error), scenes map[string]scene, record func(scene) Record) {
	t.Helper()
	states, rows := parse(t, table)
	require.ElementsMatch(t, states, slices.Collect(maps.Keys(scenes)), "every state has its scene")
	require.ElementsMatch(t, slices.Collect(maps.Keys(rows)), slices.Collect(maps.Keys(moves)), "every move has its row")
	for move, cells := range rows {
		for n, state := range states {
			t.Run(move+" when "+state, func(t *testing.T) {
				s := scenes[state]
				ch, err := moves[move](s)
				assert.Equal(t, cells[n], cell(ch, err, record(s)))
			})
		}
	}
}

// parse reads a table: the states of its header, and the cells of each move.
func parse(t testing.TB, table string) (states []string, rows map[string][]string) {
	t.Helper()
	rows = map[string][]string{}
	for line := range strings.Lines(strings.TrimSpace(table)) {
		move, cells := strings.TrimSpace(line[:28]), strings.Fields(line[28:])
		if states == nil {
			states = cells
			continue
		}
		require.Len(t, cells, len(states), "cells of %s", move)
		require.NotContains(t, rows, move)
		rows[move] = cells
	}
	return states, rows
}

// cell is what a table shows of a move's result.
func cell(ch Change, err error, of Record) string {
	if err != nil {
		return fault.Of(err).Code
	}
	if len(ch.Save) == 0 {
		return "same"
	}
	out := "aside"
	for _, r := range ch.Save {
		if r.Record() != of.Record() {
			continue
		}
		if r.Base().ID == of.Base().ID {
			return stateOf(r)
		}
		out = "new:" + stateOf(r)
	}
	return out
}

func stateOf(r Record) string {
	switch r := r.(type) {
	case *Interaction:
		return string(r.State)
	case *Offer:
		return string(r.State)
	case *Agent:
		return string(r.State)
	case *Message:
		return string(r.State)
	case *DeadLetter:
		return string(r.State)
	}
	return ""
}

// TestTheTablesAreWhole reads the package's source: a table shows every state its records can have and every rule that
// takes one of them.
func TestTheTablesAreWhole(t *testing.T) {
	states, rules := declared(t)
	for _, c := range []struct {
		table, states string
		of            []string // a rule with a parameter of one of these types belongs into the table
	}{
		{interactionTable, "InteractionState", []string{"Interaction", "Known", "Pair", "Present", "Attended", "Start"}},
		{offerTable, "OfferState", []string{"Offer", "Present", "Attended"}},
		{agentTable, "AgentState", []string{"Agent", "Pair", "Attended", "Present", "Lease", "Start"}},
		{messageTable, "MessageState", []string{"Message"}},
		{letterTable, "LetterState", []string{"DeadLetter"}},
	} {
		shown, rows := parse(t, c.table)
		assert.ElementsMatch(t, states[c.states], shown, c.states)
		for rule, params := range rules {
			if !slices.ContainsFunc(c.of, func(p string) bool { return slices.Contains(params, p) }) {
				continue
			}
			assert.True(t, hasRow(rows, rule), "no row shows what %s does in each %s", rule, c.states)
		}
	}
	shown, _ := parse(t, transferTable)
	assert.Subset(t, shown, states["Unanswered"], "a transfer that is not taken")
	_, rows := parse(t, secondTable)
	for rule, params := range rules {
		if slices.ContainsFunc([]string{"Interaction", "Known", "Pair", "Present", "Attended"}, func(p string) bool { return slices.Contains(params, p) }) {
			assert.True(t, hasRow(rows, rule), "no row shows what %s does with each second seat", rule)
		}
	}
	assert.Equal(t, []string{"requested", "joined"}, states["SecondState"], "secondTable has a column for each way to be so")
	assert.Len(t, states["WrapUpState"], 5, "ending_test.go shows what a wrap-up may be")
}

// hasRow reports whether a row of the table shows the rule.
func hasRow(rows map[string][]string, rule string) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(rows)), func(move string) bool {
		return strings.FieldsFunc(move, func(r rune) bool { return r == ' ' || r == ',' })[0] == rule
	})
}

// declared finds the package's constants by type and its rules, the exported functions that give a Change and an error,
// with the types of their parameters.
func declared(t *testing.T) (states, rules map[string][]string) {
	t.Helper()
	states, rules = map[string][]string{}, map[string][]string{}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok && d.Tok == token.CONST && v.Type != nil {
						value, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
						require.NoError(t, err)
						states[typeName(v.Type)] = append(states[typeName(v.Type)], value)
					}
				}
			case *ast.FuncDecl:
				if d.Recv != nil || !d.Name.IsExported() || !givesChange(d.Type.Results) {
					continue
				}
				rules[d.Name.Name] = []string{}
				for _, p := range d.Type.Params.List {
					rules[d.Name.Name] = append(rules[d.Name.Name], typeName(p.Type))
				}
			}
		}
	}
	require.Contains(t, rules, "AcceptOffer")
	return states, rules
}

func givesChange(results *ast.FieldList) bool {
	return results != nil && len(results.List) == 2 && typeName(results.List[0].Type) == "Change" && typeName(results.List[1].Type) == "error"
}

// typeName is the name of a type, or of what it is a list of.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.ArrayType:
		return typeName(e.Elt)
	}
	return ""
}
