package firestore

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// check refuses a query that the service could not run on the declared indexes, and names all that have to be added.
func (ix *Indexes) check(q *query) error {
	if ix == nil {
		return nil
	}
	order := q.indexOrder()
	var add *addition
	for i, c := range q.alternatives {
		if i > 0 && alike(c, q.alternatives[i-1]) {
			continue
		}
		n := needOf(q, c, order)
		if ix.serves(n) {
			continue
		}
		if add == nil {
			add = ix.extend(n)
		}
		if !add.all.serves(n) {
			add.serve(n)
		}
	}
	if add == nil {
		return nil
	}
	return add.refusal()
}

// addition is what indexes have to be extended by.
type addition struct {
	all        *Indexes // with what is added
	first      string   // the index that the first need lacks, in production's words
	composites []composite
	overrides  []string // their keys in all
}

// extend begins an addition, which serves nothing more yet, because of an unserved need.
func (ix *Indexes) extend(n need) *addition {
	return &addition{
		all:   &Indexes{composites: slices.Clone(ix.composites), overrides: maps.Clone(ix.overrides)},
		first: n.lacks(),
	}
}

// lacks names the index that would serve the need. Source: errors of production quoted in public repositories, "The query requires a
// COLLECTION_DESC index for collection reports and field updatedAt", read 2026-11.
func (n need) lacks() string {
	f, one := n.single()
	if !one {
		return "an index"
	}
	kind := "ASC"
	switch {
	case f.ArrayConfig != "":
		kind = "CONTAINS"
	case f.Order == orderDescending:
		kind = "DESC"
	}
	return fmt.Sprintf("a %s_%s index for collection %s and field %s", n.scope, kind, n.group, f.FieldPath)
}

// serve adds the index that serves exactly this need.
func (a *addition) serve(n need) {
	f, one := n.single()
	if !one {
		c := composite{CollectionGroup: n.group, QueryScope: n.scope, Fields: slices.Concat(n.fixed, n.ordered)}
		a.all.composites = append(a.all.composites, c)
		a.composites = append(a.composites, c)
		return
	}
	o := a.all.override(n.group, f.FieldPath)
	key := overrideKey(n.group, f.FieldPath)
	if o.FieldPath != f.FieldPath {
		o = fieldOverride{CollectionGroup: n.group, FieldPath: f.FieldPath, Indexes: o.Indexes}
	}
	o.Indexes = append(slices.Clone(o.Indexes), singleField{Order: f.Order, ArrayConfig: f.ArrayConfig, QueryScope: n.scope})
	if a.all.overrides == nil {
		a.all.overrides = map[string]fieldOverride{}
	}
	a.all.overrides[key] = o
	if !slices.Contains(a.overrides, key) {
		a.overrides = append(a.overrides, key)
	}
}

// single is the field whose own index serves the need, when there is one.
func (n need) single() (indexField, bool) {
	fields := slices.Concat(n.fixed, n.ordered)
	f := fields[0]
	switch {
	case len(fields) != 2:
		return f, false
	case len(n.fixed) == 1 && f.ArrayConfig == "":
		f.Order = n.ordered[0].Order
		return f, true
	default:
		return f, fields[1].Order == f.direction()
	}
}

// refusal is the error for a query that lacks the addition.
func (a *addition) refusal() error {
	var file struct {
		Indexes        []composite     `json:"indexes,omitempty"`
		FieldOverrides []fieldOverride `json:"fieldOverrides,omitempty"`
	}
	for _, c := range a.composites {
		c.Fields = withoutName(c.Fields)
		file.Indexes = append(file.Indexes, c)
	}
	for _, key := range a.overrides {
		file.FieldOverrides = append(file.FieldOverrides, a.all.overrides[key])
	}
	text, err := json.Marshal(file)
	if err != nil {
		return fmt.Errorf("print the missing index: %w", err)
	}
	where := "Add to firestore.indexes.json"
	if len(a.overrides) > 0 {
		where += ", where a field has one override only"
	}
	return status.Errorf(codes.FailedPrecondition, "The query requires %s. %s: %s", a.first, where, text)
}
