package meta_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/fault"
)

func TestReadEnvelope(t *testing.T) {
	e, err := meta.ReadEnvelope([]byte(` {
		"object": "page",
		"new": {"field": [1]},
		"entry": [
			{"id": 1122334455667788990, "time": 1458692752478, "messaging": [{"a": 1}, 7]},
			{"id": "42", "time": "1458692752", "standby": [{}]},
			{"id": null, "changes": [{"field": "messages", "value": {"b": 2}}, "odd", {"field": "feed"}]}
		]
	} `))
	require.NoError(t, err)
	assert.EqualValues(t, "page", e.Object)
	assert.Zero(t, e.Entries.Odd)
	require.Len(t, e.Entries.Items, 3)

	first, second, third := e.Entries.Items[0], e.Entries.Items[1], e.Entries.Items[2]
	assert.EqualValues(t, "1122334455667788990", first.ID)
	assert.EqualValues(t, "1458692752478", first.Time)
	assert.Equal(t, []json.RawMessage{json.RawMessage(`{"a": 1}`), json.RawMessage(`7`)}, first.Messaging.Items)
	assert.EqualValues(t, "42", second.ID)
	assert.Len(t, second.Standby.Items, 1)
	assert.EqualValues(t, "", third.ID)
	require.Len(t, third.Changes.Items, 2)
	assert.Equal(t, 1, third.Changes.Odd)
	assert.EqualValues(t, "messages", third.Changes.Items[0].Field)
	assert.JSONEq(t, `{"b":2}`, string(third.Changes.Items[0].Value))
	assert.EqualValues(t, "feed", third.Changes.Items[1].Field)
}

func TestReadEnvelopeOddEntrySpoilsOnlyItself(t *testing.T) {
	e, err := meta.ReadEnvelope([]byte(`{"object":"page","entry":[5,{"id":"1"},[],{"id":"2","changes":{}},"x",null]}`))
	require.NoError(t, err)
	assert.Equal(t, 3, e.Entries.Odd, "the number, the list and the string")
	require.Len(t, e.Entries.Items, 3)
	assert.EqualValues(t, "1", e.Entries.Items[0].ID)
	assert.EqualValues(t, "2", e.Entries.Items[1].ID)
	assert.Equal(t, 1, e.Entries.Items[1].Changes.Odd)
}

func TestReadEnvelopeRefuses(t *testing.T) {
	for name, c := range map[string]struct{ body, code string }{
		"nothing":            {"", "malformed_json"},
		"space":              {" \n", "malformed_json"},
		"text":               {"hello", "malformed_json"},
		"cut off":            {`{"object":"page","entry":[`, "malformed_json"},
		"two values":         {`{"object":"page"}{"object":"page"}`, "malformed_json"},
		"trailing text":      {`{"object":"page"} x`, "malformed_json"},
		"form":               {"object=page", "malformed_json"},
		"raw control":        {"{\"object\":\"a\x01\"}", "malformed_json"},
		"bottomless":         {strings.Repeat(`[`, 100_000), "malformed_json"},
		"too deep":           {`{"entry":` + strings.Repeat(`[`, 20_000) + strings.Repeat(`]`, 20_000) + `}`, "malformed_json"},
		"list":               {`[{"object":"page"}]`, "wrong_shape"},
		"string":             {`"page"`, "wrong_shape"},
		"number":             {`1`, "wrong_shape"},
		"null":               {` null `, "wrong_shape"},
		"entry is an object": {`{"object":"page","entry":{"id":"1"}}`, "wrong_shape"},
		"entry is a string":  {`{"object":"page","entry":"1"}`, "wrong_shape"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := meta.ReadEnvelope([]byte(c.body))
			require.Error(t, err)
			assert.True(t, fault.Is(err, fault.Invalid))
			assert.True(t, fault.HasCode(err, c.code), "%v", err)
		})
	}
}

func TestReadEnvelopeTakes(t *testing.T) {
	for name, body := range map[string]string{
		"no entry":       `{"object":"page"}`,
		"null entry":     `{"object":"page","entry":null}`,
		"empty list":     `{"object":"page","entry":[]}`,
		"nothing at all": `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			e, err := meta.ReadEnvelope([]byte(body))
			require.NoError(t, err)
			assert.Empty(t, e.Entries.Items)
			assert.Zero(t, e.Entries.Odd)
		})
	}
}

func TestScalar(t *testing.T) {
	for raw, want := range map[string]meta.Scalar{
		`"wamid.x"`:             "wamid.x",
		`""`:                    "",
		`"\u00e4\ud83d\udc4d"`:  "ä👍",
		`"ä👍"`:                  "ä👍",
		`"\ud83d"`:              "\ufffd",
		"\"\xff\"":              "\ufffd",
		`"a\"b"`:                `a"b`,
		`16505551234`:           "16505551234",
		`-5`:                    "-5",
		`123456789012345678901`: "123456789012345678901",
		`1.5e3`:                 "1.5e3",
		`null`:                  "",
		`true`:                  "",
		`[1]`:                   "",
		`{"id":"1"}`:            "",
	} {
		s := meta.Scalar("old")
		require.NoError(t, json.Unmarshal([]byte(raw), &s), raw)
		assert.Equal(t, want, s, raw)
	}
}

func TestScalarInt(t *testing.T) {
	for s, want := range map[meta.Scalar]int{"0": 0, "131047": 131047, "-1": -1} {
		n, ok := s.Int()
		assert.True(t, ok, s)
		assert.Equal(t, want, n)
	}
	for _, s := range []meta.Scalar{"", "x", "1.5", "1e3", " 1", "99999999999999999999"} {
		_, ok := s.Int()
		assert.False(t, ok, s)
	}
}

func TestTimestamp(t *testing.T) {
	at := time.Date(2025, 6, 8, 20, 59, 43, 0, time.UTC)
	for s, want := range map[meta.Scalar]time.Time{
		"1749416383":          at,
		"1749416383250":       at.Add(250 * time.Millisecond),
		"946684800":           time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		"946684799":           {},
		"4102444799":          time.Date(2099, 12, 31, 23, 59, 59, 0, time.UTC),
		"4102444800":          {},
		"4102444799999":       time.Date(2099, 12, 31, 23, 59, 59, 999_000_000, time.UTC),
		"4102444800000":       {},
		"1749416383250000":    {}, // microseconds
		"0":                   {},
		"-1749416383":         {},
		"9223372036854775807": {},
		"9223372036854775808": {},
		"1749416383.5":        {},
		"1.7e9":               {},
		"TIMESTAMP":           {},
		"":                    {},
		" 1749416383":         {},
		"2025-06-08":          {},
	} {
		assert.Equal(t, want, meta.Timestamp(s), "%q", s)
	}
}

func TestMaybe(t *testing.T) {
	type inner struct {
		N int `json:"n"`
	}
	var all struct {
		Good   meta.Maybe[inner] `json:"good"`
		Odd    meta.Maybe[inner] `json:"odd"`
		Null   meta.Maybe[inner] `json:"null"`
		Absent meta.Maybe[inner] `json:"absent"`
		Flag   meta.Maybe[bool]  `json:"flag"`
	}
	require.NoError(t, json.Unmarshal([]byte(`{"good":{"n":3},"odd":{"n":"three"},"null":null,"flag":"yes"}`), &all))
	require.NotNil(t, all.Good.Value)
	assert.Equal(t, 3, all.Good.Value.N)
	assert.Nil(t, all.Odd.Value)
	assert.Nil(t, all.Null.Value)
	assert.Nil(t, all.Absent.Value)
	assert.Nil(t, all.Flag.Value)
}

func TestListIsReadAnew(t *testing.T) {
	l := meta.List[int]{Items: []int{9}, Odd: 9}
	require.NoError(t, json.Unmarshal([]byte(`[1,"x",2]`), &l))
	assert.Equal(t, []int{1, 2}, l.Items)
	assert.Equal(t, 1, l.Odd)
	require.NoError(t, json.Unmarshal([]byte(`{"not":"a list"}`), &l))
	assert.Empty(t, l.Items)
	assert.Equal(t, 1, l.Odd)
	require.NoError(t, json.Unmarshal([]byte(`null`), &l))
	assert.Empty(t, l.Items)
	assert.Zero(t, l.Odd)
}

func TestLabel(t *testing.T) {
	for s, want := range map[string]string{
		"message_template_status_update": "message_template_status_update",
		"OAuthException":                 "OAuthException",
		"131047":                         "131047",
		"":                               "",
		"Ana Pérez":                      "",
		"a b":                            "",
		"a\nb":                           "",
		"+34600111222":                   "",
		"mail@example.com":               "",
		strings.Repeat("a", 64):          strings.Repeat("a", 64),
		strings.Repeat("a", 65):          "",
	} {
		assert.Equal(t, want, meta.Label(s), "%q", s)
	}
}
