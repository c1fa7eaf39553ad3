// Package timer has a function called at a time, over Cloud Tasks.
//
// A timer only says "look now": early, late or twice is harmless, and one that is lost is found by the sweep. Tasks
// are spread over several queues, because one queue dispatches at most 500 tasks a second (Cloud Tasks quotas, read
// 2026-11), and named by a hash, so that setting the same timer twice sets it once.
package timer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	cloudtasks "cloud.google.com/go/cloudtasks/apiv2"
	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/deskline/deskline/shared/dial"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/web"
)

// Config says which task queues to use and how to call the functions.
type Config struct {
	Project  string
	Location string
	Endpoint string            // host:port of a local server, spoken to without credentials; empty is Google's service
	Queues   int               // number of queues, named timers-0, timers-1, …
	Account  string            // service account whose token the call carries
	URLs     map[string]string // base URL of each function that timers call; also the audience of the token
}

// Timers sets and deletes timers. It is safe for concurrent use.
type Timers struct {
	Config
	client *cloudtasks.Client
}

// Open makes the timers. Connections are made when first used.
func Open(ctx context.Context, c Config) (*Timers, error) {
	opts, err := dial.Options(c.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("open timers: %w", err)
	}
	client, err := cloudtasks.NewClient(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("open timers: %w", err)
	}
	return &Timers{Config: c, client: client}, nil
}

// Close ends the connection.
func (t *Timers) Close() error { return t.client.Close() }

// Call is one call at a time.
type Call struct {
	Function string // whose URL is called
	Path     string // below it
	ID       string // of what the call is about, such as an offer
	At       time.Time
	Round    int // tells a timer's successor, set for the same time, from the timer itself
}

// Body is what the call carries.
type Body struct {
	ID    string    `json:"id"`
	At    time.Time `json:"at"`
	Round int       `json:"round,omitempty"`
}

// answerFor is how long the task service may take. An offer's deadline is fixed before its timer is set and stands
// whatever becomes of the timer, so a service that hangs must not use it up; what it does not set the sweep makes up for.
const answerFor = 3 * time.Second

// Set makes the call happen at its time, or soon when that has passed. Setting the same call again changes nothing, not
// even when it has happened within the last hour. A failure is Unavailable (code no_timer).
func (t *Timers) Set(ctx context.Context, c Call) error {
	url, ok := t.URLs[c.Function]
	if !ok {
		return fmt.Errorf("no URL for timers of %s", c.Function)
	}
	body, err := json.Marshal(Body{ID: c.ID, At: c.At, Round: c.Round})
	if err != nil {
		return fmt.Errorf("encode timer: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, answerFor)
	defer cancel()
	parent := t.queue(c)
	_, err = t.client.CreateTask(ctx, &cloudtaskspb.CreateTaskRequest{
		Parent: parent,
		Task: &cloudtaskspb.Task{
			Name:         parent + "/tasks/" + c.name(),
			ScheduleTime: timestamppb.New(c.At),
			MessageType: &cloudtaskspb.Task_HttpRequest{HttpRequest: &cloudtaskspb.HttpRequest{
				Url:        strings.TrimSuffix(url, "/") + c.Path,
				HttpMethod: cloudtaskspb.HttpMethod_POST,
				Headers:    headers(ctx),
				Body:       body,
				AuthorizationHeader: &cloudtaskspb.HttpRequest_OidcToken{OidcToken: &cloudtaskspb.OidcToken{
					ServiceAccountEmail: t.Account, Audience: url}},
			}},
		},
	})
	if err != nil && status.Code(err) != codes.AlreadyExists {
		return fmt.Errorf("%w: %w", fault.New(fault.Unavailable, "no_timer", "the timer was not set; try again"), err)
	}
	return nil
}

// headers are those of the call, which goes on with what it was set for.
func headers(ctx context.Context) map[string]string {
	h := map[string]string{"Content-Type": "application/json"}
	if t := web.Traceparent(ctx); t != "" {
		h["Traceparent"] = t
	}
	return h
}

// Delete drops a call that has not happened. One that is gone is fine.
func (t *Timers) Delete(ctx context.Context, c Call) error {
	ctx, cancel := context.WithTimeout(ctx, answerFor)
	defer cancel()
	err := t.client.DeleteTask(ctx, &cloudtaskspb.DeleteTaskRequest{Name: t.queue(c) + "/tasks/" + c.name()})
	if err != nil && status.Code(err) != codes.NotFound {
		return fmt.Errorf("delete timer: %w", err)
	}
	return nil
}

func (t *Timers) queue(c Call) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(c.ID)) // a hash never fails
	n := h.Sum32() % uint32(max(t.Queues, 1))
	return fmt.Sprintf("projects/%s/locations/%s/queues/timers-%d", t.Project, t.Location, n)
}

// name is the task's: hashed, because names in sequence slow Cloud Tasks down (its documentation, read 2026-11).
func (c Call) name() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{
		c.Function, c.Path, c.ID, strconv.FormatInt(c.At.UnixMicro(), 10), strconv.Itoa(c.Round)}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// After is the call made from the timer that came with b. One for the same time is told apart from it, so that a timer
// that came early can have a successor.
func (c Call) After(b Body) Call {
	if c.At.Equal(b.At) {
		c.Round = b.Round + 1
	}
	return c
}

// ForOffer ends an offer at its deadline.
func ForOffer(offer string, deadline time.Time) Call {
	return Call{Function: "timeout", Path: "/timers/offer", ID: offer, At: deadline}
}

// ForConference ends the request of a conversation's owner for a second agent of a queue.
func ForConference(interaction string, until time.Time) Call {
	return Call{Function: "timeout", Path: "/timers/conference", ID: interaction, At: until}
}

// ForWait looks at a conversation that waits, when it asks for less or goes to another queue.
func ForWait(interaction string, until time.Time) Call {
	return Call{Function: "timeout", Path: "/timers/wait", ID: interaction, At: until}
}

// ForQueue looks once more at the conversations of a queue that was configured otherwise.
func ForQueue(queue string, at time.Time) Call {
	return Call{Function: "admin", Path: "/timers/queue", ID: queue, At: at}
}

// ForLease looks at an agent's lease when it runs out.
func ForLease(agent string, until time.Time) Call {
	return Call{Function: "presence", Path: "/timers/lease", ID: agent, At: until}
}

// ForGrace hands an absent agent's conversations on when the grace is over.
func ForGrace(agent string, over time.Time) Call {
	return Call{Function: "presence", Path: "/timers/grace", ID: agent, At: over}
}

// ForRetry tries an interaction's messages again at a time the channel allows.
func ForRetry(interaction string, at time.Time) Call {
	return Call{Function: "delivery", Path: "/timers/retry", ID: interaction, At: at}
}
