package tasks

import (
	"context"
	"path"

	"google.golang.org/grpc"
)

// tells says that a call was made once it was handled.
func tells(called func(context.Context, string)) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		if called != nil {
			defer called(ctx, path.Base(info.FullMethod))
		}
		return handle(ctx, req)
	}
}
