package meta

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/desk"
)

// GraphURL is where the Graph API is.
const GraphURL = "https://graph.facebook.com"

// GraphVersion is the version of the Graph API this package was written for: released 2026-02-18, served until
// 2028-07-29; Meta silently serves a later one after that. Source: Meta's changelog, read 2026-11.
const GraphVersion = "v25.0"

// answerMax is how many bytes of an answer are read; the answers we understand have a few hundred.
const answerMax = 256 << 10

// Graph is a client of the Graph API. It may be used from many goroutines at once. It never repeats a request by
// itself, because Meta has no idempotency keys.
type Graph struct {
	base   string
	http   *http.Client
	secret []byte
}

// NewGraph makes a client for the API at base, which is GraphURL except in the local suite. Requests go through hc,
// whose timeout bounds each; redirects are not followed. With an app secret each request carries the proof
// (appsecret_proof) an app can be set to demand; nil sends none. The error says what is wrong with base.
func NewGraph(base string, hc *http.Client, appSecret []byte) (*Graph, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("graph address: %w", err)
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("graph address %q: want http or https, a host and at most a path", base)
	}
	still := *hc
	still.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Graph{base: strings.TrimSuffix(base, "/"), http: &still, secret: appSecret}, nil
}

// Post sends in as JSON to the edge of a node, such as "messages" of a phone number ID, and decodes the answer into
// out. The error is a *channel.SendError when Meta refused the request or was never reached; any other error means
// that nobody knows whether the request had its effect: the connection broke or the time ran out after it was used,
// Meta failed, or its answer cannot be read.
func (g *Graph) Post(ctx context.Context, token, node, edge string, in, out any) error {
	req, err := g.request(ctx, token, node, edge, in)
	if err != nil {
		return err
	}
	seen := new(reach)
	res, err := g.http.Do(req.WithContext(seen.trace(ctx)))
	if err != nil {
		return seen.judge(bare(err))
	}
	defer res.Body.Close()
	body, readErr := io.ReadAll(io.LimitReader(res.Body, answerMax))
	switch {
	case res.StatusCode >= 400 && res.StatusCode < 500:
		return refusal(res.StatusCode, res.Header, body)
	case res.StatusCode < 200 || res.StatusCode > 299:
		return fmt.Errorf("graph answered: %w", readError(res.StatusCode, body))
	case readErr != nil:
		return fmt.Errorf("read graph's answer: %w", readErr)
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("decode graph's answer of %d bytes: %w", len(body), err)
	}
	return nil
}

// request builds what Post sends. Its errors are all refusals: nothing has left us yet.
func (g *Graph) request(ctx context.Context, token, node, edge string, in any) (*http.Request, error) {
	if err := ctx.Err(); err != nil {
		return nil, unreached(err)
	}
	if !headerSafe(token) {
		return nil, refuse(meaningToken, errors.New("the access token is empty or not printable"))
	}
	if node == "" {
		return nil, refuse(meaningPermission, errors.New("the account has no ID"))
	}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, refuse(meaningRejected, err)
	}
	target := g.base + "/" + GraphVersion + "/" + url.PathEscape(node) + "/" + edge
	if len(g.secret) > 0 {
		target += "?appsecret_proof=" + hex.EncodeToString(digest(g.secret, []byte(token)))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return nil, refuse(meaningPermission, bare(err))
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	return req, nil
}

// headerSafe reports whether the token can stand in a header.
func headerSafe(token string) bool {
	return token != "" && strings.IndexFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// bare takes the address off an error of net/http: it holds the proof.
func bare(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

func refuse(m meaning, cause error) *channel.SendError {
	return &channel.SendError{Problem: m.problem(), Retry: m.retry, After: m.after, Err: cause}
}

func unreached(cause error) *channel.SendError {
	return &channel.SendError{
		Problem: desk.Problem{Code: "channel_unreachable", Advice: "The channel could not be reached."},
		Retry:   true,
		Err:     cause,
	}
}
