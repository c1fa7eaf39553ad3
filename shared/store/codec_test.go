package store

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	firestorepb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/latlng"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/deskline/deskline/shared/desk"
)

// records makes an empty record of every type.
var records = map[string]func() desk.Record{
	"Client":      func() desk.Record { return new(desk.Client) },
	"Project":     func() desk.Record { return new(desk.Project) },
	"Team":        func() desk.Record { return new(desk.Team) },
	"Queue":       func() desk.Record { return new(desk.Queue) },
	"Reason":      func() desk.Record { return new(desk.Reason) },
	"Template":    func() desk.Record { return new(desk.Template) },
	"Asset":       func() desk.Record { return new(desk.Asset) },
	"Agent":       func() desk.Record { return new(desk.Agent) },
	"Lease":       func() desk.Record { return new(desk.Lease) },
	"Contact":     func() desk.Record { return new(desk.Contact) },
	"Identity":    func() desk.Record { return new(desk.Identity) },
	"Interaction": func() desk.Record { return new(desk.Interaction) },
	"Offer":       func() desk.Record { return new(desk.Offer) },
	"Message":     func() desk.Record { return new(desk.Message) },
	"HistoryPage": func() desk.Record { return new(desk.HistoryPage) },
	"Centre":      func() desk.Record { return new(desk.Centre) },
	"Hourly":      func() desk.Record { return new(desk.Hourly) },
	"Note":        func() desk.Record { return new(desk.Note) },
	"Parked":      func() desk.Record { return new(desk.Parked) },
	"Settings":    func() desk.Record { return new(desk.Settings) },
	"Receipt":     func() desk.Record { return new(desk.Receipt) },

	"DeadLetter":     func() desk.Record { return new(desk.DeadLetter) },
	"DeadLetterPart": func() desk.Record { return new(desk.DeadLetterPart) },
}

// fill sets every field of a record, however deep, as one and length say; a field of a type that one does not know fails
// the test.
func fill(t require.TestingT, v reflect.Value, one func(reflect.Value) bool, length func() int) {
	switch {
	case one(v):
	case v.Kind() == reflect.Slice:
		n := length()
		if n == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(t, v.Index(i), one, length)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), one, length)
		}
	default:
		require.Fail(t, "the codec has no test for fields of type "+v.Type().String())
	}
}

// full is a record of the type with no field left at zero.
func full(t require.TestingT, name string) desk.Record {
	rec := records[name]()
	count := int64(0)
	fill(t, reflect.ValueOf(rec).Elem(), func(v reflect.Value) bool {
		count++
		switch {
		case v.Type() == timeType:
			v.Set(reflect.ValueOf(noon.Add(time.Duration(count) * time.Microsecond)))
		case v.Kind() == reflect.String:
			v.SetString(number("text", int(count)))
		case v.Type() == reflect.TypeFor[[]byte]():
			v.SetBytes([]byte{0xff, 0, byte(count)})
		case v.Kind() == reflect.Bool:
			v.SetBool(true)
		case v.CanInt():
			v.SetInt(count)
		default:
			return false
		}
		return true
	}, func() int { return 2 })
	*rec.Base() = desk.Head{ID: "full-" + name}
	return rec
}

// under puts a record where another of its kind stands, if that is below a third.
func under(rec, got desk.Record) {
	switch r := got.(type) {
	case *desk.Reason:
		r.Queue = rec.(*desk.Reason).Queue
	case *desk.Template:
		r.Queue = rec.(*desk.Template).Queue
	case *desk.Note:
		r.Contact = rec.(*desk.Note).Contact
	}
}

func TestEveryRecordComesBackAsItWasSaved(t *testing.T) {
	s := open(t)
	for name := range records {
		t.Run(name, func(t *testing.T) {
			rec := full(t, name)
			put(t, s, rec)
			got := records[name]()
			*got.Base() = desk.Head{ID: rec.Base().ID}
			under(rec, got)
			require.NoError(t, s.Reader().Load(context.Background(), got))
			assert.Equal(t, int64(1), got.Base().Version)
			assert.Equal(t, rec, got)

			doc := shape(t, rec)
			want := len(planOf(reflect.TypeOf(rec).Elem()).fields)
			if _, ok := rec.(desk.Owed); ok {
				want++
				assert.Contains(t, doc, "shard")
			}
			assert.Len(t, doc, want, "two fields share a name, or one is left out")
			assert.NotContains(t, doc, "id")
		})
	}
}

func TestAnyRecordComesBackAsItWasSaved(t *testing.T) {
	s := open(t)
	names := slices.Sorted(maps.Keys(records))
	var n int
	rapid.Check(t, func(t *rapid.T) {
		n++
		name := rapid.SampledFrom(names).Draw(t, "type")
		rec := records[name]()
		micros := rapid.Int64Range(noon.AddDate(-900, 0, 0).UnixMicro(), noon.AddDate(900, 0, 0).UnixMicro())
		fill(t, reflect.ValueOf(rec).Elem(), func(v reflect.Value) bool {
			switch {
			case v.Type() == timeType:
				if rapid.Bool().Draw(t, "has time") {
					v.Set(reflect.ValueOf(time.UnixMicro(micros.Draw(t, "time")).UTC()))
				}
			case v.Kind() == reflect.String:
				v.SetString(rapid.StringN(0, 12, -1).Draw(t, "text"))
			case v.Type() == reflect.TypeFor[[]byte]():
				if data := rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, "bytes"); len(data) > 0 {
					v.SetBytes(data)
				}
			case v.Kind() == reflect.Bool:
				v.SetBool(rapid.Bool().Draw(t, "bool"))
			case v.CanInt():
				v.SetInt(rapid.Int64().Draw(t, "int"))
			default:
				return false
			}
			return true
		}, func() int { return rapid.IntRange(0, 3).Draw(t, "length") })
		*rec.Base() = desk.Head{ID: number("any", n)}
		got := records[name]()
		*got.Base() = *rec.Base()
		switch r := rec.(type) {
		case *desk.Reason:
			r.Queue = number("queue", n)
		case *desk.Template:
			r.Queue = number("queue", n)
		case *desk.Note:
			r.Contact = number("contact", n)
		}
		under(rec, got)
		require.NoError(t, s.Reader().Save(context.Background(), desk.Change{Save: []desk.Record{rec}}))
		require.NoError(t, s.Reader().Load(context.Background(), got))
		require.Equal(t, rec, got)
	})
}

// sent is a document as it goes over the wire.
func sent(t require.TestingT, d *firestorepb.Document) []byte {
	b, err := proto.Marshal(d)
	require.NoError(t, err)
	return b
}

// shape is the fields of a record's document as a server reads them.
func shape(t require.TestingT, rec desk.Record) map[string]*firestorepb.Value {
	made, err := encode("projects/p/databases/d/documents/c/x", rec)
	require.NoError(t, err)
	var got firestorepb.Document
	require.NoError(t, proto.Unmarshal(sent(t, made), &got))
	assert.Equal(t, "projects/p/databases/d/documents/c/x", got.GetName())
	return got.GetFields()
}

func text(s string) *firestorepb.Value {
	return &firestorepb.Value{ValueType: &firestorepb.Value_StringValue{StringValue: s}}
}

func whole(n int64) *firestorepb.Value {
	return &firestorepb.Value{ValueType: &firestorepb.Value_IntegerValue{IntegerValue: n}}
}

func moment(t time.Time) *firestorepb.Value {
	return &firestorepb.Value{ValueType: &firestorepb.Value_TimestampValue{TimestampValue: timestamppb.New(t)}}
}

func array(list ...*firestorepb.Value) *firestorepb.Value {
	return &firestorepb.Value{ValueType: &firestorepb.Value_ArrayValue{ArrayValue: &firestorepb.ArrayValue{Values: list}}}
}

func mapping(fields map[string]*firestorepb.Value) *firestorepb.Value {
	return &firestorepb.Value{ValueType: &firestorepb.Value_MapValue{MapValue: &firestorepb.MapValue{Fields: fields}}}
}

func TestTheShapeOfADocument(t *testing.T) {
	madrid := time.FixedZone("Madrid", 3600)
	for name, c := range map[string]struct {
		rec  desk.Record
		want map[string]*firestorepb.Value
	}{
		"a record without anything": {rec: &desk.Agent{Head: desk.Head{ID: "ana"}}, want: map[string]*firestorepb.Value{}},
		"empty lists and times are absent": {
			rec: &desk.Agent{Head: desk.Head{ID: "ana"}, Roles: []string{}, Since: time.Time{}.In(madrid), DueAt: time.Time{}.In(madrid)}, want: map[string]*firestorepb.Value{}},
		"times are UTC, cut to microseconds": {
			rec:  &desk.Lease{Head: desk.Head{ID: "ana", Version: 3}, Until: time.Date(2026, 11, 21, 13, 0, 0, 1999, madrid)},
			want: map[string]*firestorepb.Value{"version": whole(3), "until": moment(noon.Add(time.Microsecond))}},
		"dueAt comes with the shard": {
			rec:  &desk.Lease{Head: desk.Head{ID: "ana"}, DueAt: noon},
			want: map[string]*firestorepb.Value{"dueAt": moment(noon), "shard": whole(5)}},
		"a configured record owes nothing": {
			rec:  &desk.Queue{Head: desk.Head{ID: "sales"}, OfferTimeout: 20 * time.Second, Attachments: true},
			want: map[string]*firestorepb.Value{"offerTimeout": whole(20_000_000_000), "attachments": {ValueType: &firestorepb.Value_BooleanValue{BooleanValue: true}}}},
		"structs are maps, in lists too": {
			rec: &desk.Contact{Head: desk.Head{ID: "c"}, Customer: desk.Customer{Name: "Lea", Addresses: []desk.Address{{Kind: desk.AddressPhone, Value: "34"}, {}}}},
			want: map[string]*firestorepb.Value{"customer": mapping(map[string]*firestorepb.Value{
				"name": text("Lea"),
				"addresses": array(mapping(map[string]*firestorepb.Value{"kind": text("phone"), "value": text("34")}),
					mapping(map[string]*firestorepb.Value{}))})}},
		"lists keep what is empty in them": {
			rec:  &desk.Agent{Head: desk.Head{ID: "ana"}, Seats: []string{"", "i"}},
			want: map[string]*firestorepb.Value{"seats": array(text(""), text("i"))}},
		"an ID within a record is a field": {
			rec:  &desk.Reason{Head: desk.Head{ID: "sale"}, SubReasons: []desk.SubReason{{ID: "new", Name: "New"}}},
			want: map[string]*firestorepb.Value{"subReasons": array(mapping(map[string]*firestorepb.Value{"id": text("new"), "name": text("New")}))}},
	} {
		t.Run(name, func(t *testing.T) {
			want := &firestorepb.MapValue{Fields: c.want}
			got := &firestorepb.MapValue{Fields: shape(t, c.rec)}
			assert.True(t, proto.Equal(want, got), "want %v, got %v", want, got)
		})
	}
}

func TestFieldNames(t *testing.T) {
	for name, want := range map[string]string{"DueAt": "dueAt", "ID": "id", "ProviderID": "providerID", "Name": "name", "X": "x"} {
		assert.Equal(t, want, fieldName(name))
	}
}

func TestATextThatIsNoneIsNotSaved(t *testing.T) {
	_, err := encode("n", &desk.Agent{Name: "\xff"})
	assert.EqualError(t, err, "docwire: a text is not valid UTF-8")
}

var (
	yes      = &firestorepb.Value{ValueType: &firestorepb.Value_BooleanValue{BooleanValue: true}}
	fraction = &firestorepb.Value{ValueType: &firestorepb.Value_DoubleValue{DoubleValue: 3}}
	null     = &firestorepb.Value{ValueType: &firestorepb.Value_NullValue{}}
	place    = &firestorepb.Value{ValueType: &firestorepb.Value_GeoPointValue{GeoPointValue: &latlng.LatLng{Latitude: 1}}}
)

func TestDecodingForgetsWhatTheRecordHadAndIgnoresWhatItDoesNotHave(t *testing.T) {
	a := desk.Agent{Head: desk.Head{ID: "bob", Version: 7}, Name: "Bob", Seats: []string{"i"}, Since: noon, History: desk.History{Last: 4}}
	require.NoError(t, decode(string(sent(t, &firestorepb.Document{Fields: map[string]*firestorepb.Value{
		"version": whole(2), "name": text("Ana"), "seats": null, "shoeSize": fraction, "home": place,
		"history": mapping(map[string]*firestorepb.Value{"entries": array(mapping(map[string]*firestorepb.Value{
			"seq": whole(-1), "mood": text("good")}))})}})), "ana", &a))
	assert.Equal(t, desk.Agent{Head: desk.Head{ID: "ana", Version: 2}, Name: "Ana",
		History: desk.History{Entries: []desk.Entry{{Seq: -1}}}}, a)
}

func TestDecodingRefusesOtherTypes(t *testing.T) {
	type fields = map[string]*firestorepb.Value
	for name, c := range map[string]struct {
		data fields
		want string
	}{
		"number for a text":         {fields{"name": whole(1)}, "name: an integer does not fit string"},
		"text for a number":         {fields{"capacity": text("3")}, "capacity: a text does not fit int"},
		"fraction for a number":     {fields{"capacity": fraction}, "capacity: another value does not fit int"},
		"place for a text":          {fields{"name": place}, "name: another value does not fit string"},
		"text for a yes or no":      {fields{"missed": text("true")}, "missed: a text does not fit bool"},
		"text for a time":           {fields{"since": text("2026-11-21T12:00:00Z")}, "since: a text does not fit time.Time"},
		"time for a text":           {fields{"name": moment(noon)}, "name: a time does not fit string"},
		"time for a struct":         {fields{"history": moment(noon)}, "history: a time does not fit desk.History"},
		"text for a list":           {fields{"seats": text("i")}, "seats: a text does not fit []string"},
		"list for a text":           {fields{"name": array(text("Ana"))}, "name: a list does not fit string"},
		"null in a list":            {fields{"seats": array(text("i"), null)}, "seats: a null does not fit string"},
		"text for a struct":         {fields{"history": text("h")}, "history: a text does not fit desk.History"},
		"map for a time":            {fields{"since": mapping(nil)}, "since: a map does not fit time.Time"},
		"map for a list":            {fields{"seats": mapping(fields{"0": text("i")})}, "seats: a map does not fit []string"},
		"yes or no for a number":    {fields{"capacity": yes}, "capacity: a boolean does not fit int"},
		"something within a struct": {fields{"history": mapping(fields{"last": text("x")})}, "history: last: a text does not fit int64"},
		"something within a list":   {fields{"keys": array(mapping(fields{"key": whole(1)}))}, "keys: key: an integer does not fit string"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.EqualError(t, decode(string(sent(t, &firestorepb.Document{Fields: c.data})), "ana", new(desk.Agent)), c.want)
		})
	}
}

// Protobuf lets a map's value stand before its key, and a message be written in parts.
func TestWhatIsWrittenInAnotherWayIsReadAllTheSame(t *testing.T) {
	a := desk.Agent{Name: "Bob"}
	require.NoError(t, decode("\x12\x0d"+"\x12\x05\x8a\x01\x02Jo"+"\x0a\x04name", "ana", &a))
	assert.Equal(t, desk.Agent{Head: desk.Head{ID: "ana"}, Name: "Jo"}, a)
	assert.ErrorContains(t, decode("\x12\x0d\x12", "ana", &a), "proto")
}

func TestARecordThatCannotBeReadIsAnError(t *testing.T) {
	s := open(t)
	_, err := s.client.Doc("agents/ana").Set(context.Background(), map[string]any{"name": 1, "version": 1})
	require.NoError(t, err)
	assert.ErrorContains(t, s.Reader().Load(context.Background(), agent("ana")), "decode agent: name: an integer does not fit string")
	_, err = All[desk.Agent](context.Background(), s.Reader())
	assert.ErrorContains(t, err, "decode agent")
}
