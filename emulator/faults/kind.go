package faults

import "slices"

// Kind names a fault.
type Kind string

// The kinds, named as they stand in a plan.
const (
	FirestoreLatency          Kind = "firestore.latency"
	FirestoreUnavailable      Kind = "firestore.before.unavailable"
	FirestoreAborted          Kind = "firestore.before.aborted"
	FirestoreDeadline         Kind = "firestore.before.deadline"
	FirestoreAfterUnavailable Kind = "firestore.after.unavailable"
	FirestoreAfterAborted     Kind = "firestore.after.aborted"
	FirestoreAfterDeadline    Kind = "firestore.after.deadline"

	PubSubRefuse     Kind = "pubsub.refuse"
	PubSubLostAnswer Kind = "pubsub.lostAnswer"
	PubSubDuplicate  Kind = "pubsub.duplicate"
	PubSubLostAck    Kind = "pubsub.lostAck"
	PubSubDelay      Kind = "pubsub.delay"
	PubSubReorder    Kind = "pubsub.reorder"

	TasksRefuse     Kind = "tasks.refuse"
	TasksLostAnswer Kind = "tasks.lostAnswer"
	TasksDuplicate  Kind = "tasks.duplicate"
	TasksLostAck    Kind = "tasks.lostAck"
	TasksDelay      Kind = "tasks.delay"

	ChannelServerError   Kind = "channel.serverError"
	ChannelRateLimit     Kind = "channel.rateLimit"
	ChannelHangBefore    Kind = "channel.hangBefore"
	ChannelHangAfter     Kind = "channel.hangAfter"
	ChannelDropBefore    Kind = "channel.dropBefore"
	ChannelDropAfter     Kind = "channel.dropAfter"
	ChannelStatusesFirst Kind = "channel.statusesFirst"

	KillBefore Kind = "kill.before"
	KillAfter  Kind = "kill.after"
)

// moment is when something may go wrong; each has its group of kinds.
type moment int

const (
	onLatency moment = iota
	onCall
	onCommit
	onPublish
	onPublished
	onDelivery
	onCreate
	onCreated
	onDispatch
	onSend
	onRequest
	onRequested
	moments
)

// chance is a kind with its rate, and with how late it makes things.
type chance struct {
	kind Kind
	rate Rate
	upTo Duration
}

// chances are a plan's groups, with the kinds that never happen.
func (p Plan) chances() [moments][]chance {
	f, b, t, c := p.Firestore, p.PubSub, p.Tasks, p.Channel
	return [moments][]chance{
		onLatency: {{FirestoreLatency, f.Latency.Rate, f.Latency.UpTo}},
		onCall: {
			{FirestoreUnavailable, f.Before.Unavailable, 0}, {FirestoreAborted, f.Before.Aborted, 0},
			{FirestoreDeadline, f.Before.Deadline, 0},
		},
		onCommit: {
			{FirestoreAfterUnavailable, f.After.Unavailable, 0}, {FirestoreAfterAborted, f.After.Aborted, 0},
			{FirestoreAfterDeadline, f.After.Deadline, 0},
		},
		onPublish:   {{PubSubRefuse, b.Refuse, 0}},
		onPublished: {{PubSubLostAnswer, b.LostAnswer, 0}},
		onDelivery: {
			{PubSubDuplicate, b.Duplicate, 0}, {PubSubLostAck, b.LostAck, 0},
			{PubSubDelay, b.Delay.Rate, b.Delay.UpTo}, {PubSubReorder, b.Reorder.Rate, b.Reorder.UpTo},
		},
		onCreate:  {{TasksRefuse, t.Refuse, 0}},
		onCreated: {{TasksLostAnswer, t.LostAnswer, 0}},
		onDispatch: {
			{TasksDuplicate, t.Duplicate, 0}, {TasksLostAck, t.LostAck, 0}, {TasksDelay, t.Delay.Rate, t.Delay.UpTo},
		},
		onSend: {
			{ChannelServerError, c.ServerError, 0}, {ChannelRateLimit, c.RateLimit, 0}, {ChannelHangBefore, c.HangBefore, 0},
			{ChannelHangAfter, c.HangAfter, 0}, {ChannelDropBefore, c.DropBefore, 0}, {ChannelDropAfter, c.DropAfter, 0},
			{ChannelStatusesFirst, c.StatusesFirst, 0},
		},
		onRequest:   {{KillBefore, p.Kill.Before, 0}},
		onRequested: {{KillAfter, p.Kill.After, 0}},
	}
}

// late are the kinds that are nothing but lateness.
func (k Kind) late() bool {
	return slices.Contains([]Kind{FirestoreLatency, PubSubDelay, PubSubReorder, TasksDelay}, k)
}

// momentOf is when a kind may happen; false for a kind nobody knows.
func momentOf(k Kind) (moment, bool) {
	for m, group := range (Plan{}).chances() {
		if slices.ContainsFunc(group, func(c chance) bool { return c.kind == k }) {
			return moment(m), true
		}
	}
	return 0, false
}
