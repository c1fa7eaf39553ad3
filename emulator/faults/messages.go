package faults

import (
	"context"
	"net/url"
	"strings"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/deskline/deskline/emulator/calls"
	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/emulator/tasks"
	"github.com/deskline/deskline/shared/dial"
)

var (
	errRefused = status.Error(codes.PermissionDenied, "a fault on request: not taken") // which the clients do not try again
	errLost    = status.Error(codes.Unavailable, "a fault on request: the answer is lost")
)

// last is what stands behind the last sep of a name.
func last(name, sep string) string { return name[strings.LastIndex(name, sep)+1:] }

// Publish is for pubsub.Options.InterceptPublish. The client sends events that functions publish at the same time in one request,
// which is refused as a whole when one of them comes from a call that died.
func (i *Injector) Publish(req *pubsubpb.PublishRequest) error {
	return i.publish(req, onRequest, onPublish, errRefused)
}

// Published is for pubsub.Options.AfterPublish.
func (i *Injector) Published(req *pubsubpb.PublishRequest) error {
	return i.publish(req, onRequested, onPublished, errLost)
}

func (i *Injector) publish(req *pubsubpb.PublishRequest, dies, fails moment, failure error) error {
	o := occasion{on: []string{last(req.GetTopic(), "/")}, who: "Publish"}
	for _, m := range req.GetMessages() { // the first of a dead call, else the first of a known one
		t := m.GetAttributes()[dial.Traceparent]
		c := i.opt.Calls.Find(t)
		if c != nil && (o.call == nil || c.Dead() && !o.call.Dead()) {
			o.call, o.trace = c, traceOf(t)
		}
	}
	return i.ask(o, dies, fails, failure)
}

// traceOf is the trace ID in a traceparent; empty when there is none.
func traceOf(traceparent string) string {
	parts := strings.Split(traceparent, "-")
	if len(parts) != 4 {
		return ""
	}
	return parts[1]
}

// ask is a request that a call makes; what nobody known asks for always goes well.
func (i *Injector) ask(o occasion, dies, fails moment, failure error) error {
	if o.call == nil {
		return nil
	}
	o.function = o.call.Function
	if err := i.alive(dies, o); err != nil {
		return err
	}
	if i.decide(fails, o).kind == "" {
		return nil
	}
	return failure
}

// Delivery is for pubsub.Options.InterceptDelivery.
func (i *Injector) Delivery(d pubsub.Delivery) pubsub.Fault {
	name := last(d.Subscription, "/")
	out := i.decide(onDelivery, occasion{function: last(name, "."), on: []string{name}, who: d.Message.GetOrderingKey(),
		trace: traceOf(d.Message.GetAttributes()[dial.Traceparent])})
	late := time.Duration(out.late)
	switch out.kind {
	case PubSubDuplicate:
		return pubsub.Fault{Duplicate: true}
	case PubSubLostAck:
		return pubsub.Fault{LoseAck: true}
	case PubSubDelay:
		return pubsub.Fault{Delay: late}
	case PubSubReorder:
		return pubsub.Fault{Overtaken: late}
	}
	return pubsub.Fault{}
}

// TaskCreate is for tasks.Options.InterceptCreate.
func (i *Injector) TaskCreate(req *cloudtaskspb.CreateTaskRequest) error {
	return i.create(req, onRequest, onCreate, errRefused)
}

// TaskCreated is for tasks.Options.AfterCreate.
func (i *Injector) TaskCreated(req *cloudtaskspb.CreateTaskRequest) error {
	return i.create(req, onRequested, onCreated, errLost)
}

func (i *Injector) create(req *cloudtaskspb.CreateTaskRequest, dies, fails moment, failure error) error {
	_, path := target(req.GetTask())
	t := traceparent(req.GetTask())
	return i.ask(occasion{call: i.opt.Calls.Find(t), on: []string{path}, who: "CreateTask", trace: traceOf(t)}, dies, fails, failure)
}

// TaskDelete is for tasks.Options.InterceptDelete.
func (i *Injector) TaskDelete(ctx context.Context, t *cloudtaskspb.Task) error {
	return i.remove(ctx, t, onRequest, onCreate, errRefused)
}

// TaskDeleted is for tasks.Options.AfterDelete.
func (i *Injector) TaskDeleted(ctx context.Context, t *cloudtaskspb.Task) error {
	return i.remove(ctx, t, onRequested, onCreated, errLost)
}

// remove is asked for by who calls, not by who set the task.
func (i *Injector) remove(ctx context.Context, t *cloudtaskspb.Task, dies, fails moment, failure error) error {
	_, path := target(t)
	return i.ask(occasion{call: i.opt.Calls.Of(ctx), on: []string{path}, who: "DeleteTask", trace: traceOf(calls.Traceparent(ctx))}, dies, fails, failure)
}

// Dispatch is for tasks.Options.InterceptDispatch.
func (i *Injector) Dispatch(d tasks.Dispatch) tasks.Fault {
	function, path := target(d.Task)
	out := i.decide(onDispatch, occasion{function: function, on: []string{path}, trace: traceOf(traceparent(d.Task))})
	switch out.kind {
	case TasksDuplicate:
		return tasks.Fault{Duplicate: true}
	case TasksLostAck:
		return tasks.Fault{LoseAnswer: true}
	case TasksDelay:
		return tasks.Fault{Delay: time.Duration(out.late)}
	}
	return tasks.Fault{}
}

// traceparent is that of the call that set a task; empty when it has none.
func traceparent(t *cloudtaskspb.Task) string {
	for name, value := range t.GetHttpRequest().GetHeaders() {
		if strings.EqualFold(name, dial.Traceparent) {
			return value
		}
	}
	return ""
}

// target is the function that a task calls below /functions/ of the gateway, and the path it calls there.
func target(t *cloudtaskspb.Task) (function, path string) {
	u, err := url.Parse(t.GetHttpRequest().GetUrl())
	if err != nil {
		return "", ""
	}
	function, path, _ = strings.Cut(strings.TrimPrefix(u.Path, "/functions/"), "/")
	return function, "/" + path
}
