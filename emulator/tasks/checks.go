package tasks

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Limits of the service. Sources: comments of cloudtaskspb v1.21.1 and cloud.google.com/tasks/docs/quotas, read 2026-11-21.
const (
	maxAhead        = 30 * 24 * time.Hour
	maxTaskAge      = 31 * 24 * time.Hour
	maxTaskBytes    = 100 << 10
	maxURLBytes     = 2083
	maxHeaderBytes  = 80 << 10
	minDeadline     = 15 * time.Second
	maxDeadline     = 30 * time.Minute
	defaultDeadline = 10 * time.Minute
)

var (
	locationName = regexp.MustCompile(`^projects/[A-Za-z0-9\-:.]+/locations/[A-Za-z0-9\-]+$`)
	queueName    = regexp.MustCompile(`^projects/[A-Za-z0-9\-:.]+/locations/[A-Za-z0-9\-]+/queues/[A-Za-z0-9\-]{1,100}$`)
	taskName     = regexp.MustCompile(`^projects/[A-Za-z0-9\-:.]+/locations/[A-Za-z0-9\-]+/queues/[A-Za-z0-9\-]{1,100}/tasks/[A-Za-z0-9_\-]{1,500}$`)
)

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

func unsupported(field string) error {
	return status.Errorf(codes.Unimplemented, "%s is not implemented by the local suite", field)
}

func checkQueue(parent string, q *cloudtaskspb.Queue) error {
	switch {
	case !locationName.MatchString(parent):
		return invalid("invalid parent %q", parent)
	case !queueName.MatchString(q.GetName()) || !strings.HasPrefix(q.GetName(), parent+"/queues/"):
		return invalid("invalid queue name %q in %q", q.GetName(), parent)
	case q.GetAppEngineRoutingOverride() != nil:
		return unsupported("queue.app_engine_routing_override")
	case q.GetHttpTarget() != nil:
		return unsupported("queue.http_target")
	}
	r := q.GetRateLimits()
	if n := r.GetMaxDispatchesPerSecond(); !(n >= 0 && n <= maxRate) { // refuses NaN too
		return invalid("rate_limits.max_dispatches_per_second is %g, at most %d is allowed", n, maxRate)
	}
	if n := r.GetMaxConcurrentDispatches(); n < 0 || n > maxConcurrent {
		return invalid("rate_limits.max_concurrent_dispatches is %d, at most %d is allowed", n, maxConcurrent)
	}
	return checkRetry(q.GetRetryConfig())
}

// locationOf is what a queue's name begins with.
func locationOf(queue string) string {
	location, _, _ := strings.Cut(queue, "/queues/")
	return location
}

func withQueueDefaults(q *cloudtaskspb.Queue) *cloudtaskspb.Queue {
	out := proto.CloneOf(q)
	out.State = cloudtaskspb.Queue_RUNNING
	if out.RateLimits == nil {
		out.RateLimits = &cloudtaskspb.RateLimits{}
	}
	if out.RateLimits.MaxDispatchesPerSecond == 0 {
		out.RateLimits.MaxDispatchesPerSecond = defaultRate
	}
	if out.RateLimits.MaxConcurrentDispatches == 0 {
		out.RateLimits.MaxConcurrentDispatches = defaultConcurrent
	}
	out.RateLimits.MaxBurstSize = burstOf(out.RateLimits.MaxDispatchesPerSecond)
	out.RetryConfig = withRetryDefaults(out.GetRetryConfig())
	return out
}

func (s *Server) checkTask(parent string, t *cloudtaskspb.Task, now time.Time) error {
	switch {
	case t == nil:
		return invalid("the request has no task")
	case t.GetName() != "" && (!taskName.MatchString(t.GetName()) || !strings.HasPrefix(t.GetName(), parent+"/tasks/")):
		return invalid("invalid task name %q in %q", t.GetName(), parent)
	case t.GetAppEngineHttpRequest() != nil:
		return unsupported("task.app_engine_http_request")
	case t.GetHttpRequest() == nil:
		return invalid("the task has no http_request")
	case proto.Size(t) > maxTaskBytes:
		return invalid("the task has %d bytes, at most %d are allowed", proto.Size(t), maxTaskBytes)
	}
	if at := t.GetScheduleTime(); at != nil {
		if err := at.CheckValid(); err != nil {
			return invalid("schedule_time: %v", err)
		}
		if at.AsTime().Sub(now) > maxAhead {
			return invalid("schedule_time is %s, more than %s ahead", at.AsTime().Format(time.RFC3339), maxAhead)
		}
	}
	if d := t.GetDispatchDeadline(); d != nil && (d.AsDuration() < minDeadline || d.AsDuration() > maxDeadline) {
		return invalid("dispatch_deadline is %s, it must be between %s and %s", d.AsDuration(), minDeadline, maxDeadline)
	}
	if err := checkRetry(t.GetRetryConfig()); err != nil {
		return err
	}
	return s.checkTarget(t.GetHttpRequest())
}

func (s *Server) checkTarget(r *cloudtaskspb.HttpRequest) error {
	u, err := url.Parse(r.GetUrl())
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return invalid("http_request.url %q is not an http or https address", r.GetUrl())
	}
	if len(u.String()) > maxURLBytes {
		return invalid("http_request.url has %d bytes, at most %d are allowed", len(u.String()), maxURLBytes)
	}
	if len(r.GetBody()) > 0 && !takesBody(r.GetHttpMethod()) {
		return invalid("http_request.body is not allowed with %s", r.GetHttpMethod())
	}
	if _, ok := cloudtaskspb.HttpMethod_name[int32(r.GetHttpMethod())]; !ok {
		return invalid("http_request.http_method is %d", r.GetHttpMethod())
	}
	headers := 0
	for k, v := range r.GetHeaders() {
		headers += len(k) + len(v)
	}
	if headers >= maxHeaderBytes {
		return invalid("http_request.headers have %d bytes, less than %d are allowed", headers, maxHeaderBytes)
	}
	if r.GetOauthToken() != nil {
		return unsupported("http_request.oauth_token")
	}
	if oidc := r.GetOidcToken(); oidc != nil {
		if oidc.GetServiceAccountEmail() == "" {
			return invalid("http_request.oidc_token has no service_account_email")
		}
		if s.opts.Token == nil {
			return status.Error(codes.FailedPrecondition, "http_request.oidc_token: this server has no token source")
		}
	}
	return nil
}

func takesBody(m cloudtaskspb.HttpMethod) bool {
	switch m {
	case cloudtaskspb.HttpMethod_HTTP_METHOD_UNSPECIFIED, cloudtaskspb.HttpMethod_POST, cloudtaskspb.HttpMethod_PUT, cloudtaskspb.HttpMethod_PATCH:
		return true
	}
	return false
}
