package floor

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/google"
	"github.com/deskline/deskline/emulator/suite"
)

// Variable names the environment variable that chooses the Firestore of all journeys: "google" is Google's emulator, which
// must be installed or run then; "embedded" or empty is ours.
const Variable = "DESKLINE_FIRESTORE"

// googles is the address of Google's emulator. It is started for the first journey and ends with the process.
var googles = sync.OnceValues(func() (string, error) {
	addr, _, err := google.Firestore.Start(context.Background(), google.Light...)
	return addr, err
})

// OnGoogles reports whether Google's emulator was chosen, for journeys that do something many times.
func OnGoogles() bool { return os.Getenv(Variable) == "google" }

// Metered skips a journey that asks what operations cost where nobody tells.
func Metered(t testing.TB) {
	t.Helper()
	if OnGoogles() {
		t.Skip("needs the embedded Firestore: it tells what each operation costs")
	}
}

// OnFirestore adds the Firestore that was chosen to a suite's options. It skips a journey that needs ours.
func OnFirestore(t testing.TB, o suite.Options) suite.Options {
	t.Helper()
	switch chosen := os.Getenv(Variable); chosen {
	case "", "embedded":
		return o
	case "google":
	default:
		require.Fail(t, "there is no such Firestore", "%s=%s", Variable, chosen)
	}
	if o.Data != "" {
		t.Skip("needs the embedded Firestore: it keeps data over a restart")
	}
	if o.Firestore.Observe != nil {
		Metered(t)
	}
	addr, err := googles()
	require.NoError(t, err)
	o.GoogleFirestore = addr
	return o
}
