package firestore

import (
	"slices"
	"strings"
)

// bucketSize bounds what an insertion moves; half of it is the usual fill after a split.
const bucketSize = 256

// entry is one key of an index and the document it stands for.
type entry struct {
	key  string
	slot *slot
}

// ordered keeps entries sorted by key: a sorted list of sorted buckets. The zero value is empty.
// Keys are unique. It must not change while a walk over it is in use.
type ordered struct {
	buckets [][]entry
	size    int
}

// bucketFor is the bucket a key is in or would be added to.
func (o *ordered) bucketFor(key string) int {
	lo, hi := 0, len(o.buckets)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if o.buckets[mid][0].key <= key {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return max(lo-1, 0)
}

func searchBucket(bucket []entry, key string) (int, bool) {
	return slices.BinarySearchFunc(bucket, key, func(e entry, key string) int {
		return strings.Compare(e.key, key)
	})
}

// put adds an entry, or replaces the one that has its key.
func (o *ordered) put(key string, s *slot) {
	if len(o.buckets) == 0 {
		o.buckets = [][]entry{{{key, s}}}
		o.size = 1
		return
	}
	b := o.bucketFor(key)
	i, found := searchBucket(o.buckets[b], key)
	if found {
		o.buckets[b][i].slot = s
		return
	}
	o.buckets[b] = slices.Insert(o.buckets[b], i, entry{key, s})
	o.size++
	if len(o.buckets[b]) > bucketSize {
		o.split(b)
	}
}

// split halves a bucket. A split at the end leaves the left half nearly full, because keys that
// grow with time would otherwise leave every bucket half empty.
func (o *ordered) split(b int) {
	full := o.buckets[b]
	at := len(full) / 2
	if b == len(o.buckets)-1 {
		at = len(full) - len(full)/8
	}
	right := make([]entry, len(full)-at, bucketSize+1)
	copy(right, full[at:])
	clear(full[at:])
	o.buckets[b] = full[:at]
	o.buckets = slices.Insert(o.buckets, b+1, right)
}

// remove takes a key out and reports whether it was there.
func (o *ordered) remove(key string) bool {
	if len(o.buckets) == 0 {
		return false
	}
	b := o.bucketFor(key)
	i, found := searchBucket(o.buckets[b], key)
	if !found {
		return false
	}
	o.buckets[b] = slices.Delete(o.buckets[b], i, i+1)
	o.size--
	o.merge(b)
	return true
}

// merge keeps a bucket that lost an entry from staying nearly empty beside another.
func (o *ordered) merge(b int) {
	if len(o.buckets[b]) == 0 {
		o.buckets = slices.Delete(o.buckets, b, b+1)
		return
	}
	if len(o.buckets[b]) > bucketSize/4 || b+1 >= len(o.buckets) {
		return
	}
	if len(o.buckets[b])+len(o.buckets[b+1]) <= bucketSize/2 {
		o.buckets[b] = append(o.buckets[b], o.buckets[b+1]...)
		o.buckets = slices.Delete(o.buckets, b+1, b+2)
	}
}

// fill replaces the content by entries in any order with unique keys.
func (o *ordered) fill(entries []entry) {
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	o.buckets, o.size = nil, len(entries)
	for part := range slices.Chunk(entries, bucketSize*3/4) {
		bucket := make([]entry, len(part), bucketSize+1)
		copy(bucket, part)
		o.buckets = append(o.buckets, bucket)
	}
}

// walk goes over the entries with lo <= key < hi, from the end when backward; hi "" means no end.
type walk struct {
	o        *ordered
	bucket   int
	i        int
	lo, hi   string
	backward bool
}

func (o *ordered) walk(lo, hi string, backward bool) walk {
	w := walk{o: o, lo: lo, hi: hi, backward: backward}
	if len(o.buckets) == 0 {
		return w
	}
	switch {
	case !backward:
		w.bucket = o.bucketFor(lo)
		w.i, _ = searchBucket(o.buckets[w.bucket], lo)
	case hi == "":
		w.bucket = len(o.buckets) - 1
		w.i = len(o.buckets[w.bucket]) - 1
	default:
		w.bucket = o.bucketFor(hi)
		w.i, _ = searchBucket(o.buckets[w.bucket], hi)
		w.i--
	}
	return w
}

// next is the next entry; false when the walk is over.
func (w *walk) next() (entry, bool) {
	if w.backward {
		return w.previous()
	}
	for w.bucket < len(w.o.buckets) {
		if bucket := w.o.buckets[w.bucket]; w.i < len(bucket) {
			e := bucket[w.i]
			w.i++
			return e, w.hi == "" || e.key < w.hi
		}
		w.bucket, w.i = w.bucket+1, 0
	}
	return entry{}, false
}

func (w *walk) previous() (entry, bool) {
	if len(w.o.buckets) == 0 {
		return entry{}, false
	}
	for w.i < 0 {
		if w.bucket == 0 {
			return entry{}, false
		}
		w.bucket--
		w.i = len(w.o.buckets[w.bucket]) - 1
	}
	e := w.o.buckets[w.bucket][w.i]
	w.i--
	return e, e.key >= w.lo
}
