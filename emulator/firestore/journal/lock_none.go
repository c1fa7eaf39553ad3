//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package journal

import (
	"errors"
	"os"
)

// acquire refuses: without a lock that ends with the process, two could write the same journal.
func acquire(string) (*os.File, error) {
	return nil, errors.New("data is kept on systems with flock only: Linux, macOS and the BSDs")
}
