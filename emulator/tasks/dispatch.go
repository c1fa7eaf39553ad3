package tasks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// attempt is one dispatch to make. It is a copy of what the task said when it was dispatched.
type attempt struct {
	task       *task
	conf       *cloudtaskspb.Task
	retries    int // attempts before this one
	executions int
	previous   int
	late       time.Duration
}

// run makes one attempt and puts the task where it belongs afterwards.
func (s *Server) run(a attempt) {
	defer s.working.Done()
	code, err := s.attempted(a)
	s.mu.Lock()
	q := a.task.queue
	givenUp := q.finish(a.task, code, err)
	q.start()
	s.mu.Unlock()
	if givenUp {
		e := eventOf(GivenUp, a.conf)
		e.Attempt = a.retries + 1
		s.opts.Observe(e)
	}
	s.mu.Lock()
	s.count(-1)
	s.mu.Unlock()
}

func succeeded(code int) bool { return code >= 200 && code <= 299 }

// maxAnswer is how much of an answer's body is read to keep its connection usable.
const maxAnswer = 64 << 10

// call sends the request and returns the answer's status; zero and an error when there was none in time.
func (s *Server) call(a attempt) (int, error) {
	ctx, cancel := context.WithTimeout(s.ctx, a.conf.GetDispatchDeadline().AsDuration())
	defer cancel()
	req, err := s.request(ctx, a)
	if err != nil {
		return 0, err
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return 0, fmt.Errorf("dispatch %s: %w", a.conf.GetName(), err)
	}
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	_ = resp.Body.Close()
	return resp.StatusCode, nil
}

// request builds the call with the headers of cloud.google.com/tasks/docs/creating-http-target-tasks#handler, read
// 2026-11-21. TaskRetryCount counts all attempts before this one, TaskExecutionCount only those that were answered with
// something other than 5xx.
func (s *Server) request(ctx context.Context, a attempt) (*http.Request, error) {
	target := a.conf.GetHttpRequest()
	req, err := http.NewRequestWithContext(ctx, target.GetHttpMethod().String(), target.GetUrl(), bytes.NewReader(target.GetBody()))
	if err != nil {
		return nil, fmt.Errorf("dispatch %s: %w", a.conf.GetName(), err)
	}
	for k, v := range target.GetHeaders() {
		if !reserved(k) {
			req.Header.Set(k, v)
		}
	}
	queueName, taskID, _ := strings.Cut(a.conf.GetName(), "/tasks/")
	req.Header.Set("User-Agent", "Google-Cloud-Tasks")
	req.Header.Set("X-CloudTasks-QueueName", queueName[strings.LastIndexByte(queueName, '/')+1:])
	req.Header.Set("X-CloudTasks-TaskName", taskID)
	req.Header.Set("X-CloudTasks-TaskRetryCount", strconv.Itoa(a.retries))
	req.Header.Set("X-CloudTasks-TaskExecutionCount", strconv.Itoa(a.executions))
	req.Header.Set("X-CloudTasks-TaskETA", eta(a.conf.GetScheduleTime().AsTime()))
	if a.previous != 0 {
		req.Header.Set("X-CloudTasks-TaskPreviousResponse", strconv.Itoa(a.previous))
	}
	oidc := target.GetOidcToken()
	if oidc == nil {
		return req, nil
	}
	audience := oidc.GetAudience()
	if audience == "" {
		audience = target.GetUrl()
	}
	token, err := s.opts.Token(ctx, oidc.GetServiceAccountEmail(), audience)
	if err != nil {
		return nil, fmt.Errorf("token for %s: %w", a.conf.GetName(), err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return req, nil
}

// reserved tells headers that the service replaces or ignores when a task brings them. Source: comments of cloudtaskspb
// v1.21.1.
func reserved(header string) bool {
	switch h := strings.ToLower(header); h {
	case "host", "content-length", "user-agent":
		return true
	default:
		return strings.HasPrefix(h, "x-google-") || strings.HasPrefix(h, "x-appengine-") || strings.HasPrefix(h, "x-cloudtasks-")
	}
}

// eta writes a time as seconds since 1970 with six decimals.
func eta(t time.Time) string {
	return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/int(time.Microsecond))
}

// statusOf is an attempt's outcome as the API shows it.
func statusOf(code int, err error) *status.Status {
	switch {
	case succeeded(code):
		return status.New(codes.OK, "")
	case errors.Is(err, context.DeadlineExceeded):
		return status.New(codes.DeadlineExceeded, "the target did not answer in time")
	case code == 0:
		return status.New(codes.Unavailable, "the target could not be reached")
	}
	return status.New(codeOf(code), fmt.Sprintf("HTTP status code %d", code))
}

// codeOf maps an HTTP status to the code Google's APIs use for it. Source: google/rpc/code.proto.
func codeOf(answer int) codes.Code {
	switch answer {
	case http.StatusBadRequest:
		return codes.InvalidArgument
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusNotFound:
		return codes.NotFound
	case http.StatusConflict:
		return codes.Aborted
	case http.StatusTooManyRequests:
		return codes.ResourceExhausted
	case http.StatusInternalServerError:
		return codes.Internal
	case http.StatusServiceUnavailable:
		return codes.Unavailable
	}
	return codes.Unknown
}
