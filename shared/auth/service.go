package auth

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/web"
)

// ServiceConfig is which of the platform's callers may call. The tags are for a function's own config to embed it.
type ServiceConfig struct {
	Issuer   string   `env:"SERVICE_ISSUER, default=https://accounts.google.com"` // as tokens name it in "iss"
	Audience string   `env:"SERVICE_AUDIENCE, required"`                          // as configured at the caller
	JWKSURL  string   `env:"SERVICE_JWKS_URL"`                                    // address of the issuer's keys; empty: discovered
	Emails   []string `env:"SERVICE_EMAILS, required"`                            // of the service accounts that may call
}

// Service verifies the tokens of the platform's callers. Anybody can get a token of Google's for any audience, so it is
// the service account's verified e-mail address that counts. It is safe for concurrent use.
type Service struct {
	tokens *verifier
	emails []string
}

// NewService prepares the verification; the issuer is asked when the first token comes. It fails when the issuer, the
// audience or the list of service accounts is missing.
func NewService(c ServiceConfig, opts ...Option) (*Service, error) {
	tokens, err := newVerifier(c.Issuer, c.Audience, c.JWKSURL, optionsOf(opts))
	if err != nil {
		return nil, err
	}
	s := &Service{tokens: tokens}
	for _, email := range c.Emails {
		if email = strings.ToLower(strings.TrimSpace(email)); email != "" {
			s.emails = append(s.emails, email)
		}
	}
	if len(s.emails) == 0 {
		return nil, errors.New("auth: no service account is allowed to call")
	}
	return s, nil
}

// Check verifies who sends the request. Its faults are those of the package comment; all but issuer_unavailable mean
// that the same request will never be accepted.
func (s *Service) Check(r *http.Request) error {
	t, err := s.tokens.request(r)
	if err != nil {
		return err
	}
	switch {
	case t.verified == nil || !*t.verified:
		return errUnverified()
	case !slices.Contains(s.emails, t.email):
		return fault.New(fault.Denied, "caller_not_allowed", "this caller is not expected here")
	}
	return nil
}

// Protect lets only expected callers through to next; others are answered 401, 403 or 503 with a problem document.
func (s *Service) Protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.Check(r); err != nil {
			web.Fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}
