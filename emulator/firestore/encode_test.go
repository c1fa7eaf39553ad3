package firestore

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// inOrder is one value of each step of the service's order; values in one step are equal.
var inOrder = [][]*pb.Value{
	{nullValue()},
	{boolValue(false)},
	{boolValue(true)},
	{doubleValue(math.NaN()), doubleValue(-math.NaN())},
	{doubleValue(math.Inf(-1))},
	{doubleValue(-1e300)},
	{intValue(math.MinInt64), doubleValue(math.MinInt64)},
	{intValue(math.MinInt64 + 1)},
	{intValue(-(1<<53 + 1))},
	{intValue(-1 << 53), doubleValue(-1 << 53)},
	{doubleValue(-1.5)},
	{intValue(-1), doubleValue(-1)},
	{doubleValue(-math.SmallestNonzeroFloat64)},
	{intValue(0), doubleValue(0), doubleValue(math.Copysign(0, -1))},
	{doubleValue(math.SmallestNonzeroFloat64)},
	{intValue(1), doubleValue(1)},
	{doubleValue(1.5)},
	{intValue(2)},
	{intValue(10)},
	{intValue(1 << 53), doubleValue(1 << 53)},
	{intValue(1<<53 + 1)},
	{intValue(1<<53 + 2), doubleValue(1<<53 + 2)},
	{intValue(math.MaxInt64 - 512)},
	{intValue(math.MaxInt64 - 1)},
	{intValue(math.MaxInt64)},
	{doubleValue(math.MaxInt64)},
	{doubleValue(math.Inf(1))},
	{timeValue(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC))},
	{timeValue(time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC))},
	{timeValue(time.Unix(0, 0))},
	{timeValue(time.Unix(0, 1000))},
	{timeValue(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC))},
	{stringValue("")},
	{stringValue("\x00")},
	{stringValue("\x00\x00")},
	{stringValue("\x00a")},
	{stringValue("\x01")},
	{stringValue("A")},
	{stringValue("a")},
	{stringValue("a\x00")},
	{stringValue("a\x00b")},
	{stringValue("aa")},
	{stringValue("ab")},
	{stringValue("é")},
	{stringValue("\uffff")},
	{stringValue("\U0001f600")},
	{bytesValue("")},
	{bytesValue("\x00")},
	{bytesValue("\xff")},
	{bytesValue("\xff\x00")},
	{referenceValue("projects/p/databases/d/documents/a/a")},
	{referenceValue("projects/p/databases/d/documents/a/a/b/c")},
	{referenceValue("projects/p/databases/d/documents/a/a!")},
	{referenceValue("projects/p/databases/d/documents/a/b")},
	{referenceValue("projects/p/databases/d/documents/a!/a")},
	{geoValue(-90, 0)},
	{geoValue(0, -180)},
	{geoValue(0, 180)},
	{geoValue(90, 0)},
	{arrayValue()},
	{arrayValue(nullValue())},
	{arrayValue(intValue(1))},
	{arrayValue(intValue(1), intValue(0))},
	{arrayValue(intValue(2))},
	{arrayValue(stringValue("a"))},
	{vectorValue(9)},
	{vectorValue(1, 2)},
	{vectorValue(1, 3)},
	{mapValue(nil)},
	{mapValue(map[string]*pb.Value{"": intValue(1)})},
	{mapValue(map[string]*pb.Value{"a": intValue(1)})},
	{mapValue(map[string]*pb.Value{"a": intValue(1), "b": intValue(0)})},
	{mapValue(map[string]*pb.Value{"a": intValue(2)})},
	{mapValue(map[string]*pb.Value{"aa": intValue(0)})},
	{mapValue(map[string]*pb.Value{"b": intValue(0)})},
}

func TestEncodingKeepsOrder(t *testing.T) {
	for i, as := range inOrder {
		for j, bs := range inOrder {
			for _, a := range as {
				for _, b := range bs {
					assert.Equal(t, cmp.Compare(i, j), strings.Compare(encoded(a), encoded(b)), "%v and %v", a, b)
				}
			}
		}
	}
}

func TestInvertedEncodingReversesOrder(t *testing.T) {
	down := func(v *pb.Value) string { return string(appendComponent(nil, descending, v)) }
	for i, as := range inOrder {
		for j, bs := range inOrder {
			assert.Equal(t, cmp.Compare(j, i), strings.Compare(down(as[0]), down(bs[0])), "%v and %v", as[0], bs[0])
		}
	}
}

func TestEncodingIsNeverAPrefixOfAnother(t *testing.T) {
	for i, as := range inOrder {
		for j, bs := range inOrder {
			if i != j {
				assert.False(t, strings.HasPrefix(encoded(as[0]), encoded(bs[0])), "%v and %v", as[0], bs[0])
			}
		}
	}
}

func drawNumber(t *rapid.T, label string) *pb.Value {
	if rapid.Bool().Draw(t, label+" is an integer") {
		return intValue(rapid.Int64().Draw(t, label))
	}
	return doubleValue(rapid.Float64().Draw(t, label))
}

// exact is the number without rounding, good for everything but NaN and the infinities.
func exact(v *pb.Value) *big.Float {
	if isDouble(v) {
		return new(big.Float).SetPrec(2000).SetFloat64(v.GetDoubleValue())
	}
	return new(big.Float).SetPrec(2000).SetInt64(v.GetIntegerValue())
}

func TestNumbersCompareExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawNumber(t, "a"), drawNumber(t, "b")
		if near := rapid.IntRange(0, 2).Draw(t, "near"); near > 0 && !isDouble(a) {
			b = doubleValue(float64(a.GetIntegerValue()))
		}
		if want := exact(a).Cmp(exact(b)); strings.Compare(encoded(a), encoded(b)) != want {
			t.Fatalf("%v and %v do not compare as %d", a, b, want)
		}
	})
}

func TestTextsCompareByBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOf(rapid.SampledFrom([]byte{0, 1, 2, 'a', 0xfe, 0xff})).Draw(t, "a")
		b := rapid.SliceOf(rapid.SampledFrom([]byte{0, 1, 2, 'a', 0xfe, 0xff})).Draw(t, "b")
		x, y := encoded(bytesValue(string(a))), encoded(bytesValue(string(b)))
		if strings.Compare(x, y) != bytes.Compare(a, b) {
			t.Fatalf("%v and %v do not compare as their bytes", a, b)
		}
	})
}

func TestAfterIsBehindThePrefixOnly(t *testing.T) {
	for prefix, want := range map[string]string{
		"a": "b", "a\xff": "b", "a\xfe": "a\xff", "\xff\xff": "", "": "",
	} {
		assert.Equal(t, want, after(prefix), fmt.Sprintf("%q", prefix))
	}
}
