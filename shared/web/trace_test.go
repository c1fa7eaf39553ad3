package web

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestTraceIsTheCallers(t *testing.T) {
	for _, header := range []string{parent, "cc" + parent[2:], "cc" + parent[2:] + "-more"} {
		ctx := WithTraceparent(t.Context(), header)
		assert.Equal(t, header, Traceparent(ctx))
		assert.Equal(t, "0af7651916cd43dd8448eb211c80319c", Trace(ctx))
	}
}

func TestTraceIsNewWhenTheCallersIsNoTrace(t *testing.T) {
	for name, header := range map[string]string{
		"absent":            "",
		"short":             parent[:54],
		"more in version 0": parent + "-more",
		"more run on":       "cc" + parent[2:] + "more",
		"version ff":        "ff" + parent[2:],
		"upper case":        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
		"no hexadecimal":    "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
		"trace of zeros":    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
		"parent of zeros":   "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
		"other separator":   "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
		"line break":        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-\n1",
		"flags":             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-zz",
	} {
		t.Run(name, func(t *testing.T) {
			one, two := WithTraceparent(t.Context(), header), WithTraceparent(t.Context(), header)
			assert.Regexp(t, `^[0-9a-f]{32}$`, Trace(one))
			assert.NotEqual(t, Trace(one), Trace(two))
			assert.NotEqual(t, header, Traceparent(one))
			assert.True(t, wellFormed(Traceparent(one)))
		})
	}
}

func TestNoTrace(t *testing.T) {
	assert.Empty(t, Trace(context.Background()))
	assert.Empty(t, Traceparent(context.Background()))
}

func TestATraceIsJoinedUnderOnesOwnID(t *testing.T) {
	const event = "00-11111111111111111111111111111111-2222222222222222-01"
	request := WithTraceparent(t.Context(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
	assert.Equal(t, "00-11111111111111111111111111111111-b7ad6b7169203331-01", Traceparent(JoinTrace(request, event)))
	assert.Equal(t, event, Traceparent(JoinTrace(t.Context(), event)), "who has no ID of his own takes the event's")
	assert.Equal(t, request, JoinTrace(request, "00-xyz"))
	assert.Equal(t, request, JoinTrace(request, ""))
}
