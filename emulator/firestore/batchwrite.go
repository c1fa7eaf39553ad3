package firestore

import (
	"context"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// BatchWrite applies each write as a commit of its own, in order, and answers a status for each: a
// precondition that fails stops only its write. A write that can never succeed as sent, or a second
// one to the same document, refuses the whole request before anything is written.
func (s *service) BatchWrite(ctx context.Context, req *pb.BatchWriteRequest) (*pb.BatchWriteResponse, error) {
	if err := s.admit(ctx, "BatchWrite", req); err != nil {
		return nil, err
	}
	name, err := parseDatabase(req.GetDatabase())
	if err != nil {
		return nil, err
	}
	writes := make([]write, len(req.GetWrites()))
	written := make(map[string]bool, len(writes))
	for i, w := range req.GetWrites() {
		if writes[i], err = readWrite(name, w); err != nil {
			return nil, err
		}
		if written[writes[i].path] {
			return nil, invalid("document %q is written more than once in a single request", name.full(writes[i].path))
		}
		written[writes[i].path] = true
	}
	db := s.database(name)
	resp := &pb.BatchWriteResponse{}
	applied := &pb.CommitRequest{Database: req.GetDatabase()}
	var done []write
	for i := range writes {
		result, outcome := &pb.WriteResult{}, status.New(codes.OK, "")
		if commit, err := s.apply(db, writes[i:i+1]); err != nil {
			outcome = status.Convert(err)
		} else {
			result = commit.GetWriteResults()[0]
			done = append(done, writes[i])
			applied.Writes = append(applied.Writes, req.GetWrites()[i])
		}
		resp.WriteResults = append(resp.WriteResults, result)
		resp.Status = append(resp.Status, outcome.Proto())
	}
	if len(done) == 0 {
		return resp, nil
	}
	if err := s.committed(ctx, "BatchWrite", db, done, applied); err != nil {
		return nil, err
	}
	return resp, nil
}
