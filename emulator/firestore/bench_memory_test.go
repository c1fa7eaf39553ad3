package firestore

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/google"
)

// BenchmarkAgainstMemory is what 100 000 documents of three small fields take: of ours the heap in use after a collection, first
// without an index and then with those of six queries; of Google's emulator how much the resident memory of a new process
// grows, which contains what its virtual machine has not collected.
func BenchmarkAgainstMemory(b *testing.B) {
	fresh := contender{theirName, freshGoogleAddr}
	compare(b, func(a *arena, b *testing.B) {
		before := a.memory(b)
		a.fillAgents(b, manyDocuments)
		report(b, "documents", a.memory(b)-before)
		for _, q := range manyQueries {
			_, err := a.found(a.root(), q.query)
			require.NoError(b, err)
		}
		report(b, "indexed", a.memory(b)-before)
	}, fresh, ours)
}

// freshGoogleAddr is where a new process of Google's emulator listens, with nothing in it.
func freshGoogleAddr(t testing.TB) string {
	t.Helper()
	if os.Getenv(google.Firestore.Variable) != "" {
		t.Skip("the memory of an emulator that runs elsewhere is not known")
	}
	addr, stop, err := google.Firestore.Start(context.Background())
	if errors.Is(err, google.ErrNotInstalled) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(stop)
	return addr
}

// memory is what the contender uses now, in MB.
func (a *arena) memory(b *testing.B) float64 {
	if !a.mine {
		return resident(b, a.addr)
	}
	runtime.GC()
	runtime.GC() // what the first one finalized
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}

// resident is the resident memory of Google's emulator at addr in MB, by the port in its arguments. A shell that keeps it has
// the same ones and takes less.
func resident(b *testing.B, addr string) float64 {
	_, port, err := net.SplitHostPort(addr)
	require.NoError(b, err)
	list, err := exec.Command("ps", "-eo", "rss=,args=").Output()
	if err != nil {
		b.Skip(err)
	}
	most := 0
	for line := range strings.Lines(string(list)) {
		if !strings.Contains(line, "--port="+port) {
			continue
		}
		kib, err := strconv.Atoi(strings.Fields(line)[0])
		require.NoError(b, err)
		most = max(most, kib)
	}
	return float64(most) * 1024 / 1e6
}

func report(b *testing.B, name string, megabytes float64) {
	b.Run(name, func(b *testing.B) {
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(megabytes, "MB")
	})
}
