package meta_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/deskline/deskline/shared/channel/meta"
)

func TestWord(t *testing.T) {
	for s, want := range map[string]string{
		"":            "",
		"5550001":     "5550001",
		"aZ9_-.":      "aZ9_-.",
		"12345678":    "12345678",
		"123456789":   "",
		"a/b":         "",
		"a b":         "",
		"ñ":           "",
		"<PAGE_ID>":   "",
		"a\x00":       "",
		"../../other": "",
	} {
		assert.Equal(t, want, meta.Word(s, 8), "%q", s)
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		s     string
		limit int
		want  string
	}{
		{"", 0, ""},
		{"hola", 4, "hola"},
		{"hola", 3, "hol"},
		{"hola", 0, ""},
		{"año", 2, "a"},
		{"año", 3, "añ"},
		{"👋", 3, ""},
		{"👋👋", 7, "👋"},
	} {
		assert.Equal(t, c.want, meta.Clip(c.s, c.limit), "%q %d", c.s, c.limit)
	}
}

func TestLine(t *testing.T) {
	for _, c := range []struct {
		s     string
		limit int
		want  string
	}{
		{"  mi\t pedido\n", 20, "mi pedido"},
		{"a\u202efdp.exe", 20, "a fdp.exe"},
		{"a\u2066b\u2069", 20, "a b"},
		{"a\x00b", 20, "a b"},
		{"👩‍👩‍👧", 20, "👩‍👩‍👧"},
		{"ñandú", 2, "ña"},
		{"mi pedido", 3, "mi"},
		{"ñandú", 5, "ñandú"},
		{" \n ", 5, ""},
		{strings.Repeat("a", 70000), 70000, strings.Repeat("a", 65536)},
	} {
		assert.Equal(t, c.want, meta.Line(c.s, c.limit), "%.20q %d", c.s, c.limit)
	}
}

func TestBracket(t *testing.T) {
	assert.Equal(t, "[image]", meta.Bracket("image"))
	assert.Equal(t, "[image]", meta.Bracket("image", "", ""))
	parts := []string{"", "a", "", "b"}
	assert.Equal(t, "[image] a, b", meta.Bracket("image", parts...))
	assert.Equal(t, []string{"", "a", "", "b"}, parts, "the caller's parts stay as they were")
}

func TestAt(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 30, 0, 0, time.FixedZone("", 3600)) // 1795163400
	utc := time.Date(2026, 11, 20, 8, 30, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		stamps []meta.Scalar
		want   time.Time
	}{
		"none":                   {nil, utc},
		"seconds":                {[]meta.Scalar{"1795163398"}, utc.Add(-2 * time.Second)},
		"milliseconds":           {[]meta.Scalar{"1795163398500"}, utc.Add(-1500 * time.Millisecond)},
		"the second stamp":       {[]meta.Scalar{"", "1795163398"}, utc.Add(-2 * time.Second)},
		"the first of two":       {[]meta.Scalar{"1795163398", "1795163300"}, utc.Add(-2 * time.Second)},
		"no time at all":         {[]meta.Scalar{"soon", "-1", "12341"}, utc},
		"as far as clocks go":    {[]meta.Scalar{"1795163460"}, utc.Add(time.Minute)},
		"ahead":                  {[]meta.Scalar{"1795163461"}, utc},
		"ahead, and a right one": {[]meta.Scalar{"1795163461", "1795163398"}, utc},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, meta.At(now, c.stamps...)) })
	}
}

func TestDegrees(t *testing.T) {
	for _, c := range []struct{ lat, long, x, y string }{
		{"40.4168", "-3.70379", "40.4168", "-3.70379"},
		{"40", "-3.7037901234", "40", "-3.70379"},
		{"100e-1", "0", "10", "0"},
		{"-0.0000001", "0", "0", "0"},
		{"90", "-180", "90", "-180"},
		{"90.1", "0", "", ""},
		{"0", "180.1", "", ""},
		{"NaN", "0", "", ""},
		{"0", "Inf", "", ""},
		{"1e999", "0", "", ""},
		{"40", "", "", ""},
		{"", "", "", ""},
	} {
		lat, long := meta.Degrees(meta.Scalar(c.lat), meta.Scalar(c.long))
		assert.Equal(t, []string{c.x, c.y}, []string{lat, long}, "%s %s", c.lat, c.long)
	}
}

func TestLink(t *testing.T) {
	long := "https://cdn.example/" + strings.Repeat("a", 4096-len("https://cdn.example/"))
	for s, want := range map[string]string{
		"https://cdn.example/a.png?x=1&y=%20": "https://cdn.example/a.png?x=1&y=%20",
		"http://cdn.example":                  "http://cdn.example",
		"HTTPS://cdn.example/":                "HTTPS://cdn.example/",
		long:                                  long,
		long + "a":                            "",
		"":                                    "",
		"IMAGE_URL":                           "",
		"//cdn.example/a.png":                 "",
		"https:///a.png":                      "",
		"javascript:alert(1)":                 "",
		"data:text/html,x":                    "",
		"file:///etc/passwd":                  "",
		"https://cdn.example/\n":              "",
		"https://[::1":                        "",
	} {
		assert.Equal(t, want, meta.Link(meta.Scalar(s)), "%.40q", s)
	}
}
