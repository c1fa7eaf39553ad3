package faults

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// check says everything that is wrong with a plan for these functions.
func (p Plan) check(functions []string) error {
	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	known := func(where, function string) {
		if !slices.Contains(functions, function) {
			complain("%s: there is no function %q", where, function)
		}
	}
	for _, f := range p.Functions {
		known("functions", f)
	}
	for _, f := range slices.Sorted(maps.Keys(p.Skew)) {
		known("skew", f)
	}
	for _, m := range p.Firestore.Methods {
		if !slices.Contains(methods(), m) {
			complain("firestore.methods: there is no method %q", m)
		}
	}
	for _, group := range p.chances() {
		errs = append(errs, checkGroup(group)...)
	}
	for n, o := range p.Once {
		if o.Function != "" {
			known(fmt.Sprintf("once[%d]", n), o.Function)
		}
		if err := o.check(); err != nil {
			complain("once[%d]: %w", n, err)
		}
	}
	return errors.Join(errs...)
}

func checkGroup(group []chance) (errs []error) {
	var sum Rate
	for _, c := range group {
		if !(c.rate >= 0 && c.rate <= 1) { // so that what is no number fails too
			errs = append(errs, fmt.Errorf("%s: a rate is between 0 and 1, not %v", c.kind, c.rate))
		}
		if c.upTo < 0 || c.rate > 0 && c.kind.late() && c.upTo == 0 {
			errs = append(errs, fmt.Errorf("%s: upTo is a positive duration", c.kind))
		}
		sum += c.rate
	}
	if len(errs) == 0 && sum > 1+1e-9 { // which leaves room for how numbers are rounded
		errs = append(errs, fmt.Errorf("%s and the others of its group have a rate of %v together, more than 1", group[0].kind, sum))
	}
	return errs
}

func (o Once) check() error {
	m, ok := momentOf(o.Kind)
	switch {
	case !ok:
		return fmt.Errorf("there is no fault %q", o.Kind)
	case o.Times < 0:
		return fmt.Errorf("times is %d", o.Times)
	case o.Kind.late() != (o.For > 0) || o.For < 0:
		return fmt.Errorf("for is how late something is: a positive duration for the kinds that are late, and no other")
	case m == onSend && o.Function != "":
		return fmt.Errorf("%s happens to no function's requests", o.Kind)
	}
	return nil
}

// methods are Firestore's calls.
func methods() []string {
	var names []string
	for _, m := range pb.Firestore_ServiceDesc.Methods {
		names = append(names, m.MethodName)
	}
	for _, s := range pb.Firestore_ServiceDesc.Streams {
		names = append(names, s.StreamName)
	}
	return names
}
