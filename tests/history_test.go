package tests

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/tests/floor"
)

// R9: the transcript begins with what was said with the customer in the queue's last hours, by whomever.
func TestATranscriptBeginsWithWhatWasSaidBefore(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	lea.Writes("¿tenéis cascos?")
	first := ana.Accepts()
	ana.Writes(first.ID, "sí, muchos")
	said, err := ana.Desktop.Transcript(c.Context(), first.ID)
	require.NoError(t, err)
	assert.Empty(t, said.Earlier, "it is the first")
	over(c, ana, first.ID)

	c.Advance(20 * time.Hour)
	bob := c.Agent("bob").SignsIn()
	lea.Writes("¿y rojos?")
	second := bob.Accepts()
	said, err = bob.Desktop.Transcript(c.Context(), second.ID)
	require.NoError(t, err)
	assert.Equal(t, []string{"¿tenéis cascos?", "sí, muchos"}, texts(said.Earlier))
	assert.Equal(t, []string{"¿y rojos?"}, texts(said.Items))
	for _, m := range said.Earlier {
		assert.Equal(t, first.ID, m.Interaction)
	}
	assert.Equal(t, "Ana García", said.Earlier[1].Author.Name)
	assert.Empty(t, said.Earlier[1].ClientID, "that is for Ana's desktop")
	over(c, bob, second.ID)

	c.Advance(10 * time.Hour)
	bob.SignsIn()
	lea.Writes("¿y azules?")
	third := bob.Accepts()
	said, err = bob.Desktop.Transcript(c.Context(), third.ID)
	require.NoError(t, err)
	assert.Equal(t, []string{"¿y rojos?"}, texts(said.Earlier), "the rest is older than the queue's 24 hours")

	said, err = bob.Desktop.Transcript(c.Context(), second.ID)
	require.NoError(t, err)
	assert.Equal(t, []string{"¿tenéis cascos?", "sí, muchos"}, texts(said.Earlier), "an earlier transcript stays as it was")
}

// R9: a queue without historyHours begins every transcript with its own messages, and of a long past the newest hundred
// messages are shown. Only the first page shows them.
func TestHowMuchOfThePastATranscriptBeginsWith(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	lea.Writes("hola")
	first := ana.Accepts()
	for n := range 104 {
		lea.Writes(fmt.Sprint("hola ", n))
	}
	c.Settle()
	over(c, ana, first.ID)
	c.Advance(time.Minute)
	ana.SignsIn()
	lea.Writes("otra vez")
	lea.Writes("y otra")
	second := ana.Accepts()
	c.Settle()
	page, err := ana.Desktop.TranscriptPage(c.Context(), second.ID, url.Values{"limit": {"1"}})
	require.NoError(t, err)
	require.Len(t, page.Earlier, 100)
	assert.ElementsMatch(t, []string{"otra vez"}, texts(page.Items))
	rest, err := ana.Desktop.TranscriptPage(c.Context(), second.ID, url.Values{"limit": {"1"}, "cursor": {page.Next}})
	require.NoError(t, err)
	assert.Empty(t, rest.Earlier)
	assert.Equal(t, []string{"y otra"}, texts(rest.Items))

	_, err = c.Agent("ada").Desktop.Import(c.Context(), []byte(strings.TrimSpace(`
queues: [{id: sales, name: Sales, project: shop, team: support, historyHours: 0}]
`)), false)
	require.NoError(t, err)
	c.Soon("the setting counts", func() error {
		page, err := ana.Desktop.TranscriptPage(c.Context(), second.ID, nil)
		if err == nil && len(page.Earlier) > 0 {
			err = fmt.Errorf("%d earlier messages", len(page.Earlier))
		}
		c.Advance(time.Second)
		return err
	})
}

// R9: the history lists as many of a customer's conversations as the client keeps in it, however it is paged.
func TestTheHistoryListsAsManyConversationsAsTheClientWants(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	_, err := c.Agent("ada").Desktop.Import(c.Context(), []byte(`clients: [{id: acme, name: Acme Bicycles, historyConversations: 3}]`), false)
	require.NoError(t, err)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	var newest []string
	var contact string
	for range 5 {
		lea.Writes("hola")
		i := ana.Accepts()
		over(c, ana, i.ID)
		c.Advance(time.Second)
		newest, contact = append([]string{i.ID}, newest...), i.Contact
	}
	for limit, pages := range map[string]int{"50": 1, "3": 1, "2": 2, "1": 3} {
		var listed []string
		query := url.Values{"limit": {limit}}
		for range pages {
			list, err := ana.Desktop.Past(c.Context(), contact, query)
			require.NoError(t, err)
			for _, i := range list.Items {
				listed = append(listed, i.ID)
			}
			query.Set("cursor", list.Next)
		}
		assert.Empty(t, query.Get("cursor"), "limit %s: no page more", limit)
		assert.Equal(t, newest[:3], listed, "limit %s", limit)
	}
	list, err := ana.Desktop.Past(c.Context(), contact, url.Values{"limit": {"1"}})
	require.NoError(t, err)
	_, place, _ := strings.Cut(list.Next, ".")
	for _, cursor := range []string{"garbage", "0." + place, "-1." + place, "x." + place, "1.", place, "1.garbage"} {
		_, err := ana.Desktop.Past(c.Context(), contact, url.Values{"cursor": {cursor}})
		c.IsRefused(err, 400, "bad_cursor")
	}
	list, err = ana.Desktop.Past(c.Context(), contact, url.Values{"cursor": {"99." + place}})
	require.NoError(t, err)
	assert.Empty(t, list.Items, "there is nothing behind the end")
}
