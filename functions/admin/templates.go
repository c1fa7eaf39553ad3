package admin

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

// What WhatsApp calls a template and its language. Sources: docs.ezpulze.com and support.wati.io, who repeat Meta's rules for
// names, and the codes in Meta's list of supported languages, such as es, en_US and es_CHL, read 2026-11.
var (
	channelName     = regexp.MustCompile(`^[a-z0-9_]{1,512}$`)
	channelLanguage = regexp.MustCompile(`^[a-z]{2,3}(_[A-Z]{2,3})?$`)
)

// template reads a template of a queue.
func template(v value, queue string, seen map[string]int) desk.Template {
	o := v.object("id", "name", "channel", "channelName", "language", "header", "body", "footer")
	t := desk.Template{
		Queue:       queue,
		Name:        o.name("name"),
		Channel:     desk.Channel(oneOf(o.key("channel"), "channel with templates", templated()...)),
		ChannelName: o.key("channelName").form(channelName, "lower-case letters, digits and _, such as parcel_ready"),
		Language:    o.key("language").form(channelLanguage, "a language as the channel writes it, such as es or pt_BR"),
		Header:      o.margin("header"),
		Body:        o.body(),
		Footer:      o.margin("footer"),
	}
	t.ID = o.id("template", seen)
	return t
}

// templated are the channels that templates are sent by.
func templated() []desk.Channel {
	return slices.DeleteFunc(desk.Channels(), func(c desk.Channel) bool { return !c.TakesTemplates() })
}

// form is a text of a form that what describes.
func (v value) form(form *regexp.Regexp, what string) string {
	s, ok := v.text()
	if ok && !form.MatchString(s) {
		v.wrong("must be %s", what)
	}
	return s
}

// margin is what stands above or below a template's body, in one line; absent, it is empty.
func (o object) margin(key string) string {
	v := o.key(key)
	if !v.given {
		return ""
	}
	s := o.name(key)
	switch {
	case utf8.RuneCountInString(s) > desk.MarginMax:
		v.wrong("may have at most %d characters", desk.MarginMax)
	case strings.Contains(s, "{{"):
		v.wrong("has no places for values")
	}
	return s
}

// body is a template's text with its places.
func (o object) body() string {
	v := o.key("body")
	s, ok := v.text()
	if !ok {
		return ""
	}
	_, places := desk.Places(s)
	unprinted := func(r rune) bool { return unicode.IsControl(r) && r != '\n' }
	switch n := utf8.RuneCountInString(s); {
	case n == 0 || n > desk.BodyMax:
		v.wrong("must have 1 to %d characters", desk.BodyMax)
	case strings.TrimSpace(s) != s || strings.ContainsFunc(s, unprinted):
		v.wrong("must be lines without tabs, and without spaces around them all")
	case places != "":
		v.wrong("%s", places)
	}
	return s
}

// writtenTemplate is a template as the file has it.
type writtenTemplate struct {
	ID          string
	Name        string
	Channel     string
	ChannelName string `yaml:"channelName"`
	Language    string
	Header      string `yaml:",omitempty"`
	Body        string
	Footer      string `yaml:",omitempty"`
}

// templateTexts writes the templates of each queue, by ID.
func templateTexts(list []desk.Template) map[string][]writtenTemplate {
	out := map[string][]writtenTemplate{}
	for _, t := range sorted(list) {
		out[t.Queue] = append(out[t.Queue], writtenTemplate{t.ID, t.Name, string(t.Channel), t.ChannelName, t.Language, t.Header, t.Body, t.Footer})
	}
	return out
}

func templateView(t desk.Template) api.TemplateRecord {
	return api.TemplateRecord{ID: t.ID, Version: t.Version, Name: t.Name, Channel: string(t.Channel), ChannelName: t.ChannelName,
		Language: t.Language, Header: t.Header, Body: t.Body, Footer: t.Footer}
}

// ListTemplateRecords implements the operation of the same name in the contract. A queue's templates are few, so they are read
// whole and paged here.
func (h handlers) ListTemplateRecords(ctx context.Context, req api.ListTemplateRecordsRequest) (api.TemplateRecords, error) {
	if err := h.get(ctx, &desk.Queue{Head: desk.Head{ID: req.Queue}}); err != nil {
		return api.TemplateRecords{}, err
	}
	after, err := placeOf(desk.KindTemplate, req.Cursor)
	if err != nil {
		return api.TemplateRecords{}, err
	}
	list, err := h.Store.Reader().Templates(ctx, req.Queue)
	if err != nil {
		return api.TemplateRecords{}, err
	}
	list = slices.DeleteFunc(sorted(list), func(t desk.Template) bool { return cmp.Compare(t.ID, after) <= 0 })
	out := api.TemplateRecords{Now: h.Now()}
	for n, t := range list {
		if n == req.Limit {
			out.Next = cursorOf(desk.KindTemplate, list[n-1].ID)
			break
		}
		out.Items = append(out.Items, templateView(t))
	}
	return out, nil
}

// GetTemplate implements the operation of the same name in the contract.
func (h handlers) GetTemplate(ctx context.Context, req api.GetTemplateRequest) (api.TemplateRecord, error) {
	if err := h.get(ctx, &desk.Queue{Head: desk.Head{ID: req.Queue}}); err != nil {
		return api.TemplateRecord{}, err
	}
	rec := desk.Template{Head: desk.Head{ID: req.Template}, Queue: req.Queue}
	err := h.get(ctx, &rec)
	return templateView(rec), err
}

// PutTemplate implements the operation of the same name in the contract.
func (h handlers) PutTemplate(ctx context.Context, req api.PutTemplateRequest) (api.TemplateRecord, error) {
	k := key{kind: desk.KindTemplate, queue: req.Queue, id: req.Template}
	rec, err := h.put(ctx, k, req.IfMatch, req.IfNoneMatch, req.Body)
	if err != nil {
		return api.TemplateRecord{}, err
	}
	return templateView(*rec.(*desk.Template)), nil
}

// DeleteTemplate implements the operation of the same name in the contract.
func (h handlers) DeleteTemplate(ctx context.Context, req api.DeleteTemplateRequest) (api.Deletion, error) {
	return h.remove(ctx, desk.Removal{Kind: desk.KindTemplate, Queue: req.Queue, ID: req.Template}, req.IfMatch)
}
