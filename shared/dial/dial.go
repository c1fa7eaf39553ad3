// Package dial connects Google's clients to their services, or to local servers that speak like them.
//
// Every call says what it is made for: it carries the traceparent of the request or event it is part of as gRPC metadata, as
// requests and events do, so that the work of one conversation can be told apart wherever it arrives.
package dial

import (
	"context"
	"fmt"
	"math"
	"net"
	"strings"

	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/deskline/deskline/shared/web"
)

// Traceparent is the key of the metadata that carries the W3C trace context.
const Traceparent = "traceparent"

// Options are those of one client, which closes its connection. An endpoint is the host and port of a local server, or "unix:" and the
// path of its socket, spoken to without credentials or encryption; empty is Google's service. The connection is made when it is first
// used. More options hold for either.
//
// The clients' own variables for emulators would turn off other settings of theirs, so nothing here reads them.
func Options(endpoint string, more ...grpc.DialOption) ([]option.ClientOption, error) {
	more = append([]grpc.DialOption{grpc.WithChainUnaryInterceptor(traceUnary), grpc.WithChainStreamInterceptor(traceStream)}, more...)
	if endpoint == "" {
		var opts []option.ClientOption
		for _, o := range more {
			opts = append(opts, option.WithGRPCDialOption(o))
		}
		return opts, nil
	}
	if path, ok := strings.CutPrefix(endpoint, "unix:"); ok { // gRPC would read it as a URL, in which some characters are special
		more = append(more, grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}))
	}
	conn, err := grpc.NewClient("passthrough:///"+endpoint, append(more, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)))...) // what the clients set on their own connections
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", endpoint, err)
	}
	return []option.ClientOption{option.WithGRPCConn(conn)}, nil
}

func traceUnary(ctx context.Context, method string, req, reply any, c *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return invoke(traced(ctx), method, req, reply, c, opts...)
}

func traceStream(
	ctx context.Context, d *grpc.StreamDesc, c *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	return open(traced(ctx), d, c, method, opts...)
}

func traced(ctx context.Context) context.Context {
	if t := web.Traceparent(ctx); t != "" {
		return metadata.AppendToOutgoingContext(ctx, Traceparent, t)
	}
	return ctx
}
