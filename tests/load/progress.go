package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/deskline/deskline/tests/traffic"
)

// isTerminal reports whether somebody sees what is written as it comes.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// progress shows how far it is: a bar on a terminal, else a line every few seconds.
type progress struct {
	out      io.Writer
	terminal bool
	told     time.Duration // when the latest line was written
}

const (
	lineEvery = 5 * time.Second
	barWidth  = 30
)

func (p *progress) tell(now traffic.Progress) {
	over := now.Done + now.Failed
	text := fmt.Sprintf("%d of %d conversations done, %d under way, %d failed, %.0f s", now.Done, now.Planned, now.Begun-over,
		now.Failed, now.Elapsed.Seconds())
	if !p.terminal {
		if now.Elapsed-p.told >= lineEvery {
			p.told = now.Elapsed
			fmt.Fprintln(p.out, text)
		}
		return
	}
	full := barWidth * over / max(now.Planned, 1)
	fmt.Fprintf(p.out, "\r[%s%s] %s\x1b[K", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), text)
	if over == now.Planned {
		fmt.Fprintln(p.out)
	}
}
