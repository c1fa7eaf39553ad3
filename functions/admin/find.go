package admin

import (
	"github.com/deskline/deskline/shared/desk"
)

// String is the record's ID, with its queue where that is part of it.
func (k key) String() string {
	if k.queue != "" {
		return k.queue + "/" + k.id
	}
	return k.id
}

// of reports whether the key names the record.
func (k key) of(rec desk.Record) bool {
	return rec.Record() == k.kind && rec.Base().ID == k.id && desk.QueueOfRecord(rec) == k.queue
}

// among finds the record in a list; nil when it is not in it.
func among(list []desk.Record, k key) desk.Record {
	for _, rec := range list {
		if k.of(rec) {
			return rec
		}
	}
	return nil
}

// find finds the record in the configuration; nil when it is not in it, or deleted.
func find(have desk.Setup, k key) desk.Record {
	have = have.Live()
	switch k.kind {
	case desk.KindSettings:
		return within(have.Settings, k)
	case desk.KindClient:
		return within(have.Clients, k)
	case desk.KindProject:
		return within(have.Projects, k)
	case desk.KindTeam:
		return within(have.Teams, k)
	case desk.KindQueue:
		return within(have.Queues, k)
	case desk.KindReason:
		return within(have.Reasons, k)
	case desk.KindTemplate:
		return within(have.Templates, k)
	case desk.KindAsset:
		return within(have.Assets, k)
	case desk.KindAgent:
		return within(have.Agents, k)
	}
	return nil
}

func within[T any, P interface {
	*T
	desk.Record
}](list []T, k key) desk.Record {
	for n := range list {
		if k.of(P(&list[n])) {
			return P(&list[n])
		}
	}
	return nil
}
