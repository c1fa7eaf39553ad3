package desktop

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/fold"
	"github.com/deskline/deskline/shared/store"
)

// ListTargets implements the operation of the same name in the contract.
func (h handlers) ListTargets(ctx context.Context, req api.ListTargetsRequest) (api.TargetList, error) {
	who, err := caller(ctx, req.Interaction)
	if err != nil {
		return api.TargetList{}, err
	}
	from, err := view.ParsePlace(req.Cursor)
	if err != nil {
		return api.TargetList{}, err
	}
	d := directory{handlers: h, r: h.Store.Reader(), by: who.ID, text: fold.Text(req.Q), all: req.All, left: req.Limit}
	d.queue = desk.QueueAsTarget
	if req.For == api.TargetUseConference {
		d.queue = desk.QueueAsGuest
	}
	d.talk.ID = req.Interaction
	if err := d.r.Load(ctx, &d.talk); err != nil {
		return api.TargetList{}, err
	}
	if err := d.talk.MayBeTransferred(who.ID); err != nil {
		return api.TargetList{}, err
	}
	d.list.Now = h.Now()
	kind, after, _ := strings.Cut(from.Key, "-")
	switch kind {
	case "", queuesKey:
		err = d.queues(ctx, after)
		if err == nil && d.list.Next == "" {
			err = d.agents(ctx, desk.Agent{})
		}
	case agentsKey:
		err = d.agents(ctx, desk.Agent{Head: desk.Head{ID: after}, FreeSince: from.At})
	default:
		err = view.BadCursor()
	}
	return d.list, err
}

// The two parts of the list, as cursors name them.
const (
	queuesKey = "q"
	agentsKey = "a"
)

// directory is the list of targets as one page of it is filled.
type directory struct {
	handlers
	r     *store.Reader
	talk  desk.Interaction
	by    string
	queue func(desk.Interaction, desk.Queue, desk.Asset, time.Time) error // whether a queue is a target
	text  string                                                          // what names must contain, folded
	all   bool                                                            // also who is no target now
	left  int                                                             // how many more the page takes
	list  api.TargetList
}

func (d *directory) named(name string) bool { return strings.Contains(fold.Text(name), d.text) }

// queues adds the queues after the one named. They are configuration and taken from the cache; how they stand is counted.
func (d *directory) queues(ctx context.Context, after string) error {
	all, err := d.Store.Queues(ctx)
	if err != nil {
		return err
	}
	asset := desk.Asset{Head: desk.Head{ID: d.talk.Asset}}
	if err := d.r.Find(ctx, &asset); err != nil {
		return err
	}
	all = slices.SortedFunc(slices.Values(all), func(x, y desk.Queue) int { return cmp.Compare(x.ID, y.ID) })
	last := ""
	for _, q := range all {
		refused := d.queue(d.talk, q, asset, d.list.Now)
		if q.ID <= after || q.Deleted() || !d.all && refused != nil || !d.named(q.Name) {
			continue
		}
		if d.left == 0 {
			d.list.Next = view.Place{At: epoch, Key: queuesKey + "-" + last}.String()
			return nil
		}
		free, waiting, err := d.r.Standing(ctx, desk.Token(q.ID, d.talk.Channel))
		if err != nil {
			return err
		}
		closed := !q.Open(d.list.Now)
		if closed {
			free = 0
		}
		d.list.Queues = append(d.list.Queues, api.TargetQueue{ID: q.ID, Name: q.Name, Available: free, Waiting: waiting,
			Closed: closed, Opens: q.OpensAt(d.list.Now), Code: codeOf(refused)})
		d.left, last = d.left-1, q.ID
	}
	return nil
}

// epoch is the time in cursors of what is not ordered by time.
var epoch = time.Unix(0, 0).UTC()

const (
	agentsPage = 100 // agents read at once
	agentsMost = 500 // agents read for one page of the list
)

// agents adds the agents after the one given, as the store lists them. Of many whose names do not fit it leaves off, to go on
// with the next page.
func (d *directory) agents(ctx context.Context, after desk.Agent) error {
	size := agentsPage
	if d.text == "" {
		size = min(size, d.left+2) // of those who are targets all but the caller fit, and one more shows that the list goes on
	}
	for read := 0; read < agentsMost; {
		found, err := d.someAgents(ctx, size, after)
		if err != nil {
			return err
		}
		for _, a := range found {
			refused := desk.AgentAsTarget(d.talk, d.by, a)
			if (d.all || refused == nil) && d.named(a.Name) {
				if d.left == 0 {
					d.list.Next = d.after(after)
					return nil
				}
				d.list.Agents = append(d.list.Agents, targetAgent(a, refused))
				d.left--
			}
			after = a
		}
		if len(found) < size {
			return nil
		}
		read += len(found)
	}
	d.list.Next = d.after(after)
	return nil
}

// someAgents are those who can take the conversation now, the longest free first, or all, by ID.
func (d *directory) someAgents(ctx context.Context, size int, after desk.Agent) ([]desk.Agent, error) {
	if d.all {
		return store.Page[desk.Agent](ctx, d.r, size, after.ID)
	}
	return d.r.FreeAgents(ctx, desk.Token(d.talk.Queue, d.talk.Channel), desk.StrategyLongest, size, after)
}

// after is the cursor of the page that goes on behind the agent.
func (d *directory) after(a desk.Agent) string {
	at := a.FreeSince
	if d.all || a.ID == "" {
		at = epoch
	}
	return view.Place{At: at, Key: agentsKey + "-" + a.ID}.String()
}

func targetAgent(a desk.Agent, refused error) api.TargetAgent {
	load := len(a.Seats)
	if a.Offer != "" {
		load++
	}
	return api.TargetAgent{ID: a.ID, Name: a.Name, State: api.AgentState(cmp.Or(a.State, desk.AgentOffline)),
		Free: max(0, a.Capacity-load), Capacity: a.Capacity, Code: codeOf(refused)}
}

// codeOf is the code that a caller would be refused with.
func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return fault.Of(err).Code
}
