package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestTheLedgerNamesTheHoursOfAllQueues(t *testing.T) {
	i := Interaction{Head: Head{ID: "talk"}, Queue: "sales"}
	i, page := i.noted(nine, EventOpened, "", "sales")
	assert.Nil(t, page)
	i = i.marked(after(59 * time.Minute))
	assert.Equal(t, []string{"sales|2026-03-02T09"}, i.Ledger, "an hour is named once")

	was := i.Ledger
	i.Queue = "support"
	i = i.marked(after(time.Hour))
	assert.Equal(t, []string{"sales|2026-03-02T09", "support|2026-03-02T10", "sales|2026-03-02T10"}, i.Ledger)
	assert.Equal(t, []string{"sales|2026-03-02T09"}, was, "the record it came from is as it was")

	east := time.FixedZone("", 5*3600+1800)
	i = i.marked(time.Date(2026, 3, 3, 5, 29, 0, 0, east))
	assert.Equal(t, []string{"support|2026-03-02T23", "sales|2026-03-02T23"}, i.Ledger[3:], "hours are UTC's")

	assert.True(t, i.MarkedIn("sales"))
	assert.False(t, i.MarkedIn("sale"))
	assert.False(t, Interaction{}.MarkedIn("sales"))
}
