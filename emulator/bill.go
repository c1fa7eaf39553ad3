package main

import (
	"fmt"
	"io"

	"github.com/deskline/deskline/emulator/suite"
)

// bill tells what production would have billed, if there was a conversation at all.
func bill(s *suite.Suite, out io.Writer) error {
	r := s.Meter.Report(0)
	if r.Count == 0 {
		return nil
	}
	fmt.Fprintln(out, "\nIn production this would have been:")
	return r.Write(out)
}
