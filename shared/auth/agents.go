package auth

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/web"
)

// Config is whose tokens agents come with. The tags are for a function's own config to embed it.
type Config struct {
	Issuer   string   `env:"OIDC_ISSUER, required"`           // as tokens name it in "iss"
	Audience string   `env:"OIDC_AUDIENCE, required"`         // must be among a token's "aud"
	JWKSURL  string   `env:"OIDC_JWKS_URL"`                   // address of the issuer's keys; empty: discovered
	Claim    string   `env:"OIDC_AGENT_CLAIM, default=email"` // the claim that says who; empty is email
	Admins   []string `env:"OIDC_BOOTSTRAP_ADMINS"`           // e-mails that are administrators without a record
}

// Directory finds the agent a claim's value names. An e-mail address comes in lower case. No such agent is a Missing
// fault. It is asked for every request, so it should answer from memory.
type Directory func(ctx context.Context, claim string) (Person, error)

// Agents verifies agents' tokens. It is safe for concurrent use.
type Agents struct {
	tokens    *verifier
	claim     string
	admins    []string
	directory Directory
}

// NewAgents prepares the verification; the issuer is asked when the first token comes. It fails when the issuer or the
// audience is missing.
func NewAgents(c Config, directory Directory, opts ...Option) (*Agents, error) {
	tokens, err := newVerifier(c.Issuer, c.Audience, c.JWKSURL, optionsOf(opts))
	if err != nil {
		return nil, err
	}
	a := &Agents{tokens: tokens, claim: c.Claim, directory: directory}
	if a.claim == "" {
		a.claim = emailClaim
	}
	for _, email := range c.Admins {
		if email = strings.ToLower(strings.TrimSpace(email)); email != "" {
			a.admins = append(a.admins, email)
		}
	}
	return a, nil
}

const emailClaim = "email"

// Authenticate is the context of the request with the agent who sends it, for [Agent], [Require] and [Expiry]; the
// request's log line gets the agent's ID. An e-mail address counts unless the issuer says that it has not verified it.
//
// The administrators of the configuration have the role admin whether or not the centre has a record of them, so that
// an empty centre can be set up; without a record their ID is "bootstrap" and they belong to no team.
func (a *Agents) Authenticate(r *http.Request) (context.Context, error) {
	t, err := a.tokens.request(r)
	if err != nil {
		return nil, err
	}
	p, err := a.person(r.Context(), t)
	if err != nil {
		return nil, err
	}
	web.Note(r.Context(), slog.String("agent", p.ID))
	return WithAgent(r.Context(), p, t.expiry), nil
}

func (a *Agents) person(ctx context.Context, t *token) (Person, error) {
	unverified := t.verified != nil && !*t.verified
	value := t.claim(a.claim)
	if a.claim == emailClaim {
		if unverified {
			return Person{}, errUnverified()
		}
		value = t.email
	}
	if value == "" {
		return Person{}, fault.New(fault.Unauthenticated, "token_invalid", "the token has no %s", a.claim)
	}
	boss := !unverified && t.email != "" && slices.Contains(a.admins, t.email)
	p, err := a.directory(ctx, value)
	switch {
	case fault.Is(err, fault.Missing) && boss:
		return Person{ID: "bootstrap", Name: t.email, Email: t.email, Roles: []string{RoleAdmin}}, nil
	case fault.Is(err, fault.Missing):
		return Person{}, fault.New(fault.Denied, "unknown_agent", "the centre has no agent for this token")
	case err != nil:
		return Person{}, fmt.Errorf("find agent: %w", err)
	case boss && !p.Is(RoleAdmin):
		p.Roles = append(slices.Clip(slices.Clone(p.Roles)), RoleAdmin)
	}
	return p, nil
}
