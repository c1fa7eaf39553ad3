package identity_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/identity"
)

const (
	form     = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

func call(t *testing.T, method, url, contentType, body string) (*http.Response, map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	var out map[string]any
	if response.Header.Get("Content-Type") == jsonType {
		require.NoError(t, json.Unmarshal(raw, &out))
	}
	return response, out
}

func TestTokenOverHTTP(t *testing.T) {
	issuer, clock := serve(t)
	check := verifier(t, issuer, clock, desk)
	for name, request := range map[string]struct{ contentType, body string }{
		"form":                   {form, "email=ana%40example.test&audience=https%3A%2F%2Fdesk.example.test"},
		"form, plain":            {form, "email=ana@example.test&audience=https://desk.example.test"},
		"form, charset and more": {form + "; charset=utf-8", "grant_type=password&email=ana@example.test&audience=https://desk.example.test"},
		"JSON":                   {jsonType, `{"email":"ana@example.test","audience":"https://desk.example.test"}`},
		"JSON, unknown field":    {jsonType + "; charset=utf-8", `{"email":"ana@example.test","audience":"https://desk.example.test","scope":"openid"}`},
	} {
		t.Run(name, func(t *testing.T) {
			response, got := call(t, http.MethodPost, issuer.BaseURL()+"/token", request.contentType, request.body)
			require.Equal(t, http.StatusOK, response.StatusCode)
			assert.Equal(t, "no-store", response.Header.Get("Cache-Control"))
			assert.Equal(t, "Bearer", got["token_type"])
			assert.InDelta(t, 3600, got["expires_in"], 0)
			assert.Equal(t, got["id_token"], got["access_token"])
			verified, err := check.Verify(t.Context(), got["id_token"].(string))
			require.NoError(t, err)
			assert.Equal(t, ana, claims(t, got["id_token"].(string))["email"])
			assert.True(t, start.Equal(verified.IssuedAt))
		})
	}
}

func TestTokenRequestsThatAreRefused(t *testing.T) {
	issuer, _ := serve(t)
	for name, test := range map[string]struct {
		contentType, body string
		status            int
	}{
		"malformed address":     {form, "email=ana&audience=desk", 400},
		"display name":          {jsonType, `{"email":"Ana <ana@example.test>","audience":"desk"}`, 400},
		"no address":            {form, "audience=desk", 400},
		"no audience":           {form, "email=ana@example.test", 400},
		"empty body":            {form, "", 400},
		"repeated parameter":    {form, "email=ana@example.test&email=bea@example.test&audience=desk", 400},
		"broken escape":         {form, "email=%zz&audience=desk", 400},
		"broken JSON":           {jsonType, `{"email":`, 400},
		"two JSON values":       {jsonType, `{"email":"ana@example.test","audience":"desk"} {}`, 400},
		"JSON of another kind":  {jsonType, `["ana@example.test"]`, 400},
		"address not a string":  {jsonType, `{"email":7,"audience":"desk"}`, 400},
		"JSON null":             {jsonType, `null`, 400},
		"no content type":       {"", "email=ana@example.test&audience=desk", 400},
		"other content type":    {"text/plain", "email=ana@example.test&audience=desk", 400},
		"form larger than read": {form, "audience=desk&email=" + strings.Repeat("a", 70<<10), 413},
		"JSON larger than read": {jsonType, `{"email":"` + strings.Repeat("a", 70<<10) + `"}`, 413},
	} {
		t.Run(name, func(t *testing.T) {
			response, got := call(t, http.MethodPost, issuer.BaseURL()+"/token", test.contentType, test.body)
			assert.Equal(t, test.status, response.StatusCode)
			assert.Equal(t, "invalid_request", got["error"])
			assert.NotEmpty(t, got["error_description"])
			assert.NotContains(t, got, "id_token")
		})
	}

	response, _ := call(t, http.MethodPost, issuer.BaseURL()+"/token?email=ana@example.test&audience=desk", form, "")
	assert.Equal(t, http.StatusBadRequest, response.StatusCode, "parameters in the URL do not count")
	response, _ = call(t, http.MethodGet, issuer.BaseURL()+"/token?email=ana@example.test&audience=desk", "", "")
	assert.Equal(t, http.StatusMethodNotAllowed, response.StatusCode)
	response, _ = call(t, http.MethodGet, issuer.BaseURL()+"/authorize", "", "")
	assert.Equal(t, http.StatusNotFound, response.StatusCode)
}

func TestDiscoveryDocument(t *testing.T) {
	issuer, _ := serve(t)
	response, got := call(t, http.MethodGet, issuer.BaseURL()+"/.well-known/openid-configuration", "", "")
	require.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, map[string]any{
		"issuer":                                issuer.BaseURL(),
		"jwks_uri":                              issuer.BaseURL() + "/keys",
		"token_endpoint":                        issuer.BaseURL() + "/token",
		"response_types_supported":              []any{"id_token"},
		"subject_types_supported":               []any{"public"},
		"id_token_signing_alg_values_supported": []any{"RS256"},
		"claims_supported":                      []any{"iss", "aud", "azp", "sub", "email", "email_verified", "iat", "exp"},
	}, got)
}

func TestKeySetIsPublic(t *testing.T) {
	issuer, _ := serve(t)
	_, got := call(t, http.MethodGet, issuer.BaseURL()+"/keys", "", "")
	keys := got["keys"].([]any)
	require.Len(t, keys, 1)
	key := keys[0].(map[string]any)
	assert.Equal(t, "RSA", key["kty"])
	assert.Equal(t, "RS256", key["alg"])
	assert.Equal(t, "sig", key["use"])
	assert.Equal(t, "AQAB", key["e"])
	assert.Len(t, key["n"], 342, "2048 bits in base64")
	assert.Len(t, key["kid"], 43, "a SHA-256 thumbprint in base64")
	assert.Len(t, key, 6, "nothing of the private key")
}

func TestIssuerWithoutAddressSaysSo(t *testing.T) {
	server := httptest.NewServer(identity.New("", nil))
	defer server.Close()
	response, got := call(t, http.MethodGet, server.URL+"/.well-known/openid-configuration", "", "")
	assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	assert.Equal(t, "temporarily_unavailable", got["error"])
	response, got = call(t, http.MethodPost, server.URL+"/token", form, "email=ana@example.test&audience=desk")
	assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	assert.Equal(t, "temporarily_unavailable", got["error"])
}
