package desk

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/deskline/deskline/shared/fault"
)

// Template is a message whose wording the business has agreed upon with the channel, with places for values. It belongs to a
// queue, whose agents send it; its ID is unique within the queue. The channel takes it at any time, also from a business to
// which the customer has not written lately.
type Template struct {
	Head
	Queue       string
	Channel     Channel
	Name        string // for agents
	ChannelName string // the channel's own name of it
	Language    string // the channel's code of the language it is agreed upon in, such as "es" or "pt_BR"
	Header      string // what stands above the body; empty for none
	Body        string // with the places {{1}}, {{2}} …, each at least once
	Footer      string // what stands below the body; empty for none
}

// Record implements Record.
func (*Template) Record() RecordKind { return KindTemplate }

// What a template may hold, in code points. Sources: Meta's pages on template components, as copied by docs.ezpulze.com and
// support.wati.io, read 2026-11: a body has 1024 characters with its values, header and footer have 60. That a body has at
// most PlacesMax places is ours; Meta names no number.
const (
	BodyMax   = 1024
	MarginMax = 60 // of the header, and of the footer
	PlacesMax = 20
)

// placeForm is where a value goes. Numbers as Meta's positional parameters have them: from 1, without gaps.
var placeForm = regexp.MustCompile(`\{\{(\d{1,3})\}\}`)

// Places is how many values a template's body needs. It is an error text for people when the places are not {{1}} to {{n}}
// without gaps, are more than PlacesMax, or something else stands in double braces.
func Places(body string) (n int, wrong string) {
	found := map[int]bool{}
	for _, m := range placeForm.FindAllStringSubmatch(body, -1) {
		at, err := strconv.Atoi(m[1])
		if err != nil || at < 1 || at > PlacesMax || m[1] != strconv.Itoa(at) {
			return 0, "places are numbered from {{1}} to {{" + strconv.Itoa(PlacesMax) + "}}"
		}
		found[at] = true
		n = max(n, at)
	}
	switch {
	case len(found) != n:
		return 0, "the places must be numbered without gaps"
	case strings.Contains(placeForm.ReplaceAllString(body, ""), "{{"):
		return 0, "a place is a number in double braces, such as {{1}}"
	}
	return n, ""
}

// Filled is what a message was made of that was sent by a template; zero for every other.
type Filled struct {
	ID          string // of the Template
	Name        string
	ChannelName string
	Language    string
	Values      []string // for its places, in order
}

// fill is the text the customer reads, and what it was made of. t is the queue's template, with Version zero when the queue
// has none of that ID. Faults: template_unknown, template_other_channel, values_mismatch, value_empty, value_invalid,
// template_too_long.
func (t Template) fill(values []string, queue string, on Channel) (string, Filled, error) {
	if t.Version == 0 || t.Queue != queue {
		return "", Filled{}, fault.New(fault.Invalid, "template_unknown", "the queue has no template %q", t.ID)
	}
	if t.Channel != on {
		return "", Filled{}, fault.New(fault.Invalid, "template_other_channel", "the template %q is for %s", t.Name, t.Channel)
	}
	if n, _ := Places(t.Body); n != len(values) {
		return "", Filled{}, fault.New(fault.Invalid, "values_mismatch", "the template %q takes %d values, not %d", t.Name, n, len(values))
	}
	for n, v := range values {
		if err := mayFill(n+1, v); err != nil {
			return "", Filled{}, err
		}
	}
	body := placeForm.ReplaceAllStringFunc(t.Body, func(at string) string {
		n, _ := strconv.Atoi(strings.Trim(at, "{}"))
		return values[n-1]
	})
	if n := utf8.RuneCountInString(body); n > BodyMax {
		return "", Filled{}, fault.New(fault.Invalid, "template_too_long", "with these values the template has %d characters, the channel takes %d", n, BodyMax)
	}
	parts := slices.DeleteFunc([]string{t.Header, body, t.Footer}, func(s string) bool { return s == "" })
	return strings.Join(parts, "\n\n"),
		Filled{ID: t.ID, Name: t.Name, ChannelName: t.ChannelName, Language: t.Language, Values: slices.Clone(values)}, nil
}

// spacesMax is how many spaces may follow each other in a value. WhatsApp refuses a value with more, with a line break or with
// a tab, and an empty one. Sources: its error text as quoted in netflie/whatsapp-cloud-api#201 and dimagi/open-chat-studio#4277,
// and shridarpatil/frappe_whatsapp#169, read 2026-11.
const spacesMax = 4

// mayFill is nil when the channel takes the value at the place.
func mayFill(at int, value string) error {
	switch {
	case strings.TrimSpace(value) == "":
		return fault.New(fault.Invalid, "value_empty", "there is no value for {{%d}}", at)
	case strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }):
		return fault.New(fault.Invalid, "value_invalid", "the value for {{%d}} must be one line without tabs", at)
	case strings.Contains(value, strings.Repeat(" ", spacesMax+1)):
		return fault.New(fault.Invalid, "value_invalid", "the value for {{%d}} has more than %d spaces in a row", at, spacesMax)
	}
	return nil
}

// TakesTemplates reports whether templates are sent by the channel.
func (c Channel) TakesTemplates() bool { return c == WhatsApp }
