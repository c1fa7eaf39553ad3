package floor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
)

// Person is somebody the centre serves, whatever channel he writes by. IDs are the channel's IDs of messages; the
// webhook must take everything a person does.
type Person interface {
	Writes(text string) string         // a text
	Answers(id, text string) string    // a text, as the answer to a message
	Edits(id, text string)             // changes what a message of his says
	TakesBack(id string)               // takes a message of his back
	Reacts(id, emoji string)           // reacts to a message, his own or ours
	Unreacts(id string)                // takes the reaction back
	Reads()                            // reads everything he was sent
	Received() []string                // what reached him, in order
	Hears(text string)                 // waits until the text has reached him, and checks that it did once
	HearsElsewhere(text string) string // is answered by the business by other means than the centre
}

var (
	_ Person = (*Customer)(nil)
	_ Person = (*Visitor)(nil)
)

// took is the channel's ID of what the webhook took.
func (f *Floor) took(r graph.Receipt, err error) string {
	f.T.Helper()
	require.NoError(f.T, err)
	require.Equal(f.T, 200, r.Status, "the webhook answers: %s", r.Body)
	return r.ID
}

// reaches waits until the text is among what a person received, and checks that it is there once.
func (f *Floor) reaches(name, text string, received func() []string) {
	f.T.Helper()
	count := func() (n int) {
		for _, got := range received() {
			if got == text {
				n++
			}
		}
		return n
	}
	f.Soon(name+" hears "+text, func() error {
		if count() == 0 {
			return fmt.Errorf("%s heard %q", name, received())
		}
		return nil
	})
	f.Settle()
	require.Equal(f.T, 1, count(), "%s heard %q", name, received())
}

// Customer is a person who writes by WhatsApp.
type Customer struct {
	f    *Floor
	Name string
	Who  graph.Customer

	before []string // phone numbers of the past
}

// Customer finds or makes the customer with the name.
func (f *Floor) Customer(name string) *Customer {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.customers[name]
	if c == nil {
		phone := fmt.Sprintf("34611%06d", len(f.customers)+1)
		c = &Customer{f: f, Name: name, Who: graph.Customer{Phone: phone, Name: strings.ToUpper(name[:1]) + name[1:]}}
		f.customers[name] = c
	}
	return c
}

// Writes sends a text and returns the channel's ID of it. The webhook must take it.
func (c *Customer) Writes(text string) string {
	c.f.T.Helper()
	return c.f.took(c.f.Number().Receive(c.Who, graph.Inbound{Text: text}))
}

// Answers is Writes for the answer to a message.
func (c *Customer) Answers(id, text string) string {
	c.f.T.Helper()
	return c.f.took(c.f.Number().Receive(c.Who, graph.Inbound{Text: text, ReplyTo: id}))
}

// Edits changes a message of his.
func (c *Customer) Edits(id, text string) {
	c.f.T.Helper()
	c.f.took(c.f.Number().Edit(c.Who, id, text))
}

// TakesBack takes a message of his back.
func (c *Customer) TakesBack(id string) {
	c.f.T.Helper()
	c.f.took(c.f.Number().Revoke(c.Who, id))
}

// Reacts reacts to a message.
func (c *Customer) Reacts(id, emoji string) {
	c.f.T.Helper()
	c.f.took(c.f.Number().React(c.Who, id, emoji))
}

// Unreacts takes the reaction to a message back.
func (c *Customer) Unreacts(id string) {
	c.f.T.Helper()
	c.f.took(c.f.Number().Unreact(c.Who, id))
}

// Reads reads everything he was sent and has not read.
func (c *Customer) Reads() {
	c.f.T.Helper()
	for _, m := range c.sent() {
		if m.Status != "read" {
			c.f.took(c.f.Number().Read(m.ID))
		}
	}
}

// ChangesNumber gives him another phone number, of which WhatsApp tells under the old one.
func (c *Customer) ChangesNumber(phone string) {
	c.f.T.Helper()
	c.f.took(c.f.Number().ChangeNumber(c.Who, phone))
	c.before = append(c.before, c.Who.Phone)
	c.Who.Phone = phone
}

// Prefers tells whether he takes marketing messages.
func (c *Customer) Prefers(marketing bool) {
	c.f.T.Helper()
	c.f.took(c.f.Number().Prefer(c.Who, marketing))
}

// HearsElsewhere lets somebody of the business answer him by the WhatsApp Business app, and returns the channel's ID.
func (c *Customer) HearsElsewhere(text string) string {
	c.f.T.Helper()
	return c.f.took(c.f.Number().WriteElsewhere(c.Who, text))
}

// Hears waits until the text has reached him, and checks that it did once.
func (c *Customer) Hears(text string) {
	c.f.T.Helper()
	c.f.reaches(c.Name, text, c.Received)
}

// Received is what reached the customer, in order.
func (c *Customer) Received() []string {
	var texts []string
	for _, m := range c.sent() {
		texts = append(texts, m.Text)
	}
	return texts
}

// sent are the messages to him, under all his phone numbers.
func (c *Customer) sent() []graph.Message {
	return slices.DeleteFunc(c.f.Number().Sent(), func(m graph.Message) bool {
		to := strings.TrimPrefix(m.To, "+")
		return to != c.Who.Phone && !slices.Contains(c.before, to)
	})
}
