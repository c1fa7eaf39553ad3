package firestore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Indexes is what a firestore.indexes.json declares: composite indexes, and for single fields what
// replaces the automatic indexes. A nil *Indexes enforces nothing.
type Indexes struct {
	composites []composite
	overrides  map[string][]singleField // by collection ID and field path, see overrideKey
}

// The file's form. Source: firebase.google.com/docs/reference/firestore/indexes, read 2026-11-21.
type (
	indexFile struct {
		Indexes        []composite     `json:"indexes"`
		FieldOverrides []fieldOverride `json:"fieldOverrides"`
	}
	composite struct {
		CollectionGroup string       `json:"collectionGroup"`
		QueryScope      string       `json:"queryScope"`
		Fields          []indexField `json:"fields"`
	}
	indexField struct {
		FieldPath   string `json:"fieldPath"`
		Order       string `json:"order,omitempty"`
		ArrayConfig string `json:"arrayConfig,omitempty"`
		either      bool   // an index of either order serves
	}
	fieldOverride struct {
		CollectionGroup string        `json:"collectionGroup"`
		FieldPath       string        `json:"fieldPath"`
		TTL             bool          `json:"ttl,omitempty"`
		Indexes         []singleField `json:"indexes"`
	}
	singleField struct {
		Order       string `json:"order,omitempty"`
		ArrayConfig string `json:"arrayConfig,omitempty"`
		QueryScope  string `json:"queryScope,omitempty"`
	}
)

// The words of the file.
const (
	scopeCollection = "COLLECTION"
	scopeGroup      = "COLLECTION_GROUP"
	orderAscending  = "ASCENDING"
	orderDescending = "DESCENDING"
	arrayContains   = "CONTAINS"
	anyField        = "*"
)

// ParseIndexes reads a firestore.indexes.json. It refuses unknown fields and words, composite
// indexes of fewer than two fields or with two arrays, and duplicates.
func ParseIndexes(data []byte) (*Indexes, error) {
	var file indexFile
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("read indexes: %w", err)
	}
	if decoder.More() {
		return nil, fmt.Errorf("read indexes: text follows the object")
	}
	ix := &Indexes{overrides: map[string][]singleField{}}
	seen := map[string]bool{}
	for i, c := range file.Indexes {
		if err := c.normalise(); err != nil {
			return nil, fmt.Errorf("index %d: %w", i, err)
		}
		if key := fmt.Sprint(c); !seen[key] {
			seen[key] = true
			ix.composites = append(ix.composites, c)
			continue
		}
		return nil, fmt.Errorf("index %d: declared twice", i)
	}
	for i, o := range file.FieldOverrides {
		if err := o.normalise(); err != nil {
			return nil, fmt.Errorf("field override %d: %w", i, err)
		}
		key := overrideKey(o.CollectionGroup, o.FieldPath)
		if _, twice := ix.overrides[key]; twice {
			return nil, fmt.Errorf("field override %d: declared twice", i)
		}
		ix.overrides[key] = o.Indexes
	}
	return ix, nil
}

func overrideKey(group, path string) string { return group + "/" + path }

// normalise checks the index and brings its field paths into one spelling. A __name__ at the end
// that only repeats the direction before it is dropped, because every index ends so.
func (c *composite) normalise() error {
	if err := checkID(c.CollectionGroup); err != nil {
		return fmt.Errorf("collectionGroup: %s", message(err))
	}
	if err := checkScope(&c.QueryScope); err != nil {
		return err
	}
	arrays := 0
	seen := map[string]bool{}
	for i := range c.Fields {
		f := &c.Fields[i]
		path, err := readIndexField(f.FieldPath)
		if err != nil {
			return err
		}
		if seen[path] {
			return fmt.Errorf("field %q is given twice", path)
		}
		seen[path] = true
		f.FieldPath = path
		if err := checkIndexKind(f.Order, f.ArrayConfig); err != nil {
			return fmt.Errorf("field %q: %w", f.FieldPath, err)
		}
		if f.ArrayConfig != "" {
			arrays++
		}
	}
	if n := len(c.Fields); n > 2 && c.Fields[n-1].FieldPath == nameField && c.Fields[n-1].Order == c.Fields[n-2].direction() {
		c.Fields = c.Fields[:n-1]
	}
	switch {
	case len(c.Fields) < 2:
		return fmt.Errorf("a composite index has at least two fields")
	case arrays > 1:
		return fmt.Errorf("a composite index has at most one array")
	}
	return nil
}

// direction is the order of the names behind the field.
func (f indexField) direction() string {
	if f.Order == orderDescending {
		return orderDescending
	}
	return orderAscending
}

func (o *fieldOverride) normalise() error {
	if err := checkID(o.CollectionGroup); err != nil {
		return fmt.Errorf("collectionGroup: %s", message(err))
	}
	if o.FieldPath != anyField {
		path, err := readIndexField(o.FieldPath)
		if err != nil {
			return err
		}
		o.FieldPath = path
	}
	for i := range o.Indexes {
		if err := checkScope(&o.Indexes[i].QueryScope); err != nil {
			return err
		}
		if err := checkIndexKind(o.Indexes[i].Order, o.Indexes[i].ArrayConfig); err != nil {
			return err
		}
	}
	return nil
}

func readIndexField(s string) (string, error) {
	if s == nameField {
		return s, nil
	}
	path, err := parseFieldPath(s)
	if err != nil {
		return "", fmt.Errorf("%s", message(err))
	}
	return path.String(), nil
}

func checkScope(scope *string) error {
	if *scope == "" {
		*scope = scopeCollection
	}
	if *scope != scopeCollection && *scope != scopeGroup {
		return fmt.Errorf("queryScope %q is neither %s nor %s", *scope, scopeCollection, scopeGroup)
	}
	return nil
}

func checkIndexKind(order, array string) error {
	switch {
	case order == "" && array == arrayContains:
	case array == "" && (order == orderAscending || order == orderDescending):
	default:
		return fmt.Errorf("want either order %s or %s, or arrayConfig %s", orderAscending, orderDescending, arrayContains)
	}
	return nil
}

// check refuses a query that the service could not run on the declared indexes.
func (ix *Indexes) check(q *query) error {
	if ix == nil {
		return nil
	}
	for _, c := range q.alternatives {
		if err := ix.checkAlternative(needOf(q, c)); err != nil {
			return err
		}
	}
	return nil
}

func (ix *Indexes) checkAlternative(n need) error {
	fields := n.fields()
	if len(fields) == 0 {
		return nil
	}
	if len(fields) == 1 && fields[0].FieldPath != nameField {
		if ix.single(n.group, n.scope, fields[0]) {
			return nil
		}
		return refuse(map[string]any{"fieldOverrides": []fieldOverride{ix.override(n, fields[0])}})
	}
	if n.mergeable() && len(n.ordered) == 0 && !slices.ContainsFunc(fields, func(f indexField) bool { return !ix.single(n.group, n.scope, f) }) {
		return nil
	}
	if ix.covers(n) {
		return nil
	}
	return refuse(map[string]any{"indexes": []composite{{n.group, n.scope, fields}}})
}

func refuse(add any) error {
	text, err := json.Marshal(add)
	if err != nil {
		return fmt.Errorf("print the missing index: %w", err)
	}
	return status.Errorf(codes.FailedPrecondition, "The query requires an index. Add to firestore.indexes.json: %s", text)
}

// single reports whether a field has an index of its own: the one that an override lists, or else
// the automatic ones, which do not span collections.
func (ix *Indexes) single(group, scope string, f indexField) bool {
	list, overridden := ix.overrideOf(group, f.FieldPath)
	if !overridden {
		return scope == scopeCollection
	}
	return slices.ContainsFunc(list, func(s singleField) bool {
		return s.QueryScope == scope && s.ArrayConfig == f.ArrayConfig && (s.Order == f.Order || f.either && s.Order != "")
	})
}

// overrideOf finds the override of a field: its own, that of the nearest map around it, or that of
// the whole collection group.
func (ix *Indexes) overrideOf(group, path string) ([]singleField, bool) {
	for {
		if list, ok := ix.overrides[overrideKey(group, path)]; ok {
			return list, true
		}
		if path == anyField {
			return nil, false
		}
		i := strings.LastIndexByte(path, '.')
		if i < 0 {
			path = anyField
		} else {
			path = path[:i]
		}
	}
}

// override is the declaration to add so that the field gets the index it lacks.
func (ix *Indexes) override(n need, f indexField) fieldOverride {
	list, overridden := ix.overrideOf(n.group, f.FieldPath)
	if !overridden {
		list = []singleField{
			{Order: orderAscending, QueryScope: scopeCollection},
			{Order: orderDescending, QueryScope: scopeCollection},
			{ArrayConfig: arrayContains, QueryScope: scopeCollection},
		}
	}
	missing := singleField{Order: f.Order, ArrayConfig: f.ArrayConfig, QueryScope: n.scope}
	return fieldOverride{CollectionGroup: n.group, FieldPath: f.FieldPath, Indexes: append(slices.Clone(list), missing)}
}
