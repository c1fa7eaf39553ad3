package store

import (
	"context"
	"errors"
	"fmt"

	firestorepb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

// errLost marks a commit that another one beat, or whose own first try may have been applied.
var errLost = errors.New("lost the race")

// Lost reports whether a save must be decided again: somebody else was faster, or nobody knows what became of it.
func Lost(err error) bool { return errors.Is(err, errLost) }

// Save stores and deletes the change's records as one commit, within five seconds, and raises the Version of those it
// stores. Each record must still be as this Reader read it; one it did not read, or found missing, must not exist. One that
// it read twice and found changed in between is lost: nobody knows which reading the rule decided on. An
// error for which Lost holds means: read and decide again, for the records now carry a Version nobody stored. After a
// save the records count as read, so the same Reader may save them again. A change without records is saved by doing
// nothing.
func (r *Reader) Save(ctx context.Context, ch desk.Change) error {
	if len(ch.Save)+len(ch.Drop) == 0 {
		return nil
	}
	req := &firestorepb.CommitRequest{Database: r.s.root}
	names := make([]string, len(ch.Save))
	for n, rec := range ch.Save {
		var w *firestorepb.Write
		var err error
		if names[n], w, err = r.write(rec); err != nil {
			return err
		}
		req.Writes = append(req.Writes, w)
	}
	for _, rec := range ch.Drop {
		w, err := r.drop(rec)
		if err != nil {
			return err
		}
		req.Writes = append(req.Writes, w)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	done, err := r.s.writer.Commit(ctx, req)
	if err != nil {
		return commitError(ctx, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for n, w := range done.GetWriteResults()[:len(ch.Save)] {
		r.seen[names[n]] = reading{at: w.GetUpdateTime(), version: ch.Save[n].Base().Version}
	}
	return nil
}

// drop deletes a record that is still as it was read.
func (r *Reader) drop(rec desk.Record) (*firestorepb.Write, error) {
	name, err := r.s.docName(rec)
	if err != nil {
		return nil, err
	}
	read, ok, err := r.reading(name, rec)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("delete %s %s: it was not read", rec.Record(), rec.Base().ID)
	}
	return &firestorepb.Write{
		Operation:       &firestorepb.Write_Delete{Delete: name},
		CurrentDocument: &firestorepb.Precondition{ConditionType: &firestorepb.Precondition_UpdateTime{UpdateTime: read.at}},
	}, nil
}

// write stores a record under a name.
func (r *Reader) write(rec desk.Record) (name string, w *firestorepb.Write, err error) {
	if name, err = r.s.docName(rec); err != nil {
		return "", nil, err
	}
	read, ok, err := r.reading(name, rec)
	if err != nil {
		return "", nil, err
	}
	rec.Base().Version++
	doc, err := encode(name, rec)
	if err != nil {
		return "", nil, fmt.Errorf("encode %s: %w", rec.Record(), err)
	}
	w = &firestorepb.Write{
		Operation:       &firestorepb.Write_Update{Update: doc},
		CurrentDocument: &firestorepb.Precondition{ConditionType: &firestorepb.Precondition_Exists{Exists: false}},
	}
	if ok {
		w.CurrentDocument.ConditionType = &firestorepb.Precondition_UpdateTime{UpdateTime: read.at}
	}
	return name, w, nil
}

// commitError tells a lost race, and a commit of unknown fate, from one that was not applied and is not worth another
// try now. Servers cancel calls too, as Google's emulator does now and then; nobody waits any more only when ctx, the
// call's own, was cancelled.
func commitError(ctx context.Context, err error) error {
	switch codeOf(err) {
	case codes.InvalidArgument, codes.PermissionDenied, codes.Unauthenticated, codes.Unimplemented:
		return fmt.Errorf("commit: %w", err)
	case codes.ResourceExhausted:
		return fmt.Errorf("commit: %w: %w", fault.New(fault.Unavailable, "unavailable", "the database takes no more now; try again"), err)
	case codes.Canceled:
		if ctx.Err() != nil {
			return fault.New(fault.Unavailable, "unavailable", "the call ended before the change was known to be saved")
		}
	}
	return fmt.Errorf("commit: %w: %w", errLost, err)
}

// codeOf is the code of a failed call. The client answers with the bare error of the context when that ends between
// its own tries.
func codeOf(err error) codes.Code {
	switch {
	case errors.Is(err, context.Canceled):
		return codes.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return codes.DeadlineExceeded
	}
	return status.Code(err)
}

// readError is the fault of a failed read.
func readError(what string, err error) error {
	switch codeOf(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.ResourceExhausted, codes.Aborted:
		return fmt.Errorf("read %s: %w: %w", what, fault.New(fault.Unavailable, "unavailable", "the database does not answer; try again"), err)
	}
	return fmt.Errorf("read %s: %w", what, err)
}
