package reports

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskline/deskline/shared/api"
)

// ExportMetrics implements the operation of the same name in the contract.
func (h handlers) ExportMetrics(w http.ResponseWriter, r *http.Request, req api.ExportMetricsRequest) error {
	list, err := h.GetMetrics(r.Context(), api.GetMetricsRequest(req))
	if err != nil {
		return err
	}
	text, err := table(list.Items)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
	w.Header().Set("Content-Disposition", `attachment; filename="metrics.csv"`)
	_, _ = w.Write(text) // the caller is gone: nobody is left to tell
	return nil
}

// column is a field of metrics: a time, a bool, a text, or a number that may be absent.
type column struct {
	name string
	cell func(api.Metrics) any
}

var columns = []column{
	{"from", func(m api.Metrics) any { return m.From }},
	{"to", func(m api.Metrics) any { return m.To }},
	{"complete", func(m api.Metrics) any { return m.Complete }},
	{"agent", func(m api.Metrics) any { return m.Agent.ID }},
	{"agentName", func(m api.Metrics) any { return m.Agent.Name }},
	{"entered", func(m api.Metrics) any { return m.Entered }},
	{"again", func(m api.Metrics) any { return m.Again }},
	{"started", func(m api.Metrics) any { return m.Started }},
	{"answered", func(m api.Metrics) any { return m.Answered }},
	{"answeredWithin", func(m api.Metrics) any { return m.AnsweredWithin }},
	{"answeredAgain", func(m api.Metrics) any { return m.AnsweredAgain }},
	{"abandoned", func(m api.Metrics) any { return m.Abandoned }},
	{"abandonedShort", func(m api.Metrics) any { return m.AbandonedShort }},
	{"abandonedAgain", func(m api.Metrics) any { return m.AbandonedAgain }},
	{"left", func(m api.Metrics) any { return m.Left }},
	{"overflowed", func(m api.Metrics) any { return m.Overflowed }},
	{"longestWait", func(m api.Metrics) any { return m.LongestWait }},
	{"responded", func(m api.Metrics) any { return m.Responded }},
	{"offers", func(m api.Metrics) any { return m.Offers }},
	{"accepted", func(m api.Metrics) any { return m.Accepted }},
	{"declined", func(m api.Metrics) any { return m.Declined }},
	{"rona", func(m api.Metrics) any { return m.RONA }},
	{"rescinded", func(m api.Metrics) any { return m.Rescinded }},
	{"transfersToQueues", func(m api.Metrics) any { return m.TransfersToQueues }},
	{"transfersToAgents", func(m api.Metrics) any { return m.TransfersToAgents }},
	{"transfersFromQueues", func(m api.Metrics) any { return m.TransfersFromQueues }},
	{"transfersFromAgents", func(m api.Metrics) any { return m.TransfersFromAgents }},
	{"conferencesRequested", func(m api.Metrics) any { return m.ConferencesRequested }},
	{"conferences", func(m api.Metrics) any { return m.Conferences }},
	{"handled", func(m api.Metrics) any { return m.Handled }},
	{"talkTime", func(m api.Metrics) any { return m.TalkTime }},
	{"wrapUpTime", func(m api.Metrics) any { return m.WrapUpTime }},
	{"lost", func(m api.Metrics) any { return m.Lost }},
	{"reopened", func(m api.Metrics) any { return m.Reopened }},
	{"serviceLevel", func(m api.Metrics) any { return m.ServiceLevel }},
	{"abandonmentRate", func(m api.Metrics) any { return m.AbandonmentRate }},
	{"speedOfAnswer", func(m api.Metrics) any { return m.SpeedOfAnswer }},
	{"firstResponse", func(m api.Metrics) any { return m.FirstResponse }},
	{"handleTime", func(m api.Metrics) any { return m.HandleTime }},
	{"acceptanceRate", func(m api.Metrics) any { return m.AcceptanceRate }},
}

// table is the metrics as RFC 4180 writes a table.
func table(items []api.Metrics) ([]byte, error) {
	all := slices.Concat(columns, reasonColumns("closes.", items, func(m api.Metrics) []api.ReasonCount { return m.Closes }),
		reasonColumns("reasons.", items, func(m api.Metrics) []api.ReasonCount { return m.Reasons }))
	var text bytes.Buffer
	out := csv.NewWriter(&text)
	out.UseCRLF = true
	line := make([]string, len(all))
	for n, c := range all {
		line[n] = cell(c.name)
	}
	_ = out.Write(line) // into memory: what fails is said at the end
	for _, m := range items {
		for n, c := range all {
			line[n] = cell(c.cell(m))
		}
		_ = out.Write(line)
	}
	out.Flush()
	return text.Bytes(), out.Error()
}

// reasonColumns are a column for each reason that occurs, by ID.
func reasonColumns(prefix string, items []api.Metrics, counts func(api.Metrics) []api.ReasonCount) (all []column) {
	var names []string
	for _, m := range items {
		for _, r := range counts(m) {
			names = append(names, reasonName(r))
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		all = append(all, column{prefix + name, func(m api.Metrics) any {
			n := 0
			for _, r := range counts(m) {
				if reasonName(r) == name { // it has several counts when its name was changed meanwhile
					n += r.Count
				}
			}
			return n
		}})
	}
	return all
}

func reasonName(r api.ReasonCount) string {
	if r.SubReason == "" {
		return r.Reason
	}
	return r.Reason + "." + r.SubReason
}

// formulas are the characters by whose standing first a spreadsheet knows a formula. Source: owasp.org, "CSV Injection", read 2026-11.
const formulas = "=+-@"

// inOneCell has a text stay in its cell where a spreadsheet begins another one at semicolons, tabs or new lines, whatever the quotes.
var inOneCell = strings.NewReplacer(";", ",", "\t", " ", "\r", " ", "\n", " ")

// cell is what stands in a cell. Nothing that people wrote is taken for a formula there.
func cell(v any) string {
	switch x := v.(type) {
	case time.Time:
		return x.UTC().Format(time.RFC3339)
	case *float64:
		if x == nil {
			return ""
		}
		return cell(*x)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case string:
		x = inOneCell.Replace(x)
		if first := strings.TrimLeft(x, " "); first != "" && strings.ContainsRune(formulas, rune(first[0])) {
			return "'" + x
		}
		return x
	}
	return fmt.Sprint(v)
}
