package google

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
)

// Hooks are told of the calls that go through a Front. They may be called concurrently and may wait; nil ones are not called.
type Hooks struct {
	// Intercept is called before a call is passed on, for a stream of the client's before each of its messages. Its error is
	// answered instead of passing it on; what it changes is passed on changed. method is the name alone, such as "Commit".
	Intercept func(ctx context.Context, method string, req proto.Message) error

	// Answered is called before an answer of the emulator's is passed on, for a stream of the emulator's before each of its messages.
	// Its error is answered instead, although what was asked for is done; what it changes is passed on changed. req is nil
	// for a stream of the client's.
	Answered func(ctx context.Context, req, answer proto.Message) error
}

// Front stands before an emulator, passes every call on to it and calls hooks. All methods may be called concurrently.
type Front struct {
	hooks    Hooks
	emulator *grpc.ClientConn
	server   *grpc.Server
	listener net.Listener
	served   chan struct{}
}

// NewFront starts a front before the emulator at addr, on a free port of this machine. Close it. Whether somebody answers at
// addr shows at the first call.
func NewFront(addr string, h Hooks) (*Front, error) {
	conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)))
	if err != nil {
		return nil, fmt.Errorf("dial Google's emulator: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen before Google's emulator: %w", err), conn.Close())
	}
	f := &Front{hooks: h, emulator: conn, listener: l, served: make(chan struct{})}
	f.server = grpc.NewServer(grpc.UnknownServiceHandler(f.pass), grpc.MaxRecvMsgSize(math.MaxInt32), grpc.WaitForHandlers(true))
	go func() {
		defer close(f.served)
		_ = f.server.Serve(l) // ends when it is stopped
	}()
	return f, nil
}

// Addr is the host and port the front listens on.
func (f *Front) Addr() string { return f.listener.Addr().String() }

// Close breaks every call off and returns when all have ended. Close it once.
func (f *Front) Close() error {
	f.server.Stop()
	<-f.served
	return f.emulator.Close()
}
