package tests

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/deskline/deskline/shared/api"
)

// TestMain listens to every answer the tests of this package get. When all of them have run, each code that the contract lists for
// some operation has been provoked, or is provoked by the test that provokedElsewhere names.
func TestMain(m *testing.M) {
	flag.Parse()
	playsSideBySide()
	heard := &refusals{to: http.DefaultTransport, codes: map[string]bool{}}
	http.DefaultClient.Transport = heard
	code := m.Run()
	if everything() {
		if left := heard.unprovoked(); len(left) > 0 {
			fmt.Printf("no test provokes these codes of the contract:\n\t%s\nFAIL\n", strings.Join(left, "\n\t"))
			code = 1
		}
	}
	os.Exit(code)
}

// playsSideBySide has two journeys for each processor, for they wait as long as they work; unless -parallel says otherwise.
func playsSideBySide() {
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "test.parallel" })
	if !asked {
		_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))) // a number is never refused
	}
}

// everything reports whether all tests were asked for.
func everything() bool {
	for _, narrows := range []string{"test.run", "test.skip", "test.list"} {
		if flag.Lookup(narrows).Value.String() != "" {
			return false
		}
	}
	return !testing.Short()
}

// provokedElsewhere are codes of which a journey cannot be made, and the test that provokes each where it comes from.
var provokedElsewhere = map[string]string{
	"body_incomplete":    "shared/web/body_test.go",
	"feed_full":          "shared/store/watch_test.go",
	"issuer_unavailable": "shared/auth/keys_test.go",
	"no_timer":           "shared/timer/timer_test.go",
	"not_started":        "shared/host/answer_test.go",
	"successor_full":     "functions/admin/delete_test.go",
	"template_too_long":  "shared/desk/template_test.go",
}

// refusals notes the codes that answers carry.
type refusals struct {
	to http.RoundTripper

	mu    sync.Mutex
	codes map[string]bool
}

// RoundTrip implements http.RoundTripper.
func (r *refusals) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := r.to.RoundTrip(req)
	if err != nil || resp.Header.Get("Content-Type") != "application/problem+json" {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var p api.Problem
	if json.Unmarshal(body, &p) == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.codes[p.Code] = true
	}
	return resp, err
}

// unprovoked are the codes that nothing provoked, each with an operation that lists it, and what is wrong with provokedElsewhere.
func (r *refusals) unprovoked() []string {
	doc, err := readContract()
	if err != nil {
		return []string{err.Error()}
	}
	listed := map[string]string{}
	for _, item := range doc.Paths.Map() {
		for _, spec := range item.Operations() {
			for status, ref := range spec.Responses.Map() {
				if status < "400" {
					continue
				}
				for _, line := range codeLine.FindAllStringSubmatch(*ref.Value.Description, -1) {
					listed[line[1]] = cmp.Or(listed[line[1]], spec.OperationID)
				}
			}
		}
	}
	var left []string
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, code := range slices.Sorted(maps.Keys(listed)) {
		file, elsewhere := provokedElsewhere[code]
		switch {
		case !elsewhere && !r.codes[code]:
			left = append(left, code+", of "+listed[code])
		case elsewhere && r.codes[code]:
			left = append(left, code+": provokedElsewhere need not name it, a journey provokes it")
		case elsewhere:
			source, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(file)))
			if err != nil || !regexp.MustCompile(`\b`+code+`"`).Match(source) {
				left = append(left, code+": not in "+file)
			}
		}
	}
	return left
}
