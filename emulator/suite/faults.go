package suite

import (
	"context"
	"fmt"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/faults"
	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/emulator/tasks"
)

// openFaults puts the plan's faults before the hooks of the options, which go on working.
func (s *Suite) openFaults() error {
	s.Faults = faults.New(faults.Options{
		Functions: s.topology.Names(), Calls: s.Calls, Now: s.Clock.Now, Log: s.opt.Log, Changed: s.tellProcesses})
	if err := s.Faults.Set(s.opt.Faults); err != nil {
		return fmt.Errorf("faults: %w", err)
	}
	call, commit := s.opt.Firestore.Intercept, s.opt.Firestore.AfterCommit
	s.opt.Firestore.Intercept = func(ctx context.Context, method string, req proto.Message) error {
		if err := s.Faults.FirestoreCall(ctx, method, req); err != nil || call == nil {
			return err
		}
		return call(ctx, method, req)
	}
	s.opt.Firestore.AfterCommit = func(ctx context.Context, req *pb.CommitRequest) error {
		if err := s.Faults.FirestoreCommit(ctx, req); err != nil || commit == nil {
			return err
		}
		return commit(ctx, req)
	}
	events, timers := &s.opt.PubSub, &s.opt.Tasks
	events.InterceptPublish = either(s.Faults.Publish, events.InterceptPublish)
	events.AfterPublish = either(s.Faults.Published, events.AfterPublish)
	timers.InterceptCreate = either(s.Faults.TaskCreate, timers.InterceptCreate)
	timers.AfterCreate = either(s.Faults.TaskCreated, timers.AfterCreate)
	timers.InterceptDelete = either2(s.Faults.TaskDelete, timers.InterceptDelete)
	timers.AfterDelete = either2(s.Faults.TaskDeleted, timers.AfterDelete)
	events.InterceptDelivery = delivery(s.Faults.Delivery, events.InterceptDelivery)
	timers.InterceptDispatch = dispatch(s.Faults.Dispatch, timers.InterceptDispatch)
	if s.opt.Graph.Choose == nil {
		s.opt.Graph.Choose = s.Faults.Send
	}
	return nil
}

// either asks the second, which may be nil, when the first has no objection.
func either[T any](first, second func(T) error) func(T) error {
	if second == nil {
		return first
	}
	return func(req T) error {
		if err := first(req); err != nil {
			return err
		}
		return second(req)
	}
}

// either2 is either for hooks of two arguments.
func either2[A, B any](first, second func(A, B) error) func(A, B) error {
	if second == nil {
		return first
	}
	return func(a A, b B) error {
		if err := first(a, b); err != nil {
			return err
		}
		return second(a, b)
	}
}

// delivery has both faults happen; the second may be nil.
func delivery(first, second func(pubsub.Delivery) pubsub.Fault) func(pubsub.Delivery) pubsub.Fault {
	if second == nil {
		return first
	}
	return func(d pubsub.Delivery) pubsub.Fault {
		a, b := first(d), second(d)
		return pubsub.Fault{
			Delay: a.Delay + b.Delay, Overtaken: a.Overtaken + b.Overtaken, Drop: a.Drop || b.Drop,
			Duplicate: a.Duplicate || b.Duplicate, LoseAck: a.LoseAck || b.LoseAck,
		}
	}
}

// dispatch is delivery for timers.
func dispatch(first, second func(tasks.Dispatch) tasks.Fault) func(tasks.Dispatch) tasks.Fault {
	if second == nil {
		return first
	}
	return func(d tasks.Dispatch) tasks.Fault {
		a, b := first(d), second(d)
		return tasks.Fault{
			Delay: a.Delay + b.Delay, Drop: a.Drop || b.Drop, Duplicate: a.Duplicate || b.Duplicate,
			LoseAnswer: a.LoseAnswer || b.LoseAnswer,
		}
	}
}
