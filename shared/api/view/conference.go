package view

import (
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

// conference shows the second seat; the zero one is absent.
func conference(s desk.Second) api.SecondSeat {
	if s.State == "" {
		return api.SecondSeat{}
	}
	return api.SecondSeat{
		State: api.SecondSeatState(s.State), By: api.Ref{ID: s.By, Name: s.ByName}, Agent: api.Ref{ID: s.Agent, Name: s.AgentName},
		Queue: api.Ref{ID: s.Queue, Name: s.QueueName}, Note: s.Note, Since: s.At, Until: s.Until,
	}
}

// conferenceActions are what the owner can do about a second agent.
func conferenceActions(i desk.Interaction) []string {
	switch {
	case i.Second.State == desk.SecondRequested:
		return []string{"cancel_conference"}
	case i.Second.State == desk.SecondJoined:
		return []string{"remove_guest", "hand_over"}
	case i.MayBeTransferred(i.Owner) == nil:
		return []string{"conference"}
	}
	return nil
}
