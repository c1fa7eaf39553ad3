package identity_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/identity"
)

const (
	desk    = "https://desk.example.test"
	ana     = "ana@example.test"
	pusher  = "push@demo.iam.gserviceaccount.com"
	intake  = "https://intake.example.test"
	numeric = `^1[0-9]{20}$`
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// hand is a clock that moves when told.
type hand struct {
	mu sync.Mutex
	at time.Time
}

func (h *hand) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hand) set(at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = at
}

// serve mounts a new issuer under a prefix of a new server and returns the issuer
// and its clock.
func serve(t *testing.T) (*identity.Issuer, *hand) {
	t.Helper()
	clock := &hand{at: start}
	issuer := identity.New("", clock.now)
	mux := http.NewServeMux()
	mux.Handle("/identity/", http.StripPrefix("/identity", issuer))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	issuer.SetBaseURL(server.URL + "/identity/")
	return issuer, clock
}

// verifier discovers the issuer as the product does and verifies for the audience.
func verifier(t *testing.T, issuer *identity.Issuer, clock *hand, audience string) *oidc.IDTokenVerifier {
	t.Helper()
	provider, err := oidc.NewProvider(t.Context(), issuer.BaseURL())
	require.NoError(t, err)
	return provider.Verifier(&oidc.Config{ClientID: audience, Now: clock.now})
}

func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	var out map[string]any
	require.NoError(t, json.Unmarshal(payload, &out))
	return out
}

func TestTokenOfAPersonVerifies(t *testing.T) {
	issuer, clock := serve(t)
	token, err := issuer.Token(ana, desk, 20*time.Minute)
	require.NoError(t, err)

	verified, err := verifier(t, issuer, clock, desk).Verify(t.Context(), token)
	require.NoError(t, err)
	assert.Equal(t, issuer.BaseURL(), verified.Issuer)
	assert.Equal(t, []string{desk}, verified.Audience)
	assert.True(t, start.Equal(verified.IssuedAt))
	assert.True(t, start.Add(20*time.Minute).Equal(verified.Expiry))
	assert.Regexp(t, numeric, verified.Subject)

	var rest struct {
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
		Party    string `json:"azp"`
	}
	require.NoError(t, verified.Claims(&rest))
	assert.Equal(t, ana, rest.Email)
	assert.True(t, rest.Verified)
	assert.Equal(t, desk, rest.Party)
}

func TestSubjectBelongsToTheAddress(t *testing.T) {
	issuer := identity.New("https://id.example.test", nil)
	other := identity.New("https://id.example.test", nil)
	sub := func(i *identity.Issuer, email string) any {
		token, err := i.Token(email, desk, 0)
		require.NoError(t, err)
		return claims(t, token)["sub"]
	}
	assert.Equal(t, sub(issuer, ana), sub(issuer, ana))
	assert.Equal(t, sub(issuer, ana), sub(other, ana), "a restarted suite knows her as the same person")
	assert.NotEqual(t, sub(issuer, ana), sub(issuer, "bea@example.test"))
}

func TestLifetimeOfAToken(t *testing.T) {
	issuer, clock := serve(t)
	check := verifier(t, issuer, clock, desk)
	token, err := issuer.Token(ana, desk, 0)
	require.NoError(t, err)
	assert.InDelta(t, start.Add(time.Hour).Unix(), claims(t, token)["exp"], 0)

	clock.set(start.Add(time.Hour))
	_, err = check.Verify(t.Context(), token)
	require.NoError(t, err, "valid at the last second")

	clock.set(start.Add(time.Hour + time.Second))
	_, err = check.Verify(t.Context(), token)
	var expired *oidc.TokenExpiredError
	require.ErrorAs(t, err, &expired)

	stale, err := issuer.Token(ana, desk, -time.Second)
	require.NoError(t, err)
	_, err = check.Verify(t.Context(), stale)
	require.ErrorAs(t, err, &expired)
}

func TestServiceTokenHasGooglesClaims(t *testing.T) {
	issuer, clock := serve(t)
	token, err := issuer.ServiceToken(t.Context(), pusher, intake)
	require.NoError(t, err)

	_, err = verifier(t, issuer, clock, intake).Verify(t.Context(), token)
	require.NoError(t, err)
	got := claims(t, token)
	assert.Equal(t, got["sub"], got["azp"])
	assert.Regexp(t, numeric, got["sub"])
	delete(got, "sub")
	delete(got, "azp")
	assert.Equal(t, map[string]any{
		"iss":            issuer.BaseURL(),
		"aud":            intake,
		"email":          pusher,
		"email_verified": true,
		"iat":            float64(1772442000),
		"exp":            float64(1772445600),
	}, got)
}

func TestServiceTokenIsSharedUntilNearItsEnd(t *testing.T) {
	issuer, clock := serve(t)
	get := func(email, audience string) string {
		token, err := issuer.ServiceToken(t.Context(), email, audience)
		require.NoError(t, err)
		return token
	}
	first := get(pusher, intake)
	assert.NotEqual(t, first, get(pusher, desk))
	assert.NotEqual(t, first, get("timer@demo.iam.gserviceaccount.com", intake))

	clock.set(start.Add(55*time.Minute - time.Nanosecond))
	assert.Equal(t, first, get(pusher, intake))

	clock.set(start.Add(55 * time.Minute))
	second := get(pusher, intake)
	assert.NotEqual(t, first, second)
	assert.InDelta(t, start.Add(115*time.Minute).Unix(), claims(t, second)["exp"], 0)

	clock.set(start)
	third := get(pusher, intake)
	assert.NotEqual(t, second, third, "a clock set back must not meet a token of the future")
	assert.InDelta(t, start.Unix(), claims(t, third)["iat"], 0)
}

func TestServiceTokenNamesTheNewAddress(t *testing.T) {
	issuer := identity.New("https://one.example.test", nil)
	first, err := issuer.ServiceToken(t.Context(), pusher, intake)
	require.NoError(t, err)
	issuer.SetBaseURL("https://two.example.test/")
	second, err := issuer.ServiceToken(t.Context(), pusher, intake)
	require.NoError(t, err)
	assert.Equal(t, "https://one.example.test", claims(t, first)["iss"])
	assert.Equal(t, "https://two.example.test", claims(t, second)["iss"])
}

func TestServiceTokenFromManyGoroutines(t *testing.T) {
	issuer := identity.New("https://id.example.test", nil)
	var wg sync.WaitGroup
	tokens := make([]string, 50)
	for n := range tokens {
		wg.Go(func() {
			token, err := issuer.ServiceToken(context.Background(), pusher, intake)
			assert.NoError(t, err)
			tokens[n] = token
		})
	}
	wg.Wait()
	for _, token := range tokens {
		assert.Equal(t, tokens[0], token)
	}
}

func TestServiceTokenHeedsItsContext(t *testing.T) {
	issuer := identity.New("https://id.example.test", nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := issuer.ServiceToken(ctx, pusher, intake)
	require.ErrorIs(t, err, context.Canceled)
}

func TestMintedClaims(t *testing.T) {
	issuer, clock := serve(t)
	check := verifier(t, issuer, clock, desk)

	minted := map[string]any{"aud": desk, "email": ana, "email_verified": false, "exp": nil}
	token, err := issuer.Mint(minted)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"iss": issuer.BaseURL(), "aud": desk, "email": ana, "email_verified": false, "iat": float64(1772442000),
	}, claims(t, token), "usual iss and iat, no exp")
	assert.Equal(t, map[string]any{"aud": desk, "email": ana, "email_verified": false, "exp": nil}, minted)

	for name, test := range map[string]struct {
		claims map[string]any
		want   string
	}{
		"expired":        {map[string]any{"aud": desk, "exp": start.Unix() - 1}, "token is expired"},
		"other audience": {map[string]any{"aud": intake}, "expected audience"},
		"no audience":    {map[string]any{}, "expected audience"},
		"other issuer":   {map[string]any{"aud": desk, "iss": "https://accounts.example.test"}, "different provider"},
		"no issuer":      {map[string]any{"aud": desk, "iss": nil}, "different provider"},
		"not yet valid":  {map[string]any{"aud": desk, "nbf": start.Add(time.Hour).Unix()}, "before the nbf"},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := issuer.Mint(test.claims)
			require.NoError(t, err)
			_, err = check.Verify(t.Context(), token)
			require.ErrorContains(t, err, test.want)
		})
	}

	_, err = issuer.Mint(map[string]any{"aud": math.Inf(1)})
	require.Error(t, err, "JSON has no infinity")
}

func TestAnotherIssuerIsAStranger(t *testing.T) {
	issuer, clock := serve(t)
	check := verifier(t, issuer, clock, desk)
	other, _ := serve(t)

	honest, err := other.Token(ana, desk, 0)
	require.NoError(t, err)
	_, err = check.Verify(t.Context(), honest)
	require.ErrorContains(t, err, "failed to verify")

	other.SetBaseURL(issuer.BaseURL())
	forged, err := other.Token(ana, desk, 0)
	require.NoError(t, err)
	_, err = check.Verify(t.Context(), forged)
	require.ErrorContains(t, err, "failed to verify")
}

func TestTamperedTokenFails(t *testing.T) {
	issuer, clock := serve(t)
	check := verifier(t, issuer, clock, desk)
	token, err := issuer.Token(ana, desk, 0)
	require.NoError(t, err)
	parts := strings.Split(token, ".")

	changed := claims(t, token)
	changed["email"] = "boss@example.test"
	payload, err := json.Marshal(changed)
	require.NoError(t, err)
	_, err = check.Verify(t.Context(), parts[0]+"."+base64.RawURLEncoding.EncodeToString(payload)+"."+parts[2])
	require.Error(t, err)

	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
	_, err = check.Verify(t.Context(), unsigned)
	require.Error(t, err)
}

func TestAddressesAndAudiencesThatAreRefused(t *testing.T) {
	issuer := identity.New("https://id.example.test", nil)
	for _, email := range []string{
		"", " ", "ana", "ana@", "@example.test", "ana@example.test ", "Ana <ana@example.test>",
		"<ana@example.test>", "ana@example.test, bea@example.test", "ana@exa mple.test", "ana\n@example.test",
		"ana@example.test\x00", strings.Repeat("a", 250) + "@example.test",
	} {
		_, err := issuer.Token(email, desk, 0)
		require.ErrorIs(t, err, identity.ErrEmail, "%q", email)
		_, err = issuer.ServiceToken(t.Context(), email, desk)
		require.ErrorIs(t, err, identity.ErrEmail, "%q", email)
	}
	_, err := issuer.Token(ana, "", 0)
	require.ErrorIs(t, err, identity.ErrAudience)
	_, err = issuer.ServiceToken(t.Context(), pusher, "")
	require.ErrorIs(t, err, identity.ErrAudience)
}

func TestNothingIsIssuedWithoutAnAddress(t *testing.T) {
	issuer := identity.New("", nil)
	_, err := issuer.Token(ana, desk, 0)
	require.ErrorIs(t, err, identity.ErrNoBaseURL)
	_, err = issuer.ServiceToken(t.Context(), pusher, intake)
	require.ErrorIs(t, err, identity.ErrNoBaseURL)
	_, err = issuer.Mint(map[string]any{"aud": desk})
	require.ErrorIs(t, err, identity.ErrNoBaseURL)
	_, err = issuer.Mint(map[string]any{"aud": desk, "iss": "https://accounts.example.test"})
	require.NoError(t, err)
}

func BenchmarkServiceToken(b *testing.B) {
	issuer := identity.New("https://id.example.test", nil)
	for b.Loop() {
		if _, err := issuer.ServiceToken(b.Context(), pusher, intake); err != nil {
			b.Fatal(err)
		}
	}
}
