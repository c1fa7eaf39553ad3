package auth

import (
	"net/http"
	"time"
)

// Option changes how tokens are verified.
type Option func(*options)

type options struct {
	now    func() time.Time
	client *http.Client
}

// Now makes now the time by which tokens expire; without it, time.Now.
func Now(now func() time.Time) Option { return func(o *options) { o.now = now } }

// Client makes client the one that asks the issuer for its keys; without it, http.DefaultClient.
func Client(client *http.Client) Option { return func(o *options) { o.client = client } }

func optionsOf(list []Option) options {
	o := options{now: time.Now, client: http.DefaultClient}
	for _, set := range list {
		set(&o)
	}
	return o
}
