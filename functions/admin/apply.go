package admin

import (
	"context"
	"errors"
	"log/slog"
	"strconv"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

// current is the configuration as a change of it finds it.
type current struct {
	desk.Centre
	have desk.Setup
	mine bool // the newest change is the one that is decided: an earlier try was stored although that was reported as failed
}

// decision is what changes in the configuration as it is. It may be asked several times.
type decision func(ctx context.Context, r *store.Reader, now current) (desk.Imported, error)

// apply stores what decide changes, and then brings the agents in line as far as it gets. From then on those who are too
// busy are the sweep's matter and no reason to tell the caller that the change failed.
func (h handlers) apply(ctx context.Context, decide decision) (desk.Imported, error) {
	in, err := h.configure(ctx, decide)
	if err != nil || in.Centre.DueAt.IsZero() {
		return in, err
	}
	err = h.align(ctx)
	if fault.Is(err, fault.Unavailable) && !fault.HasCode(err, "not_published") {
		web.Note(ctx, slog.String("left", err.Error()))
		return in, nil
	}
	return in, err
}

// tries is apply without storing anything; the centre's record is as it is stored.
func (h handlers) tries(ctx context.Context, decide decision) (desk.Imported, error) {
	r := h.Store.Reader()
	now, err := read(ctx, r)
	if err != nil {
		return desk.Imported{}, err
	}
	in, err := decide(ctx, r, now)
	if err != nil {
		return desk.Imported{}, err
	}
	in.Centre = &now.Centre
	return in, fits(in)
}

// errBehind says that a change must wait for agents whom another one left behind.
var errBehind = errors.New("agents are behind")

// configure stores what decide changes in one commit. When an earlier change is not finished, it finishes that first.
func (h handlers) configure(ctx context.Context, decide decision) (desk.Imported, error) {
	request := h.NewID()
	for {
		var in desk.Imported
		_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
			now, err := read(ctx, r)
			if err != nil {
				return desk.Change{}, err
			}
			now.mine = now.Request == request
			next, err := decide(ctx, r, now)
			if err != nil {
				return desk.Change{}, err
			}
			if len(next.Save) > 0 {
				if !now.DueAt.IsZero() {
					return desk.Change{}, errBehind
				}
				next.Centre.Request = request
			}
			in = resumed(in, next)
			return in.Change, fits(in)
		})
		if !errors.Is(err, errBehind) {
			return in, err
		}
		if err := h.align(ctx); err != nil {
			return in, err
		}
	}
}

// resumed is what a change brings when its earlier try may have been stored although that was reported as failed: then
// the centre's record names the request, nothing is left to store, and the earlier counts are the answer.
func resumed(earlier, in desk.Imported) desk.Imported {
	if len(earlier.Save) == 0 || len(in.Save) > 0 {
		return in
	}
	if earlier.Centre.Request == in.Centre.Request {
		in.Created, in.Changed, in.Unchanged = earlier.Created, earlier.Changed, earlier.Unchanged
	}
	return in
}

// admit holds what a caller describes against what is stored, and has the histories of new agents go on where those of
// deleted ones with their IDs ended.
func (h handlers) admit(ctx context.Context, r *store.Reader, f *file, have desk.Setup) error {
	if err := f.check(have); err != nil {
		return err
	}
	known := map[string]bool{}
	for _, a := range have.Agents {
		known[a.ID] = true
	}
	var fresh []*desk.Agent
	for n := range f.Agents {
		if !known[f.Agents[n].ID] {
			f.Agents[n].History.Last = 0
			fresh = append(fresh, &f.Agents[n])
		}
	}
	return continued(ctx, r, fresh)
}

// continued sets History.Last of agents who are not stored to the last move in the pages of their ID. Nearly always there
// is none: the first page of all of them is one read.
func continued(ctx context.Context, r *store.Reader, agents []*desk.Agent) error {
	for len(agents) > 0 {
		pages := make([]desk.HistoryPage, len(agents))
		recs := make([]desk.Record, len(agents))
		for n, a := range agents {
			pages[n].ID = a.ID + ":" + strconv.FormatInt(a.History.Last+1, 10)
			recs[n] = &pages[n]
		}
		if err := r.Find(ctx, recs...); err != nil {
			return err
		}
		var more []*desk.Agent
		for n, a := range agents {
			if pages[n].Version > 0 {
				a.History.Last += int64(len(pages[n].Entries))
				more = append(more, a)
			}
		}
		agents = more
	}
	return nil
}
