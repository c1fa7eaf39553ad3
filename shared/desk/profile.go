package desk

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/deskline/deskline/shared/fault"
)

// ProfileEdit is what an agent changes of a contact's profile: nil leaves a field as it is, an empty text removes it.
type ProfileEdit struct {
	Name     *string
	Phone    *string // in any notation that has the country: +34 600 000 042, 0034 (600) 000-042
	Email    *string
	Company  *string
	Language *string // BCP 47: language, script and region, such as "es", "pt-BR", "zh-Hant-TW"
}

// Tag names the profile as it is now. It differs from that of any other profile, and does not change with what the channel
// tells about the contact.
func (p Profile) Tag() string {
	return hash("profile", p.Name, p.Phone, p.Email, p.Company, p.Language)
}

// EditContact changes what agents keep about a contact. tag is the Tag of the profile the edit is based on; "*" stands for
// any. x is the contact's newest interaction: unless it is closed it shows him as he is shown now, and so does the offer
// that rings for it, with whose agent it is stored so that his desktop hears of it. An edit that changes nothing stores
// nothing, whatever it is based on. Faults: edit_unguarded without a tag, profile_changed when the tag is no longer the
// profile's, and name_invalid, phone_invalid, email_invalid, company_invalid, language_invalid.
func EditContact(c Contact, x Attended, e ProfileEdit, tag, by string, now time.Time) (Change, error) {
	if tag == "" {
		return Change{}, fault.New(fault.Unconditional, "edit_unguarded", "say in If-Match which profile the edit is based on")
	}
	p, changed, err := c.Profile.edited(e)
	if err != nil {
		return Change{}, err
	}
	if len(changed) == 0 {
		return Change{Contact: &c, Interaction: &x.Interaction}, nil
	}
	if tag != "*" && tag != c.Profile.Tag() {
		return Change{}, fault.New(fault.Stale, "profile_changed", "somebody else has changed the profile since")
	}
	c.Profile = p
	c = c.indexed()
	var page *HistoryPage
	c.History, page = c.History.add(c.ID, now, EventEdited, by, strings.Join(changed, " "))
	ch := Change{Save: []Record{&c}, Contact: &c, Interaction: &x.Interaction}
	ch.save(page)
	ch.show(x, c.Shown())
	return ch, nil
}

// show shows the customer in the interaction, and in the offer that rings for it.
func (ch *Change) show(x Attended, who Customer) {
	i, o, a := x.Interaction, x.Offer, x.Agent
	if i.Version == 0 || i.State == InteractionClosed || i.Customer.Name == who.Name && i.Customer.Phone == who.Phone {
		return
	}
	i.Customer = who
	ch.Save, ch.Interaction = append(ch.Save, &i), &i
	if o.State == OfferPending {
		o.Customer = who
		ch.Save, ch.Offer, ch.Agent = append(ch.Save, &o, &a), &o, &a
	}
}

// edited is the profile after the edit, and the names of the fields that differ.
func (p Profile) edited(e ProfileEdit) (Profile, []string, error) {
	var changed []string
	for _, f := range []struct {
		name  string
		to    *string
		have  *string
		clean func(string) (string, bool)
	}{
		{"name", e.Name, &p.Name, line}, {"phone", e.Phone, &p.Phone, phoneNumber}, {"email", e.Email, &p.Email, emailAddress},
		{"company", e.Company, &p.Company, line}, {"language", e.Language, &p.Language, LanguageTag},
	} {
		if f.to == nil {
			continue
		}
		to := strings.TrimSpace(*f.to)
		if to != "" {
			var ok bool
			if to, ok = f.clean(to); !ok {
				return p, nil, fault.New(fault.Invalid, f.name+"_invalid", "%s: %s", f.name, profileRules[f.name])
			}
		}
		if to != *f.have {
			*f.have = to
			changed = append(changed, f.name)
		}
	}
	return p, changed, nil
}

// profileRules say what a field takes, for the person who typed something else.
var profileRules = map[string]string{
	"name":     "at most 200 characters in one line",
	"phone":    "a number with its country, such as +34 600 000 042",
	"email":    "an address such as lea@example.com",
	"company":  "at most 200 characters in one line",
	"language": "a language tag such as es or pt-BR",
}

const lineMax = 200 // code points of a name

func line(text string) (string, bool) {
	return text, utf8.RuneCountInString(text) <= lineMax && !strings.ContainsFunc(text, unicode.IsControl)
}

// A phone number has a country code, which never begins with 0, and at most 15 digits in all. Source: ITU-T E.164
// (11/2010), read 2026-11. Shorter than 7 is none that a customer writes from.
var (
	notation = regexp.MustCompile(`^(\+|00)[\d\s().\-/\x{a0}]*$`)
	e164     = regexp.MustCompile(`^[1-9]\d{6,14}$`)
)

// phoneNumber is the number as + and digits.
func phoneNumber(text string) (string, bool) {
	number := strings.TrimPrefix(digits(text), "00")
	return "+" + number, notation.MatchString(text) && e164.MatchString(number)
}

// An address has a local part of at most 64 bytes and a domain of labels. Source: RFC 5321, section 4.5.3.1, and RFC 1035,
// section 2.3.4, read 2026-11. Quoted local parts and addresses of hosts by number are not for customers.
var addressForm = regexp.MustCompile(`^[^\s@<>()\[\],;:\\"]+@([\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+[\p{L}][\p{L}\p{N}-]*[\p{L}\p{N}]$`)

const (
	addressMax = 254 // bytes
	localMax   = 64
	labelMax   = 63
)

// emailAddress is the address in lower case.
func emailAddress(text string) (string, bool) {
	text = strings.ToLower(text)
	if len(text) > addressMax || !addressForm.MatchString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return text, false
	}
	local, domain, _ := strings.Cut(text, "@")
	for label := range strings.SplitSeq(domain, ".") {
		if len(label) > labelMax {
			return text, false
		}
	}
	return text, len(local) <= localMax
}

// A language with its script and region, as far as each matters. Source: RFC 5646, section 2.1, read 2026-11. Variants and
// extensions say nothing a desktop would use.
var tagForm = regexp.MustCompile(`^([A-Za-z]{2,3})(-[A-Za-z]{4})?(-[A-Za-z]{2}|-\d{3})?$`)

// LanguageTag is the tag in the usual case: pt-BR, zh-Hant-TW.
func LanguageTag(text string) (string, bool) {
	parts := tagForm.FindStringSubmatch(text)
	if parts == nil {
		return text, false
	}
	script := strings.ToLower(parts[2])
	if script != "" {
		script = "-" + strings.ToUpper(script[1:2]) + script[2:]
	}
	return strings.ToLower(parts[1]) + script + strings.ToUpper(parts[3]), true
}
