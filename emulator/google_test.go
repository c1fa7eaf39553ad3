package main

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/google"
	"github.com/deskline/deskline/emulator/pubsub"
)

func TestAServiceThatCannotBeChosen(t *testing.T) {
	t.Setenv(google.Firestore.Variable, "")
	t.Setenv(google.PubSub.Variable, "")
	t.Setenv("PATH", t.TempDir())
	const missing = `the Firestore emulator of Google is not installed: exec: "gcloud": executable file not found in $PATH`
	const noPubSub = `the Pub/Sub emulator of Google is not installed: exec: "gcloud": executable file not found in $PATH`
	for _, c := range []struct {
		want string
		args []string
	}{
		{`there is no Firestore "googel"; there are embedded and google`, []string{"-firestore=googel"}},
		{`there is no Firestore ""; there are embedded and google`, []string{"-firestore=", "demo"}},
		{"-data is for the embedded Firestore; Google's emulator keeps nothing", []string{"-firestore=google", "-data", "x"}},
		{missing, []string{"-firestore=google"}},
		{missing, []string{"-firestore=google", "demo"}},
		{`there is no Pub/Sub "kafka"; there are embedded and google`, []string{"-pubsub=kafka"}},
		{`there is no Pub/Sub ""; there are embedded and google`, []string{"-pubsub=", "demo"}},
		{`there is no Pub/Sub "x"; there are embedded and google`, []string{"-firestore=google", "-pubsub=x"}},
		{noPubSub, []string{"-pubsub=google"}},
		{noPubSub, []string{"-pubsub=google", "demo"}},
		{noPubSub, []string{"-pubsub=google", "exec", "--", emulator}},
	} {
		code, out, errs := runs(t, c.args...)
		assert.Equal(t, 1, code, c.args)
		assert.Empty(t, out, c.args)
		assert.Equal(t, "emulator: "+c.want+"\n", errs, c.args)
	}
}

func TestNobodyAnswersAtTheAddress(t *testing.T) {
	for flag, e := range map[string]google.Emulator{"-firestore=google": google.Firestore, "-pubsub=google": google.PubSub} {
		t.Setenv(e.Variable, "127.0.0.1:1")
		code, out, errs := runs(t, flag)
		assert.Equal(t, 1, code)
		assert.Empty(t, out)
		assert.Contains(t, errs, "emulator: "+e.String()+" at 127.0.0.1:1 does not answer: ")
		assert.Equal(t, 1, strings.Count(errs, "\n"), errs)
	}
}

const onGoogles = "the example centre, on Google's Firestore emulator, which enforces no indexes"

// TestEachRunBeginsAnew runs the command twice on an emulator that runs already. Ours stands in for Google's.
func TestEachRunBeginsAnew(t *testing.T) {
	var commits atomic.Int64
	server := firestore.New(firestore.Options{AfterCommit: func(context.Context, *firestorepb.CommitRequest) error {
		commits.Add(1)
		return nil
	}})
	require.NoError(t, server.Start("127.0.0.1:0"))
	defer server.Close()
	t.Setenv(google.Firestore.Variable, server.Addr())
	for range 2 {
		end, url := serves(t, onGoogles, "-firestore=google")
		leaWrites(t, url)
		accepts(t, url)
		assert.Empty(t, end(os.Interrupt))
		assert.Positive(t, commits.Swap(0))
	}
	code, out, errs := runs(t, "-firestore=google", "demo")
	assert.Zero(t, code, "%s\n%s", out, errs)
}

// TestEventsGoByAnEmulatorThatRuns is the same for Pub/Sub: what a run made there is gone when it ends. Ours stands in for Google's.
func TestEventsGoByAnEmulatorThatRuns(t *testing.T) {
	var published atomic.Int64
	server, err := pubsub.Start("127.0.0.1:0", pubsub.Options{AfterPublish: func(*pubsubpb.PublishRequest) error {
		published.Add(1)
		return nil
	}})
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Close()) }()
	t.Setenv(google.PubSub.Variable, server.Addr())
	for range 2 {
		end, url := serves(t, "the example centre, on Google's Pub/Sub emulator", "-pubsub=google")
		leaWrites(t, url)
		accepts(t, url)
		assert.Empty(t, end(os.Interrupt))
		assert.Positive(t, published.Swap(0))
	}
	code, out, errs := runs(t, "-pubsub=google", "demo")
	assert.Zero(t, code, "%s\n%s", out, errs)
}
