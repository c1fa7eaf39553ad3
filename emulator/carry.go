package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/suite"
)

// importsWhat and exportsWhat are the help for -import and -export.
const (
	importsWhat = "begin with what `FILE` holds: a centre's configuration (.yaml), or all records (.jsonl)"
	exportsWhat = "write to `FILE` at the end: the centre's configuration (.yaml), or all records, what customers said\nincluded (.jsonl)"
)

// carrying is what a suite begins with and leaves behind.
type carrying struct {
	from, records string // a centre file; an archive. At most one
	to, export    string // likewise
	data          string
}

// carry looks at what is to be imported and where to export to before anything starts.
func (s *settings) carry() (carrying, error) {
	c := carrying{data: s.data}
	var err error
	if c.from, c.records, err = byKind("-import", s.from); err != nil {
		return c, err
	}
	if c.to, c.export, err = byKind("-export", s.to); err != nil {
		return c, err
	}
	if s.from != "" {
		if _, err := os.Stat(s.from); err != nil {
			return c, fmt.Errorf("-import: %w", err)
		}
	}
	if s.to != "" {
		if info, err := os.Stat(filepath.Dir(s.to)); err != nil || !info.IsDir() {
			return c, fmt.Errorf("-export: there is no folder %s", filepath.Dir(s.to))
		}
	}
	return c, nil
}

// byKind says what a file is by the end of its name.
func byKind(flag, file string) (centre, records string, err error) {
	switch filepath.Ext(file) {
	case "":
		if file == "" {
			return "", "", nil
		}
	case ".yaml", ".yml":
		return file, "", nil
	case ".jsonl":
		return "", file, nil
	}
	return "", "", fmt.Errorf("%s %s: a centre's configuration ends in .yaml, all records in .jsonl", flag, file)
}

// fill has the suite hold a centre, and says which: that of the file, of the records, of the data of an earlier run, or the example.
func (c carrying) fill(ctx context.Context, run *suite.Suite) (with string, err error) {
	kept := run.Firestore != nil && run.Firestore.Loaded().Documents > 0
	switch {
	case c.from != "":
		file, err := os.ReadFile(c.from)
		if err != nil {
			return "", fmt.Errorf("-import: %w", err)
		}
		if err := imports(ctx, run, file); err != nil {
			return "", fmt.Errorf("-import %s: %w", c.from, err)
		}
		return "the centre in " + c.from, nil
	case c.records != "":
		return "the records in " + c.records, nil
	case kept:
		return "the data in " + c.data, nil
	default:
		if err := imports(ctx, run, centre.Example); err != nil {
			return "", fmt.Errorf("import the example centre: %w", err)
		}
		return "the example centre", nil
	}
}

// admin is the desktop of who may set up a centre.
func admin(run *suite.Suite) *desktop.Desktop {
	return desktop.New(run.URL, func() (string, error) { return run.Identity.Token(suite.Admin, suite.Audience, 0) })
}

func imports(ctx context.Context, run *suite.Suite, file []byte) error {
	_, err := admin(run).Import(ctx, file, false)
	return err
}

// saveCentre writes the centre's configuration where the flags want it.
func (c carrying) saveCentre(run *suite.Suite) error {
	if c.to == "" {
		return nil
	}
	file, err := admin(run).Export(context.Background()) // what ends the suite is no reason to keep nothing
	if err != nil {
		return fmt.Errorf("-export %s: %w", c.to, err)
	}
	return os.WriteFile(c.to, file, 0o644)
}
