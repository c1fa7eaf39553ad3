package conversation

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
)

// longest is the longest text a channel passes on, all of one digit.
func longest(n int) string { return strings.Repeat(string(rune('a'+n%26)), 64<<10) }

// What somebody writes at the greatest length and edits again and again is kept: a message that outgrew what the database
// takes would be told for ever, and hold up everything its customer writes.
func TestTheLongestTextsMayBeEdited(t *testing.T) {
	edit := func(n int) *desk.Remark {
		r := does(desk.RemarkEdit, "wamid.1", noon.Add(time.Duration(n)*time.Second), longest(n)).Remark
		r.Fallback = longest(n)
		return r
	}
	for name, stub := range map[string]bool{"after it came": false, "before it came": true} {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			first := writes("wamid.1", noon, phone(0))
			first.Arrival.Text, first.Arrival.Fallback = longest(0), longest(0)
			if !stub {
				require.NoError(t, b.tell(first))
			}
			for n := 1; n <= 25; n++ {
				told := first
				told.Arrival, told.Remark = nil, edit(n)
				require.NoError(t, b.tell(told), "edit %d", n)
			}
			if stub {
				require.NoError(t, b.tell(first))
			}
			m := load[desk.Message](b, inbound("wamid.1"))
			assert.Equal(t, longest(25), m.Text)
			require.NotEmpty(t, m.Before)
			assert.Equal(t, longest(0), m.Before[0].Text, "what it said at first is kept whole")
		})
	}
}
