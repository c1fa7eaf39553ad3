package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/deskline/deskline/emulator/process"
)

// startProcesses starts every function in a process of its own, side by side.
func (s *Suite) startProcesses(ctx context.Context, log *slog.Logger) error {
	s.Clock.Tell(s.tellProcesses)
	s.onClose(func() error {
		s.eachProcess((*process.Process).Close)
		return nil
	})
	names := s.topology.Names()
	started, errs := make([]*process.Process, len(names)), make([]error, len(names))
	var starting sync.WaitGroup
	for n, name := range names {
		ahead := func() time.Duration { return s.Clock.Ahead() + s.Faults.Skew(name) }
		starting.Go(func() {
			started[n], errs[n] = process.Start(ctx, name, process.Options{
				Program: s.opt.Program, Env: s.processEnv(name), Ahead: ahead, Log: &relay{log: log}})
		})
	}
	starting.Wait()
	for n, name := range names {
		if errs[n] == nil {
			s.processes[name], s.Functions[name] = started[n], started[n]
		}
	}
	return errors.Join(errs...)
}

// processEnv is the environment of a function's process: what the system needs, such as where temporary files go, and what the
// function does.
func (s *Suite) processEnv(name string) []string {
	env := append(os.Environ(), "FUNCTION_TARGET=")
	for key, value := range s.env(name) {
		env = append(env, key+"="+value)
	}
	return env
}

// eachProcess does something with all processes, side by side.
func (s *Suite) eachProcess(do func(*process.Process)) {
	var doing sync.WaitGroup
	for _, p := range s.processes {
		doing.Go(func() { do(p) })
	}
	doing.Wait()
}

// tellProcesses has every function know its clock's new time.
func (s *Suite) tellProcesses() { s.eachProcess((*process.Process).Tell) }

// ErrNoProcess says that a function has no process of its own: there is no such function, or the suite does not isolate.
var ErrNoProcess = errors.New("suite: the function has no process of its own")

// Kill ends a function's process at once, as SIGKILL does, and returns when it is gone; the next one is being started then. It
// needs Options.Isolate.
func (s *Suite) Kill(function string) error {
	p, ok := s.processes[function]
	if !ok {
		return fmt.Errorf("%w: %q", ErrNoProcess, function)
	}
	p.Kill()
	return nil
}

// listProcesses tells how often each function's process was started.
func (s *Suite) listProcesses(w http.ResponseWriter, _ *http.Request) {
	type line struct {
		Function string `json:"function"`
		Starts   int    `json:"starts"`
	}
	list := []line{}
	for _, name := range slices.Sorted(maps.Keys(s.processes)) {
		list = append(list, line{name, s.processes[name].Starts()})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"processes": list}) // the caller is gone: nobody is left to tell
}

func (s *Suite) killProcess(w http.ResponseWriter, r *http.Request) {
	if err := s.Kill(r.PathValue("function")); err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// relay hands the JSON lines of functions' logs to the suite's log.
type relay struct {
	log *slog.Logger

	mu   sync.Mutex
	rest []byte // of a line that has not ended
}

// Write implements io.Writer. What is no JSON line, such as a panic's stack, is told as an error.
func (r *relay) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rest = append(r.rest, b...)
	lines := strings.SplitAfter(string(r.rest), "\n")
	last := len(lines) - 1
	r.rest = []byte(lines[last])
	for _, line := range lines[:last] {
		r.tell(strings.TrimSuffix(line, "\n"))
	}
	return len(b), nil
}

func (r *relay) tell(line string) {
	var fields map[string]any
	if json.Unmarshal([]byte(line), &fields) != nil {
		r.log.Error(line)
		return
	}
	levels := map[any]slog.Level{"DEBUG": slog.LevelDebug, "INFO": slog.LevelInfo, "WARNING": slog.LevelWarn}
	level, ok := levels[fields["severity"]]
	if !ok {
		level = slog.LevelError
	}
	message, _ := fields["message"].(string)
	var attrs []slog.Attr
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if key != "severity" && key != "message" && key != slog.TimeKey {
			attrs = append(attrs, slog.Any(key, fields[key]))
		}
	}
	r.log.LogAttrs(context.Background(), level, message, attrs...)
}
