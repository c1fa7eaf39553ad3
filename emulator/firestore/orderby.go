package firestore

import (
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// readOrderBy reads the text form of an order, "priority desc, __name__"; an empty text is no order.
// The paths are checked with the query.
func readOrderBy(text string) ([]*pb.StructuredQuery_Order, error) {
	if text == "" {
		return nil, nil
	}
	var out []*pb.StructuredQuery_Order
	for rest, more := text, true; more; {
		var clause string
		clause, rest, more = cutUnquoted(rest, ',')
		path, word, _ := cutUnquoted(strings.TrimLeft(clause, " "), ' ')
		direction := pb.StructuredQuery_ASCENDING
		switch strings.ToLower(word) {
		case "", "asc":
		case "desc":
			direction = pb.StructuredQuery_DESCENDING
		default:
			return nil, invalid("order_by %q: %q is neither asc nor desc", text, word)
		}
		out = append(out, &pb.StructuredQuery_Order{
			Field:     &pb.StructuredQuery_FieldReference{FieldPath: path},
			Direction: direction,
		})
	}
	return out, nil
}

// throughName ends orders with the one by name that they imply, so that a cursor can name a document.
func throughName(orders []*pb.StructuredQuery_Order) []*pb.StructuredQuery_Order {
	name := &pb.StructuredQuery_Order{Field: &pb.StructuredQuery_FieldReference{FieldPath: nameField}}
	if n := len(orders); n > 0 {
		if orders[n-1].GetField().GetFieldPath() == nameField {
			return orders
		}
		name.Direction = orders[n-1].GetDirection()
	}
	return append(orders, name)
}

// cutUnquoted is strings.Cut at the first separator outside backquotes.
func cutUnquoted(s string, separator byte) (before, after string, found bool) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '`':
			quoted = !quoted
		case s[i] == separator && !quoted:
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}
