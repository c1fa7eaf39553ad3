package meta_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/meta"
)

// answering gives what Post makes of one answer.
func answering(t *testing.T, status int, header http.Header, body string) error {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	defer server.Close()
	var out map[string]any
	return graph(t, server).Post(t.Context(), "token", "1", "messages", map[string]string{}, &out)
}

func TestRefusalsByCode(t *testing.T) {
	for _, c := range []struct {
		code, subcode int
		want          string
		retry         bool
		after         time.Duration
		vendor        string
	}{
		{code: 0, want: "channel_token", vendor: "0"},
		{code: 3, want: "channel_permission", vendor: "3"},
		{code: 4, want: "rate_limited", retry: true, after: time.Minute, vendor: "4"},
		{code: 10, want: "channel_permission", vendor: "10"},
		{code: 10, subcode: 7, want: "channel_permission", vendor: "10/7"},
		{code: 10, subcode: 1893063, want: "account_locked", vendor: "10/1893063"},
		{code: 9, subcode: 2018352, want: "rate_limited", retry: true, after: time.Minute, vendor: "9/2018352"},
		{code: 10, subcode: 2018065, want: "window_closed", vendor: "10/2018065"},
		{code: 10, subcode: 2018108, want: "undeliverable", vendor: "10/2018108"},
		{code: 10, subcode: 2018278, want: "window_closed", vendor: "10/2018278"},
		{code: 17, want: "rate_limited", retry: true, after: time.Minute, vendor: "17"},
		{code: 32, want: "rate_limited", retry: true, after: time.Minute, vendor: "32"},
		{code: 10, subcode: 2018300, want: "held_elsewhere", vendor: "10/2018300"},
		{code: 10, subcode: 2534022, want: "window_closed", vendor: "10/2534022"},
		{code: 33, want: "channel_not_registered", vendor: "33"},
		{code: 100, want: "channel_rejected", vendor: "100"},
		{code: 100, subcode: 33, want: "channel_permission", vendor: "100/33"},
		{code: 100, subcode: 2018001, want: "undeliverable", vendor: "100/2018001"},
		{code: 100, subcode: 2018008, want: "media_failed", vendor: "100/2018008"},
		{code: 100, subcode: 2018047, want: "media_failed", vendor: "100/2018047"},
		{code: 100, subcode: 2018074, want: "media_failed", vendor: "100/2018074"},
		{code: 100, subcode: 2018109, want: "media_failed", vendor: "100/2018109"},
		{code: 100, subcode: 2018294, want: "media_failed", vendor: "100/2018294"},
		{code: 100, subcode: 2534037, want: "held_elsewhere", vendor: "100/2534037"},
		{code: 190, want: "channel_token", vendor: "190"},
		{code: 190, subcode: 463, want: "channel_token", vendor: "190/463"},
		{code: 199, want: "channel_rejected", vendor: "199"},
		{code: 200, want: "channel_permission", vendor: "200"},
		{code: 200, subcode: 1545041, want: "undeliverable", vendor: "200/1545041"},
		{code: 200, subcode: 2018028, want: "channel_permission", vendor: "200/2018028"},
		{code: 299, want: "channel_permission", vendor: "299"},
		{code: 300, want: "channel_rejected", vendor: "300"},
		{code: 368, want: "account_locked", vendor: "368"},
		{code: 551, want: "undeliverable", vendor: "551"},
		{code: 613, want: "rate_limited", retry: true, after: time.Minute, vendor: "613"},
		{code: 80000, want: "rate_limited", retry: true, after: time.Minute, vendor: "80000"},
		{code: 80004, want: "rate_limited", retry: true, after: time.Minute, vendor: "80004"},
		{code: 80007, want: "rate_limited", retry: true, after: time.Minute, vendor: "80007"},
		{code: 80014, want: "rate_limited", retry: true, after: time.Minute, vendor: "80014"},
		{code: 551, subcode: 1545041, want: "undeliverable", vendor: "551/1545041"},
		{code: 613, subcode: 2018338, want: "spam_limited", vendor: "613/2018338"},
		{code: 613, subcode: 2534040, want: "rate_limited", retry: true, after: time.Minute, vendor: "613/2534040"},
		{code: 1200, want: "channel_busy", retry: true, vendor: "1200"},
		{code: 1200, subcode: 2018024, want: "channel_busy", retry: true, vendor: "1200/2018024"},
		{code: 79999, want: "channel_rejected", vendor: "79999"},
		{code: 80006, want: "rate_limited", retry: true, after: time.Minute, vendor: "80006"},
		{code: 80015, want: "channel_rejected", vendor: "80015"},
		{code: 130429, want: "rate_limited", retry: true, after: time.Second, vendor: "130429"},
		{code: 130472, want: "withheld", vendor: "130472"},
		{code: 130497, want: "recipient_restricted", vendor: "130497"},
		{code: 131005, want: "channel_permission", vendor: "131005"},
		{code: 131008, want: "channel_rejected", vendor: "131008"},
		{code: 131009, want: "channel_rejected", vendor: "131009"},
		{code: 131021, want: "channel_rejected", vendor: "131021"},
		{code: 131026, want: "undeliverable", vendor: "131026"},
		{code: 131030, want: "recipient_restricted", vendor: "131030"},
		{code: 131031, want: "account_locked", vendor: "131031"},
		{code: 131042, want: "channel_payment", vendor: "131042"},
		{code: 131045, want: "channel_not_registered", vendor: "131045"},
		{code: 131047, want: "window_closed", vendor: "131047"},
		{code: 131048, want: "spam_limited", vendor: "131048"},
		{code: 131049, want: "withheld", vendor: "131049"},
		{code: 131050, want: "withheld", vendor: "131050"},
		{code: 131051, want: "unsupported_type", vendor: "131051"},
		{code: 131052, want: "media_failed", vendor: "131052"},
		{code: 131053, want: "media_failed", retry: true, vendor: "131053"},
		{code: 131056, want: "too_fast", retry: true, after: 6 * time.Second, vendor: "131056"},
		{code: 131057, want: "channel_maintenance", retry: true, after: time.Minute, vendor: "131057"},
		{code: 132000, want: "template_rejected", vendor: "132000"},
		{code: 132015, want: "template_rejected", vendor: "132015"},
		{code: 133010, want: "channel_not_registered", vendor: "133010"},
		{code: 133016, want: "channel_not_registered", vendor: "133016"},
		{code: 2018300, want: "held_elsewhere", vendor: "2018300"},
		{code: 2018321, want: "channel_busy", retry: true, vendor: "2018321"},
		{code: 999999, want: "channel_rejected", vendor: "999999"},
	} {
		t.Run(c.vendor, func(t *testing.T) {
			body := fmt.Sprintf(`{"error":{"message":"said of +16505551234","type":"OAuthException","code":%d,"error_subcode":%d,"fbtrace_id":"AbC"}}`,
				c.code, c.subcode)
			err := answering(t, http.StatusBadRequest, nil, body)
			refused, ok := channel.NotTaken(err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, c.want, refused.Problem.Code)
			assert.NotEmpty(t, refused.Problem.Advice)
			assert.Equal(t, c.retry, refused.Retry)
			assert.Equal(t, c.after, refused.After)
			assert.Equal(t, c.vendor, refused.Vendor)
			assert.NotContains(t, err.Error(), "16505551234")
			assert.Contains(t, err.Error(), "trace AbC")
			assert.Equal(t, refused.Problem, meta.Problem(c.code, c.subcode), "a status with the code says the same")
		})
	}
}

// Some codes do not exclude that the message was taken: nobody may send it again.
func TestCodesThatLeaveTheFateUnknown(t *testing.T) {
	for _, code := range []int{-1, 1, 2, 131000, 131016, 133004} {
		for _, transient := range []bool{false, true} {
			body := fmt.Sprintf(`{"error":{"code":%d,"is_transient":%t}}`, code, transient)
			err := answering(t, http.StatusBadRequest, nil, body)
			_, ok := channel.NotTaken(err)
			assert.False(t, ok, "code %d", code)
			var told *meta.GraphError
			require.ErrorAs(t, err, &told)
			assert.Equal(t, code, told.Code)
			assert.Equal(t, "channel_trouble", meta.Problem(code, 0).Code)
		}
	}
}

func TestAnswersOtherThanSuccess(t *testing.T) {
	const window = `{"error":{"code":131047}}`
	for name, c := range map[string]struct {
		status int
		body   string
		want   string // empty: unknown fate
		retry  bool
		vendor string
	}{
		"4xx, nothing":                     {400, "", "channel_rejected", false, "HTTP 400"},
		"4xx, a page":                      {404, "<html>Not Found</html>", "channel_rejected", false, "HTTP 404"},
		"4xx, another JSON":                {400, `{"ok":false}`, "channel_rejected", false, "HTTP 400"},
		"4xx, error is a text":             {400, `{"error":"no"}`, "channel_rejected", false, "HTTP 400"},
		"4xx, no code":                     {400, `{"error":{"message":"no"}}`, "channel_rejected", false, "HTTP 400"},
		"4xx, code is a text":              {400, `{"error":{"code":"131047"}}`, "window_closed", false, "131047"},
		"4xx, code is no number":           {400, `{"error":{"code":"x"}}`, "channel_rejected", false, "HTTP 400"},
		"4xx, odd subcode":                 {400, `{"error":{"code":131047,"error_subcode":{}}}`, "window_closed", false, "131047"},
		"4xx, transient and new code":      {400, `{"error":{"code":7777,"is_transient":true}}`, "channel_busy", true, "7777"},
		"4xx, transient and known code":    {400, `{"error":{"code":190,"is_transient":true}}`, "channel_token", false, "190"},
		"401 without code":                 {401, "", "channel_token", false, "HTTP 401"},
		"401 with code 0":                  {401, `{"error":{"code":0}}`, "channel_token", false, "0"},
		"403 without code":                 {403, "", "channel_permission", false, "HTTP 403"},
		"408":                              {408, "", "", false, ""},
		"408 with a code":                  {408, window, "window_closed", false, "131047"},
		"413":                              {413, "", "channel_rejected", false, "HTTP 413"},
		"429 without code":                 {429, "", "rate_limited", true, "HTTP 429"},
		"429 with a new code":              {429, `{"error":{"code":7777}}`, "rate_limited", true, "7777"},
		"500":                              {500, "", "", false, ""},
		"500 with a refusal's code":        {500, window, "", false, ""},
		"503":                              {503, `{"error":{"code":131016,"is_transient":true}}`, "", false, ""},
		"502, a page":                      {502, "<html>", "", false, ""},
		"a redirect":                       {307, "", "", false, ""},
		"another redirect":                 {302, "", "", false, ""},
		"200 with an error":                {200, window, "taken", false, ""},
		"200, nothing":                     {200, "", "", false, ""},
		"200, a page":                      {200, "<html>", "", false, ""},
		"200, cut off":                     {200, `{"messages":[{"id":"wam`, "", false, ""},
		"200, another shape":               {200, `[]`, "", false, ""},
		"204, nothing where a body should": {204, "", "", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := answering(t, c.status, http.Header{"Location": {"/elsewhere"}}, c.body)
			if c.want == "taken" {
				assert.NoError(t, err, "what a success without a message means is the channel's to say")
				return
			}
			require.Error(t, err)
			refused, ok := channel.NotTaken(err)
			require.Equal(t, c.want != "", ok, "%v", err)
			if !ok {
				return
			}
			assert.Equal(t, c.want, refused.Problem.Code)
			assert.Equal(t, c.retry, refused.Retry)
			assert.Equal(t, c.vendor, refused.Vendor)
		})
	}
}

func TestRetryAfter(t *testing.T) {
	const limited, quota, fast, window = `{"error":{"code":130429}}`, `{"error":{"code":80007}}`, `{"error":{"code":131056}}`, `{"error":{"code":131047}}`
	for _, c := range []struct {
		header, body string
		want         time.Duration
	}{
		{"", limited, time.Second},
		{"30", limited, 30 * time.Second},
		{" 30 ", limited, 30 * time.Second},
		{"3600", limited, time.Hour},
		{"3601", limited, time.Hour},
		{"4294967295", limited, time.Hour},
		{"0", limited, time.Second},
		{"99999999999999999999", limited, time.Second},
		{"-1", limited, time.Second},
		{"soon", limited, time.Second},
		{"1.5", limited, time.Second},
		{"", quota, time.Minute},
		{"30", quota, time.Minute},
		{"90", quota, 90 * time.Second},
		{"2", fast, 6 * time.Second},
		{"9", fast, 9 * time.Second},
		{"9", window, 0},
	} {
		err := answering(t, http.StatusBadRequest, http.Header{"Retry-After": {c.header}}, c.body)
		refused, ok := channel.NotTaken(err)
		require.True(t, ok)
		assert.Equal(t, c.want, refused.After, "%q %s", c.header, c.body)
	}
}

func TestGraphErrorTextNamesNobody(t *testing.T) {
	err := answering(t, http.StatusBadRequest, nil,
		`{"error":{"code":131026,"message":"Ana","type":"to Ana Pérez","fbtrace_id":"+34 600","error_data":{"details":"Ana"}}}`)
	assert.EqualError(t, err, "not taken: undeliverable (131026): HTTP 400, code 131026")
}
