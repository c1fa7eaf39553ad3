package whatsapp

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// answered is what the customer answered to buttons, a list or a form.
func answered(i *interactive) saying {
	switch {
	case i == nil:
		return chosen(choice{})
	case i.Button.Value != nil:
		return chosen(*i.Button.Value)
	case i.List.Value != nil:
		return chosen(*i.List.Value)
	case i.Form.Value != nil:
		return filled(string(i.Form.Value.Response))
	}
	return chosen(choice{})
}

func chosen(c choice) saying {
	s := saying{kind: desk.ReplyMessage, text: string(c.Title), fallback: meta.Bracket("reply", string(c.Title), string(c.Description))}
	s.detail.Choice = desk.Selection{
		ID:          whole(c.ID, valueMax),
		Title:       meta.Line(string(c.Title), meta.LineMax),
		Description: meta.Line(string(c.Description), meta.LineMax),
	}
	return s
}

// formToken is the answer in which WhatsApp repeats what the business called the form, and answersMax how many of the
// others are kept.
const (
	formToken  = "flow_token"
	answersMax = 50
)

// filled is an answered form, its answers by the name of the field. A form that is no JSON object says nothing we could
// show.
func filled(response string) saying {
	s := saying{kind: desk.FormMessage, fallback: meta.Bracket("form")}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(response), &fields); err != nil {
		return s
	}
	delete(fields, formToken)
	var parts []string
	for i, name := range slices.Sorted(maps.Keys(fields)) {
		if i == answersMax {
			parts = append(parts, fmt.Sprintf("and %d more", len(fields)-answersMax))
			break
		}
		var words string
		if err := json.Unmarshal(fields[name], &words); err != nil {
			words = string(fields[name])
		}
		a := desk.Answer{Name: meta.Line(name, meta.LineMax), Value: meta.Clip(words, valueMax)}
		s.detail.Form = append(s.detail.Form, a)
		parts = append(parts, a.Name+": "+a.Value)
	}
	s.fallback = meta.Bracket("form", parts...)
	return s
}

// How much is kept of an order.
const (
	itemsMax  = 100 // lines
	amountMax = 32  // code points of a quantity, price or currency
)

func ordered(o *order) saying {
	s := saying{kind: desk.OrderMessage, fallback: meta.Bracket("order")}
	if o == nil {
		return s
	}
	s.text = string(o.Text)
	count := strconv.Itoa(len(o.Items.Items)) + " items"
	if len(o.Items.Items) == 1 {
		count = "1 item"
	}
	s.fallback = meta.Bracket("order", count, s.text)
	s.detail.Order.Catalog = whole(o.Catalog, meta.IDMax)
	for _, item := range o.Items.Items[:min(len(o.Items.Items), itemsMax)] {
		s.detail.Order.Items = append(s.detail.Order.Items, desk.OrderItem{
			Product:  whole(item.Product, meta.IDMax),
			Quantity: meta.Line(string(item.Quantity), amountMax),
			Price:    meta.Line(string(item.Price), amountMax),
			Currency: meta.Line(string(item.Currency), amountMax),
		})
	}
	return s
}
