package main

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/shared/desk"
)

// version is what matters of a record at one moment.
type version struct {
	N     int64
	At    time.Time // of the commit, which all records of one commit share and no other commit has
	State string
	Agent string // of an offer
	About string // an offer's interaction
	Offer string // of an agent, or of an interaction
	Owner string // of an interaction
	Seats int    // of an agent; of an interaction how many sit as its owner
	Room  int    // an agent's capacity
	Over  string // a channel on which an agent has more seats than he may; empty for none
	Held  int    // at how many desktops an interaction shows: who sits there, and who owes a wrap-up
}

// trail is every version of every agent, offer, interaction and message there ever was. The database tells of each write once it was
// applied, whoever was told what, so that nothing hides between two looks.
type trail struct {
	mu      sync.Mutex
	records map[string]map[string][]version // by collection and ID
}

func newTrail() *trail {
	return &trail{records: map[string]map[string][]version{"agents": {}, "offers": {}, "interactions": {}, "messages": {}}}
}

// observe is for firestore.Options.Observe.
func (t *trail) observe(_ context.Context, op firestore.Op) {
	if op.Kind != firestore.Write {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range op.Documents {
		parts := strings.Split(d.GetName(), "/")
		of, ok := t.records[parts[len(parts)-2]]
		if !ok {
			continue
		}
		id := parts[len(parts)-1]
		of[id] = append(of[id], versionOf(parts[len(parts)-2], d))
	}
}

func versionOf(collection string, d *pb.Document) version {
	f := d.GetFields()
	v := version{
		N: f["version"].GetIntegerValue(), At: d.GetUpdateTime().AsTime(), State: f["state"].GetStringValue(),
		Agent: f["agent"].GetStringValue(), About: f["interaction"].GetStringValue(), Offer: f["offer"].GetStringValue(),
		Owner: f["owner"].GetStringValue(), Room: int(f["capacity"].GetIntegerValue()),
	}
	switch collection {
	case "agents":
		v.Seats = len(f["seats"].GetArrayValue().GetValues())
		v.Over = over(f["on"].GetArrayValue(), f["capacities"].GetArrayValue())
	case "interactions":
		v.Held = len(f["agents"].GetArrayValue().GetValues())
		for _, leg := range f["legs"].GetArrayValue().GetValues() {
			if l := leg.GetMapValue().GetFields(); l["to"] == nil && l["seat"].GetStringValue() == "owner" {
				v.Seats++
			}
		}
	}
	return v
}

// over is a channel on which there are more seats than one of the limits says.
func over(on, limits *pb.ArrayValue) string {
	held := map[string]int64{}
	for _, c := range on.GetValues() {
		held[c.GetStringValue()]++
	}
	for _, l := range limits.GetValues() {
		of := l.GetMapValue().GetFields()
		if c := of["channel"].GetStringValue(); held[c] > of["most"].GetIntegerValue() {
			return c
		}
	}
	return ""
}

// of are the versions of the records of a collection, each in order.
func (t *trail) of(collection string) map[string][]version {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make(map[string][]version, len(t.records[collection]))
	for id, list := range t.records[collection] {
		list = slices.Clone(list)
		slices.SortStableFunc(list, func(a, b version) int { return int(a.N - b.N) })
		all[id] = list
	}
	return all
}

// open counts the interactions that are not closed or of which somebody owes a wrap-up, and the messages on their way.
func (t *trail) open() (interactions, messages int) {
	count := func(collection string, states ...string) (n int) {
		for _, list := range t.of(collection) {
			if last := list[len(list)-1]; last.Held > 0 || slices.Contains(states, last.State) {
				n++
			}
		}
		return n
	}
	return count("interactions", "queued", "offered", "active", "wrapup"), count("messages", "pending", "sending")
}

// doubted are the messages whose fate was unknown at some time.
func (t *trail) doubted() map[string]bool {
	ids := map[string]bool{}
	for id, list := range t.of("messages") {
		ids[id] = slices.ContainsFunc(list, func(v version) bool { return v.State == string(desk.MessageUnknown) })
	}
	return ids
}
