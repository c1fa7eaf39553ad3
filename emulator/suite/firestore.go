package suite

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/google"
	"github.com/deskline/deskline/infra"
	"github.com/deskline/deskline/shared/store"
)

// startFirestore starts ours, or takes a new database of Google's emulator, and carries records in and out.
func (s *Suite) startFirestore(ctx context.Context) error {
	start := s.useOurs
	if s.opt.GoogleFirestore != "" {
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
		return fmt.Errorf("firestore.indexes.json: %w", err)
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
	s.shorten("FIRESTORE_EMULATOR_HOST", s.Firestore.StartSocket)
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
	s.Records = store.Config{Project: Project, Database: "suite-" + strings.ToLower(rand.Text()), Endpoint: s.opt.GoogleFirestore}
	if o.Intercept == nil && o.AfterCommit == nil {
		return nil
	}
	h := google.Hooks{Intercept: o.Intercept}
	if o.AfterCommit != nil {
		h.Answered = func(ctx context.Context, req, _ proto.Message) error {
			if commit, ok := req.(*pb.CommitRequest); ok {
				return o.AfterCommit(ctx, commit)
			}
			return nil
		}
	}
	var err error
	s.Records.Endpoint, err = s.front(s.opt.GoogleFirestore, h)
	return err
}

// front stands before an emulator until the suite closes, and returns where.
func (s *Suite) front(emulator string, h google.Hooks) (addr string, err error) {
	f, err := google.NewFront(emulator, h)
	if err != nil {
		return "", err
	}
	s.onClose(f.Close)
	return f.Addr(), nil
}
