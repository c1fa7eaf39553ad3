package fault_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

// kinds is the whole table: what the caller sees, and whether the same request may succeed later.
var kinds = []struct {
	kind   fault.Kind
	name   string
	status int
	retry  bool
}{
	{fault.Invalid, "invalid", 400, false},
	{fault.Unauthenticated, "unauthenticated", 401, false},
	{fault.Denied, "denied", 403, false},
	{fault.Missing, "missing", 404, false},
	{fault.Conflict, "conflict", 409, false},
	{fault.Stale, "stale", 412, false},
	{fault.TooLarge, "too_large", 413, false},
	{fault.Unprocessable, "unprocessable", 422, false},
	{fault.Unconditional, "unconditional", 428, false},
	{fault.TooEarly, "too_early", 425, true},
	{fault.Limited, "limited", 429, true},
	{fault.Internal, "internal", 500, true},
	{fault.Unavailable, "unavailable", 503, true},
}

func TestKinds(t *testing.T) {
	for _, c := range kinds {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.name, string(c.kind))
			assert.Equal(t, c.status, c.kind.Status())
			assert.Equal(t, c.retry, c.kind.Retry())
		})
	}
}

func TestAnUnknownKindIsInternal(t *testing.T) {
	for _, k := range []fault.Kind{"", "nonsense", "Invalid"} {
		assert.Equal(t, 500, k.Status(), k)
		assert.True(t, k.Retry(), k)
	}
}

// A kind that is declared and not in the table above fails here.
func TestTheTableIsWhole(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "fault.go", nil, 0)
	require.NoError(t, err)
	var declared, shown []string
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || v.Type == nil {
			return true
		}
		if id, ok := v.Type.(*ast.Ident); ok && id.Name == "Kind" {
			name, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			declared = append(declared, name)
		}
		return true
	})
	for _, c := range kinds {
		shown = append(shown, c.name)
	}
	assert.ElementsMatch(t, declared, shown)
}

func TestNew(t *testing.T) {
	err := fault.New(fault.Conflict, "offer_expired", "offer %s rang until %d", "o1", 9)
	assert.EqualError(t, err, "conflict offer_expired: offer o1 rang until 9")
	assert.Equal(t, &fault.Fault{Kind: fault.Conflict, Code: "offer_expired", Detail: "offer o1 rang until 9"}, fault.Of(err))
}

func TestOf(t *testing.T) {
	made := fault.New(fault.Missing, "no_such_offer", "there is no such offer")
	other := fault.New(fault.Denied, "not_your_offer", "no")
	const nothing = "something went wrong on our side; it has been logged"
	for _, c := range []struct {
		name         string
		err          error
		kind         fault.Kind
		code, detail string
	}{
		{"a fault", made, fault.Missing, "no_such_offer", "there is no such offer"},
		{"wrapped", fmt.Errorf("read offer: %w", made), fault.Missing, "no_such_offer", "there is no such offer"},
		{"wrapped twice", fmt.Errorf("a: %w", fmt.Errorf("b: %w", made)), fault.Missing, "no_such_offer", "there is no such offer"},
		{"beside another error", fmt.Errorf("read: %w: %w", errors.New("gone"), made), fault.Missing, "no_such_offer", "there is no such offer"},
		{"of two the first", errors.Join(other, made), fault.Denied, "not_your_offer", "no"},
		{"any other error", errors.New("password is hunter2"), fault.Internal, "internal", nothing},
		{"a fault whose chain is cut", fmt.Errorf("read offer: %v", made), fault.Internal, "internal", nothing},
		{"a cancelled call", context.Canceled, fault.Internal, "internal", nothing},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := fault.Of(c.err)
			require.NotNil(t, f)
			assert.Equal(t, fault.Fault{Kind: c.kind, Code: c.code, Detail: c.detail}, *f)
			assert.True(t, fault.Is(c.err, c.kind))
			assert.True(t, fault.HasCode(c.err, c.code))
			assert.False(t, fault.Is(c.err, fault.Limited))
			assert.False(t, fault.HasCode(c.err, "another_code"))
		})
	}
}

func TestNoErrorIsNoFault(t *testing.T) {
	assert.Nil(t, fault.Of(nil))
	assert.False(t, fault.Is(nil, fault.Internal))
	assert.False(t, fault.Is(nil, ""))
	assert.False(t, fault.HasCode(nil, "internal"))
	assert.False(t, fault.HasCode(nil, ""))
}

func TestTheOriginalIsFoundByErrorsIs(t *testing.T) {
	made := fault.New(fault.Stale, "rona_unseen", "look again")
	assert.ErrorIs(t, fmt.Errorf("set state: %w", made), made)
}

// Where work has parts, what may still succeed decides.
func TestOfJoinedErrors(t *testing.T) {
	no, later := fault.New(fault.Missing, "gone", "gone"), fault.New(fault.Unavailable, "busy", "busy")
	assert.Equal(t, "busy", fault.Of(errors.Join(no, fmt.Errorf("read: %w", later))).Code)
	assert.Equal(t, "gone", fault.Of(errors.Join(errors.New("?"), no)).Code)
	assert.Equal(t, "busy", fault.Of(fmt.Errorf("%w: %w", later, io.EOF)).Code)
	assert.Equal(t, "internal", fault.Of(errors.Join(io.EOF, errors.New("?"))).Code)
}
