package firestore

import (
	"math"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
)

// TestNumericTransforms follows the comments of FieldTransform in write.proto.
func TestNumericTransforms(t *testing.T) {
	type function func(old, operand *pb.Value) *pb.Value
	nan := math.NaN()
	for name, tc := range map[string]struct {
		f            function
		old, operand *pb.Value
		want         *pb.Value
	}{
		"sum":                        {add, intValue(2), intValue(3), intValue(5)},
		"sum with a double":          {add, intValue(2), doubleValue(0.5), doubleValue(2.5)},
		"sum onto a double":          {add, doubleValue(2), intValue(1), doubleValue(3)},
		"sum too large":              {add, intValue(math.MaxInt64 - 1), intValue(2), intValue(math.MaxInt64)},
		"sum too small":              {add, intValue(math.MinInt64), intValue(-1), intValue(math.MinInt64)},
		"smallest sum":               {add, intValue(math.MinInt64 + 1), intValue(-1), intValue(math.MinInt64)},
		"maximum, stored is larger":  {larger, intValue(5), intValue(3), intValue(5)},
		"maximum, operand is larger": {larger, intValue(3), doubleValue(3.5), doubleValue(3.5)},
		"maximum of equivalents":     {larger, intValue(3), doubleValue(3), intValue(3)},
		"maximum of zeros":           {larger, doubleValue(math.Copysign(0, -1)), intValue(0), doubleValue(math.Copysign(0, -1))},
		"maximum of stored NaN":      {larger, doubleValue(nan), intValue(3), doubleValue(nan)},
		"maximum with NaN":           {larger, intValue(3), doubleValue(nan), doubleValue(nan)},
		"minimum, stored is smaller": {smaller, intValue(-5), intValue(3), intValue(-5)},
		"minimum, operand smaller":   {smaller, doubleValue(3.5), intValue(3), intValue(3)},
		"minimum of equivalents":     {smaller, doubleValue(3), intValue(3), doubleValue(3)},
		"minimum with NaN":           {smaller, intValue(3), doubleValue(nan), doubleValue(nan)},
	} {
		assert.True(t, sameValue(tc.want, tc.f(tc.old, tc.operand)), name)
	}
}

// TestSameValue expects a value to be the same as its copy and as no other of the table.
func TestSameValue(t *testing.T) {
	values := func() []*pb.Value {
		return []*pb.Value{
			nullValue(), boolValue(false), boolValue(true), intValue(0), intValue(1), doubleValue(0),
			doubleValue(math.Copysign(0, -1)), doubleValue(math.NaN()), timeValue(time.Unix(1, 0)), timeValue(time.Unix(1, 1000)),
			stringValue(""), stringValue("a"), bytesValue(""), bytesValue("a"),
			referenceValue(oracleRoot + "/c/x"), referenceValue(oracleRoot + "/c/y"), geoValue(1, 2), geoValue(1, 3), geoValue(2, 2),
			arrayValue(), arrayValue(intValue(1)), arrayValue(intValue(1), intValue(2)), arrayValue(doubleValue(1)),
			mapValue(nil), mapValue(map[string]*pb.Value{"a": intValue(1)}), mapValue(map[string]*pb.Value{"b": intValue(1)}),
			mapValue(map[string]*pb.Value{"a": intValue(2)}), mapValue(map[string]*pb.Value{"a": intValue(1), "b": intValue(1)}),
		}
	}
	others := values()
	for i, a := range values() {
		for j, b := range others {
			assert.Equal(t, i == j, sameValue(a, b), "%v and %v", a, b)
		}
	}
}
