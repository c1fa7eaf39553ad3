package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// notes is a log that keeps what a violation is explained with: which faults happened in which trace, which requests of which
// trace were about which interaction, and who panicked. It is safe for concurrent use.
type notes struct {
	now func() time.Time

	mu     sync.Mutex
	faults map[string][]string        // by trace
	traces map[string]map[string]bool // by interaction
	failed map[string][]string        // what functions logged as failed, by trace
	crash  []string                   // panics
}

func newNotes() *notes {
	return &notes{faults: map[string][]string{}, traces: map[string]map[string]bool{}, failed: map[string][]string{}}
}

// Enabled implements slog.Handler: faults are told at debug.
func (n *notes) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs implements slog.Handler.
func (n *notes) WithAttrs(attrs []slog.Attr) slog.Handler { return withAttrs{n, attrs} }

// WithGroup implements slog.Handler.
func (n *notes) WithGroup(string) slog.Handler { return n }

// Handle implements slog.Handler.
func (n *notes) Handle(_ context.Context, r slog.Record) error {
	n.keep(r, nil)
	return nil
}

// withAttrs is a log whose lines have attributes in common.
type withAttrs struct {
	*notes
	attrs []slog.Attr
}

// WithAttrs implements slog.Handler.
func (w withAttrs) WithAttrs(attrs []slog.Attr) slog.Handler {
	return withAttrs{w.notes, append(w.attrs[:len(w.attrs):len(w.attrs)], attrs...)}
}

// Handle implements slog.Handler.
func (w withAttrs) Handle(_ context.Context, r slog.Record) error {
	w.keep(r, w.attrs)
	return nil
}

func (n *notes) keep(r slog.Record, more []slog.Attr) {
	var trace, line string
	var about []string
	crashed := false
	see := func(a slog.Attr) bool {
		switch a.Key {
		case "trace":
			trace = a.Value.String()
		case "interaction":
			about = append(about, a.Value.String())
		case "stack":
			crashed = true
			fallthrough
		default:
			line += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		}
		return true
	}
	for _, a := range more {
		see(a)
	}
	r.Attrs(see)
	n.mu.Lock()
	defer n.mu.Unlock()
	if trace == "" && len(about) > 0 {
		trace = "none, of " + about[0]
	}
	for _, i := range about {
		if n.traces[i] == nil {
			n.traces[i] = map[string]bool{}
		}
		n.traces[i][trace] = true
	}
	line = n.now().Format("15:04:05.000") + " " + r.Message + line
	if crashed {
		n.crash = append(n.crash, line)
	}
	switch {
	case trace == "":
	case r.Message == "fault injected":
		n.faults[trace] = append(n.faults[trace], line)
	case r.Level >= slog.LevelWarn:
		n.failed[trace] = append(n.failed[trace], line)
	}
}

// about are the faults and failures in the traces that an interaction is known to have been dealt with in, by trace.
func (n *notes) about(interaction string) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []string
	for trace := range n.traces[interaction] {
		for _, line := range append(n.faults[trace][:len(n.faults[trace]):len(n.faults[trace])], n.failed[trace]...) {
			list = append(list, line+" trace="+trace)
		}
	}
	return list
}

// crashes finds functions that panicked.
func (n *notes) crashes() (f findings) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, line := range n.crash {
		f = append(f, violation{What: "a function panicked: " + line})
	}
	return f
}
