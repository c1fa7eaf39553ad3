package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestWindow(t *testing.T) {
	open, human, closed := Window{State: WindowOpen, Until: after(day)}, Window{State: WindowHuman, Until: after(week)}, Window{State: WindowClosed}
	for _, c := range []struct {
		name    string
		channel Channel
		wrote   time.Time
		at      time.Duration
		want    Window
	}{
		{"just written", WhatsApp, nine, 0, open},
		{"our clock is behind", WhatsApp, nine, -time.Minute, open},
		{"a microsecond before a day", WhatsApp, nine, day - tick, open},
		{"a day", WhatsApp, nine, day, closed},
		{"a microsecond after", WhatsApp, nine, day + tick, closed},
		{"a week", WhatsApp, nine, week, closed},
		{"never written", WhatsApp, time.Time{}, 0, closed},
		{"just written", Messenger, nine, 0, open},
		{"a microsecond before a day", Messenger, nine, day - tick, open},
		{"a day", Messenger, nine, day, human},
		{"a microsecond before a week", Messenger, nine, week - tick, human},
		{"a week", Messenger, nine, week, closed},
		{"a microsecond after", Messenger, nine, week + tick, closed},
		{"never written", Messenger, time.Time{}, 0, closed},
	} {
		t.Run(string(c.channel)+" "+c.name, func(t *testing.T) { assert.Equal(t, c.want, c.channel.Window(c.wrote, after(c.at))) })
	}
}
