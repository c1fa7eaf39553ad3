package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strings"
)

type traceKey struct{}

// WithTraceparent notes the W3C trace context a request or event came with, so that everything done for it can be
// found under one trace ID. A header that is absent or malformed starts a new trace.
func WithTraceparent(ctx context.Context, header string) context.Context {
	if !wellFormed(header) {
		header = newTraceparent()
	}
	return context.WithValue(ctx, traceKey{}, header)
}

// JoinTrace goes on with the trace of an event that came in a request: what is done for it is found under the event's trace, and
// stays this request's doing, whose own ID in the context it was given remains. A header that is absent or malformed changes
// nothing.
func JoinTrace(ctx context.Context, header string) context.Context {
	if !wellFormed(header) {
		return ctx
	}
	if own := Traceparent(ctx); own != "" {
		header = header[:36] + own[36:52] + header[52:]
	}
	return context.WithValue(ctx, traceKey{}, header)
}

// Traceparent is the trace context to pass on with whatever is done for this request; empty where none was noted.
func Traceparent(ctx context.Context) string {
	header, _ := ctx.Value(traceKey{}).(string)
	return header
}

// Trace is the trace ID of the request, 32 hexadecimal digits; empty where none was noted.
func Trace(ctx context.Context) string {
	header := Traceparent(ctx)
	if header == "" {
		return ""
	}
	return header[3:35]
}

// wellFormed reports whether the header is of the form version-traceid-parentid-flags. Versions after 00 may carry
// more fields, and ff is not a version. Source: W3C Trace Context, section 3.2, read 2026-11-21.
func wellFormed(header string) bool {
	const length = len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	if len(header) < length || header[2] != '-' || header[35] != '-' || header[52] != '-' {
		return false
	}
	version := header[:2]
	if version == "ff" || (version == "00" && len(header) != length) || (len(header) > length && header[length] != '-') {
		return false
	}
	trace, parent := header[3:35], header[36:52]
	return isHex(version+trace+parent+header[53:55]) && strings.Trim(trace, "0") != "" && strings.Trim(parent, "0") != ""
}

func isHex(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func newTraceparent() string {
	var id [24]byte
	_, _ = rand.Read(id[:]) // never fails
	return "00-" + hex.EncodeToString(id[:16]) + "-" + hex.EncodeToString(id[16:]) + "-00"
}
