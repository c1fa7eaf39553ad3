package desk

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/deskline/deskline/shared/fault"
)

const (
	valueMax = 1000 // code points of a value
	dataMax  = 50   // values of an interaction
)

// SetData gives variables of the interaction values (R37); an empty one removes it. q is the interaction's queue. An agent
// may set what the queue lets agents change, in a conversation he has or still wraps up; who oversees the queue everything it
// declares. Nobody can once it is closed. Values of variables the queue does not declare, left from
// another queue, stay as long as there is room for them: they show again when the conversation comes back. A repeat stores
// nothing. The history names the variables and not their values.
//
// Faults: not_your_conversation, variable_reserved, variable_unknown, variable_not_editable, value_too_long,
// too_many_values, conversation_closed.
func SetData(i Interaction, q Queue, by Agent, set []Datum, now time.Time) (Change, error) {
	if !by.Oversees(q) && !slices.Contains(i.Agents, by.ID) {
		return Change{}, fault.New(fault.Denied, "not_your_conversation", "the conversation belongs to somebody else")
	}
	data := slices.Clone(i.Data)
	var changed []string
	for _, d := range set {
		if err := q.maySet(d, by); err != nil {
			return Change{}, err
		}
		n, found := slices.BinarySearchFunc(data, d.ID, byID)
		switch {
		case found && d.Value == "":
			data = slices.Delete(data, n, n+1)
		case found && data[n].Value != d.Value:
			data[n] = d
		case !found && d.Value != "":
			data = slices.Insert(data, n, d)
		default:
			continue
		}
		changed = append(changed, d.ID)
	}
	if len(changed) == 0 {
		return Change{Interaction: &i}, nil
	}
	if i.State == InteractionClosed {
		return Change{}, conflict("conversation_closed", "the conversation is closed")
	}
	if data = q.fitting(data); len(data) > dataMax {
		return Change{}, fault.New(fault.Invalid, "too_many_values", "a conversation has at most %d values", dataMax)
	}
	i.Data = data
	var page *HistoryPage
	i, page = i.noted(now, EventDataChanged, by.ID, strings.Join(changed, " "))
	ch := Change{Save: []Record{&i}, Interaction: &i}
	ch.save(page)
	return ch, nil
}

func byID(d Datum, id string) int { return cmp.Compare(d.ID, id) }

// maySet is nil when the queue has the variable, the agent may change it, and the value is not too long.
func (q Queue) maySet(d Datum, by Agent) error {
	v, ok := q.variable(d.ID)
	switch {
	case slices.Contains(ReservedVariables(), d.ID):
		return fault.New(fault.Invalid, "variable_reserved", "nobody changes the variable %s", d.ID)
	case !ok:
		return fault.New(fault.Invalid, "variable_unknown", "the queue has no variable %s", d.ID)
	case !by.Oversees(q) && v.Access != VariableEditable:
		return fault.New(fault.Denied, "variable_not_editable", "agents do not change the variable %s", d.ID)
	case utf8.RuneCountInString(d.Value) > valueMax:
		return fault.New(fault.Invalid, "value_too_long", "a value has at most %d characters", valueMax)
	}
	return nil
}

func (q Queue) variable(id string) (Variable, bool) {
	n := slices.IndexFunc(q.Variables, func(v Variable) bool { return v.ID == id })
	if n < 0 {
		return Variable{}, false
	}
	return q.Variables[n], true
}

// fitting is the data without as many of the values the queue does not declare as there are too many, the last first.
func (q Queue) fitting(data []Datum) []Datum {
	for n := len(data) - 1; n >= 0 && len(data) > dataMax; n-- {
		if _, ok := q.variable(data[n].ID); !ok {
			data = slices.Delete(data, n, n+1)
		}
	}
	return data
}

// Value is the interaction's value of a variable; empty when it has none.
func (i Interaction) Value(variable string) string {
	if n, ok := slices.BinarySearchFunc(i.Data, variable, byID); ok {
		return i.Data[n].Value
	}
	return ""
}

// Origin is the value of VariableOrigin: the number the customer wrote from, not one that agents noted down. It is empty
// where the channel tells none.
func (i Interaction) Origin() string {
	for _, a := range i.Customer.Addresses {
		if a.Kind == AddressPhone {
			return i.Customer.Phone
		}
	}
	return ""
}
