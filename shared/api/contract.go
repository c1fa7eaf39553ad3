package api

import (
	"compress/flate"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// contract is the parsed contract, without what only readers and answers need: it comes generated from openapi.yaml,
// because reading the YAML itself takes 14 to 19 ms and this takes 2 to 3 (2 cores, 2026-11-21). A process reads it once,
// when its first route is registered; that the whole is a valid OpenAPI 3.1 document is a test's matter.
var contract = sync.OnceValues(readContract)

func readContract() (*openapi3.T, error) {
	packed := base64.NewDecoder(base64.StdEncoding, strings.NewReader(strings.Join(requests, "")))
	data, err := io.ReadAll(flate.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack the contract: %w", err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	return doc, nil
}

// operation is what a route must know of the contract.
type operation struct {
	status int // of success
	params []*openapi3.Parameter
	query  map[string]*openapi3.Parameter
	body   *openapi3.RequestBody // nil when the operation takes none
}

func findOperation(method, path string) (*operation, error) {
	doc, err := contract()
	if err != nil {
		return nil, err
	}
	item := doc.Paths.Value(path)
	if item == nil || item.GetOperation(method) == nil {
		return nil, fmt.Errorf("the contract has no %s %s", method, path)
	}
	spec := item.GetOperation(method)
	op := &operation{status: http.StatusOK, query: map[string]*openapi3.Parameter{}}
	for code := range spec.Responses.Map() {
		if n, err := strconv.Atoi(code); err == nil && n/100 == 2 {
			op.status = n
		}
	}
	for _, refs := range []openapi3.Parameters{item.Parameters, spec.Parameters} {
		for _, ref := range refs {
			op.params = append(op.params, ref.Value)
			if ref.Value.In == openapi3.ParameterInQuery {
				op.query[ref.Value.Name] = ref.Value
			}
		}
	}
	if spec.RequestBody != nil {
		op.body = spec.RequestBody.Value
	}
	return op, nil
}
