package admin

import (
	"cmp"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

// How the API shows the records of the configuration. The times and words are those of the file.

func clientView(c desk.Client) api.ClientRecord {
	return api.ClientRecord{ID: c.ID, Version: c.Version, Name: c.Name, HistoryConversations: c.Listed()}
}

func projectView(p desk.Project) api.ProjectRecord {
	return api.ProjectRecord{ID: p.ID, Version: p.Version, Name: p.Name, Client: p.Client}
}

func teamView(t desk.Team) api.TeamRecord {
	return api.TeamRecord{ID: t.ID, Version: t.Version, Name: t.Name}
}

func queueView(q desk.Queue) api.QueueRecord {
	out := api.QueueRecord{ID: q.ID, Version: q.Version, Name: q.Name, Project: q.Project, Team: q.Team,
		OfferTimeout: durationText(q.OfferTimeout), HistoryHours: q.HistoryHours, Attachments: q.Attachments, AutoAccept: q.AutoAccept,
		Assets: q.Assets, UnansweredTransfer: api.Unanswered(cmp.Or(q.Unanswered, desk.UnansweredDrop)),
		WrapUpLimit: optional(q.Limits.WrapUp), WrapUpReason: q.WrapUpReason}
	for _, v := range q.Variables {
		out.Variables = append(out.Variables, api.Variable{ID: v.ID, Name: v.Name, Access: string(v.Access)})
	}
	if q.ConferenceWait > 0 {
		out.ConferenceWait = durationText(q.ConferenceWait)
	}
	out.PreviousHours, out.Afterword, out.ServiceLevel = q.PreviousHours, durationText(q.Afterword), optional(q.ServiceLevel)
	if q.ExclusiveWait > 0 {
		out.ExclusiveWait = durationText(q.ExclusiveWait)
	}
	out.Inactivity = api.Inactivity{WarnAfter: optional(q.Limits.WarnAfter), CloseAfter: optional(q.Limits.CloseAfter)}
	out.Profiles, out.Priority = profileViews(q.Profiles), q.Priority
	out.PriorityBoost = durationText(cmp.Or(q.PriorityBoost, desk.DefaultPriorityBoost))
	out.Strategy, out.Hours = api.Strategy(q.Asks()), hoursView(q.Hours)
	out.WhenClosed = api.WhenClosed(cmp.Or(q.WhenClosed, desk.WhenClosedWait))
	out.Overflow, out.MaxWait, out.Closed = q.Overflow, optional(q.MaxWait), closureView(q.Closed)
	textsView(q, &out)
	return out
}

// assetView shows an asset; of its secret the name, and whether it has a value.
func (h handlers) assetView(a desk.Asset) api.AssetRecord {
	_, err := h.Secret(a.Token)
	out := api.AssetRecord{ID: a.ID, Version: a.Version, Channel: api.Channel(a.Channel), Account: a.Account, Name: a.Name,
		Display: a.Display, Queue: a.Queue, Token: a.Token, TokenSet: err == nil, StatusUpdates: a.StatusUpdates}
	for _, r := range a.Rules {
		out.Rules = append(out.Rules, api.EntryRule{On: string(r.On), Value: r.Value, Queue: r.Queue, Profile: r.Profile, Priority: r.Priority})
	}
	return out
}

// agentView shows what is configured about an agent. His work does not change its version.
func agentView(a desk.Agent) api.AgentRecord {
	return api.AgentRecord{ID: a.ID, Version: a.SetupVersion, Name: a.Name, Email: a.Email,
		Roles: a.Roles, Teams: a.Teams, Capacity: a.Capacity,
		Capacities: capacityViews(a.Capacities), Skills: skillViews(a.Skills)}
}

func reasonView(r desk.Reason) api.ReasonRecord {
	out := api.ReasonRecord{ID: r.ID, Version: r.Version, Name: r.Name, Order: r.Order}
	for _, s := range r.SubReasons {
		out.SubReasons = append(out.SubReasons, api.SubReason{ID: s.ID, Name: s.Name})
	}
	return out
}
