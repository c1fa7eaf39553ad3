package meter

import (
	"bytes"
	"fmt"
	"io"
)

// Write writes the report as a table for people: a line for each function, the total, and what one conversation costs. A KB is
// 1000 bytes.
func (r Report) Write(w io.Writer) error {
	var t bytes.Buffer
	fmt.Fprintf(&t, "%-17s%7s%8s%8s%9s%10s%12s%9s%7s%10s\n",
		"function", "calls", "reads", "writes", "deletes", "messages", "deliveries", "KB", "tasks", "US cents")
	for _, f := range r.Functions {
		f.line(&t, f.name())
	}
	r.Total.line(&t, "total")
	if r.Outside.Counts != (Counts{}) {
		r.Outside.line(&t, "not the product's")
	}
	fmt.Fprintln(&t, r.summary())
	if r.Uncounted != "" {
		fmt.Fprintln(&t, "Not counted are", r.Uncounted+".")
	}
	_, err := t.WriteTo(w)
	return err
}

func (b Bill) line(w io.Writer, name string) {
	fmt.Fprintf(w, "%-17s%7d%8d%8d%9d%10d%12d%9.1f%7d%10.4f\n", name, b.Calls, b.Reads, b.Writes, b.Deletes, b.Messages,
		b.Deliveries, float64(b.Bytes)/1000, b.Tasks, b.Cents)
}

func (f FunctionBill) name() string {
	if f.Function == "" {
		return "(nobody known)"
	}
	return f.Function
}

// summary is what a conversation costs, in one sentence.
func (r Report) summary() string {
	switch r.Count {
	case 0:
		return fmt.Sprintf("No conversation; %.4f US cents without free tiers and computing time.", r.Shared.Cents)
	case 1:
		return fmt.Sprintf("One conversation for %.4f US cents, and %.4f shared; without free tiers and computing time.",
			r.Each, r.Shared.Cents)
	default:
		return fmt.Sprintf("%d conversations for %.4f US cents each, and %.4f shared; without free tiers and computing time.",
			r.Count, r.Each, r.Shared.Cents)
	}
}
