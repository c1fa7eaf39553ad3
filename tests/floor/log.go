package floor

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/deskline/deskline/shared/host"
)

// Log keeps what the functions log. The zero value is ready; Logger goes into suite.Options.
type Log struct {
	mu    sync.Mutex
	lines []Line
}

// Line is one line of a log, by key.
type Line map[string]any

// Logger writes to the log as a deployed function does.
func (l *Log) Logger() *slog.Logger { return host.NewLog(l) }

// Write takes one line. It fails for what is no JSON object, because no log would take that.
func (l *Log) Write(text []byte) (int, error) {
	var line Line
	if err := json.Unmarshal(text, &line); err != nil {
		return 0, fmt.Errorf("log line: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	return len(text), nil
}

// Lines are the lines about requests to the function so far.
func (l *Log) Lines(function string) []Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.lines), func(line Line) bool {
		return line["function"] != function || line["message"] != "request"
	})
}

// Text is everything that was logged, for tests of what must never be.
func (l *Log) Text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text, _ := json.Marshal(l.lines) // they were read from JSON
	return string(text)
}

// Next is the line of the one request that do makes of the function.
func (l *Log) Next(f *Floor, function string, do func()) Line {
	f.T.Helper()
	before := len(l.Lines(function))
	do()
	f.Soon(function+" logs the request", func() error {
		if len(l.Lines(function)) == before {
			return fmt.Errorf("it has %d lines", before)
		}
		return nil
	})
	return l.Lines(function)[before]
}

// Ignored are the counts of what a webhook held that was not for us, by reason.
func (l Line) Ignored() map[string]int {
	counts := map[string]int{}
	reasons, _ := l["ignored"].(map[string]any)
	for reason, n := range reasons {
		if n, ok := n.(float64); ok {
			counts[reason] = int(n)
		}
	}
	return counts
}
