package admin

import (
	"context"
	"errors"
	"log/slog"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

// DeleteClient implements the operation of the same name in the contract.
func (h handlers) DeleteClient(ctx context.Context, req api.DeleteClientRequest) (api.Deletion, error) {
	return h.remove(ctx, desk.Removal{Kind: desk.KindClient, ID: req.Client, Successor: req.Successor}, req.IfMatch)
}

// DeleteProject implements the operation of the same name in the contract.
func (h handlers) DeleteProject(ctx context.Context, req api.DeleteProjectRequest) (api.Deletion, error) {
	return h.remove(ctx, desk.Removal{Kind: desk.KindProject, ID: req.Project, Successor: req.Successor}, req.IfMatch)
}

// DeleteTeam implements the operation of the same name in the contract.
func (h handlers) DeleteTeam(ctx context.Context, req api.DeleteTeamRequest) (api.Deletion, error) {
	return h.remove(ctx, desk.Removal{Kind: desk.KindTeam, ID: req.Team, Successor: req.Successor}, req.IfMatch)
}

// DeleteQueue implements the operation of the same name in the contract.
func (h handlers) DeleteQueue(ctx context.Context, req api.DeleteQueueRequest) (api.Deletion, error) {
	return h.remove(ctx, desk.Removal{Kind: desk.KindQueue, ID: req.Queue, Successor: req.Successor}, req.IfMatch)
}

// DeleteAsset implements the operation of the same name in the contract.
func (h handlers) DeleteAsset(ctx context.Context, req api.DeleteAssetRequest) (api.Deletion, error) {
	return h.remove(ctx, desk.Removal{Kind: desk.KindAsset, ID: req.Asset}, req.IfMatch)
}

// DeleteAgent implements the operation of the same name in the contract.
func (h handlers) DeleteAgent(ctx context.Context, req api.DeleteAgentRequest) (api.Deletion, error) {
	return h.dismiss(ctx, req.Agent, req.Successor, req.IfMatch)
}

// DeleteReason implements the operation of the same name in the contract.
func (h handlers) DeleteReason(ctx context.Context, req api.DeleteReasonRequest) (api.Deletion, error) {
	return h.remove(ctx, desk.Removal{Kind: desk.KindReason, Queue: req.Queue, ID: req.Reason, Successor: req.Successor}, req.IfMatch)
}

const (
	usersShown = 20  // of those that keep a record from being deleted
	liveMost   = 100 // conversations of a queue that are counted
)

// remove deletes a record that is no agent.
func (h handlers) remove(ctx context.Context, what desk.Removal, match string) (api.Deletion, error) {
	k := key{kind: what.Kind, queue: what.Queue, id: what.ID}
	return h.delete(ctx, k, match, func(ctx context.Context, r *store.Reader, now current, by string) (desk.Removed, error) {
		var live []desk.Interaction
		if what.Kind == desk.KindQueue && what.Successor == "" {
			var err error
			if live, err = r.InQueue(ctx, what.ID, liveMost, ""); err != nil {
				return desk.Removed{}, err
			}
		}
		return desk.Remove(now.Centre, now.have, what, live, by, h.Now())
	})
}

// dismiss deletes an agent.
func (h handlers) dismiss(ctx context.Context, agent, successor, match string) (api.Deletion, error) {
	k := key{kind: desk.KindAgent, id: agent}
	return h.delete(ctx, k, match, func(ctx context.Context, r *store.Reader, now current, by string) (desk.Removed, error) {
		p, err := r.Present(ctx, agent)
		if err != nil {
			return desk.Removed{}, err
		}
		shown, err := r.InteractionsOf(ctx, agent)
		if err != nil {
			return desk.Removed{}, err
		}
		held, err := r.AllAttended(ctx, shown)
		if err != nil {
			return desk.Removed{}, err
		}
		heir := desk.Agent{Head: desk.Head{ID: successor}}
		if err := r.Find(ctx, &heir); err != nil {
			return desk.Removed{}, err
		}
		ch, err := desk.RemoveAgent(p, held, heir, by, h.Now())
		if err != nil {
			return desk.Removed{}, err
		}
		return desk.Dismissed(now.Centre, ch, agent, successor, by, h.Now()), nil
	})
}

// deletion is what deleting a record changes, by whom.
type deletion func(ctx context.Context, r *store.Reader, now current, by string) (desk.Removed, error)

// delete deletes the record of the key if it is what the caller has seen.
func (h handlers) delete(ctx context.Context, k key, match string, decide deletion) (api.Deletion, error) {
	who, err := auth.Require(ctx, auth.RoleAdmin)
	if err != nil {
		return api.Deletion{}, err
	}
	if match == "" {
		return api.Deletion{}, fault.New(fault.Unconditional, "precondition_required", "send If-Match with the version you have seen")
	}
	var out desk.Removed
	in, err := h.apply(ctx, func(ctx context.Context, r *store.Reader, now current) (desk.Imported, error) {
		rec := find(now.have, k)
		switch {
		case rec == nil && now.mine:
			return desk.Imported{Centre: &now.Centre}, nil
		case rec == nil && k.queue != "" && find(now.have, key{kind: desk.KindQueue, id: k.queue}) == nil:
			return desk.Imported{}, missing(desk.KindQueue)
		case rec == nil:
			return desk.Imported{}, missing(k.kind)
		}
		err := condition{tag: match}.meets(rec)
		if err == nil {
			out, err = decide(ctx, r, now, who.ID)
		}
		return out.Imported, err
	})
	if err != nil {
		return api.Deletion{}, naming(err)
	}
	web.Note(ctx, slog.String("record", string(k.kind)), slog.Int("behind", len(in.Behind)))
	return api.Deletion{Kind: string(k.kind), ID: k.id, Version: in.Centre.History.Last, Moved: counts(out.Moved)}, nil
}

// naming adds to the refusal of deleting what is in use who uses it.
func naming(err error) error {
	used, ok := errors.AsType[*desk.InUse](err)
	if !ok {
		return err
	}
	users := make([]api.RecordUser, min(len(used.Users), usersShown))
	for n := range users {
		u := used.Users[n]
		users[n] = api.RecordUser{Kind: string(u.Kind), ID: u.ID, Name: u.Name}
	}
	return web.With(web.With(err, "users", users), "count", len(used.Users))
}
