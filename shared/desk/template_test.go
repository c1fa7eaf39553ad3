package desk

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// parcel is a template of sales with two places.
func parcel() Template {
	return Template{Head: stored("parcel", 1), Queue: "sales", Channel: WhatsApp, Name: "Parcel has come", ChannelName: "parcel_ready",
		Language: "es", Header: "Acme", Body: "Hola {{1}}, tu pedido {{2}} está en la tienda, {{1}}.", Footer: "Tu tienda"}
}

// byParcel is a reply by that template.
func byParcel(values ...string) Reply {
	return Reply{ClientID: "client-1", Template: parcel(), Values: values}
}

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		body  string
		n     int
		wrong bool
	}{
		{"Hola", 0, false},
		{"", 0, false},
		{"Hola {{1}}", 1, false},
		{"{{2}} y {{1}} y {{2}}", 2, false},
		{"{1} {{ {a}", 0, true},
		{"un { corchete }", 0, false},
		{"Hola {{2}}", 0, true},
		{"Hola {{1}} {{3}}", 0, true},
		{"Hola {{0}}", 0, true},
		{"Hola {{01}}", 0, true},
		{"Hola {{nombre}}", 0, true},
		{"Hola {{ 1 }}", 0, true},
		{"Hola {{1}", 0, true},
		{"Hola {{9999}}", 0, true},
		{places(20), 20, false},
		{places(21), 0, true},
	} {
		n, wrong := Places(c.body)
		assert.Equal(t, c.n, n, c.body)
		assert.Equal(t, c.wrong, wrong != "", "%s: %s", c.body, wrong)
	}
}

// places is a body with the places 1 to n.
func places(n int) (body string) {
	for at := range n {
		body += "{{" + strings.TrimSpace(strings.Split("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21", " ")[at]) + "}}"
	}
	return body
}

func TestATemplateIsFilled(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Template)
		values []string
		want   string
	}{
		{"as it should be", nil, []string{"Lea", "77"}, ""},
		{"what looks like a place is a value", nil, []string{"{{2}}", "{{1}}"}, ""},
		{"four spaces", nil, []string{"Lea    M", "77"}, ""},
		{"letters of any kind", nil, []string{"Léa 👟", "７７"}, ""},
		{"there is none", func(t *Template) { t.Version = 0 }, []string{"Lea", "77"}, "invalid template_unknown"},
		{"of another queue", func(t *Template) { t.Queue = "support" }, []string{"Lea", "77"}, "invalid template_unknown"},
		{"of another channel", func(t *Template) { t.Channel = Messenger }, []string{"Lea", "77"}, "invalid template_other_channel"},
		{"too few values", nil, []string{"Lea"}, "invalid values_mismatch"},
		{"too many", nil, []string{"Lea", "77", "rojo"}, "invalid values_mismatch"},
		{"none", nil, nil, "invalid values_mismatch"},
		{"an empty one", nil, []string{"Lea", ""}, "invalid value_empty"},
		{"nothing but spaces", nil, []string{" \u00a0 ", "77"}, "invalid value_empty"},
		{"two lines", nil, []string{"Lea\nM", "77"}, "invalid value_invalid"},
		{"two lines of another kind", nil, []string{"Lea\u2028M", "77"}, "invalid value_invalid"},
		{"a tab", nil, []string{"Lea", "7\t7"}, "invalid value_invalid"},
		{"a null", nil, []string{"Lea\x00", "77"}, "invalid value_invalid"},
		{"five spaces", nil, []string{"Lea     M", "77"}, "invalid value_invalid"},
		{"as long as it may be", nil, []string{strings.Repeat("é", 100), strings.Repeat("é", 786)}, ""},
		{"one character more", nil, []string{strings.Repeat("é", 100), strings.Repeat("é", 787)}, "invalid template_too_long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tpl := parcel()
			if c.change != nil {
				c.change(&tpl)
			}
			text, filled, err := tpl.fill(c.values, "sales", WhatsApp)
			if c.want != "" {
				assert.Equal(t, c.want, outcome(Change{}, err))
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "Acme\n\nHola "+c.values[0]+", tu pedido "+c.values[1]+" está en la tienda, "+c.values[0]+".\n\nTu tienda", text)
			assert.Equal(t, Filled{ID: "parcel", Name: "Parcel has come", ChannelName: "parcel_ready", Language: "es", Values: c.values}, filled)
		})
	}
	plain := Template{Head: stored("hi", 1), Queue: "sales", Channel: WhatsApp, ChannelName: "hi", Language: "es", Body: "Hola"}
	text, filled, err := plain.fill(nil, "sales", WhatsApp)
	require.NoError(t, err)
	assert.Equal(t, "Hola", text, "nothing above and below")
	assert.Nil(t, filled.Values)
}

// B13: a template reaches a customer whose window has closed, in the conversation that goes on.
func TestATemplateIsSentAfterTheWindowHasClosed(t *testing.T) {
	a, i := talking(t)
	at := after(2 * day)
	ch, err := Send(draft(), lent(t, i), lent(t, a), byParcel("Lea", "77"), at)
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindMessage, KindInteraction}, storedKinds(ch))
	m := *ch.Message
	assert.Equal(t, "Acme\n\nHola Lea, tu pedido 77 está en la tienda, Lea.\n\nTu tienda", m.Text)
	assert.Equal(t, []any{TextMessage, "parcel", []string{"Lea", "77"}, MessagePending, nine, "client-1"},
		[]any{m.Kind, m.Template.ID, m.Template.Values, m.State, m.WroteAt, m.ClientID})
	assert.Equal(t, m.Text, ch.Interaction.Preview)
	assert.Equal(t, []Hint{{Event: "message.queued", Interaction: "talk"}}, ch.Hints)

	m = *saved(ch).Message
	for _, c := range []struct {
		name  string
		reply Reply
		want  string
	}{
		{"the same", byParcel("Lea", "77"), "stores nothing"},
		{"the template is gone since", Reply{Template: Template{Head: Head{ID: "parcel"}}, Values: []string{"Lea", "77"}}, "stores nothing"},
		{"other values", byParcel("Lea", "78"), "unprocessable id_reused"},
		{"another template", Reply{Template: Template{Head: stored("other", 1)}, Values: []string{"Lea", "77"}}, "unprocessable id_reused"},
		{"its text", Reply{Text: m.Text}, "unprocessable id_reused"},
	} {
		again, err := Send(m, *ch.Interaction, a, c.reply, at)
		assert.Equal(t, c.want, outcome(again, err), c.name)
	}
	text := Message{Head: stored("m", 1), Text: "hola"}
	again, err := Send(text, i, a, byParcel("Lea", "77"), at)
	assert.Equal(t, "unprocessable id_reused", outcome(again, err), "a text was sent under this ID")

	sent, err := ClaimSend(m, shop(), "d1", at)
	require.NoError(t, err)
	assert.Equal(t, MessageSending, sent.Message.State, "no window hinders it")
	sent, err = ClaimSend(m, removed(), "d1", at)
	require.NoError(t, err)
	assert.Equal(t, "channel_removed", sent.Message.Problem.Code)
}

func TestWhoMaySendATemplate(t *testing.T) {
	for _, c := range []struct {
		name   string
		by     Agent
		change func(i *Interaction)
		want   string
	}{
		{"the owner", ana(), func(*Interaction) {}, "stores"},
		{"while the window is open", ana(), func(i *Interaction) { i.LastCustomerAt = after(2 * day) }, "stores"},
		{"to somebody who never wrote", ana(), func(i *Interaction) { i.LastCustomerAt = time.Time{} }, "stores"},
		{"somebody else", bea(), func(*Interaction) {}, "denied not_your_conversation"},
		{"after the end", ana(), func(i *Interaction) { i.State = InteractionWrapUp }, "conflict conversation_ended"},
		{"the channel was removed", ana(), func(i *Interaction) { i.Interrupted = true }, "conflict interrupted"},
		{"the customer is blocked", ana(), func(i *Interaction) { i.Blocked = true }, "conflict customer_blocked"},
		{"the customer has left", ana(), func(i *Interaction) { i.Left = true }, "conflict customer_left"},
		{"in another queue", ana(), func(i *Interaction) { i.Queue = "support" }, "invalid template_unknown"},
		{"on Messenger", ana(), func(i *Interaction) { i.Channel = Messenger }, "invalid template_other_channel"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, i := talking(t)
			c.change(&i)
			ch, err := Send(draft(), i, c.by, byParcel("Lea", "77"), after(2*day))
			assert.Equal(t, c.want, outcome(ch, err))
		})
	}
}
