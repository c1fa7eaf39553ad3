package reports

import (
	"encoding/csv"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/api"
)

func TestATableHasAColumnForEveryField(t *testing.T) {
	want := []string{"agentName"}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[api.Metrics]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		want = append(want, name)
	}
	want = slices.DeleteFunc(want, func(name string) bool { return name == "closes" || name == "reasons" }) // which have one each
	var got []string
	for _, c := range columns {
		got = append(got, c.name)
	}
	assert.ElementsMatch(t, want, got)
}

func TestTable(t *testing.T) {
	at := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	level := 0.125
	text, err := table([]api.Metrics{
		{From: at, To: at.Add(time.Hour), Complete: true, Agent: api.Ref{ID: "ana", Name: `García, "Ana"`}, Entered: 42, TalkTime: 0.25, ServiceLevel: &level,
			Closes: []api.ReasonCount{{Reason: "ended", Count: 3}},
			Reasons: []api.ReasonCount{{Reason: "sold", SubReason: "new", SubReasonName: "New", Count: 1}, {Reason: "sold", SubReason: "new", SubReasonName: "Newer", Count: 2},
				{Reason: "sold", Count: 5}}},
		{From: at.Add(time.Hour), To: at.Add(2 * time.Hour), Closes: []api.ReasonCount{{Reason: "abandoned", Count: 1}}},
	})
	require.NoError(t, err)
	lines := strings.SplitAfter(string(text), "\r\n")
	require.Len(t, lines, 4)
	assert.Empty(t, lines[3])
	assert.True(t, strings.HasPrefix(lines[0], "from,to,complete,agent,agentName,entered,"), lines[0])
	assert.True(t, strings.HasSuffix(lines[0], ",acceptanceRate,closes.abandoned,closes.ended,reasons.sold,reasons.sold.new\r\n"), lines[0])
	assert.True(t, strings.HasPrefix(lines[1], `2026-11-21T09:00:00Z,2026-11-21T10:00:00Z,true,ana,"García, ""Ana""",42,`), lines[1])

	read, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	require.NoError(t, err)
	cell := func(line int, name string) string { return read[line][slices.Index(read[0], name)] }
	assert.Equal(t, []string{"0.25", "0.125", "", "0", "3", "5", "3"}, []string{cell(1, "talkTime"), cell(1, "serviceLevel"), cell(1, "handleTime"),
		cell(1, "closes.abandoned"), cell(1, "closes.ended"), cell(1, "reasons.sold"), cell(1, "reasons.sold.new")}, "a reason that was renamed is one")
	assert.Equal(t, []string{"false", "", "", "0", "", "1", "0"}, []string{cell(2, "complete"), cell(2, "agent"), cell(2, "agentName"), cell(2, "entered"),
		cell(2, "serviceLevel"), cell(2, "closes.abandoned"), cell(2, "reasons.sold.new")})

	none, err := table(nil)
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(string(none), "\r\n"), "the names of the columns")
}

// A name is a name, whatever a spreadsheet makes of texts that begin as formulas do.
func TestNoCellIsAFormula(t *testing.T) {
	for text, want := range map[string]string{
		`=HYPERLINK("https://evil.example","Ana")`: `'=HYPERLINK("https://evil.example","Ana")`,
		"+34600000001": "'+34600000001", "-1+1": "'-1+1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "' =1", "\r=1": "' =1", "\n=1": "' =1",
		"Ana =1": "Ana =1", "Eva;=1": "Eva,=1", "Eva\t=1": "Eva =1", "": "", "ñandú": "ñandú", "'=1": "'=1",
	} {
		assert.Equal(t, want, cell(text))
	}
	text, err := table([]api.Metrics{{Agent: api.Ref{ID: "ana", Name: "=1+1"}}})
	require.NoError(t, err)
	assert.Contains(t, string(text), ",ana,'=1+1,")
}
