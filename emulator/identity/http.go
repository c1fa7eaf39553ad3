package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"

	"github.com/go-jose/go-jose/v4"
)

// maxBody is the largest token request that is read, in bytes.
const maxBody = 64 << 10

// Token error codes (RFC 6749 §5.2; the last one §4.1.2.1).
const (
	invalidRequest = "invalid_request"
	unavailable    = "temporarily_unavailable"
)

// ServeHTTP answers, relative to the base URL,
//
//	GET  /.well-known/openid-configuration   discovery
//	GET  /keys                               the key set
//	POST /token                              a token for an e-mail address and an audience
//
// so a server that mounts the issuer under a prefix strips it first. The token
// request is a form or a JSON object with email and audience; unknown parameters
// are ignored. The answer's id_token and access_token are the same token. There is
// no log-in page: this is for curl and demo desktops.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) { i.mux.ServeHTTP(w, r) }

func (i *Issuer) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET /keys", i.keys)
	mux.HandleFunc("POST /token", i.token)
	return mux
}

func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	base := i.BaseURL()
	if base == "" {
		refuse(w, http.StatusServiceUnavailable, unavailable, ErrNoBaseURL)
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"issuer":                                base,
		"jwks_uri":                              base + "/keys",
		"token_endpoint":                        base + "/token",
		"response_types_supported":              []string{"id_token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{string(jose.RS256)},
		"claims_supported":                      []string{"iss", "aud", "azp", "sub", "email", "email_verified", "iat", "exp"},
	})
}

func (i *Issuer) keys(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(i.key.set()) // a caller that hung up needs no answer
}

func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	email, audience, err := tokenRequest(r)
	if err != nil {
		status := http.StatusBadRequest
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		refuse(w, status, invalidRequest, err)
		return
	}
	token, err := i.Token(email, audience, Lifetime)
	switch {
	case errors.Is(err, ErrNoBaseURL):
		refuse(w, http.StatusServiceUnavailable, unavailable, err)
	case err != nil:
		refuse(w, http.StatusBadRequest, invalidRequest, err)
	default:
		answer(w, http.StatusOK, map[string]any{
			"id_token":     token,
			"access_token": token,
			"token_type":   "Bearer",
			"expires_in":   int(Lifetime.Seconds()),
		})
	}
}

func tokenRequest(r *http.Request) (email, audience string, err error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return "", "", fmt.Errorf("content type: %w", err)
	}
	switch media {
	case "application/x-www-form-urlencoded":
		return formRequest(r)
	case "application/json":
		return jsonRequest(r)
	default:
		return "", "", fmt.Errorf("content type %q is neither a form nor JSON", media)
	}
}

// formRequest reads the parameters from the body alone: addresses do not belong in URLs.
func formRequest(r *http.Request) (email, audience string, err error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return "", "", fmt.Errorf("read form: %w", err)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", "", fmt.Errorf("malformed form: %w", err)
	}
	for name, values := range form {
		if len(values) > 1 {
			return "", "", fmt.Errorf("parameter %q is repeated", name)
		}
	}
	return form.Get("email"), form.Get("audience"), nil
}

func jsonRequest(r *http.Request) (email, audience string, err error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return "", "", fmt.Errorf("read JSON: %w", err)
	}
	var request struct {
		Email    string `json:"email"`
		Audience string `json:"audience"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return "", "", fmt.Errorf("malformed JSON: %w", err)
	}
	return request.Email, request.Audience, nil
}

// refuse answers with an OAuth error (RFC 6749 §5.2).
func refuse(w http.ResponseWriter, status int, code string, why error) {
	answer(w, status, map[string]any{"error": code, "error_description": why.Error()})
}

// answer writes JSON that no cache may keep (RFC 6749 §5.1).
func answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a caller that hung up needs no answer
}
