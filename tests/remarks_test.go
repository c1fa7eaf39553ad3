package tests

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// onBothChannels tells a journey once with a WhatsApp customer and once with a Messenger visitor, both in conversation
// with Ana.
func onBothChannels(t *testing.T, journey func(t *testing.T, c *floor.Floor, ana *floor.Agent, lea floor.Person, first, i string)) {
	t.Parallel()
	for name, who := range map[string]func(*floor.Floor) floor.Person{
		"whatsapp":  func(c *floor.Floor) floor.Person { return c.Customer("lea") },
		"messenger": func(c *floor.Floor) floor.Person { return c.Visitor("lea") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			ana, lea := c.Agent("ana").SignsIn(), who(c)
			first := lea.Writes("hola")
			journey(t, c, ana, lea, first, ana.Accepts().ID)
		})
	}
}

// R6: what a customer changes, the agent sees changed, with what it said before, where it stood.
func TestACustomerChangesHisWords(t *testing.T) {
	onBothChannels(t, func(t *testing.T, c *floor.Floor, ana *floor.Agent, lea floor.Person, first, i string) {
		c.Advance(1e9)
		lea.Edits(first, "hola, busco la 42")
		c.Settle()
		said := ana.Reads(i)
		require.Len(t, said, 1)
		assert.Equal(t, "hola, busco la 42", said[0].Text)
		assert.False(t, said[0].EditedAt.IsZero())
		assert.Equal(t, []api.Wording{{At: said[0].At, Text: "hola"}}, said[0].Before)
		assert.Equal(t, "hola, busco la 42", ana.Sees(i).Preview)
		assert.Equal(t, 1, ana.Sees(i).Unread)
	})
}

// R6: what a customer takes back is gone; that there was something stays.
func TestACustomerTakesHisWordsBack(t *testing.T) {
	onBothChannels(t, func(t *testing.T, c *floor.Floor, ana *floor.Agent, lea floor.Person, first, i string) {
		c.Advance(1e9)
		lea.TakesBack(first)
		c.Settle()
		said := ana.Reads(i)
		require.Len(t, said, 1)
		assert.Empty(t, said[0].Text)
		assert.Equal(t, "[message deleted]", said[0].Fallback)
		assert.False(t, said[0].RevokedAt.IsZero())
		assert.Equal(t, "[message deleted]", ana.Sees(i).Preview)
	})
}

// R13: a reaction stands on the message it is to, the customer's own or the agent's, until he takes it back.
func TestACustomerReacts(t *testing.T) {
	onBothChannels(t, func(t *testing.T, c *floor.Floor, ana *floor.Agent, lea floor.Person, first, i string) {
		sent := ana.Writes(i, "¡hola!")
		lea.Hears("¡hola!")
		lea.Reacts(first, "🙂")
		lea.Reacts(channelID(c, sent.ID), "❤️")
		c.Settle()
		said := ana.Reads(i)
		require.Len(t, said, 2, "a reaction is no message of its own")
		assert.Equal(t, []string{"🙂", "❤️"}, []string{said[0].Reaction, said[1].Reaction})
		c.Advance(1e9)
		lea.Unreacts(channelID(c, sent.ID))
		c.Settle()
		assert.Empty(t, ana.Reads(i)[1].Reaction)
	})
}

// R6: what the business answers by its own phone or inbox stands in the transcript, as nobody's in particular.
func TestTheBusinessAnswersByOtherMeans(t *testing.T) {
	onBothChannels(t, func(t *testing.T, c *floor.Floor, ana *floor.Agent, lea floor.Person, first, i string) {
		lea.HearsElsewhere("ya le llamo yo")
		c.Settle()
		said := ana.Reads(i)
		require.Equal(t, []string{"hola", "ya le llamo yo"}, texts(said))
		assert.Equal(t, api.DirectionOutbound, said[1].Direction)
		assert.Equal(t, api.Author{Kind: api.AuthorKindBusiness}, said[1].Author)
		assert.Equal(t, 1, ana.Sees(i).Unread, "the agent has still not read what the customer wrote")
	})
}

// channelID is the channel's ID of a message that was sent.
func channelID(c *floor.Floor, message string) string {
	c.T.Helper()
	m := desk.Message{Head: desk.Head{ID: message}}
	c.Soon("the channel has it", func() error {
		if err := c.Store.Reader().Load(c.Context(), &m); err != nil || m.ProviderID == "" {
			return fmt.Errorf("%s: %w", m.State, err)
		}
		return nil
	})
	return m.ProviderID
}
