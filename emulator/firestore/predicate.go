package firestore

import (
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// operator is what is left of the service's filter operators once IN, ARRAY_CONTAINS_ANY and OR
// are expanded into alternatives.
type operator byte

const (
	opEqual operator = iota
	opLess
	opLessOrEqual
	opGreater
	opGreaterOrEqual
	opExcept   // present, not null and none of the operands: !=, NOT_IN, IS_NOT_NULL, IS_NOT_NAN
	opContains // an array with the operand as an element
	opNever    // NOT_IN or NOT_EQUAL with a null among its values, a range from null or NaN
	opPresent  // any value at all
)

// predicate is one condition on one field.
type predicate struct {
	path     fieldPath
	op       operator
	operands []string // ascending encodings; one, or any number for opExcept, opNever and opPresent
}

// conjunction is a list of predicates that must all hold.
type conjunction []predicate

func (c conjunction) matches(d *document) bool {
	for i := range c {
		if !c[i].matches(d) {
			return false
		}
	}
	return true
}

func (p *predicate) matches(d *document) bool {
	if p.path.isName() {
		return p.accepts(d.key)
	}
	v := p.path.in(d.pb.GetFields())
	if v == nil {
		return false
	}
	var space [128]byte
	if p.op != opContains {
		return p.accepts(string(appendValue(space[:0], v)))
	}
	for _, e := range v.GetArrayValue().GetValues() {
		if string(appendValue(space[:0], e)) == p.operands[0] {
			return true
		}
	}
	return false
}

// accepts decides on the encoding of the field. Ranges hold only within the operand's type, which
// is the first byte, and never for NaN. Source: test-suite/tests/2-basic-query.test.ts of
// github.com/skunkteam/rust-firestore-emulator, which runs on the service too, and Google's emulator
// 1.19.9, 2026-11.
func (p *predicate) accepts(value string) bool {
	switch p.op {
	case opExcept:
		return value[0] != tagNull && !slices.Contains(p.operands, value)
	case opNever:
		return false
	case opPresent:
		return true
	}
	operand := p.operands[0]
	if value[0] != operand[0] {
		return false
	}
	switch p.op {
	case opEqual:
		return value == operand
	case opLess:
		return value < operand && value != nanKey
	case opLessOrEqual:
		return value <= operand && value != nanKey
	case opGreater:
		return value > operand
	case opGreaterOrEqual:
		return value >= operand
	default:
		return false
	}
}

func encoded(v *pb.Value) string { return string(appendValue(nil, v)) }
