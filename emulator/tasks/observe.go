package tasks

import (
	"context"
	"path"
	"strings"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
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

// traceparent is the header of a task that says what the task is for.
const traceparent = "traceparent"

// tracedAs is the trace context in a task's headers.
func tracedAs(t *cloudtaskspb.Task) string {
	for k, v := range t.GetHttpRequest().GetHeaders() {
		if strings.EqualFold(k, traceparent) {
			return v
		}
	}
	return ""
}
