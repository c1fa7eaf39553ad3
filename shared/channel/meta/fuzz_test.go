package meta_test

import (
	"encoding/json"
	"testing"

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
