package firestore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Indexes is what a firestore.indexes.json declares: composite indexes, and for single fields what
// replaces the automatic indexes. A nil *Indexes enforces nothing.
type Indexes struct {
	composites []composite              // each ends in __name__
	overrides  map[string]fieldOverride // by collection ID and field path, see overrideKey
}

// The file's form. Source: firebase.google.com/docs/reference/firestore/indexes and, for what its exports have besides,
// github.com/firebase/firebase-tools, src/firestore/api-spec.ts, read 2026-11.
type (
	indexFile struct {
		Indexes        []composite     `json:"indexes"`
		FieldOverrides []fieldOverride `json:"fieldOverrides"`
	}
	composite struct {
		CollectionGroup string       `json:"collectionGroup"`
		QueryScope      string       `json:"queryScope"`
		Fields          []indexField `json:"fields"`
		edition
	}
	indexField struct {
		FieldPath    string        `json:"fieldPath"`
		Order        string        `json:"order,omitempty"`
		ArrayConfig  string        `json:"arrayConfig,omitempty"`
		VectorConfig *vectorConfig `json:"vectorConfig,omitempty"`
	}
	vectorConfig struct {
		Dimension int      `json:"dimension"`
		Flat      struct{} `json:"flat"`
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
		edition
	}
	// edition is what makes an index one of another edition or mode than the Standard edition's native one.
	edition struct {
		APIScope string `json:"apiScope,omitempty"`
		Density  string `json:"density,omitempty"`
		MultiKey bool   `json:"multikey,omitempty"`
		Unique   bool   `json:"unique,omitempty"`
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
	nativeAPI       = "ANY_API"
	sparse          = "SPARSE_ALL"
)

// automatic are the indexes of a field that nothing is declared for. They do not span collections.
var automatic = []singleField{
	{Order: orderAscending, QueryScope: scopeCollection},
	{Order: orderDescending, QueryScope: scopeCollection},
	{ArrayConfig: arrayContains, QueryScope: scopeCollection},
}

// ParseIndexes reads a firestore.indexes.json. It refuses unknown fields and words, what only other editions have, composite
// indexes of fewer than two fields or with two arrays, overrides without a list of indexes, and duplicates. It leaves out
// vector indexes, which serve nothing but find_nearest.
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
	ix := &Indexes{overrides: map[string]fieldOverride{}}
	seen := map[string]bool{}
	for i, c := range file.Indexes {
		if err := c.normalise(); err != nil {
			return nil, fmt.Errorf("index %d: %w", i, err)
		}
		if slices.ContainsFunc(c.Fields, indexField.vector) {
			continue
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
		ix.overrides[key] = o
	}
	return ix, nil
}

func overrideKey(group, path string) string { return group + "/" + path }

// normalise checks the index, brings its field paths into one spelling and lets it end in __name__.
func (c *composite) normalise() error {
	if err := checkID(c.CollectionGroup); err != nil {
		return fmt.Errorf("collectionGroup: %s", message(err))
	}
	if err := checkScope(&c.QueryScope); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	for i := range c.Fields {
		if err := c.Fields[i].normalise(); err != nil {
			return err
		}
		if slices.Contains(c.Fields[:i], c.Fields[i]) {
			return fmt.Errorf("field %q is given twice", c.Fields[i].FieldPath)
		}
	}
	if slices.ContainsFunc(c.Fields, indexField.vector) {
		return nil
	}
	c.Fields = withName(c.Fields)
	return c.checkFields()
}

// checkFields refuses fields in __name__'s place, two arrays, and what the index of a field on its own does: production answers
// "this index is not necessary, configure using single field index controls" to that.
func (c *composite) checkFields() error {
	last := len(c.Fields) - 1
	arrays := 0
	for i, f := range c.Fields {
		if f.ArrayConfig != "" {
			arrays++
		}
		if f.FieldPath == nameField && (i < last || f.ArrayConfig != "") {
			return fmt.Errorf("%s can only be the last field, and is in an order", nameField)
		}
	}
	switch fields := withoutName(c.Fields); {
	case len(fields) == 0, len(fields) == 1 && fields[0] != (indexField{FieldPath: nameField, Order: orderDescending}):
		return fmt.Errorf("a composite index has at least two fields; indexes of one field stand in fieldOverrides")
	case arrays > 1:
		return fmt.Errorf("a composite index has at most one array")
	}
	return nil
}

// withName is the fields of an index with __name__ at the end, in the direction of the field before it unless it is there already.
// Source: cloud.google.com/firestore/docs/concepts/index-overview, read 2026-11; of an array,
// cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.collectionGroups.indexes, read 2026-11.
func withName(fields []indexField) []indexField {
	last := len(fields) - 1
	if last < 0 || fields[last].FieldPath == nameField {
		return fields
	}
	return append(slices.Clip(fields), indexField{FieldPath: nameField, Order: fields[last].direction()})
}

// withoutName is the fields of an index without a __name__ that need not be said.
func withoutName(fields []indexField) []indexField {
	if n := len(fields) - 1; n > 0 && fields[n].Order == fields[n-1].direction() {
		return fields[:n]
	}
	return fields
}

// direction is the order of the names behind the field.
func (f indexField) direction() string {
	if f.Order == orderDescending {
		return orderDescending
	}
	return orderAscending
}

func (f indexField) vector() bool { return f.VectorConfig != nil }

func (f *indexField) normalise() error {
	path, err := readIndexField(f.FieldPath)
	if err != nil {
		return err
	}
	f.FieldPath = path
	if f.vector() && f.Order == "" && f.ArrayConfig == "" {
		return nil
	}
	if err := checkIndexKind(f.Order, f.ArrayConfig); err != nil || f.vector() {
		return fmt.Errorf("field %q: want either order %s or %s, or arrayConfig %s, or vectorConfig", path, orderAscending, orderDescending, arrayContains)
	}
	return nil
}

// check refuses an index that a native database of the Standard edition does not have.
func (e edition) check() error {
	switch {
	case e.APIScope != "" && e.APIScope != nativeAPI:
		return fmt.Errorf("apiScope %q is not %s: the index serves another API", e.APIScope, nativeAPI)
	case e.Density != "" && e.Density != sparse:
		return fmt.Errorf("density %q is not %s: the index is one of the Enterprise edition", e.Density, sparse)
	case e.MultiKey || e.Unique:
		return fmt.Errorf("multikey and unique indexes are those of the Enterprise edition")
	}
	return nil
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
	if o.Indexes == nil {
		return fmt.Errorf("indexes is missing; an empty list takes the field's indexes away")
	}
	for i := range o.Indexes {
		if err := checkScope(&o.Indexes[i].QueryScope); err != nil {
			return err
		}
		if err := checkIndexKind(o.Indexes[i].Order, o.Indexes[i].ArrayConfig); err != nil {
			return err
		}
		if err := o.Indexes[i].check(); err != nil {
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

// override is the declaration that a field's own indexes follow: its own, that of the nearest map around it, that of the whole
// collection group, or else one of the automatic indexes.
func (ix *Indexes) override(group, path string) fieldOverride {
	for {
		if o, ok := ix.overrides[overrideKey(group, path)]; ok {
			return o
		}
		if path == anyField {
			return fieldOverride{Indexes: automatic}
		}
		i := strings.LastIndexByte(path, '.')
		if i < 0 {
			path = anyField
		} else {
			path = path[:i]
		}
	}
}
