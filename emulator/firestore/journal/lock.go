package journal

import "errors"

// ErrInUse is the answer to opening a journal that is open.
var ErrInUse = errors.New("another process uses it; end that one first")
