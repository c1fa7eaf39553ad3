package firestore

import (
	"fmt"
	"math"
	"slices"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"
)

// editNames are the documents that random commits write: few, so that they collide, and with IDs of
// their own, so that an ID tells the document.
var editNames = []string{oracleRoot + "/c/1", oracleRoot + "/c/2", oracleRoot + "/c/a", oracleRoot + "/o/1/c/b"}

var editNumbers = []*pb.Value{
	intValue(0), intValue(1), intValue(-1), intValue(3), doubleValue(0.5), doubleValue(1), doubleValue(-2), doubleValue(math.Copysign(0, -1)),
	intValue(math.MaxInt64), intValue(math.MinInt64), intValue(1<<53 + 1), doubleValue(1 << 53), doubleValue(math.NaN()), doubleValue(math.Inf(1)),
}

var editElements = []*pb.Value{
	intValue(1), doubleValue(1), intValue(2), stringValue("a"), nullValue(), doubleValue(math.NaN()), doubleValue(0), doubleValue(math.Copysign(0, -1)),
	mapValue(map[string]*pb.Value{"k": intValue(1)}), mapValue(map[string]*pb.Value{"k": doubleValue(1)}), mapValue(nil),
}

// baseline is the version of the document that an edit demands.
type baseline int

const (
	anyVersion  baseline = iota
	thisVersion          // the update time that it has on the server before the commit
	oldVersion           // an update time that it never had
)

// edit is a write for any server: the update time it demands is looked up on each.
type edit struct {
	write   *pb.Write
	version baseline
}

// name is that of the document.
func (e edit) name() string {
	return e.write.GetUpdate().GetName() + e.write.GetDelete() + e.write.GetTransform().GetDocument()
}

// writing is a request that writes.
type writing struct {
	batch bool // BatchWrite, otherwise Commit
	edits []edit
}

// writes reports whether an edit from some place on writes the document.
func (s writing) writes(name string, from int) bool {
	return slices.ContainsFunc(s.edits[from:], func(e edit) bool { return e.name() == name })
}

func (s writing) String() string {
	text := "Commit"
	if s.batch {
		text = "BatchWrite"
	}
	for _, e := range s.edits {
		text += fmt.Sprintf("\n\t%s %s", []string{"", "at this version", "at an old version"}[e.version], protojson.MarshalOptions{}.Format(e.write))
	}
	return text
}

// timed reports whether the request writes the time of the request.
func (s writing) timed() bool {
	for _, e := range s.edits {
		for _, t := range append(e.write.GetTransform().GetFieldTransforms(), e.write.GetUpdateTransforms()...) {
			if t.GetSetToServerValue() != 0 {
				return true
			}
		}
	}
	return false
}

// drawWriting lets only the first write of a document have a precondition: on what a commit demands of a
// document that it wrote already, the servers differ, as the table records.
func drawWriting(t *rapid.T) writing {
	s := writing{batch: rapid.IntRange(0, 3).Draw(t, "batch") == 0}
	written := map[string]bool{}
	for range rapid.SampledFrom([]int{1, 1, 1, 2, 2, 3, 4}).Draw(t, "writes") {
		e := drawEdit(t)
		if written[e.name()] {
			e.version, e.write.CurrentDocument = anyVersion, nil
		}
		written[e.name()] = true
		s.edits = append(s.edits, e)
	}
	return s
}

func drawEdit(t *rapid.T) edit {
	name := rapid.SampledFrom(editNames).Draw(t, "document")
	e := edit{write: &pb.Write{}}
	switch kind := rapid.IntRange(0, 9).Draw(t, "operation"); {
	case kind < 2:
		e.write.Operation = &pb.Write_Delete{Delete: name}
	case kind < 4:
		e.write.Operation = &pb.Write_Transform{Transform: &pb.DocumentTransform{Document: name, FieldTransforms: drawTransforms(t, 1)}}
	default:
		e.write.Operation = &pb.Write_Update{Update: &pb.Document{Name: name, Fields: drawEditFields(t)}}
		if kind > 5 {
			fields := rapid.Permutation([]string{"a", "b", "m", "m.c", "m.d", "tags", "none", "`a`"}).Draw(t, "mask")
			e.write.UpdateMask = &pb.DocumentMask{FieldPaths: fields[:rapid.IntRange(0, 3).Draw(t, "mask size")]}
		}
		if kind > 7 {
			e.write.UpdateTransforms = drawTransforms(t, 0)
		}
	}
	switch rapid.IntRange(0, 9).Draw(t, "precondition") {
	case 0:
		e.write.CurrentDocument = existing(true)
	case 1:
		e.write.CurrentDocument = existing(false)
	case 2, 3:
		e.version = thisVersion
	case 4:
		e.version = oldVersion
	}
	return e
}

// drawEditFields is drawFields with more numbers, and with maps of another field or of none.
func drawEditFields(t *rapid.T) map[string]*pb.Value {
	fields := drawFields(t)
	switch rapid.IntRange(0, 5).Draw(t, "more") {
	case 0, 1:
		fields["a"] = rapid.SampledFrom(editNumbers).Draw(t, "number")
	case 2:
		fields["m"] = mapValue(map[string]*pb.Value{"d": rapid.SampledFrom(editNumbers).Draw(t, "number")})
	case 3:
		fields["m"] = mapValue(nil)
	}
	return fields
}

func drawTransforms(t *rapid.T, least int) []*pb.DocumentTransform_FieldTransform {
	var list []*pb.DocumentTransform_FieldTransform
	for range rapid.IntRange(least, 3).Draw(t, "transforms") {
		list = append(list, drawTransform(t))
	}
	return list
}

func drawTransform(t *rapid.T) *pb.DocumentTransform_FieldTransform {
	path := rapid.SampledFrom([]string{"a", "a", "b", "m.c", "m.d", "m", "tags", "tags"}).Draw(t, "field")
	number := rapid.SampledFrom(editNumbers).Draw(t, "operand")
	var elements []any
	for range rapid.IntRange(0, 3).Draw(t, "elements") {
		elements = append(elements, rapid.SampledFrom(editElements).Draw(t, "element"))
	}
	switch rapid.IntRange(0, 6).Draw(t, "transform") {
	case 0:
		// A field of its own: two requests in one millisecond write the same time.
		return named("at", &pb.DocumentTransform_FieldTransform{TransformType: &pb.DocumentTransform_FieldTransform_SetToServerValue{
			SetToServerValue: pb.DocumentTransform_FieldTransform_REQUEST_TIME}})
	case 1, 2:
		return named(path, increment(number))
	case 3:
		return named(path, maximum(number))
	case 4:
		return named(path, minimum(number))
	case 5:
		return named(path, appended(elements...))
	default:
		return named(path, taken(elements...))
	}
}

// replica is a server that the same writes are asked of.
type replica struct {
	*conversation
	created, updated map[string]time.Time
	listener         *follower
	listening        bool // the server did not refuse the query
}

// bind makes the write of an edit for this server.
func (r *replica) bind(e edit) *pb.Write {
	w := proto.CloneOf(e.write)
	switch at := r.updated[e.name()]; {
	case e.version == thisVersion && !at.IsZero():
		w.CurrentDocument = updatedAt(at)
	case e.version != anyVersion:
		w.CurrentDocument = updatedAt(time.Unix(1, 0))
	}
	return w
}
