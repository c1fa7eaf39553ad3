package firestore

import (
	"context"
	"crypto/rand"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/emptypb"
)

// generatedIDLength is how long the document IDs are that the server makes up, as the service's are.
const generatedIDLength = 20

// CreateDocument writes a document that must not exist yet, under the given ID or one it makes up,
// and answers it. ALREADY_EXISTS when there is one.
func (s *service) CreateDocument(ctx context.Context, req *pb.CreateDocumentRequest) (*pb.Document, error) {
	if err := s.admit(ctx, "CreateDocument", req); err != nil {
		return nil, err
	}
	name, parent, err := parseParent(req.GetParent())
	if err != nil {
		return nil, err
	}
	if err := checkID(req.GetCollectionId()); err != nil {
		return nil, invalid("collection_id: %s", message(err))
	}
	id := req.GetDocumentId()
	if id == "" {
		id = rand.Text()[:generatedIDLength]
	}
	if _, numeric := numericID(id); !numeric {
		if err := checkID(id); err != nil {
			return nil, invalid("document_id: %s", message(err))
		}
	}
	if req.GetDocument().GetName() != "" {
		return nil, invalid("document.name must not be set: parent, collection_id and document_id name the document")
	}
	path := req.GetCollectionId() + "/" + id
	if parent != "" {
		path = parent + "/" + path
	}
	return s.writeDocument(ctx, "CreateDocument", name, req.GetMask(), &pb.Write{
		Operation:       &pb.Write_Update{Update: &pb.Document{Name: name.full(path), Fields: req.GetDocument().GetFields()}},
		CurrentDocument: &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: false}},
	})
}

// UpdateDocument writes a document, the fields of the update mask only when there is one, and
// answers the whole document. It creates what does not exist unless the precondition forbids it.
func (s *service) UpdateDocument(ctx context.Context, req *pb.UpdateDocumentRequest) (*pb.Document, error) {
	if err := s.admit(ctx, "UpdateDocument", req); err != nil {
		return nil, err
	}
	name, _, err := parseDocument(req.GetDocument().GetName())
	if err != nil {
		return nil, err
	}
	return s.writeDocument(ctx, "UpdateDocument", name, req.GetMask(), &pb.Write{
		Operation:       &pb.Write_Update{Update: req.GetDocument()},
		UpdateMask:      req.GetUpdateMask(),
		CurrentDocument: req.GetCurrentDocument(),
	})
}

// DeleteDocument removes a document; one that does not exist counts as removed unless the
// precondition demands it.
func (s *service) DeleteDocument(ctx context.Context, req *pb.DeleteDocumentRequest) (*emptypb.Empty, error) {
	if err := s.admit(ctx, "DeleteDocument", req); err != nil {
		return nil, err
	}
	name, _, err := parseDocument(req.GetName())
	if err != nil {
		return nil, err
	}
	_, err = s.commitOne(ctx, "DeleteDocument", name, &pb.Write{
		Operation:       &pb.Write_Delete{Delete: req.GetName()},
		CurrentDocument: req.GetCurrentDocument(),
	})
	if err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}

// writeDocument commits one update and answers the document it leaves, as the mask shows it.
func (s *service) writeDocument(ctx context.Context, method string, name databaseName, show *pb.DocumentMask, w *pb.Write) (*pb.Document, error) {
	m, err := readDocumentMask(show)
	if err != nil {
		return nil, err
	}
	d, err := s.commitOne(ctx, method, name, w)
	if err != nil {
		return nil, err
	}
	return m.apply(d), nil
}

// commitOne executes one write as a commit of its own and returns the document it leaves, nil after
// a delete.
func (s *service) commitOne(ctx context.Context, method string, name databaseName, w *pb.Write) (*document, error) {
	checked, err := readWrite(name, w)
	if err != nil {
		return nil, err
	}
	db, writes := s.database(name), []write{checked}
	if _, err := s.apply(db, writes); err != nil {
		return nil, err
	}
	return writes[0].result, s.committed(ctx, method, db, writes, &pb.CommitRequest{
		Database: name.name(), Writes: []*pb.Write{w},
	})
}
