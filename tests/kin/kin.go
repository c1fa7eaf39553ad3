// Package kin tells which processes a process has begun, for tests that nothing is left of them. It reads /proc, which Linux has.
package kin

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Below are the processes below one that run, by their IDs; not ok where the system does not tell.
func Below(pid int) (below []int, ok bool) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		return nil, false
	}
	parent := map[int]int{}
	for _, file := range stats {
		if id, ppid, ok := parentOf(file); ok {
			parent[id] = ppid
		}
	}
	for id := range parent {
		for up := parent[id]; up > 1; up = parent[up] {
			if up == pid {
				below = append(below, id)
			}
		}
	}
	slices.Sort(below)
	return below, true
}

// Runs reports whether a process runs: one that has ended does not, also while nobody has asked how.
func Runs(pid int) bool {
	_, _, ok := parentOf(fmt.Sprintf("/proc/%d/stat", pid))
	return ok
}

// parentOf reads a process and its parent from its status; not ok when it has ended, and when nobody has asked yet how. Source of the
// form: proc_pid_stat(5), read 2026-11.
func parentOf(stat string) (id, parent int, ok bool) {
	text, err := os.ReadFile(stat)
	if err != nil {
		return 0, 0, false
	}
	behind := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	id, err = strconv.Atoi(filepath.Base(filepath.Dir(stat)))
	if err != nil || len(behind) < 2 || behind[0] == "Z" {
		return 0, 0, false
	}
	parent, err = strconv.Atoi(behind[1])
	return id, parent, err == nil
}
