package pubsub

import (
	"context"
	"maps"
	"strconv"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// snapshot is what a subscription had not acknowledged when it was made, and what was published to the topic since.
type snapshot struct {
	name    string
	expires time.Time
	expiry  func() bool // cancels its end

	labels map[string]string // guarded by the server's admin lock
	topic  string            // guarded by the lock of the topic that it names, until that is deleted, and by admin
	msgs   []kept            // as is topic
}

func failed(format string, args ...any) error {
	return status.Errorf(codes.FailedPrecondition, format, args...)
}

func (s *Server) snapshot(name string) (*snapshot, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if snap := s.snaps[name]; snap != nil {
		return snap, nil
	}
	return nil, notFound(name)
}

// view is the snapshot as callers see it. The caller holds admin.
func (snap *snapshot) view() *pubsubpb.Snapshot {
	return &pubsubpb.Snapshot{Name: snap.name, Topic: snap.topic, Labels: maps.Clone(snap.labels), ExpireTime: timestamppb.New(snap.expires)}
}

// holds chooses what the snapshot holds.
func (snap *snapshot) holds() func(kept) bool {
	held := make(map[string]bool, len(snap.msgs))
	for _, k := range snap.msgs {
		held[k.msg.GetMessageId()] = true
	}
	return func(k kept) bool { return held[k.msg.GetMessageId()] }
}

// CreateSnapshot keeps what the subscription has not acknowledged. The snapshot lives for seven days less the age of the oldest of it;
// less than an hour is refused.
func (r subscriber) CreateSnapshot(_ context.Context, req *pubsubpb.CreateSnapshotRequest) (*pubsubpb.Snapshot, error) {
	r.s.admin.Lock()
	defer r.s.admin.Unlock()
	if len(req.GetTags()) > 0 {
		return nil, unsupported("tags")
	}
	name := req.GetName()
	if name == "" {
		name = "projects/" + project(req.GetSubscription()) + "/snapshots/snapshot-" + strconv.FormatUint(r.s.lastID.Add(1), 10)
	}
	if err := checkName(snapshotName, name); err != nil {
		return nil, err
	}
	sub, err := r.s.subscription(req.GetSubscription())
	if err != nil {
		return nil, err
	}
	t, err := r.s.topic(sub.config().GetTopic())
	if err != nil {
		return nil, failed("the topic of the subscription was deleted")
	}
	if _, err := r.s.snapshot(name); err == nil {
		return nil, alreadyExists(name)
	}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	now := r.s.clock.Now()
	held, oldest := sub.backlog(now)
	snap := &snapshot{name: name, topic: t.conf.GetName(), labels: req.GetLabels(), msgs: held, expires: oldest.Add(snapshotLifetime)}
	if snap.expires.Before(now.Add(minSnapshot)) {
		return nil, failed("the backlog is too old: the snapshot would expire at %s", snap.expires.Format(time.RFC3339))
	}
	snap.expiry = r.s.clock.At(snap.expires, func() { r.s.dropSnapshot(snap) })
	t.snaps[name], r.s.snaps[name] = snap, snap
	return snap.view(), nil
}

// backlog is what is not acknowledged, and since when the oldest of it is there; now when there is none.
func (sub *subscription) backlog(now time.Time) (all []kept, oldest time.Time) {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	oldest = now
	for _, it := range sub.msgs {
		all = append(all, it.kept())
		if it.since.Before(oldest) {
			oldest = it.since
		}
	}
	return all, oldest
}

// dropSnapshot ends a snapshot, if it is still the one of its name.
func (s *Server) dropSnapshot(snap *snapshot) {
	s.admin.Lock()
	defer s.admin.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.snaps[snap.name] != snap {
		return
	}
	snap.expiry()
	delete(s.snaps, snap.name)
	if t := s.topics[snap.topic]; t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.snaps, snap.name)
	}
}

func (r subscriber) GetSnapshot(_ context.Context, req *pubsubpb.GetSnapshotRequest) (*pubsubpb.Snapshot, error) {
	r.s.admin.Lock()
	defer r.s.admin.Unlock()
	snap, err := r.s.snapshot(req.GetSnapshot())
	if err != nil {
		return nil, err
	}
	return snap.view(), nil
}

func (r subscriber) ListSnapshots(_ context.Context, req *pubsubpb.ListSnapshotsRequest) (*pubsubpb.ListSnapshotsResponse, error) {
	r.s.admin.Lock()
	defer r.s.admin.Unlock()
	names, next, err := page(maps.Keys(r.s.snaps), req.GetProject(), req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	resp := &pubsubpb.ListSnapshotsResponse{NextPageToken: next}
	for _, name := range names {
		resp.Snapshots = append(resp.Snapshots, r.s.snaps[name].view())
	}
	return resp, nil
}

// UpdateSnapshot changes labels, which is all that is documented to be of use.
func (r subscriber) UpdateSnapshot(_ context.Context, req *pubsubpb.UpdateSnapshotRequest) (*pubsubpb.Snapshot, error) {
	r.s.admin.Lock()
	defer r.s.admin.Unlock()
	snap, err := r.s.snapshot(req.GetSnapshot().GetName())
	if err != nil {
		return nil, err
	}
	if len(req.GetUpdateMask().GetPaths()) == 0 {
		return nil, invalid("update_mask names no field")
	}
	for _, path := range req.GetUpdateMask().GetPaths() {
		switch path {
		case "labels":
		case "name", "topic":
			return nil, invalid("%s cannot be changed", path)
		default:
			return nil, unsupported("update of " + path)
		}
	}
	snap.labels = proto.CloneOf(req.GetSnapshot()).GetLabels()
	return snap.view(), nil
}

func (r subscriber) DeleteSnapshot(_ context.Context, req *pubsubpb.DeleteSnapshotRequest) (*emptypb.Empty, error) {
	snap, err := r.s.snapshot(req.GetSnapshot())
	if err != nil {
		return nil, err
	}
	r.s.dropSnapshot(snap)
	return &emptypb.Empty{}, nil
}

// ListTopicSnapshots lists the names of the topic's snapshots.
func (p publisher) ListTopicSnapshots(_ context.Context, req *pubsubpb.ListTopicSnapshotsRequest) (*pubsubpb.ListTopicSnapshotsResponse, error) {
	t, err := p.s.topic(req.GetTopic())
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	names, next, err := page(maps.Keys(t.snaps), "projects", req.GetPageSize(), req.GetPageToken())
	return &pubsubpb.ListTopicSnapshotsResponse{Snapshots: names, NextPageToken: next}, err
}
