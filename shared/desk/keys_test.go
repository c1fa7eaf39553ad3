package desk

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

func TestRepeats(t *testing.T) {
	keys := []Key{{"k1", "idle"}, {"k2", "available"}}
	for _, c := range []struct {
		name, key, request string
		again              bool
		code               string
	}{
		{"no key never repeats", "", "idle", false, ""},
		{"a new key", "k3", "idle", false, ""},
		{"a known key with its request", "k1", "idle", true, ""},
		{"the newest key with its request", "k2", "available", true, ""},
		{"a known key with another request", "k1", "available", false, "key_reused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			again, err := repeats(keys, c.key, c.request)
			assert.Equal(t, c.again, again)
			if c.code == "" {
				assert.NoError(t, err)
				return
			}
			assert.True(t, fault.HasCode(err, c.code), "%v", err)
			assert.True(t, fault.Is(err, fault.Unprocessable), "%v", err)
		})
	}
}

func TestAnEmptyKeyIsNotFoundAmongEmptyKeys(t *testing.T) {
	again, err := repeats([]Key{{"", "idle"}}, "", "idle")
	require.NoError(t, err)
	assert.False(t, again)
}

func TestRememberKeepsTheLastEightKeys(t *testing.T) {
	var keys []Key
	for n := 1; n <= 8; n++ {
		keys = remember(keys, fmt.Sprintf("k%d", n), "r")
	}
	assert.Equal(t, []Key{{"k1", "r"}, {"k2", "r"}, {"k3", "r"}, {"k4", "r"}, {"k5", "r"}, {"k6", "r"}, {"k7", "r"}, {"k8", "r"}}, keys)

	nine := remember(keys, "k9", "r")
	assert.Equal(t, []Key{{"k2", "r"}, {"k3", "r"}, {"k4", "r"}, {"k5", "r"}, {"k6", "r"}, {"k7", "r"}, {"k8", "r"}, {"k9", "r"}}, nine)
	assert.Equal(t, Key{"k1", "r"}, keys[0], "the list it was given stays as it was")
}

func TestRememberIgnoresAnEmptyKey(t *testing.T) {
	assert.Nil(t, remember(nil, "", "r"))
	assert.Equal(t, []Key{{"k1", "r"}}, remember([]Key{{"k1", "r"}}, "", "r"))
}

func TestRememberDoesNotWriteBehindTheListItWasGiven(t *testing.T) {
	room := make([]Key, 1, 4)
	room[0] = Key{"k1", "r"}
	remember(room, "k2", "r")
	assert.Equal(t, Key{}, room[:2][1])
}
