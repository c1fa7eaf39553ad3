// Package identity is a small OpenID Connect issuer for the local suite: it
// signs the tokens of demo agents and of the service accounts that push
// deliveries, timers and schedules are called with. It stands where the centre's
// own identity provider and Google's token service stand in production, and the
// product verifies its tokens the same way: discovery, key set, RS256.
//
// It trusts everybody who can reach it. Whether an address belongs to an agent is
// the product's decision, so any well-formed e-mail address gets a token.
package identity

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Lifetime is how long tokens are valid unless asked otherwise, as long as the ones
// Google signs for push deliveries.
// Source: docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions, read 2026-11.
const Lifetime = time.Hour

// keyBits is the size of the signing key; RS256 forbids smaller ones (RFC 7518 §3.3).
const keyBits = 2048

// ErrNoBaseURL is returned while the issuer does not know its own address, which
// every token names.
var ErrNoBaseURL = errors.New("identity: base URL not set")

// ErrEmail is returned for an address that is not a plain e-mail address
// ("ana@example.test", no display name).
var ErrEmail = errors.New("identity: malformed e-mail address")

// ErrAudience is returned when no audience is named.
var ErrAudience = errors.New("identity: audience missing")

// Key signs the tokens of an issuer. Make one with NewKey.
type Key struct {
	made   chan struct{} // closed when the rest is there
	signer jose.Signer
	keySet []byte // the JWKS document
}

// NewKey has a fresh key made, which takes a processor a tenth of a second or so, and
// does not wait for it. Who signs or asks for the key set does.
func NewKey() *Key {
	k := &Key{made: make(chan struct{})}
	go k.make()
	return k
}

func (k *Key) make() {
	defer close(k.made)
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		panic(fmt.Sprintf("identity: generate key: %v", err)) // fails for an impossible size only
	}
	if k.signer, k.keySet, err = signing(private); err != nil {
		panic(fmt.Sprintf("identity: prepare signing: %v", err))
	}
}

// sign signs a payload.
func (k *Key) sign(payload []byte) (*jose.JSONWebSignature, error) {
	<-k.made
	return k.signer.Sign(payload)
}

// set is the key set that verifies what the key has signed.
func (k *Key) set() []byte {
	<-k.made
	return k.keySet
}

// Issuer signs tokens and publishes the keys to verify them. Make one with New or
// NewWithKey. An Issuer may be used from many goroutines.
type Issuer struct {
	now func() time.Time
	key *Key
	mux *http.ServeMux

	mu      sync.RWMutex
	baseURL string
	cache   map[cacheKey]cachedToken // service tokens
}

// New makes an issuer with a fresh key: a token of another is a stranger's to those
// who trust this one, whatever base URL it has. The base URL is the value of the
// tokens' iss claim and the address that discovery is served under, without trailing
// slash; it may be empty until SetBaseURL is called. A nil now is time.Now.
func New(baseURL string, now func() time.Time) *Issuer {
	return NewWithKey(baseURL, now, NewKey())
}

// NewWithKey is New with a key that other issuers may have too. Only their base URLs
// tell their tokens apart.
func NewWithKey(baseURL string, now func() time.Time, key *Key) *Issuer {
	if now == nil {
		now = time.Now
	}
	i := &Issuer{now: now, key: key}
	i.SetBaseURL(baseURL)
	i.mux = i.routes()
	return i
}

// signing returns a signer for the key and the key set that verifies it. The key
// ID is the key's thumbprint (RFC 7638), so two keys never share one.
func signing(key *rsa.PrivateKey) (jose.Signer, []byte, error) {
	public := jose.JSONWebKey{Key: key.Public(), Algorithm: string(jose.RS256), Use: "sig"}
	thumbprint, err := public.Thumbprint(thumbprintHash)
	if err != nil {
		return nil, nil, fmt.Errorf("thumbprint: %w", err)
	}
	public.KeyID = encode(thumbprint)
	private := jose.JSONWebKey{Key: key, KeyID: public.KeyID, Algorithm: public.Algorithm, Use: public.Use}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.RS256, Key: private},
		(&jose.SignerOptions{}).WithType("JWT"),
	)
	if err != nil {
		return nil, nil, fmt.Errorf("signer: %w", err)
	}
	keySet, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}})
	if err != nil {
		return nil, nil, fmt.Errorf("key set: %w", err)
	}
	return signer, keySet, nil
}

// BaseURL is the issuer's address and the iss claim of its tokens, "" while unknown.
func (i *Issuer) BaseURL() string {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.baseURL
}

// SetBaseURL gives the issuer its address, for servers that learn their port when
// they listen. Trailing slashes are dropped. Tokens issued before keep the old one.
func (i *Issuer) SetBaseURL(baseURL string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.baseURL = strings.TrimRight(baseURL, "/")
	i.cache = make(map[cacheKey]cachedToken)
}
