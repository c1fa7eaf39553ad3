package admin

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

// FuzzParse: whatever the file, reading it ends with mistakes that have a place, or with records that can be stored and
// that a second import finds unchanged.
func FuzzParse(f *testing.F) {
	f.Add(centre.Example)
	f.Add([]byte(complete))
	for _, seed := range []string{
		"", "~", "[]", "{}", "teams: [{id: t, name: T}]", "teams: &a [*a]", "clients: [&a {id: a, name: A}]\nteams: [*a]\n",
		"--- {}\n--- {}\n", "? a\n: b\n", "teams: !!binary aGk=", "teams: [{id: !!int x, name: !!null T}]", "a: |\n  b\n c",
		"%YAML 1.2\n---\nteams:\n", "teams: [{<<: *t}]", "\xef\xbb\xbfteams: []", "agents: [{id: a, email: \"a@b\"}]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 64<<10 {
			return
		}
		read, err := parse(body)
		if err == nil {
			err = read.check(desk.Setup{})
		}
		if err != nil {
			require.True(t, fault.HasCode(err, "import_invalid"), "%v", err)
			found := errorsOf(err)
			require.NotEmpty(t, found)
			require.LessOrEqual(t, len(found), 100)
			for n, m := range found {
				assert.Positive(t, m.Line)
				assert.NotEmpty(t, m.Message)
				assert.True(t, n == 0 || found[n-1].Line <= m.Line, "in the order of the file")
			}
			return
		}
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		first := desk.Import(desk.Centre{Head: desk.Head{ID: desk.CentreID}}, desk.Setup{}, read.Setup, "ada", now)
		require.NotEmpty(t, first.Save)
		again := desk.Import(*first.Centre, stored(first.Save), read.Setup, "ada", now)
		assert.Empty(t, again.Save)
		assert.Equal(t, first.Created, again.Unchanged)
	})
}

// stored is what a centre has after the records were saved in it.
func stored(saved []desk.Record) (s desk.Setup) {
	for _, rec := range saved {
		rec.Base().Version++
		switch rec := rec.(type) {
		case *desk.Client:
			s.Clients = append(s.Clients, *rec)
		case *desk.Project:
			s.Projects = append(s.Projects, *rec)
		case *desk.Team:
			s.Teams = append(s.Teams, *rec)
		case *desk.Queue:
			s.Queues = append(s.Queues, *rec)
		case *desk.Reason:
			s.Reasons = append(s.Reasons, *rec)
		case *desk.Template:
			s.Templates = append(s.Templates, *rec)
		case *desk.Asset:
			s.Assets = append(s.Assets, *rec)
		case *desk.Agent:
			s.Agents = append(s.Agents, *rec)
		}
	}
	return s
}
