package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// machine is what was measured on, in one line, with how many wanted to compute in the last minute where the system tells it as Linux
// does: more of them than processors make every time longer. Source: proc_loadavg(5), read 2026-11.
func machine() string {
	text := fmt.Sprintf("%s/%s, %s, %d processors", runtime.GOOS, runtime.GOARCH, runtime.Version(), runtime.NumCPU())
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return text
	}
	minute, _, _ := strings.Cut(string(load), " ")
	return text + "; load average before: " + minute
}
