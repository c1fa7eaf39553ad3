package auth

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/web"
)

var ana = Person{ID: "ana", Name: "Ana Ruiz", Email: "ana@example.com", Roles: []string{"agent"}, Teams: []string{"sales"}}

// directory knows Ana by her e-mail and her staff number.
func directory(_ context.Context, claim string) (Person, error) {
	if claim == "ana@example.com" || claim == "staff-7" {
		return ana, nil
	}
	return Person{}, fault.New(fault.Missing, "agent_missing", "there is no such agent")
}

func newAgents(t *testing.T, i *issuer, c Config, opts ...Option) *Agents {
	t.Helper()
	c.Issuer, c.Audience = i.URL, audience
	a, err := NewAgents(c, directory, append([]Option{Now(i.Now)}, opts...)...)
	require.NoError(t, err)
	return a
}

func TestAuthenticate(t *testing.T) {
	i := newIssuer(t)
	a := newAgents(t, i, Config{})
	for name, c := range map[string]claims{
		"plain":               nil,
		"other case":          {"email": "Ana@Example.COM"},
		"no word on verified": {"email_verified": nil},
		"verified as text":    {"email_verified": "true"},
		"several audiences":   {"aud": []string{"other", audience}},
		"nbf within leeway":   {"nbf": start.Add(time.Minute).Unix()},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, err := a.Authenticate(bearing(i.token(c)))
			require.NoError(t, err)
			p, err := Agent(ctx)
			require.NoError(t, err)
			assert.Equal(t, ana, p)
			expiry, ok := Expiry(ctx)
			assert.True(t, ok)
			assert.True(t, expiry.Equal(start.Add(time.Hour)), "%s", expiry)
		})
	}
}

func TestRefusedTokens(t *testing.T) {
	i := newIssuer(t)
	a := newAgents(t, i, Config{})
	good := claims{"iss": i.URL, "aud": audience, "email": "ana@example.com", "exp": start.Add(time.Hour).Unix()}
	stranger := newKey(t, "k1")
	symmetric := jose.JSONWebKey{Key: []byte(strings.Repeat("k", 32)), KeyID: "k1", Algorithm: string(jose.HS256)}
	for name, c := range map[string]struct{ token, code string }{
		"nothing":           {"", "token_missing"},
		"no token":          {"hello", "token_invalid"},
		"dots":              {"..", "token_invalid"},
		"rubbish":           {"a.b.c", "token_invalid"},
		"endless":           {strings.Repeat("a", 1<<20), "token_invalid"},
		"JSON form":         {`{"payload":"e30","signatures":[]}`, "token_invalid"},
		"stranger's key":    {sign(t, stranger, good), "token_invalid"},
		"unsigned":          {unsigned(t, good), "token_invalid"},
		"symmetric":         {sign(t, symmetric, good), "token_invalid"},
		"tampered":          {tampered(t, i.token(nil), good), "token_invalid"},
		"other issuer":      {i.token(claims{"iss": "https://evil.example.com"}), "token_invalid"},
		"issuer with slash": {i.token(claims{"iss": i.URL + "/"}), "token_invalid"},
		"no issuer":         {i.token(claims{"iss": nil}), "token_invalid"},
		"other audience":    {i.token(claims{"aud": "other"}), "token_invalid"},
		"no audience":       {i.token(claims{"aud": nil}), "token_invalid"},
		"no expiry":         {i.token(claims{"exp": nil}), "token_invalid"},
		"a book":            {i.token(claims{"book": strings.Repeat("word ", 4000)}), "token_invalid"},
		"expiry as text":    {i.token(claims{"exp": "tomorrow"}), "token_invalid"},
		"not yet":           {i.token(claims{"nbf": start.Add(time.Hour).Unix()}), "token_invalid"},
		"expired":           {i.token(claims{"exp": start.Add(-time.Second).Unix()}), "token_expired"},
		"expires now":       {i.token(claims{"exp": start.Unix()}), "token_expired"},
		"no claim":          {i.token(claims{"email": nil}), "token_invalid"},
		"claim no text":     {i.token(claims{"email": []string{"ana@example.com"}}), "token_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.Authenticate(bearing(c.token))
			assert.True(t, fault.HasCode(err, c.code), "%v", err)
			assert.True(t, fault.Is(err, fault.Unauthenticated))
		})
	}
}

func TestAuthorizationHeader(t *testing.T) {
	i := newIssuer(t)
	a := newAgents(t, i, Config{})
	token := i.token(nil)
	for value, code := range map[string]string{
		"Bearer " + token: "", "bearer " + token: "", "BEARER  " + token: "",
		"": "token_missing", "Bearer": "token_missing", "Bearer ": "token_missing", token: "token_missing",
		"Basic " + token: "token_missing", "Bearer" + token: "token_missing", "Bearer " + token + " x": "token_invalid",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", value)
		_, err := a.Authenticate(r)
		if code == "" {
			assert.NoError(t, err, value[:7])
			continue
		}
		assert.True(t, fault.HasCode(err, code), "%v", err)
	}
	twice := bearing(token)
	twice.Header.Add("Authorization", "Bearer "+token)
	_, err := a.Authenticate(twice)
	assert.True(t, fault.HasCode(err, "token_missing"))

	query := httptest.NewRequest(http.MethodGet, "/?access_token="+token, nil)
	_, err = a.Authenticate(query)
	assert.True(t, fault.HasCode(err, "token_missing"), "no tokens in addresses")
}

func TestAGoodTokenExpires(t *testing.T) {
	i := newIssuer(t)
	a := newAgents(t, i, Config{})
	r := bearing(i.token(nil))
	for range 2 { // the second time from memory
		_, err := a.Authenticate(r)
		require.NoError(t, err)
	}
	i.advance(time.Hour - time.Nanosecond)
	_, err := a.Authenticate(r)
	require.NoError(t, err)
	i.advance(time.Nanosecond)
	_, err = a.Authenticate(r)
	assert.True(t, fault.HasCode(err, "token_expired"), "the instant itself is too late")
}

func TestDeniedAgents(t *testing.T) {
	i := newIssuer(t)
	a := newAgents(t, i, Config{})
	for name, c := range map[string]struct {
		claims claims
		code   string
	}{
		"nobody we know":       {claims{"email": "eve@example.com"}, "unknown_agent"},
		"unverified":           {claims{"email_verified": false}, "email_unverified"},
		"unverified as text":   {claims{"email_verified": "false"}, "email_unverified"},
		"verified is rubbish":  {claims{"email_verified": 1}, "email_unverified"},
		"unverified and other": {claims{"email": "eve@example.com", "email_verified": false}, "email_unverified"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.Authenticate(bearing(i.token(c.claims)))
			assert.True(t, fault.HasCode(err, c.code), "%v", err)
			assert.True(t, fault.Is(err, fault.Denied))
		})
	}
}

func TestAnotherClaim(t *testing.T) {
	i := newIssuer(t)
	a := newAgents(t, i, Config{Claim: "staff"})
	ctx, err := a.Authenticate(bearing(i.token(claims{"staff": "staff-7", "email_verified": false})))
	require.NoError(t, err, "whether the e-mail is verified does not matter then")
	p, err := Agent(ctx)
	require.NoError(t, err)
	assert.Equal(t, "ana", p.ID)

	_, err = a.Authenticate(bearing(i.token(claims{"staff": "STAFF-7"})))
	assert.True(t, fault.HasCode(err, "unknown_agent"), "only e-mail addresses are without case")
	_, err = a.Authenticate(bearing(i.token(nil)))
	assert.True(t, fault.HasCode(err, "token_invalid"))
}

func TestAdministratorsOfAnEmptyCentre(t *testing.T) {
	i := newIssuer(t)
	a := newAgents(t, i, Config{Admins: []string{" Root@Example.com", "", "ana@example.com"}})

	ctx, err := a.Authenticate(bearing(i.token(claims{"email": "root@example.com"})))
	require.NoError(t, err)
	p, err := Require(ctx, RoleAdmin)
	require.NoError(t, err)
	assert.Equal(t, Person{ID: "bootstrap", Name: "root@example.com", Email: "root@example.com", Roles: []string{"admin"}}, p)

	ctx, err = a.Authenticate(bearing(i.token(nil)))
	require.NoError(t, err)
	p, err = Agent(ctx)
	require.NoError(t, err)
	assert.Equal(t, []string{"agent", "admin"}, p.Roles)
	assert.Equal(t, []string{"agent"}, ana.Roles, "the directory's own list is not changed")

	_, err = a.Authenticate(bearing(i.token(claims{"email": "root@example.com", "email_verified": false})))
	assert.True(t, fault.HasCode(err, "email_unverified"))
	_, err = a.Authenticate(bearing(i.token(claims{"email": nil})))
	assert.True(t, fault.HasCode(err, "token_invalid"), "an absent address is no entry of the list")

	b := newAgents(t, i, Config{Claim: "sub", Admins: []string{"root@example.com"}})
	_, err = b.Authenticate(bearing(i.token(claims{"email": "root@example.com", "email_verified": false})))
	assert.True(t, fault.HasCode(err, "unknown_agent"), "an unverified address makes nobody administrator")
}

func TestDirectoryThatFails(t *testing.T) {
	i := newIssuer(t)
	down := fault.New(fault.Unavailable, "unavailable", "try again")
	a, err := NewAgents(Config{Issuer: i.URL, Audience: audience, Admins: []string{"ana@example.com"}},
		func(context.Context, string) (Person, error) { return Person{}, down }, Now(i.Now))
	require.NoError(t, err)
	_, err = a.Authenticate(bearing(i.token(nil)))
	assert.ErrorIs(t, err, down, "nobody becomes anybody while the records cannot be read")
}

func TestConfigMustBeWhole(t *testing.T) {
	for want, c := range map[string]Config{
		"auth: the issuer is not set":   {Audience: audience},
		"auth: the audience is not set": {Issuer: "https://issuer.example.com"},
	} {
		_, err := NewAgents(c, directory)
		assert.EqualError(t, err, want)
	}
}

func TestTheLogNamesTheAgent(t *testing.T) {
	i := newIssuer(t)
	edge := web.Edge{Authenticate: newAgents(t, i, Config{}).Authenticate}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		if _, err := edge.Identify(r); err != nil {
			edge.Fail(w, r, err)
		}
	})
	var log bytes.Buffer
	h := web.Handler(mux, web.Options{Log: slog.New(slog.NewJSONHandler(&log, nil))})
	token := i.token(nil)
	h.ServeHTTP(httptest.NewRecorder(), bearing(token))
	assert.Contains(t, log.String(), `"agent":"ana"`)

	w := httptest.NewRecorder()
	h.ServeHTTP(w, bearing(token+"x"))
	assert.Equal(t, http.StatusUnauthorized, w.Code)
	assert.Equal(t, `Bearer error="invalid_token"`, w.Header().Get("WWW-Authenticate"))
	assert.NotContains(t, log.String(), token, "no token in the log")
	assert.NotContains(t, w.Body.String(), i.URL, "the caller is not told what would have been right")
}

func TestContext(t *testing.T) {
	_, err := Agent(t.Context())
	assert.True(t, fault.HasCode(err, "token_missing"))
	_, err = Require(t.Context())
	assert.True(t, fault.HasCode(err, "token_missing"))
	_, ok := Expiry(t.Context())
	assert.False(t, ok)

	ctx := WithAgent(t.Context(), ana, start)
	for _, roles := range [][]string{nil, {"agent"}, {"admin", "agent"}} {
		p, err := Require(ctx, roles...)
		require.NoError(t, err)
		assert.Equal(t, ana, p)
	}
	_, err = Require(ctx, "supervisor", "admin")
	assert.True(t, fault.HasCode(err, "role_missing"))
	assert.True(t, fault.Is(err, fault.Denied))
	assert.ErrorContains(t, err, "supervisor or admin")
	expiry, ok := Expiry(ctx)
	assert.True(t, ok)
	assert.Equal(t, start, expiry)
}
