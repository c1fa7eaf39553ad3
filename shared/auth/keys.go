package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/deskline/deskline/shared/fault"
)

const (
	// keysFresh is how long keys are used without asking again. A key the issuer has withdrawn is refused after that at
	// the latest.
	keysFresh = time.Hour
	// keysPause is how long a signature no known key explains does not make us ask the issuer again. It bounds what
	// forged tokens can cost the issuer, and how long a key the issuer used before it published it is refused.
	keysPause = 10 * time.Second
	// keysRetry is the pause after a failed try, as long as no keys are known at all.
	keysRetry = time.Second
	// keysTimeout bounds one try.
	keysTimeout = 5 * time.Second
	// keysMaxBytes bounds the issuer's answer.
	keysMaxBytes = 1 << 20
)

// algorithms are the signatures we accept: those with a public key that issuers use.
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// keySet is the issuer's public keys, fetched when they are first needed. It implements oidc.KeySet. go-oidc's own
// RemoteKeySet asks the issuer again for every signature it cannot verify, however many come, and never forgets a key;
// this one does both by the clock. No goroutine outlives a call.
type keySet struct {
	issuer string
	url    string // of the JSON Web Key Set; empty: discovered
	client *http.Client
	now    func() time.Time

	asking chan struct{} // holds one element while somebody asks the issuer
	found  string        // the discovered address of the keys; used by who is asking

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	fetched time.Time // when keys were read; zero when never
	tried   time.Time // when the last try ended; who waited for it does not begin another
	failure error     // why the last try failed; nil when it did not
}

func newKeySet(issuer, url string, client *http.Client, now func() time.Time) *keySet {
	return &keySet{issuer: issuer, url: url, client: client, now: now, asking: make(chan struct{}, 1)}
}

// unavailable is why a signature could not be checked, for the caller of Verify: go-oidc keeps only the text of what a
// key set returns.
type unavailable struct{ err error }

type unavailableKey struct{}

// VerifySignature implements oidc.KeySet.
func (k *keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return nil, err
	}
	keys, stale := k.known()
	payload, ok := verify(jws, keys)
	if ok && !stale {
		return payload, nil
	}
	keys, err = k.refresh(ctx, !ok)
	if err != nil {
		if u, ok := ctx.Value(unavailableKey{}).(*unavailable); ok {
			u.err = err
		}
		return nil, err
	}
	if payload, ok := verify(jws, keys); ok {
		return payload, nil
	}
	return nil, errors.New("no key of the issuer made this signature")
}

func verify(jws *jose.JSONWebSignature, keys []jose.JSONWebKey) ([]byte, bool) {
	id := jws.Signatures[0].Header.KeyID
	for i := range keys {
		if id != "" && keys[i].KeyID != id {
			continue
		}
		if payload, err := jws.Verify(&keys[i]); err == nil {
			return payload, true
		}
	}
	return nil, false
}

// known is the keys at hand, and whether they are too old to go by.
func (k *keySet) known() (keys []jose.JSONWebKey, stale bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys, k.now().Sub(k.fetched) >= keysFresh
}

// refresh asks the issuer for its keys, one caller at a time and not more often than the pauses allow; else, and when
// the issuer does not answer, it gives the keys at hand. It fails only when there are none. While another caller asks,
// one with wait waits for that answer and one without goes on with the keys at hand.
func (k *keySet) refresh(ctx context.Context, wait bool) ([]jose.JSONWebKey, error) {
	select {
	case k.asking <- struct{}{}:
	default:
		if !wait {
			keys, _ := k.known()
			return keys, nil
		}
		select {
		case k.asking <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer func() { <-k.asking }()

	k.mu.Lock()
	pause := keysPause
	if k.fetched.IsZero() {
		pause = keysRetry
	}
	if !k.tried.IsZero() && k.now().Sub(k.tried) < pause {
		defer k.mu.Unlock()
		return k.atHand()
	}
	k.mu.Unlock()

	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keysTimeout)
	defer cancel()
	keys, err := k.ask(ctx)

	k.mu.Lock()
	defer k.mu.Unlock()
	k.tried, k.failure = k.now(), err
	if err == nil {
		k.keys, k.fetched = keys, k.tried
	}
	return k.atHand()
}

// atHand is the keys read last. The caller holds mu.
func (k *keySet) atHand() ([]jose.JSONWebKey, error) {
	if k.fetched.IsZero() {
		return nil, k.failure
	}
	return k.keys, nil
}

// ask reads the keys from their address. A discovered address that fails is discovered anew at the next try.
func (k *keySet) ask(ctx context.Context) ([]jose.JSONWebKey, error) {
	if k.url != "" {
		return k.fetch(ctx, k.url)
	}
	if k.found == "" {
		url, err := k.discover(ctx)
		if err != nil {
			return nil, err
		}
		k.found = url
	}
	keys, err := k.fetch(ctx, k.found)
	if err != nil {
		k.found = ""
	}
	return keys, err
}

func (k *keySet) fetch(ctx context.Context, url string) ([]jose.JSONWebKey, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("key set address: %w", err)
	}
	res, err := k.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetch keys: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, keysMaxBytes))
	if err != nil {
		return nil, fmt.Errorf("fetch keys: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch keys: the issuer answers %s", res.Status)
	}
	return parseKeys(body)
}

func (k *keySet) discover(ctx context.Context) (string, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, k.client), k.issuer)
	if err != nil {
		return "", fmt.Errorf("discover %s: %w", k.issuer, err)
	}
	var doc struct {
		JWKSURL string `json:"jwks_uri"`
	}
	if err := provider.Claims(&doc); err != nil {
		return "", fmt.Errorf("discover %s: %w", k.issuer, err)
	}
	if doc.JWKSURL == "" {
		return "", fmt.Errorf("discover %s: there is no jwks_uri", k.issuer)
	}
	return doc.JWKSURL, nil
}

// parseKeys reads a JSON Web Key Set. Keys of a kind we do not know, and private or symmetric ones, are skipped: a set
// may hold keys for other uses (RFC 7517, section 5, read 2026-11-21).
func parseKeys(body []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) == nil && key.Valid() && key.IsPublic() && key.Use != "enc" {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("read keys: the issuer has none we can use")
	}
	return keys, nil
}

func issuerUnavailable(err error) error {
	return fmt.Errorf("%w: %w",
		fault.New(fault.Unavailable, "issuer_unavailable", "the token issuer does not answer; try again in a moment"), err)
}
