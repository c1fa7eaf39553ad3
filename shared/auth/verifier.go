package auth

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// token is what a verified token says.
type token struct {
	expiry   time.Time
	email    string
	verified *bool // email_verified; nil when the token does not say
	claims   map[string]json.RawMessage
}

// claim is a claim that is a text; empty when it is not there or is something else.
func (t *token) claim(name string) string {
	var s string
	_ = json.Unmarshal(t.claims[name], &s) // what is no text counts as absent
	return s
}

// verifier checks tokens of one issuer for one audience. A token found good is remembered until it expires, because
// checking a signature is most of what a small request costs.
type verifier struct {
	oidc *oidc.IDTokenVerifier
	now  func() time.Time
	good cache
}

func newVerifier(issuer, audience, jwksURL string, opt options) (*verifier, error) {
	if issuer == "" {
		return nil, errors.New("auth: the issuer is not set")
	}
	if audience == "" {
		return nil, errors.New("auth: the audience is not set")
	}
	algs := make([]string, len(algorithms))
	for i, a := range algorithms {
		algs[i] = string(a)
	}
	keys := newKeySet(issuer, jwksURL, opt.client, opt.now)
	config := &oidc.Config{ClientID: audience, SupportedSigningAlgs: algs, Now: opt.now}
	return &verifier{oidc: oidc.NewVerifier(issuer, keys, config), now: opt.now}, nil
}

// request verifies the bearer token of the request.
func (v *verifier) request(r *http.Request) (*token, error) {
	raw, err := bearer(r.Header)
	if err != nil {
		return nil, err
	}
	return v.verify(r.Context(), raw)
}

// bearer is the token of the one Authorization header. Source: RFC 6750, section 2.1, read 2026-11-21.
func bearer(h http.Header) (string, error) {
	values := h.Values("Authorization")
	if len(values) == 0 {
		return "", errMissing()
	}
	scheme, raw, _ := strings.Cut(values[0], " ")
	raw = strings.TrimSpace(raw)
	if len(values) > 1 || !strings.EqualFold(scheme, "Bearer") || raw == "" {
		return "", errMissing()
	}
	return raw, nil
}

// maxToken is the longest token looked at, in bytes. Google's are about 1 kB.
const maxToken = 16 << 10

func (v *verifier) verify(ctx context.Context, raw string) (*token, error) {
	if len(raw) > maxToken {
		return nil, errInvalid()
	}
	id := sha256.Sum256([]byte(raw))
	t, ok := v.good.get(id)
	if !ok {
		var err error
		if t, err = v.check(ctx, raw); err != nil {
			return nil, err
		}
		v.good.put(id, t)
	}
	if !v.now().Before(t.expiry) {
		return nil, errExpired()
	}
	return t, nil
}

func (v *verifier) check(ctx context.Context, raw string) (*token, error) {
	var down unavailable
	parsed, err := v.oidc.Verify(context.WithValue(ctx, unavailableKey{}, &down), raw)
	if down.err != nil {
		return nil, issuerUnavailable(down.err)
	}
	if err != nil {
		if late, ok := errors.AsType[*oidc.TokenExpiredError](err); ok && !late.Expiry.IsZero() {
			return nil, errExpired()
		}
		return nil, fmt.Errorf("%w: %w", errInvalid(), err)
	}
	t := &token{expiry: parsed.Expiry}
	if err := parsed.Claims(&t.claims); err != nil {
		return nil, fmt.Errorf("%w: %w", errInvalid(), err)
	}
	t.email = strings.ToLower(t.claim("email"))
	t.verified = truth(t.claims["email_verified"])
	return t, nil
}

// truth reads a claim that should be a boolean and that some issuers write as a text. Nil when it is not there; what is
// neither counts as false.
func truth(raw json.RawMessage) *bool {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	is := string(raw) == "true" || string(raw) == `"true"`
	return &is
}

// cacheHalf is how many tokens each half of a cache holds: far more than a centre has agents, at about 2 kB each.
const cacheHalf = 2048

// cache remembers good tokens by their hash. It keeps at least the cacheHalf used last and at most twice as many: when
// the newer half is full it becomes the older one, and what was in the older and not used since is forgotten. The zero
// value is empty. Expired tokens are the caller's to notice.
type cache struct {
	mu         sync.Mutex
	newer, old map[[sha256.Size]byte]*token
}

func (c *cache) get(id [sha256.Size]byte) (*token, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t, ok := c.newer[id]; ok {
		return t, true
	}
	t, ok := c.old[id]
	if ok {
		c.add(id, t)
	}
	return t, ok
}

func (c *cache) put(id [sha256.Size]byte, t *token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(id, t)
}

// add puts t into the newer half. The caller holds mu.
func (c *cache) add(id [sha256.Size]byte, t *token) {
	if c.newer == nil || len(c.newer) >= cacheHalf {
		c.newer, c.old = map[[sha256.Size]byte]*token{}, c.newer
	}
	c.newer[id] = t
}
