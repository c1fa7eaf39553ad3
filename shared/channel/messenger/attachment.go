package messenger

import (
	"cmp"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// attachmentsMax is how many attachments of a message are read. Meta allows 30 images in one message. Source: Send API
// reference, read 2026-11.
const attachmentsMax = 30

// part is one attachment in our words.
type part struct {
	kind    desk.MessageKind
	name    string          // what it is, as shown
	words   []string        // what it says, as shown; none of them empty
	file    desk.Attachment // with a URL when there is a file
	place   desk.Location
	product desk.Product
	sticker meta.Scalar // the vendor's ID of the sticker
}

// parts are the message's attachments, and how many more there are. A sticker that comes both as sticker and as image,
// as it does in the months around 2026-08, is one part. A preview of a link that was written out adds nothing to the
// text.
func (m *message) parts() (parts []part, more int) {
	list := firstOf[attachment](m.Attachments, attachmentsMax)
	more = len(m.Attachments.Items) - len(list) + m.Attachments.Odd
	sticker, isSticker := m.sticker(list)
	for i := range list {
		a := &list[i]
		if a.Type == "image" && (isSticker || a.content().StickerID != "") {
			a.Type = "sticker"
		}
		p := a.part()
		p.sticker = cmp.Or(p.sticker, sticker)
		preview := a.Type == "fallback" && m.Text != "" && (len(p.words) == 0 || written(a.url(), string(m.Text)))
		if !preview && !slices.ContainsFunc(parts, p.sameSticker) {
			parts = append(parts, p)
		}
	}
	return parts, more
}

// sticker says whether the message is a sticker, and which; then an image in it is the sticker's other form, because
// nothing else can be sent with one.
func (m *message) sticker(list []attachment) (id meta.Scalar, ok bool) {
	id, ok = m.StickerID, m.StickerID != ""
	for i := range list {
		if list[i].Type == "sticker" {
			id, ok = cmp.Or(id, list[i].content().StickerID), true
		}
	}
	return id, ok
}

func (p part) sameSticker(other part) bool {
	return p.kind == desk.StickerMessage && other.kind == desk.StickerMessage && p.sticker == other.sticker
}

func written(link, text string) bool { return link != "" && strings.Contains(text, link) }

// files gives the types of attachments that are files.
var files = map[meta.Scalar]struct {
	kind desk.MessageKind
	name string
}{
	"image":   {desk.ImageMessage, "image"},
	"video":   {desk.VideoMessage, "video"},
	"audio":   {desk.AudioMessage, "audio"},
	"file":    {desk.DocumentMessage, "document"},
	"sticker": {desk.StickerMessage, "sticker"},
}

// shares gives the types of attachments that are something else on Meta's sites, and what they are shown as. Their URL
// leads to a page, not to a file.
var shares = map[meta.Scalar]string{
	"fallback": "link",
	"share":    "link",
	"post":     "post",
	"ig_post":  "post",
	"reel":     "reel",
	"ig_reel":  "reel",
}

// part says what the attachment is.
func (a *attachment) part() part {
	if f, ok := files[a.Type]; ok {
		return a.file(f.kind, f.name)
	}
	if name, ok := shares[a.Type]; ok {
		p := part{kind: desk.TemplateMessage, name: name, words: full(a.title(), a.url())}
		if len(p.words) == 0 {
			p.name = "shared content"
		}
		return p
	}
	switch a.Type {
	case "location":
		return a.location()
	case "template":
		return a.template()
	case "appointment_booking":
		return a.appointment()
	}
	return part{kind: desk.UnsupportedMessage, name: "unsupported attachment", words: full(a.title(), a.url())}
}

// content is the payload, empty when there is none or it is a mere text, which means something to Meta only.
func (a *attachment) content() payload {
	if a.Payload.Value == nil {
		return payload{}
	}
	return *a.Payload.Value
}

func (a *attachment) title() string {
	return meta.Line(string(cmp.Or(a.Title, a.content().Title)), meta.LineMax)
}

func (a *attachment) url() string { return cmp.Or(meta.Link(a.content().URL), meta.Link(a.URL)) }

func (a *attachment) file(kind desk.MessageKind, name string) part {
	p := part{kind: kind, name: name, file: desk.Attachment{Kind: kind, URL: a.url()}, sticker: a.content().StickerID}
	if kind == desk.DocumentMessage {
		p.file.Name = cmp.Or(a.title(), fileName(p.file.URL))
		p.words = full(p.file.Name)
	}
	return p
}

// fileName is the name at the end of a URL's path, where Meta keeps that of a file the customer sent; empty when what is
// there does not look like one.
func fileName(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	name := path.Base(u.Path)
	if extension := path.Ext(name); extension == "" || extension == name || strings.HasSuffix(name, ".") {
		return ""
	}
	return meta.Line(name, meta.LineMax)
}

func (a *attachment) location() part {
	p := part{kind: desk.LocationMessage, name: "location", place: desk.Location{Name: a.title(), URL: a.url()}}
	if c := a.content().Coordinates.Value; c != nil {
		p.place.Latitude, p.place.Longitude = meta.Degrees(c.Lat, c.Long)
	}
	where := p.place.Name
	if p.place.Latitude != "" {
		where = strings.TrimSpace(where + " (" + p.place.Latitude + ", " + p.place.Longitude + ")")
	}
	p.words = full(where)
	return p
}

// full are the words that are not empty.
func full(words ...string) []string {
	return slices.DeleteFunc(words, func(w string) bool { return w == "" })
}
