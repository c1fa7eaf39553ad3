// Package admin sets up the centre.
//
//	Trigger   POST /v1/admin/import, from an administrator
//	Changes   clients, projects, teams, queues with their reasons, assets and agents, and the centre's own record, in
//	          one commit
//	Hints     routing: an agent takes other interactions than before
//	Repeats   safe: the same file again changes nothing, reports everything as unchanged and hints again
//
// A file is checked as a whole; with one mistake nothing is stored. Agents are written by routing and by their own
// desktops all the time: who writes one meanwhile makes the import read and decide again, so no claim is lost. The
// agents are read last to keep that rare. Two imports at once meet in the centre's record.
package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

func init() { host.HTTP("admin", Register) }

type handlers struct{ host.Deps }

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	return api.Admin(mux, d.Edge(), handlers{d})
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
	decide := func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		earlier := in
		if in, err = h.decide(ctx, r, f, who.ID); err == nil {
			in = resumed(earlier, in)
		}
		return in.Change, err
	}
	if req.DryRun {
		_, err = decide(ctx, h.Store.Reader())
	} else {
		_, err = h.Move(ctx, decide)
	}
	if err != nil {
		return api.ImportReport{}, err
	}
	web.Note(ctx, slog.Int("records", len(in.Save)), slog.Bool("dry_run", req.DryRun))
	return report(in), nil
}

// decide finds what the file changes in what is stored.
func (h handlers) decide(ctx context.Context, r *store.Reader, f *file, by string) (desk.Imported, error) {
	c, have, err := read(ctx, r)
	if err != nil {
		return desk.Imported{}, err
	}
	if err := f.check(have); err != nil {
		return desk.Imported{}, err
	}
	in := desk.Import(c, have, f.Setup, by, h.Now())
	return in, fits(in.Save)
}

// resumed is what an import changes when its earlier try may have been stored although that was reported as failed: then
// the centre's history ends with it, nothing is left to store, and the earlier counts are the answer.
func resumed(earlier, in desk.Imported) desk.Imported {
	if len(earlier.Save) == 0 || len(in.Save) > 0 {
		return in
	}
	tried, last := earlier.Centre.History.Entries, in.Centre.History.Entries
	if len(last) > 0 && tried[len(tried)-1] == last[len(last)-1] {
		in.Created, in.Changed, in.Unchanged = earlier.Created, earlier.Changed, earlier.Unchanged
	}
	return in
}

// read reads the whole configuration: the centre's record first, because it guards the rest, and the agents last.
func read(ctx context.Context, r *store.Reader) (c desk.Centre, have desk.Setup, err error) {
	c.ID = desk.CentreID
	if err = r.Find(ctx, &c); err != nil {
		return c, have, err
	}
	for _, list := range []func() error{
		all(ctx, r, &have.Clients), all(ctx, r, &have.Projects), all(ctx, r, &have.Teams), all(ctx, r, &have.Queues),
		all(ctx, r, &have.Reasons), all(ctx, r, &have.Assets), all(ctx, r, &have.Agents),
	} {
		if err = list(); err != nil {
			return c, have, err
		}
	}
	return c, have, nil
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

// fits reports whether the records can be stored at once; otherwise the fault is TooLarge (code too_large).
func fits(records []desk.Record) error {
	size := 0
	for _, rec := range records {
		text, err := json.Marshal(rec)
		if err != nil {
			return fmt.Errorf("measure %s: %w", rec.Record(), err)
		}
		if len(text) > recordMax {
			return fault.New(fault.TooLarge, "too_large", "the %s %q would be too large to be stored", rec.Record(), rec.Base().ID)
		}
		size += len(text)
	}
	if size > commitMax {
		return fault.New(fault.TooLarge, "too_large", "the file changes too much at once; import it in parts")
	}
	return nil
}

// report tells what an import changed.
func report(in desk.Imported) api.ImportReport {
	return api.ImportReport{
		Created: counts(in.Created), Changed: counts(in.Changed), Unchanged: counts(in.Unchanged), Version: in.Centre.Version}
}

func counts(of map[desk.RecordKind]int) api.Counts {
	out := api.Counts{}
	for kind, n := range of {
		out[string(kind)] = n
	}
	return out
}
