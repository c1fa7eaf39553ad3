package pubsub

import (
	"context"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// maxPullWait is how long Pull waits for a first message; production waits "a bounded amount of time".
const maxPullWait = time.Second

// maxStreamBatch is how many messages one answer of a StreamingPull carries.
const maxStreamBatch = 100

var errClosing = status.Error(codes.Unavailable, "the server is closing")

// pullFlow is the flow control of one stream. It is guarded by its subscription's lock.
type pullFlow struct {
	maxMessages, maxBytes int64 // zero or less: no limit
	messages, bytes       int64 // out
}

func (f *pullFlow) full() bool {
	return (f.maxMessages > 0 && f.messages >= f.maxMessages) || (f.maxBytes > 0 && f.bytes >= f.maxBytes)
}

func (f *pullFlow) lend(it *item) {
	it.stream = f
	f.messages++
	f.bytes += int64(size(it.msg))
}

func (f *pullFlow) give(it *item) {
	f.messages--
	f.bytes -= int64(size(it.msg))
}

// pull takes up to n messages with the given ack deadline (zero: the subscription's). When there are none it returns a
// channel that is closed as soon as looking again makes sense.
func (sub *subscription) pull(n int, deadline time.Duration, flow *pullFlow) ([]*pubsubpb.ReceivedMessage, <-chan struct{}, error) {
	got, events, arrived, err := sub.lendOut(n, deadline, flow)
	for _, e := range events {
		sub.server.observe(e)
	}
	return got, arrived, err
}

func (sub *subscription) lendOut(n int, deadline time.Duration, flow *pullFlow) (
	got []*pubsubpb.ReceivedMessage, events []Event, arrived <-chan struct{}, err error,
) {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	switch {
	case sub.closed && sub.server.isClosing():
		return nil, nil, nil, errClosing
	case sub.closed:
		return nil, nil, nil, notFound(sub.name)
	case sub.pushes():
		return nil, nil, nil, status.Errorf(codes.FailedPrecondition, "subscription %s is pushed to its endpoint", sub.name)
	}
	if deadline == 0 {
		deadline = sub.ackDeadline()
	}
	for len(got) < n && !flow.full() {
		it := sub.take()
		if it == nil {
			break
		}
		flow.lend(it)
		sub.lease(it, deadline)
		got = append(got, sub.received(it))
		events = append(events, it.event(Pulled, it.topic, sub.name, it.attempt))
	}
	if len(got) > 0 {
		return got, events, nil, nil
	}
	if sub.arrived == nil {
		sub.arrived = make(chan struct{})
	}
	return nil, nil, sub.arrived, nil
}

func (sub *subscription) received(it *item) *pubsubpb.ReceivedMessage {
	r := &pubsubpb.ReceivedMessage{AckId: ackID(it), Message: it.msg}
	if sub.conf.GetDeadLetterPolicy() != nil {
		r.DeliveryAttempt = int32(it.attempt)
	}
	return r
}

// lease gives the puller until the deadline to acknowledge. The caller holds mu.
func (sub *subscription) lease(it *item, deadline time.Duration) {
	it.deadline = time.Now().Add(deadline)
	if it.timer != nil {
		it.timer.Stop()
	}
	it.timer = time.AfterFunc(deadline, func() { sub.expire(it) })
}

// expire refuses a message whose ack deadline passed, unless it was extended, settled or lent anew meanwhile.
func (sub *subscription) expire(it *item) {
	sub.mu.Lock()
	late := !sub.closed && it.state == out && !time.Now().Before(it.deadline)
	dead := late && sub.refuse(it)
	sub.move()
	sub.mu.Unlock()
	if dead {
		sub.bury(it)
	}
}

// ackID names one delivery of one message.
func ackID(it *item) string {
	return it.msg.GetMessageId() + ":" + strconv.Itoa(it.attempt)
}

func parseAckID(id string) (messageID string, attempt int, err error) {
	messageID, rest, _ := strings.Cut(id, ":")
	attempt, err = strconv.Atoi(rest)
	if err != nil || attempt < 1 {
		return "", 0, invalid("malformed ack ID %q", id)
	}
	return messageID, attempt, nil
}

// acknowledge ends the messages. Like production it takes a late ID as long as the message is still there, and ignores one
// that is gone.
func (sub *subscription) acknowledge(ids []string) error {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	for _, id := range ids {
		messageID, _, err := parseAckID(id)
		if err != nil {
			return err
		}
		if it := sub.msgs[messageID]; it != nil {
			sub.accept(it)
		}
	}
	sub.move()
	return nil
}

// extend moves the ack deadline of deliveries that are still out; zero seconds refuse them.
func (sub *subscription) extend(id string, seconds int32) error {
	messageID, attempt, err := parseAckID(id)
	if err != nil {
		return err
	}
	if seconds < 0 || seconds > maxAckSeconds {
		return invalid("ack deadline is %d s, it must be between 0 and %d", seconds, maxAckSeconds)
	}
	sub.mu.Lock()
	it := sub.msgs[messageID]
	current := it != nil && it.state == out && it.attempt == attempt
	dead := false
	switch {
	case current && seconds == 0:
		dead = sub.refuse(it)
		sub.move()
	case current:
		sub.lease(it, time.Duration(seconds)*time.Second)
	}
	sub.mu.Unlock()
	if dead {
		sub.bury(it)
	}
	return nil
}

func (r subscriber) Pull(ctx context.Context, req *pubsubpb.PullRequest) (*pubsubpb.PullResponse, error) {
	sub, err := r.s.subscription(req.GetSubscription())
	if err != nil {
		return nil, err
	}
	if req.GetMaxMessages() <= 0 {
		return nil, invalid("max_messages is %d, it must be positive", req.GetMaxMessages())
	}
	enough := time.NewTimer(maxPullWait)
	defer enough.Stop()
	for {
		got, arrived, err := sub.pull(int(req.GetMaxMessages()), 0, &pullFlow{})
		//lint:ignore SA1019 production still honours the field, so clients may still send it
		if err != nil || len(got) > 0 || req.GetReturnImmediately() {
			return &pubsubpb.PullResponse{ReceivedMessages: got}, err
		}
		select {
		case <-arrived:
		case <-enough.C:
			return &pubsubpb.PullResponse{}, nil
		case <-r.s.closing:
			return nil, errClosing
		case <-ctx.Done():
			return nil, status.FromContextError(ctx.Err()).Err()
		}
	}
}

func (r subscriber) Acknowledge(_ context.Context, req *pubsubpb.AcknowledgeRequest) (*emptypb.Empty, error) {
	sub, err := r.s.subscription(req.GetSubscription())
	if err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, sub.acknowledge(req.GetAckIds())
}

func (r subscriber) ModifyAckDeadline(_ context.Context, req *pubsubpb.ModifyAckDeadlineRequest) (*emptypb.Empty, error) {
	sub, err := r.s.subscription(req.GetSubscription())
	if err != nil {
		return nil, err
	}
	for _, id := range req.GetAckIds() {
		if err := sub.extend(id, req.GetAckDeadlineSeconds()); err != nil {
			return nil, err
		}
	}
	return &emptypb.Empty{}, nil
}

// StreamingPull sends messages as they become deliverable, within the stream's flow control, and takes acknowledgements
// and deadline changes from the same stream.
func (r subscriber) StreamingPull(stream pubsubpb.Subscriber_StreamingPullServer) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	sub, err := r.s.subscription(first.GetSubscription())
	if err != nil {
		return err
	}
	seconds := first.GetStreamAckDeadlineSeconds()
	if seconds < minAckSeconds || seconds > maxAckSeconds {
		return invalid("stream_ack_deadline_seconds is %d, it must be between %d and %d", seconds, minAckSeconds, maxAckSeconds)
	}
	deadline := time.Duration(seconds) * time.Second
	if d := r.s.opts.AckDeadline; d > 0 {
		deadline = d
	}
	flow := &pullFlow{maxMessages: first.GetMaxOutstandingMessages(), maxBytes: first.GetMaxOutstandingBytes()}
	pings, failed := make(chan struct{}, 1), make(chan error, 1)
	r.s.hearing.Go(func() { failed <- listen(stream, sub, pings) })
	for {
		got, arrived, err := sub.pull(maxStreamBatch, deadline, flow)
		if err != nil {
			return err
		}
		if len(got) > 0 {
			if err := stream.Send(&pubsubpb.StreamingPullResponse{
				ReceivedMessages: got,
				SubscriptionProperties: &pubsubpb.StreamingPullResponse_SubscriptionProperties{
					MessageOrderingEnabled: sub.ordered,
				},
			}); err != nil {
				return err
			}
			continue
		}
		select {
		case <-arrived:
		case <-pings:
			if err := stream.Send(&pubsubpb.StreamingPullResponse{}); err != nil {
				return err
			}
		case err := <-failed:
			return err
		case <-r.s.closing:
			return errClosing
		}
	}
}

// listen applies what the client sends until it ends its side (nil) or the stream fails. A message without content is a
// ping, answered with one in return.
func listen(stream pubsubpb.Subscriber_StreamingPullServer, sub *subscription, pings chan<- struct{}) error {
	for {
		req, err := stream.Recv()
		if err != nil {
			if stream.Context().Err() != nil {
				return status.FromContextError(stream.Context().Err()).Err()
			}
			return nil
		}
		ids, seconds := req.GetModifyDeadlineAckIds(), req.GetModifyDeadlineSeconds()
		if len(ids) != len(seconds) {
			return invalid("%d modify_deadline_ack_ids with %d modify_deadline_seconds", len(ids), len(seconds))
		}
		if len(req.GetAckIds()) == 0 && len(ids) == 0 {
			select {
			case pings <- struct{}{}:
			default:
			}
		}
		if err := sub.acknowledge(req.GetAckIds()); err != nil {
			return err
		}
		for i, id := range ids {
			if err := sub.extend(id, seconds[i]); err != nil {
				return err
			}
		}
	}
}
