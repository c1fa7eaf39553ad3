package tests

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/tests/floor"
)

// declares gives a queue its variables, and waits until every function knows them.
func declares(c *floor.Floor, queue string, list ...desk.Variable) {
	c.T.Helper()
	r := c.Store.Reader()
	q := desk.Queue{Head: desk.Head{ID: queue}}
	require.NoError(c.T, r.Load(c.Context(), &q))
	q.Variables = list
	require.NoError(c.T, r.Save(c.Context(), desk.Change{Save: []desk.Record{&q}}))
	c.Advance(store.ConfigAge)
}

// counter are variables of each kind.
var counter = []desk.Variable{
	{ID: "order", Name: "Order number", Access: desk.VariableEditable}, {ID: "vip", Name: "VIP", Access: desk.VariableVisible},
	{ID: "score", Name: "Score", Access: desk.VariableHidden}, {ID: "city", Name: "City", Access: desk.VariableEditable},
}

// shown are variables as a desktop shows them: those that can be changed have a star.
func shown(list []api.Datum) []string {
	var out []string
	for _, d := range list {
		line := d.ID + "=" + d.Value
		if d.Editable {
			line += " *"
		}
		out = append(out, line)
	}
	return out
}

// R37: a conversation has its variables: the reserved ones first, then the queue's that the agent may see; he changes what
// the queue lets him change, until it is closed.
func TestVariablesOfAConversation(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	declares(c, "sales", counter...)
	ana := c.Agent("ana").SignsIn()
	m := ana.Mirror()
	m.Connect(0)
	defer m.Cut()
	lea := c.Customer("lea")
	lea.Writes("hola")
	i := ana.Accepts()
	origin := "origin=+" + lea.Who.Phone
	assert.Equal(t, []string{origin, "direction=inbound", "order= *", "city= *"}, shown(i.Data))
	assert.Equal(t, "Order number", i.Data[2].Name)

	data, err := ana.Desktop.SetData(c.Context(), i.ID, api.DataChange{"city": new("Soria 🏞"), "order": new("7")})
	require.NoError(t, err)
	assert.Equal(t, []string{origin, "direction=inbound", "order=7 *", "city=Soria 🏞 *"}, shown(data.Data))
	again, err := ana.Desktop.SetData(c.Context(), i.ID, api.DataChange{"order": new("7")})
	require.NoError(t, err)
	assert.Equal(t, data.Version, again.Version, "a repeat changes nothing")
	_, err = c.Agent("sam").Desktop.SetData(c.Context(), i.ID, api.DataChange{"vip": new("yes"), "score": new("9")})
	require.NoError(t, err)
	now := ana.Sees(i.ID)
	assert.Equal(t, []string{origin, "direction=inbound", "order=7 *", "vip=yes", "city=Soria 🏞 *"}, shown(now.Data), "what is hidden stays so")
	m.ShowsAll()
	var told []string
	for _, e := range now.History {
		if e.Event == "data_changed" {
			told = append(told, e.By+" "+e.Detail)
		}
	}
	assert.Equal(t, []string{"ana city order", "sam score vip"}, told, "names, no values")

	ana.Ends(i.ID)
	_, err = ana.Desktop.SetData(c.Context(), i.ID, api.DataChange{"city": nil})
	require.NoError(t, err, "while she wraps up")
	closed := ana.WrapsUp(i.ID, floor.Question)
	assert.Equal(t, []string{origin, "direction=inbound", "order=7", "vip=yes"}, shown(closed.Data), "of what is over, what there is")
	_, err = ana.Desktop.SetData(c.Context(), i.ID, api.DataChange{"order": new("8")})
	c.IsRefused(err, 403, "not_your_conversation")
	_, err = c.Agent("sam").Desktop.SetData(c.Context(), i.ID, api.DataChange{"order": new("8")})
	c.IsRefused(err, 409, "conversation_closed")
}

// R37: what nobody declared, what nobody changes, what this agent does not change, and whose conversation it is not.
func TestVariablesThatCannotBeSet(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	declares(c, "sales", counter...)
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	i := ana.Accepts()
	before := read[desk.Interaction](c, i.ID)
	many := api.DataChange{}
	for n := range 51 {
		many[fmt.Sprint("v", n)] = new("x")
	}
	for about, x := range map[string]struct {
		by     string
		set    api.DataChange
		status int
		code   string
	}{
		"unknown":                 {"ana", api.DataChange{"colour": new("red")}, 400, "variable_unknown"},
		"unknown to supervisors":  {"sam", api.DataChange{"colour": new("red")}, 400, "variable_unknown"},
		"reserved":                {"ana", api.DataChange{"origin": new("+34")}, 400, "variable_reserved"},
		"reserved to supervisors": {"ada", api.DataChange{"direction": new("outbound")}, 400, "variable_reserved"},
		"removing a reserved one": {"ana", api.DataChange{"origin": nil}, 400, "variable_reserved"},
		"visible":                 {"ana", api.DataChange{"vip": new("yes")}, 403, "variable_not_editable"},
		"hidden":                  {"ana", api.DataChange{"score": new("9")}, 403, "variable_not_editable"},
		"one of several":          {"ana", api.DataChange{"order": new("7"), "vip": new("yes")}, 403, "variable_not_editable"},
		"somebody else":           {"bob", api.DataChange{"order": new("7")}, 403, "not_your_conversation"},
		"too long":                {"ana", api.DataChange{"order": new(strings.Repeat("é", 1001))}, 400, "bad_request"},
		"empty":                   {"ana", api.DataChange{"order": new("")}, 400, "bad_request"},
		"nothing":                 {"ana", api.DataChange{}, 400, "bad_request"},
		"too many":                {"ana", many, 400, "bad_request"},
	} {
		t.Run(about, func(t *testing.T) {
			_, err := c.Agent(x.by).Desktop.SetData(c.Context(), i.ID, x.set)
			c.IsRefused(err, x.status, x.code)
		})
	}
	assert.Equal(t, before, read[desk.Interaction](c, i.ID))
	_, err := ana.Desktop.SetData(c.Context(), i.ID, api.DataChange{"order": new(strings.Repeat("é", 1000))})
	require.NoError(t, err)
}

// R37: Messenger tells no number, so there is no origin, even when agents know one.
func TestACustomerWithoutANumberHasNoOrigin(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Visitor("lea")
	lea.Writes("hola")
	i := ana.Accepts()
	assert.Equal(t, []string{"direction=inbound"}, shown(i.Data))
	edits(c, ana, i.Contact, api.ContactEdit{Phone: api.To("+34600000042")})
	lea.Writes("sigo aquí")
	c.Settle()
	assert.Equal(t, []string{"direction=inbound"}, shown(ana.Sees(i.ID).Data))
	assert.Equal(t, "+34600000042", ana.Sees(i.ID).Customer.Phone)
}

// R37: a conversation that comes to another queue keeps the values that queue does not know, and does not show them.
func TestValuesWaitUntilTheConversationComesBack(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	declares(c, "sales", counter...)
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	i := ana.Accepts()
	_, err := ana.Desktop.SetData(c.Context(), i.ID, api.DataChange{"order": new("7")})
	require.NoError(t, err)
	declares(c, "sales", desk.Variable{ID: "city", Name: "City", Access: desk.VariableEditable})
	assert.Equal(t, []string{"direction=inbound", "city= *"}, shown(ana.Sees(i.ID).Data)[1:])
	_, err = ana.Desktop.SetData(c.Context(), i.ID, api.DataChange{"city": new("Soria")})
	require.NoError(t, err)
	declares(c, "sales", counter...)
	assert.Equal(t, []string{"direction=inbound", "order=7 *", "city=Soria *"}, shown(ana.Sees(i.ID).Data)[1:])
}

// R37: a conversation has room for fifty values, however many its queue declares.
func TestTooManyValues(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	var many []desk.Variable
	wish := api.DataChange{}
	for n := range 51 {
		id := fmt.Sprintf("v%02d", n)
		many, wish[id] = append(many, desk.Variable{ID: id, Name: id, Access: desk.VariableEditable}), new("x")
	}
	declares(c, "sales", many...)
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	i := ana.Accepts()
	delete(wish, "v50")
	_, err := ana.Desktop.SetData(c.Context(), i.ID, wish)
	require.NoError(t, err)
	_, err = ana.Desktop.SetData(c.Context(), i.ID, api.DataChange{"v50": new("x")})
	c.IsRefused(err, 400, "too_many_values")
	_, err = ana.Desktop.SetData(c.Context(), i.ID, api.DataChange{"v00": nil, "v50": new("x")})
	require.NoError(t, err)
}
