package graph

import (
	"crypto/hmac"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// maxRequest is the largest request that is read, in bytes. Meta does not say where
// its limit is; a message with the longest text is far below.
const maxRequest = 1 << 20

// version is the form of a Graph API version in a path, v25.0 for example. Which
// versions are alive is not checked: expired ones go on working as the oldest one.
var version = regexp.MustCompile(`^v\d+\.\d+$`)

// ServeHTTP answers the Graph API and the simulator's own routes (package comment).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{version}/{node}/messages", s.messages)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { refuse(w, unknownPath(r)) })
	s.simulatorRoutes(mux)
	s.whatsappRoutes(mux)
	s.messengerRoutes(mux)
	return mux
}

// messages answers a call to a messages edge: it finds out who is calling about
// what and leaves the rest to the node.
func (s *Server) messages(w http.ResponseWriter, r *http.Request) {
	s.count(func(c *Requests) { c.Calls++ })
	n, problem := s.called(r)
	var body []byte
	if problem == nil {
		body, problem = requestBody(w, r)
	}
	if problem != nil {
		s.count(func(c *Requests) { c.Refused++ })
		refuse(w, problem)
		return
	}
	n.messages(w, r, body)
}

// selfID stands in a path for the object the token belongs to.
const selfID = "me"

// called returns the node a call is about. A token of another node does not see it.
func (s *Server) called(r *http.Request) (node, *apiError) {
	if !version.MatchString(r.PathValue("version")) {
		return nil, unknownPath(r)
	}
	token := bearer(r)
	n, problem := s.visible(r.PathValue("node"), token)
	if problem != nil && problem.Code == codeToken {
		return nil, problem
	}
	if wrong := s.unproven(r.URL.Query(), token); wrong != nil {
		return nil, wrong
	}
	return n, problem
}

// visible returns the node with the ID if the token is one for it.
func (s *Server) visible(id, token string) (node, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, ok := s.nodes[id]; ok && n.token() == token {
		return n, nil
	}
	known := false
	for _, n := range s.nodes {
		if n.token() != token {
			continue
		}
		if id == selfID && n.me() {
			return n, nil
		}
		known = true
	}
	if known {
		return nil, noObject(id)
	}
	return nil, fail(codeToken, 0)
}

// unproven says what is wrong with a call's proof that it comes from the app's server:
// the lower-case hex HMAC-SHA256 of the token under the app secret.
// Source: developers.facebook.com/docs/graph-api/guides/secure-requests and messages that
// users report in issues of Facebook's SDKs, read 2026-11.
func (s *Server) unproven(query url.Values, token string) *apiError {
	e := fail(codeInvalid, 0)
	e.Type = typeMethod
	if !query.Has("appsecret_proof") {
		if !s.requireProof {
			return nil
		}
		e.Message = "API calls from the server require an appsecret_proof argument"
		return e
	}
	_, secret := s.hook.target()
	if !hmac.Equal([]byte(query.Get("appsecret_proof")), []byte(digest(secret, []byte(token)))) {
		e.Message = "Invalid appsecret_proof provided in the API argument"
		return e
	}
	return nil
}

// bearer returns the access token, which may also be a parameter.
func bearer(r *http.Request) string {
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return token
	}
	return r.URL.Query().Get("access_token")
}

// requestBody reads a JSON body. What is not declared as JSON has no parameters.
func requestBody(w http.ResponseWriter, r *http.Request) ([]byte, *apiError) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		e := fail(codeInvalid, 0)
		e.status = http.StatusRequestEntityTooLarge
		return nil, e
	}
	if err != nil {
		return nil, fail(codeInvalid, 0)
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return []byte("{}"), nil
	}
	return body, nil
}

func unknownPath(r *http.Request) *apiError {
	e := fail(codePath, 0)
	e.Message = "Unknown path components: " + r.URL.Path
	return e
}
