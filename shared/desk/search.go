package desk

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/fold"
)

// How much of a contact is indexed, so that a long name costs no more than a short one. What is behind these bounds is
// still compared, but cannot be all that a search has.
const (
	searchWords   = 10 // words of his names
	searchPrefix  = 10 // letters of a word or of an e-mail address's local part
	searchNumbers = 4  // phone numbers
	searchDigits  = 15 // digits of a number, counted from its end: what E.164 allows
	endingMin     = 4  // digits a search by a number's end needs
	localMin      = 3  // letters a search by an e-mail address's beginning needs
)

// SearchTerms are what a contact is found by: the beginnings of the words of his names, the ends of his phone numbers,
// his e-mail address and the beginnings of its local part; about 180 at most. They are in order and differ from each
// other. Of somebody of whom nothing of that is known, and of a contact that another one took over, there are none.
func SearchTerms(c Contact) []string {
	if c.Into != "" {
		return nil
	}
	var terms []string
	words := c.words()
	for _, w := range words[:min(len(words), searchWords)] {
		terms = append(terms, beginnings("n:", w, 1)...)
	}
	numbers := c.numbers()
	for _, n := range numbers[:min(len(numbers), searchNumbers)] {
		for length := endingMin; length <= min(len(n), searchDigits); length++ {
			terms = append(terms, "p:"+n[len(n)-length:])
		}
	}
	if email := fold.Text(c.Profile.Email); email != "" {
		local, _, _ := strings.Cut(email, "@")
		terms = append(append(terms, "e:"+email), beginnings("l:", local, localMin)...)
	}
	slices.Sort(terms)
	return slices.Compact(terms)
}

// indexed is the contact with what he is found by. Every rule that stores a contact ends with it.
func (c Contact) indexed() Contact {
	c.Search = SearchTerms(c)
	return c
}

// words are those of all names the contact goes by, without repeats.
func (c Contact) words() []string {
	var words []string
	for _, w := range fold.Words(c.Profile.Name + " " + c.Customer.Name + " " + c.Customer.Username) {
		if !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return words
}

// numbers are the digits of the contact's phone numbers, without repeats.
func (c Contact) numbers() []string {
	all := []string{c.Profile.Phone, c.Customer.Phone}
	for _, a := range c.Customer.Addresses {
		if a.Kind == AddressPhone {
			all = append(all, a.Value)
		}
	}
	var numbers []string
	for _, n := range all {
		if n = digits(n); len(n) >= endingMin && !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// beginnings are the word's beginnings of at least so many letters, as terms.
func beginnings(kind, word string, from int) []string {
	var terms []string
	letters := 0
	for at, r := range word {
		if letters++; letters > searchPrefix {
			break
		}
		if letters >= from {
			terms = append(terms, kind+word[:at+utf8.RuneLen(r)])
		}
	}
	return terms
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// ContactSearch finds the contacts that fit everything it holds; an empty field asks for nothing.
type ContactSearch struct {
	words  []string // each begins a word of his names
	number string   // the end of one of his numbers
	email  string   // his whole address
	local  string   // the beginning of its local part
}

// NewContactSearch understands what somebody typed: of a name, words or their beginnings, in any order, without regard to
// case and accents; of a phone number, the whole of it in any notation or at least its last four digits; of an e-mail
// address, the whole of it or at least the first three letters of its local part. Faults: search_empty, search_too_short.
func NewContactSearch(name, phone, email string) (ContactSearch, error) {
	s := ContactSearch{words: fold.Words(name), number: dialled(phone)}
	short := func(what string) (ContactSearch, error) {
		return ContactSearch{}, fault.New(fault.Invalid, "search_too_short", "%s", what)
	}
	if phone != "" && len(s.number) < endingMin {
		return short("of a phone number, give the last 4 digits or more")
	}
	switch email = fold.Text(strings.TrimSpace(email)); {
	case strings.Contains(email, "@"):
		s.email = email
	case email != "" && utf8.RuneCountInString(email) < localMin:
		return short("of an e-mail address, give the first 3 letters or more")
	default:
		s.local = email
	}
	if len(s.words) == 0 && s.number == "" && s.email == "" && s.local == "" {
		return s, fault.New(fault.Invalid, "search_empty", "give a name, a phone number or an e-mail address")
	}
	return s, nil
}

// wholeNumber is how many digits a number has that somebody dials rather than remembers the end of.
const wholeNumber = 7

// dialled are the digits by which a number ends, whatever stands before them where it was written down: a plus, the
// international prefix 00, or the national 0.
func dialled(phone string) string {
	n := digits(phone)
	if len(n) < wholeNumber {
		return n
	}
	if international, ok := strings.CutPrefix(n, "00"); ok {
		return international
	}
	return strings.TrimPrefix(n, "0")
}

// Term is the one of the search's terms that the fewest contacts will have; none lacks it who fits the search.
func (s ContactSearch) Term() string {
	last := func(list []string) string { return list[len(list)-1] }
	switch {
	case s.email != "":
		return "e:" + s.email
	case s.number != "":
		return "p:" + s.number
	case s.local != "":
		return last(beginnings("l:", s.local, localMin))
	}
	longest := slices.MaxFunc(s.words, func(a, b string) int {
		return cmp.Compare(utf8.RuneCountInString(a), utf8.RuneCountInString(b))
	})
	return last(beginnings("n:", longest, 1))
}

// Fits reports whether the contact is one of those the search finds.
func (s ContactSearch) Fits(c Contact) bool {
	names, email := c.words(), fold.Text(c.Profile.Email)
	for _, w := range s.words {
		if !slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, w) }) {
			return false
		}
	}
	ends := func(number string) bool { return strings.HasSuffix(number, s.number) }
	return c.Into == "" && (s.number == "" || slices.ContainsFunc(c.numbers(), ends)) &&
		(s.email == "" || email == s.email) && strings.HasPrefix(email, s.local)
}
