package docwire

import "google.golang.org/protobuf/encoding/protowire"

// octets are what messages are read from: bytes, or a copy of them whose parts may be kept.
type octets interface{ string | []byte }

// take takes a field of text, of bytes or of a message off the beginning; false when another one is there.
func take[B octets](b B, field protowire.Number) (content, rest B, ok bool) {
	tag, rest, ok := varint(b)
	if !ok || tag != protowire.EncodeTag(field, protowire.BytesType) {
		return b[:0], b, false
	}
	n, rest, ok := varint(rest)
	if !ok || n > uint64(len(rest)) {
		return b[:0], b, false
	}
	return rest[:n], rest[n:], true
}

// only is a field that stands alone.
func only[B octets](b B, field protowire.Number) (content B, ok bool) {
	content, rest, ok := take(b, field)
	return content, ok && len(rest) == 0
}

// count is how many of the field stand at the beginning, one after the other.
func count[B octets](b B, field protowire.Number) (n int) {
	for ok := true; ; n++ {
		if _, b, ok = take(b, field); !ok {
			return n
		}
	}
}

// number takes a field that is a number off the beginning, if it is there; absent it is zero.
func number[B octets](b B, field protowire.Number) (n uint64, rest B, ok bool) {
	tag, rest, ok := varint(b)
	if !ok || tag != protowire.EncodeTag(field, protowire.VarintType) {
		return 0, b, true
	}
	return varint(rest)
}

// longest is how many bytes a number has at most, as negative ones do.
const longest = 10

// varint takes a number off the beginning; false for one of more than 64 bits.
func varint[B octets](b B) (n uint64, rest B, ok bool) {
	for i := range min(len(b), longest) {
		n |= uint64(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			return n, b[i+1:], i < longest-1 || b[i] <= 1
		}
	}
	return 0, b, false
}
