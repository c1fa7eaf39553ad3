package admin

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

const busy = `clients: [{id: acme, name: Acme}, {id: luna, name: Luna}]
projects: [{id: care, name: Care, client: acme}, {id: shop, name: Shop, client: acme}]
teams: [{id: support, name: Support}, {id: trade, name: Trade}]
queues:
- {id: sales, name: Sales, project: care, team: support, reasons: [{id: sold, name: Sold}]}
- {id: help, name: Help, project: care, team: trade}
assets:
- {channel: whatsapp, account: "1", name: One, display: One, queue: sales, token: t}
- {channel: whatsapp, account: "2", name: Two, display: Two, queue: help, token: t, rules: [{on: ref, value: buy, queue: sales}]}
agents:
- {id: ana, name: Ana, email: ana@acme.example, roles: [agent], teams: [support]}
- {id: bob, name: Bob, email: bob@acme.example, roles: [agent], teams: [trade, support]}
`

// B16: whoever uses a record keeps it from being deleted, or goes to its successor in the same commit.
func TestWhatIsInUseIsDeletedOnlyWithASuccessor(t *testing.T) {
	tests := []struct {
		path  string
		users []api.RecordUser
		heir  string
		moved string
		then  map[string]string // address to a part of what it shows then
	}{
		{"clients/acme", []api.RecordUser{{Kind: "project", ID: "care", Name: "Care"}, {Kind: "project", ID: "shop", Name: "Shop"}},
			"luna", `{"project":2}`, map[string]string{"projects/care": `"client":"luna"`, "projects/shop": `"client":"luna"`}},
		{"projects/care", []api.RecordUser{{Kind: "queue", ID: "help", Name: "Help"}, {Kind: "queue", ID: "sales", Name: "Sales"}},
			"shop", `{"queue":2}`, map[string]string{"queues/sales": `"project":"shop"`, "queues/help": `"project":"shop"`}},
		{"teams/support", []api.RecordUser{{Kind: "queue", ID: "sales", Name: "Sales"}, {Kind: "agent", ID: "ana", Name: "Ana"}, {Kind: "agent", ID: "bob", Name: "Bob"}},
			"trade", `{"queue":1,"agent":2}`, map[string]string{
				"queues/sales": `"team":"trade"`, "agents/ana": `"teams":["trade"]`, "agents/bob": `"teams":["trade"]`}},
		{"queues/sales", []api.RecordUser{{Kind: "asset", ID: "whatsapp:1", Name: "One"}, {Kind: "asset", ID: "whatsapp:2", Name: "Two"}},
			"help", `{"asset":2}`, map[string]string{
				"assets/whatsapp:1": `"queue":"help"`, "assets/whatsapp:2": `"rules":[{"on":"ref","queue":"help","value":"buy"}]`}},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			r := start(t, firestore.Options{})
			r.imports(busy)
			tag, before := r.gets(tt.path).is(""), r.stored()
			p := r.deletes(tt.path, tag).refused(409, "in_use")
			assert.Equal(t, tt.users, p.Users)
			assert.Equal(t, len(tt.users), p.Count)
			kind, id, _ := strings.Cut(tt.path, "/")
			for _, heir := range []string{"nobody", id} {
				r.deletes(tt.path+"?successor="+heir, tag).refused(400, "successor_unknown")
			}
			assert.Equal(t, before, r.stored())

			kind = strings.TrimSuffix(kind, "s")
			r.deletes(tt.path+"?successor="+tt.heir, tag).is(fmt.Sprintf(`{"kind":%q,"id":%q,"version":2,"moved":%s}`, kind, id, tt.moved))
			for path, part := range tt.then {
				assert.Contains(t, r.gets(path).Body.String(), part, path)
			}
			r.gets(tt.path).refused(404, kind+"_missing")
			r.deletes(tt.path+"?successor="+tt.heir, tag).refused(404, kind+"_missing")
			now, err := read(t.Context(), r.store.Reader())
			require.NoError(t, err)
			last := now.History.Entries[len(now.History.Entries)-1]
			assert.Equal(t, "deleted bootstrap "+kind+" "+id+" to "+tt.heir, last.Event+" "+last.By+" "+last.Detail)
		})
	}
}

func TestAtMostTwentyUsersAreNamed(t *testing.T) {
	r := start(t, firestore.Options{})
	file := strings.Builder{}
	file.WriteString("clients: [{id: acme, name: Acme}]\nprojects:\n")
	for n := range 23 {
		fmt.Fprintf(&file, "- {id: p%02d, name: P, client: acme}\n", n)
	}
	r.imports(file.String())
	p := r.deletes("clients/acme", `"1"`).refused(409, "in_use")
	assert.Len(t, p.Users, 20)
	assert.Equal(t, 23, p.Count)
}

func TestAReasonGoesUnlessEveryQueueHasIt(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(busy)
	r.deletes("queues/sales/reasons/transfer", `"1"`).refused(409, "reason_required")
	r.deletes("queues/nowhere/reasons/transfer", `"1"`).refused(404, "queue_missing")
	r.deletes("queues/sales/reasons/sold", `"2"`).refused(412, "version_mismatch")
	r.deletes("queues/sales/reasons/sold", `"1"`).is(`{"kind":"reason","id":"sold","version":2,"moved":{}}`)
	r.deletes("queues/sales/reasons/sold", `"1"`).refused(404, "reason_missing")
	r.gets("queues/help/reasons/transfer").is("")
}

func TestAReasonThatItsQueueNamesTakesASuccessor(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(busy)
	r.changes("queues/sales", `"1"`, `{"name":"Sales","project":"care","team":"support","wrapUpLimit":"90s","wrapUpReason":"sold"}`).is(
		`{"id":"sales","version":2,"name":"Sales","project":"care","team":"support","offerTimeout":"20s","historyHours":0,` +
			`"attachments":false,"autoAccept":false,"assets":[],"unansweredTransfer":"drop","afterword":"10m","variables":[],"priority":0,"priorityBoost":"1m","strategy":"longest_available","whenClosed":"wait","wrapUpLimit":"1m30s","wrapUpReason":"sold"}`)
	p := r.deletes("queues/sales/reasons/sold", `"1"`).refused(409, "in_use")
	assert.Equal(t, 1, p.Count)
	r.deletes("queues/sales/reasons/sold?successor=nothing", `"1"`).refused(400, "successor_unknown")
	r.deletes("queues/sales/reasons/sold?successor=transfer", `"1"`).is(`{"kind":"reason","id":"sold","version":3,"moved":{"queue":1}}`)
	assert.Equal(t, "transfer", r.stored().Queues[1].WrapUpReason)
}

// Only what is deleted with something in it needs a successor; a tombstone is there for nobody.
func TestADeletedQueueIsGoneAndComesBack(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(little + "assets: [{channel: whatsapp, account: \"1\", name: N, display: D, queue: sales, token: t}]\n")
	spare := r.creates("queues/spare", `{"name":"Spare","project":"care","team":"support"}`).is("")
	r.creates("queues/spare/reasons/own", `{"name":"Own"}`).is("")
	r.deletes("queues/spare", spare).is(`{"kind":"queue","id":"spare","version":4,"moved":{}}`)
	r.deletes("assets/whatsapp:1", `"1"`).is(`{"kind":"asset","id":"whatsapp:1","version":5,"moved":{}}`)

	r.gets("queues/spare").refused(404, "queue_missing")
	r.gets("queues/spare/reasons").refused(404, "queue_missing")
	r.gets("assets/whatsapp:1").refused(404, "asset_missing")
	assert.NotContains(t, r.gets("queues").Body.String(), "spare")
	assert.Contains(t, r.gets("assets").Body.String(), `"items":[]`)
	file := r.gets("export").Body.String()
	assert.NotContains(t, file, "spare")
	assert.NotContains(t, file, "assets")
	p := r.creates("assets/whatsapp:1", `{"name":"N","display":"D","queue":"spare","token":"t"}`).refused(400, "import_invalid")
	assert.Equal(t, `there is no queue "spare"`, p.Errors[0].Message)
	r.changes("queues/spare", `"3"`, `{"name":"Spare","project":"care","team":"support"}`).refused(412, "version_mismatch")

	r.creates("queues/spare", `{"name":"Spare","project":"care","team":"support"}`).is(
		`{"id":"spare","version":4,"name":"Spare","project":"care","team":"support","offerTimeout":"20s","historyHours":0,"attachments":false,"autoAccept":false,"variables":[],"assets":[],"unansweredTransfer":"drop","afterword":"10m",` +
			`"priority":0,"priorityBoost":"1m","strategy":"longest_available","whenClosed":"wait"}`)
	report := r.imports("assets: [{channel: whatsapp, account: \"1\", name: N, display: D, queue: spare, token: t}]\n")
	assert.Equal(t, api.Counts{"asset": 1}, report.Created, "it comes back")
	var list api.ReasonRecords
	r.gets("queues/spare/reasons").into(&list)
	require.Len(t, list.Items, 2, "whoever still got there was wrapped up with them")
	assert.Equal(t, "own", list.Items[0].ID)
}

// seats puts an interaction of the agent's into the database.
func (r *rig) seats(id, queue, agent string, change func(*desk.Interaction, *desk.Agent)) {
	r.t.Helper()
	_, err := r.store.Move(r.t.Context(), func(ctx context.Context, rd *store.Reader) (desk.Change, error) {
		a := desk.Agent{Head: desk.Head{ID: agent}}
		if err := rd.Find(ctx, &a); err != nil {
			return desk.Change{}, err
		}
		i := desk.Interaction{Head: desk.Head{ID: id}, State: desk.InteractionActive, Channel: desk.WhatsApp, Queue: queue,
			Owner: a.ID, OwnerName: a.Name, Agents: []string{a.ID}, OpenedAt: desk.Micro(time.Now()),
			Legs: []desk.Leg{{Agent: a.ID, Name: a.Name, Seat: desk.SeatOwner, From: desk.Micro(time.Now())}}}
		a.Seats = append(a.Seats, id)
		change(&i, &a)
		ch := desk.Change{Save: []desk.Record{&i}}
		if a.Version > 0 {
			a = a.Settle()
			ch.Save = append(ch.Save, &a)
		}
		return ch, nil
	})
	require.NoError(r.t, err)
}

// plain leaves a conversation as it is.
func plain(*desk.Interaction, *desk.Agent) {}

func TestAQueueWithSomebodyInItNeedsASuccessor(t *testing.T) {
	for _, state := range []desk.InteractionState{desk.InteractionQueued, desk.InteractionOffered, desk.InteractionActive, desk.InteractionWrapUp} {
		r := start(t, firestore.Options{})
		r.imports(little)
		r.seats("talk", "sales", "ana", func(i *desk.Interaction, _ *desk.Agent) { i.State = state })
		p := r.deletes("queues/sales", `"1"`).refused(409, "in_use")
		assert.Equal(t, []api.RecordUser{{Kind: "interaction", ID: "talk"}}, p.Users, state)
	}
	r := start(t, firestore.Options{})
	r.imports(little)
	r.seats("talk", "sales", "ana", func(i *desk.Interaction, _ *desk.Agent) { i.State = desk.InteractionClosed })
	r.deletes("queues/sales", `"1"`).is("")
}

func TestAnAgentsConversationsGoToTheSuccessor(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(little)
	r.signsIn("ana")
	r.seats("one", "sales", "ana", plain)
	r.seats("two", "sales", "ana", func(i *desk.Interaction, _ *desk.Agent) {
		i.State, i.Owner, i.OwnerName, i.CloseReason = desk.InteractionWrapUp, "", "", desk.ClosedEnded
		i.Legs[0].To, i.Legs[0].WrapUp = i.Legs[0].From, desk.WrapUp{State: desk.WrapUpOwed}
	})
	tag := r.gets("agents/ana").is("")
	p := r.deletes("agents/ana", tag).refused(409, "in_use")
	assert.Equal(t, []api.RecordUser{{Kind: "interaction", ID: "one"}, {Kind: "interaction", ID: "two"}}, p.Users)
	r.deletes("agents/ana?successor=bob", tag).refused(409, "successor_offline")
	r.signsIn("bob")
	for n := range 3 {
		r.seats(fmt.Sprint("bobs", n), "sales", "bob", plain)
	}
	r.deletes("agents/ana?successor=bob", tag).refused(409, "successor_full")
	r.deletes("agents/ana?successor=ana", tag).refused(400, "successor_unknown")
	r.deletes("agents/ana?successor=eve", tag).refused(400, "successor_unknown")
	bob := r.gets("agents/bob").is("")
	r.changes("agents/bob", bob, `{"name":"Bob","email":"bob@acme.example","roles":["agent"],"teams":["support"],"capacity":4}`).is("")

	r.deletes("agents/ana?successor=bob", tag).is(`{"kind":"agent","id":"ana","version":3,"moved":{"interaction":2}}`)
	one, two := r.talk("one"), r.talk("two")
	assert.Equal(t, []any{desk.InteractionActive, "bob", "Bob", []string{"bob"}}, []any{one.State, one.Owner, one.OwnerName, one.Agents})
	assert.Equal(t, desk.WrapUpSkipped, one.Legs[0].WrapUp.State)
	assert.Equal(t, "bob", one.Legs[1].Agent)
	assert.Equal(t, []any{desk.InteractionClosed, desk.ClosedEnded, desk.WrapUpSkipped}, []any{two.State, two.CloseReason, two.Legs[0].WrapUp.State})
	assert.Equal(t, []string{"bobs0", "bobs1", "bobs2", "one"}, r.agent("bob").Seats)
	r.gets("agents/ana").refused(404, "agent_missing")
	lease := desk.Lease{Head: desk.Head{ID: "ana"}}
	require.NoError(t, r.store.Reader().Find(t.Context(), &lease))
	assert.Zero(t, lease.Version)

	r.creates("agents/anna", `{"name":"Anna","email":"ana@acme.example","roles":["agent"]}`).is("")
}

// A new agent with the ID of one who was deleted has a history that goes on behind his: their pages would meet otherwise,
// and nobody could ever write him again.
func TestTheHistoryOfAnIDGoesOn(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(little)
	r.signsIn("ana")
	r.changesMind("ana", 130)
	last := r.agent("ana").History.Last
	require.EqualValues(t, 131, last)
	r.deletes("agents/ana", r.gets("agents/ana").is("")).is("")
	for range 2 {
		r.creates("agents/ana", `{"name":"Ana","email":"ana@acme.example","roles":["agent"],"teams":["support"]}`).is("")
		assert.Equal(t, last, r.agent("ana").History.Last)
		r.signsIn("ana")
		r.changesMind("ana", 120)
		last += 121
		assert.Equal(t, last, r.agent("ana").History.Last)
		r.deletes("agents/ana", r.gets("agents/ana").is("")).is("")
	}
}

func TestADeletionThatFailedAfterItWasAppliedIsRecognised(t *testing.T) {
	var fail atomic.Bool
	r := start(t, firestore.Options{AfterCommit: func(_ context.Context, req *pb.CommitRequest) error {
		if writes(req, "/centre/") && fail.Swap(false) {
			return status.Error(codes.Unavailable, "the connection broke")
		}
		return nil
	}})
	r.imports(busy)
	for _, tt := range []struct{ path, moved string }{
		{"clients/acme?successor=luna", `{"project":2}`}, {"queues/sales?successor=help", `{"asset":2}`}, {"agents/ana", `{}`},
	} {
		fail.Store(true)
		assert.Contains(t, r.deletes(tt.path, `"1"`).Body.String(), `"moved":`+tt.moved)
		assert.False(t, fail.Load())
	}
}

// B16: the reasons of a queue that was deleted without a successor stay for who still gets there, and are nobody's to change.
func TestReasonsOfADeletedQueueAreMissing(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(little)
	r.creates("queues/sales/reasons/sold", `{"name":"Sold"}`).is("")
	r.deletes("queues/sales", `"1"`).is("")
	r.gets("queues/sales/reasons/sold").refused(404, "queue_missing")
	r.creates("queues/sales/reasons/lost", `{"name":"Lost"}`).refused(404, "queue_missing")
	r.deletes("queues/sales/reasons/sold", `"1"`).refused(404, "queue_missing")
	assert.Len(t, r.stored().Reasons, 2)
}

// Two administrators: one has read a record, the other deletes it and makes another of its ID. What the first has read is
// not that record.
func TestARecordMadeAnewIsAnother(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(little)
	for path, bodies := range map[string][2]string{
		"clients/luna":             {`{"name":"Luna"}`, `{"name":"Luna Travel"}`},
		"agents/eve":               {`{"name":"Eve","email":"eve@acme.example","roles":["agent"]}`, `{"name":"Eva","email":"eva@acme.example","roles":["agent"]}`},
		"queues/sales/reasons/new": {`{"name":"New"}`, `{"name":"Newer"}`},
	} {
		first := r.creates(path, bodies[0]).is("")
		r.deletes(path, first).is("")
		second := r.creates(path, bodies[1]).is("")
		assert.NotEqual(t, first, second, path)
		r.changes(path, first, bodies[0]).refused(412, "version_mismatch")
	}
}
