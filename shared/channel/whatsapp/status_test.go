package whatsapp_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
)

const ours = "0123456789abcdef0123456789abcdef"

func TestStatus(t *testing.T) {
	events, ignored := parse(t, hook(`"statuses":[{"id":"wamid.S1","status":"delivered","timestamp":"1795166998","recipient_id":"34600111222",
		"conversation":{"id":"c"},"pricing":{"billable":true},"biz_opaque_callback_data":"`+ours+`"}]`))
	assert.Empty(t, ignored)
	require.Len(t, events, 1)
	assert.Nil(t, events[0].Arrival)
	assert.Equal(t, &desk.Status{
		Channel:    desk.WhatsApp,
		Account:    "5550001",
		ProviderID: "wamid.S1",
		Message:    ours,
		State:      desk.MessageDelivered,
		At:         written,
	}, events[0].Status)
}

func TestStatusValues(t *testing.T) {
	for value, want := range map[string]desk.MessageState{
		"sent": desk.MessageSent, "delivered": desk.MessageDelivered, "read": desk.MessageRead, "played": desk.MessageRead,
		"failed": desk.MessageFailed,
	} {
		events, ignored := parse(t, hook(`"statuses":[{"id":"wamid.S1","status":"`+value+`"}]`))
		assert.Empty(t, ignored)
		require.Len(t, events, 1, value)
		assert.Equal(t, want, events[0].Status.State)
		assert.Equal(t, arrived, events[0].Status.At)
		assert.Empty(t, events[0].Status.Message)
	}
}

func TestFailures(t *testing.T) {
	for errors, want := range map[string]string{
		`[{"code":131026,"title":"t","error_data":{"details":"d"}}]`: "undeliverable",
		`[{"code":131047}]`:                     "window_closed",
		`[{"code":"131049"}]`:                   "withheld",
		`[{"code":130429}]`:                     "rate_limited",
		`[{"code":131000}]`:                     "channel_trouble",
		`[{"code":10,"error_subcode":2018278}]`: "window_closed",
		`[{"code":424242}]`:                     "channel_rejected",
		`["odd",{"title":"t"},{"code":131051}]`: "unsupported_type",
		`[{"title":"t"}]`:                       "not_delivered",
		`[]`:                                    "not_delivered",
		`null`:                                  "not_delivered",
		`"x"`:                                   "not_delivered",
	} {
		events, ignored := parse(t, hook(`"statuses":[{"id":"wamid.S1","status":"failed","errors":`+errors+`}]`))
		assert.Empty(t, ignored)
		require.Len(t, events, 1, errors)
		assert.Equal(t, want, events[0].Status.Problem.Code, errors)
		assert.NotEmpty(t, events[0].Status.Problem.Advice, errors)
	}
	events, _ := parse(t, hook(`"statuses":[{"id":"wamid.S1","status":"sent","errors":[{"code":131026}]}]`))
	assert.Zero(t, events[0].Status.Problem, "only a failure has one")
}

func TestIgnoredStatuses(t *testing.T) {
	for status, want := range map[string]string{
		`{"id":"wamid.S1","status":"deleted"}`:                           "unknown_status:deleted",
		`{"id":"wamid.S1","status":"warning"}`:                           "unknown_status:warning",
		`{"id":"wamid.S1","status":"Lea Ortiz"}`:                         "unknown_status:",
		`{"id":"wamid.S1"}`:                                              "unknown_status:",
		`{"id":"wamid.S1","status":{"a":1}}`:                             "unknown_status:",
		`{"status":"sent"}`:                                              "no_id:status",
		`{"id":"` + strings.Repeat("x", 513) + `","status":"sent"}`:      "id_too_long:status",
		`{"id":"wamid.S1","status":"read","recipient_type":"group"}`:     "group_status:read",
		`{"id":"wamid.S1","status":"vanished","recipient_type":"group"}`: "group_status:vanished",
		`7`:    "unreadable_status:",
		`null`: "no_id:status",
	} {
		events, ignored := parse(t, hook(`"statuses":[{"id":"wamid.S0","status":"sent"},`+status+`]`))
		assert.Len(t, events, 1, "its neighbour counts")
		assert.Equal(t, []string{want}, reasons(ignored), status)
	}
}

// Another program may send by the same number, with callback data of its own.
func TestForeignCallbackData(t *testing.T) {
	for data, want := range map[string]string{
		`"` + ours + `"`:                     ours,
		`"a/b"`:                              "",
		`"two words"`:                        "",
		`"{\"order\":7}"`:                    "",
		`""`:                                 "",
		`{"x":1}`:                            "",
		`"` + strings.Repeat("a", 128) + `"`: strings.Repeat("a", 128),
		`"` + strings.Repeat("a", 129) + `"`: "",
	} {
		events, ignored := parse(t, hook(`"statuses":[{"id":"wamid.S1","status":"sent","biz_opaque_callback_data":`+data+`}]`))
		assert.Empty(t, ignored)
		require.Len(t, events, 1)
		assert.Equal(t, want, events[0].Status.Message, data)
		assert.Equal(t, "wamid.S1", events[0].Status.ProviderID)
	}
}

func TestMessagesAndStatusesTogether(t *testing.T) {
	events, ignored := parse(t, hook(`"statuses":[{"id":"wamid.S1","status":"sent"}]`, lea,
		`"messages":[`+from(`"type":"text","text":{"body":"hola"}`)+`]`, `"errors":[{"code":131052}]`))
	assert.Equal(t, []string{"channel_error:131052"}, reasons(ignored))
	require.Len(t, events, 2)
	assert.NotNil(t, events[0].Arrival)
	assert.NotNil(t, events[1].Status)
}
