// Package journal keeps records in a file so that they outlive the process: each is written before the caller goes on, and
// all are read again, in order, when the journal is opened.
//
// A record survives the death of the process at any instant, because the system has it when Append returns. It survives the
// loss of power only once the system has written it out, which nothing but Close and a Rewrite wait for: a sync for each record
// would make a commit a hundred times slower, and what is kept here is a developer's.
//
// A process that dies while it writes leaves a part of a record at the end of the file. Open cuts that off and says how much it
// was; anything else that is wrong is an error, and the file is left as it is. One process at a time has a journal open.
package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Names of the files in a journal's directory.
const (
	fileName    = "journal"
	rewriteName = "journal.new" // incomplete for as long as it has this name
	lockName    = "lock"
)

// Record is what was appended.
type Record struct {
	Time    int64 // the caller's
	Payload []byte
}

// Journal is an open journal. Make it with Open; all methods may be called concurrently.
type Journal struct {
	dir  string
	lock *os.File

	mu     sync.Mutex
	file   *os.File
	size   int64 // where the next record goes
	buffer []byte
}

// Open opens the journal in dir, which is made when it does not exist, and hands every record to replay. The payload is the
// callee's to keep; an error of replay ends Open. cut is how many bytes of an incomplete last record were dropped.
//
// A journal that is open already, here or in another process, is an [ErrInUse]. A record that is damaged while a later one is
// intact is a [Damaged]: that is no write that was interrupted, and nothing is changed.
func Open(dir string, replay func(Record) error) (j *Journal, cut int64, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, 0, fmt.Errorf("make the data directory: %w", err)
	}
	lock, err := acquire(filepath.Join(dir, lockName))
	if err != nil {
		return nil, 0, fmt.Errorf("lock the data directory %s: %w", dir, err)
	}
	j = &Journal{dir: dir, lock: lock}
	if cut, err = j.load(replay); err != nil {
		return nil, 0, errors.Join(err, j.Close())
	}
	return j, cut, nil
}

func (j *Journal) load(replay func(Record) error) (cut int64, err error) {
	if err := os.Remove(j.path(rewriteName)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, fmt.Errorf("drop an unfinished rewrite: %w", err)
	}
	if j.file, err = os.OpenFile(j.path(fileName), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return 0, fmt.Errorf("open the journal: %w", err)
	}
	end, err := read(j.file, replay)
	if err != nil {
		return 0, err
	}
	info, err := j.file.Stat()
	if err != nil {
		return 0, fmt.Errorf("size of the journal: %w", err)
	}
	cut = info.Size() - end
	if err := j.file.Truncate(end); err != nil {
		return 0, fmt.Errorf("cut off the journal's incomplete end: %w", err)
	}
	if j.size = end; end == 0 {
		if _, err := j.file.WriteAt([]byte(head), 0); err != nil {
			return 0, fmt.Errorf("begin the journal: %w", err)
		}
		j.size = int64(len(head))
	}
	return cut, nil
}

func (j *Journal) path(name string) string { return filepath.Join(j.dir, name) }

// Append writes a record and returns when the system has it. After an error the record is not in the journal, and the next one
// may be tried. After Close it fails.
func (j *Journal) Append(at int64, payload []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return os.ErrClosed
	}
	var err error
	if j.buffer, err = appendFrame(j.buffer[:0], j.size, Record{at, payload}); err != nil {
		return err
	}
	if _, err := j.file.WriteAt(j.buffer, j.size); err != nil {
		_ = j.file.Truncate(j.size) // what stays is overwritten by the next record, or cut off when the journal is opened
		return err
	}
	j.size += int64(len(j.buffer))
	if cap(j.buffer) > maxBuffer {
		j.buffer = nil
	}
	return nil
}

// maxBuffer is how large a buffer is kept for the next record.
const maxBuffer = 1 << 20

// Size is the length of the file in bytes.
func (j *Journal) Size() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.size
}

// Close waits until everything is on disk and lets go of the directory. Closing again does nothing.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var errs []error
	if j.file != nil {
		errs = append(errs, j.file.Sync(), j.file.Close())
		j.file = nil
	}
	if j.lock != nil {
		errs = append(errs, j.lock.Close())
		j.lock = nil
	}
	return errors.Join(errs...)
}
