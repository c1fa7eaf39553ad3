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
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/store"
)

// counter counts what happened in hours, and keeps it: of hours that are over in the database, of others for a while in memory.
// It is safe for concurrent use.
type counter struct {
	host.Deps
	age time.Duration // how old a count of an hour that is going on may be

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

	// rowsKept is how many rows of an hour are kept in one record: a row is some 500 bytes, a document 1 MiB at most
	// (Firestore quotas and limits, read 2026-11). An hour with more is counted each time.
	rowsKept = 1500
)

// hours are what was counted of the queue in the hours that begin at the times, as far as anything was, in their order.
func (c *counter) hours(ctx context.Context, queue string, at []time.Time) ([]desk.Hourly, error) {
	now := c.Now()
	var ids []string
	var open []time.Time // hours not kept
	for _, hour := range at {
		if desk.HourOver(hour, now) {
			ids = append(ids, desk.HourlyID(queue, hour))
		}
	}
	found, err := c.Store.Reader().Hourlies(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, hour := range at {
		if !slices.ContainsFunc(found, func(h desk.Hourly) bool { return h.Hour.Equal(hour) }) {
			open = append(open, hour)
		}
	}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(countedAtOnce)
	for some := range slices.Chunk(open, store.MarksMax) {
		g.Go(func() error {
			more, err := c.anew(ctx, queue, some, now)
			mu.Lock()
			defer mu.Unlock()
			found = append(found, more...)
			return err
		})
	}
	err = g.Wait()
	slices.SortFunc(found, func(a, b desk.Hourly) int { return a.Hour.Compare(b.Hour) })
	return found, err
}

// anew counts hours, at most as many as one query takes, and keeps them.
func (c *counter) anew(ctx context.Context, queue string, at []time.Time, now time.Time) ([]desk.Hourly, error) {
	var over []time.Time
	var all []desk.Hourly
	for _, hour := range at {
		if desk.HourOver(hour, now) {
			over = append(over, hour)
			continue
		}
		one, err := c.current(ctx, queue, hour)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	past, err := count(ctx, c.Store, queue, over)
	if err != nil {
		return nil, err
	}
	for _, h := range past {
		if len(h.Rows) == 0 || len(h.Rows) > rowsKept {
			continue
		}
		if err := c.keep(ctx, h); err != nil { // it is known all the same, and counted again by whoever asks next
			c.Log.LogAttrs(ctx, slog.LevelWarn, "count not kept", slog.String("hour", h.ID), slog.Any("err", err))
		}
	}
	return append(all, past...), nil
}

// keep stores an hour that is over, unless somebody has.
func (c *counter) keep(ctx context.Context, h desk.Hourly) error {
	_, err := c.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		have := desk.Hourly{Head: desk.Head{ID: h.ID}}
		if err := r.Find(ctx, &have); err != nil || have.Version > 0 {
			return desk.Change{}, err
		}
		fresh := h
		return desk.Change{Save: []desk.Record{&fresh}}, nil
	})
	return err
}

// current is the count of an hour that is going on. Several who ask at once are answered by one count.
func (c *counter) current(ctx context.Context, queue string, hour time.Time) (desk.Hourly, error) {
	id := desk.HourlyID(queue, hour)
	c.mu.Lock()
	k, ok := c.kept[id]
	c.mu.Unlock()
	if ok && c.Now().Sub(k.at) < c.age {
		return k.hour, nil
	}
	got, err, _ := c.flights.Do(id, func() (any, error) {
		at := c.Now()
		list, err := count(context.WithoutCancel(ctx), c.Store, queue, []time.Time{hour}) // others may wait for it
		if err != nil {
			return nil, err
		}
		c.put(id, counted{list[0], at})
		return list[0], nil
	})
	if err != nil {
		return desk.Hourly{}, err
	}
	return got.(desk.Hourly), nil
}

// put keeps a count, and drops those that are too old.
func (c *counter) put(id string, k counted) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept = map[string]counted{}
	}
	for other, old := range c.kept {
		if k.at.Sub(old.at) >= c.age {
			delete(c.kept, other)
		}
	}
	c.kept[id] = k
}

// count counts what happened in the queue in the hours, of which each has a result.
func count(ctx context.Context, s *store.Store, queue string, at []time.Time) ([]desk.Hourly, error) {
	if len(at) == 0 {
		return nil, nil
	}
	marks, countings := make([]string, len(at)), make([]*desk.Counting, len(at))
	for n, hour := range at {
		marks[n], countings[n] = desk.LedgerMark(queue, hour), desk.CountHour(queue, hour)
	}
	for after, more := (store.Spot{}), true; more; {
		r := s.Reader()
		found, err := r.InLedgers(ctx, marks, pageOf, after)
		if err != nil {
			return nil, err
		}
		accounts, err := r.Accounts(ctx, found)
		if err != nil {
			return nil, err
		}
		for _, a := range accounts {
			for _, c := range countings {
				c.Add(a)
			}
		}
		if more = len(found) == pageOf; more {
			last := found[len(found)-1]
			after = store.Spot{At: last.OpenedAt, ID: last.ID}
		}
	}
	hours := make([]desk.Hourly, len(at))
	for n, c := range countings {
		hours[n] = c.Hourly()
	}
	return hours, nil
}
