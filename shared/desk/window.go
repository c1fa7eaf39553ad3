package desk

import "time"

// Window is for how long a customer can be answered, counted from when he last wrote.
type Window struct {
	State WindowState
	Until time.Time // when the state ends; zero when it does not end by itself
}

// WindowState says how a customer can be answered now.
type WindowState string

// The states of a window.
const (
	WindowOpen   WindowState = "open"   // freely
	WindowHuman  WindowState = "human"  // by a human agent, marked as such
	WindowClosed WindowState = "closed" // not at all, until he writes again
)

// Meta's windows. Sources: Messenger's Send API reference and the WhatsApp Cloud API's error codes (131047), read 2026-11.
const (
	metaWindow  = 24 * time.Hour
	humanWindow = 7 * 24 * time.Hour // Messenger's tag HUMAN_AGENT
)

// Window is the channel's window at now for a customer who last wrote at wroteAt; for one who never wrote it is closed.
// The last instant is outside.
func (c Channel) Window(wroteAt, now time.Time) Window {
	if wroteAt.IsZero() {
		return Window{State: WindowClosed}
	}
	free, human := wroteAt.Add(metaWindow), wroteAt.Add(humanWindow)
	switch {
	case now.Before(free):
		return Window{State: WindowOpen, Until: free}
	case c == Messenger && now.Before(human):
		return Window{State: WindowHuman, Until: human}
	}
	return Window{State: WindowClosed}
}
