package firestore

import (
	"math"
	"slices"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// order is one element of a query's complete order.
type order struct {
	path       fieldPath
	descending bool
}

// query is a checked and planned structured query. It never changes; listeners share it.
type query struct {
	db          databaseName
	parent      string // document path, "" for the root
	collection  string // collection ID
	descendants bool

	alternatives []conjunction
	orders       []order // with the implied ones; the last is __name__
	start, end   *cursor
	offset       int
	limit        int // math.MaxInt when there is none
	mask         *mask
	aggregated   []fieldPath // by name, without those the order has

	backward bool // scans run against the order of their index
	bounds   span // what the cursors leave of the order keys
	scans    []scan
}

// cursor is a position in a query's order: before or after everything that starts with values.
type cursor struct {
	values []string // ascending encodings
	before bool
}

// readQuery checks a structured query and plans it. It answers INVALID_ARGUMENT for what the service
// refuses, UNIMPLEMENTED for what this server does not know.
func readQuery(parent string, sq *pb.StructuredQuery) (*query, error) {
	q, err := parseQuery(parent, sq)
	if err != nil {
		return nil, err
	}
	q.plan()
	return q, nil
}

// parseQuery checks a structured query, which still has to be planned.
func parseQuery(parent string, sq *pb.StructuredQuery) (*query, error) {
	db, path, err := parseParent(parent)
	if err != nil {
		return nil, err
	}
	q := &query{db: db, parent: path, limit: math.MaxInt}
	if err := q.readFrom(sq); err != nil {
		return nil, err
	}
	var unequal []fieldPath
	if q.alternatives, unequal, err = readFilter(db, sq.GetWhere()); err != nil {
		return nil, err
	}
	if err := q.checkComponents(len(sq.GetOrderBy())); err != nil {
		return nil, err
	}
	if err := q.readOrders(sq.GetOrderBy(), unequal); err != nil {
		return nil, err
	}
	if q.start, err = q.readCursor("start_at", sq.GetStartAt(), len(sq.GetOrderBy())); err != nil {
		return nil, err
	}
	if q.end, err = q.readCursor("end_at", sq.GetEndAt(), len(sq.GetOrderBy())); err != nil {
		return nil, err
	}
	if err := q.readWindow(sq); err != nil {
		return nil, err
	}
	return q, nil
}

// checkComponents limits each disjunction; orders is how many the query names.
func (q *query) checkComponents(orders int) error {
	parents := 0
	if q.parent != "" {
		parents = 1
	}
	filters := 0
	for _, c := range q.alternatives {
		filters = max(filters, len(c))
	}
	if n := filters + orders + parents; n > maxComponents {
		return invalid("the query has %d filters, %d sort orders and %d parent documents, together more than the allowed %d",
			filters, orders, parents, maxComponents)
	}
	return nil
}

func (q *query) readFrom(sq *pb.StructuredQuery) error {
	switch {
	case sq == nil:
		return invalid("the request has no structured query")
	case len(sq.GetFrom()) != 1:
		return invalid("a query must name exactly one collection, not %d", len(sq.GetFrom()))
	case sq.GetFindNearest() != nil:
		return unimplemented("find_nearest is not implemented")
	case sq.GetFrom()[0].GetCollectionId() == "":
		return unimplemented("a query over all collections is not implemented: from needs a collection_id")
	}
	q.collection = sq.GetFrom()[0].GetCollectionId()
	q.descendants = sq.GetFrom()[0].GetAllDescendants()
	if err := checkID(q.collection); err != nil {
		return invalid("collection_id: %s", message(err))
	}
	return nil
}

func (q *query) readWindow(sq *pb.StructuredQuery) error {
	q.offset = int(sq.GetOffset())
	if q.offset < 0 {
		return invalid("offset %d is negative", q.offset)
	}
	if sq.GetLimit() != nil {
		q.limit = int(sq.GetLimit().GetValue())
	}
	if q.limit < 0 {
		return invalid("limit %d is negative", q.limit)
	}
	if sq.GetSelect() == nil {
		return nil
	}
	paths := make([]string, 0, len(sq.GetSelect().GetFields()))
	for _, f := range sq.GetSelect().GetFields() {
		paths = append(paths, f.GetFieldPath())
	}
	var err error
	q.mask, err = readMask(paths)
	return err
}

// readOrders completes the order: the fields of inequalities by name, then __name__, in the
// direction of the last order that the query names. Source: query.proto, StructuredQuery.order_by.
func (q *query) readOrders(orders []*pb.StructuredQuery_Order, unequal []fieldPath) error {
	down := false
	named := map[string]bool{}
	for _, o := range orders {
		path, err := readFilterField(o.GetField())
		if err != nil {
			return err
		}
		if o.GetDirection() < 0 || o.GetDirection() > pb.StructuredQuery_DESCENDING {
			return invalid("order by %q has the unknown direction %d", path, o.GetDirection())
		}
		if named[path.String()] {
			return invalid("order by %q is given twice", path)
		}
		if named[nameField] {
			return afterName(path)
		}
		named[path.String()] = true
		down = o.GetDirection() == pb.StructuredQuery_DESCENDING
		q.orders = append(q.orders, order{path, down})
	}
	implied, err := impliedFields(unequal)
	if err != nil {
		return err
	}
	for _, path := range implied {
		switch {
		case named[path.String()]:
		case named[nameField]:
			return afterName(path)
		default:
			q.orders = append(q.orders, order{path, down})
		}
	}
	if !named[nameField] {
		q.orders = append(q.orders, order{fieldPath{nameField}, down})
	}
	return nil
}

// afterName refuses an order that cannot order anything any more, as Google's emulator 1.19.9 does.
func afterName(path fieldPath) error {
	return invalid("order by %q comes after __name__, which must be the last order; the field of an inequality needs its own before it", path)
}

// require demands a field that orders nothing.
func (q *query) require(path fieldPath) {
	for i, c := range q.alternatives {
		q.alternatives[i] = append(slices.Clip(c), predicate{path: path, op: opPresent})
	}
}

// aggregate leaves only documents in the result that have the field.
func (q *query) aggregate(path fieldPath) {
	same := func(p fieldPath) bool { return slices.Equal(p, path) }
	if slices.ContainsFunc(q.aggregated, same) || slices.ContainsFunc(q.orders, func(o order) bool { return same(o.path) }) {
		return
	}
	q.require(path)
	q.aggregated = append(q.aggregated, path)
}

// impliedFields are the fields with an inequality other than __name__, each once and by name.
func impliedFields(unequal []fieldPath) ([]fieldPath, error) {
	paths := slices.DeleteFunc(unequal, fieldPath.isName)
	slices.SortFunc(paths, func(a, b fieldPath) int { return strings.Compare(a.String(), b.String()) })
	paths = slices.CompactFunc(paths, slices.Equal[fieldPath])
	if len(paths) > maxInequalityFields {
		return nil, invalid("the query has inequalities on %d fields, more than the allowed %d", len(paths), maxInequalityFields)
	}
	return paths, nil
}

// readCursor reads a position in the orders that the query names; those it only implies take no value.
// Source: query.proto, StructuredQuery.start_at, read 2026-11-21.
func (q *query) readCursor(name string, c *pb.Cursor, orders int) (*cursor, error) {
	if c == nil || len(c.GetValues()) == 0 {
		return nil, nil
	}
	if len(c.GetValues()) > orders {
		return nil, invalid("%s has %d values for %d orders", name, len(c.GetValues()), orders)
	}
	out := &cursor{before: c.GetBefore()}
	for i, v := range c.GetValues() {
		if q.orders[i].path.isName() {
			key, err := nameOperand(q.db, v)
			if err != nil {
				return nil, invalid("%s: %s", name, message(err))
			}
			out.values = append(out.values, key)
			continue
		}
		if _, err := checkValue(v); err != nil {
			return nil, invalid("%s: %s", name, message(err))
		}
		out.values = append(out.values, encoded(v))
	}
	return out, nil
}

// collectionPath is the path of the one collection of a query without descendants.
func (q *query) collectionPath() string {
	if q.parent == "" {
		return q.collection
	}
	return q.parent + "/" + q.collection
}

// limited reports whether a document's place in the result depends on others.
func (q *query) limited() bool { return q.limit != math.MaxInt || q.offset > 0 }

// matches reports whether a document of the right collection belongs to the result, limit and
// offset aside.
func (q *query) matches(d *document) bool {
	if q.descendants && q.parent != "" && !strings.HasPrefix(d.path, q.parent+"/") {
		return false
	}
	if !q.inOrder(d) {
		return false
	}
	return slices.ContainsFunc(q.alternatives, func(c conjunction) bool { return c.matches(d) })
}

// inOrder reports whether the document has every field of the order and lies between the cursors.
func (q *query) inOrder(d *document) bool {
	if q.bounds != (span{}) {
		key, ok := q.orderKey(d)
		return ok && q.bounds.contains(key)
	}
	for _, o := range q.orders[:len(q.orders)-1] {
		if o.path.in(d.pb.GetFields()) == nil {
			return false
		}
	}
	return true
}
