package firestore

import (
	"iter"
	"sync"
	"sync/atomic"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// document is one version of a document. It never changes; readers share it.
type document struct {
	path   string // relative to the database's root
	key    string // the path as it ends an index key
	pb     *pb.Document
	update int64 // update time in microseconds

	encoded atomic.Pointer[pb.Document] // what answer returns, once it was asked for
}

// slot is the place of a document in its collection and in the indexes. Its document is replaced
// under the database's write lock.
type slot struct {
	doc *document
}

// collection holds the documents directly below one path.
type collection struct {
	path    string
	docs    map[string]*slot // by document ID
	indexes indexSet
}

// all goes over the collection's documents in no order.
func (c *collection) all() iter.Seq[*slot] {
	return func(yield func(*slot) bool) {
		for _, s := range c.docs {
			if !yield(s) {
				return
			}
		}
	}
}

// group holds the collections that share a collection ID, wherever they are.
type group struct {
	collections map[string]*collection
	indexes     indexSet
}

// all goes over the documents of all collections of the group in no order.
func (g *group) all() iter.Seq[*slot] {
	return func(yield func(*slot) bool) {
		for _, c := range g.collections {
			for _, s := range c.docs {
				if !yield(s) {
					return
				}
			}
		}
	}
}

// database holds one database's documents and listeners. Reads share the lock; a commit and the
// building of an index hold it alone.
type database struct {
	name     databaseName
	mu       sync.RWMutex
	byPath   map[string]*collection
	byGroup  map[string]*group
	watchers watchers
}

func newDatabase(name databaseName) *database {
	return &database{
		name:     name,
		byPath:   map[string]*collection{},
		byGroup:  map[string]*group{},
		watchers: newWatchers(),
	}
}

// slot is where the document at path is kept, nil when there is none.
func (db *database) slot(path string) *slot {
	parent, id := splitPath(path)
	if c := db.byPath[parent]; c != nil {
		return c.docs[id]
	}
	return nil
}

// get is the document at path, nil when there is none.
func (db *database) get(path string) *document {
	if s := db.slot(path); s != nil {
		return s.doc
	}
	return nil
}

// put stores a document, or removes it when new is nil, and tells the listeners it concerns.
func (db *database) put(path string, new *document) {
	parent, id := splitPath(path)
	c := db.byPath[parent]
	if c == nil {
		if new == nil {
			return
		}
		c = db.addCollection(parent)
	}
	s := c.docs[id]
	switch {
	case s == nil && new == nil:
		return
	case s == nil:
		s = &slot{}
		c.docs[id] = s
	}
	old := s.doc
	g := db.byGroup[groupOf(parent)]
	c.indexes.replace(s, old, new)
	g.indexes.replace(s, old, new)
	s.doc = new
	if new == nil {
		delete(c.docs, id)
		if len(c.docs) == 0 {
			db.dropCollection(c, g)
		}
	}
	db.watchers.changed(parent, old, new)
}

func (db *database) addCollection(path string) *collection {
	c := &collection{path: path, docs: map[string]*slot{}}
	db.byPath[path] = c
	id := groupOf(path)
	g := db.byGroup[id]
	if g == nil {
		g = &group{collections: map[string]*collection{}}
		db.byGroup[id] = g
	}
	g.collections[path] = c
	return c
}

func (db *database) dropCollection(c *collection, g *group) {
	delete(db.byPath, c.path)
	delete(g.collections, c.path)
	if len(g.collections) == 0 {
		delete(db.byGroup, groupOf(c.path))
	}
}

// clear drops every document; listeners see them go. When d cannot keep that, nothing is dropped.
func (db *database) clear(d *data) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if err := d.clear(db); err != nil {
		return err
	}
	clear(db.byPath)
	clear(db.byGroup)
	db.watchers.all()
	return nil
}

// source is where a query looks: its index set and the documents to build an index from. A set of
// nil means there are no documents.
func (db *database) source(q *query) (*indexSet, iter.Seq[*slot]) {
	if q.descendants {
		if g := db.byGroup[q.collection]; g != nil {
			return &g.indexes, g.all()
		}
		return nil, nil
	}
	if c := db.byPath[q.collectionPath()]; c != nil {
		return &c.indexes, c.all()
	}
	return nil, nil
}

// ready reports whether every index the queries need is built; the lock must be held.
func (db *database) ready(queries []*query) bool {
	for _, q := range queries {
		set, _ := db.source(q)
		if set == nil {
			continue
		}
		for i := range q.scans {
			if set.get(q.scans[i].def) == nil {
				return false
			}
		}
	}
	return true
}

// view locks the database for reading with every index that the queries need in place, and returns
// the unlock. When an index had to be built, the lock is the write lock: nobody drops it meanwhile.
func (db *database) view(queries ...*query) (unlock func()) {
	db.mu.RLock()
	if db.ready(queries) {
		return db.mu.RUnlock
	}
	db.mu.RUnlock()
	db.mu.Lock()
	for _, q := range queries {
		if set, _ := db.source(q); set != nil {
			set.trim()
		}
	}
	for _, q := range queries {
		db.buildFor(q)
	}
	return db.mu.Unlock
}

func (db *database) buildFor(q *query) {
	set, slots := db.source(q)
	if set == nil {
		return
	}
	for i := range q.scans {
		if def := q.scans[i].def; set.get(def) == nil {
			set.build(def, slots)
		}
	}
}
