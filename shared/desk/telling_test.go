package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheLanguageOfATextIsTheCustomers(t *testing.T) {
	q := Queue{Texts: []Text{
		{On: TextGreeting, Text: "hello"}, {On: TextGreeting, Language: "es", Text: "hola"}, {On: TextGreeting, Language: "es-MX", Text: "qué onda"},
		{On: TextBusy, Language: "nl", Text: "even geduld"}, {On: TextBusy, Language: "es", Text: "espere"}}}
	for _, c := range []struct {
		on             TextKind
		language, want string
	}{
		{TextGreeting, "", "hello"},
		{TextGreeting, "es", "hola"},
		{TextGreeting, "ES", "hola"},
		{TextGreeting, "es_MX", "qué onda"},
		{TextGreeting, "es-mx", "qué onda"},
		{TextGreeting, "es-AR", "hola"},
		{TextGreeting, "de", "hello"},
		{TextBusy, "es-AR", "espere"},
		{TextBusy, "de", "even geduld"},
		{TextBusy, "", "even geduld"},
		{TextEnded, "es", ""},
	} {
		assert.Equal(t, c.want, q.Says(c.on, c.language), "%s in %q", c.on, c.language)
	}
}

func TestAConversationKnowsItsCustomersLanguage(t *testing.T) {
	for name, c := range map[string]struct {
		profile, locale, want string
	}{
		"by the profile first": {"es", "nl_NL", "es"}, "by how he came": {"", "nl_NL", "nl_NL"}, "not at all": {"", "", ""},
	} {
		k := Known{Asset: number(), Contact: leaContact(), Identities: []Identity{{Head: stored("identity", 1), Contact: "lea"}}}
		k.Contact.Profile.Language = c.profile
		in := hola()
		in.Entrance.Locale = c.locale
		ch, err := Receive(in, k, ids, nine)
		require.NoError(t, err)
		assert.Equal(t, c.want, ch.Interaction.Language, name)
	}
}

func TestGreet(t *testing.T) {
	i := queued()
	i.Language = "es"
	q := chatty()
	q.Texts = append(q.Texts, Text{On: TextGreeting, Language: "es", Text: "bienvenida"})
	ch, err := Greet(lent(t, i), q, nine)
	require.NoError(t, err)
	require.Equal(t, []RecordKind{KindInteraction, KindMessage}, storedKinds(ch))
	m, ok := ch.Save[1].(*Message)
	require.True(t, ok)
	assert.Equal(t, []any{"bienvenida", Outbound, SystemMessage, "", MessagePending, int64(2)}, []any{m.Text, m.Direction, m.Kind, m.Author, m.State, m.Seq})
	assert.Equal(t, []Hint{{Event: "message.queued", Interaction: "talk"}}, ch.Hints)
	got := *ch.Interaction
	assert.Equal(t, []TextKind{TextGreeting}, got.Told)
	assert.Equal(t, []any{1, "hola", Inbound, i.LastAt}, []any{got.Unread, got.Preview, got.PreviewBy, got.LastAt}, "nobody wrote")
	assert.Zero(t, got.AnsweredAt, "it is still our turn")

	again, err := Greet(got, q, after(time.Minute))
	storesNothing(t, again, err)
}

func TestWhoIsNotTold(t *testing.T) {
	for name, c := range map[string]struct {
		change      func(i *Interaction)
		greet, busy bool
	}{
		"who waits":              {func(*Interaction) {}, true, true},
		"who is being offered":   {func(i *Interaction) { i.State = InteractionOffered }, true, false},
		"whom somebody let wait": {func(i *Interaction) { i.Passed = []string{"ana"} }, true, false},
		"whom an agent has":      {func(i *Interaction) { i.State, i.Legs = InteractionActive, []Leg{{Agent: "ana"}} }, true, false},
		"to whom an agent spoke": {func(i *Interaction) { i.State, i.Legs, i.AnsweredAt = InteractionActive, []Leg{{Agent: "ana"}}, nine }, false, false},
		"who wrote again after an agent": {func(i *Interaction) {
			i.State, i.Legs, i.Responded = InteractionActive, []Leg{{Agent: "ana"}}, Responded{Agent: "ana", At: nine}
		}, false, false},
		"whom an agent had":                {func(i *Interaction) { i.Legs = []Leg{{Agent: "ana", To: nine}} }, false, false},
		"who was told":                     {func(i *Interaction) { i.Told = []TextKind{TextGreeting, TextBusy} }, false, false},
		"whose conversation is of another": {func(i *Interaction) { i.Queue = "support" }, false, false},
		"who is gone":                      {func(i *Interaction) { i.State = InteractionClosed }, false, false},
	} {
		i := queued()
		c.change(&i)
		greet, err := Greet(i, chatty(), nine)
		require.NoError(t, err)
		assert.Equal(t, c.greet, len(greet.Save) > 0, "%s is greeted", name)
		busy, err := TellBusy(i, chatty(), nine)
		require.NoError(t, err)
		assert.Equal(t, c.busy, len(busy.Save) > 0, "%s hears that all are busy", name)
	}
}

func TestTheEndIsTold(t *testing.T) {
	_, i := talking(t)
	x := quiet(i)
	x.Queue = chatty()
	for name, c := range map[string]struct {
		change func(i *Interaction)
		told   bool
	}{
		"to who is there":       {func(*Interaction) {}, true},
		"not to who has left":   {func(i *Interaction) { i.Left = true }, false},
		"not to who is blocked": {func(i *Interaction) { i.Blocked = true }, false},
		"not without a channel": {func(i *Interaction) { i.Interrupted = true }, false},
		"not out of the window": {func(i *Interaction) { i.LastCustomerAt = after(-25 * time.Hour) }, false},
	} {
		x := x
		c.change(&x.Interaction)
		ch, err := End(x, "ana", "", after(time.Minute))
		require.NoError(t, err)
		assert.Equal(t, InteractionWrapUp, ch.Interaction.State)
		assert.Equal(t, c.told, len(ch.Save) > 1, name)
		assert.Equal(t, c.told, len(ch.Hints) > 0, name)
	}
}
