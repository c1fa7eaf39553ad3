package main

import (
	"bytes"
	"fmt"
	"io"
	"time"
)

// line is one promise and what came of it; with no budget, only that.
type line struct {
	what     string
	budget   float64
	measured float64
	unit     string
	atLeast  bool // the budget is the least there must be, not the most
}

// used is the part of the budget that was used: at most 1 when it holds.
func (l line) used() float64 {
	if l.atLeast {
		return l.budget / l.measured
	}
	return l.measured / l.budget
}

// write writes the table, which is Markdown too, and what it was measured on.
func write(w io.Writer, on string, table []line) error {
	var t bytes.Buffer
	fmt.Fprintf(&t, "| %-64s | %15s | %13s | %5s |\n", "what", "budget", "measured", "used")
	fmt.Fprintln(&t, "|---|---:|---:|---:|")
	for _, l := range table {
		sign := "≤"
		if l.atLeast {
			sign = "≥"
		}
		budget, used := fmt.Sprintf("%s %g %s", sign, l.budget, l.unit), fmt.Sprintf("%.2f", l.used())
		if l.budget == 0 {
			budget, used = "", ""
		}
		fmt.Fprintf(&t, "| %-64s | %15s | %13s | %5s |\n", l.what, budget, fmt.Sprintf("%s %s", short(l.measured), l.unit), used)
	}
	fmt.Fprintf(&t, "\n%s\n", on)
	_, err := t.WriteTo(w)
	return err
}

// short is a number with the digits that matter.
func short(x float64) string {
	if x >= 100 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.3g", x)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
