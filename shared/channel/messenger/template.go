package messenger

import (
	"cmp"
	"time"

	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// cardsMax is how many cards of a template, and how many buttons, are shown. Meta allows 10 and 3. Source: template
// references, read 2026-11.
const cardsMax = 10

// template is a composed card: what it says is the text or titles on it, and else its buttons.
func (a *attachment) template() part {
	content := a.content()
	p := part{kind: desk.TemplateMessage, name: "template"}
	cards := content.Elements
	if v := content.Product.Value; v != nil {
		p.name, cards = "product", v.Elements
	}
	p.words = full(a.title(), line(content.Text), line(content.IntroMessage))
	for _, card := range firstOf[element](cards, cardsMax) {
		p.words = append(p.words, full(line(card.Title), line(card.Subtitle))...)
		if p.name == "product" {
			p.product.ID = cmp.Or(p.product.ID, bounded(cmp.Or(card.RetailerID, card.ID)))
		}
	}
	for _, b := range firstOf[button](content.Buttons, cardsMax) {
		p.words = append(p.words, full(line(b.Title))...)
	}
	if url := a.url(); url != "" && len(p.words) == 0 {
		p.words = []string{url}
	}
	return p
}

func line(s meta.Scalar) string { return meta.Line(string(s), meta.LineMax) }

// appointment is a booking the customer asked for, confirmed or gave up; its time is shown in UTC.
func (a *attachment) appointment() part {
	content := a.content()
	when := ""
	if t := meta.Timestamp(content.StartTime); !t.IsZero() {
		when = t.Format(time.DateOnly + " 15:04 MST")
	}
	return part{kind: desk.TemplateMessage, name: "appointment", words: full(line(content.Status), when)}
}
