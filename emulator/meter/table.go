package meter

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Write writes the report as a table for people: a line for each function, the total, and what one conversation costs.
func (r Report) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "function\tcalls\treads\twrites\tdeletes\tmessages\tdeliveries\tKB\ttasks\tUS cents\t")
	for _, f := range r.Functions {
		line(t, f.name(), f.Bill)
	}
	line(t, "total", r.Total)
	if r.Outside.Counts != (Counts{}) {
		line(t, "not the product's", r.Outside)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, r.summary())
	return err
}

func (f FunctionBill) name() string {
	if f.Function == "" {
		return "(nobody known)"
	}
	return f.Function
}

func line(w io.Writer, name string, b Bill) {
	fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%.1f\t%d\t%.4f\t\n", name, b.Calls, b.Reads, b.Writes, b.Deletes, b.Messages,
		b.Deliveries, float64(b.Bytes)/1000, b.Tasks, b.Cents)
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
