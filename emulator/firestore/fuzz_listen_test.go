package firestore

import (
	"context"
	"io"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// step is what happens next on a script: the client says something, or somebody commits.
type step struct {
	listen *pb.ListenRequest
	commit *pb.CommitRequest
}

// script is the client's side of a Listen call, which ends with the steps.
type script struct {
	grpc.ServerStream
	ctx     context.Context
	t       failing
	service *service
	steps   []step
}

// play is a whole Listen call, with the end of its context that gRPC adds.
func play(t failing, s *service, steps []step) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer s.receivers.Wait()
	defer cancel()
	return s.Listen(&script{ctx: ctx, t: t, service: s, steps: steps})
}

func (s *script) Context() context.Context { return s.ctx }

func (s *script) Recv() (*pb.ListenRequest, error) {
	for len(s.steps) > 0 {
		next := s.steps[0]
		s.steps = s.steps[1:]
		if next.listen != nil {
			return next.listen, nil
		}
		_, err := s.service.Commit(context.Background(), next.commit)
		documented(s.t, err)
	}
	return nil, io.EOF
}

func (s *script) Send(m *pb.ListenResponse) error {
	sendable(s.t, m)
	return nil
}

// stepsOf reads a script: each step is a number, which says what kind it is, and how many bytes follow to corrupt it by.
func stepsOf(text []byte) []step {
	f := &faults{text}
	commits := []*pb.Write{withValue(intValue(1)), withFields(everyType()), {Operation: &pb.Write_Delete{Delete: written}}}
	var out []step
	for len(f.rest) > 0 && len(out) < 30 {
		var next step
		switch kind := f.below(8); {
		case kind == 0:
			next.commit = &pb.CommitRequest{Database: testDatabase, Writes: soundWrites()}
		case kind < 3:
			next.commit = &pb.CommitRequest{Database: testDatabase, Writes: []*pb.Write{commits[f.below(len(commits))]}}
		case kind == 3:
			next.listen = &pb.ListenRequest{Database: testDatabase, TargetChange: &pb.ListenRequest_RemoveTarget{RemoveTarget: int32(f.below(6))}}
		default:
			next.listen = &pb.ListenRequest{Database: testDatabase, TargetChange: &pb.ListenRequest_AddTarget{AddTarget: f.target()}}
		}
		n := min(f.below(8), len(f.rest))
		if next.listen != nil {
			next.listen = proto.CloneOf(next.listen)
			corrupt(next.listen, f.rest[:n])
		} else {
			next.commit = proto.CloneOf(next.commit)
			corrupt(next.commit, f.rest[:n])
		}
		f.rest = f.rest[n:]
		out = append(out, next)
	}
	return out
}

func (f *faults) target() *pb.Target {
	id, queries := int32(f.below(6)), soundQueries()
	var t *pb.Target
	switch kind := f.below(len(queries) + 2); kind {
	case 0:
		t = documentTarget(id, "every", "no", "x", "x")
	case 1:
		return soundResumption()
	default:
		t = queryTarget(id, nil)
		t.GetQuery().GetStructuredQuery().Reset()
		t.GetQuery().QueryType = &pb.Target_QueryTarget_StructuredQuery{StructuredQuery: queries[kind-2]}
	}
	switch f.below(4) {
	case 1:
		t.ResumeType = &pb.Target_ResumeToken{ResumeToken: resumeToken(int64(f.below(256)) << 56)}
	case 2:
		t.Once = true
	}
	return t
}

// FuzzListen has a client say things, and others commit, and expects the call to end without a trace.
func FuzzListen(f *testing.F) {
	f.Add(false, []byte{7, 1, 2, 0, 0, 1, 0, 0, 0, 0, 3, 1, 0})
	f.Add(true, []byte{5, 0, 1, 0, 0, 4, 0, 1, 0, 0, 0, 0, 1, 1, 0, 2, 2, 0})
	f.Add(false, []byte{4, 2, 4, 2, 0, 6, 3, 5, 1, 9, 0, 0, 0, 1, 2, 0, 5, 3, 0, 0, 4, 8, 9, 77, 3})
	f.Add(false, []byte{4, 2, 2, 2, 6, 1, 2, 3, 4, 5, 6, 0, 7, 9, 8, 7, 6, 5, 4, 3, 2, 1})
	f.Fuzz(func(t *testing.T, enforced bool, text []byte) {
		s := furnished(t, enforced)
		documented(t, play(t, s.service, stepsOf(text)))
		agrees(t, s.service)
		for _, db := range s.service.databases {
			require.Empty(t, db.watchers.documents)
			require.Empty(t, db.watchers.collections)
			require.Empty(t, db.watchers.groups)
		}
	})
}
