package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sethvargo/go-envconfig"

	"github.com/deskline/deskline/shared/host"
)

// grace is how long requests under way may take when the process is told to end.
const grace = 2 * time.Second

// command is the first argument of a function's process; the second is the function.
const command = "function"

// Main serves a function and ends the process, when the process was started to do that; else it returns at once. A binary that
// starts functions begins with it.
func Main() {
	if !asked() {
		return
	}
	signal.Ignore(os.Interrupt) // the terminal sends it to everybody; the end comes from the suite
	if err := Serve(os.Args[2], os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// asked reports whether this process was started to serve a function.
func asked() bool { return len(os.Args) == 3 && os.Args[1] == command }

// Serve is a function's process: it serves the function named, with the environment it has, until in ends. See the package comment
// for what it reads and writes; its log goes to log.
func Serve(name string, in io.Reader, out, log io.Writer) error {
	lines := bufio.NewScanner(in)
	var ahead atomic.Int64
	if !next(lines, &ahead) {
		return errors.New("the clock's lead does not come in; a function's process is for the suite to start")
	}
	stopping, stop := context.WithCancel(context.Background())
	defer stop()
	f, err := host.Open(context.Background(), name, host.Options{
		Env: envconfig.OsLookuper(), Log: host.NewLog(log), Stopping: stopping,
		Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, f.Close())
	}
	srv := &http.Server{Handler: f, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	fmt.Fprintln(out, l.Addr())
	for next(lines, &ahead) {
		fmt.Fprintln(out, ahead.Load())
	}
	stop()
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err = srv.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close()
	}
	if gone := <-served; !errors.Is(gone, http.ErrServerClosed) {
		err = errors.Join(err, gone)
	}
	return errors.Join(err, f.Close())
}

// next takes over the clock's lead from the next line; false when there is none.
func next(lines *bufio.Scanner, ahead *atomic.Int64) bool {
	if !lines.Scan() {
		return false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(lines.Text()), 10, 64)
	if err != nil {
		return false
	}
	ahead.Store(n)
	return true
}
