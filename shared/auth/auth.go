// Package auth finds out who is calling: agents by a bearer token of the centre's OpenID Connect issuer ([Agents]), and
// the platform's own callers, such as Pub/Sub push, Cloud Tasks and Scheduler, by a token of their service account
// ([Service]).
//
// A token says who; what that person may do comes from the centre's own records. The failures have stable codes:
//
//	token_missing       401  no bearer token
//	token_invalid       401  not a token of this issuer for this audience, or not a token at all
//	token_expired       401  it was one until now
//	email_unverified    403  the issuer has not verified the e-mail address
//	unknown_agent       403  a good token, but the centre has no such agent
//	role_missing        403  an agent, but without the role this takes
//	caller_not_allowed  403  a service account that is not expected here
//	issuer_unavailable  503  the issuer's keys could not be read; nobody can tell whether the token is good
package auth

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// Person is the agent who is calling.
type Person struct {
	ID    string
	Name  string
	Email string
	Roles []string
	Teams []string
}

// Is reports whether the person has the role.
func (p Person) Is(role string) bool { return slices.Contains(p.Roles, role) }

// RoleAdmin is the role of those who set up the centre.
const RoleAdmin = "admin"

type personKey struct{}

// WithAgent returns a context in which person is calling with a token that is good until expiry. [Agents.Authenticate]
// does this for requests; tests of handlers may.
func WithAgent(ctx context.Context, person Person, expiry time.Time) context.Context {
	return context.WithValue(ctx, personKey{}, caller{person, expiry})
}

type caller struct {
	Person
	expiry time.Time
}

// Agent is who is calling. Without anybody in the context it is Unauthenticated (token_missing).
func Agent(ctx context.Context) (Person, error) {
	c, ok := ctx.Value(personKey{}).(caller)
	if !ok {
		return Person{}, errMissing()
	}
	return c.Person, nil
}

// Require is who is calling if they have at least one of the roles; with none named, anybody. Without the role it is
// Denied (role_missing).
func Require(ctx context.Context, roles ...string) (Person, error) {
	p, err := Agent(ctx)
	if err != nil {
		return Person{}, err
	}
	if len(roles) > 0 && !slices.ContainsFunc(roles, p.Is) {
		return Person{}, fault.New(fault.Denied, "role_missing", "this takes the role %s", strings.Join(roles, " or "))
	}
	return p, nil
}

// Expiry is when the caller's token stops being good; ok is false when nobody is in the context.
func Expiry(ctx context.Context) (t time.Time, ok bool) {
	c, ok := ctx.Value(personKey{}).(caller)
	return c.expiry, ok
}

func errMissing() error {
	return fault.New(fault.Unauthenticated, "token_missing", "send Authorization: Bearer and a token")
}

func errInvalid() error {
	return fault.New(fault.Unauthenticated, "token_invalid", "the token is not one of the issuer for this audience")
}

func errExpired() error {
	return fault.New(fault.Unauthenticated, "token_expired", "the token has expired")
}

func errUnverified() error {
	return fault.New(fault.Denied, "email_unverified", "the issuer has not verified the e-mail address")
}
