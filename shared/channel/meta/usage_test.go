package meta_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/channel"
)

// A page over its limit is told how long it stays shut out.
func TestPauseUntilAccessIsRegained(t *testing.T) {
	const limited = `{"error":{"code":80006}}`
	for name, c := range map[string]struct {
		usage, retryAfter, body string
		want                    time.Duration
	}{
		"said":              {`{"777":[{"type":"messenger","call_count":100,"estimated_time_to_regain_access":19}]}`, "", limited, 19 * time.Minute},
		"as a text":         {`{"777":[{"estimated_time_to_regain_access":"19"}]}`, "", limited, 19 * time.Minute},
		"the longest":       {`{"1":[{"estimated_time_to_regain_access":2},{"estimated_time_to_regain_access":7}],"2":[{"estimated_time_to_regain_access":5}]}`, "", limited, 7 * time.Minute},
		"at most an hour":   {`{"777":[{"estimated_time_to_regain_access":61}]}`, "", limited, time.Hour},
		"beyond all bounds": {`{"777":[{"estimated_time_to_regain_access":9223372036854775807}]}`, "", limited, time.Hour},
		"no pause":          {`{"777":[{"estimated_time_to_regain_access":0}]}`, "", limited, time.Minute},
		"below zero":        {`{"777":[{"estimated_time_to_regain_access":-3}]}`, "", limited, time.Minute},
		"not said":          {`{"777":[{"call_count":100}]}`, "", limited, time.Minute},
		"odd neighbours":    {`{"1":5,"2":[7,{"estimated_time_to_regain_access":3}]}`, "", limited, 3 * time.Minute},
		"not JSON":          {`19`, "", limited, time.Minute},
		"cut off":           {`{"777":[{`, "", limited, time.Minute},
		"shorter than said": {`{"777":[{"estimated_time_to_regain_access":1}]}`, "90", limited, 90 * time.Second},
		"longer than said":  {`{"777":[{"estimated_time_to_regain_access":2}]}`, "90", limited, 2 * time.Minute},
		"another refusal":   {`{"777":[{"estimated_time_to_regain_access":19}]}`, "", `{"error":{"code":551}}`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"X-Business-Use-Case-Usage": {c.usage}, "Retry-After": {c.retryAfter}}
			refused, ok := channel.NotTaken(answering(t, http.StatusBadRequest, header, c.body))
			require.True(t, ok)
			assert.Equal(t, c.want, refused.After)
		})
	}
}
