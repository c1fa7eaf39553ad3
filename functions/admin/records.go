package admin

import (
	"context"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

// The operations on single records, each implementing the one of its name in the contract.

// ListClients implements the operation.
func (h handlers) ListClients(ctx context.Context, req api.ListClientsRequest) (api.ClientRecords, error) {
	items, next, err := page(ctx, h, req.Cursor, req.Limit, clientView)
	return api.ClientRecords{Items: items, Next: next, Now: h.Now()}, err
}

// GetClient implements the operation.
func (h handlers) GetClient(ctx context.Context, req api.GetClientRequest) (api.ClientRecord, error) {
	rec := desk.Client{Head: desk.Head{ID: req.Client}}
	err := h.get(ctx, &rec)
	return clientView(rec), err
}

// PutClient implements the operation.
func (h handlers) PutClient(ctx context.Context, req api.PutClientRequest) (api.ClientRecord, error) {
	rec, err := h.put(ctx, key{kind: desk.KindClient, id: req.Client}, req.IfMatch, req.IfNoneMatch, req.Body)
	if err != nil {
		return api.ClientRecord{}, err
	}
	return clientView(*rec.(*desk.Client)), nil
}

// ListProjects implements the operation.
func (h handlers) ListProjects(ctx context.Context, req api.ListProjectsRequest) (api.ProjectRecords, error) {
	items, next, err := page(ctx, h, req.Cursor, req.Limit, projectView)
	return api.ProjectRecords{Items: items, Next: next, Now: h.Now()}, err
}

// GetProject implements the operation.
func (h handlers) GetProject(ctx context.Context, req api.GetProjectRequest) (api.ProjectRecord, error) {
	rec := desk.Project{Head: desk.Head{ID: req.Project}}
	err := h.get(ctx, &rec)
	return projectView(rec), err
}

// PutProject implements the operation.
func (h handlers) PutProject(ctx context.Context, req api.PutProjectRequest) (api.ProjectRecord, error) {
	rec, err := h.put(ctx, key{kind: desk.KindProject, id: req.Project}, req.IfMatch, req.IfNoneMatch, req.Body)
	if err != nil {
		return api.ProjectRecord{}, err
	}
	return projectView(*rec.(*desk.Project)), nil
}

// ListTeams implements the operation.
func (h handlers) ListTeams(ctx context.Context, req api.ListTeamsRequest) (api.TeamRecords, error) {
	items, next, err := page(ctx, h, req.Cursor, req.Limit, teamView)
	return api.TeamRecords{Items: items, Next: next, Now: h.Now()}, err
}

// GetTeam implements the operation.
func (h handlers) GetTeam(ctx context.Context, req api.GetTeamRequest) (api.TeamRecord, error) {
	rec := desk.Team{Head: desk.Head{ID: req.Team}}
	err := h.get(ctx, &rec)
	return teamView(rec), err
}

// PutTeam implements the operation.
func (h handlers) PutTeam(ctx context.Context, req api.PutTeamRequest) (api.TeamRecord, error) {
	rec, err := h.put(ctx, key{kind: desk.KindTeam, id: req.Team}, req.IfMatch, req.IfNoneMatch, req.Body)
	if err != nil {
		return api.TeamRecord{}, err
	}
	return teamView(*rec.(*desk.Team)), nil
}

// ListQueues implements the operation.
func (h handlers) ListQueues(ctx context.Context, req api.ListQueuesRequest) (api.QueueRecords, error) {
	items, next, err := page(ctx, h, req.Cursor, req.Limit, queueView)
	return api.QueueRecords{Items: items, Next: next, Now: h.Now()}, err
}

// GetQueue implements the operation.
func (h handlers) GetQueue(ctx context.Context, req api.GetQueueRequest) (api.QueueRecord, error) {
	rec := desk.Queue{Head: desk.Head{ID: req.Queue}}
	err := h.get(ctx, &rec)
	return queueView(rec), err
}

// PutQueue implements the operation.
func (h handlers) PutQueue(ctx context.Context, req api.PutQueueRequest) (api.QueueRecord, error) {
	rec, err := h.put(ctx, key{kind: desk.KindQueue, id: req.Queue}, req.IfMatch, req.IfNoneMatch, req.Body)
	if err != nil {
		return api.QueueRecord{}, err
	}
	return queueView(*rec.(*desk.Queue)), nil
}

// ListAssets implements the operation.
func (h handlers) ListAssets(ctx context.Context, req api.ListAssetsRequest) (api.AssetRecords, error) {
	items, next, err := page(ctx, h, req.Cursor, req.Limit, h.assetView)
	return api.AssetRecords{Items: items, Next: next, Now: h.Now()}, err
}

// GetAsset implements the operation.
func (h handlers) GetAsset(ctx context.Context, req api.GetAssetRequest) (api.AssetRecord, error) {
	rec := desk.Asset{Head: desk.Head{ID: req.Asset}}
	err := h.get(ctx, &rec)
	return h.assetView(rec), err
}

// PutAsset implements the operation.
func (h handlers) PutAsset(ctx context.Context, req api.PutAssetRequest) (api.AssetRecord, error) {
	rec, err := h.put(ctx, key{kind: desk.KindAsset, id: req.Asset}, req.IfMatch, req.IfNoneMatch, req.Body)
	if err != nil {
		return api.AssetRecord{}, err
	}
	return h.assetView(*rec.(*desk.Asset)), nil
}

// ListAgents implements the operation.
func (h handlers) ListAgents(ctx context.Context, req api.ListAgentsRequest) (api.AgentRecords, error) {
	items, next, err := page(ctx, h, req.Cursor, req.Limit, agentView)
	return api.AgentRecords{Items: items, Next: next, Now: h.Now()}, err
}

// GetAgent implements the operation.
func (h handlers) GetAgent(ctx context.Context, req api.GetAgentRequest) (api.AgentRecord, error) {
	rec := desk.Agent{Head: desk.Head{ID: req.Agent}}
	err := h.get(ctx, &rec)
	return agentView(rec), err
}

// PutAgent implements the operation.
func (h handlers) PutAgent(ctx context.Context, req api.PutAgentRequest) (api.AgentRecord, error) {
	rec, err := h.put(ctx, key{kind: desk.KindAgent, id: req.Agent}, req.IfMatch, req.IfNoneMatch, req.Body)
	if err != nil {
		return api.AgentRecord{}, err
	}
	return agentView(*rec.(*desk.Agent)), nil
}

// ListReasons implements the operation.
func (h handlers) ListReasons(ctx context.Context, req api.ListReasonsRequest) (api.ReasonRecords, error) {
	list, next, err := h.reasons(ctx, req.Queue, req.Cursor, req.Limit)
	out := api.ReasonRecords{Next: next, Now: h.Now()}
	for _, r := range list {
		out.Items = append(out.Items, reasonView(r))
	}
	return out, err
}

// GetReason implements the operation.
func (h handlers) GetReason(ctx context.Context, req api.GetReasonRequest) (api.ReasonRecord, error) {
	if err := h.get(ctx, &desk.Queue{Head: desk.Head{ID: req.Queue}}); err != nil {
		return api.ReasonRecord{}, err
	}
	rec := desk.Reason{Head: desk.Head{ID: req.Reason}, Queue: req.Queue}
	err := h.get(ctx, &rec)
	return reasonView(rec), err
}

// PutReason implements the operation.
func (h handlers) PutReason(ctx context.Context, req api.PutReasonRequest) (api.ReasonRecord, error) {
	k := key{kind: desk.KindReason, queue: req.Queue, id: req.Reason}
	rec, err := h.put(ctx, k, req.IfMatch, req.IfNoneMatch, req.Body)
	if err != nil {
		return api.ReasonRecord{}, err
	}
	return reasonView(*rec.(*desk.Reason)), nil
}
