package firestore

import (
	"math"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// faults decides by a fuzzer's bytes; when they are used up it decides 0.
type faults struct{ rest []byte }

// below is a number from 0 to n-1.
func (f *faults) below(n int) int {
	if len(f.rest) == 0 || n == 0 {
		return 0
	}
	b := f.rest[0]
	f.rest = f.rest[1:]
	return int(b) % n
}

// corrupt changes a message in as many places as there are bytes for, at most 16.
func corrupt(m proto.Message, script []byte) {
	f := &faults{script}
	for range 16 {
		if len(f.rest) == 0 {
			return
		}
		f.message(m.ProtoReflect(), 0)
	}
}

// hugeText is one byte longer than a value may be.
var hugeText = strings.Repeat("x", maxValueBytes+1)

// badTexts are names, paths and texts at the edge of what is allowed, and beyond it.
var badTexts = []string{
	"", " ", "/", "a..b", "a.b.c", "`", "`a`b", "a\\", "`\\", "__name__", "__x__", "__", "\xff\xfe", "a\x00b", "..", ".",
	strings.Repeat("n", 1500), strings.Repeat("n", 1501), strings.Repeat("a.", 400) + "a", testDatabase, oracleRoot, oracleRoot + "/c",
	oracleRoot + "/c/every", oracleRoot + "/c/\xc3", oracleRoot + "/__c__/x", oracleRoot + "/c//x", oracleRoot + strings.Repeat("/c/x", 101),
	"projects/q/databases/d/documents/c/x", "projects/p/databases/unknown", "projects//databases/d", "a desc, b asc,", "*", "c", "a", "tags", "m", "m.c",
	hugeText, strings.Repeat("\xf0\x9f\x92\xa9", 2000),
}

func deep(levels int) *pb.Value {
	v := intValue(1)
	for i := range levels {
		if i%2 == 0 {
			v = mapValue(map[string]*pb.Value{"m": v})
		} else {
			v = arrayValue(v)
		}
	}
	return v
}

// badValues are values at the edge of what is allowed, beyond it, and such as only a caller in the process can send.
func badValues() []*pb.Value {
	return []*pb.Value{
		{}, nil, {ValueType: &pb.Value_MapValue{}}, {ValueType: &pb.Value_ArrayValue{}}, {ValueType: &pb.Value_TimestampValue{}},
		{ValueType: &pb.Value_GeoPointValue{}}, arrayValue(arrayValue()), arrayValue(nil), deep(19), deep(20), deep(21), deep(60),
		doubleValue(math.Float64frombits(0x7ff8_0000_0000_0001)), doubleValue(math.Copysign(0, -1)), doubleValue(math.Inf(1)), doubleValue(5e-324), doubleValue(1 << 63),
		intValue(math.MaxInt64), intValue(math.MinInt64), intValue(1<<53 + 1), stringValue("\xff"), stringValue(strings.Repeat("x", 1501)),
		stringValue(hugeText[1:]), stringValue(hugeText), bytesValue(""), referenceValue(""),
		referenceValue("projects/q/databases/e/documents/c/x"), geoValue(90.5, 0), geoValue(math.NaN(), 0), vectorValue(), vectorValue(math.NaN()),
		mapValue(map[string]*pb.Value{"__type__": stringValue("__vector__"), "value": intValue(1)}), mapValue(map[string]*pb.Value{"": nullValue()}),
		mapValue(map[string]*pb.Value{"__type__": stringValue("__min__")}), nullValue(), values(31), arrayValue(), arrayValue(nullValue(), nullValue()),
		{ValueType: &pb.Value_TimestampValue{TimestampValue: &timestamppb.Timestamp{Seconds: 253402300800}}},
		{ValueType: &pb.Value_TimestampValue{TimestampValue: &timestamppb.Timestamp{Seconds: -62135596800, Nanos: 999}}},
		{ValueType: &pb.Value_TimestampValue{TimestampValue: &timestamppb.Timestamp{Nanos: -1}}},
	}
}

// message changes one field of a message, or one somewhere inside it.
func (f *faults) message(m protoreflect.Message, depth int) {
	if v, isValue := m.Interface().(*pb.Value); isValue && f.below(2) == 0 {
		bad := badValues()
		v.ValueType = bad[f.below(len(bad))].GetValueType()
		return
	}
	fields := m.Descriptor().Fields()
	if fields.Len() == 0 {
		return
	}
	fd := fields.Get(f.below(fields.Len()))
	for range fields.Len() {
		if m.Has(fd) {
			break
		}
		fd = fields.Get((fd.Index() + 1) % fields.Len())
	}
	switch {
	case f.below(12) == 0:
		m.Clear(fd)
	case f.below(12) == 0:
		fd = fields.Get(f.below(fields.Len()))
		if fd.Message() != nil && !fd.IsList() && !fd.IsMap() {
			m.Set(fd, m.NewField(fd))
		}
	case fd.IsMap():
		f.entries(m.Mutable(fd).Map(), fd, depth)
	case fd.IsList():
		f.list(m.Mutable(fd).List(), fd, depth)
	case fd.Message() != nil:
		if depth < 40 {
			f.message(m.Mutable(fd).Message(), depth+1)
		}
	default:
		m.Set(fd, f.scalar(fd))
	}
}

func (f *faults) entries(m protoreflect.Map, fd protoreflect.FieldDescriptor, depth int) {
	if fd.MapValue().Message() == nil {
		return
	}
	var keys []string
	m.Range(func(k protoreflect.MapKey, _ protoreflect.Value) bool { keys = append(keys, k.String()); return true })
	least := ""
	for _, k := range keys {
		if least == "" || k < least {
			least = k
		}
	}
	switch key := protoreflect.ValueOfString(least).MapKey(); {
	case least == "" || f.below(3) == 0:
		m.Set(protoreflect.ValueOfString(badTexts[f.below(len(badTexts))]).MapKey(), m.NewValue())
	case f.below(2) == 0:
		m.Clear(key)
	default:
		f.message(m.Mutable(key).Message(), depth+1)
	}
}

func (f *faults) list(l protoreflect.List, fd protoreflect.FieldDescriptor, depth int) {
	switch what := f.below(6); {
	case l.Len() == 0 || what == 0:
		if fd.Message() == nil {
			l.Append(f.scalar(fd))
		} else {
			l.AppendMutable()
		}
	case what == 1:
		l.Truncate(l.Len() - 1)
	case what == 2:
		for range f.below(256) {
			l.Append(l.Get(0))
		}
	case fd.Message() == nil:
		l.Set(f.below(l.Len()), f.scalar(fd))
	default:
		f.message(l.Get(f.below(l.Len())).Message(), depth+1)
	}
}

func (f *faults) scalar(fd protoreflect.FieldDescriptor) protoreflect.Value {
	pick := f.below(64)
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(pick%2 == 0)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(pick - 2))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32([]int32{0, 1, -1, 2, 150, math.MaxInt32, math.MinInt32}[pick%7])
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64([]int64{0, 1, -1, 62135596800, -62135596801, math.MaxInt64, math.MinInt64}[pick%7])
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64([]float64{0, math.NaN(), math.Inf(1), math.MaxFloat64, -90.01}[pick%5])
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(badTexts[pick%len(badTexts)]))
	default:
		return protoreflect.ValueOfString(badTexts[pick%len(badTexts)])
	}
}
