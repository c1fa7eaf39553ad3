package graph

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSignatureOfKnownBytes(t *testing.T) {
	// Test case 2 of RFC 4231.
	assert.Equal(t, "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		Sign("Jefe", []byte("what do ya want for nothing?")))
}

func TestEscapesAsMetaDoes(t *testing.T) {
	for name, test := range map[string]struct {
		in   any
		want string
	}{
		"beyond ASCII":      {"äöå", `"\u00e4\u00f6\u00e5"`},
		"beyond 16 bits":    {"👍🏽", `"\ud83d\udc4d\ud83c\udffd"`},
		"slash":             {"a/b", `"a\/b"`},
		"slash, escaped":    {json.RawMessage(`"a\/b"`), `"a\/b"`},
		"backslash slash":   {`\/`, `"\\\/"`},
		"backslash at end":  {`ä\`, `"\u00e4\\"`},
		"quote":             {`"é"`, `"\"\u00e9\""`},
		"HTML":              {"<a&b>", `"<a&b>"`},
		"line separators":   {"\u2028\n", `"\u2028\n"`},
		"lone surrogate":    {json.RawMessage(`"\ud83d"`), `"\ud83d"`},
		"escape kept":       {json.RawMessage(`"\u00E4"`), `"\u00E4"`},
		"replacement":       {"\xff", `"\ufffd"`},
		"names of members":  {map[string]int{"ñ/": 1}, `{"\u00f1\/":1}`},
		"nothing to escape": {map[string]any{"a": []int{1, 2}}, `{"a":[1,2]}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := encode(test.in)
			require.NoError(t, err)
			assert.Equal(t, test.want, string(got))
		})
	}
	_, err := encode(make(chan int))
	require.Error(t, err)
}

func TestEscapedTextIsTheSameText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		raw, err := encode(map[string]string{text: text})
		require.NoError(t, err)
		for _, b := range raw {
			require.Less(t, b, byte(0x80))
		}
		var back map[string]string
		require.NoError(t, json.Unmarshal(raw, &back))
		require.Equal(t, map[string]string{text: text}, back)
	})
}

func TestMessageIDsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		seen[newMessageID("34600000001", toCustomer, toCustomerDigits)] = true
		seen[newMessageID("34600000001", fromCustomer, fromCustomerDigits)] = true
	}
	assert.Len(t, seen, 2000)
	assert.Regexp(t, `^[1-9][0-9]{9}$`, newChallenge())
}

func TestOldPostsAreForgotten(t *testing.T) {
	p := posts{body: map[string][]byte{}}
	for i := range keptPosts + 1 {
		p.keep([]string{time.Unix(int64(i), 0).UTC().Format(time.RFC3339)}, []byte{1})
	}
	assert.Len(t, p.body, keptPosts)
	assert.NotContains(t, p.body, "1970-01-01T00:00:00Z")
	assert.Contains(t, p.body, "1970-01-01T00:00:01Z")
}
