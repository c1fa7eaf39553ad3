package google

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// call is a call that is passed on.
type call struct {
	hooks           Hooks
	method          string // its name alone
	client          grpc.ServerStream
	emulator        grpc.ClientStream
	request, answer protoreflect.MessageType
}

// pass answers a client's call with what the emulator answers.
func (f *Front) pass(_ any, client grpc.ServerStream) error {
	name, _ := grpc.MethodFromServerStream(client)
	c := &call{hooks: f.hooks, method: path.Base(name), client: client}
	method, err := methodOf(name)
	if err != nil {
		return err
	}
	if c.request, err = protoregistry.GlobalTypes.FindMessageByName(method.Input().FullName()); err != nil {
		return err
	}
	if c.answer, err = protoregistry.GlobalTypes.FindMessageByName(method.Output().FullName()); err != nil {
		return err
	}
	headers, _ := metadata.FromIncomingContext(client.Context())
	ctx, cancel := context.WithCancelCause(metadata.NewOutgoingContext(client.Context(), headers))
	defer cancel(nil)
	if c.emulator, err = f.emulator.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, name); err != nil {
		return err
	}
	if method.IsStreamingClient() {
		return c.converse(ctx, cancel)
	}
	req, err := c.next()
	if err != nil {
		return err
	}
	_ = c.emulator.CloseSend() // a stream that is broken says so when it is read
	return c.answers(req)
}

// methodOf is the method with a name as gRPC has it, /service/method, of Google's services that this binary knows.
func methodOf(name string) (protoreflect.MethodDescriptor, error) {
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(name, "/"), "/", ".")))
	if method, ok := found.(protoreflect.MethodDescriptor); ok && err == nil {
		return method, nil
	}
	return nil, status.Errorf(codes.Unimplemented, "there is no %s", name)
}

// converse passes on what either side says, until the emulator has said its last or a message is refused.
func (c *call) converse(ctx context.Context, cancel context.CancelCauseFunc) error {
	go func() { // ends with the call, which ends what the client says
		for {
			switch _, err := c.next(); {
			case errors.Is(err, io.EOF):
				_ = c.emulator.CloseSend()
				return
			case err != nil:
				cancel(err)
				return
			}
		}
	}()
	err := c.answers(nil)
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// next passes on the client's next message. It is io.EOF after the last one.
func (c *call) next() (proto.Message, error) {
	req := c.request.New().Interface()
	if err := c.client.RecvMsg(req); err != nil {
		return nil, err
	}
	if c.hooks.Intercept != nil {
		if err := c.hooks.Intercept(c.client.Context(), c.method, req); err != nil {
			return nil, err
		}
	}
	if err := c.emulator.SendMsg(req); err != nil && !errors.Is(err, io.EOF) { // the end of the stream has its reason among the answers
		return nil, err
	}
	return req, nil
}

// answers passes on everything the emulator answers.
func (c *call) answers(req proto.Message) error {
	for {
		answer := c.answer.New().Interface()
		switch err := c.emulator.RecvMsg(answer); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if c.hooks.Answered != nil {
			if err := c.hooks.Answered(c.client.Context(), req, answer); err != nil {
				return err
			}
		}
		if err := c.client.SendMsg(answer); err != nil {
			return err
		}
	}
}
