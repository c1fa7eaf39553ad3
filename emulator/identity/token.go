package identity

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/mail"
	"time"
)

// refreshBefore is how long before its end a cached service token is replaced, so
// that a receiver never gets one that expires on the way.
const refreshBefore = 5 * time.Minute

// maxEmail is the longest address that can be delivered to (RFC 5321 §4.5.3.1.3), in bytes.
const maxEmail = 254

// thumbprintHash names the key: SHA-256, as RFC 7638 §3 recommends.
const thumbprintHash = crypto.SHA256

type cacheKey struct{ email, audience string }

type cachedToken struct {
	token           string
	issued, expires time.Time
}

// fresh says whether the token may still be handed out. A clock set back behind
// the token's issue makes it unusable too: receivers see a token from the future.
func (c cachedToken) fresh(now time.Time) bool {
	return !now.Before(c.issued) && now.Before(c.expires.Add(-refreshBefore))
}

// Token returns an ID token for a person, as the centre's identity provider would
// issue it to the desktop application named by audience. The subject depends on
// the address alone. A zero ttl means Lifetime; a negative one gives a token that
// has already expired. Each call signs a new token.
func (i *Issuer) Token(email, audience string, ttl time.Duration) (string, error) {
	if err := check(email, audience); err != nil {
		return "", err
	}
	if ttl == 0 {
		ttl = Lifetime
	}
	now := i.now()
	return i.Mint(map[string]any{
		"aud":            audience,
		"azp":            audience,
		"sub":            subject(email),
		"email":          email,
		"email_verified": true,
		"iat":            now.Unix(),
		"exp":            now.Add(ttl).Unix(),
	})
}

// ServiceToken returns an ID token for a service account with the claims Google
// puts into those of push deliveries and task calls (azp is the account's own
// numeric ID). Calls for the same account and audience share one token until five
// minutes before its end by the issuer's clock.
// Source: docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions, read 2026-11.
func (i *Issuer) ServiceToken(ctx context.Context, email, audience string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	key, now := cacheKey{email, audience}, i.now()
	i.mu.RLock()
	cached, ok := i.cache[key]
	i.mu.RUnlock()
	if ok && cached.fresh(now) {
		return cached.token, nil // made for a key that was checked
	}
	if err := check(email, audience); err != nil {
		return "", err
	}
	return i.renew(key, now)
}

// renew signs the service token again. It signs under the lock: of many callers
// that find the token stale at once, one signs and the others take its result.
func (i *Issuer) renew(key cacheKey, now time.Time) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if cached, ok := i.cache[key]; ok && cached.fresh(now) {
		return cached.token, nil
	}
	sub := subject(key.email)
	token, err := i.mint(i.baseURL, now, map[string]any{
		"aud":            key.audience,
		"azp":            sub,
		"sub":            sub,
		"email":          key.email,
		"email_verified": true,
	})
	if err != nil {
		return "", err
	}
	maps.DeleteFunc(i.cache, func(_ cacheKey, c cachedToken) bool { return !c.fresh(now) })
	issued := time.Unix(now.Unix(), 0)
	i.cache[key] = cachedToken{token: token, issued: issued, expires: issued.Add(Lifetime)}
	return token, nil
}

// Mint signs the claims as they are given, for tokens nobody should accept: expired,
// for another audience, of another issuer, unverified. The claims iss, iat and exp
// get their usual values when their key is absent; a claim whose value is nil is
// left out of the token. The map is not changed.
func (i *Issuer) Mint(claims map[string]any) (string, error) {
	return i.mint(i.BaseURL(), i.now(), claims)
}

func (i *Issuer) mint(issuer string, now time.Time, claims map[string]any) (string, error) {
	if _, given := claims["iss"]; !given && issuer == "" {
		return "", ErrNoBaseURL
	}
	all := map[string]any{"iss": issuer, "iat": now.Unix(), "exp": now.Add(Lifetime).Unix()}
	maps.Copy(all, claims)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	payload, err := json.Marshal(all)
	if err != nil {
		return "", fmt.Errorf("identity: encode claims: %w", err)
	}
	signed, err := i.key.sign(payload)
	if err != nil {
		return "", fmt.Errorf("identity: sign: %w", err)
	}
	return signed.CompactSerialize()
}

func check(email, audience string) error {
	if address, err := mail.ParseAddress(email); err != nil || address.Address != email || len(email) > maxEmail {
		return fmt.Errorf("%w: %q", ErrEmail, email)
	}
	if audience == "" {
		return ErrAudience
	}
	return nil
}

// subject is a stable 21-digit number for an address, the form of Google's account IDs.
func subject(email string) string {
	sum := sha256.Sum256([]byte(email))
	span := new(big.Int).Exp(big.NewInt(10), big.NewInt(20), nil)
	n := new(big.Int).Mod(new(big.Int).SetBytes(sum[:]), span)
	return n.Add(n, span).String()
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
