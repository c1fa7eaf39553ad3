package tests

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// finds are the names of the contacts an agent finds, by name, phone or email.
func finds(c *floor.Floor, a *floor.Agent, query ...string) []string {
	c.T.Helper()
	q := url.Values{}
	for n := 0; n < len(query); n += 2 {
		q.Set(query[n], query[n+1])
	}
	list, err := a.Desktop.Search(c.Context(), q)
	require.NoError(c.T, err)
	require.Empty(c.T, list.Next)
	var found []string
	for _, one := range list.Items {
		found = append(found, one.Name)
	}
	return found
}

// edits changes a contact as somebody who has just seen him.
func edits(c *floor.Floor, a *floor.Agent, contact string, e api.ContactEdit) api.Contact {
	c.T.Helper()
	seen, err := a.Desktop.Contact(c.Context(), contact)
	require.NoError(c.T, err)
	got, err := a.Desktop.EditContact(c.Context(), contact, seen.ETag(), e)
	require.NoError(c.T, err)
	return got
}

// over ends the agent's conversation and wraps it up.
func over(c *floor.Floor, a *floor.Agent, interaction string) {
	c.T.Helper()
	a.Ends(interaction)
	a.WrapsUp(interaction, floor.Question)
	c.Settle()
}

// R16: an agent sees what is known of a contact: what the channel tells, and what agents keep.
func TestAContactIsShownAndEdited(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	lea.Writes("hola")
	i := ana.Accepts()
	seen, err := ana.Desktop.Contact(c.Context(), i.Contact)
	require.NoError(t, err)
	assert.Equal(t, "Lea", seen.Name)
	assert.Equal(t, "L", seen.Initials)
	assert.Equal(t, "+"+lea.Who.Phone, seen.Phone)
	assert.Equal(t, api.ChannelWhatsapp, seen.Channel)
	assert.Equal(t, api.WindowStateOpen, seen.Window.State)
	assert.Equal(t, i.ID, seen.Interaction, "she has the conversation")
	assert.Empty(t, seen.Email)
	assert.Zero(t, seen.Blocked)
	other, err := c.Agent("bob").Desktop.Contact(c.Context(), i.Contact)
	require.NoError(t, err)
	assert.Empty(t, other.Interaction, "bob has not")

	got := edits(c, ana, i.Contact, api.ContactEdit{
		Name: api.To("Lea Martín"), Phone: api.To("0034 (910) 00-00-01"), Email: api.To("Lea@Example.com"), Company: api.To("Acme"), Language: api.To("ES-es")})
	assert.Equal(t, []string{"Lea Martín", "LM", "+34910000001", "lea@example.com", "Acme", "es-ES"},
		[]string{got.Name, got.Initials, got.Phone, got.Email, got.Company, got.Language})
	assert.NotEqual(t, seen.ETag(), got.ETag())
	require.Len(t, got.History, 1)
	assert.Equal(t, "edited ana name phone email company language", got.History[0].Event+" "+got.History[0].By+" "+got.History[0].Detail)
	now := ana.Sees(i.ID)
	assert.Equal(t, api.Customer{Name: "Lea Martín", Phone: "+" + lea.Who.Phone, Initials: "LM"}, now.Customer, "answers go where they went")

	lea.Writes("sigo aquí")
	c.Settle()
	assert.Equal(t, "Lea Martín", ana.Sees(i.ID).Customer.Name, "the channel's name comes back with every message, and does not count")
	said := ana.Reads(i.ID)
	assert.Equal(t, "Lea Martín", said[len(said)-1].Author.Name)

	got = edits(c, ana, i.Contact, api.ContactEdit{Name: api.To(""), Company: api.To("")})
	assert.Equal(t, "Lea", got.Name, "the channel's name again")
	assert.Empty(t, got.Company)
	assert.Equal(t, "lea@example.com", got.Email, "what is not named stays")
	assert.Equal(t, "Lea", ana.Sees(i.ID).Customer.Name)

	again, err := ana.Desktop.EditContact(c.Context(), i.Contact, `"long ago"`, api.ContactEdit{Email: api.To("LEA@example.com")})
	require.NoError(t, err, "what changes nothing is based on anything")
	assert.Equal(t, got.Version, again.Version)
}

// R16: what cannot be is refused with a code for each field, and nothing is changed.
func TestAContactKeepsOnlyWhatCanBe(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	i := ana.Accepts()
	for code, e := range map[string]api.ContactEdit{
		"name_invalid":     {Name: api.To("a\nb"), Company: api.To("Acme")},
		"phone_invalid":    {Phone: api.To("600 000 042")},
		"email_invalid":    {Email: api.To("lea@")},
		"company_invalid":  {Company: api.To("a\tb")},
		"language_invalid": {Language: api.To("español")},
	} {
		_, err := ana.Desktop.EditContact(c.Context(), i.Contact, "*", e)
		c.IsRefused(err, 400, code)
	}
	_, err := ana.Desktop.EditContact(c.Context(), i.Contact, "", api.ContactEdit{Name: api.To("Eva")})
	c.IsRefused(err, 428, "edit_unguarded")
	_, err = ana.Desktop.EditContact(c.Context(), "nobodys-id", "*", api.ContactEdit{Name: api.To("Eva")})
	c.IsRefused(err, 404, "contact_missing")
	assert.Equal(t, desk.Profile{}, read[desk.Contact](c, i.Contact).Profile)
}

// R16: of two agents who edit at once what they both saw, one is told that the other was faster.
func TestOfTwoWhoEditAContactAtOnceOneLooksAgain(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	contact := ana.Accepts().Contact
	agents := []*floor.Agent{ana, c.Agent("bob"), c.Agent("carla")}
	for round := range 5 {
		seen, err := ana.Desktop.Contact(c.Context(), contact)
		require.NoError(t, err)
		var mu sync.Mutex
		outcomes := map[string]int{}
		together(len(agents), func(n int) {
			_, err := agents[n].Desktop.EditContact(c.Context(), contact, seen.ETag(), api.ContactEdit{Company: api.To(fmt.Sprint("Acme ", round, n))})
			mu.Lock()
			defer mu.Unlock()
			outcomes[map[bool]string{true: "stored", false: "refused"}[err == nil]]++
			assert.True(t, err == nil || isRefused(err, "profile_changed"), "%v", err)
		})
		assert.Equal(t, map[string]int{"stored": 1, "refused": 2}, outcomes)
	}
	assert.EqualValues(t, 5, read[desk.Contact](c, contact).History.Last)
}

// R16: the agent who is being asked sees the new name while it rings, on the feed too.
func TestAnOfferThatRingsShowsTheNewName(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	m := ana.Mirror()
	m.Connect(0)
	defer m.Cut()
	lea := c.Visitor("lea")
	lea.Writes("hola")
	o := ana.IsOffered()
	assert.Empty(t, o.Customer.Name, "Messenger tells none")
	contact := read[desk.Interaction](c, o.Interaction).Contact
	edits(c, c.Agent("bob"), contact, api.ContactEdit{Name: api.To("Lea Martín")})
	now := ana.IsOffered()
	assert.Equal(t, o.ID, now.ID)
	assert.Equal(t, "Lea Martín", now.Customer.Name)
	assert.Equal(t, o.Deadline, now.Deadline, "it rings as long as before")
	m.ShowsAll()
	assert.Equal(t, "Lea Martín", ana.Accepts().Customer.Name)
	m.ShowsAll()
	assert.Equal(t, []string{"Lea Martín"}, finds(c, ana, "name", "martin"), "who has no name on the channel is found by the one agents gave")
}

// R16: contacts are found by name, without regard to case and accents, by number in any notation or by its end, and by
// e-mail address.
func TestContactsAreSearched(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	for _, name := range []string{"Žiga Čeh", "José María Núñez", "Josefa Marín", "Łukasz"} {
		who := c.Customer(strings.ToLower(name))
		who.Who.Name = name
		who.Writes("hola")
		c.Settle()
	}
	ziga := read[desk.Interaction](c, ana.IsOffered().Interaction).Contact
	edits(c, ana, ziga, api.ContactEdit{Email: api.To("ziga.ceh@example.com"), Phone: api.To("+44 171 946 0000")})
	for _, s := range []struct {
		query []string
		want  []string
	}{
		{[]string{"name", "ziga"}, []string{"Žiga Čeh"}},
		{[]string{"name", "ČEH Ži"}, []string{"Žiga Čeh"}},
		{[]string{"name", "jose"}, []string{"Josefa Marín", "José María Núñez"}},
		{[]string{"name", "mar jose"}, []string{"Josefa Marín", "José María Núñez"}},
		{[]string{"name", "jose nunez"}, []string{"José María Núñez"}},
		{[]string{"name", "lukasz"}, []string{"Łukasz"}},
		{[]string{"name", "iga"}, nil},
		{[]string{"phone", "+34 611 000 002"}, []string{"José María Núñez"}},
		{[]string{"phone", "0034611000002"}, []string{"José María Núñez"}},
		{[]string{"phone", "0003"}, []string{"Josefa Marín"}},
		{[]string{"phone", "0171 946 0000"}, []string{"Žiga Čeh"}},
		{[]string{"email", "Ziga.Ceh@example.com"}, []string{"Žiga Čeh"}},
		{[]string{"email", "zig"}, []string{"Žiga Čeh"}},
		{[]string{"email", "example"}, nil},
		{[]string{"name", "jose", "phone", "0003"}, []string{"Josefa Marín"}},
		{[]string{"name", "ziga", "phone", "0003"}, nil},
	} {
		assert.Equal(t, s.want, finds(c, ana, s.query...), "%v", s.query)
	}
	for code, query := range map[string]url.Values{"search_empty": {}, "search_too_short": {"phone": {"123"}}} {
		_, err := ana.Desktop.Search(c.Context(), query)
		c.IsRefused(err, 400, code)
	}
}

// R16: a list of many is walked page by page in an order that stays, those who came last first, and nobody twice.
func TestManyContactsArePaged(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	var recs []desk.Record
	var want []string
	for n := range 300 {
		who := &desk.Contact{Head: desk.Head{ID: fmt.Sprintf("c%03d", n)}, Channel: desk.Messenger,
			Profile: desk.Profile{Name: fmt.Sprint("Maria ", []string{"Alba", "Berta", "Clara"}[n%3])},
			Since:   c.Suite.Clock.Now().Add(time.Duration(n/2) * time.Second)} // two at a time
		who.Search = desk.SearchTerms(*who)
		recs = append(recs, who)
	}
	for n := 299; n >= 0; n-- {
		want = append(want, fmt.Sprintf("c%03d", n))
	}
	require.NoError(t, c.Store.Reader().Save(c.Context(), desk.Change{Save: recs}))
	walk := func(name string, limit int) (found []string, pages int) {
		for cursor := ""; ; pages++ {
			q := url.Values{"name": {name}, "limit": {fmt.Sprint(limit)}}
			if cursor != "" {
				q.Set("cursor", cursor)
			}
			list, err := c.Agent("ana").Desktop.Search(c.Context(), q)
			require.NoError(t, err)
			require.LessOrEqual(t, len(list.Items), limit)
			for _, one := range list.Items {
				found = append(found, one.ID)
			}
			if cursor = list.Next; cursor == "" {
				return found, pages + 1
			}
		}
	}
	all, pages := walk("maria", 100)
	assert.Equal(t, want, all)
	assert.Equal(t, 3, pages)
	all, _ = walk("maria", 7)
	assert.Equal(t, want, all)
	third, _ := walk("cla maria", 30)
	assert.Len(t, third, 100)
	assert.Equal(t, "c299", third[0])
	assert.Equal(t, "c002", third[99])
}

// R16: a search for a rare person with a frequent name does not read the whole centre at once: a page may be empty and the
// next one has him.
func TestASearchGoesOnBehindAnEmptyPage(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	for from := 0; from < 1100; from += 275 {
		var recs []desk.Record
		for n := from; n < from+275; n++ {
			who := &desk.Contact{Head: desk.Head{ID: fmt.Sprintf("c%04d", n)}, Profile: desk.Profile{Name: "Maria Alba"},
				Since: c.Suite.Clock.Now().Add(time.Duration(n) * time.Second)}
			if n == 7 {
				who.Profile.Name = "Maria Zoe"
			}
			who.Search = desk.SearchTerms(*who)
			recs = append(recs, who)
		}
		require.NoError(t, c.Store.Reader().Save(c.Context(), desk.Change{Save: recs}))
	}
	query := url.Values{"name": {"zoe maria"}}
	first, err := c.Agent("ana").Desktop.Search(c.Context(), query)
	require.NoError(t, err)
	assert.Empty(t, first.Items)
	require.NotEmpty(t, first.Next)
	query.Set("cursor", first.Next)
	second, err := c.Agent("ana").Desktop.Search(c.Context(), query)
	require.NoError(t, err)
	require.Len(t, second.Items, 1)
	assert.Equal(t, "c0007", second.Items[0].ID)
	assert.Empty(t, second.Next)
}

// R16: what one agent writes down about a contact the next one sees, whether it was in a conversation or in none.
func TestTheNextAgentSeesTheNotes(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	lea.Writes("hola")
	i := ana.Accepts()
	_, err := ana.Desktop.Note(c.Context(), i.ID, "note-0001", "quiere la 42")
	require.NoError(t, err)
	_, err = ana.Desktop.NoteOn(c.Context(), i.Contact, "note-0002", "llamar por la tarde")
	require.NoError(t, err)
	ana.Ends(i.ID)
	form, err := ana.Desktop.WrapUpForm(c.Context(), i.ID, "")
	require.NoError(t, err)
	require.Len(t, form.Notes, 2, "both were made in the conversation")
	ana.WrapsUp(i.ID, floor.Question)
	sam := c.Agent("sam")
	first, err := sam.Desktop.NoteOn(c.Context(), i.Contact, "note-0003", "cliente desde 2019")
	require.NoError(t, err)
	assert.Empty(t, first.Interaction, "he had no conversation with her")
	again, err := sam.Desktop.NoteOn(c.Context(), i.Contact, "note-0003", "cliente desde 2019")
	require.NoError(t, err)
	assert.Equal(t, first, again)
	_, err = sam.Desktop.NoteOn(c.Context(), i.Contact, "note-0003", "otra cosa")
	c.IsRefused(err, 422, "id_reused")
	_, err = ana.Desktop.SignOut(c.Context(), false)
	require.NoError(t, err)

	bob := c.Agent("bob").SignsIn()
	lea.Writes("otra vez yo")
	next := bob.Accepts()
	assert.Equal(t, i.Contact, next.Contact)
	var read []string
	for cursor := ""; ; {
		q := url.Values{"limit": {"2"}}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		list, err := bob.Desktop.ContactNotes(c.Context(), next.Contact, q)
		require.NoError(t, err)
		for _, n := range list.Items {
			read = append(read, n.By.ID+" "+n.Interaction+" "+n.Text)
		}
		if cursor = list.Next; cursor == "" {
			break
		}
	}
	assert.Equal(t, []string{"sam  cliente desde 2019", "ana " + i.ID + " llamar por la tarde", "ana " + i.ID + " quiere la 42"}, read)
}

// R6, R16: the agent who has a contact's next conversation, or is offered it, reads the earlier ones; a stranger does not.
func TestTheNextAgentReadsEarlierConversations(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	lea.Writes("hola, soy yo")
	first := ana.Accepts()
	ana.Writes(first.ID, "buenas")
	c.Settle()
	over(c, ana, first.ID)
	c.Customer("max").Writes("soy otro")
	foreign := ana.Accepts()
	_, err := ana.Desktop.SignOut(c.Context(), true)
	require.NoError(t, err)

	bob := c.Agent("bob").SignsIn()
	bob.Accepts() // max
	refused := func(a *floor.Agent, id string) {
		t.Helper()
		_, err := a.Desktop.Interaction(c.Context(), id)
		c.IsRefused(err, 403, "not_your_conversation")
		_, err = a.Desktop.Transcript(c.Context(), id)
		c.IsRefused(err, 403, "not_your_conversation")
	}
	refused(bob, first.ID)
	lea.Writes("otra vez")
	offered := bob.IsOffered()
	assert.Equal(t, []string{"hola, soy yo", "buenas"}, texts(bob.Reads(first.ID)), "while it rings")
	second := bob.Accepts()
	require.Equal(t, offered.Interaction, second.ID)
	earlier := bob.Sees(first.ID)
	assert.Equal(t, "ended", earlier.CloseReason)
	assert.Empty(t, earlier.Actions, "it is not his")
	assert.Equal(t, []string{"hola, soy yo", "buenas"}, texts(bob.Reads(first.ID)))
	_, err = bob.Desktop.Send(c.Context(), first.ID, desktop.Key(), "hola")
	c.IsRefused(err, 403, "not_your_conversation")
	_, err = bob.Desktop.Note(c.Context(), first.ID, "note-0001", "no")
	c.IsRefused(err, 403, "not_your_conversation")

	list, err := c.Agent("carla").Desktop.Past(c.Context(), first.Contact, url.Values{})
	require.NoError(t, err, "the list is for everybody")
	require.Len(t, list.Items, 2)
	assert.Equal(t, []string{second.ID, first.ID}, []string{list.Items[0].ID, list.Items[1].ID})
	past := list.Items[1]
	assert.Equal(t, api.Ref{ID: "sales", Name: "Sales"}, past.Queue)
	for _, one := range list.Items {
		assert.Empty(t, one.Preview, "what is said is not")
	}
	list, err = bob.Desktop.Past(c.Context(), first.Contact, url.Values{})
	require.NoError(t, err)
	assert.Equal(t, []string{"otra vez", "buenas"}, []string{list.Items[0].Preview, list.Items[1].Preview}, "his own, and what he may read")
	assert.Equal(t, "ended", past.CloseReason)
	assert.Equal(t, "+34 600 000 000", past.Source)
	require.Len(t, past.Legs, 1)
	assert.Equal(t, "ana Question", past.Legs[0].Agent.ID+" "+past.Legs[0].WrapUp.Reason.Name)
	for _, a := range []string{"carla", "sam", "ada"} {
		refused(c.Agent(a), first.ID)
		refused(c.Agent(a), second.ID)
	}
	refused(ana, second.ID) // what comes after hers is his
	over(c, bob, second.ID)
	refused(bob, first.ID) // he has nothing to do with her any more
	assert.Equal(t, []string{"soy otro"}, texts(ana.Reads(foreign.ID)), "what she sat in stays hers to read")
}

// R16, B5: who reads his own conversation pays nothing for the rule that lets the next agent read it.
func TestReadingOnesOwnConversationCostsNoMoreReads(t *testing.T) {
	t.Parallel()
	floor.Metered(t)
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	ana.Sees(i.ID) // and with it the configuration is known
	c.Settle()
	c.Suite.Meter.Reset()
	ana.Sees(i.ID)
	assert.EqualValues(t, 1, c.Suite.Meter.Report(0).Total.Reads, "the conversation")
	c.Suite.Meter.Reset()
	ana.Reads(i.ID)
	assert.EqualValues(t, 2, c.Suite.Meter.Report(0).Total.Reads, "the conversation and its message")
}

// R16: a contact who turned out to be somebody known is shown as that one, with the notes and conversations of both.
func TestAContactWhoWasJoinedIsShownAsOne(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	lea.Writes("hola")
	i := ana.Accepts()
	_, err := ana.Desktop.NoteOn(c.Context(), i.Contact, "note-0001", "la de siempre")
	require.NoError(t, err)
	now := c.Suite.Clock.Now()
	before := &desk.Contact{Head: desk.Head{ID: "before"}, Channel: desk.WhatsApp, Into: i.Contact, Since: now.Add(-time.Hour)}
	talk := &desk.Interaction{Head: desk.Head{ID: "earlier"}, Contact: "before", State: desk.InteractionClosed, Queue: "sales", CloseReason: "ended",
		Channel: desk.WhatsApp, OpenedAt: now.Add(-time.Hour), ClosedAt: now.Add(-time.Minute), Preview: "adiós"}
	note := &desk.Note{Head: desk.Head{ID: "older"}, Contact: "before", By: "bob", ByName: "Bob", Text: "antes", At: now.Add(-time.Hour)}
	r := c.Store.Reader()
	here := desk.Contact{Head: desk.Head{ID: i.Contact}}
	require.NoError(t, r.Load(c.Context(), &here))
	here.Others = []string{"before"}
	require.NoError(t, r.Save(c.Context(), desk.Change{Save: []desk.Record{&here, before, talk, note}}))

	got, err := ana.Desktop.Contact(c.Context(), "before")
	require.NoError(t, err)
	assert.Equal(t, i.Contact, got.ID)
	for _, id := range []string{"before", i.Contact} {
		notes, err := ana.Desktop.ContactNotes(c.Context(), id, url.Values{})
		require.NoError(t, err)
		require.Len(t, notes.Items, 2)
		assert.Equal(t, "la de siempre, antes", notes.Items[0].Text+", "+notes.Items[1].Text)
		past, err := ana.Desktop.Past(c.Context(), id, url.Values{"limit": {"1"}})
		require.NoError(t, err)
		rest, err := ana.Desktop.Past(c.Context(), id, url.Values{"limit": {"1"}, "cursor": {past.Next}})
		require.NoError(t, err)
		assert.Equal(t, i.ID+" earlier", past.Items[0].ID+" "+rest.Items[0].ID)
		assert.Empty(t, rest.Next)
	}
	assert.Equal(t, "adiós", ana.Sees("earlier").Preview, "the conversation of the one he was is an earlier one of his")
	_, err = c.Agent("bob").Desktop.Interaction(c.Context(), "earlier")
	c.IsRefused(err, 403, "not_your_conversation")
	edits(c, ana, "before", api.ContactEdit{Name: api.To("Lea Martín")})
	assert.Equal(t, "Lea Martín", ana.Sees(i.ID).Customer.Name)
	assert.Equal(t, []string{"Lea Martín"}, finds(c, ana, "name", "lea"), "found once")
}
