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

			doc := encode(rec)
			want := len(planOf(reflect.TypeOf(rec).Elem()))
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
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, encode(c.rec)) })
	}
}

func TestFieldNames(t *testing.T) {
	for name, want := range map[string]string{"DueAt": "dueAt", "ID": "id", "ProviderID": "providerID", "Name": "name", "X": "x"} {
		assert.Equal(t, want, fieldName(name))
	}
}

func TestDecodingForgetsWhatTheRecordHadAndIgnoresWhatItDoesNotHave(t *testing.T) {
	a := desk.Agent{Head: desk.Head{ID: "bob", Version: 7}, Name: "Bob", Seats: []string{"i"}, Since: noon, History: desk.History{Last: 4}}
	require.NoError(t, decode(map[string]any{"version": int64(2), "name": "Ana", "seats": nil, "shoeSize": int64(38),
		"history": map[string]any{"entries": []any{map[string]any{"seq": int64(1), "mood": "good"}}}}, "ana", &a))
	assert.Equal(t, desk.Agent{Head: desk.Head{ID: "ana", Version: 2}, Name: "Ana",
		History: desk.History{Entries: []desk.Entry{{Seq: 1}}}}, a)
}

func TestDecodingRefusesOtherTypes(t *testing.T) {
	for name, c := range map[string]struct {
		data map[string]any
		want string
	}{
		"number for a text":         {map[string]any{"name": int64(1)}, "name: a int64 does not fit string"},
		"text for a number":         {map[string]any{"capacity": "3"}, "capacity: a string does not fit int"},
		"fraction for a number":     {map[string]any{"capacity": 3.0}, "capacity: a float64 does not fit int"},
		"text for a yes or no":      {map[string]any{"missed": "true"}, "missed: a string does not fit bool"},
		"text for a time":           {map[string]any{"since": "2026-11-21T12:00:00Z"}, "since: a string does not fit time.Time"},
		"time for a text":           {map[string]any{"name": noon}, "name: a time.Time does not fit string"},
		"time for a struct":         {map[string]any{"history": noon}, "history: a time.Time does not fit desk.History"},
		"text for a list":           {map[string]any{"seats": "i"}, "seats: a string does not fit []string"},
		"list for a text":           {map[string]any{"name": []any{"Ana"}}, "name: a []interface {} does not fit string"},
		"null in a list":            {map[string]any{"seats": []any{"i", nil}}, "seats: a <nil> does not fit string"},
		"text for a struct":         {map[string]any{"history": "h"}, "history: a string does not fit desk.History"},
		"map for a time":            {map[string]any{"since": map[string]any{}}, "since: a map[string]interface {} does not fit time.Time"},
		"map for a list":            {map[string]any{"seats": map[string]any{"0": "i"}}, "seats: a map[string]interface {} does not fit []string"},
		"yes or no for a number":    {map[string]any{"capacity": true}, "capacity: a bool does not fit int"},
		"something within a struct": {map[string]any{"history": map[string]any{"last": "x"}}, "history: last: a string does not fit int64"},
		"something within a list":   {map[string]any{"keys": []any{map[string]any{"key": int64(1)}}}, "keys: key: a int64 does not fit string"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.ErrorContains(t, decode(c.data, "ana", new(desk.Agent)), c.want)
		})
	}
}

func TestARecordThatCannotBeReadIsAnError(t *testing.T) {
	s := open(t)
	_, err := s.client.Doc("agents/ana").Set(context.Background(), map[string]any{"name": 1, "version": 1})
	require.NoError(t, err)
	assert.ErrorContains(t, s.Reader().Load(context.Background(), agent("ana")), "decode agent: name: a int64 does not fit string")
	_, err = All[desk.Agent](context.Background(), s.Reader())
	assert.ErrorContains(t, err, "decode agent")
}
