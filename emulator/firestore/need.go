package firestore

import "slices"

// need is what one alternative of a query demands of an index: fields with a fixed value, in any order, and behind them fields
// in order, of which __name__ is the last. The direction of a fixed field does not matter.
type need struct {
	group, scope string
	fixed        []indexField
	ordered      []indexField
}

// needOf is the need of an alternative in a query with the given order, see indexOrder. An equality on a field of the order
// bounds it as a range does and fixes nothing.
func needOf(q *query, c conjunction, ordered []indexField) need {
	n := need{group: q.collection, scope: scopeCollection, ordered: ordered}
	if q.descendants {
		n.scope = scopeGroup
	}
	for _, p := range c {
		f := indexField{FieldPath: p.path.String(), Order: orderAscending}
		switch {
		case p.path.isName():
		case p.op == opContains:
			n.fixed = slices.Insert(n.fixed, 0, indexField{FieldPath: f.FieldPath, ArrayConfig: arrayContains})
		case p.op == opEqual && !slices.Contains(n.fixed, f) && !slices.ContainsFunc(ordered, f.sameField):
			n.fixed = append(n.fixed, f)
		}
	}
	return n
}

// indexOrder is the query's order as fields of an index. The aggregated fields stand before the name, because an aggregation reads
// its values from the index; that they have the direction of the field before them is unverified. A field of which the result has
// one value only orders nothing and is left out, and so production does: the index it asks for at
// github.com/firebase/firebase-js-sdk/issues/9097 lacks it, while firestore_index_config.tf there, the indexes that the SDK's tests
// need, has the field when only some alternatives fix it. Both read 2026-11.
func (q *query) indexOrder() []indexField {
	last := len(q.orders) - 1
	orders := slices.Clone(q.orders[:last])
	down := last > 0 && q.orders[last-1].descending
	for _, path := range q.aggregated {
		orders = append(orders, order{path, down})
	}
	var out []indexField
	for _, o := range append(orders, q.orders[last]) {
		if q.constant(o.path) {
			continue
		}
		f := indexField{FieldPath: o.path.String(), Order: orderAscending}
		if o.descending {
			f.Order = orderDescending
		}
		out = append(out, f)
	}
	return out
}

// constant reports whether every alternative fixes the field to the same value.
func (q *query) constant(path fieldPath) bool {
	if path.isName() {
		return false
	}
	value := ""
	for i, c := range q.alternatives {
		n := slices.IndexFunc(c, func(p predicate) bool { return p.op == opEqual && slices.Equal(p.path, path) })
		if n < 0 || i > 0 && c[n].operands[0] != value {
			return false
		}
		value = c[n].operands[0]
	}
	return true
}

// alike reports whether two alternatives have the same need because they differ in values only.
func alike(a, b conjunction) bool {
	return slices.EqualFunc(a, b, func(x, y predicate) bool { return x.op == y.op && slices.Equal(x.path, y.path) })
}

func (f indexField) sameField(g indexField) bool { return f.FieldPath == g.FieldPath }

// byName reports whether the need has no order but that of the names.
func (n need) byName() bool { return len(n.ordered) == 1 }

// serves reports whether indexes serve the need, one alone or several merged.
//
// Nothing is read backwards: "to run the same queries but with a descending sort order, you need an additional composite index".
// Only where the query has no order does the direction of the names behind fixed fields not matter, as it does not in the page's
// own examples ("an ascending or descending index mode"). Source: cloud.google.com/firestore/docs/concepts/index-overview, read
// 2026-11. Reading all names upwards needs no index; downwards it needs one, whatever the index of their keys could do: production
// says so at github.com/firebase/flutterfire/issues/4398, read 2026-11, and Google's emulator 1.19.9 does.
func (ix *Indexes) serves(n need) bool {
	upwards := n.byName() && n.ordered[0].Order == orderAscending
	if upwards && len(n.fixed) == 0 {
		return true
	}
	if ix.cover(n) {
		return true
	}
	if !upwards {
		return false
	}
	n.ordered = []indexField{{FieldPath: nameField, Order: orderDescending}}
	return ix.cover(n)
}

// cover reports whether one index fixes all fields of the need and goes on in its order, or several do that together: they all go
// on in that order, and each field is fixed by one of them.
func (ix *Indexes) cover(n need) bool {
	fixed := map[indexField]bool{}
	whole := false
	take := func(fields []indexField) {
		head, ok := n.headOf(fields)
		whole = whole || ok && len(head) == len(n.fixed)
		for _, f := range head {
			fixed[indexField{FieldPath: f.FieldPath, ArrayConfig: f.ArrayConfig}] = true
		}
	}
	for _, c := range ix.composites {
		if c.CollectionGroup == n.group && c.QueryScope == n.scope {
			take(c.Fields)
		}
	}
	for _, f := range append(slices.Clip(n.fixed), n.ordered[0]) {
		for _, s := range ix.override(n.group, f.FieldPath).Indexes {
			if s.QueryScope == n.scope && f.FieldPath != nameField {
				take(withName([]indexField{{FieldPath: f.FieldPath, Order: s.Order, ArrayConfig: s.ArrayConfig}}))
			}
		}
	}
	return whole || n.mergeable() && len(fixed) > 0 && len(fixed) == len(n.fixed)
}

// mergeable reports whether several indexes may serve the need together. The page named at serves documents that for equalities,
// with an order too, and for an array among them, where it warns of the cost; of an array with an order it says nothing, so there
// one index must do.
func (n need) mergeable() bool {
	return n.byName() || !slices.ContainsFunc(n.fixed, func(f indexField) bool { return f.ArrayConfig != "" })
}

// headOf splits an index that ends in the needed order and returns what stands before it; false when that is anything but fixed
// fields.
func (n need) headOf(fields []indexField) ([]indexField, bool) {
	cut := len(fields) - len(n.ordered)
	if cut < 0 || !slices.Equal(fields[cut:], n.ordered) {
		return nil, false
	}
	for _, f := range fields[:cut] {
		if !slices.ContainsFunc(n.fixed, func(x indexField) bool { return x.sameField(f) && x.ArrayConfig == f.ArrayConfig }) {
			return nil, false
		}
	}
	return fields[:cut], true
}
