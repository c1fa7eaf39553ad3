package meta

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Limits for what names something. IDMax is far above the roughly 60 to 150 bytes of the message IDs Meta gives, and
// AccountMax above the digits of a page or phone number ID.
const (
	IDMax      = 512
	AccountMax = 128
	URLMax     = 4096
)

// At is when something happened by the first stamp that can be read, in UTC and never ahead of its arrival by more than
// clocks may differ; where no stamp helps it is now.
func At(now time.Time, stamps ...Scalar) time.Time {
	const clocksDiffer = time.Minute
	for _, stamp := range stamps {
		t := Timestamp(stamp)
		switch {
		case t.IsZero():
		case t.After(now.Add(clocksDiffer)):
			return now.UTC()
		default:
			return t
		}
	}
	return now.UTC()
}

// Degrees are the coordinates of a place on the map as decimal degrees with six decimals at most, which is a tenth of a
// metre. Both are empty when either is no number or not on the earth.
func Degrees(latitude, longitude Scalar) (lat, long string) {
	x, err := strconv.ParseFloat(string(latitude), 64)
	y, err2 := strconv.ParseFloat(string(longitude), 64)
	if err != nil || err2 != nil || !(x >= -90 && x <= 90) || !(y >= -180 && y <= 180) {
		return "", ""
	}
	return degrees(x), degrees(y)
}

func degrees(d float64) string {
	s := strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(d, 'f', 6, 64), "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

// Link is s if it is an address on the web of at most URLMax bytes, and empty otherwise: what a browser would run
// instead of opening, or what leads to no host, never gets to an agent.
func Link(s Scalar) string {
	if len(s) > URLMax {
		return ""
	}
	u, err := url.Parse(string(s))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return string(s)
}
