package docwire

import (
	"errors"
	"time"
	"unicode/utf8"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Kind is of which type a value is.
type Kind int

// The types of values that records consist of, and Other for the rest.
const (
	Other Kind = iota
	Null
	Boolean
	Integer
	Time
	Text
	Bytes
	List
	Map
)

// String is the type in words.
func (k Kind) String() string {
	return [...]string{"another value", "a null", "a boolean", "an integer", "a time", "a text", "bytes", "a list", "a map"}[k]
}

// ErrUnusual is the error of what is not written as servers and clients write it; see Usual.
var ErrUnusual = errors.New("docwire: not written as usual")

// Usual has protobuf read the text of a sealed document and writes it as usual. Its error is protobuf's.
func Usual(text string) (string, error) {
	d := &pb.Document{}
	if err := proto.Unmarshal([]byte(text), d); err != nil {
		return "", err
	}
	return seal(d), nil
}

// Entries are those of a map, or of a whole document, that were not taken yet.
type Entries struct {
	rest  string
	field protowire.Number
}

// Sealed are the entries of a document whose fields a SealingCodec left as they came. An error in the text shows when it is come to.
func Sealed(text string) Entries { return Entries{text, documentFields} }

// More reports whether there are entries left.
func (e *Entries) More() bool { return e.rest != "" }

// Next takes an entry off the beginning. Its key is a part of the text.
func (e *Entries) Next() (key string, v Value, err error) {
	entry, rest, ok := take(e.rest, e.field)
	if !ok {
		return "", v, ErrUnusual
	}
	key, entry, ok = take(entry, entryKey)
	if !ok {
		return "", v, ErrUnusual
	}
	content, ok := only(entry, entryValue)
	if !ok {
		return "", v, ErrUnusual
	}
	e.rest = rest
	v, err = valueOf(content)
	return key, v, err
}

// Items are those of a list that were not taken yet.
type Items struct{ rest string }

// Len is how many items there are.
func (i *Items) Len() int { return count(i.rest, arrayValues) }

// Next takes an item off the beginning.
func (i *Items) Next() (Value, error) {
	content, rest, ok := take(i.rest, arrayValues)
	if !ok {
		return Value{}, ErrUnusual
	}
	i.rest = rest
	return valueOf(content)
}

// Value is a value, read as far as its type is.
type Value struct {
	Kind   Kind
	Number int64  // of an Integer; of a Boolean, which is true unless it is zero
	Text   string // of a Text and of Bytes; of a Time, a List and a Map what they are read from. It is a part of the text
}

// valueOf reads a value, which has one field.
func valueOf(s string) (Value, error) {
	tag, rest, ok := varint(s)
	if !ok {
		return Value{}, ErrUnusual
	}
	field, wire := protowire.DecodeTag(tag)
	switch wire {
	case protowire.Fixed64Type: // a double
		return Value{}, nil
	case protowire.VarintType:
		n, rest, ok := varint(rest)
		if !ok || rest != "" {
			return Value{}, ErrUnusual
		}
		return Value{Kind: kindOf(field), Number: int64(n)}, nil
	}
	content, ok := only(s, field)
	v := Value{Kind: kindOf(field), Text: content}
	if !ok || v.Kind == Text && !utf8.ValidString(content) {
		return Value{}, ErrUnusual
	}
	return v, nil
}

func kindOf(field protowire.Number) Kind {
	switch field {
	case valueString:
		return Text
	case valueInteger:
		return Integer
	case valueTimestamp:
		return Time
	case valueMap:
		return Map
	case valueArray:
		return List
	case valueBoolean:
		return Boolean
	case valueBytes:
		return Bytes
	case valueNull:
		return Null
	}
	return Other
}

// Entries are those of a Map.
func (v Value) Entries() Entries { return Entries{v.Text, mapFields} }

// Items are those of a List.
func (v Value) Items() Items { return Items{v.Text} }

// Time is that of a Time, in UTC.
func (v Value) Time() (time.Time, error) {
	var t timestamppb.Timestamp
	if !timestamp(v.Text, &t) {
		return time.Time{}, ErrUnusual
	}
	return time.Unix(t.Seconds, int64(t.Nanos)).UTC(), nil
}
