package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Origins are the origins whose pages may call the API from a browser, such as "https://desk.example.com". None is
// allowed unless listed.
type Origins []string

// ParseOrigins checks a list of origins as a setting gives it. Each is a scheme (http or https) and a host with its
// port if it is not the usual one; no path, no wildcard. Empty entries are skipped.
func ParseOrigins(list []string) (Origins, error) {
	var out Origins
	for _, entry := range list {
		entry = strings.ToLower(strings.TrimSpace(entry))
		if entry == "" {
			continue
		}
		u, err := url.Parse(entry)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || entry != u.Scheme+"://"+u.Host ||
			strings.Contains(u.Host, "*") {
			return nil, fmt.Errorf("origin %q: want scheme://host[:port] and nothing else", entry)
		}
		out = append(out, entry)
	}
	return out, nil
}

const (
	corsMethods = "GET, POST, PUT, PATCH, DELETE"
	corsHeaders = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Traceparent"
	corsExposed = "ETag, Retry-After"
	corsMaxAge  = "600" // seconds a browser may remember the answer to a preflight
)

// admit sets the CORS headers an allowed origin needs and answers its preflights. It reports whether the request has
// been answered.
func (o Origins) admit(w http.ResponseWriter, r *http.Request) bool {
	if len(o) == 0 {
		return false
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !slices.Contains(o, origin) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		h.Set("Access-Control-Expose-Headers", corsExposed)
		return false
	}
	h.Set("Access-Control-Allow-Methods", corsMethods)
	h.Set("Access-Control-Allow-Headers", corsHeaders)
	h.Set("Access-Control-Max-Age", corsMaxAge)
	w.WriteHeader(http.StatusNoContent)
	return true
}
