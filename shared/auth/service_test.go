package auth

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answering is a transport that answers everything with the JSON.
type answering string

// RoundTrip implements http.RoundTripper.
func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(a))), Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}}, nil
}

func newService(t *testing.T, i *issuer, emails ...string) *Service {
	t.Helper()
	s, err := NewService(ServiceConfig{Issuer: i.URL, Audience: audience, Emails: emails}, Now(i.Now))
	require.NoError(t, err)
	return s
}

func TestProtect(t *testing.T) {
	i := newIssuer(t)
	s := newService(t, i, "push@project.iam.example.com", " Tasks@Project.iam.example.com ")
	called := 0
	h := s.Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		called++
		w.WriteHeader(http.StatusNoContent)
	}))
	push := claims{"email": "push@project.iam.example.com"}
	with := func(c claims) string {
		all := claims{}
		for name, value := range push {
			all[name] = value
		}
		for name, value := range c {
			all[name] = value
		}
		return i.token(all)
	}
	for name, c := range map[string]struct {
		token  string
		status int
		code   string
	}{
		"push":              {with(nil), 204, ""},
		"tasks":             {with(claims{"email": "tasks@project.iam.example.com"}), 204, ""},
		"nothing":           {"", 401, "token_missing"},
		"rubbish":           {"a.b.c", 401, "token_invalid"},
		"unsigned":          {unsigned(t, push), 401, "token_invalid"},
		"other issuer":      {with(claims{"iss": "https://accounts.google.com"}), 401, "token_invalid"},
		"other audience":    {with(claims{"aud": "https://elsewhere.example.com"}), 401, "token_invalid"},
		"expired":           {with(claims{"exp": start.Unix()}), 401, "token_expired"},
		"other account":     {with(claims{"email": "eve@project.iam.example.com"}), 403, "caller_not_allowed"},
		"no e-mail":         {with(claims{"email": nil}), 403, "caller_not_allowed"},
		"unverified":        {with(claims{"email_verified": false}), 403, "email_unverified"},
		"not said verified": {with(claims{"email_verified": nil}), 403, "email_unverified"},
	} {
		t.Run(name, func(t *testing.T) {
			before := called
			w := httptest.NewRecorder()
			h.ServeHTTP(w, bearing(c.token))
			assert.Equal(t, c.status, w.Code)
			if c.code == "" {
				assert.Equal(t, before+1, called)
				return
			}
			assert.Equal(t, before, called)
			assert.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
			var doc struct{ Code string }
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
			assert.Equal(t, c.code, doc.Code)
		})
	}
}

func TestProtectWhileTheIssuerIsDown(t *testing.T) {
	i := newIssuer(t)
	i.status = http.StatusInternalServerError
	h := newService(t, i, "push@example.com").Protect(http.NotFoundHandler())
	w := httptest.NewRecorder()
	h.ServeHTTP(w, bearing(i.token(nil)))
	assert.Equal(t, http.StatusServiceUnavailable, w.Code, "the bus must try again")
	assert.Equal(t, "1", w.Header().Get("Retry-After"))
}

func TestServiceConfigMustBeWhole(t *testing.T) {
	for want, c := range map[string]ServiceConfig{
		"auth: the issuer is not set":                 {Audience: audience, Emails: []string{"a@example.com"}},
		"auth: the audience is not set":               {Issuer: "https://issuer.example.com", Emails: []string{"a@example.com"}},
		"auth: no service account is allowed to call": {Issuer: "https://issuer.example.com", Audience: audience, Emails: []string{" "}},
	} {
		_, err := NewService(c)
		assert.EqualError(t, err, want)
	}
}

// Google names itself in two ways.
func TestGoogleWithoutScheme(t *testing.T) {
	key := newKey(t, "k1")
	public, err := key.Public().MarshalJSON()
	require.NoError(t, err)
	s, err := NewService(ServiceConfig{Issuer: "https://accounts.google.com", Audience: audience, JWKSURL: "https://www.googleapis.com/oauth2/v3/certs",
		Emails: []string{"push@example.com"}}, Client(&http.Client{Transport: answering(`{"keys":[` + string(public) + `]}`)}))
	require.NoError(t, err)
	for _, iss := range []string{"https://accounts.google.com", "accounts.google.com"} {
		err := s.Check(bearing(sign(t, key, claims{"iss": iss, "aud": audience, "email": "push@example.com", "email_verified": true,
			"exp": time.Now().Add(time.Hour).Unix()})))
		assert.NoError(t, err, iss)
	}
}
