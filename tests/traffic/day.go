package traffic

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
)

// day is an open centre.
type day struct {
	options Options
	suite   *suite.Suite
	number  *graph.Number
	page    *graph.Page
	http    *http.Client // of all desktops
	log     log

	ctx    context.Context // of those who work
	finish context.CancelFunc
	staff  sync.WaitGroup

	mu            sync.Mutex
	byKey         map[string]*talk // those under way, by their key
	byInteraction map[string]*talk // the same, as soon as they are known
}

// open starts a suite and has all agents sign in and listen.
func open(ctx context.Context, o Options) (*day, error) {
	s, err := suite.Start(ctx, o.Suite)
	if err != nil {
		return nil, err
	}
	d := &day{options: o, suite: s, byKey: map[string]*talk{}, byInteraction: map[string]*talk{},
		http: &http.Client{Transport: &http.Transport{DialContext: s.Dial, MaxIdleConnsPerHost: 4096, IdleConnTimeout: time.Minute}}}
	d.ctx, d.finish = context.WithCancel(context.Background())
	if err := d.prepare(ctx); err != nil {
		return nil, firstOf(err, d.close())
	}
	return d, nil
}

func (d *day) prepare(ctx context.Context) (err error) {
	if d.number, err = d.suite.Graph.Number(suite.PhoneNumber); err != nil {
		return err
	}
	if d.page, err = d.suite.Graph.Page(suite.PageID); err != nil {
		return err
	}
	admin := d.desktop(suite.Admin)
	files := [][]byte{centre.Example}
	if d.options.Agents > 0 {
		files = append(files, Agents(d.options.Agents))
	}
	for _, file := range files {
		if _, err := admin.Import(ctx, file, false); err != nil {
			return fmt.Errorf("import the centre: %w", err)
		}
	}
	var all errgroup.Group
	all.SetLimit(8) // they come in the morning, not at once
	for n := range d.options.Agents {
		all.Go(func() error { return d.arrives(ctx, Email(n)) })
	}
	return all.Wait()
}

// settleFor is how long what is under way may take when the last customer has left.
const settleFor = 2 * time.Minute

func (d *day) settle() error {
	ctx, cancel := context.WithTimeout(context.Background(), settleFor)
	defer cancel()
	return d.suite.Settle(ctx)
}

func (d *day) close() error {
	d.finish()
	d.staff.Wait()
	d.http.CloseIdleConnections()
	return d.suite.Close()
}

// capacity is how many conversations an agent has at once: the most that a centre may allow.
const capacity = 50

// Email is that of the nth of Agents, from 0.
func Email(n int) string { return fmt.Sprintf("agent%d@acme.example", n) }

// Agents are so many agents of the team that answers everybody, as an import file.
func Agents(n int) []byte {
	var file bytes.Buffer
	fmt.Fprintln(&file, "agents:")
	for n := range n {
		fmt.Fprintf(&file, "  - {id: agent%d, name: Agent %d, email: %s, roles: [agent], teams: [support], capacity: %d}\n",
			n, n, Email(n), capacity)
	}
	return file.Bytes()
}

// tokenFor is how long an agent's token holds: longer than any run.
const tokenFor = 24 * time.Hour

// desktop is the desktop of somebody who signed in with the identity provider once.
func (d *day) desktop(email string) *desktop.Desktop {
	token := sync.OnceValues(func() (string, error) { return d.suite.Identity.Token(email, suite.Audience, tokenFor) })
	t := desktop.New(d.suite.URL, token)
	t.HTTP = d.http
	return t
}
