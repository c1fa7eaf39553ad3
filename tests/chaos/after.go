package main

import (
	"context"
	"slices"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

// forgetful is how likely somebody leaves a conversation to its customer's silence, and a wrap-up to its limit.
const forgetful = .08

// lookedMost is how often he looks at what he leaves to the clock before he does something about it.
const lookedMost = 150

// leavesTo decides once whether he leaves something to the clock. What that does not end in the end, because the customer goes on
// writing or what he was told did not reach him, he ends himself.
func (a *agent) leavesTo(what string) bool {
	leaves, decided := a.leaves[what]
	if !decided {
		leaves = a.chance(forgetful)
		a.leaves[what] = leaves
	}
	if leaves {
		a.looked[what]++
	}
	return leaves && a.looked[what] < lookedMost
}

// wrapsUp gives the wrap-up he owes, if he does, with one of the queue's reasons; or leaves it to the clock, takes more time, or takes up
// what the customer wrote since.
func (a *agent) wrapsUp(ctx context.Context, i api.Interaction) {
	key := a.key()
	switch {
	case a.leavesTo("wrap-up of " + i.ID):
		if a.chance(.05) {
			a.tries(ctx, "take more time", i.ID, a.desk.ExtendWrapUp)
		}
		return
	case slices.Contains(i.Actions, "reopen") && a.mood == busy && a.chance(.5):
		a.reopens(ctx, i.ID)
		return
	}
	choice := api.WrapUpChoice{Reason: "done"}
	stayed := !slices.ContainsFunc(i.History, func(m api.Move) bool { return m.Event == desk.EventTransferred })
	if i.Queue.ID == "care" && stayed && a.chance(.5) {
		choice = api.WrapUpChoice{Reason: "part", SubReason: "two"}
	}
	a.asks(ctx, "wrap up", func(ctx context.Context) error { _, err := a.desk.WrapUp(ctx, i.ID, key, choice); return err }, func(error) {
		a.had = append(a.had[max(0, len(a.had)-9):], i.ID)
	})
}

// takesUp looks at a conversation that he has wrapped up, and opens another one for what the customer has written since.
func (a *agent) takesUp(ctx context.Context, interaction string) {
	i, err := a.desk.Interaction(ctx, interaction)
	if err != nil {
		a.w.unexpected(a, "look at what is over", err)
		return
	}
	if slices.Contains(i.Actions, "reopen") {
		a.reopens(ctx, interaction)
	}
}

func (a *agent) reopens(ctx context.Context, interaction string) {
	a.asks(ctx, "reopen", func(ctx context.Context) error { _, err := a.desk.Reopen(ctx, interaction); return err }, nil)
}
