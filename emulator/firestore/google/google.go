// Package google runs Google's Firestore emulator, so that tests can compare the embedded one with it.
//
// It is found in this order: at the address in FIRESTORE_EMULATOR_HOST, where it runs already, or in
// the Cloud SDK, from which Start runs it with the java on the PATH.
package google

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// HostVariable names the environment variable with the address of an emulator that runs already.
const HostVariable = "FIRESTORE_EMULATOR_HOST"

// ErrNotInstalled is wrapped by the error of Start when there is neither an address nor a Cloud SDK
// with the emulator, or no Java to run it with.
var ErrNotInstalled = errors.New("the Firestore emulator of Google is not installed")

const (
	jarPath  = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
	mainName = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"

	// keeper runs its arguments and kills them when its input ends, which it does however we end.
	// What a terminal sends to all its processes is for us to answer.
	keeper = `trap '' INT HUP; exec 3<&0; "$@" <&- 3<&- & child=$!; trap 'kill -9 $child' EXIT; read -r line <&3`
)

// inputs are those of the keepers that run. The garbage collector closes a file nobody holds.
var inputs sync.Map

// Start returns the address of an emulator that answers. stop ends it, and waits until it is gone,
// when Start started it; the emulator also ends when this process does. ctx bounds the start alone.
func Start(ctx context.Context) (addr string, stop func(), err error) {
	if addr := os.Getenv(HostVariable); addr != "" {
		return addr, func() {}, await(ctx, addr)
	}
	java, jar, err := find()
	if err != nil {
		return "", nil, err
	}
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	var output bytes.Buffer
	cmd := exec.Command("/bin/sh", "-c", keeper, "firestore",
		java, "-Duser.language=en", "-cp", jar, mainName, "start", "--host=127.0.0.1", "--port="+port)
	cmd.Stdout, cmd.Stderr = &output, &output
	input, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("start Google's Firestore emulator: %w", err)
	}
	inputs.Store(input, nil)
	stop = func() {
		inputs.Delete(input)
		_ = input.Close()
		_ = cmd.Wait() // it was killed, and says so
	}
	addr = net.JoinHostPort("127.0.0.1", port)
	if err := await(ctx, addr); err != nil {
		stop()
		return "", nil, fmt.Errorf("%w; it printed:\n%s", err, output.Bytes())
	}
	return addr, stop, nil
}

// find looks for Java and for the emulator below the root of the Cloud SDK.
func find() (java, jar string, err error) {
	gcloud, err := exec.LookPath("gcloud")
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrNotInstalled, err)
	}
	if gcloud, err = filepath.EvalSymlinks(gcloud); err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrNotInstalled, err)
	}
	jar = filepath.Join(filepath.Dir(filepath.Dir(gcloud)), jarPath)
	if _, err := os.Stat(jar); err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrNotInstalled, err)
	}
	if java, err = exec.LookPath("java"); err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrNotInstalled, err)
	}
	return java, jar, nil
}

// freePort is a port nobody listens to: the emulator cannot say which one it chose.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// await asks until the emulator answers over HTTP, as it does on the port of its gRPC service.
func await(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := ask(ctx, addr)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the Firestore emulator of Google at %s does not answer: %w", addr, err)
		case <-again.C:
		}
	}
}

func ask(ctx context.Context, addr string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
