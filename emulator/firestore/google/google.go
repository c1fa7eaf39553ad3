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
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
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

// How long an emulator may take to answer.
const (
	starts  = time.Minute     // one we started
	answers = 5 * time.Second // one that runs
)

// inputs are those of the keepers that run. The garbage collector closes a file nobody holds.
var inputs sync.Map

// Light are flags of Java's with which the emulator takes less of a small machine while it is young, and is slower later.
// Journeys took two thirds of the time with them. Measured with OpenJDK 17 and the emulator 1.19.9, 2026-11-21.
var Light = []string{"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"}

// Start returns the address of an emulator that answers. stop ends it, and waits until it is gone,
// when Start started it; the emulator also ends when this process does. ctx bounds the start alone.
// flags are Java's and may be none.
func Start(ctx context.Context, flags ...string) (addr string, stop func(), err error) {
	if addr := os.Getenv(HostVariable); addr != "" {
		return addr, func() {}, await(ctx, addr, answers)
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
	args := slices.Concat([]string{"-c", keeper, "firestore", java, "-Duser.language=en"}, flags,
		[]string{"-cp", jar, mainName, "start", "--host=127.0.0.1", "--port=" + port})
	cmd := exec.Command("/bin/sh", args...)
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
	if err := await(ctx, addr, starts); err != nil {
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

// await returns when the emulator has answered a call.
func await(ctx context.Context, addr string, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again := backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1, MaxDelay: 50 * time.Millisecond}
	conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: again, MinConnectTimeout: starts}))
	if err != nil {
		return fmt.Errorf("dial the Firestore emulator of Google: %w", err)
	}
	defer func() { _ = conn.Close() }()
	_, err = pb.NewFirestoreClient(conn).GetDocument(ctx, &pb.GetDocumentRequest{
		Name: "projects/nobody/databases/(default)/documents/nothing/none"}, grpc.WaitForReady(true))
	if status.Code(err) == codes.NotFound {
		return nil
	}
	return fmt.Errorf("the Firestore emulator of Google at %s does not answer: %w", addr, err)
}
