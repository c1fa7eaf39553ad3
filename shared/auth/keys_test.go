package auth

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

func TestNothingIsFetchedBeforeItIsNeeded(t *testing.T) {
	i := newIssuer(t)
	a := newAgents(t, i, Config{})
	assert.Zero(t, i.fetches())
	for range 3 {
		_, err := a.Authenticate(bearing(i.token(nil)))
		require.NoError(t, err)
		_, err = a.Authenticate(bearing(i.token(claims{"sub": "2"})))
		require.NoError(t, err)
	}
	assert.Equal(t, 1, i.fetches())
	assert.Equal(t, 1, i.asked["/.well-known/openid-configuration"])
}

func TestKeysAtAGivenAddress(t *testing.T) {
	i := newIssuer(t)
	a := newAgents(t, i, Config{JWKSURL: i.URL + jwksPath})
	_, err := a.Authenticate(bearing(i.token(nil)))
	require.NoError(t, err)
	assert.Zero(t, i.asked["/.well-known/openid-configuration"])
}

func TestForgedTokensDoNotHammerTheIssuer(t *testing.T) {
	i := newIssuer(t)
	a := newAgents(t, i, Config{})
	_, err := a.Authenticate(bearing(i.token(nil)))
	require.NoError(t, err)
	i.advance(keysPause)

	forged := func(n int) string {
		return sign(t, newKey(t, "forged-"+strconv.Itoa(n)), claims{"iss": i.URL, "aud": audience, "exp": start.Add(time.Hour).Unix()})
	}
	burst := func() {
		var wg sync.WaitGroup
		for n := range 50 {
			token := forged(n)
			wg.Go(func() {
				_, err := a.Authenticate(bearing(token))
				assert.True(t, fault.HasCode(err, "token_invalid"), "%v", err)
			})
		}
		wg.Wait()
	}
	burst()
	assert.Equal(t, 2, i.fetches(), "one for all of them")
	i.advance(keysPause - time.Nanosecond)
	burst()
	assert.Equal(t, 2, i.fetches(), "none within the pause")
	i.advance(time.Nanosecond)
	burst()
	assert.Equal(t, 3, i.fetches())
}

func TestKeysRotate(t *testing.T) {
	i := newIssuer(t)
	a := newAgents(t, i, Config{})
	old := i.token(nil)
	_, err := a.Authenticate(bearing(old))
	require.NoError(t, err)

	i.advance(keysPause)
	i.set(func(i *issuer) { i.keys = []jose.JSONWebKey{newKey(t, "k2"), i.keys[0]} })
	_, err = a.Authenticate(bearing(i.token(nil)))
	require.NoError(t, err, "a new key is looked up at once")
	assert.Equal(t, 2, i.fetches())
	_, err = a.Authenticate(bearing(old))
	require.NoError(t, err)
}

func TestAKeyReplacedUnderTheSameID(t *testing.T) {
	i := newIssuer(t)
	a := newAgents(t, i, Config{})
	_, err := a.Authenticate(bearing(i.token(nil)))
	require.NoError(t, err)
	i.advance(keysPause)
	i.set(func(i *issuer) { i.keys = []jose.JSONWebKey{newKey(t, "k1")} })
	_, err = a.Authenticate(bearing(i.token(nil)))
	require.NoError(t, err, "an issuer that was set up anew")
}

func TestAWithdrawnKeyIsForgotten(t *testing.T) {
	i := newIssuer(t)
	a := newAgents(t, i, Config{})
	_, err := a.Authenticate(bearing(i.token(nil)))
	require.NoError(t, err)
	withdrawn := i.keys[0]
	i.set(func(i *issuer) { i.keys = []jose.JSONWebKey{newKey(t, "k2")} })
	token := sign(t, withdrawn, claims{"iss": i.URL, "aud": audience, "email": "ana@example.com", "exp": start.Add(9 * time.Hour).Unix()})

	i.advance(keysFresh - time.Nanosecond)
	_, err = a.Authenticate(bearing(sign(t, withdrawn, claims{"iss": i.URL, "aud": audience, "email": "ana@example.com",
		"exp": start.Add(8 * time.Hour).Unix()})))
	require.NoError(t, err)
	assert.Equal(t, 1, i.fetches())
	i.advance(time.Nanosecond)
	_, err = a.Authenticate(bearing(token))
	assert.True(t, fault.HasCode(err, "token_invalid"), "%v", err)
	assert.Equal(t, 2, i.fetches())
}

func TestAGoodTokenIsRemembered(t *testing.T) {
	i := newIssuer(t)
	a := newAgents(t, i, Config{})
	r := bearing(i.token(claims{"exp": start.Add(9 * time.Hour).Unix()}))
	_, err := a.Authenticate(r)
	require.NoError(t, err)
	i.set(func(i *issuer) { i.keys = []jose.JSONWebKey{newKey(t, "k2")} })
	i.advance(8 * time.Hour)
	_, err = a.Authenticate(r)
	require.NoError(t, err, "until it expires, without asking anybody")
	assert.Equal(t, 1, i.fetches())
}

func TestKnownKeysOutliveTheIssuer(t *testing.T) {
	i := newIssuer(t)
	a := newAgents(t, i, Config{})
	_, err := a.Authenticate(bearing(i.token(nil)))
	require.NoError(t, err)
	i.set(func(i *issuer) { i.status = http.StatusBadGateway })
	i.advance(24 * time.Hour)
	for range 3 {
		_, err = a.Authenticate(bearing(i.token(nil)))
		require.NoError(t, err)
	}
	assert.Equal(t, 2, i.fetches(), "tried once, then not before the pause is over")
}

func TestIssuerThatDoesNotAnswerYet(t *testing.T) {
	for name, broken := range map[string]func(*issuer){
		"unavailable":     func(i *issuer) { i.status = http.StatusServiceUnavailable },
		"no JSON":         func(i *issuer) { i.raw = "<html>" },
		"no keys":         func(i *issuer) { i.raw = `{"keys":[]}` },
		"only other keys": func(i *issuer) { i.raw = `{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"k1"},{"kty":"new","kid":"k1"}]}` },
		"other issuer":    func(i *issuer) { i.discovery["issuer"] = "https://evil.example.com" },
		"no address":      func(i *issuer) { delete(i.discovery, "jwks_uri") },
		"wrong address":   func(i *issuer) { i.discovery["jwks_uri"] = "ftp://nowhere" },
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			i.set(broken)
			a := newAgents(t, i, Config{})
			for range 2 {
				_, err := a.Authenticate(bearing(i.token(nil)))
				assert.True(t, fault.HasCode(err, "issuer_unavailable"), "%v", err)
				assert.True(t, fault.Is(err, fault.Unavailable))
			}
			asked := i.asked["/.well-known/openid-configuration"]
			assert.Equal(t, 1, asked, "the second within the pause")

			i.set(func(i *issuer) {
				i.status, i.raw = 0, ""
				i.discovery = map[string]any{"issuer": i.URL, "jwks_uri": i.URL + jwksPath}
			})
			i.advance(keysRetry)
			_, err := a.Authenticate(bearing(i.token(nil)))
			require.NoError(t, err, "tried again")
		})
	}
}

func TestAnUnreachableIssuer(t *testing.T) {
	i := newIssuer(t)
	token := i.token(nil)
	a := newAgents(t, i, Config{JWKSURL: i.URL + jwksPath})
	i.Close()
	_, err := a.Authenticate(bearing(token))
	assert.True(t, fault.HasCode(err, "issuer_unavailable"), "%v", err)
}

func TestOneCallerFetchesForAll(t *testing.T) {
	i := newIssuer(t)
	release := make(chan struct{})
	i.hold = release
	a := newAgents(t, i, Config{JWKSURL: i.URL + jwksPath})
	var wg sync.WaitGroup
	for range 20 {
		token := i.token(nil)
		wg.Go(func() {
			_, err := a.Authenticate(bearing(token))
			assert.NoError(t, err)
		})
	}
	assert.Eventually(t, func() bool { return i.fetches() == 1 }, time.Minute, time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := a.Authenticate(bearing(i.token(nil)).WithContext(ctx))
	assert.ErrorIs(t, err, context.Canceled, "who has gone does not wait")
	close(release)
	wg.Wait()
	assert.Equal(t, 1, i.fetches())
}

func TestWhoWaitedSharesTheFailure(t *testing.T) {
	i := newIssuer(t)
	release := make(chan struct{})
	i.hold, i.status = release, http.StatusBadGateway
	a := newAgents(t, i, Config{JWKSURL: i.URL + jwksPath})
	var wg sync.WaitGroup
	for range 20 {
		token := i.token(nil)
		wg.Go(func() {
			_, err := a.Authenticate(bearing(token))
			assert.True(t, fault.HasCode(err, "issuer_unavailable"), "%v", err)
		})
	}
	assert.Eventually(t, func() bool { return i.fetches() == 1 }, time.Minute, time.Millisecond)
	i.advance(time.Minute) // the issuer takes its time
	close(release)
	wg.Wait()
	assert.Equal(t, 1, i.fetches())
}

func TestNobodyWaitsForFreshKeysWhoHasGoodOnes(t *testing.T) {
	i := newIssuer(t)
	a := newAgents(t, i, Config{JWKSURL: i.URL + jwksPath})
	_, err := a.Authenticate(bearing(i.token(nil)))
	require.NoError(t, err)
	i.advance(keysFresh)
	release := make(chan struct{})
	i.set(func(i *issuer) { i.hold = release })
	one, two := i.token(claims{"sub": "one"}), i.token(claims{"sub": "two"})

	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := a.Authenticate(bearing(one))
		assert.NoError(t, err)
	})
	assert.Eventually(t, func() bool { return i.fetches() == 2 }, time.Minute, time.Millisecond)
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = a.Authenticate(bearing(two).WithContext(impatient))
	require.NoError(t, err, "while the first still asks")
	close(release)
	wg.Wait()
}

func TestKeysWithoutIDAndOfOtherKinds(t *testing.T) {
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	i := newIssuer(t)
	encryption := jose.JSONWebKey{Key: pair, KeyID: "enc", Algorithm: string(jose.RS256), Use: "enc"}
	i.keys = []jose.JSONWebKey{newKey(t, "a"), newKey(t, "b"), {Key: pair, KeyID: "rsa", Algorithm: string(jose.RS256), Use: "sig"}, encryption}
	a := newAgents(t, i, Config{})
	good := claims{"iss": i.URL, "aud": audience, "email": "ana@example.com", "exp": start.Add(time.Hour).Unix()}

	nameless := i.keys[1]
	nameless.KeyID = ""
	for _, key := range []jose.JSONWebKey{nameless, i.keys[2]} {
		_, err = a.Authenticate(bearing(sign(t, key, good)))
		assert.NoError(t, err, key.KeyID)
	}
	_, err = a.Authenticate(bearing(sign(t, encryption, good)))
	assert.True(t, fault.HasCode(err, "token_invalid"), "a key for encryption signs nothing")
}

// The public key as an HMAC secret: a verifier that lets the token choose the algorithm takes it.
func TestAlgorithmConfusion(t *testing.T) {
	i := newIssuer(t)
	a := newAgents(t, i, Config{})
	pub, err := i.keys[0].Public().MarshalJSON()
	require.NoError(t, err)
	secret := jose.JSONWebKey{Key: pub, KeyID: "k1", Algorithm: string(jose.HS256)}
	_, err = a.Authenticate(bearing(sign(t, secret, claims{"iss": i.URL, "aud": audience, "email": "ana@example.com", "exp": start.Add(time.Hour).Unix()})))
	assert.True(t, fault.HasCode(err, "token_invalid"), "%v", err)
}

func TestCacheIsBounded(t *testing.T) {
	var c cache
	id := func(n int) [sha256.Size]byte { return sha256.Sum256([]byte(strconv.Itoa(n))) }
	kept := &token{email: "kept"}
	c.put(id(-1), kept)
	for n := range 10 * cacheHalf {
		c.put(id(n), &token{})
		assert.LessOrEqual(t, len(c.newer)+len(c.old), 2*cacheHalf)
		if n%(cacheHalf/2) == 0 {
			got, ok := c.get(id(-1))
			require.True(t, ok, "what is used stays")
			require.Same(t, kept, got)
		}
	}
	_, ok := c.get(id(0))
	assert.False(t, ok, "what is not used goes")
	for n := 10*cacheHalf - cacheHalf + 10; n < 10*cacheHalf; n++ {
		_, ok := c.get(id(n))
		require.True(t, ok, "the newest are there")
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(b, err)
	key := jose.JSONWebKey{Key: pair, KeyID: "k1", Algorithm: string(jose.RS256), Use: "sig"}
	body, err := key.Public().MarshalJSON()
	require.NoError(b, err)
	client := &http.Client{Transport: answering(`{"keys":[` + string(body) + `]}`)}
	s, err := NewService(ServiceConfig{Issuer: "https://issuer.example.com", Audience: audience, JWKSURL: "https://issuer.example.com/keys",
		Emails: []string{"push@example.com"}}, Client(client))
	require.NoError(b, err)
	token := func(n int) string {
		return sign(b, key, claims{"iss": "https://issuer.example.com", "aud": audience, "email": "push@example.com", "email_verified": true,
			"exp": time.Now().Add(time.Hour).Unix(), "jti": n})
	}
	b.Run("known token", func(b *testing.B) {
		r := bearing(token(0))
		for b.Loop() {
			require.NoError(b, s.Check(r))
		}
	})
	b.Run("new token", func(b *testing.B) {
		tokens := make([]*http.Request, 512)
		for n := range tokens {
			tokens[n] = bearing(token(n))
		}
		n := 0
		for b.Loop() {
			s.tokens.good = cache{}
			require.NoError(b, s.Check(tokens[n%len(tokens)]))
			n++
		}
	})
}
