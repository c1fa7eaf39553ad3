package tests

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// What Meta sends, and what somebody who is not Meta might send to the same address.

// webhook is a body with one change of a subscribed field.
func webhook(field, value string) []byte {
	return fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[{"id":"200000000000001","changes":[{"field":%q,"value":%s}]}]}`,
		field, value)
}

// written is a body in which Lea writes the text, which stands in it as it is given.
func written(id, text string) []byte {
	return webhook("messages", fmt.Sprintf(`{"messaging_product":"whatsapp","metadata":{"phone_number_id":%q},`+
		`"contacts":[{"profile":{"name":"Lea"},"wa_id":"34611000001"}],`+
		`"messages":[{"from":"34611000001","id":%q,"timestamp":"1763700000","type":"text","text":{"body":"%s"}}]}`,
		suite.PhoneNumber, id, text))
}

// Meta asks whether an address is ours before it sends anything there. Only who knows the word gets the answer.
func TestMetaVerifiesTheWebhook(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	require.NoError(t, c.Suite.Graph.Verify(c.Context()))
	ask := func(mode, challenge, token string) floor.Answer {
		q := url.Values{"hub.mode": {mode}, "hub.challenge": {challenge}, "hub.verify_token": {token}}
		return c.Call(http.MethodGet, "/webhooks/meta?"+q.Encode(), nil)
	}
	for _, challenge := range []string{"1158201444", "007", "", `<script>alert("é & 👋")</script>`} {
		got := ask("subscribe", challenge, suite.VerifyToken)
		assert.Equal(t, 200, got.Status)
		assert.Equal(t, challenge, got.Body, "word for word")
		assert.Equal(t, "text/plain; charset=utf-8", got.Header.Get("Content-Type"))
		assert.Equal(t, "nosniff", got.Header.Get("X-Content-Type-Options"), "no browser may take it for a page")
	}
	for name, got := range map[string]floor.Answer{
		"wrong token":     ask("subscribe", "1158201444", "local-verify-tokem"),
		"longer token":    ask("subscribe", "1158201444", suite.VerifyToken+"x"),
		"empty token":     ask("subscribe", "1158201444", ""),
		"no token":        c.Call(http.MethodGet, "/webhooks/meta?hub.mode=subscribe&hub.challenge=1158201444", nil),
		"no challenge":    c.Call(http.MethodGet, "/webhooks/meta?hub.mode=subscribe&hub.verify_token="+suite.VerifyToken, nil),
		"another mode":    ask("unsubscribe", "1158201444", suite.VerifyToken),
		"nothing at all":  c.Call(http.MethodGet, "/webhooks/meta", nil),
		"broken encoding": c.Call(http.MethodGet, "/webhooks/meta?hub.mode=%zz", nil),
	} {
		assert.Equal(t, 403, got.Status, name)
		assert.Equal(t, "bad_verify_token", got.Problem().Code, name)
		assert.NotContains(t, got.Body, "1158201444", name)
	}
	assert.Equal(t, 405, c.Call(http.MethodPut, "/webhooks/meta", nil).Status)
}

// Nothing that Meta did not sign is looked at, let alone kept.
func TestAWebhookWithoutMetasSignatureChangesNothing(t *testing.T) {
	t.Parallel()
	var w floor.Watch
	c := floor.OpenWith(t, w.On(suite.Options{}))
	body := written("wamid.forged", "hola")
	right := strings.TrimPrefix(floor.Signed(body, suite.AppSecret), "X-Hub-Signature-256: ")
	old := hmac.New(sha1.New, []byte(suite.AppSecret))
	old.Write(body)
	sha1Header := "X-Hub-Signature: sha1=" + hex.EncodeToString(old.Sum(nil))
	w.NothingHappens(c, func() {
		for name, headers := range map[string][]string{
			"none":                  nil,
			"empty":                 {"X-Hub-Signature-256: "},
			"only the prefix":       {"X-Hub-Signature-256: sha256="},
			"of another secret":     {floor.Signed(body, "another-app-secret")},
			"of the empty secret":   {floor.Signed(body, "")},
			"of another body":       {floor.Signed(written("wamid.forged", "hola "), suite.AppSecret)},
			"SHA-1 only":            {sha1Header},
			"SHA-1 in its place":    {strings.Replace(sha1Header, "X-Hub-Signature", "X-Hub-Signature-256", 1)},
			"truncated":             {"X-Hub-Signature-256: " + right[:len(right)-2]},
			"too long":              {"X-Hub-Signature-256: " + right + "00"},
			"without prefix":        {"X-Hub-Signature-256: " + strings.TrimPrefix(right, "sha256=")},
			"not hexadecimal":       {"X-Hub-Signature-256: sha256=" + strings.Repeat("z", 64)},
			"zeros":                 {"X-Hub-Signature-256: sha256=" + strings.Repeat("0", 64)},
			"two, the second right": {"X-Hub-Signature-256: sha256=" + strings.Repeat("0", 64), "X-Hub-Signature-256: " + right},
			"right but for another": {"X-Hub-Signature: " + right},
			"an agent's token":      {"Authorization: Bearer " + right},
		} {
			got := c.Posts(body, headers...)
			assert.Equal(t, 401, got.Status, name)
			assert.Equal(t, "bad_signature", got.Problem().Code, name)
		}
		assert.Equal(t, 401, c.Posts([]byte("{"), floor.Signed([]byte("{"), "x")).Status, "the signature comes before the body's form")
	})
	assert.Empty(t, all[desk.Message](c))
	assert.Equal(t, 200, c.Posts(body, "X-Hub-Signature-256: "+right).Status, "the same body with the right one is taken")
	c.Settle()
	assert.Len(t, all[desk.Message](c), 1)
}

// While the app secret is changed, what was signed with the old one is still on its way.
func TestTwoAppSecretsAreTakenWhileOneReplacesTheOther(t *testing.T) {
	t.Parallel()
	c := floor.OpenWith(t, suite.Options{Env: map[string]string{"META_APP_SECRETS": "new-secret, old-secret,"}})
	for n, secret := range []string{"new-secret", "old-secret"} {
		body := written(fmt.Sprint("wamid.", n), "hola")
		assert.Equal(t, 200, c.Posts(body, floor.Signed(body, secret)).Status, secret)
	}
	for _, secret := range []string{suite.AppSecret, "new-secret, old-secret,", " old-secret", ""} {
		body := written("wamid.3", "hola")
		assert.Equal(t, 401, c.Posts(body, floor.Signed(body, secret)).Status, "%q", secret)
	}
	c.Settle()
	assert.Len(t, all[desk.Message](c), 2)

	c = floor.OpenWith(t, suite.Options{Env: map[string]string{"META_APP_SECRETS": "new-secret"}})
	body := written("wamid.4", "hola")
	assert.Equal(t, 401, c.Posts(body, floor.Signed(body, "old-secret")).Status, "once it is changed, the old one is nobody's")
	assert.Equal(t, 200, c.Posts(body, floor.Signed(body, "new-secret")).Status)
}

// A body may have 3 MiB, Meta's own limit, and not a byte more, whether its length is told before it or not.
func TestABodyMayHaveThreeMebibytes(t *testing.T) {
	t.Parallel()
	var w floor.Watch
	c := floor.OpenWith(t, w.On(suite.Options{}))
	const limit = 3 << 20
	padded := func(size int) []byte {
		body := written("wamid.large", "hola")
		return append(body, bytes.Repeat([]byte(" "), size-len(body))...)
	}
	large := padded(limit + 1)
	w.NothingHappens(c, func() {
		declared := c.Posts(large, floor.Signed(large, suite.AppSecret), "Expect: 100-continue")
		chunked := c.Call(http.MethodPost, "/webhooks/meta", io.MultiReader(bytes.NewReader(large)), floor.Signed(large, suite.AppSecret))
		for name, got := range map[string]floor.Answer{"declared": declared, "chunked": chunked} {
			assert.Equal(t, 413, got.Status, name)
			assert.Equal(t, "too_large", got.Problem().Code, name)
			assert.Equal(t, int64(limit), got.Problem().Limit, name)
		}
	})
	fits := padded(limit)
	assert.Equal(t, 200, c.Posts(fits, floor.Signed(fits, suite.AppSecret)).Status)
	c.Settle()
	assert.Len(t, all[desk.Message](c), 1)
}

// What can never be read is refused; what is merely not for us is answered 200, or Meta would send it for seven days.
func TestWhatIsNoMessageIsAnsweredAndCounted(t *testing.T) {
	t.Parallel()
	var w floor.Watch
	var log floor.Log
	c := floor.OpenWith(t, w.On(suite.Options{Log: log.Logger()}))
	w.NothingHappens(c, func() {
		for name, refused := range map[string]struct{ body, code string }{
			"empty":         {"", "malformed_json"},
			"broken off":    {`{"object":"whatsapp_business_account","entry":[{"id":"1"`, "malformed_json"},
			"no JSON":       {"object=whatsapp", "malformed_json"},
			"two values":    {"{}{}", "malformed_json"},
			"null":          {"null", "wrong_shape"},
			"a list":        {"[]", "wrong_shape"},
			"entry a text":  {`{"object":"whatsapp_business_account","entry":"x"}`, "wrong_shape"},
			"entry a table": {`{"object":"whatsapp_business_account","entry":{}}`, "wrong_shape"},
		} {
			body := []byte(refused.body)
			got := c.Posts(body, floor.Signed(body, suite.AppSecret))
			assert.Equal(t, 400, got.Status, name)
			assert.Equal(t, refused.code, got.Problem().Code, name)
		}
		metadata := fmt.Sprintf(`"metadata":{"phone_number_id":%q}`, suite.PhoneNumber)
		for name, counted := range map[string]struct {
			body   []byte
			reason string
		}{
			"another object":  {[]byte(`{"object":"instagram","entry":[{"id":"1"}]}`), "unknown_object"},
			"no object":       {[]byte(`{}`), "unknown_object"},
			"no entry":        {[]byte(`{"object":"whatsapp_business_account"}`), "empty"},
			"another field":   {webhook("flows_v9", `{"anything":[1,2,3]}`), "unknown_field"},
			"a template":      {webhook("message_template_status_update", `{"event":"APPROVED"}`), "template_update"},
			"to nobody":       {webhook("smb_message_echoes", `{`+metadata+`,"message_echoes":[{"id":"x"}]}`), "no_recipient"},
			"an old message":  {webhook("history", `{`+metadata+`,"history":[{}]}`), "history"},
			"a taste":         {webhook("user_preferences", `{`+metadata+`,"user_preferences":[{"wa_id":"1","category":"offers"}]}`), "unknown_preference"},
			"a new ID alone":  {webhook("user_id_update", `{`+metadata+`,"user_id_update":[{"wa_id":"1"}]}`), "nothing_new"},
			"about nothing":   {webhook("messages", `{`+metadata+`,"messages":[{"from":"1","id":"x","type":"reaction"}]}`), "unreadable_remark"},
			"a value astray":  {webhook("messages", `"text"`), "unreadable"},
			"no number":       {webhook("messages", `{"messages":[{"from":"34611000001","id":"x","type":"text"}]}`), "no_account"},
			"nobody wrote it": {webhook("messages", `{`+metadata+`,"messages":[{"id":"x","type":"text"}]}`), "no_sender"},
			"without an ID":   {webhook("messages", `{`+metadata+`,"messages":[{"from":"34611000001","type":"text"}]}`), "no_id"},
			"a huge ID":       {webhook("messages", `{`+metadata+`,"messages":[{"from":"1","id":"`+strings.Repeat("x", 513)+`"}]}`), "id_too_long"},
			"in a group":      {webhook("messages", `{`+metadata+`,"messages":[{"from":"1","id":"x","group_id":"g","type":"text"}]}`), "group_message"},
			"a new status":    {webhook("messages", `{`+metadata+`,"statuses":[{"id":"x","status":"warned"}]}`), "unknown_status"},
			"an error":        {webhook("messages", `{`+metadata+`,"errors":[{"code":131052}]}`), "channel_error"},
		} {
			line := log.Next(c, "intake", func() {
				assert.Equal(t, 200, c.Posts(counted.body, floor.Signed(counted.body, suite.AppSecret)).Status, name)
			})
			assert.Equal(t, map[string]int{counted.reason: 1}, line.Ignored(), name)
			assert.EqualValues(t, 0, line["events"], name)
		}
	})
}

// R13: what a customer writes reaches the agent as it is, and what the agent writes the customer, although Meta escapes
// every sign beyond ASCII. The signature is over the bytes as they came: escaped.
func TestTextTravelsUnharmed(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{})
	for n, text := range []string{
		"👩‍👩‍👧‍👦 👍🏽 🇪🇸 ñ ü 日本語 עברית",
		"</script> \\ \" / \t & 'x'\nsegunda línea\r\n",
		"\u2028\u202e\ufeff e\u0301",
	} {
		lea.Writes(text)
		c.Settle()
		said := ana.Reads(i)
		assert.Equal(t, text, said[len(said)-1].Text)
		ana.Writes(i, text)
		c.Settle()
		require.Len(t, lea.Received(), n+1)
		assert.Equal(t, text, lea.Received()[n])
	}
	escaped, decoded := written("wamid.esc", `\ud83d\ude00 \u00e9`), written("wamid.esc", "😀 é")
	assert.Equal(t, 401, c.Posts(escaped, floor.Signed(decoded, suite.AppSecret)).Status)
	assert.Equal(t, 401, c.Posts(decoded, floor.Signed(escaped, suite.AppSecret)).Status)
	assert.Equal(t, 200, c.Posts(escaped, floor.Signed(escaped, suite.AppSecret)).Status)
	c.Settle()
	assert.Contains(t, texts(ana.Reads(i)), "😀 é")
}

// What no text can hold is replaced by the sign for that, and the message is recorded.
func TestBrokenTextIsRecordedAsFarAsItCanBe(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]struct{ sent, shown string }{
		"bytes that are no UTF-8": {"caf\xe9 \xff\xfe", "caf\ufffd \ufffd\ufffd"},
		"half a surrogate pair":   {`a\ud83d b`, "a\ufffd b"},
		"a NUL":                   {`a\u0000b`, "a\u0000b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			body := written("wamid.odd", text.sent)
			require.Equal(t, 200, c.Posts(body, floor.Signed(body, suite.AppSecret)).Status)
			ana := c.Agent("ana").SignsIn()
			assert.Equal(t, []string{text.shown}, texts(ana.Reads(ana.Accepts().ID)))
		})
	}
}

// R35: Meta puts up to a thousand updates into one batch, and two batches may come in one call. It is answered 200 once all
// are safe, and each is recorded, every customer's in the order he wrote.
func TestTwoBatchesOfAThousandMessagesInOneCallAreAllRecorded(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	const batch, customers = 1000, 25
	body := batches(2, batch, customers)
	answer := c.Posts(body, floor.Signed(body, suite.AppSecret))
	require.Equal(t, 200, answer.Status, answer.Body)
	atRest(c)

	assert.Len(t, all[desk.Message](c), 2*batch)
	talks := all[desk.Interaction](c)
	assert.Len(t, talks, customers)
	for _, i := range talks {
		transcript, err := c.Store.Reader().Transcript(c.Context(), i.ID, 2*batch, transcriptBegins)
		require.NoError(t, err)
		bySeq := slices.SortedFunc(slices.Values(transcript), func(a, b desk.Message) int { return cmp.Compare(a.Seq, b.Seq) })
		assert.Len(t, bySeq, 2*batch/customers)
		last := -1
		for n, m := range bySeq {
			assert.Equal(t, int64(n+1), m.Seq)
			said, err := strconv.Atoi(m.Text)
			require.NoError(t, err)
			assert.Greater(t, said, last, "in the order they were written")
			last = said
		}
	}
}

// batches are so many in one body, each of so many messages by so many customers in turn, numbered from 0.
func batches(count, batch, customers int) []byte {
	var entries []string
	for b := range count {
		var said []string
		for n := range batch {
			said = append(said, fmt.Sprintf(`{"from":"3461100%04d","id":"wamid.%d","timestamp":"%d","type":"text","text":{"body":"%d"}}`,
				n%customers, b*batch+n, 1763700000+n/customers, b*batch+n))
		}
		entries = append(entries, fmt.Sprintf(`{"id":"200000000000001","changes":[{"field":"messages","value":{"messaging_product":"whatsapp",`+
			`"metadata":{"phone_number_id":%q},"messages":[%s]}}]}`, suite.PhoneNumber, strings.Join(said, ",")))
	}
	return fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[%s]}`, strings.Join(entries, ","))
}

// atRest waits for as long as it takes until nothing is under way, if only it goes on.
func atRest(c *floor.Floor) {
	c.T.Helper()
	for left := c.Suite.PubSub.Pending(); left > 0; {
		c.Soon("some of it is handled", func() error {
			if now := c.Suite.PubSub.Pending(); now == left {
				return fmt.Errorf("%d events are under way", left)
			}
			return nil
		})
		left = c.Suite.PubSub.Pending()
	}
}

// B1: how often Meta repeats itself is counted, and nothing else comes of it.
func TestARepeatIsCounted(t *testing.T) {
	t.Parallel()
	var log floor.Log
	c := floor.OpenWith(t, suite.Options{Log: log.Logger()})
	first := log.Next(c, "conversation", func() { c.Customer("lea").Writes("hola") })
	assert.Empty(t, first.Ignored())
	assert.Equal(t, all[desk.Interaction](c)[0].ID, first["interaction"])
	repeat := log.Next(c, "conversation", func() {
		_, err := c.Number().Repost(all[desk.Message](c)[0].ProviderID)
		assert.NoError(t, err)
	})
	assert.Equal(t, map[string]int{"repeat": 1}, repeat.Ignored())
}

// A message for a number that is not configured yet is kept until it is, however often it comes.
func TestAMessageForAnUnknownNumberIsParked(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	n, err := c.Suite.Graph.AddNumber(graph.NumberOptions{ID: "100000000000099", Display: "34600000099", WABA: "200000000000001", Token: "x"})
	require.NoError(t, err)
	sent := c.Suite.Clock.Now().Add(-time.Minute).Truncate(time.Second).UTC()
	r, err := n.Receive(c.Customer("lea").Who, graph.Inbound{Text: "¿hay alguien?", At: sent})
	require.NoError(t, err)
	require.Equal(t, 200, r.Status, "Meta has done its part")
	c.Settle()
	again, err := n.Repost(r.ID)
	require.NoError(t, err)
	require.Equal(t, 200, again.Status)
	c.Settle()

	parked := all[desk.Parked](c)
	require.Len(t, parked, 1, "twice sent, kept once")
	assert.EqualValues(t, 1, parked[0].Version)
	assert.Equal(t, "whatsapp:100000000000099", parked[0].Asset)
	assert.Equal(t, "¿hay alguien?", parked[0].Arrival.Text)
	assert.Equal(t, r.ID, parked[0].Arrival.ID)
	assert.Equal(t, sent, parked[0].Arrival.At)
	assert.Equal(t, "Lea", parked[0].Arrival.Customer.Name)
	assert.Empty(t, all[desk.Interaction](c), "nobody is offered it: it has no queue")
	assert.Empty(t, all[desk.Contact](c))
}
