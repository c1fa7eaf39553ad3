package tasks

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// service serves google.cloud.tasks.v2.CloudTasks.
type service struct {
	cloudtaskspb.UnimplementedCloudTasksServer
	s *Server
}

func (v service) CreateQueue(_ context.Context, req *cloudtaskspb.CreateQueueRequest) (*cloudtaskspb.Queue, error) {
	if err := checkQueue(req.GetParent(), req.GetQueue()); err != nil {
		return nil, err
	}
	conf := withQueueDefaults(req.GetQueue())
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	if err := v.s.addQueue(conf); err != nil {
		return nil, err
	}
	return conf, nil
}

func (v service) GetQueue(_ context.Context, req *cloudtaskspb.GetQueueRequest) (*cloudtaskspb.Queue, error) {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	q, err := v.s.queue(req.GetName())
	if err != nil {
		return nil, err
	}
	return q.conf, nil
}

func (v service) ListQueues(_ context.Context, req *cloudtaskspb.ListQueuesRequest) (*cloudtaskspb.ListQueuesResponse, error) {
	if req.GetFilter() != "" {
		return nil, unsupported("filter")
	}
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	names, next, err := page(v.s.queues, req.GetParent()+"/queues/", req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	resp := &cloudtaskspb.ListQueuesResponse{NextPageToken: next}
	for _, name := range names {
		resp.Queues = append(resp.Queues, v.s.queues[name].conf)
	}
	return resp, nil
}

// CreateTask answers with the task as it was accepted, before it runs.
func (v service) CreateTask(ctx context.Context, req *cloudtaskspb.CreateTaskRequest) (*cloudtaskspb.Task, error) {
	now := v.s.clock.Now()
	if err := v.s.checkTask(req.GetParent(), req.GetTask(), now); err != nil {
		return nil, err
	}
	if v.s.opts.InterceptCreate != nil {
		if err := v.s.opts.InterceptCreate(req); err != nil {
			return nil, err
		}
	}
	t := newTask(req.GetTask(), now)
	if err := v.s.reserve(req.GetParent(), t); err != nil {
		return nil, err
	}
	created := eventOf(Created, t.conf)
	created.Traceparent = caller(ctx)
	v.s.opts.Observe(created)
	answer := v.s.activate(t, req.GetResponseView())
	if v.s.opts.AfterCreate != nil {
		if err := v.s.opts.AfterCreate(req); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// activate schedules a reserved task and returns it as its creator asked to see it.
func (s *Server) activate(t *task, want cloudtaskspb.Task_View) *cloudtaskspb.Task {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := view(t.conf, want)
	if !t.gone {
		t.schedule(t.conf.GetScheduleTime().AsTime())
	}
	return answer
}

// newTask is the task with what the service fills in.
func newTask(req *cloudtaskspb.Task, now time.Time) *task {
	conf := proto.CloneOf(req)
	at := now
	if conf.ScheduleTime != nil && conf.ScheduleTime.AsTime().After(now) {
		at = conf.ScheduleTime.AsTime()
	}
	conf.ScheduleTime = timestamppb.New(at.Truncate(time.Microsecond))
	conf.CreateTime = timestamppb.New(now.Truncate(time.Second))
	conf.DispatchCount, conf.ResponseCount, conf.FirstAttempt, conf.LastAttempt = 0, 0, nil, nil
	if conf.DispatchDeadline == nil {
		conf.DispatchDeadline = durationpb.New(defaultDeadline)
	}
	if conf.RetryConfig != nil {
		conf.RetryConfig = withRetryDefaults(conf.RetryConfig)
	}
	if target := conf.GetHttpRequest(); target.HttpMethod == cloudtaskspb.HttpMethod_HTTP_METHOD_UNSPECIFIED {
		target.HttpMethod = cloudtaskspb.HttpMethod_POST
	}
	return &task{conf: conf, named: conf.GetName() != ""}
}

// reserve puts the task into its queue under its name, or one made for it, without scheduling it.
func (s *Server) reserve(parent string, t *task) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(parent)
	if err != nil {
		return err
	}
	for t.conf.Name == "" || (!t.named && q.taken(t.conf.Name)) {
		t.conf.Name = parent + "/tasks/" + strconv.FormatUint(rand.Uint64(), 10)
	}
	if q.taken(t.conf.Name) {
		return status.Error(codes.AlreadyExists, "Requested entity already exists")
	}
	t.queue = q
	q.tasks[t.conf.Name] = t
	return nil
}

func (v service) GetTask(_ context.Context, req *cloudtaskspb.GetTaskRequest) (*cloudtaskspb.Task, error) {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	t, err := v.s.task(req.GetName())
	if err != nil {
		return nil, err
	}
	return view(t.conf, req.GetResponseView()), nil
}

func (v service) ListTasks(_ context.Context, req *cloudtaskspb.ListTasksRequest) (*cloudtaskspb.ListTasksResponse, error) {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	q, err := v.s.queue(req.GetParent())
	if err != nil {
		return nil, err
	}
	names, next, err := page(q.tasks, req.GetParent()+"/tasks/", req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	resp := &cloudtaskspb.ListTasksResponse{NextPageToken: next}
	for _, name := range names {
		resp.Tasks = append(resp.Tasks, view(q.tasks[name].conf, req.GetResponseView()))
	}
	return resp, nil
}

// DeleteTask removes a task that has not ended. A dispatch under way goes on and its outcome is ignored.
func (v service) DeleteTask(ctx context.Context, req *cloudtaskspb.DeleteTaskRequest) (*emptypb.Empty, error) {
	if before := v.s.opts.InterceptDelete; before != nil {
		conf := &cloudtaskspb.Task{Name: req.GetName()}
		if there, err := v.GetTask(ctx, &cloudtaskspb.GetTaskRequest{Name: conf.Name, ResponseView: cloudtaskspb.Task_FULL}); err == nil {
			conf = there
		}
		if err := before(ctx, conf); err != nil {
			return nil, err
		}
	}
	conf, err := v.s.deleteTask(req.GetName())
	if err != nil {
		return nil, err
	}
	if after := v.s.opts.AfterDelete; after != nil {
		if err := after(ctx, conf); err != nil {
			return nil, err
		}
	}
	return &emptypb.Empty{}, nil
}

// deleteTask removes a task and returns what it was.
func (s *Server) deleteTask(name string) (*cloudtaskspb.Task, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.task(name)
	if err != nil {
		return nil, err
	}
	t.queue.remove(t)
	return t.conf, nil
}

// RunTask dispatches a task now, beyond the queue's limits and pauses and even if it is under way already, and answers with the task as
// it is before its target sees it.
func (v service) RunTask(_ context.Context, req *cloudtaskspb.RunTaskRequest) (*cloudtaskspb.Task, error) {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	t, err := v.s.task(req.GetName())
	if err != nil {
		return nil, err
	}
	if v.s.closed {
		return nil, status.Error(codes.Unavailable, "the server is closing")
	}
	t.unschedule()
	t.conf.ScheduleTime = timestamppb.New(v.s.clock.Now().Truncate(time.Microsecond))
	t.queue.dispatch(t)
	t.queue.dequeue(t)
	return view(t.conf, req.GetResponseView()), nil
}

// queue finds a queue by its full name. The caller holds mu.
func (s *Server) queue(name string) (*queue, error) {
	if !queueName.MatchString(name) {
		return nil, invalid("invalid queue name %q", name)
	}
	if q := s.queues[name]; q != nil {
		return q, nil
	}
	return nil, status.Error(codes.NotFound, "Queue does not exist")
}

// task finds a task that has not ended by its full name. The caller holds mu.
func (s *Server) task(name string) (*task, error) {
	if !taskName.MatchString(name) {
		return nil, invalid("invalid task name %q", name)
	}
	parent, _, _ := strings.Cut(name, "/tasks/")
	q, err := s.queue(parent)
	if err != nil {
		return nil, err
	}
	if t := q.tasks[name]; t != nil {
		return t, nil
	}
	return nil, status.Error(codes.NotFound, "Requested entity was not found")
}

// view is a copy of the task as the caller asked to see it; without the body unless FULL.
func view(conf *cloudtaskspb.Task, want cloudtaskspb.Task_View) *cloudtaskspb.Task {
	out := proto.CloneOf(conf)
	out.View = cloudtaskspb.Task_FULL
	if want != cloudtaskspb.Task_FULL {
		out.View = cloudtaskspb.Task_BASIC
		out.GetHttpRequest().Body = nil
	}
	return out
}

// maxPage is the length of a list's page, and what page_size is cut to.
const maxPage = 1000

// page is one page of the names that begin with prefix, sorted, and the token of the next page: the last name of this one.
func page[T any](all map[string]T, prefix string, pageSize int32, token string) (names []string, next string, err error) {
	if pageSize < 0 {
		return nil, "", invalid("page_size is %d", pageSize)
	}
	for name := range all {
		if strings.HasPrefix(name, prefix) && name > token {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	limit := int(pageSize)
	if limit == 0 || limit > maxPage {
		limit = maxPage
	}
	if len(names) > limit {
		names = names[:limit]
		next = names[limit-1]
	}
	return names, next, nil
}
