package firestore

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// keysOf walks the whole span.
func keysOf(o *ordered, lo, hi string, backward bool) []string {
	var out []string
	w := o.walk(lo, hi, backward)
	for e, ok := w.next(); ok; e, ok = w.next() {
		out = append(out, e.key)
	}
	return out
}

// spanOf is what keysOf must find, from a plain set.
func spanOf(set map[string]*slot, lo, hi string, backward bool) []string {
	var out []string
	for key := range set {
		if key >= lo && (hi == "" || key < hi) {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	if backward {
		slices.Reverse(out)
	}
	return out
}

// TestOrderedAgainstSet grows and shrinks an index over many buckets and compares it with a set.
func TestOrderedAgainstSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var o ordered
		set := map[string]*slot{}
		keyOf := func(n int) string { return fmt.Sprintf("%05d", n) }
		step := rapid.SampledFrom([]int{1, 7, 1117, 1999}).Draw(t, "step")
		for range rapid.IntRange(1, 4).Draw(t, "rounds") {
			first := rapid.IntRange(0, 1999).Draw(t, "first")
			count := rapid.IntRange(0, 2000).Draw(t, "count")
			adding := rapid.Bool().Draw(t, "adding") || len(set) == 0
			for i := range count {
				key := keyOf((first + i*step) % 2000)
				if adding {
					s := &slot{}
					o.put(key, s)
					set[key] = s
					continue
				}
				_, there := set[key]
				if o.remove(key) != there {
					t.Fatalf("remove(%s) did not report %v", key, there)
				}
				delete(set, key)
			}
			if o.size != len(set) {
				t.Fatalf("size is %d, want %d", o.size, len(set))
			}
			for range 4 {
				lo := keyOf(rapid.IntRange(0, 2100).Draw(t, "lo"))
				hi := rapid.SampledFrom([]string{"", keyOf(rapid.IntRange(0, 2100).Draw(t, "hi"))}).Draw(t, "end")
				backward := rapid.Bool().Draw(t, "backward")
				if got, want := keysOf(&o, lo, hi, backward), spanOf(set, lo, hi, backward); !slices.Equal(got, want) {
					t.Fatalf("walk(%s, %s, %v) = %v, want %v", lo, hi, backward, got, want)
				}
			}
			for _, bucket := range o.buckets {
				if len(bucket) == 0 || len(bucket) > bucketSize {
					t.Fatalf("a bucket has %d entries", len(bucket))
				}
				for _, e := range bucket {
					if set[e.key] != e.slot {
						t.Fatalf("key %s has a wrong slot", e.key)
					}
				}
			}
		}
	})
}

func TestOrderedFill(t *testing.T) {
	var entries []entry
	set := map[string]*slot{}
	for i := range 1000 {
		key := fmt.Sprintf("%03d", i*7919%1000)
		entries = append(entries, entry{key: key})
		set[key] = nil
	}
	var o ordered
	o.put("gone", &slot{})
	o.fill(entries)
	assert.Equal(t, 1000, o.size)
	assert.Equal(t, spanOf(set, "", "", false), keysOf(&o, "", "", false))
	assert.Equal(t, []string{"998", "997"}, keysOf(&o, "997", "999", true))
}

func TestOrderedEmpty(t *testing.T) {
	var o ordered
	assert.Empty(t, keysOf(&o, "", "", false))
	assert.Empty(t, keysOf(&o, "a", "", true))
	assert.False(t, o.remove("a"))
	o.put("a", nil)
	require.True(t, o.remove("a"))
	assert.Empty(t, o.buckets)
}

// TestOrderedStaysDense removes nearly everything from many buckets and expects few to be left.
func TestOrderedStaysDense(t *testing.T) {
	var o ordered
	for i := range 20_000 {
		o.put(fmt.Sprintf("%05d", i), nil)
	}
	for i := range 20_000 {
		if i%1000 != 0 {
			o.remove(fmt.Sprintf("%05d", i))
		}
	}
	assert.Equal(t, 20, o.size)
	assert.LessOrEqual(t, len(o.buckets), 20)
}
