package journal

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
)

// head begins every journal; the number is the version of its format.
const head = "deskline journal 1\n"

// A record is stored as a frame: mark, length of the payload, checksum, time, payload; numbers are big endian. The checksum is
// over the frame's place in the file and everything behind the checksum's own, so that no payload looks like a frame.
const (
	mark        = "\xf1\xd5rec\n\x00\xff"
	lengthAt    = len(mark)
	checksumAt  = lengthAt + 4
	timeAt      = checksumAt + 4
	frameHeader = timeAt + 8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is that of a frame that begins at offset.
func checksum(offset int64, frame []byte) uint32 {
	sum := crc32.Checksum(binary.BigEndian.AppendUint64(nil, uint64(offset)), castagnoli)
	return crc32.Update(sum, castagnoli, frame[timeAt:])
}

// appendFrame appends to an empty b the frame of a record that goes to offset.
func appendFrame(b []byte, offset int64, r Record) ([]byte, error) {
	if len(r.Payload) > math.MaxInt32 {
		return b, fmt.Errorf("a record of %d bytes is too large for the journal", len(r.Payload))
	}
	b = append(b, mark...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Payload)))
	b = append(b, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Time))
	b = append(b, r.Payload...)
	binary.BigEndian.PutUint32(b[checksumAt:], checksum(offset, b))
	return b, nil
}

// frameLength is the length of the frame that header begins, 0 when it begins none.
func frameLength(header []byte) int64 {
	if len(header) < frameHeader || string(header[:len(mark)]) != mark {
		return 0
	}
	return int64(frameHeader) + int64(binary.BigEndian.Uint32(header[lengthAt:]))
}

// intact reports whether frame, which is as long as it says, is as it was written.
func intact(offset int64, frame []byte) bool {
	return binary.BigEndian.Uint32(frame[checksumAt:]) == checksum(offset, frame)
}

// recordOf is the record in a frame, whose memory it shares.
func recordOf(frame []byte) Record {
	return Record{Time: int64(binary.BigEndian.Uint64(frame[timeAt:])), Payload: frame[frameHeader:]}
}

// Damaged says that a record cannot be read although a later one can: the file was changed by something else than a journal.
type Damaged struct {
	Path   string
	Offset int64 // where the damage begins, in bytes
}

// Error names the file and the place.
func (d *Damaged) Error() string {
	return fmt.Sprintf("%s is damaged at byte %d, and what follows is not: this is no interrupted write, so nothing was loaded or cut off",
		d.Path, d.Offset)
}

// read hands every record of a file to replay, and returns where the last intact one ends. What is behind that is an incomplete
// write. 0 means that not even the head is complete.
func read(f *os.File, replay func(Record) error) (end int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("size of the journal: %w", err)
	}
	size := info.Size()
	begin := make([]byte, min(size, int64(len(head))))
	if _, err := f.ReadAt(begin, 0); err != nil {
		return 0, fmt.Errorf("read the journal: %w", err)
	}
	switch {
	case string(begin) != head[:len(begin)]:
		return 0, fmt.Errorf("%s is no journal that this version reads", f.Name())
	case len(begin) < len(head):
		return 0, nil
	}
	end, err = readFrames(f, int64(len(head)), size, replay)
	if err != nil || end == size {
		return end, err
	}
	later, err := frameBehind(f, end, size)
	switch {
	case err != nil:
		return end, fmt.Errorf("read the journal: %w", err)
	case later:
		return end, &Damaged{Path: f.Name(), Offset: end}
	}
	return end, nil
}

// readFrames hands the records from one offset to another to replay, and returns where the last intact one ends.
func readFrames(f *os.File, from, to int64, replay func(Record) error) (end int64, err error) {
	in := bufio.NewReaderSize(io.NewSectionReader(f, from, to-from), 1<<20)
	for from < to {
		header, err := in.Peek(frameHeader)
		if err != nil && err != io.EOF {
			return from, fmt.Errorf("read the journal at byte %d: %w", from, err)
		}
		n := frameLength(header)
		if n == 0 || n > to-from {
			return from, nil
		}
		frame := make([]byte, n)
		if _, err := io.ReadFull(in, frame); err != nil {
			return from, fmt.Errorf("read the journal at byte %d: %w", from, err)
		}
		if !intact(from, frame) {
			return from, nil
		}
		if err := replay(recordOf(frame)); err != nil {
			return from, fmt.Errorf("%s, record at byte %d: %w", f.Name(), from, err)
		}
		from += n
	}
	return from, nil
}

// frameBehind reports whether an intact frame begins behind offset.
func frameBehind(f *os.File, offset, size int64) (bool, error) {
	offset++
	rest, err := io.ReadAll(io.NewSectionReader(f, offset, size-offset))
	if err != nil {
		return false, err
	}
	for {
		i := bytes.Index(rest, []byte(mark))
		if i < 0 {
			return false, nil
		}
		rest, offset = rest[i:], offset+int64(i)
		if n := frameLength(rest); n > 0 && n <= int64(len(rest)) && intact(offset, rest[:n]) {
			return true, nil
		}
		rest, offset = rest[1:], offset+1
	}
}
