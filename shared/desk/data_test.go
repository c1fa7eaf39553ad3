package desk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// counter is a queue with a variable of each kind.
func counter() Queue {
	return Queue{Head: stored("sales", 1), Team: "shop", Variables: []Variable{
		{ID: "order", Name: "Order", Access: VariableEditable}, {ID: "vip", Name: "VIP", Access: VariableVisible},
		{ID: "score", Name: "Score", Access: VariableHidden}, {ID: "city", Name: "City", Access: VariableEditable}}}
}

func TestSetData(t *testing.T) {
	ten := after(time.Hour)
	a, i := talking(t)
	ch, err := SetData(i, counter(), a, []Datum{{ID: "order", Value: "7"}, {ID: "city", Value: "Soria"}}, ten)
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindInteraction}, storedKinds(ch))
	assert.Equal(t, []Datum{{"city", "Soria"}, {"order", "7"}}, ch.Interaction.Data, "by ID")
	assert.Equal(t, Entry{Seq: 3, At: ten, Event: "data_changed", By: "ana", Detail: "order city"}, ch.Interaction.History.Entries[2])
	assert.Equal(t, "7", ch.Interaction.Value("order"))
	assert.Empty(t, ch.Interaction.Value("vip"))

	set := *saved(ch).Interaction
	again, err := SetData(set, counter(), a, []Datum{{ID: "order", Value: "7"}, {ID: "vip2"}}[:1], ten)
	storesNothing(t, again, err)
	again, err = SetData(i, counter(), a, []Datum{{ID: "order"}}, ten)
	storesNothing(t, again, err)

	ch, err = SetData(set, counter(), a, []Datum{{ID: "order"}, {ID: "city", Value: "Soria"}}, ten)
	require.NoError(t, err)
	assert.Equal(t, []Datum{{"city", "Soria"}}, ch.Interaction.Data)
	assert.Equal(t, "order", ch.Interaction.History.Entries[3].Detail)
}

func TestWhoMaySetWhat(t *testing.T) {
	a, i := talking(t)
	_, wrapup := wrapping(t)
	over := wrapup
	over.State = InteractionClosed
	bea := Agent{Head: stored("bea", 1)}
	long := strings.Repeat("é", 1000)
	for name, c := range map[string]struct {
		talk Interaction
		by   Agent
		set  Datum
		want string
	}{
		"what agents change":           {i, a, Datum{"order", long}, "stores"},
		"while wrapping up":            {wrapup, a, Datum{"order", "7"}, "stores"},
		"once it is closed":            {over, a, Datum{"order", "7"}, "conflict conversation_closed"},
		"what is set, once it closed":  {over, a, Datum{"order", ""}, "stores nothing"},
		"what agents only see":         {i, a, Datum{"vip", "yes"}, "denied variable_not_editable"},
		"what agents do not see":       {i, a, Datum{"score", "9"}, "denied variable_not_editable"},
		"a reserved one":               {i, a, Datum{"origin", "+34"}, "invalid variable_reserved"},
		"the other reserved one":       {i, olga(), Datum{"direction", "outbound"}, "invalid variable_reserved"},
		"an unknown one":               {i, a, Datum{"colour", "red"}, "invalid variable_unknown"},
		"too long a value":             {i, a, Datum{"order", long + "é"}, "invalid value_too_long"},
		"somebody else":                {i, bea, Datum{"order", "7"}, "denied not_your_conversation"},
		"a supervisor, a hidden one":   {i, olga(), Datum{"score", "9"}, "stores"},
		"a supervisor, while it waits": {queued(), olga(), Datum{"vip", "yes"}, "stores"},
		"one of another team":          {i, sam(), Datum{"vip", "yes"}, "denied not_your_conversation"},
		"a supervisor, an unknown one": {i, olga(), Datum{"colour", "red"}, "invalid variable_unknown"},
		"a supervisor, once it closed": {over, olga(), Datum{"vip", "yes"}, "conflict conversation_closed"},
		"the agent before he accepts":  {queued(), a, Datum{"order", "7"}, "denied not_your_conversation"},
	} {
		ch, err := SetData(c.talk, counter(), c.by, []Datum{c.set}, nine)
		assert.Equal(t, c.want, outcome(ch, err), name)
	}
}

// With one mistake among several nothing is set.
func TestDataIsSetAsAWhole(t *testing.T) {
	a, i := talking(t)
	ch, err := SetData(i, counter(), a, []Datum{{ID: "order", Value: "7"}, {ID: "vip", Value: "yes"}}, nine)
	assert.Equal(t, "denied variable_not_editable", outcome(ch, err))
	assert.Empty(t, i.Data)
}

// What another queue left behind stays, and makes room when there are too many.
func TestValuesOfAnotherQueueMakeRoom(t *testing.T) {
	a, i := talking(t)
	for n := range 49 {
		i.Data = append(i.Data, Datum{ID: fmt.Sprintf("old-%02d", n), Value: "x"})
	}
	ch, err := SetData(i, counter(), a, []Datum{{ID: "order", Value: "7"}}, nine)
	require.NoError(t, err)
	assert.Len(t, ch.Interaction.Data, 50)
	assert.Equal(t, "x", ch.Interaction.Value("old-48"))

	ch, err = SetData(*ch.Interaction, counter(), a, []Datum{{ID: "city", Value: "Soria"}}, nine)
	require.NoError(t, err)
	assert.Len(t, ch.Interaction.Data, 50)
	assert.Equal(t, "Soria", ch.Interaction.Value("city"))
	assert.Equal(t, "7", ch.Interaction.Value("order"))
	assert.Empty(t, ch.Interaction.Value("old-48"))
	assert.Equal(t, "x", ch.Interaction.Value("old-47"))

	var q Queue
	var set []Datum
	for n := range 51 {
		q.Variables = append(q.Variables, Variable{ID: fmt.Sprintf("v%02d", n), Access: VariableEditable})
		set = append(set, Datum{ID: fmt.Sprintf("v%02d", n), Value: "x"})
	}
	_, err = SetData(i, q, a, set, nine)
	assert.Equal(t, "invalid too_many_values", outcome(Change{}, err))
}

func TestOrigin(t *testing.T) {
	i := queued()
	i.Customer.Addresses = nil
	assert.Empty(t, i.Origin(), "a number that only agents know")
	i.Customer.Addresses = []Address{userID, phone}
	assert.Equal(t, "+34600000001", i.Origin())
}
