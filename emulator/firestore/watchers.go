package firestore

import "slices"

// watchers finds the listen targets that a change of a document may concern, without looking at
// the others: by document, or by collection and the values that a query demands of its fields. The
// database's lock guards it.
type watchers struct {
	documents   map[string]targetSet // by document path
	collections map[string]*watched  // by collection path
	groups      map[string]*watched  // by collection ID
}

type targetSet map[*target]struct{}

func newWatchers() watchers {
	return watchers{
		documents:   map[string]targetSet{},
		collections: map[string]*watched{},
		groups:      map[string]*watched{},
	}
}

// watched is the query targets on one collection or group.
type watched struct {
	any    targetSet // targets without a value to find them by
	routes map[string]*route
}

// route finds targets by the value of one field, or by the elements of one array.
type route struct {
	path    fieldPath
	kind    componentKind // ascending or contains
	targets map[string]targetSet
}

// routesOf is the predicates that a query is found by: one of each alternative. It is empty when an
// alternative has no equality.
func routesOf(q *query) []predicate {
	var out []predicate
	for _, c := range q.alternatives {
		i := slices.IndexFunc(c, func(p predicate) bool {
			return (p.op == opEqual || p.op == opContains) && !p.path.isName()
		})
		if i < 0 {
			return nil
		}
		out = append(out, c[i])
	}
	return out
}

func routeKind(p *predicate) componentKind {
	if p.op == opContains {
		return contains
	}
	return ascending
}

// add registers a target.
func (ws *watchers) add(t *target) {
	if t.query == nil {
		for _, path := range t.paths {
			if ws.documents[path] == nil {
				ws.documents[path] = targetSet{}
			}
			ws.documents[path][t] = struct{}{}
		}
		return
	}
	in, key := ws.place(t.query)
	w := in[key]
	if w == nil {
		w = &watched{any: targetSet{}, routes: map[string]*route{}}
		in[key] = w
	}
	w.add(t)
}

// remove takes a target out again, and with it all that only it needed.
func (ws *watchers) remove(t *target) {
	if t.query == nil {
		for _, path := range t.paths {
			drop(ws.documents, path, t)
		}
		return
	}
	in, key := ws.place(t.query)
	if w := in[key]; w != nil {
		w.remove(t)
		if len(w.any) == 0 && len(w.routes) == 0 {
			delete(in, key)
		}
	}
}

func (ws *watchers) place(q *query) (map[string]*watched, string) {
	if q.descendants {
		return ws.groups, q.collection
	}
	return ws.collections, q.collectionPath()
}

func (w *watched) add(t *target) {
	routes := routesOf(t.query)
	if len(routes) == 0 {
		w.any[t] = struct{}{}
	}
	for i := range routes {
		p := &routes[i]
		id := string(routeKind(p)) + p.path.String()
		r := w.routes[id]
		if r == nil {
			r = &route{path: p.path, kind: routeKind(p), targets: map[string]targetSet{}}
			w.routes[id] = r
		}
		if r.targets[p.operands[0]] == nil {
			r.targets[p.operands[0]] = targetSet{}
		}
		r.targets[p.operands[0]][t] = struct{}{}
	}
}

func (w *watched) remove(t *target) {
	delete(w.any, t)
	for _, p := range routesOf(t.query) {
		id := string(routeKind(&p)) + p.path.String()
		if r := w.routes[id]; r != nil {
			drop(r.targets, p.operands[0], t)
			if len(r.targets) == 0 {
				delete(w.routes, id)
			}
		}
	}
}

func drop(sets map[string]targetSet, key string, t *target) {
	delete(sets[key], t)
	if len(sets[key]) == 0 {
		delete(sets, key)
	}
}

// changed marks the document in every target that has to look at it. Either version may be nil.
func (ws *watchers) changed(collection string, old, new *document) {
	path := pathOf(old, new)
	for t := range ws.documents[path] {
		t.mark(path)
	}
	for _, w := range []*watched{ws.collections[collection], ws.groups[groupOf(collection)]} {
		if w != nil {
			w.changed(path, old)
			w.changed(path, new)
		}
	}
}

func pathOf(old, new *document) string {
	if new != nil {
		return new.path
	}
	return old.path
}

func (w *watched) changed(path string, d *document) {
	if d == nil {
		return
	}
	markMatching(w.any, path, d)
	var space [128]byte
	for _, r := range w.routes {
		v := r.path.in(d.pb.GetFields())
		switch {
		case v == nil:
		case r.kind == contains:
			for _, e := range v.GetArrayValue().GetValues() {
				markMatching(r.targets[string(appendValue(space[:0], e))], path, d)
			}
		default:
			markMatching(r.targets[string(appendValue(space[:0], v))], path, d)
		}
	}
}

func markMatching(targets targetSet, path string, d *document) {
	for t := range targets {
		if t.query.matches(d) {
			t.mark(path)
		}
	}
}

// all makes every target look at everything again.
func (ws *watchers) all() {
	for _, targets := range ws.documents {
		markAll(targets)
	}
	for _, in := range []map[string]*watched{ws.collections, ws.groups} {
		for _, w := range in {
			markAll(w.any)
			for _, r := range w.routes {
				for _, targets := range r.targets {
					markAll(targets)
				}
			}
		}
	}
}

func markAll(targets targetSet) {
	for t := range targets {
		t.markAll()
	}
}
