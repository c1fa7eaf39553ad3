package meta_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/fault"
)

// A scalar reads every JSON string as the standard library does, and every other value without an error.
func FuzzScalar(f *testing.F) {
	for _, seed := range []string{`"wamid.x"`, `"\u00e4"`, `"ä"`, `"a\"b"`, "\"\xff\"", `"\ud83d"`, `5`, `-1e9`, `null`, `{}`, `"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var s meta.Scalar
		assert.NoError(t, s.UnmarshalJSON(raw))
		if !json.Valid(raw) {
			return
		}
		require.NoError(t, json.Unmarshal(raw, &s))
		var text string
		if json.Unmarshal(raw, &text) == nil {
			assert.Equal(t, text, string(s))
		}
	})
}

// A body is an envelope or an invalid request, and what its lists hold is JSON.
func FuzzReadEnvelope(f *testing.F) {
	for _, seed := range []string{
		`{"object":"page","entry":[{"id":"1","time":5,"messaging":[{"a":1}]}]}`,
		`{"object":"page","entry":[5,{"id":1,"changes":[{"field":"f","value":{}},7]}]}`,
		`{"entry":{}}`, `[]`, `null`, `{`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := meta.ReadEnvelope(body)
		if err != nil {
			assert.True(t, fault.Is(err, fault.Invalid))
			assert.Zero(t, e)
			return
		}
		assert.True(t, json.Valid(body))
		for _, entry := range e.Entries.Items {
			for _, raw := range append(entry.Messaging.Items, entry.Standby.Items...) {
				assert.True(t, json.Valid(raw))
			}
			for _, c := range entry.Changes.Items {
				assert.True(t, c.Value == nil || json.Valid(c.Value))
			}
		}
	})
}

// What is kept of a text is a valid beginning of it, within the limit, and keeping it again changes nothing.
func FuzzTexts(f *testing.F) {
	f.Add("hola", 3)
	f.Add(" mi\t pedido\n\u202efdp.exe ", 200)
	f.Add("👩\u200d👩\u200d👧 ñ", 5)
	f.Add("\xff\xc3", 1)
	f.Add("https://cdn.example/a?b#c", 64)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < 0 {
			return
		}
		clipped := meta.Clip(s, limit)
		assert.True(t, strings.HasPrefix(s, clipped))
		assert.LessOrEqual(t, len(clipped), limit)
		assert.Equal(t, utf8.ValidString(s), utf8.ValidString(clipped) && utf8.ValidString(s[len(clipped):]))
		line := meta.Line(s, limit)
		assert.LessOrEqual(t, utf8.RuneCountInString(line), limit)
		assert.NotContains(t, line, "\n")
		assert.Equal(t, line, meta.Line(line, limit+1))
		if word := meta.Word(s, limit); word != "" {
			assert.Equal(t, s, word)
			assert.NotContains(t, word, "/")
		}
		if link := meta.Link(meta.Scalar(s)); link != "" {
			assert.Equal(t, s, link)
			assert.True(t, strings.HasPrefix(strings.ToLower(link), "http"))
		}
	})
}
