package suite

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Everything in a suite is on one machine, and sockets in its file system cost half of what its own network does. Every service has
// one beside its address, and who belongs to the suite goes by it; everybody else, who may not know sockets, by the address. Where
// there can be no sockets, because the path of temporary files is longer than a socket's may be, all do. A suite that is killed leaves
// their files, which hold nothing.

// openShortcuts makes the directory of the sockets, and the gateway's.
func (s *Suite) openShortcuts() error {
	dir, err := os.MkdirTemp("", "deskline-")
	if err != nil {
		return err
	}
	s.sockets = dir
	s.onClose(func() error { return os.RemoveAll(dir) })
	if near, err := net.Listen("unix", filepath.Join(dir, "gateway")); err == nil {
		s.near = near
		s.onClose(func() error { return closed(near) })
	}
	return nil
}

// shorten has functions reach a service, which the variable names, by a socket that start makes.
func (s *Suite) shorten(variable string, start func(path string) error) {
	path := filepath.Join(s.sockets, variable)
	if start(path) == nil {
		s.shortcuts[variable] = "unix:" + path
	}
}

// Dial connects to an address, to the gateway by its socket. It is for transports of HTTP clients that belong to the suite.
func (s *Suite) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if s.near != nil && addr == s.listener.Addr().String() {
		network, addr = "unix", s.near.Addr().String()
	}
	return new(net.Dialer).DialContext(ctx, network, addr)
}

// idleConnections is how many a transport keeps: all of them go to the gateway.
const idleConnections = 1024

// transport is what the suite's own clients reach the gateway with. It ends with the suite.
func (s *Suite) transport() *http.Transport {
	t := &http.Transport{DialContext: s.Dial, MaxIdleConnsPerHost: idleConnections, IdleConnTimeout: time.Minute, DisableCompression: true}
	s.onClose(func() error { t.CloseIdleConnections(); return nil })
	return t
}
