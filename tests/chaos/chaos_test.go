package main

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/faults"
	"github.com/deskline/deskline/infra"
)

// B1: a small world with all faults. The command plays large ones.
func TestNothingOfTheChaosShows(t *testing.T) {
	var told bytes.Buffer
	err := play(t.Context(), options{seed: 1, conversations: 30, agents: 6, rate: .05}, &told)
	require.NoError(t, err, told.String())
	assert.Contains(t, told.String(), "seed 1: 0 violations")
}

// B1, R31: the rules on the real store, where everybody decides at once. The command plays large storms.
func TestNothingOfAStormShows(t *testing.T) {
	var told bytes.Buffer
	err := command(t.Context(), []string{"-seed", "1", "-callers", "16", "-conversations", "60", "-agents", "8"}, &told)
	require.NoError(t, err, told.String())
	assert.Contains(t, told.String(), "seed 1: 0 violations")
}

func TestEveryKindOfFaultIsInThePlan(t *testing.T) {
	topology, err := infra.Read()
	require.NoError(t, err)
	injector := faults.New(faults.Options{Functions: topology.Names()})
	require.NoError(t, injector.Set(planOf(1, .05, topology.Names())))
	require.NoError(t, injector.Set(planOf(1, shareMax, topology.Names())), "the highest rate")
	assert.Equal(t, planOf(7, .05, topology.Names()), planOf(7, .05, topology.Names()), "a seed is one plan")
	assert.NotEqual(t, planOf(7, .05, topology.Names()).Skew, planOf(8, .05, topology.Names()).Skew)
	assert.Empty(t, planOf(1, 0, topology.Names()).Skew)
	plan := planOf(1, .05, topology.Names())
	assert.Equal(t, faults.PubSub{Refuse: .05, LostAnswer: .05, Duplicate: .05, LostAck: .05,
		Delay:   faults.Delay{Rate: .05, UpTo: faults.Duration(15 * time.Second)},
		Reorder: faults.Delay{Rate: .05, UpTo: faults.Duration(5 * time.Second)}}, plan.PubSub)
	assert.Equal(t, faults.Channel{ServerError: .05, RateLimit: .05, HangBefore: .05, HangAfter: .05, DropBefore: .05, DropAfter: .05,
		StatusesFirst: .05}, plan.Channel)
}

func TestBadFlags(t *testing.T) {
	for want, args := range map[string][]string{
		"it takes at least one conversation and 3 to 100 agents, and nothing after the flags": {"-agents", "2"},
		`invalid value "15%" for flag -rate: not between 0 and 14%`:                           {"-rate", "15%"},
		`invalid value "x" for flag -rate: not between 0 and 14%`:                             {"-rate", "x"},
	} {
		assert.EqualError(t, command(t.Context(), args, io.Discard), want)
	}
	assert.Equal(t, "-seed 3 -conversations 10 -agents 4 -rate 7% -isolate",
		options{seed: 3, conversations: 10, agents: 4, rate: .07, isolate: true}.flags())
}

func TestAnswersOfADesktop(t *testing.T) {
	assert.False(t, refused(nil))
	assert.False(t, refused(errors.New("connection cut")))
}

func TestAPanicIsAViolation(t *testing.T) {
	n := newNotes()
	n.now = time.Now
	log := slog.New(n).With("function", "routing")
	log.Info("request", "trace", "t", "interaction", "i")
	log.Error("request", "trace", "t", "err", "busy")
	assert.Empty(t, n.crashes())
	assert.Len(t, n.about("i"), 1, "what failed in a trace that was about it")
	log.Error("request", "trace", "u", "stack", "goroutine 1")
	require.Len(t, n.crashes(), 1)
	assert.Contains(t, n.crashes()[0].What, "function=routing stack=goroutine 1")
}
