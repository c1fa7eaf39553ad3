package meta_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/meta"
)

func graph(t *testing.T, server *httptest.Server) *meta.Graph {
	t.Helper()
	g, err := meta.NewGraph(server.URL, server.Client(), nil)
	require.NoError(t, err)
	return g
}

// post sends one request and gives what became of it.
func post(ctx context.Context, g *meta.Graph) error {
	var out map[string]any
	return g.Post(ctx, "token", "1", "messages", map[string]string{"type": "text"}, &out)
}

func TestNewGraphWantsAnAddress(t *testing.T) {
	for _, base := range []string{
		"", "graph.facebook.com", "ftp://graph.facebook.com", "https://", "https:///v1", "http://h?x=1", "http://h#x", "http://a b", ":",
	} {
		_, err := meta.NewGraph(base, http.DefaultClient, nil)
		assert.Error(t, err, "%q", base)
	}
	for _, base := range []string{meta.GraphURL, "http://127.0.0.1:8080", "http://localhost:1/graph/"} {
		_, err := meta.NewGraph(base, http.DefaultClient, nil)
		assert.NoError(t, err, "%q", base)
	}
}

func TestPostSends(t *testing.T) {
	var got *http.Request
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
		io.WriteString(w, `{"messages":[{"id":"wamid.1"}],"new":[1]}`)
	}))
	defer server.Close()

	g, err := meta.NewGraph(server.URL+"/graph/", server.Client(), []byte("app secret"))
	require.NoError(t, err)
	var out struct {
		Messages []struct{ ID string }
	}
	require.NoError(t, g.Post(t.Context(), "the-token", "a/../b", "messages", map[string]int{"n": 1}, &out))

	assert.Equal(t, "wamid.1", out.Messages[0].ID)
	assert.Equal(t, http.MethodPost, got.Method)
	assert.Equal(t, "/graph/v25.0/a%2F..%2Fb/messages", got.URL.EscapedPath())
	assert.Equal(t, "Bearer the-token", got.Header.Get("Authorization"))
	assert.Equal(t, "application/json", got.Header.Get("Content-Type"))
	assert.Equal(t, `{"n":1}`, body)
	// Computed with openssl dgst -sha256 -hmac.
	assert.Equal(t, url.Values{"appsecret_proof": {"ba1bb22f469bff11c3f7c50eb8b67625dbf561a182ce4a7a05f760666dd36cac"}}, got.URL.Query())
}

func TestPostSendsNoProofWithoutASecret(t *testing.T) {
	var query string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query = r.URL.RawQuery
		io.WriteString(w, `{}`)
	}))
	defer server.Close()
	require.NoError(t, post(t.Context(), graph(t, server)))
	assert.Empty(t, query)
}

func TestPostRefusesWhatCannotBeSent(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("nothing may be sent") }))
	defer server.Close()
	g := graph(t, server)
	for name, c := range map[string]struct {
		token, node string
		in          any
		want        string
	}{
		"no token":              {"", "1", 1, "channel_token"},
		"token with a newline":  {"a\nb", "1", 1, "channel_token"},
		"token with a space":    {"a b", "1", 1, "channel_token"},
		"token of other script": {"tökén", "1", 1, "channel_token"},
		"no account":            {"token", "", 1, "channel_permission"},
		"no JSON":               {"token", "1", make(chan int), "channel_rejected"},
	} {
		t.Run(name, func(t *testing.T) {
			var out any
			err := g.Post(t.Context(), c.token, c.node, "messages", c.in, &out)
			refused, ok := channel.NotTaken(err)
			require.True(t, ok)
			assert.Equal(t, c.want, refused.Problem.Code)
			assert.False(t, refused.Retry)
			if c.token != "" {
				assert.NotContains(t, err.Error(), c.token)
			}
		})
	}
}

func TestPostNeverReached(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	silent := silentListener(t, func() {})
	during, stop := context.WithCancel(t.Context())
	defer stop()
	stopping := silentListener(t, stop)

	for name, c := range map[string]struct {
		ctx    context.Context
		base   string
		client *http.Client
	}{
		"connection refused":           {t.Context(), closed.URL, &http.Client{Transport: &http.Transport{}}},
		"certificate not trusted":      {t.Context(), untrusted.URL, &http.Client{Transport: &http.Transport{}}},
		"TLS asked of a plain server":  {t.Context(), strings.Replace(plainServer(t), "http:", "https:", 1), &http.Client{Transport: &http.Transport{}}},
		"name not found":               {t.Context(), "http://nowhere.test", &http.Client{Transport: &http.Transport{DialContext: noSuchName}}},
		"proxy refuses":                {t.Context(), "https://nowhere.test", &http.Client{Transport: &http.Transport{Proxy: proxy(closed.URL)}}},
		"time over before it began":    {ended, plainServer(t), &http.Client{Transport: &http.Transport{}}},
		"time over in the handshake":   {during, "https://" + stopping, &http.Client{Transport: &http.Transport{}}},
		"handshake limit of transport": {t.Context(), "https://" + silent, &http.Client{Transport: &http.Transport{TLSHandshakeTimeout: 20 * time.Millisecond}}},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := meta.NewGraph(c.base, c.client, []byte("secret"))
			require.NoError(t, err)
			err = post(c.ctx, g)
			refused, ok := channel.NotTaken(err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, "channel_unreachable", refused.Problem.Code)
			assert.True(t, refused.Retry)
			assert.NotContains(t, err.Error(), "appsecret_proof")
		})
	}
}

func TestPostFateUnknown(t *testing.T) {
	for name, answer := range map[string]func(net.Conn){
		"dropped at once":              func(net.Conn) {},
		"reset":                        func(c net.Conn) { readRequest(c); c.(*net.TCPConn).SetLinger(0) },
		"dropped after the request":    func(c net.Conn) { readRequest(c) },
		"dropped within the headers":   func(c net.Conn) { readRequest(c); io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-") },
		"dropped within the body":      func(c net.Conn) { readRequest(c); io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{") },
		"no HTTP":                      func(c net.Conn) { readRequest(c); io.WriteString(c, "SSH-2.0-OpenSSH\r\n") },
		"dropped in the middle of 500": func(c net.Conn) { readRequest(c); io.WriteString(c, "HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\n{") },
	} {
		t.Run(name, func(t *testing.T) {
			g, err := meta.NewGraph("http://"+rawServer(t, answer), &http.Client{Transport: &http.Transport{}}, []byte("secret"))
			require.NoError(t, err)
			err = post(t.Context(), g)
			require.Error(t, err)
			_, ok := channel.NotTaken(err)
			assert.False(t, ok, "%v", err)
			assert.NotContains(t, err.Error(), "appsecret_proof")
		})
	}
}

// A refusal stays one when the rest of its body is lost.
func TestPostRefusedWithBrokenBody(t *testing.T) {
	address := rawServer(t, func(c net.Conn) {
		readRequest(c)
		io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 500\r\n\r\n{\"error\":{")
	})
	g, err := meta.NewGraph("http://"+address, &http.Client{Transport: &http.Transport{}}, nil)
	require.NoError(t, err)
	refused, ok := channel.NotTaken(post(t.Context(), g))
	require.True(t, ok)
	assert.Equal(t, "channel_rejected", refused.Problem.Code)
}

func TestPostTimeoutAfterSendingIsUnknown(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		close(arrived)
		<-release
	}))
	defer server.Close()
	defer close(release)

	ctx, cancel := context.WithCancelCause(t.Context())
	over := errors.New("time is over")
	go func() {
		<-arrived
		cancel(over)
	}()
	err := post(ctx, graph(t, server))
	require.ErrorIs(t, err, over)
	_, ok := channel.NotTaken(err)
	assert.False(t, ok)
}

// The connection kept from the first request is gone when the second one wants it.
func TestPostOnADeadConnection(t *testing.T) {
	for name, version2 := range map[string]bool{"HTTP/1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{}`) }))
			server.EnableHTTP2 = version2
			server.StartTLS()
			g := graph(t, server)
			require.NoError(t, post(t.Context(), g))
			server.CloseClientConnections()
			server.Close()

			require.Eventually(t, func() bool {
				refused, ok := channel.NotTaken(post(t.Context(), g))
				return ok && refused.Problem.Code == "channel_unreachable"
			}, time.Minute, time.Millisecond, "once the client has noticed, it dials anew and is refused")
		})
	}
}

func TestPostOverHTTP2(t *testing.T) {
	var protocol string
	broken := false
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocol = r.Proto
		if broken {
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, `{}`)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	g := graph(t, server)
	require.NoError(t, post(t.Context(), g))
	assert.Equal(t, "HTTP/2.0", protocol)

	broken = true
	err := post(t.Context(), g)
	require.Error(t, err)
	_, ok := channel.NotTaken(err)
	assert.False(t, ok, "a stream that was reset after it began: %v", err)
}

// A transport that does not report what it does leaves us not knowing, whatever its error says.
func TestPostByAnotherTransportIsUnknown(t *testing.T) {
	opaque := roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") })
	g, err := meta.NewGraph("http://nowhere.test", &http.Client{Transport: opaque}, nil)
	require.NoError(t, err)
	_, ok := channel.NotTaken(post(t.Context(), g))
	assert.False(t, ok)
}

func TestPostFollowsNoRedirect(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "/again", http.StatusPermanentRedirect)
	}))
	defer server.Close()
	require.Error(t, post(t.Context(), graph(t, server)))
	assert.Equal(t, 1, asked)
}

func TestPostReadsNoEndlessAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 1 << 20 {
			if _, err := io.WriteString(w, strings.Repeat(" ", 1<<12)); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	err := post(t.Context(), graph(t, server))
	require.Error(t, err)
	_, ok := channel.NotTaken(err)
	assert.False(t, ok)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func noSuchName(context.Context, string, string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "nowhere.test", IsNotFound: true}}
}

func proxy(address string) func(*http.Request) (*url.URL, error) {
	return func(*http.Request) (*url.URL, error) { return url.Parse(address) }
}

func plainServer(t *testing.T) string {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// silentListener takes connections, calls the function after the first words of each, and never says a word itself.
func silentListener(t *testing.T, heard func()) (address string) {
	return rawServer(t, func(c net.Conn) {
		c.Read(make([]byte, 1))
		heard()
		io.Copy(io.Discard, c)
	})
}

// rawServer answers every connection with the function and closes it.
func rawServer(t *testing.T, answer func(net.Conn)) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			answer(c)
			c.Close()
		}
	}()
	return l.Addr().String()
}

// readRequest reads until the end of the JSON that post sends.
func readRequest(c net.Conn) {
	var read []byte
	buffer := make([]byte, 1024)
	for !strings.HasSuffix(string(read), `{"type":"text"}`) {
		n, err := c.Read(buffer)
		if err != nil {
			return
		}
		read = append(read, buffer[:n]...)
	}
}
