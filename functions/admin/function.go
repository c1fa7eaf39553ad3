// Package admin sets up the centre.
//
//	Trigger   POST /v1/admin/import, from an administrator; centre.due from the sweep, when agents were left behind;
//	          asset.due and queue.due, when one was deleted
//	Changes   clients, projects, teams, queues with their reasons, assets, the agents the file says something new about
//	          and the centre's own record, in one commit; then what the other agents serve, each by himself; the
//	          interactions of a deleted asset or queue, each by itself, with their offers and agents
//	Hints     routing: an agent takes other interactions than before, or is free again; an interaction waits elsewhere
//	Repeats   safe: the same file again changes nothing, reports everything as unchanged and hints again; it finishes
//	          what an import left undone
//
// A file is checked as a whole; with one mistake nothing is stored. Two imports at once meet in the centre's record.
// Agents are written by routing and by their own desktops all the time, so one commit over all whose queues change would
// hardly ever win: they follow one by one. The centre's record says for how long some may be behind, and until then no
// other import changes anything: it first helps them along.
//
// So do the interactions of a deleted asset or queue. Its tombstone says for how long some may be left; until then the
// sweep reminds. Whoever comes to an interaction second finds it done, so the walk may stop anywhere, run twice and beside
// itself, and it is made once more when nobody can know the record as it was before.
package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

func init() { host.HTTP("admin", Register) }

type config struct {
	AlignFor  time.Duration `env:"ALIGN_FOR, default=20s"`  // how long one call brings agents in line; an event must be answered within a minute
	RetireFor time.Duration `env:"RETIRE_FOR, default=40s"` // how long one goes through the interactions of what was deleted
}

type handlers struct {
	host.Deps
	config
}

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	h := handlers{Deps: d}
	if err := d.Load(&h.config); err != nil {
		return err
	}
	d.Events(mux, map[string]host.EventFunc{
		desk.HintCentreDue: h.centreDue, desk.HintAssetDue: h.assetDue, desk.HintQueueDue: h.queueDue})
	return api.Admin(mux, d.Edge(), h)
}

// ImportCentre implements the operation of the same name in the contract.
func (h handlers) ImportCentre(ctx context.Context, req api.ImportCentreRequest) (api.ImportReport, error) {
	who, err := auth.Require(ctx, auth.RoleAdmin)
	if err != nil {
		return api.ImportReport{}, err
	}
	f, err := parse(req.Body)
	if err != nil {
		return api.ImportReport{}, err
	}
	var in desk.Imported
	if req.DryRun {
		var c desk.Centre
		in, c, err = h.decide(ctx, h.Store.Reader(), f, who.ID, "")
		in.Centre = &c
	} else {
		in, err = h.apply(ctx, f, who.ID)
	}
	if err != nil {
		return api.ImportReport{}, err
	}
	web.Note(ctx, slog.Int("records", len(in.Save)), slog.Int("behind", len(in.Behind)), slog.Bool("dry_run", req.DryRun))
	return report(in), nil
}

// apply stores the file, and then brings the agents in line as far as it gets. From then on those who are too busy are
// the sweep's matter and no reason to tell the caller that the import failed.
func (h handlers) apply(ctx context.Context, f *file, by string) (desk.Imported, error) {
	in, err := h.configure(ctx, f, by)
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

// errBehind says that an import must wait for agents whom another one left behind.
var errBehind = errors.New("agents are behind")

// configure stores what the file changes in one commit. When an earlier import is not finished, it finishes that first.
func (h handlers) configure(ctx context.Context, f *file, by string) (desk.Imported, error) {
	request := h.NewID()
	for {
		var in desk.Imported
		_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
			next, c, err := h.decide(ctx, r, f, by, request)
			if err != nil {
				return desk.Change{}, err
			}
			if !c.DueAt.IsZero() && len(next.Save) > 0 {
				return desk.Change{}, errBehind
			}
			in = resumed(in, next)
			return in.Change, nil
		})
		if !errors.Is(err, errBehind) {
			return in, err
		}
		if err := h.align(ctx); err != nil {
			return in, err
		}
	}
}

// decide finds what the file changes in what is stored; c is the centre's record as it is now.
func (h handlers) decide(ctx context.Context, r *store.Reader, f *file, by, request string) (in desk.Imported, c desk.Centre, err error) {
	c, have, err := read(ctx, r)
	if err != nil {
		return in, c, err
	}
	if err := f.check(have); err != nil {
		return in, c, err
	}
	in = desk.Import(c, have, f.Setup, by, h.Now())
	if len(in.Save) > 0 {
		in.Centre.Request = request
	}
	return in, c, fits(in)
}

// resumed is what an import changes when its earlier try may have been stored although that was reported as failed: then
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

// read reads the whole configuration as the centre's record c guards it. That is read first, and once more at the end:
// a change stored meanwhile would otherwise be seen in the lists beside the version before it.
func read(ctx context.Context, r *store.Reader) (c desk.Centre, have desk.Setup, err error) {
	c.ID = desk.CentreID
	if err = r.Find(ctx, &c); err != nil {
		return c, have, err
	}
	for {
		if have, err = lists(ctx, r); err != nil {
			return c, have, err
		}
		last := desk.Centre{Head: desk.Head{ID: desk.CentreID}}
		if err = r.Find(ctx, &last); err != nil || last.Version == c.Version {
			return c, have, err
		}
		c = last
	}
}

// lists reads everything but the centre's record, the agents last.
func lists(ctx context.Context, r *store.Reader) (have desk.Setup, err error) {
	for _, list := range []func() error{
		all(ctx, r, &have.Clients), all(ctx, r, &have.Projects), all(ctx, r, &have.Teams), all(ctx, r, &have.Queues),
		all(ctx, r, &have.Reasons), all(ctx, r, &have.Assets), all(ctx, r, &have.Agents),
	} {
		if err = list(); err != nil {
			return have, err
		}
	}
	return have, nil
}

func all[T any, P interface {
	*T
	desk.Record
}](ctx context.Context, r *store.Reader, into *[]T) func() error {
	return func() (err error) {
		*into, err = store.All[T, P](ctx, r)
		return err
	}
}

// What one commit and one document may take. Firestore takes 10 MiB and 1 MiB (quotas and limits, read 2026-11); as
// JSON a record has about the size it has there, so this leaves room.
const (
	commitMax = 8 << 20
	recordMax = 800 << 10
)

// fits reports whether the records can be stored at once, and each agent who follows by himself; otherwise the fault is
// TooLarge (code too_large).
func fits(in desk.Imported) error {
	total := 0
	for _, rec := range in.Save {
		size, err := sizeOf(rec)
		if err != nil {
			return err
		}
		total += size
	}
	if total > commitMax {
		return fault.New(fault.TooLarge, "too_large", "the file changes too much at once; import it in parts")
	}
	for _, a := range in.Behind {
		if _, err := sizeOf(&a); err != nil {
			return err
		}
	}
	return nil
}

// sizeOf measures a record; one that cannot be stored is TooLarge.
func sizeOf(rec desk.Record) (int, error) {
	text, err := json.Marshal(rec)
	if err != nil {
		return 0, fmt.Errorf("measure %s: %w", rec.Record(), err)
	}
	if len(text) > recordMax {
		return 0, fault.New(fault.TooLarge, "too_large", "the %s %q would be too large to be stored", rec.Record(), rec.Base().ID)
	}
	return len(text), nil
}

// report tells what an import changed.
func report(in desk.Imported) api.ImportReport {
	return api.ImportReport{
		Created: counts(in.Created), Changed: counts(in.Changed), Unchanged: counts(in.Unchanged), Version: in.Centre.History.Last}
}

func counts(of map[desk.RecordKind]int) api.Counts {
	out := api.Counts{}
	for kind, n := range of {
		out[string(kind)] = n
	}
	return out
}
