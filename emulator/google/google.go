// Package google runs Google's own emulators, so that ours can be compared with them and the suite can use them instead.
//
// An emulator is found in this order: at the address in its environment variable, where it runs already, or in the Cloud SDK, from
// which Start runs it with the java on the PATH.
package google

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	fpb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// ErrNotInstalled is wrapped by the error of Start when there is neither an address nor a Cloud SDK with the emulator, or no Java
// to run it with.
var ErrNotInstalled = errors.New("not installed")

// Emulator is one of Google's. There are Firestore and PubSub.
type Emulator struct {
	Variable string // of the environment, with the address of one that runs already

	service string
	jar     string   // below the root of the Cloud SDK; a pattern where the name has the version
	args    []string // that it is started with, but for the jar and the address
	ask     func(context.Context, *grpc.ClientConn) error
}

// Firestore is the emulator of Firestore. The jar names no main class. Checked with 1.19.9, 2026-11-21.
var Firestore = Emulator{
	Variable: "FIRESTORE_EMULATOR_HOST",
	service:  "Firestore",
	jar:      "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar",
	args:     []string{"com.google.cloud.datastore.emulator.firestore.CloudFirestore", "start"},
	ask: func(ctx context.Context, c *grpc.ClientConn) error {
		_, err := fpb.NewFirestoreClient(c).GetDocument(ctx, &fpb.GetDocumentRequest{
			Name: "projects/nobody/databases/(default)/documents/nothing/none"}, grpc.WaitForReady(true))
		return err
	},
}

// PubSub is the emulator of Pub/Sub. Checked with 0.8.20, 2026-11-21.
var PubSub = Emulator{
	Variable: "PUBSUB_EMULATOR_HOST",
	service:  "Pub/Sub",
	jar:      "platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar",
	args:     []string{"com.google.cloud.pubsub.testing.v1.Main"},
	ask: func(ctx context.Context, c *grpc.ClientConn) error {
		_, err := pubsubpb.NewPublisherClient(c).GetTopic(ctx, &pubsubpb.GetTopicRequest{
			Topic: "projects/nobody/topics/none"}, grpc.WaitForReady(true))
		return err
	},
}

// Light are flags of Java's with which an emulator takes less of a small machine while it is young, and is slower later.
// Journeys on Firestore's took two thirds of the time with them. Measured with OpenJDK 17 and the emulator 1.19.9, 2026-11-21.
var Light = []string{"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"}

// How long an emulator may take to answer.
const (
	starts  = 2 * time.Minute // one we started
	answers = 5 * time.Second // one that runs
)

// Start returns the address of an emulator that answers. stop ends it, and waits until it is gone, when Start started it; the
// emulator also ends when this process does, however it ends. ctx bounds the start alone. flags are Java's and may be none.
func (e Emulator) Start(ctx context.Context, flags ...string) (addr string, stop func(), err error) {
	if addr := os.Getenv(e.Variable); addr != "" {
		return addr, func() {}, e.await(ctx, addr, answers)
	}
	java, jar, err := e.find()
	if err != nil {
		return "", nil, err
	}
	command := slices.Concat([]string{java, "-Duser.language=en"}, flags, []string{"-cp", jar}, e.args, []string{"--host=127.0.0.1"})
	for range ports {
		if addr, stop, err = e.run(ctx, command); !errors.Is(err, errEnded) && status.Code(err) != codes.Unimplemented {
			break
		}
	}
	return addr, stop, err
}

// ports is how many are tried: between our choice of a port and the emulator's use of it somebody else may take it.
const ports = 3

var errEnded = errors.New("it ended")

// run runs a command with one more argument, the port. Its error wraps errEnded when the command ended, and is Unimplemented
// when another server answered.
func (e Emulator) run(ctx context.Context, command []string) (addr string, stop func(), err error) {
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	k, err := keep(append(command, "--port="+port))
	if err != nil {
		return "", nil, fmt.Errorf("start %s: %w", e, err)
	}
	addr = "127.0.0.1:" + port
	starting, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-k.ended:
			cancel(errEnded)
		case <-starting.Done():
		}
	}()
	if err := e.await(starting, addr, starts); err != nil {
		if cause := context.Cause(starting); cause != nil {
			err = fmt.Errorf("%s does not start: %w", e, cause)
		}
		k.stop()
		return "", nil, fmt.Errorf("%w; it printed:\n%s", err, k.said.Bytes())
	}
	return addr, k.stop, nil
}

// String is the emulator's name in a sentence.
func (e Emulator) String() string { return "the " + e.service + " emulator of Google" }

// find looks for Java and for the emulator below the root of the Cloud SDK.
func (e Emulator) find() (java, jar string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s is %w: %w", e, ErrNotInstalled, err)
		}
	}()
	gcloud, err := exec.LookPath("gcloud")
	if err != nil {
		return "", "", err
	}
	if gcloud, err = filepath.EvalSymlinks(gcloud); err != nil {
		return "", "", err
	}
	pattern := filepath.Join(filepath.Dir(filepath.Dir(gcloud)), e.jar)
	found, err := filepath.Glob(pattern)
	if err != nil {
		return "", "", err
	}
	if len(found) == 0 {
		return "", "", fmt.Errorf("there is no %s", pattern)
	}
	java, err = exec.LookPath("java")
	return java, found[len(found)-1], err
}

// await returns when the emulator has answered a call.
func (e Emulator) await(ctx context.Context, addr string, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again := backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1, MaxDelay: 50 * time.Millisecond}
	conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: again, MinConnectTimeout: starts}))
	if err != nil {
		return fmt.Errorf("dial %s: %w", e, err)
	}
	defer func() { _ = conn.Close() }()
	err = e.ask(ctx, conn)
	if status.Code(err) == codes.NotFound {
		return nil
	}
	return fmt.Errorf("%s at %s does not answer: %w", e, addr, err)
}

// Installed reports whether Start can start one.
func (e Emulator) Installed() bool {
	_, _, err := e.find()
	return err == nil
}
