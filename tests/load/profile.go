package main

import (
	"errors"
	"os"
	"runtime/pprof"

	"github.com/deskline/deskline/tests/traffic"
)

// profiled runs with a profile into the file; none when the name is empty.
func profiled(name string, run func() (traffic.Result, error)) (traffic.Result, error) {
	if name == "" {
		return run()
	}
	f, err := os.Create(name)
	if err != nil {
		return traffic.Result{}, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return traffic.Result{}, errors.Join(err, f.Close())
	}
	r, err := run()
	pprof.StopCPUProfile()
	return r, errors.Join(err, f.Close())
}
