package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// fatal is what a test and a rapid property have in common.
type fatal interface {
	require.TestingT
	Helper()
}

// opened opens the journal in dir and returns what it holds.
func opened(t fatal, dir string) (*Journal, []string, int64) {
	t.Helper()
	var records []string
	j, cut, err := Open(dir, func(r Record) error {
		records = append(records, fmt.Sprintf("%d %s", r.Time, r.Payload))
		return nil
	})
	require.NoError(t, err)
	return j, records, cut
}

// holds is what the journal in dir holds; it is closed again.
func holds(t fatal, dir string) ([]string, int64) {
	t.Helper()
	j, records, cut := opened(t, dir)
	require.NoError(t, j.Close())
	return records, cut
}

// dirOf is a new directory with a journal of the given bytes.
func dirOf(t *testing.T, journal []byte) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, fileName), journal, 0o600))
	return dir
}

// written is a journal's bytes and records, and where each record ends; ends[0] is the end of the head.
func written(t *testing.T, payloads ...string) (file []byte, records []string, ends []int64) {
	t.Helper()
	dir := t.TempDir()
	j, _, _ := opened(t, dir)
	ends = append(ends, j.Size())
	for n, p := range payloads {
		require.NoError(t, j.Append(int64(n), []byte(p)))
		records, ends = append(records, fmt.Sprintf("%d %s", n, p)), append(ends, j.Size())
	}
	require.NoError(t, j.Close())
	file, err := os.ReadFile(filepath.Join(dir, fileName))
	require.NoError(t, err)
	return file, records, ends
}

func TestRecordsComeBackInOrder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there")
	j, records, cut := opened(t, dir)
	assert.Empty(t, records)
	assert.Zero(t, cut)
	long := strings.Repeat("x", 2*maxBuffer)
	require.NoError(t, j.Append(3, []byte("a")))
	require.NoError(t, j.Append(-1, nil))
	require.NoError(t, j.Append(7, []byte(long)))
	require.NoError(t, j.Close())
	require.NoError(t, j.Close())
	require.ErrorIs(t, j.Append(8, nil), os.ErrClosed)
	_, err := j.Begin()
	require.ErrorIs(t, err, os.ErrClosed)
	for range 2 {
		records, cut = holds(t, dir)
		assert.Equal(t, []string{"3 a", "-1 ", "7 " + long}, records)
		assert.Zero(t, cut)
	}
}

func TestOneAtATime(t *testing.T) {
	dir := t.TempDir()
	j, _, _ := opened(t, dir)
	_, _, err := Open(dir, nil)
	require.ErrorIs(t, err, ErrInUse)
	assert.EqualError(t, err, "lock the data directory "+dir+": another process uses it; end that one first")
	require.NoError(t, j.Close())
	holds(t, dir)
}

// TestAnAppendThatFails has a file that cannot be written for a while, as a full disk.
func TestAnAppendThatFails(t *testing.T) {
	dir := t.TempDir()
	j, _, _ := opened(t, dir)
	require.NoError(t, j.Append(1, []byte("a")))
	writable := j.file
	readOnly, err := os.Open(filepath.Join(dir, fileName))
	require.NoError(t, err)
	j.file = readOnly
	require.ErrorContains(t, j.Append(2, []byte("b")), "write "+filepath.Join(dir, fileName))
	j.file = writable
	_, err = writable.WriteAt([]byte("half of b, which is longer than c with all that belongs to it"), j.Size())
	require.NoError(t, err)
	require.NoError(t, j.Append(3, []byte("c")))
	require.NoError(t, readOnly.Close())
	require.NoError(t, j.Close())
	got, cut := holds(t, dir)
	assert.Equal(t, []string{"1 a", "3 c"}, got)
	assert.Positive(t, cut)
}

// TestCutAnywhere cuts a journal at every byte: what was complete is there, the rest is cut off, and it goes on.
func TestCutAnywhere(t *testing.T) {
	file, records, ends := written(t, "one", "", "the third", strings.Repeat("long ", 30), "last")
	for n := range len(file) + 1 {
		complete, end := 0, int64(0)
		for i, e := range ends {
			if e <= int64(n) {
				complete, end = i, e
			}
		}
		dir := dirOf(t, file[:n])
		j, got, cut := opened(t, dir)
		require.ElementsMatch(t, records[:complete], got, "cut at %d", n)
		require.Equal(t, int64(n)-end, cut, "cut at %d", n)
		require.NoError(t, j.Append(99, []byte("next")))
		require.NoError(t, j.Close())
		got, cut = holds(t, dir)
		require.Zero(t, cut)
		require.Equal(t, append(records[:complete:complete], "99 next"), got)
	}
}

// TestDamageAnywhere changes every byte: in the last record it is an incomplete write; before, it is an error that says where
// and leaves everything as it is.
func TestDamageAnywhere(t *testing.T) {
	file, records, ends := written(t, "one", "", "the third", "last")
	last := ends[len(ends)-2]
	for n := range file {
		damaged := bytes.Clone(file)
		damaged[n] ^= 0x41
		dir := dirOf(t, damaged)
		if int64(n) >= last {
			got, cut := holds(t, dir)
			require.Equal(t, records[:len(records)-1], got, "byte %d", n)
			require.Equal(t, int64(len(file))-last, cut, "byte %d", n)
			continue
		}
		_, _, err := Open(dir, func(Record) error { return nil })
		if n < len(head) {
			require.EqualError(t, err, filepath.Join(dir, fileName)+" is no journal that this version reads")
		} else {
			begin := int64(0)
			for _, e := range ends {
				if e <= int64(n) {
					begin = e
				}
			}
			var where *Damaged
			require.ErrorAs(t, err, &where, "byte %d", n)
			require.Equal(t, begin, where.Offset, "byte %d", n)
			require.Contains(t, err.Error(), fmt.Sprintf("journal is damaged at byte %d, ", begin))
		}
		now, err := os.ReadFile(filepath.Join(dir, fileName))
		require.NoError(t, err)
		require.Equal(t, damaged, now)
	}
}

// TestAnEndOfZeros is what a file system may leave after a loss of power: the length without the content.
func TestAnEndOfZeros(t *testing.T) {
	file, records, _ := written(t, "one", "two")
	got, cut := holds(t, dirOf(t, append(bytes.Clone(file), make([]byte, 4096)...)))
	assert.Equal(t, records, got)
	assert.Equal(t, int64(4096), cut)
}

// TestAJournalInsideARecord is a payload that is a journal: when its record is incomplete, its inside is no later record.
func TestAJournalInsideARecord(t *testing.T) {
	inner, _, _ := written(t, "one", "two")
	file, records, ends := written(t, "first", string(inner))
	got, cut := holds(t, dirOf(t, file[:len(file)-1]))
	assert.Equal(t, records[:1], got)
	assert.Equal(t, int64(len(file))-1-ends[1], cut)
}

func TestWhatCannotBeReplayedSaysWhere(t *testing.T) {
	file, _, ends := written(t, "one", "two")
	dir := dirOf(t, file)
	_, _, err := Open(dir, func(r Record) error {
		if string(r.Payload) == "two" {
			return errors.New("not understood")
		}
		return nil
	})
	require.EqualError(t, err, fmt.Sprintf("%s, record at byte %d: not understood", filepath.Join(dir, fileName), ends[1]))
	holds(t, dir) // it is not locked any more
}

func TestADirectoryThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, _, err := Open(filepath.Join(file, "below"), nil)
	require.ErrorContains(t, err, "make the data directory: ")
}

// copied is a copy of a directory as a crash at this moment would leave it.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	require.NoError(t, os.CopyFS(to, os.DirFS(dir)))
	return to
}

// TestACrashAtEachStepOfARewrite appends before and after each step of a rewrite, and dies there.
func TestACrashAtEachStepOfARewrite(t *testing.T) {
	dir := t.TempDir()
	j, _, _ := opened(t, dir)
	want, short := []string{}, []string{}
	add := func(n int64, text string) {
		require.NoError(t, j.Append(n, []byte(text)))
		want, short = append(want, fmt.Sprintf("%d %s", n, text)), append(short, fmt.Sprintf("%d %s", n, text))
	}
	crash := func(step string, expected []string) {
		got, cut := holds(t, copied(t, dir))
		require.Equal(t, expected, got, step)
		require.Zero(t, cut, step)
	}
	for n := range int64(10) {
		add(n, "old")
	}
	r, err := j.Begin()
	require.NoError(t, err)
	short = nil
	crash("begun", want)
	add(10, "during")
	crash("begun", want)
	require.NoError(t, r.Append(9, []byte("all that is old")))
	short = append([]string{"9 all that is old"}, short...)
	require.NoError(t, r.out.Flush())
	crash("state written", want)
	require.NoError(t, r.catchUp())
	crash("caught up", want)
	rewritten, err := os.ReadFile(filepath.Join(dir, rewriteName))
	require.NoError(t, err)
	for n := range rewritten {
		at := copied(t, dir)
		require.NoError(t, os.Truncate(filepath.Join(at, rewriteName), int64(n)))
		got, _ := holds(t, at)
		require.Equal(t, want, got)
		require.NoFileExists(t, filepath.Join(at, rewriteName))
	}
	add(11, "between")
	crash("behind", want)
	require.NoError(t, r.replace())
	crash("replaced", short)
	add(12, "after")
	crash("after", short)
	require.NoError(t, r.Abort(), "it does nothing any more")
	require.NoError(t, j.Close())
	got, _ := holds(t, dir)
	assert.Equal(t, []string{"9 all that is old", "10 during", "11 between", "12 after"}, got)
}

func TestARewriteThatIsGivenUp(t *testing.T) {
	dir := t.TempDir()
	j, _, _ := opened(t, dir)
	require.NoError(t, j.Append(1, []byte("a")))
	r, err := j.Begin()
	require.NoError(t, err)
	_, err = j.Begin()
	require.ErrorIs(t, err, os.ErrExist, "one at a time")
	require.NoError(t, r.Abort())
	r, err = j.Begin()
	require.NoError(t, err)
	require.NoError(t, j.Close())
	require.ErrorIs(t, r.Finish(), os.ErrClosed)
	require.NoFileExists(t, filepath.Join(dir, rewriteName))
	got, _ := holds(t, dir)
	assert.Equal(t, []string{"1 a"}, got)
}

// TestAppendsAndRewritesAnyOrder compares a journal with a list, over restarts.
func TestAppendsAndRewritesAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "journal")
		require.NoError(t, err)
		defer os.RemoveAll(dir)
		j, _, _ := opened(t, dir)
		var want []string
		for range rapid.IntRange(1, 15).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"append", "append", "rewrite", "restart", "kill"}).Draw(t, "step") {
			case "append":
				payload := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "payload")
				require.NoError(t, j.Append(5, payload))
				want = append(want, fmt.Sprintf("5 %s", payload))
			case "rewrite":
				r, err := j.Begin()
				require.NoError(t, err)
				require.NoError(t, r.Append(0, []byte("all")))
				require.NoError(t, j.Append(6, nil))
				require.NoError(t, r.Finish())
				want = []string{"0 all", "6 "}
			case "kill": // in the middle of an append
				require.NoError(t, j.Append(7, []byte("never complete")))
				cut := rapid.Int64Range(1, int64(frameHeader+len("never complete"))).Draw(t, "cut")
				require.NoError(t, os.Truncate(filepath.Join(dir, fileName), j.Size()-cut))
				fallthrough
			default:
				require.NoError(t, j.Close())
				var got []string
				j, got, _ = opened(t, dir)
				require.ElementsMatch(t, want, got)
			}
		}
		require.NoError(t, j.Close())
	})
}
