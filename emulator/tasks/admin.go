package tasks

import (
	"context"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// nameOfQueueMemory is how long the name of a deleted queue stays taken. Source: comments of DeleteQueue in cloudtaskspb
// v1.21.1, "up to 3 days", read 2026-11.
const nameOfQueueMemory = 3 * 24 * time.Hour

// addQueue makes a queue. The caller holds mu.
func (s *Server) addQueue(conf *cloudtaskspb.Queue) error {
	if s.queues[conf.GetName()] != nil {
		return status.Error(codes.AlreadyExists, "Queue already exists")
	}
	if free, ok := s.graves[conf.GetName()]; ok && s.clock.Now().Before(free) {
		return status.Error(codes.FailedPrecondition,
			"The queue cannot be created because a queue with this name existed too recently.")
	}
	delete(s.graves, conf.GetName())
	s.queues[conf.GetName()] = newQueue(s, conf)
	return nil
}

// UpdateQueue changes a queue's limits and retries, or makes the queue if there is none, as in production. Its tasks wait
// for their retries as they were told; everything else follows at once.
func (v service) UpdateQueue(_ context.Context, req *cloudtaskspb.UpdateQueueRequest) (*cloudtaskspb.Queue, error) {
	want := req.GetQueue()
	if !queueName.MatchString(want.GetName()) {
		return nil, invalid("invalid queue name %q", want.GetName())
	}
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	q := v.s.queues[want.GetName()]
	conf := &cloudtaskspb.Queue{Name: want.GetName()}
	if q != nil {
		conf = proto.CloneOf(q.conf)
	}
	paths := req.GetUpdateMask().GetPaths()
	if len(paths) == 0 {
		paths = []string{"rate_limits", "retry_config"}
	}
	if err := merge(conf, want, paths); err != nil {
		return nil, err
	}
	if err := checkQueue(locationOf(want.GetName()), conf); err != nil {
		return nil, err
	}
	state := conf.GetState()
	conf = withQueueDefaults(conf)
	if q == nil {
		if err := v.s.addQueue(conf); err != nil {
			return nil, err
		}
		return conf, nil
	}
	conf.State = state
	q.conf = conf
	q.startAnew()
	return conf, nil
}

// merge copies the fields of a mask.
func merge(conf, want *cloudtaskspb.Queue, paths []string) error {
	if conf.RateLimits == nil {
		conf.RateLimits = &cloudtaskspb.RateLimits{}
	}
	if conf.RetryConfig == nil {
		conf.RetryConfig = &cloudtaskspb.RetryConfig{}
	}
	for _, path := range paths {
		switch path {
		case "rate_limits":
			conf.RateLimits = proto.CloneOf(want.GetRateLimits())
		case "rate_limits.max_dispatches_per_second":
			conf.RateLimits.MaxDispatchesPerSecond = want.GetRateLimits().GetMaxDispatchesPerSecond()
		case "rate_limits.max_concurrent_dispatches":
			conf.RateLimits.MaxConcurrentDispatches = want.GetRateLimits().GetMaxConcurrentDispatches()
		case "retry_config":
			conf.RetryConfig = proto.CloneOf(want.GetRetryConfig())
		case "retry_config.max_attempts":
			conf.RetryConfig.MaxAttempts = want.GetRetryConfig().GetMaxAttempts()
		case "retry_config.max_retry_duration":
			conf.RetryConfig.MaxRetryDuration = want.GetRetryConfig().GetMaxRetryDuration()
		case "retry_config.min_backoff":
			conf.RetryConfig.MinBackoff = want.GetRetryConfig().GetMinBackoff()
		case "retry_config.max_backoff":
			conf.RetryConfig.MaxBackoff = want.GetRetryConfig().GetMaxBackoff()
		case "retry_config.max_doublings":
			conf.RetryConfig.MaxDoublings = want.GetRetryConfig().GetMaxDoublings()
		default:
			return unsupported("update of " + path)
		}
	}
	return nil
}

// DeleteQueue deletes a queue with all its tasks. Its name stays taken for three days.
func (v service) DeleteQueue(_ context.Context, req *cloudtaskspb.DeleteQueueRequest) (*emptypb.Empty, error) {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	q, err := v.s.queue(req.GetName())
	if err != nil {
		return nil, err
	}
	q.clear()
	q.stop()
	delete(v.s.queues, req.GetName())
	v.s.graves[req.GetName()] = v.s.clock.Now().Add(nameOfQueueMemory)
	return &emptypb.Empty{}, nil
}

// PurgeQueue deletes a queue's tasks, at once; production takes up to a minute.
func (v service) PurgeQueue(_ context.Context, req *cloudtaskspb.PurgeQueueRequest) (*cloudtaskspb.Queue, error) {
	return v.s.change(req.GetName(), func(q *queue, conf *cloudtaskspb.Queue) {
		q.clear()
		conf.PurgeTime = timestamppb.New(v.s.clock.Now().Truncate(time.Microsecond))
	})
}

// PauseQueue stops the dispatches of a queue; calls under way go on. What is due meanwhile is not pending.
func (v service) PauseQueue(_ context.Context, req *cloudtaskspb.PauseQueueRequest) (*cloudtaskspb.Queue, error) {
	return v.s.change(req.GetName(), func(q *queue, conf *cloudtaskspb.Queue) {
		if !q.paused() {
			v.s.count(-len(q.ready))
		}
		conf.State = cloudtaskspb.Queue_PAUSED
	})
}

// ResumeQueue lets a paused queue go on.
func (v service) ResumeQueue(_ context.Context, req *cloudtaskspb.ResumeQueueRequest) (*cloudtaskspb.Queue, error) {
	return v.s.change(req.GetName(), func(q *queue, conf *cloudtaskspb.Queue) {
		if q.paused() {
			v.s.count(len(q.ready))
		}
		conf.State = cloudtaskspb.Queue_RUNNING
	})
}

// change replaces a queue's configuration.
func (s *Server) change(name string, f func(q *queue, conf *cloudtaskspb.Queue)) (*cloudtaskspb.Queue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(name)
	if err != nil {
		return nil, err
	}
	conf := proto.CloneOf(q.conf)
	f(q, conf)
	q.conf = conf
	q.startAnew()
	return conf, nil
}
