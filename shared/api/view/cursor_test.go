package view

import (
	"encoding/base64"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

func TestACursorTravelsUnharmed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Cursor{
			Of: rapid.String().Draw(t, "of"), Agent: rapid.Int64().Draw(t, "agent"), Offer: rapid.String().Draw(t, "offer"),
			Seats: map[string]Seen{},
		}
		for _, id := range rapid.SliceOfN(rapid.StringMatching("[a-z0-9]{1,32}"), 0, 5).Draw(t, "seats") {
			c.Seats[id] = Seen{Version: rapid.Int64().Draw(t, "version"), Seq: rapid.Int64().Draw(t, "seq"), Changes: rapid.Int64().Draw(t, "changes")}
		}
		got, err := ParseCursor(c.String())
		require.NoError(t, err)
		assert.Equal(t, c, got)
	})
}

func TestTheZeroCursorTravelsToo(t *testing.T) {
	got, err := ParseCursor(Cursor{}.String())
	require.NoError(t, err)
	assert.Equal(t, Cursor{Seats: map[string]Seen{}}, got)
}

// The contract takes cursors of 4096 visible characters. The busiest agent there can be has 50 conversations, and an
// offer.
func TestTheLongestCursorFitsTheContract(t *testing.T) {
	a := desk.Agent{Head: desk.Head{ID: strings.Repeat("a", 64), Version: math.MaxInt32}, Offer: strings.Repeat("f", 32)}
	c := CursorOf(a, nil)
	for n := range 50 {
		c.Seats[fmt.Sprintf("%032x", n)] = Seen{Version: 99_999, Seq: 99_999, Changes: 999_999}
	}
	assert.Regexp(t, regexp.MustCompile("^[!-~]+$"), c.String())
	assert.LessOrEqual(t, len(c.String()), 4096)
}

func TestTheCursorOfASnapshot(t *testing.T) {
	a := desk.Agent{Head: desk.Head{ID: "ana", Version: 7}, Offer: "o1"}
	i := desk.Interaction{Head: desk.Head{ID: "i1", Version: 5}, Seq: 3}
	assert.Equal(t, Cursor{Of: "ana", Agent: 7, Offer: "o1", Seats: map[string]Seen{"i1": {Version: 5, Seq: 3}}},
		CursorOf(a, []desk.Interaction{i}))
}

func TestWhatIsNoCursorIsInvalid(t *testing.T) {
	encoded := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for name, cursor := range map[string]string{
		"empty": "", "garbage": "garbage!", "plain": `{"a":1}`, "no JSON": encoded("a1"), "a list": encoded("[1]"),
		"a seat of the wrong form": encoded(`{"s":{"i1":{"v":1}}}`), "a number in quotes": encoded(`{"a":"1"}`),
		"a number that is too large": encoded(`{"a":9223372036854775808}`), "padded": encoded(`{"a":1}`) + "=",
		"half of one": encoded(`{"a":1,"s":`),
	} {
		_, err := ParseCursor(cursor)
		assert.True(t, fault.HasCode(err, "bad_cursor"), name)
		assert.True(t, fault.Is(err, fault.Invalid), name)
	}
}
