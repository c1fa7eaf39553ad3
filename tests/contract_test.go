package tests

import (
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

// operation is what the tests must know of one operation of the contract.
type operation struct {
	ID     string
	Tag    string // names the function that serves it
	Method string
	Path   string
	Params map[string]string           // name to where it stands: path, query or header
	Body   string                      // media type of the body; empty when it takes none
	Codes  map[int]map[string]struct{} // by status, the codes of its errors
}

// tells reports whether the contract lists the code under the status.
func (o operation) tells(status int, code string) bool {
	_, ok := o.Codes[status][code]
	return ok
}

// has reports whether there is such a parameter at such a place.
func (o operation) has(name, in string) bool { return o.Params[name] == in }

// operations are all operations of the contract, by ID.
func operations(t *testing.T) []operation {
	t.Helper()
	doc, err := readContract()
	require.NoError(t, err)
	var list []operation
	for path, item := range doc.Paths.Map() {
		for method, spec := range item.Operations() {
			require.Len(t, spec.Tags, 1, spec.OperationID)
			op := operation{ID: spec.OperationID, Tag: spec.Tags[0], Method: method, Path: path,
				Params: map[string]string{}, Codes: listed(t, spec)}
			for _, ref := range slices.Concat(item.Parameters, spec.Parameters) {
				op.Params[ref.Value.Name] = ref.Value.In
			}
			if spec.RequestBody != nil {
				op.Body = slices.Collect(maps.Keys(spec.RequestBody.Value.Content))[0]
			}
			list = append(list, op)
		}
	}
	slices.SortFunc(list, func(a, b operation) int { return strings.Compare(a.ID, b.ID) })
	require.NotEmpty(t, list)
	return list
}

var readContract = sync.OnceValues(func() (*openapi3.T, error) {
	return openapi3.NewLoader().LoadFromFile(filepath.Join("..", "shared", "api", "openapi.yaml"))
})

// codeLine is how a description lists a code.
var codeLine = regexp.MustCompile("(?m)^- `([a-z_]+)`:")

func listed(t *testing.T, spec *openapi3.Operation) map[int]map[string]struct{} {
	t.Helper()
	all := map[int]map[string]struct{}{}
	for text, ref := range spec.Responses.Map() {
		status, err := strconv.Atoi(text)
		require.NoError(t, err)
		if status < http.StatusBadRequest {
			continue
		}
		all[status] = map[string]struct{}{}
		for _, line := range codeLine.FindAllStringSubmatch(*ref.Value.Description, -1) {
			all[status][line[1]] = struct{}{}
		}
	}
	return all
}
