package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/infra"
	"github.com/deskline/deskline/shared/store"
)

// options are what a run is made of. The same options are the same customers, words, agents, decisions and faults; what races, races.
type options struct {
	seed          uint64
	conversations int
	agents        int
	rate          float64 // of every kind of fault; see planOf
	isolate       bool    // each function in a process of its own, which is killed
	callers       int     // who make moves straight on the store; zero is a whole centre. See storm
}

// reply is something an agent said or tried to say.
type reply struct {
	Agent, Interaction string
	Key, Text          string // the desktop's own ID, and the text, which no other has
	Fate               fate

	mu  sync.Mutex
	IDs []string // of the message, as answers told it
}

// tell notes an answer.
func (r *reply) tell(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.IDs = append(r.IDs, id)
}

// fate is what an agent's desktop knows of what he said.
type fate int

const (
	unanswered fate = iota // he closed his browser before there was an answer
	accepted               // it is on its way
	rejected               // it was not taken
)

// violation is something that must never be.
type violation struct {
	What                         string
	Interaction, Customer, Agent string // whom it is about, as far as that is known
}

// world is a busy centre in which everything goes wrong.
type world struct {
	opt    options
	suite  *suite.Suite
	store  *store.Store
	client *http.Client
	number *graph.Number
	page   *graph.Page
	dice   *rand.Rand // of the world itself: time, deaths
	notes  *notes
	trail  *trail

	functions []string
	agents    []*agent
	customers []*customer
	known     []acquaintance // who came the day before
	begins    time.Time      // when the day does
	gaps      []shift        // in which sales is closed by the clock
	last      int            // tick by which customers have said all
	acting    sync.WaitGroup // whatever anybody is at
	boards    int            // that were compared with the records
	replaced  atomic.Int64   // desktops whose feed said that a later one is the agent's

	mu         sync.Mutex
	words      []*word
	replies    []*reply
	violations []violation
	kills      map[string]int
}

// sendTimeout is how long a function waits for a channel: the time that a hanging one costs.
const sendTimeout = "300ms"

// arrivals is how many conversations begin in a tick for each agent there is.
const arrivals = .075

// open starts a suite with its centre, and everybody who will be in it.
func open(ctx context.Context, o options) (*world, error) {
	w := &world{opt: o, notes: newNotes(), trail: newTrail(), kills: map[string]int{}, dice: rand.New(rand.NewPCG(o.seed, 'w')),
		client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 256}}}
	w.notes.now = time.Now
	topology, err := infra.Read()
	if err != nil {
		return nil, err
	}
	w.functions = topology.Names()
	w.suite, err = suite.Start(ctx, suite.Options{
		Isolate:   o.isolate,
		Log:       slog.New(w.notes),
		Env:       map[string]string{"SWEEP_ROUNDS": "1", "SEND_TIMEOUT": sendTimeout},
		Firestore: firestore.Options{Observe: w.trail.observe},
		Number:    graph.NumberOptions{Window: true, Templates: []graph.Template{news}},
		Graph:     graph.Options{RetryPause: 20 * time.Millisecond, RetryMax: 200 * time.Millisecond},
	})
	if err != nil {
		return nil, err
	}
	w.notes.now = w.suite.Clock.Now
	if err := w.furnish(ctx); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// furnish sets the centre up, as yet without faults.
func (w *world) furnish(ctx context.Context) (err error) {
	if w.number, err = w.suite.Graph.Number(suite.PhoneNumber); err != nil {
		return err
	}
	if w.page, err = w.suite.Graph.Page(suite.PageID); err != nil {
		return err
	}
	if w.store, err = store.Open(ctx, w.suite.Records); err != nil {
		return err
	}
	within := int(float64(w.opt.conversations) / (arrivals * float64(w.opt.agents)))
	w.customers, w.last = crowd(w.opt.conversations, w.opt.yesterdays(), within, w.dice)
	w.begins = w.suite.Clock.Now().Add(overnight)
	w.gaps = gaps(w.begins, time.Duration(w.last)*time.Second)
	ada := desktop.New(w.suite.URL, w.token(suite.Admin))
	if _, err := ada.Import(ctx, centreOf(w.opt.agents, hoursOf(w.gaps), w.dice), false); err != nil {
		return fmt.Errorf("import the centre: %w", err)
	}
	for n := range w.opt.agents {
		w.agents = append(w.agents, newAgent(w, n))
	}
	return nil
}

func (w *world) close() error {
	var err error
	if w.store != nil {
		err = w.store.Close()
	}
	w.client.CloseIdleConnections()
	return errors.Join(err, w.suite.Close())
}

// token is somebody's bearer token for the whole run.
func (w *world) token(email string) func() (string, error) {
	return sync.OnceValues(func() (string, error) { return w.suite.Identity.Token(email, suite.Audience, 3*24*time.Hour) })
}

func (w *world) wrote(said *word) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.words = append(w.words, said)
}

// says notes what an agent is about to send, as text or by the template.
func (w *world) says(agent, interaction, key string, template bool) *reply {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := &reply{Agent: agent, Interaction: interaction, Key: key, Text: "answer " + key}
	if template {
		r.Text = newsOf(key)
	}
	w.replies = append(w.replies, r)
	return r
}

func (w *world) violated(v violation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violations = append(w.violations, v)
}

// unexpected looks at a refusal. A conflict, a stale version and somebody else's conversation or seat come of what others did meanwhile;
// nothing that a desktop asks for is otherwise wrong.
func (w *world) unexpected(a *agent, what string, err error) {
	var no *desktop.Refused
	if !errors.As(err, &no) || no.Status >= 500 {
		return
	}
	switch no.Problem.Code {
	case "not_your_conversation", "owner_only", "guest_only", "target_has_it":
		return
	}
	switch no.Status {
	case http.StatusConflict, http.StatusPreconditionFailed, http.StatusTooManyRequests, http.StatusTooEarly:
	default:
		w.violated(violation{Agent: a.ID, What: fmt.Sprintf("%s is refused to %s: %v", a.ID, what, err)})
	}
}
