package reports

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/store"
)

// counter counts what happened in hours, and keeps it: of hours that are over in the database, as soon as each is counted, of
// others for a while in memory. It is safe for concurrent use.
type counter struct {
	host.Deps
	config

	flights singleflight.Group
	mu      sync.Mutex
	kept    map[string]counted
}

type counted struct {
	hour desk.Hourly
	at   time.Time
}

const (
	countedAtOnce = 4   // groups of hours that are counted side by side for one caller
	pageOf        = 200 // interactions that are read at once

	// commitMax is how many bytes of counts one commit takes. Firestore takes 10 MiB (quotas and limits, read 2026-11), its
	// emulator what gRPC's servers take where they are not told otherwise, 4 MiB.
	commitMax = 3 << 20
)

// errCounting asks the caller to come again.
var errCounting = fault.New(fault.Unavailable, "still_counting", "ask again for the rest")

// hours are what was counted of the queue in the hours that begin at the times, as far as anything was, in their order. When
// config.For is over it begins to count no further hour, and is errCounting; but what it has begun it counts to the end, and a
// call counts some hours however short that time is: so who asks again and again has all of them counted.
func (c *counter) hours(ctx context.Context, queue string, at []time.Time) ([]desk.Hourly, error) {
	patience, cancel := context.WithTimeout(ctx, c.For)
	defer cancel()
	late := func() bool { return patience.Err() != nil }
	var past, open []time.Time
	for _, hour := range at {
		if desk.HourOver(hour, c.Now()) {
			past = append(past, hour)
		} else {
			open = append(open, hour)
		}
	}
	found, anew, err := c.past(ctx, queue, past, late)
	if err != nil {
		return nil, err
	}
	if len(open) > 0 && anew && late() {
		return nil, errCounting
	}
	for _, hour := range open { // two at most
		h, err := c.current(ctx, queue, hour)
		if err != nil {
			return nil, err
		}
		found = append(found, h)
	}
	slices.SortFunc(found, func(a, b desk.Hourly) int { return a.Hour.Compare(b.Hour) })
	return found, nil
}

// past are the hours that are over: those that are kept, and the others, if there are any, counted anew.
func (c *counter) past(ctx context.Context, queue string, at []time.Time, late func() bool) (found []desk.Hourly, anew bool, err error) {
	ids := make([]string, len(at))
	for n, hour := range at {
		ids[n] = desk.HourlyID(queue, hour)
	}
	if found, err = c.Store.Reader().Hourlies(ctx, ids); err != nil {
		return nil, false, err
	}
	at = slices.DeleteFunc(slices.Clone(at), func(hour time.Time) bool {
		return slices.ContainsFunc(found, func(h desk.Hourly) bool { return h.Hour.Equal(hour) })
	})
	var mu sync.Mutex
	var g errgroup.Group // what one cannot count is no reason for the others not to be kept
	g.SetLimit(countedAtOnce)
	begun := 0
	for some := range slices.Chunk(at, store.MarksMax) {
		if begun++; begun > countedAtOnce && late() {
			err = errCounting
			break
		}
		g.Go(func() error {
			more, err := c.group(ctx, queue, some, late)
			mu.Lock()
			defer mu.Unlock()
			found = append(found, more...)
			return err
		})
	}
	if failed := g.Wait(); failed != nil {
		err = failed
	}
	return found, len(at) > 0, err
}

// group counts hours that are over, at most as many as one query takes. Of quiet ones a single page has all that happened in
// them; busy ones are counted one by one, the first of them whether or not it is late.
func (c *counter) group(ctx context.Context, queue string, at []time.Time, late func() bool) ([]desk.Hourly, error) {
	if len(at) > 1 {
		hours, all, err := c.quiet(ctx, queue, at)
		if err != nil || all {
			return hours, err
		}
	}
	hours := make([]desk.Hourly, len(at))
	for n, hour := range at {
		if n > 0 && late() {
			return nil, errCounting
		}
		h, err := c.counts(ctx, queue, hour)
		if err != nil {
			return nil, err
		}
		hours[n] = h
	}
	return hours, nil
}

// quiet counts hours by one query, and keeps them; it is false when there is more than that tells.
func (c *counter) quiet(ctx context.Context, queue string, at []time.Time) ([]desk.Hourly, bool, error) {
	marks := make([]string, len(at))
	for n, hour := range at {
		marks[n] = desk.LedgerMark(queue, hour)
	}
	r := c.Store.Reader()
	found, err := r.InLedgers(ctx, marks, pageOf, store.Spot{})
	if err != nil || len(found) == pageOf {
		return nil, false, err
	}
	accounts, err := r.Accounts(ctx, found)
	if err != nil {
		return nil, false, err
	}
	hours := make([]desk.Hourly, len(at))
	for n, hour := range at {
		counting := desk.CountHour(queue, hour)
		for _, a := range accounts {
			counting.Add(a)
		}
		hours[n] = counting.Hourly()
	}
	c.keep(ctx, hours...)
	return hours, true, nil
}

// counts counts an hour that is over, and keeps it. Several who ask at once are answered by one count, which goes on when the
// first of them does not wait for it.
func (c *counter) counts(ctx context.Context, queue string, hour time.Time) (desk.Hourly, error) {
	return c.together(ctx, desk.HourlyID(queue, hour), func(ctx context.Context) (desk.Hourly, error) {
		h, err := count(ctx, c.Store, queue, hour)
		if err == nil {
			c.keep(ctx, h)
		}
		return h, err
	})
}

// current is the count of an hour that is going on, as counts is that of one that is over.
func (c *counter) current(ctx context.Context, queue string, hour time.Time) (desk.Hourly, error) {
	id := desk.HourlyID(queue, hour)
	c.mu.Lock()
	k, ok := c.kept[id]
	c.mu.Unlock()
	if ok && c.Now().Sub(k.at) < c.Every {
		return k.hour, nil
	}
	return c.together(ctx, id, func(ctx context.Context) (desk.Hourly, error) {
		h, err := count(ctx, c.Store, queue, hour)
		if err == nil {
			c.put(id, counted{h, c.Now()}) // when it was counted: a count that takes long is good for as long as a quick one
		}
		return h, err
	})
}

func (c *counter) together(ctx context.Context, id string, count func(context.Context) (desk.Hourly, error)) (desk.Hourly, error) {
	got, err, _ := c.flights.Do(id, func() (any, error) { return count(context.WithoutCancel(ctx)) })
	if err != nil {
		return desk.Hourly{}, err
	}
	return got.(desk.Hourly), nil
}

// put keeps a count in memory, and drops those that are too old.
func (c *counter) put(id string, k counted) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept = map[string]counted{}
	}
	for other, old := range c.kept {
		if k.at.Sub(old.at) >= c.Every {
			delete(c.kept, other)
		}
	}
	c.kept[id] = k
}

// keep stores those of the hours, which are over, that nobody has stored. What cannot be stored is known all the same, and
// counted again by whoever asks next.
func (c *counter) keep(ctx context.Context, hours ...desk.Hourly) {
	var heads []desk.Hourly
	var further []desk.Hourly
	for _, h := range hours {
		parts := h.Cut(store.SizeMax, func(h desk.Hourly) int { return store.Size(&h) })
		heads, further = append(heads, parts[0]), append(further, parts[1:]...)
	}
	err := c.add(ctx, further) // of which nobody knows before the heads are stored
	if err == nil {
		err = c.add(ctx, heads)
	}
	if err != nil {
		c.Log.LogAttrs(ctx, slog.LevelWarn, "counts not kept", slog.String("from", hours[0].ID), slog.Int("hours", len(hours)), slog.Any("err", err))
	}
}

// add stores those of the records that are not stored, as many at once as there is room for in a commit. Whoever counted them
// first, they say the same.
func (c *counter) add(ctx context.Context, all []desk.Hourly) error {
	for len(all) > 0 {
		n, size := 0, 0
		for n < len(all) && (n == 0 || size+store.Size(&all[n]) <= commitMax) {
			size += store.Size(&all[n])
			n++
		}
		some := all[:n]
		all = all[n:]
		if _, err := c.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
			have, recs := make([]desk.Hourly, n), make([]desk.Record, n)
			for i, h := range some {
				have[i].ID, recs[i] = h.ID, &have[i]
			}
			if err := r.Find(ctx, recs...); err != nil {
				return desk.Change{}, err
			}
			var ch desk.Change
			for i, h := range some {
				if have[i].Version == 0 {
					ch.Save = append(ch.Save, &h)
				}
			}
			return ch, nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// count counts what happened in the queue in an hour.
func count(ctx context.Context, s *store.Store, queue string, hour time.Time) (desk.Hourly, error) {
	marks, counting := []string{desk.LedgerMark(queue, hour)}, desk.CountHour(queue, hour)
	for after, more := (store.Spot{}), true; more; {
		r := s.Reader()
		found, err := r.InLedgers(ctx, marks, pageOf, after)
		if err != nil {
			return desk.Hourly{}, err
		}
		accounts, err := r.Accounts(ctx, found)
		if err != nil {
			return desk.Hourly{}, err
		}
		for _, a := range accounts {
			counting.Add(a)
		}
		if more = len(found) == pageOf; more {
			last := found[len(found)-1]
			after = store.Spot{At: last.OpenedAt, ID: last.ID}
		}
	}
	return counting.Hourly(), nil
}
