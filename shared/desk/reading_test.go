package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestFromWhenATranscriptShowsThePast(t *testing.T) {
	day := Queue{HistoryHours: 24}
	yesterday := nine.Add(-24 * time.Hour)
	for _, c := range []struct {
		name   string
		before time.Time
		queue  Queue
		want   time.Time
	}{
		{"the first conversation", time.Time{}, day, time.Time{}},
		{"just within the hours", yesterday, day, yesterday},
		{"just before them", yesterday.Add(-tick), day, time.Time{}},
		{"a minute ago", nine.Add(-time.Minute), day, yesterday},
		{"a queue that shows nothing", nine.Add(-time.Minute), Queue{}, time.Time{}},
	} {
		assert.Equal(t, c.want, Interaction{OpenedAt: nine, Before: c.before}.Past(c.queue), c.name)
	}
}
