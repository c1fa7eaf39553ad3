package google

import (
	"io"
	"net"
	"os/exec"
	"sync"
)

// keeper is a shell that runs its arguments until they end, or its input does, which it does however we end: then they are killed.
// What a terminal sends to all its processes is for us to answer.
const keeper = `trap '' INT HUP; exec 3<&0; "$@" <&- 3<&- & child=$!
{ read -r line; kill -9 $child; } <&3 3<&- >/dev/null 2>&1 & reader=$!
exec 3<&-; wait $child; kill -9 $reader 2>/dev/null`

// kept is a program under a keeper.
type kept struct {
	input io.WriteCloser
	said  *tail
	ended chan struct{} // closed when keeper and program are gone
}

// inputs are those of the keepers that run. The garbage collector closes a file nobody holds.
var inputs sync.Map

// keep starts a program that ends with us.
func keep(args []string) (*kept, error) {
	k := &kept{said: &tail{}, ended: make(chan struct{})}
	cmd := exec.Command("/bin/sh", append([]string{"-c", keeper, "keeper"}, args...)...)
	cmd.Stdout, cmd.Stderr = k.said, k.said
	var err error
	if k.input, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	inputs.Store(k.input, nil)
	go func() {
		defer close(k.ended)
		_ = cmd.Wait() // it was killed, and says so, or has said why it ended
	}()
	return k, nil
}

// stop ends the program and returns when it is gone.
func (k *kept) stop() {
	inputs.Delete(k.input)
	_ = k.input.Close()
	<-k.ended
}

// maxTail is how much is kept of what a program says: emulators log each connection for as long as they live.
const maxTail = 8 << 10

// tail is the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	last []byte
}

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, b...)
	if len(t.last) > 2*maxTail {
		t.last = append([]byte(nil), t.last[len(t.last)-maxTail:]...)
	}
	return len(b), nil
}

// Bytes are the last that were written.
func (t *tail) Bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]byte(nil), t.last[max(0, len(t.last)-maxTail):]...)
}

// freePort is a port nobody listens to: an emulator cannot say which one it chose.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
