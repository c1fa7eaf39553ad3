package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/desk"
)

// board compares the board with the records, which are at rest.
func (w *world) board(ctx context.Context, r *records) (f findings, err error) {
	w.passes(boardAge)
	if err := w.settles(ctx); err != nil {
		return nil, err
	}
	b, err := desktop.New(w.suite.URL, w.token(suite.Admin)).Board(ctx)
	if err != nil {
		return nil, fmt.Errorf("look at the board: %w", err)
	}
	if now, err := w.look(ctx); err != nil || !now.same(r) {
		return nil, err
	}
	for _, q := range b.Queues {
		in := map[desk.InteractionState]int{}
		for _, i := range r.interactions {
			if i.Queue == q.ID {
				in[i.State]++
			}
		}
		shown := []int{q.Waiting, q.Offered, q.Active, q.Wrapup}
		if is := []int{in[desk.InteractionQueued], in[desk.InteractionOffered], in[desk.InteractionActive], in[desk.InteractionWrapUp]}; !slices.Equal(shown, is) {
			f = append(f, violation{What: fmt.Sprintf("the board shows %v in %s, and there are %v", shown, q.ID, is)})
		}
	}
	for _, t := range b.Teams {
		in := map[desk.AgentState]int{}
		for _, a := range r.agents {
			if slices.Contains(a.Teams, t.ID) {
				in[a.State]++
			}
		}
		shown := []int{t.Available, t.Idle, t.RONA, t.Offline}
		if is := []int{in[desk.AgentAvailable], in[desk.AgentIdle], in[desk.AgentRONA], in[desk.AgentOffline] + in[""]}; !slices.Equal(shown, is) {
			f = append(f, violation{What: fmt.Sprintf("the board shows %v of team %s, and there are %v", shown, t.ID, is)})
		}
	}
	w.boards++
	return f, nil
}

// boardAge is how old the board may be.
const boardAge = 5 * time.Second

// same reports whether nothing that the board shows has changed since.
func (r *records) same(was *records) bool {
	for id, i := range r.interactions {
		if i.State != was.interactions[id].State || i.Queue != was.interactions[id].Queue {
			return false
		}
	}
	for id, a := range r.agents {
		if a.State != was.agents[id].State {
			return false
		}
	}
	return true
}
