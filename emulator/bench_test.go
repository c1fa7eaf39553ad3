package main

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkStart is the time from the start of the built command to its first 200, which must be under a second for one process: the
// median, and the least, which is what a machine with nothing else to do takes.
func BenchmarkStart(b *testing.B) {
	for name, args := range map[string][]string{"one process": nil, "isolate": {"-isolate"}} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				cmd := exec.CommandContext(b.Context(), emulator, append(args, "-addr", "127.0.0.1:0")...)
				out, err := cmd.StdoutPipe()
				require.NoError(b, err)
				require.NoError(b, cmd.Start())
				line, err := bufio.NewReader(out).ReadString('\n')
				require.NoError(b, err)
				resp, err := http.Get(regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(line) + "/")
				require.NoError(b, err)
				took = append(took, time.Since(began))
				require.NoError(b, resp.Body.Close())
				require.Equal(b, http.StatusOK, resp.StatusCode)
				require.NoError(b, cmd.Process.Signal(os.Interrupt))
				require.NoError(b, cmd.Wait())
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[0].Milliseconds()), "ms-to-200-least")
			b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "ms-to-200-median")
		})
	}
}
