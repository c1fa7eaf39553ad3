// Command budgets measures what the design promises and prints it as a table: the budget, what this machine did, and the part of
// the budget that was used, which is at most 1.00 when it holds.
//
//	go run ./tests/budgets
//
// It takes about three minutes on two processors with nothing beside it. The exit code tells whether everything could be measured,
// never how fast it was. Ctrl-C ends it early, with the lines that were measured. -only NAME measures the lines that have the text in their name.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/deskline/deskline/tests/tool"
)

func main() { tool.Main("budgets", run) }

// run measures what the arguments say. The table goes to out, what is being measured to told.
func run(ctx context.Context, args []string, out, told io.Writer) error {
	flags := tool.Flags("budgets", told)
	only := flags.String("only", "", "measure only what has this text in its name")
	if err := tool.Parse(flags, args); err != nil {
		return err
	}
	on := machine()
	var table []line
	var failed error
	for _, m := range measurements {
		if ctx.Err() != nil {
			break
		}
		if !strings.Contains(m.name, *only) {
			continue
		}
		fmt.Fprintf(told, "measuring: %s\n", m.name)
		lines, err := m.run(ctx)
		if ctx.Err() != nil { // cut off, it shows nothing
			break
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", m.name, err))
			continue
		}
		table = append(table, lines...)
	}
	if len(table) > 0 {
		failed = errors.Join(failed, write(out, on, table))
	} else if failed == nil && ctx.Err() == nil {
		failed = fmt.Errorf("nothing that is measured has %q in its name", *only)
	}
	return failed
}
