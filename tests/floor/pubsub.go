package floor

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/google"
	"github.com/deskline/deskline/emulator/suite"
)

// googlesPubSub is the address of Google's Pub/Sub emulator, which is started and ends as the Firestore does.
var googlesPubSub = sync.OnceValues(func() (string, error) {
	addr, _, err := google.PubSub.Start(context.Background(), google.Light...)
	return addr, err
})

// OnGooglesPubSub adds Google's Pub/Sub emulator to a suite's options. It skips the journey where it is not installed.
func OnGooglesPubSub(t testing.TB, o suite.Options) suite.Options {
	t.Helper()
	var err error
	o.GooglePubSub, err = googlesPubSub()
	skipsWithout(t, err)
	return o
}

// OnGooglesFirestore is the same for Firestore, whatever was chosen for all journeys.
func OnGooglesFirestore(t testing.TB, o suite.Options) suite.Options {
	t.Helper()
	var err error
	o.GoogleFirestore, err = googles()
	skipsWithout(t, err)
	return o
}

func skipsWithout(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, google.ErrNotInstalled) {
		t.Skip(err)
	}
	require.NoError(t, err)
}
