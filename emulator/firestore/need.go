package firestore

import "slices"

// need is what one alternative of a query demands of an index: fields with a fixed value, in any
// order, then fields in order.
type need struct {
	group, scope string
	fixed        []indexField
	ordered      []indexField
}

func needOf(q *query, c conjunction) need {
	n := need{group: q.collection, scope: scopeCollection}
	if q.descendants {
		n.scope = scopeGroup
	}
	seen := map[string]bool{}
	for _, p := range c {
		f := indexField{FieldPath: p.path.String(), Order: orderAscending, either: true}
		switch {
		case p.path.isName() || p.op.inequality() || p.op == opPresent:
			continue
		case p.op == opContains:
			f = indexField{FieldPath: f.FieldPath, ArrayConfig: arrayContains}
			n.fixed = slices.Insert(n.fixed, 0, f)
		case !seen[f.FieldPath]:
			seen[f.FieldPath] = true
			n.fixed = append(n.fixed, f)
		}
	}
	last := orderAscending
	for _, o := range q.indexOrders() {
		f := indexField{FieldPath: o.path.String(), Order: orderAscending}
		if o.descending {
			f.Order = orderDescending
		}
		switch {
		case o.path.isName():
			if len(n.ordered) > 0 && f.Order != last {
				n.ordered = append(n.ordered, f)
			}
		case !seen[f.FieldPath]:
			n.ordered = append(n.ordered, f)
			last = f.Order
		}
	}
	return n
}

// indexOrders is the query's order with the aggregated fields before the name: an aggregation reads
// its values from the index. That they stand there in the direction of the field before them is
// unverified.
func (q *query) indexOrders() []order {
	last := len(q.orders) - 1
	out := slices.Clone(q.orders[:last])
	down := last > 0 && q.orders[last-1].descending
	for _, path := range q.aggregated {
		out = append(out, order{path, down})
	}
	return append(out, q.orders[last])
}

// fields is the index that serves exactly this need.
func (n need) fields() []indexField {
	return slices.Concat(n.fixed, n.ordered)
}

// mergeable reports whether several indexes may serve the need together. The service documents that
// for equalities; whether it would merge an array index too is not, so one index must do there.
// Source: github.com/firebase/agent-skills, firebase-firestore/references/standard/indexes.md, read
// 2026-11-21.
func (n need) mergeable() bool {
	return !slices.ContainsFunc(n.fixed, func(f indexField) bool { return f.ArrayConfig != "" })
}

// covers reports whether composite indexes serve the need, one alone or several merged: all end in
// the same order and together fix every field.
func (ix *Indexes) covers(n need) bool {
	covered := map[string]bool{}
	for _, c := range ix.composites {
		if c.CollectionGroup != n.group || c.QueryScope != n.scope {
			continue
		}
		head, ok := n.headOf(c.Fields)
		if !ok {
			continue
		}
		if len(head) == len(n.fixed) {
			return true
		}
		for _, f := range head {
			covered[f.FieldPath] = true
		}
	}
	return n.mergeable() && len(covered) > 0 && len(covered) == len(n.fixed)
}

// headOf splits an index that ends in the needed order, read forwards or backwards, and returns
// what stands before; false when that is anything but fixed fields.
func (n need) headOf(fields []indexField) ([]indexField, bool) {
	cut := len(fields) - len(n.ordered)
	if cut < 0 || !sameOrder(fields[cut:], n.ordered) {
		return nil, false
	}
	head := fields[:cut]
	for _, f := range head {
		if !slices.ContainsFunc(n.fixed, func(x indexField) bool {
			return x.FieldPath == f.FieldPath && x.ArrayConfig == f.ArrayConfig
		}) {
			return nil, false
		}
	}
	return head, true
}

// sameOrder compares two orders, which may be each other's exact opposite.
func sameOrder(a, b []indexField) bool {
	same, opposite := true, true
	for i := range a {
		if a[i].FieldPath != b[i].FieldPath || a[i].ArrayConfig != "" {
			return false
		}
		same = same && a[i].Order == b[i].Order
		opposite = opposite && a[i].Order != b[i].Order
	}
	return same || opposite
}
