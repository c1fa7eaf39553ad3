package firestore

import (
	"math"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// soundRequests are requests that succeed, new ones each time: of every call, with every operator, transform and type.
// The commits among them come first.
func soundRequests() []proto.Message {
	out := []proto.Message{
		&pb.CommitRequest{Database: testDatabase, Writes: soundWrites()},
		&pb.BatchWriteRequest{Database: testDatabase, Writes: []*pb.Write{
			withValue(stringValue("x")), {Operation: &pb.Write_Delete{Delete: oracleRoot + "/o/1/c/a"}},
		}},
		&pb.GetDocumentRequest{Name: oracleRoot + "/c/every", Mask: &pb.DocumentMask{FieldPaths: []string{"a", "m.c", "`odd name`"}}},
		&pb.BatchGetDocumentsRequest{Database: testDatabase, Documents: []string{oracleRoot + "/c/every", oracleRoot + "/c/no"}},
		&pb.CreateDocumentRequest{Parent: oracleRoot + "/o/1", CollectionId: "c", DocumentId: "new",
			Document: &pb.Document{Fields: everyType()}, Mask: &pb.DocumentMask{FieldPaths: []string{"a"}}},
		&pb.UpdateDocumentRequest{Document: &pb.Document{Name: oracleRoot + "/c/every", Fields: everyType()},
			UpdateMask: &pb.DocumentMask{FieldPaths: []string{"a", "m.c", "gone"}}, Mask: &pb.DocumentMask{FieldPaths: []string{"m"}},
			CurrentDocument: &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: true}}},
		&pb.DeleteDocumentRequest{Name: oracleRoot + "/c/few"},
		&pb.ListDocumentsRequest{Parent: oracleRoot, CollectionId: "c", PageSize: 2, OrderBy: "a desc, __name__ desc", PageToken: soundToken()},
		&pb.ListDocumentsRequest{Parent: oracleRoot, CollectionId: "o", ShowMissing: true},
		&pb.ListCollectionIdsRequest{Parent: oracleRoot + "/o/1", PageSize: 1, PageToken: "Yg"},
		aggregationRequest(soundQuery(op(3, intValue(0)), "a"), countOf("n", wrapperspb.Int64(3)), sumOf("total", "a"), averageOf("mean", "a")),
		&pb.ListenRequest{Database: testDatabase, TargetChange: &pb.ListenRequest_AddTarget{AddTarget: documentTarget(1, "every", "no")}},
		&pb.ListenRequest{Database: testDatabase, TargetChange: &pb.ListenRequest_AddTarget{AddTarget: queryTarget(2, op(5, intValue(1)))}},
		&pb.ListenRequest{Database: testDatabase, TargetChange: &pb.ListenRequest_AddTarget{AddTarget: soundResumption()}},
	}
	for _, sq := range soundQueries() {
		out = append(out, &pb.RunQueryRequest{Parent: oracleRoot, QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: sq}})
	}
	return out
}

// everyType has a field of each type.
func everyType() map[string]*pb.Value {
	return map[string]*pb.Value{
		"a": intValue(1), "b": doubleValue(math.NaN()), "m": mapValue(map[string]*pb.Value{"c": stringValue("ñ\x00"), "d": nullValue()}),
		"tags": arrayValue(intValue(1), doubleValue(math.Inf(-1)), mapValue(map[string]*pb.Value{"x": arrayValue()})),
		"yes":  boolValue(true), "bytes": bytesValue("\x00\xff"), "at": timeValue(time.Unix(1, 5_000)), "here": geoValue(-90, 180),
		"ref": referenceValue(oracleRoot + "/c/few"), "vector": vectorValue(0, -1), "odd name": nullValue(),
	}
}

func soundWrites() []*pb.Write {
	transforms := []*pb.DocumentTransform_FieldTransform{
		{FieldPath: "now", TransformType: &pb.DocumentTransform_FieldTransform_SetToServerValue{SetToServerValue: 1}},
		{FieldPath: "m.sum", TransformType: &pb.DocumentTransform_FieldTransform_Increment{Increment: intValue(math.MaxInt64)}},
		{FieldPath: "max", TransformType: &pb.DocumentTransform_FieldTransform_Maximum{Maximum: doubleValue(2.5)}},
		{FieldPath: "a", TransformType: &pb.DocumentTransform_FieldTransform_Minimum{Minimum: intValue(-3)}},
		{FieldPath: "tags", TransformType: &pb.DocumentTransform_FieldTransform_AppendMissingElements{
			AppendMissingElements: arrayValue(intValue(1), stringValue("t")).GetArrayValue()}},
		{FieldPath: "gone", TransformType: &pb.DocumentTransform_FieldTransform_RemoveAllFromArray{
			RemoveAllFromArray: arrayValue(intValue(1)).GetArrayValue()}},
	}
	set := func(path string, fields map[string]*pb.Value) *pb.Write {
		return &pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{Name: oracleRoot + "/" + path, Fields: fields}}}
	}
	masked := set("c/every", map[string]*pb.Value{"a": intValue(2), "m": mapValue(map[string]*pb.Value{"c": intValue(3)})})
	masked.UpdateMask = &pb.DocumentMask{FieldPaths: []string{"a", "m.c", "nothing"}}
	masked.UpdateTransforms = transforms
	return []*pb.Write{
		set("c/every", everyType()),
		set("c/few", map[string]*pb.Value{"a": intValue(7), "b": intValue(1)}),
		set("c/none", nil),
		set("o/1/c/a", map[string]*pb.Value{"a": doubleValue(0.5), "tags": arrayValue(stringValue("t"))}),
		set("o/1/c/a/b/deep", everyType()),
		masked,
		{Operation: &pb.Write_Transform{Transform: &pb.DocumentTransform{Document: oracleRoot + "/c/few", FieldTransforms: transforms}}},
		{Operation: &pb.Write_Delete{Delete: oracleRoot + "/c/no"}},
	}
}

// soundQuery has a filter and orders by a field, up or else, with a minus before it, down.
func soundQuery(filter *pb.StructuredQuery_Filter, orders ...string) *pb.StructuredQuery {
	sq := where(filter)
	for _, path := range orders {
		o := &pb.StructuredQuery_Order{Direction: pb.StructuredQuery_ASCENDING}
		if path[0] == '-' {
			path, o.Direction = path[1:], pb.StructuredQuery_DESCENDING
		}
		o.Field = fieldRef(path)
		sq.OrderBy = append(sq.OrderBy, o)
	}
	return sq
}

// soundQueries run on someIndexes and, when nothing is enforced, on an index each.
func soundQueries() []*pb.StructuredQuery {
	in := soundQuery(and(fieldFilter("b", 8, arrayValue(intValue(1), nullValue(), stringValue("t"))), op(2, intValue(9))), "-a")
	window := soundQuery(nil, "a", "__name__")
	window.StartAt = &pb.Cursor{Values: []*pb.Value{intValue(0), referenceValue(oracleRoot + "/c/few")}, Before: true}
	window.EndAt = &pb.Cursor{Values: []*pb.Value{intValue(9)}}
	window.Offset, window.Limit = 1, wrapperspb.Int32(2)
	window.Select = &pb.StructuredQuery_Projection{Fields: []*pb.StructuredQuery_FieldReference{fieldRef("m.c"), fieldRef("__name__")}}
	group := soundQuery(fieldFilter("tags", 9, arrayValue(stringValue("t"), intValue(1))))
	group.From = []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c", AllDescendants: true}}
	return []*pb.StructuredQuery{
		in, window, group,
		soundQuery(nil, "-__name__"),
		soundQuery(compositeFilter(pb.StructuredQuery_CompositeFilter_OR, op(5, intValue(1)), unaryFilter("m.d", 3)), "__name__"),
		soundQuery(op(10, arrayValue(intValue(2), stringValue("x")))),
		soundQuery(op(6, doubleValue(1))),
		soundQuery(unaryFilter("b", 2)),
		soundQuery(unaryFilter("b", 4), "-b"),
		soundQuery(fieldFilter("__name__", 4, referenceValue(oracleRoot+"/c/every"))),
		soundQuery(fieldFilter("m", 5, mapValue(map[string]*pb.Value{"c": intValue(3)}))),
		soundQuery(fieldFilter("vector", 3, vectorValue(0, 0))),
	}
}

// soundToken leads to the page behind c/every in an order by a and name, both down.
func soundToken() string {
	q, err := readQuery(oracleRoot, soundQuery(nil, "-a", "-__name__"))
	if err != nil {
		panic(err)
	}
	token, err := q.tokenAfter(&document{pb: &pb.Document{Name: oracleRoot + "/c/every", Fields: everyType()}})
	if err != nil {
		panic(err)
	}
	return token
}

func soundResumption() *pb.Target {
	t := queryTarget(0, nil)
	t.GetQuery().GetStructuredQuery().Limit = wrapperspb.Int32(2)
	t.ResumeType = &pb.Target_ResumeToken{ResumeToken: resumeToken(1_000_000)}
	t.Once = true
	return t
}
