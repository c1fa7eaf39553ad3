package desk

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// somebody is a contact with a name of the channel's and a profile.
func somebody(name string, p Profile) Contact {
	return Contact{Head: stored("c", 1), Customer: Customer{Name: name}, Profile: p, Since: nine}
}

func TestSearchTerms(t *testing.T) {
	assert.Empty(t, SearchTerms(Contact{Head: stored("c", 1), Channel: Messenger, Customer: Customer{Addresses: []Address{{Kind: AddressPSID, Value: "9988776655"}}}}),
		"nobody is found by an ID of the channel's")
	assert.Equal(t, []string{"n:d", "n:de", "n:del", "n:l", "n:le", "n:lea"}, SearchTerms(somebody("Lea  del léa", Profile{})))
	assert.Equal(t, []string{
		"e:lea@acme.example", "l:lea", "n:a", "n:an", "n:ana", "n:l", "n:le", "n:lea",
		"p:000042", "p:00042", "p:0042", "p:1234", "p:51234", "p:551234",
	}, SearchTerms(somebody("Léa", Profile{Name: "Ana", Email: "lea@acme.example", Phone: "+551234"}).withPhone("000042")))
	taken := somebody("Lea", Profile{})
	taken.Into = "other"
	assert.Nil(t, SearchTerms(taken), "another one is found in his place")
}

func (c Contact) withPhone(number string) Contact {
	c.Customer.Addresses = append(c.Customer.Addresses, Address{Kind: AddressPhone, Value: number})
	return c
}

func TestSearchTermsAreBounded(t *testing.T) {
	var words []string
	for n := range 40 {
		words = append(words, fmt.Sprint("extraordinarily", n))
	}
	c := somebody(strings.Join(words, " "), Profile{Phone: "+999999999999999", Email: strings.Repeat("x", 60) + "@acme.example"})
	for n := range 9 {
		c = c.withPhone(fmt.Sprint("34600", n, n, n, n, n, n, n, n, n, n))
	}
	terms := SearchTerms(c)
	assert.LessOrEqual(t, len(terms), 180)
	assert.Contains(t, terms, "n:extraordin")
	assert.NotContains(t, terms, "n:extraordina", "ten letters of a word")
	assert.Contains(t, terms, "l:xxxxxxxxxx")
	assert.NotContains(t, terms, "l:xxxxxxxxxxx")
}

func TestSearch(t *testing.T) {
	lea := somebody("Lea", Profile{Name: "María José Čeh-Núñez", Email: "lea.m@acme.example", Phone: "+441719460000"}).withPhone("34600000042")
	lea.Customer.Username = "leíta"
	for _, c := range []struct {
		name, phone, email string
		term               string
		fits               bool
	}{
		{name: "maria", term: "n:maria", fits: true},
		{name: "JOSÉ", term: "n:jose", fits: true},
		{name: "jose mar", term: "n:jose", fits: true},
		{name: "nu ceh", term: "n:ceh", fits: true},
		{name: "Lea", term: "n:lea", fits: true},
		{name: "LEITA", term: "n:leita", fits: true},
		{name: "l", term: "n:l", fits: true},
		{name: "aria", term: "n:aria"},
		{name: "maria pia", term: "n:maria"},
		{name: "extraordinary", term: "n:extraordin"},
		{phone: "+34 600 000 042", term: "p:34600000042", fits: true},
		{phone: "0034 (600) 000-042", term: "p:34600000042", fits: true},
		{phone: "tel:+34600000042", term: "p:34600000042", fits: true},
		{phone: "600000042", term: "p:600000042", fits: true},
		{phone: "0600 000 042", term: "p:600000042", fits: true},
		{phone: "0042", term: "p:0042", fits: true},
		{phone: "020 7946 0000", term: "p:2079460000"},
		{phone: "0171 946 0000", term: "p:1719460000", fits: true},
		{phone: "9942", term: "p:9942"},
		{email: "LEA.M@acme.example", term: "e:lea.m@acme.example", fits: true},
		{email: " lea ", term: "l:lea", fits: true},
		{email: "lea.m", term: "l:lea.m", fits: true},
		{email: "lea.m@acme", term: "e:lea.m@acme"},
		{email: "acme", term: "l:acme"},
		{email: "lea.martinez-lopez", term: "l:lea.martin"},
		{name: "maria", phone: "0042", email: "lea", term: "p:0042", fits: true},
		{name: "maria", email: "lea.m@acme.example", term: "e:lea.m@acme.example", fits: true},
		{name: "eva", phone: "0042", term: "p:0042"},
		{name: "maria", phone: "0043", term: "p:0043"},
		{name: "😀", phone: "0042", term: "p:0042", fits: true},
	} {
		t.Run(c.name+" "+c.phone+" "+c.email, func(t *testing.T) {
			s, err := NewContactSearch(c.name, c.phone, c.email)
			require.NoError(t, err)
			assert.Equal(t, c.term, s.Term())
			assert.Equal(t, c.fits, s.Fits(lea))
			if c.fits {
				assert.Contains(t, SearchTerms(lea), c.term)
				lea.Into = "other"
				assert.False(t, s.Fits(lea), "whom another one took over is not found")
				lea.Into = ""
			}
		})
	}
}

func TestASearchNeedsSomethingToGoBy(t *testing.T) {
	for want, asked := range map[string][3]string{
		"search_empty":     {"😀 - ", "", ""},
		"search_too_short": {"maria", "123", ""},
	} {
		_, err := NewContactSearch(asked[0], asked[1], asked[2])
		assert.Equal(t, "invalid "+want, outcome(Change{}, err))
	}
	for _, asked := range [][3]string{{"", "", ""}, {"", "", "  "}} {
		_, err := NewContactSearch(asked[0], asked[1], asked[2])
		assert.Equal(t, "invalid search_empty", outcome(Change{}, err))
	}
	for _, asked := range [][3]string{{"", "no digits", ""}, {"", "+1 2 3", ""}, {"", "", "le"}} {
		_, err := NewContactSearch(asked[0], asked[1], asked[2])
		assert.Equal(t, "invalid search_too_short", outcome(Change{}, err))
	}
}

// Whoever fits a search has its term, as far as his terms reach; else the query for it would miss him.
func TestWhoFitsHasTheTerm(t *testing.T) {
	text := rapid.StringMatching(`[A-Za-zÀ-ÖØ-öø-ž]{1,12}( [A-Za-zÀ-ÖØ-öø-ž]{1,12}){0,3}`)
	rapid.Check(t, func(t *rapid.T) {
		c := somebody(text.Draw(t, "name"), Profile{
			Name: text.Draw(t, "profile"), Phone: "+" + rapid.StringMatching(`[1-9][0-9]{6,14}`).Draw(t, "phone"),
			Email: strings.ToLower(rapid.StringMatching(`[a-z.]{1,14}@acme\.example`).Draw(t, "email"))})
		words := strings.Fields(c.Customer.Name + " " + c.Profile.Name)
		word := []rune(words[rapid.IntRange(0, len(words)-1).Draw(t, "word")])
		digits := c.Profile.Phone[1:]
		local, _, _ := strings.Cut(c.Profile.Email, "@")
		asked := [3]string{
			string(word[:rapid.IntRange(1, len(word)).Draw(t, "letters")]),
			rapid.SampledFrom([]string{"", c.Profile.Phone, "00" + digits, digits[len(digits)-4:], digits[1:]}).Draw(t, "number"),
			rapid.SampledFrom([]string{"", c.Profile.Email, local}).Draw(t, "address"),
		}
		if len(asked[2]) < 3 {
			asked[2] = ""
		}
		s, err := NewContactSearch(asked[0], asked[1], asked[2])
		require.NoError(t, err)
		assert.True(t, s.Fits(c), "%v %v", asked, c)
		assert.True(t, slices.Contains(SearchTerms(c), s.Term()), "%v: %s is none of %v", asked, s.Term(), SearchTerms(c))
	})
}
