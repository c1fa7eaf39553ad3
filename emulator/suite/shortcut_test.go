package suite_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/suite"
)

// addresses are where everybody reaches a suite's services.
func addresses(s *suite.Suite) map[string]string {
	return map[string]string{"FIRESTORE_EMULATOR_HOST": s.Firestore.Addr(), "PUBSUB_EMULATOR_HOST": s.PubSub.Addr(),
		"CLOUD_TASKS_EMULATOR_HOST": s.Tasks.Addr()}
}

func TestFunctionsReachServicesBySockets(t *testing.T) {
	s, err := suite.Start(t.Context(), suite.Options{})
	require.NoError(t, err)
	var path string
	for variable, addr := range addresses(s) {
		assert.Equal(t, addr, s.Env()[variable], "other programs may know no sockets")
		var is bool
		path, is = strings.CutPrefix(s.FunctionEnv("desktop")[variable], "unix:")
		require.True(t, is, variable)
		assert.FileExists(t, path)
	}
	imports(t, s)
	assert.NoError(t, knows(t, s), "it is the same Firestore")
	require.NoError(t, s.Close())
	assert.NoDirExists(t, filepath.Dir(path))
}

// way gets the address with a transport that dials as the suite does, and returns the kind of network it went by.
func way(t *testing.T, s *suite.Suite, url string) (network string) {
	t.Helper()
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn: func(c httptrace.GotConnInfo) { network = c.Conn.RemoteAddr().Network() }})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	client := http.Client{Transport: &http.Transport{DialContext: s.Dial}}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	return network
}

func TestTheGatewayIsReachedByASocketAndOthersAreNot(t *testing.T) {
	s := start(t, suite.Options{})
	assert.Equal(t, "unix", way(t, s, s.URL+"/meter"))
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer other.Close()
	assert.Equal(t, "tcp", way(t, s, other.URL))
	c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	require.NoError(t, err, "its address is there for everybody")
	require.NoError(t, c.Close())
}

func TestEverybodyGoesByTCPWhereASocketsPathIsTooLong(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	require.NoError(t, os.Mkdir(dir, 0o700))
	t.Setenv("TMPDIR", dir)
	s := start(t, suite.Options{})
	for variable, addr := range addresses(s) {
		assert.Equal(t, addr, s.FunctionEnv("desktop")[variable])
	}
	assert.Equal(t, "tcp", way(t, s, s.URL+"/meter"))
	imports(t, s)
}
