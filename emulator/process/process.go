// Package process runs functions in processes of their own, as a platform runs their instances: started when they are needed,
// killed at any moment, started anew.
//
// A function's process is another run of the binary that starts it, which therefore begins with [Main]. Its standard input and output are for the two: the parent writes how far the suite's clock is ahead, line by line, and
// the child answers each with the same line, its first with the address it listens on before. At the end of its input it ends, so
// that none is left when the parent dies. FUNCTION_TARGET, which starts a function in production, is not used: what it opens
// lives by the clock on the wall.
package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options say how a function's process is run.
type Options struct {
	Program string               // a binary that begins with Main; empty is the one that runs
	Env     []string             // its whole environment, as NAME=value
	Ahead   func() time.Duration // how far the function's clock is ahead of real time at this moment
	Log     io.Writer            // where its log lines go; safe for concurrent use; nil drops them
}

// Process is a function in a process of its own, which is started anew whenever it ends. Make it with Start; it is safe for
// concurrent use.
type Process struct {
	name string
	opt  Options

	ending  context.CancelFunc
	ended   chan struct{} // closed when nothing is left running
	started chan error    // the first start's outcome

	telling sync.Mutex // held while a process is told the time, so that none is admitted with an old one

	mu     sync.Mutex
	child  *child        // nil while none listens
	change chan struct{} // closed and made anew when child changes
	starts int
}

// errNoMain keeps a binary from starting itself over and over.
var errNoMain = errors.New("this binary was started as a function and does not begin with process.Main")

// Start runs a function and returns when it listens. A process that ends before that for the first time is an error with the last
// line it logged; later it is tried again.
func Start(ctx context.Context, name string, o Options) (*Process, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	if asked() {
		return nil, fmt.Errorf("start function %s: %w", name, errNoMain)
	}
	if o.Program == "" {
		exe, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("start function %s: %w", name, err)
		}
		o.Program = exe
	}
	running, ending := context.WithCancel(context.Background())
	p := &Process{name: name, opt: o, ending: ending, ended: make(chan struct{}), started: make(chan error, 1), change: make(chan struct{})}
	go p.keep(running)
	var err error
	select {
	case err = <-p.started:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		p.Close()
		return nil, fmt.Errorf("start function %s: %w", name, err)
	}
	return p, nil
}

// The pause before a process that did not come to listen is started again.
const (
	shortPause = 10 * time.Millisecond
	longPause  = time.Second
)

// keep has one process run at any time until ctx ends.
func (p *Process) keep(ctx context.Context) {
	defer close(p.ended)
	pause := shortPause
	for first := true; ctx.Err() == nil; first = false {
		c, err := p.begin(ctx)
		if first {
			p.started <- err
		}
		if err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
			pause = min(2*pause, longPause)
			continue
		}
		pause = shortPause
		p.admit(c)
		select {
		case <-c.dead:
		case <-ctx.Done():
		}
		p.set(nil)
		c.end()
	}
}

// admit lets requests come to a process that listens. Its clock may have been moved since it began to start.
func (p *Process) admit(c *child) {
	p.telling.Lock()
	defer p.telling.Unlock()
	c.tell(p.opt.Ahead())
	p.set(c)
}

func (p *Process) set(c *child) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.child = c
	if c != nil {
		p.starts++
	}
	close(p.change)
	p.change = make(chan struct{})
}

// Starts is how often the function has come to listen.
func (p *Process) Starts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.starts
}

// current waits for a process that listens.
func (p *Process) current(ctx context.Context) (*child, error) {
	for {
		p.mu.Lock()
		c, change := p.child, p.change
		p.mu.Unlock()
		if c != nil && !c.isDead() {
			return c, nil
		}
		select {
		case <-change:
		case <-p.ended:
			return nil, errors.New("it was closed")
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// startFor is how long a request waits for a process that is being started.
const startFor = 10 * time.Second

// ServeHTTP hands a request to the function's process and waits for one that is being started, as platforms do. When the process
// dies in the middle the caller's connection is cut; when none can be reached the answer is 503.
func (p *Process) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), startFor)
	c, err := p.current(ctx)
	cancel()
	if err != nil {
		http.Error(w, "the function "+p.name+" does not run", http.StatusServiceUnavailable)
		return
	}
	c.proxy.ServeHTTP(w, r)
}

// Kill ends the process at once, without a chance to end anything itself (SIGKILL), and returns when it is gone; the next one is
// being started then. It does nothing when none runs.
func (p *Process) Kill() {
	p.mu.Lock()
	c := p.child
	p.mu.Unlock()
	if c != nil {
		_ = c.cmd.Process.Kill() // it may have ended by itself
		<-c.dead
	}
}

// Tell says how far ahead the clock is now, and returns when the function knows. One that dies meanwhile starts with it.
func (p *Process) Tell() {
	p.telling.Lock()
	defer p.telling.Unlock()
	p.mu.Lock()
	c := p.child
	p.mu.Unlock()
	if c != nil {
		c.tell(p.opt.Ahead())
	}
}

// Close ends the process and returns when it is gone; requests under way have as long as the function gives them. Closing again
// does nothing.
func (p *Process) Close() {
	p.ending()
	<-p.ended
}

// child is one run of the process.
type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	proxy *httputil.ReverseProxy
	dead  chan struct{} // closed when it has ended

	out *bufio.Reader // read by who holds the process's telling
}

func (c *child) isDead() bool {
	select {
	case <-c.dead:
		return true
	default:
		return false
	}
}

// begin starts a process and returns when it listens.
func (p *Process) begin(ctx context.Context) (*child, error) {
	last := &lastLine{to: p.opt.Log}
	c := &child{cmd: exec.Command(p.opt.Program, command, p.name), dead: make(chan struct{})}
	c.cmd.Env, c.cmd.Stderr = p.opt.Env, last
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	spare := Doom(c.cmd.Process)
	c.out = bufio.NewReader(out)
	addr := make(chan string, 1)
	go func() {
		fmt.Fprintln(c.in, int64(p.opt.Ahead()))
		line, _ := c.out.ReadString('\n') // a process that ended says nothing
		addr <- strings.TrimSpace(line)
	}()
	var at string
	select {
	case at = <-addr:
	case <-ctx.Done():
	}
	if at == "" {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait() // it was killed, or has said why it ended
		spare()
		return nil, fmt.Errorf("it does not run: %s", last.text())
	}
	c.proxy = proxyTo(at)
	go func() {
		defer close(c.dead)
		defer spare()
		_ = c.cmd.Wait() // however it ended, there will be another
	}()
	return c, nil
}

// end lets the process finish and waits until it is gone.
func (c *child) end() {
	_ = c.in.Close()
	<-c.dead
	c.proxy.Transport.(*http.Transport).CloseIdleConnections()
}

// tell writes the clock's lead and waits for the answer, or for the end.
func (c *child) tell(ahead time.Duration) {
	line := strconv.FormatInt(int64(ahead), 10) + "\n"
	if _, err := io.WriteString(c.in, line); err != nil {
		return
	}
	_, _ = c.out.ReadString('\n') // nothing, when it has ended
}

// idle is how many connections to a process are kept.
const idle = 1024

// proxyTo passes requests on and answers as they come, for streams. A connection that breaks in the middle breaks the caller's.
func proxyTo(addr string) *httputil.ReverseProxy {
	target := &url.URL{Scheme: "http", Host: addr}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
		Transport:     &http.Transport{MaxIdleConnsPerHost: idle, IdleConnTimeout: time.Minute, DisableCompression: true},
		FlushInterval: -1,
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
}

// lastLine passes a log on and keeps its last line.
type lastLine struct {
	to io.Writer

	mu   sync.Mutex
	line string
}

func (l *lastLine) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	l.line = lines[len(lines)-1]
	return l.to.Write(b)
}

func (l *lastLine) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.line
}
