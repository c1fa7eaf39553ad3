package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// start is when the tests' clock begins.
var start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

const (
	audience = "https://desk.example.com"
	jwksPath = "/keys"
)

// issuer is an OpenID Connect issuer with a clock of its own.
type issuer struct {
	*httptest.Server
	t *testing.T

	mu        sync.Mutex
	now       time.Time
	keys      []jose.JSONWebKey
	raw       string // what the key set answers instead of keys
	status    int    // what both documents answer instead of 200
	asked     map[string]int
	discovery map[string]any
	hold      chan struct{} // the key set answers when it is closed
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{t: t, now: start, asked: map[string]int{}}
	i.Server = httptest.NewServer(http.HandlerFunc(i.serve))
	t.Cleanup(i.Close)
	i.discovery = map[string]any{"issuer": i.URL, "jwks_uri": i.URL + jwksPath}
	i.keys = []jose.JSONWebKey{newKey(t, "k1")}
	return i
}

func newKey(t testing.TB, id string) jose.JSONWebKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return jose.JSONWebKey{Key: key, KeyID: id, Algorithm: string(jose.ES256), Use: "sig"}
}

func (i *issuer) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.asked[r.URL.Path]++
	hold := i.hold
	i.mu.Unlock()
	if hold != nil && r.URL.Path == jwksPath {
		<-hold
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.status != 0 {
		w.WriteHeader(i.status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path != jwksPath {
		_ = json.NewEncoder(w).Encode(i.discovery)
		return
	}
	if i.raw != "" {
		_, _ = w.Write([]byte(i.raw))
		return
	}
	var set jose.JSONWebKeySet
	for _, key := range i.keys {
		set.Keys = append(set.Keys, key.Public())
	}
	_ = json.NewEncoder(w).Encode(set)
}

// set changes the issuer while it may be serving.
func (i *issuer) set(f func(*issuer)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	f(i)
}

// fetches is how often the keys were asked for.
func (i *issuer) fetches() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[jwksPath]
}

// Now is the time on the issuer's clock, for the verifier too.
func (i *issuer) Now() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.now
}

func (i *issuer) advance(d time.Duration) { i.set(func(i *issuer) { i.now = i.now.Add(d) }) }

type claims map[string]any

// token is signed by the issuer's first key and good for an hour; c adds claims, and takes away those it gives as nil.
func (i *issuer) token(c claims) string {
	i.t.Helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	all := claims{"iss": i.URL, "aud": audience, "sub": "1", "email": "ana@example.com", "email_verified": true,
		"iat": i.now.Unix(), "exp": i.now.Add(time.Hour).Unix()}
	for name, value := range c {
		all[name] = value
		if value == nil {
			delete(all, name)
		}
	}
	return sign(i.t, i.keys[0], all)
}

func sign(t testing.TB, key jose.JSONWebKey, c claims) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", key.KeyID)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.Algorithm), Key: key.Key}, options)
	require.NoError(t, err)
	payload, err := json.Marshal(c)
	require.NoError(t, err)
	signed, err := signer.Sign(payload)
	require.NoError(t, err)
	raw, err := signed.CompactSerialize()
	require.NoError(t, err)
	return raw
}

// unsigned is a token whose header says that it has no signature.
func unsigned(t *testing.T, c claims) string {
	t.Helper()
	payload, err := json.Marshal(c)
	require.NoError(t, err)
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + enc(payload) + "."
}

// tampered is the token with another payload under the same signature.
func tampered(t *testing.T, token string, c claims) string {
	t.Helper()
	parts := strings.Split(token, ".")
	payload, err := json.Marshal(c)
	require.NoError(t, err)
	parts[1] = base64.RawURLEncoding.EncodeToString(payload)
	return strings.Join(parts, ".")
}

// bearing is a request with the token.
func bearing(token string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}
