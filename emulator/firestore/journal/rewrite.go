package journal

import (
	"bufio"
	"errors"
	"fmt"
	"os"
)

// Rewrite makes a shorter journal that leads to the same state: the caller writes the state as it was at Begin, and Finish
// adds what was appended since and puts the new file in the place of the old one. Until then the old one is complete and
// grows as ever; wherever the process dies, one of the two is there whole. A Rewrite is not for concurrent use.
type Rewrite struct {
	journal *Journal
	file    *os.File
	out     *bufio.Writer
	buffer  []byte
	size    int64 // of the new file
	from    int64 // how much of the old file is in the new one
}

// Begin begins a rewrite at this moment of the journal. Only one may be under way.
func (j *Journal) Begin() (*Rewrite, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil, os.ErrClosed
	}
	f, err := os.OpenFile(j.path(rewriteName), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("begin a rewrite: %w", err)
	}
	r := &Rewrite{journal: j, file: f, out: bufio.NewWriterSize(f, 1<<20), size: int64(len(head)), from: j.size}
	_, _ = r.out.WriteString(head) // a bufio.Writer repeats its first error when it is flushed
	return r, nil
}

// Append adds a record of the state.
func (r *Rewrite) Append(at int64, payload []byte) (err error) {
	if r.buffer, err = appendFrame(r.buffer[:0], r.size, Record{at, payload}); err != nil {
		return err
	}
	r.size += int64(len(r.buffer))
	_, err = r.out.Write(r.buffer)
	return err
}

// Finish takes over what was appended to the journal since Begin and replaces it, or Aborts and says why. Appends to the
// journal wait for the last part of it only.
func (r *Rewrite) Finish() error {
	err := r.catchUp()
	if err == nil {
		err = r.replace()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("finish a rewrite: %w", err), r.Abort())
	}
	return nil
}

// catchUp puts on disk all that the journal holds by now.
func (r *Rewrite) catchUp() error {
	r.journal.mu.Lock()
	file, to := r.journal.file, r.journal.size
	r.journal.mu.Unlock()
	if file == nil {
		return os.ErrClosed
	}
	return r.copyTo(file, to)
}

// copyTo takes over the old file's records up to an offset, and waits until everything is on disk.
func (r *Rewrite) copyTo(old *os.File, to int64) error {
	end, err := readFrames(old, r.from, to, func(rec Record) error { return r.Append(rec.Time, rec.Payload) })
	if err != nil {
		return err
	}
	if end != to {
		return &Damaged{Path: old.Name(), Offset: end}
	}
	r.from = to
	if err := r.out.Flush(); err != nil {
		return err
	}
	return r.file.Sync()
}

// replace copies the rest while nothing is appended, and renames the new file.
func (r *Rewrite) replace() error {
	j := r.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return os.ErrClosed
	}
	if err := r.copyTo(j.file, j.size); err != nil {
		return err
	}
	if err := os.Rename(j.path(rewriteName), j.path(fileName)); err != nil {
		return err
	}
	old := j.file
	j.file, j.size = r.file, r.size
	r.file = nil
	return errors.Join(old.Close(), syncDir(j.dir))
}

// Abort gives the rewrite up; the journal stays as it is. After Finish it does nothing.
func (r *Rewrite) Abort() error {
	if r.file == nil {
		return nil
	}
	err := errors.Join(r.file.Close(), os.Remove(r.journal.path(rewriteName)))
	r.file = nil
	return err
}

// syncDir waits until a rename in a directory is on disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
