package suite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"cloud.google.com/go/firestore"
	apiv1 "cloud.google.com/go/firestore/apiv1"

	"github.com/deskline/deskline/emulator/archive"
	"github.com/deskline/deskline/shared/dial"
)

// records is a client of the suite's database, with the database's name.
func (s *Suite) records(ctx context.Context) (*apiv1.Client, string, error) {
	opts, err := dial.Options(s.Records.Endpoint)
	if err != nil {
		return nil, "", err
	}
	c, err := apiv1.NewClient(ctx, opts...)
	return c, "projects/" + s.Records.Project + "/databases/" + cmp.Or(s.Records.Database, firestore.DefaultDatabaseID), err
}

// importRecords fills the database from Options.Import.
func (s *Suite) importRecords(ctx context.Context) error {
	if s.Firestore != nil && s.Firestore.Loaded().Documents > 0 {
		return fmt.Errorf("import %s: %s has records already", s.opt.Import, s.opt.Data)
	}
	file, err := os.Open(s.opt.Import)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	defer file.Close()
	c, database, err := s.records(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := archive.Read(ctx, c, database, file); err != nil {
		return fmt.Errorf("import %s: %w", s.opt.Import, err)
	}
	return nil
}

// exportRecords writes Options.Export; the file is there whole or as it was.
func (s *Suite) exportRecords() (err error) {
	ctx := context.Background() // a suite that is closed for its context's end exports too
	defer func() {
		if err != nil {
			err = fmt.Errorf("export %s: %w", s.opt.Export, err)
		}
	}()
	c, database, err := s.records(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	file, err := os.CreateTemp(filepath.Dir(s.opt.Export), filepath.Base(s.opt.Export)+".*")
	if err != nil {
		return err
	}
	_, err = archive.Write(ctx, c, database, file)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), s.opt.Export)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
