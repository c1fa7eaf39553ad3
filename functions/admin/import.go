package admin

import (
	"context"
	"log/slog"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

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
	imports := func(ctx context.Context, r *store.Reader, now current) (desk.Imported, error) {
		if err := h.admit(ctx, r, f, now.have); err != nil {
			return desk.Imported{}, err
		}
		return desk.Import(now.Centre, now.have, f.Setup, who.ID, h.Now()), nil
	}
	var in desk.Imported
	if req.DryRun {
		in, err = h.tries(ctx, imports)
	} else {
		in, err = h.apply(ctx, imports)
	}
	if err != nil {
		return api.ImportReport{}, err
	}
	web.Note(ctx, slog.Int("records", len(in.Save)), slog.Int("behind", len(in.Behind)), slog.Bool("dry_run", req.DryRun))
	return report(in), nil
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
