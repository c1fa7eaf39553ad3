package suite

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/firestore/google"
	"github.com/deskline/deskline/infra"
	"github.com/deskline/deskline/shared/store"
)

// startFirestore starts ours, or takes a new database of Google's emulator, and carries records in and out.
func (s *Suite) startFirestore(ctx context.Context) error {
	start := s.useOurs
	if s.opt.Google != "" {
		start = s.useGoogles
	}
	if err := start(); err != nil {
		return err
	}
	if s.opt.Export != "" {
		s.onClose(s.exportRecords)
	}
	if s.opt.Import != "" {
		return s.importRecords(ctx)
	}
	return nil
}

func (s *Suite) useOurs() error {
	indexes, err := firestore.ParseIndexes(infra.Indexes)
	if err != nil {
		return err
	}
	o := s.meteredFirestore(s.opt.Firestore)
	o.Now, o.Indexes, o.Data, o.Log = s.Clock.Now, indexes, s.opt.Data, s.opt.Log
	if s.Firestore, err = firestore.Open(o); err != nil {
		return err
	}
	s.onClose(func() error { s.Firestore.Close(); return nil })
	if err := s.Firestore.Start("127.0.0.1:0"); err != nil {
		return fmt.Errorf("firestore: %w", err)
	}
	s.Records = store.Config{Project: Project, Endpoint: s.Firestore.Addr()}
	return nil
}

// useGoogles takes a database of Google's emulator that no other suite has: every name is one that exists, and is empty.
func (s *Suite) useGoogles() error {
	o := s.opt.Firestore
	switch {
	case s.opt.Data != "":
		return errors.New("firestore: Google's emulator keeps no data")
	case o.Observe != nil:
		return errors.New("firestore: Google's emulator does not tell what it would bill")
	}
	s.Records = store.Config{Project: Project, Database: "suite-" + strings.ToLower(rand.Text()), Endpoint: s.opt.Google}
	if o.Intercept == nil && o.AfterCommit == nil {
		return nil
	}
	front, err := google.NewFront(s.opt.Google, google.Hooks{Intercept: o.Intercept, AfterCommit: o.AfterCommit})
	if err != nil {
		return err
	}
	s.onClose(front.Close)
	s.Records.Endpoint = front.Addr()
	return nil
}
