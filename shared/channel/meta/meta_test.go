package meta_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/deskline/deskline/shared/channel/meta"
)

// signed is the signature of signedBody under "app secret", computed with openssl dgst -sha256 -hmac.
const (
	signedBody = `{"text":"\u00e4"}`
	signed     = "sha256=d7a861bdb2b56add51612b5b046deabbcbb8eda11c270788ce4037e6efcd1680"
)

func TestVerify(t *testing.T) {
	secret, other := []byte("app secret"), []byte("next secret")
	digits := strings.TrimPrefix(signed, "sha256=")
	for name, c := range map[string]struct {
		body    string
		header  string
		secrets [][]byte
		want    bool
	}{
		"right":                        {signedBody, signed, [][]byte{secret}, true},
		"right with the second secret": {signedBody, signed, [][]byte{other, secret}, true},
		"right with the first secret":  {signedBody, signed, [][]byte{secret, other}, true},
		"right beside an empty secret": {signedBody, signed, [][]byte{nil, secret}, true},
		"capital digits":               {signedBody, "sha256=" + strings.ToUpper(digits), [][]byte{secret}, true},
		"another secret":               {signedBody, signed, [][]byte{other}, false},
		"no secret":                    {signedBody, signed, nil, false},
		"empty secret":                 {signedBody, meta.Sign([]byte(signedBody), nil), [][]byte{{}}, false},
		"nil secret":                   {signedBody, meta.Sign([]byte(signedBody), nil), [][]byte{nil}, false},
		"body decoded":                 {`{"text":"ä"}`, signed, [][]byte{secret}, false},
		"body with a newline more":     {signedBody + "\n", signed, [][]byte{secret}, false},
		"empty body":                   {"", signed, [][]byte{secret}, false},
		"no header":                    {signedBody, "", [][]byte{secret}, false},
		"no prefix":                    {signedBody, digits, [][]byte{secret}, false},
		"prefix alone":                 {signedBody, "sha256=", [][]byte{secret}, false},
		"capital prefix":               {signedBody, "SHA256=" + digits, [][]byte{secret}, false},
		"SHA-1":                        {signedBody, "sha1=" + digits[:40], [][]byte{secret}, false},
		"too short":                    {signedBody, signed[:len(signed)-1], [][]byte{secret}, false},
		"too long":                     {signedBody, signed + "0", [][]byte{secret}, false},
		"one byte too long":            {signedBody, signed + "00", [][]byte{secret}, false},
		"space after it":               {signedBody, signed + " ", [][]byte{secret}, false},
		"space before it":              {signedBody, " " + signed, [][]byte{secret}, false},
		"not hexadecimal":              {signedBody, signed[:len(signed)-1] + "g", [][]byte{secret}, false},
		"last digit wrong":             {signedBody, signed[:len(signed)-1] + "1", [][]byte{secret}, false},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, meta.Verify([]byte(c.body), c.header, c.secrets...))
		})
	}
}

func TestSignGivesWhatOthersCompute(t *testing.T) {
	assert.Equal(t, signed, meta.Sign([]byte(signedBody), []byte("app secret")))
}

func TestChallenge(t *testing.T) {
	for name, c := range map[string]struct {
		query  string
		token  string
		answer string
		ok     bool
	}{
		"right":                  {"hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=ours", "ours", "1158201444", true},
		"challenge is opaque":    {"hub.mode=subscribe&hub.challenge=a%20%3Cb%3E&hub.verify_token=ours", "ours", "a <b>", true},
		"empty challenge":        {"hub.mode=subscribe&hub.challenge=&hub.verify_token=ours", "ours", "", true},
		"no challenge":           {"hub.mode=subscribe&hub.verify_token=ours", "ours", "", false},
		"wrong token":            {"hub.mode=subscribe&hub.challenge=1&hub.verify_token=Ours", "ours", "", false},
		"token begins right":     {"hub.mode=subscribe&hub.challenge=1&hub.verify_token=our", "ours", "", false},
		"no token sent":          {"hub.mode=subscribe&hub.challenge=1", "ours", "", false},
		"none sent, none ours":   {"hub.mode=subscribe&hub.challenge=1", "", "", false},
		"empty sent, none ours":  {"hub.mode=subscribe&hub.challenge=1&hub.verify_token=", "", "", false},
		"any sent, none ours":    {"hub.mode=subscribe&hub.challenge=1&hub.verify_token=ours", "", "", false},
		"another mode":           {"hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=ours", "ours", "", false},
		"no mode":                {"hub.challenge=1&hub.verify_token=ours", "ours", "", false},
		"names with underscores": {"hub_mode=subscribe&hub_challenge=1&hub_verify_token=ours", "ours", "", false},
		"nothing":                {"", "ours", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			q, err := url.ParseQuery(c.query)
			assert.NoError(t, err)
			answer, ok := meta.Challenge(q, c.token)
			assert.Equal(t, c.ok, ok)
			assert.Equal(t, c.answer, answer)
		})
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte(signedBody), signed, []byte("app secret"))
	f.Add([]byte(""), "sha256=", []byte(""))
	f.Add([]byte("x"), "sha1=00", []byte("k"))
	f.Fuzz(func(t *testing.T, body []byte, header string, secret []byte) {
		right := meta.Sign(body, secret)
		if meta.Verify(body, header, secret) {
			assert.Equal(t, right, strings.ToLower(header))
			assert.NotEmpty(t, secret)
		}
		assert.Equal(t, len(secret) > 0, meta.Verify(body, right, secret))
		assert.False(t, meta.Verify(append(body, 'x'), right, secret))
	})
}
