package view

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

func TestAPlaceTravelsUnharmed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Place{
			At:  time.UnixMicro(rapid.Int64Range(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).UnixMicro()).Draw(t, "at")).UTC(),
			Key: rapid.StringMatching(`[A-Za-z0-9-][A-Za-z0-9_-]{0,127}`).Draw(t, "key"),
		}
		got, err := ParsePlace(p.String())
		require.NoError(t, err)
		assert.Equal(t, p, got)
		assert.Equal(t, store.Spot{At: p.At, ID: p.Key}, got.Spot())
	})
	first, err := ParsePlace("")
	require.NoError(t, err)
	assert.Equal(t, Place{}, first)
	assert.Equal(t, store.Spot{}, first.Spot(), "the first page")
}

func TestWhatIsNoPlaceIsInvalid(t *testing.T) {
	encoded := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for name, cursor := range map[string]string{
		"garbage": "garbage!", "plain": "1 a", "no time": encoded("a"), "no key": encoded("1"), "an empty key": encoded("1 "),
		"a path": encoded("1 a/b"), "a reserved name": encoded("1 __a__"), "a dot": encoded("1 ."), "two words": encoded("1 a b"),
		"a time before time": encoded("-9223372036854775808 a"), "a time after time": encoded("9223372036854775807 a"),
		"too large a time": encoded("99999999999999999999 a"), "no UTF-8": encoded("1 \xff"),
	} {
		_, err := ParsePlace(cursor)
		assert.True(t, fault.HasCode(err, "bad_cursor"), name)
		assert.True(t, fault.Is(err, fault.Invalid), name)
	}
}

func TestPage(t *testing.T) {
	at := func(n int) Place { return Place{At: time.UnixMicro(int64(n)).UTC(), Key: "k"} }
	for _, c := range []struct {
		found []int
		page  []int
		next  Place
	}{
		{nil, nil, Place{}}, {[]int{1}, []int{1}, Place{}}, {[]int{1, 2}, []int{1, 2}, Place{}}, {[]int{1, 2, 3}, []int{1, 2}, at(2)},
	} {
		page, next := Page(c.found, 2, at)
		assert.Equal(t, c.page, page)
		got, err := ParsePlace(next)
		require.NoError(t, err)
		assert.Equal(t, c.next, got)
	}
}
