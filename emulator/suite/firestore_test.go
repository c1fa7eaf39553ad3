package suite_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// running is the address of a Firestore that runs already. Ours stands in for Google's, so that the test needs none.
func running(t *testing.T) string {
	t.Helper()
	server := firestore.New(firestore.Options{})
	require.NoError(t, server.Start("127.0.0.1:0"))
	t.Cleanup(server.Close)
	return server.Addr()
}

// imports has Ada import the example centre.
func imports(t *testing.T, s *suite.Suite) {
	t.Helper()
	ada := desktop.New(s.URL, func() (string, error) { return s.Identity.Token(suite.Admin, suite.Audience, time.Hour) })
	_, err := ada.Import(t.Context(), centre.Example, false)
	require.NoError(t, err)
}

// knows looks for Ana of the example centre in the suite's records.
func knows(t *testing.T, s *suite.Suite) error {
	t.Helper()
	st, err := store.Open(t.Context(), s.Records)
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	_, err = st.Reader().AgentByEmail(t.Context(), "ana@acme.example")
	return err
}

func TestSuitesOnOneEmulatorShareNothing(t *testing.T) {
	addr := running(t)
	one := start(t, suite.Options{GoogleFirestore: addr})
	other := start(t, suite.Options{GoogleFirestore: addr})
	assert.Nil(t, one.Firestore)
	imports(t, one)
	assert.NoError(t, knows(t, one))
	assert.True(t, fault.Is(knows(t, other), fault.Missing))
	imports(t, other)
}

func TestHooksOnAnEmulatorThatRuns(t *testing.T) {
	var commits atomic.Int64
	addr := running(t)
	s := start(t, suite.Options{GoogleFirestore: addr, Firestore: firestore.Options{
		AfterCommit: func(context.Context, *firestorepb.CommitRequest) error { commits.Add(1); return nil }}})
	imports(t, s)
	assert.Positive(t, commits.Load())
	assert.NotEqual(t, addr, s.Records.Endpoint)
}

func TestWhatOnlyOurFirestoreDoes(t *testing.T) {
	for want, o := range map[string]suite.Options{
		"firestore: Google's emulator keeps no data": {Data: t.TempDir()},
		"firestore: Google's emulator does not tell what it would bill": {
			Firestore: firestore.Options{Observe: func(context.Context, firestore.Op) {}}},
	} {
		o.GoogleFirestore = "127.0.0.1:1"
		_, err := suite.Start(t.Context(), o)
		assert.EqualError(t, err, want)
	}
}
