package faults

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strings"
	"sync"

	"github.com/deskline/deskline/emulator/calls"
)

// occasion is something that may go wrong: whose it is, and what it is known by in every run of the same scenario.
type occasion struct {
	call     *calls.Call // on whose behalf something is asked for; nil for what is done to a function
	function string
	on       []string // what Once.On may name
	who      string   // tells further ones apart, and is never shown
	trace    string   // what it is part of; empty when that is not known
}

func (o occasion) key(m moment) string {
	return strings.Join(append([]string{string(rune('a' + int(m))), o.function, o.who}, o.on...), "\x00")
}

// outcome is a fault that was chosen.
type outcome struct {
	kind Kind
	late Duration
}

// dice decides by a plan. It is one plan's, from when it is set until the next.
type dice struct {
	plan   Plan
	groups [moments][]chance
	idle   bool // nothing goes wrong, whatever is asked about

	mu    sync.Mutex
	asked map[string]uint64 // how often each key has been asked about
	once  []Once
}

func newDice(p Plan) *dice {
	d := &dice{plan: p, groups: p.chances(), asked: map[string]uint64{}, once: slices.Clone(p.Once), idle: len(p.Once) == 0}
	for m, group := range d.groups {
		d.groups[m] = slices.DeleteFunc(group, func(c chance) bool { return c.rate == 0 })
		d.idle = d.idle && len(d.groups[m]) == 0
	}
	return d
}

// roll chooses what happens on an occasion, and says how many there were with its key before; mostly nothing happens.
func (d *dice) roll(m moment, o occasion) (outcome, uint64, bool) {
	group := d.groups[m]
	hit := len(group) > 0 && (m == onSend || len(d.plan.Functions) == 0 || slices.Contains(d.plan.Functions, o.function))
	if !hit && len(d.plan.Once) == 0 {
		return outcome{}, 0, false
	}
	key := o.key(m)
	d.mu.Lock()
	n := d.asked[key]
	d.asked[key]++
	once, ok := d.take(m, o)
	d.mu.Unlock()
	if ok || !hit {
		return outcome{once.Kind, once.For}, n, ok
	}
	at := Rate(d.fraction("what", key, n))
	for _, c := range group {
		if at < c.rate {
			return outcome{c.kind, Duration(d.fraction("late", key, n) * float64(c.upTo))}, n, true
		}
		at -= c.rate
	}
	return outcome{}, n, false
}

// take uses up one time of the oldest Once that fits. The caller holds mu.
func (d *dice) take(m moment, o occasion) (Once, bool) {
	for i, f := range d.once {
		at, _ := momentOf(f.Kind)
		if at != m || f.Function != "" && f.Function != o.function || f.On != "" && !slices.Contains(o.on, f.On) {
			continue
		}
		if f.Times > 1 {
			d.once[i].Times--
		} else {
			d.once = slices.Delete(d.once, i, i+1)
		}
		return f, true
	}
	return Once{}, false
}

// fraction is a number from 0 to below 1 that looks random and is always the same for the same arguments and seed.
func (d *dice) fraction(what, key string, n uint64) float64 {
	h := fnv.New64a()
	var numbers [16]byte
	binary.LittleEndian.PutUint64(numbers[:8], d.plan.Seed)
	binary.LittleEndian.PutUint64(numbers[8:], n)
	_, _ = h.Write(numbers[:]) // a hash never fails, nor below
	_, _ = h.Write([]byte(what))
	_, _ = h.Write([]byte(key))
	return float64(mix(h.Sum64())>>11) / (1 << 53)
}

// mix spreads what differs in a few bits over all of them, which FNV alone does not do. It is the finalizer of SplitMix64.
// Source: prng.di.unimi.it/splitmix64.c, read 2026-11.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
