//go:build unix

package traffic

import (
	"syscall"
	"time"
)

// computed is how long this process and those of its children that have ended have computed, on all processors together.
func computed() time.Duration {
	var sum time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) == nil {
			sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	return sum
}
