package graph_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
)

func TestPageTakesAText(t *testing.T) {
	f := newPageFixture(t, quietPage)
	const body = `{"recipient":{"id":"7000000000000001"},"messaging_type":"RESPONSE","reply_to":{"mid":"m_before"},
		"message":{"text":"¿qué talla?","metadata":"m-1","quick_replies":[{"content_type":"text","title":"42","payload":"s42"}]}}`
	response, out := f.sendPage(body)
	require.Equal(t, http.StatusOK, response.StatusCode)
	assert.Len(t, out, 2)
	assert.Equal(t, leaPSID, out["recipient_id"])
	require.Regexp(t, mid, out["message_id"])
	sent := f.page.Sent()
	require.Len(t, sent, 1)
	assert.JSONEq(t, body, string(sent[0].Body))
	sent[0].Body = nil
	assert.Equal(t, graph.PageMessage{
		ID: out["message_id"].(string), To: leaPSID, Type: "RESPONSE", Text: "¿qué talla?", ReplyTo: "m_before", Metadata: "m-1",
		QuickReplies: []graph.QuickReply{{ContentType: "text", Title: "42", Payload: "s42"}}, Status: "accepted", At: start,
	}, sent[0])
	assert.Equal(t, graph.Requests{Calls: 1, Accepted: 1}, f.server.Requests())
}

func TestWhoMaySpeakForAPage(t *testing.T) {
	f := newPageFixture(t, quietPage)
	_, err := f.server.AddPage(graph.PageOptions{ID: "2", Token: "second"})
	require.NoError(t, err)
	for name, test := range map[string]struct {
		path, token   string
		status, code  int
		subcode       any
		errorContains string
	}{
		"by its ID":                {pageSend, "Bearer " + pageToken, 200, 0, nil, ""},
		"as itself":                {"/v25.0/me/messages", "Bearer " + pageToken, 200, 0, nil, ""},
		"by a parameter":           {pageSend + "?access_token=" + pageToken, "", 200, 0, nil, ""},
		"as itself, parameter":     {"/v25.0/me/messages?access_token=" + pageToken, "", 200, 0, nil, ""},
		"no token":                 {pageSend, "", 401, 190, nil, "access token"},
		"wrong token":              {pageSend, "Bearer wrong", 401, 190, nil, "access token"},
		"itself without token":     {"/v25.0/me/messages", "", 401, 190, nil, "access token"},
		"token of another page":    {pageSend, "Bearer second", 400, 100, 33.0, "does not exist"},
		"token of a number":        {pageSend, "Bearer " + token, 400, 100, 33.0, "does not exist"},
		"a number is not me":       {"/v25.0/me/messages", "Bearer " + token, 400, 100, 33.0, "'me' does not exist"},
		"unknown page":             {"/v25.0/404/messages", "Bearer " + pageToken, 400, 100, 33.0, "'404' does not exist"},
		"version is not a version": {"/latest/" + pageID + "/messages", "Bearer " + pageToken, 400, 2500, nil, "Unknown path"},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(f.page.Sent())
			response, out := f.do(http.MethodPost, test.path, answerLea, "Authorization", test.token)
			assert.Equal(t, test.status, response.StatusCode, "%v", out)
			if test.code == 0 {
				assert.Len(t, f.page.Sent(), before+1)
				return
			}
			assert.Len(t, f.page.Sent(), before)
			e := problem(t, out)
			assert.InDelta(t, test.code, e["code"], 0)
			assert.Equal(t, test.subcode, e["error_subcode"])
			assert.Contains(t, e["message"], test.errorContains)
		})
	}
}

func TestProofOfTheAppSecret(t *testing.T) {
	const (
		proof   = "d8b448b9cc7d64c51098271805b3cc20b5b715e52bd587eb71b610259587c856"
		another = "b9807fc02408fffe9dfde2ae54ba304d276561ef71387c0c50352b3a4049caff"
	)
	for name, test := range map[string]struct {
		required bool
		query    string
		problem  string
	}{
		"none, none wanted":  {false, "", ""},
		"right, none wanted": {false, "?appsecret_proof=" + proof, ""},
		"wrong, none wanted": {false, "?appsecret_proof=" + another, "Invalid appsecret_proof provided in the API argument"},
		"empty":              {false, "?appsecret_proof=", "Invalid appsecret_proof provided in the API argument"},
		"upper case":         {false, "?appsecret_proof=" + strings.ToUpper(proof), "Invalid appsecret_proof provided in the API argument"},
		"right":              {true, "?appsecret_proof=" + proof, ""},
		"none":               {true, "", "API calls from the server require an appsecret_proof argument"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newPageFixture(t, quietPage, func(o *graph.Options) { o.RequireProof = test.required })
			response, out := f.do(http.MethodPost, pageSend+test.query, answerLea, "Authorization", "Bearer "+pageToken)
			if test.problem == "" {
				assert.Equal(t, http.StatusOK, response.StatusCode, "%v", out)
				return
			}
			assert.Equal(t, http.StatusBadRequest, response.StatusCode)
			e := problem(t, out)
			assert.InDelta(t, 100, e["code"], 0)
			assert.Equal(t, "GraphMethodException", e["type"])
			assert.Equal(t, test.problem, e["message"])
			assert.Empty(t, f.page.Sent())
		})
	}
	f := newFixture(t, manual, func(o *graph.Options) { o.RequireProof = true })
	response, _ := f.send(hello)
	assert.Equal(t, http.StatusBadRequest, response.StatusCode, "a number's calls need it too")
	f.server.SetAppSecret("rotated")
	response, _ = f.do(http.MethodPost, "/v25.0/"+phoneID+"/messages?appsecret_proof="+another, hello)
	assert.Equal(t, http.StatusOK, response.StatusCode)
}

func TestRequestsAPageRefuses(t *testing.T) {
	f := newPageFixture(t)
	message := func(fields string) string {
		return `{"recipient":{"id":"7000000000000001"},"messaging_type":"RESPONSE","message":{` + fields + `}}`
	}
	quick := func(list string) string { return message(`"text":"hola","quick_replies":[` + list + `]`) }
	const answered = `"messaging_type":"RESPONSE","message":{"text":"hola"}}`
	for name, test := range map[string]struct {
		body    string
		subcode any
		message string
	}{
		"no JSON":               {`{`, nil, "Malformed JSON"},
		"a list":                {`[]`, nil, "Malformed JSON"},
		"text is a number":      {message(`"text":7`), nil, "'message.text' must not be a JSON number"},
		"nobody":                {`{` + answered, nil, "recipient is required"},
		"recipient is null":     {`{"recipient":null,` + answered, nil, "recipient is required"},
		"recipient without ID":  {`{"recipient":{},` + answered, nil, "recipient[id]"},
		"recipient is a name":   {`{"recipient":{"id":"lea"},` + answered, nil, "recipient[id]"},
		"stranger":              {`{"recipient":{"id":"7000000000000009"},` + answered, 2018001.0, "No matching user found"},
		"no type":               {`{"recipient":{"id":"7000000000000001"},"message":{"text":"hola"}}`, nil, "messaging_type must be one of"},
		"unknown type":          {`{"recipient":{"id":"7000000000000001"},"messaging_type":"UTILITY","message":{"text":"hola"}}`, nil, "messaging_type must be one of"},
		"tag beside response":   {`{"recipient":{"id":"7000000000000001"},"tag":"HUMAN_AGENT",` + answered, nil, "needs the messaging_type MESSAGE_TAG"},
		"tagged without tag":    {strings.Replace(answerLea, "RESPONSE", "MESSAGE_TAG", 1), nil, "tag must be one of {HUMAN_AGENT, CUSTOMER_FEEDBACK}"},
		"tag of the past":       {strings.Replace(answerLea, `"RESPONSE"`, `"MESSAGE_TAG","tag":"ACCOUNT_UPDATE"`, 1), nil, "tag must be one of"},
		"no message":            {`{"recipient":{"id":"7000000000000001"},"messaging_type":"RESPONSE"}`, nil, "message is required"},
		"empty message":         {message(``), 2018034.0, "cannot be empty"},
		"empty text":            {message(`"text":""`), 2018034.0, "cannot be empty"},
		"text of 2000":          {message(`"text":"` + strings.Repeat("ñ", 2000) + `"`), nil, "less than 2000"},
		"metadata of 1000":      {message(`"text":"hola","metadata":"` + strings.Repeat("x", 1000) + `"`), nil, "less than 1000"},
		"reply to nothing":      {`{"recipient":{"id":"7000000000000001"},"reply_to":{},` + answered, nil, "reply_to[mid]"},
		"text and attachment":   {message(`"text":"hola","attachment":{"type":"image","payload":{"url":"https://x.test/1"}}`), nil, "not both"},
		"attachment of a kind":  {message(`"attachment":{"type":"hologram","payload":{"url":"https://x.test/1"}}`), nil, "[attachment][type]"},
		"attachment of nothing": {message(`"attachment":{"type":"image"}`), nil, "[payload] is required"},
		"attachment, no file":   {message(`"attachment":{"type":"image","payload":{}}`), nil, "either url or attachment_id"},
		"attachment, two files": {message(`"attachment":{"type":"file","payload":{"url":"u","attachment_id":"1"}}`), nil, "either url or attachment_id"},
		"template of no type":   {message(`"attachment":{"type":"template","payload":{}}`), nil, "template_type"},
		"14 quick replies":      {quick(strings.Repeat(`{"content_type":"text","title":"t","payload":"p"},`, 13) + `{"content_type":"text","title":"t","payload":"p"}`), nil, "at most 13"},
		"quick reply of a kind": {quick(`{"content_type":"location"}`), nil, "[0][content_type]"},
		"quick reply, no title": {quick(`{"content_type":"user_email"},{"content_type":"text","payload":"p"}`), nil, "[1][title]"},
		"quick reply, 21":       {quick(`{"content_type":"text","title":"` + strings.Repeat("t", 21) + `","payload":"p"}`), nil, "[0][title]"},
		"quick reply, no code":  {quick(`{"content_type":"text","title":"t"}`), nil, "[0][payload]"},
		"action and message":    {`{"sender_action":"mark_seen","recipient":{"id":"7000000000000001"},` + answered, nil, "both message and state"},
		"action and type":       {`{"sender_action":"mark_seen","recipient":{"id":"7000000000000001"},"messaging_type":"RESPONSE"}`, nil, "both message and state"},
		"unknown action":        {`{"sender_action":"wave","recipient":{"id":"7000000000000001"}}`, nil, "sender_action must be one of"},
		"action for a stranger": {`{"sender_action":"mark_seen","recipient":{"id":"7000000000000009"}}`, 2018001.0, "No matching user found"},
		"action for nobody":     {`{"sender_action":"mark_seen"}`, nil, "recipient is required"},
	} {
		t.Run(name, func(t *testing.T) {
			response, out := f.sendPage(test.body)
			assert.Equal(t, http.StatusBadRequest, response.StatusCode)
			e := problem(t, out)
			assert.InDelta(t, 100, e["code"], 0)
			assert.Equal(t, test.subcode, e["error_subcode"])
			assert.Equal(t, "OAuthException", e["type"])
			assert.Contains(t, e["message"], test.message)
			assert.NotContains(t, e, "error_data", "that is WhatsApp's")
			assert.Regexp(t, `^A[A-Za-z0-9_-]{22}$`, e["fbtrace_id"])
		})
	}
	f.settle()
	assert.Empty(t, f.page.Sent())
	assert.Empty(t, f.page.Actions())
	assert.Len(t, f.inbox.all(), 1, "her first words")
	assert.Equal(t, f.server.Requests().Calls, f.server.Requests().Refused)
}

func TestMessagesAtTheLimitsOfAPage(t *testing.T) {
	f := newPageFixture(t, quietPage)
	for name, fields := range map[string]string{
		"text of 1999":     `"text":"` + strings.Repeat("😀", 1999) + `"`,
		"metadata of 999":  `"text":"hola","metadata":"` + strings.Repeat("x", 999) + `"`,
		"linked image":     `"attachment":{"type":"image","payload":{"url":"https://x.test/1"}}`,
		"uploaded file":    `"attachment":{"type":"file","payload":{"attachment_id":"1"}}`,
		"template":         `"attachment":{"type":"template","payload":{"template_type":"button"}}`,
		"13 quick replies": `"text":"hola","quick_replies":[` + strings.TrimSuffix(strings.Repeat(`{"content_type":"text","title":"`+strings.Repeat("t", 20)+`","payload":"p"},`, 13), ",") + `]`,
	} {
		response, out := f.sendPage(`{"recipient":{"id":"7000000000000001"},"messaging_type":"UPDATE","message":{` + fields + `}}`)
		assert.Equal(t, http.StatusOK, response.StatusCode, "%s: %v", name, out)
	}
	assert.Len(t, f.page.Sent(), 6)
}

func TestWindowOfAPage(t *testing.T) {
	const (
		response = `"messaging_type":"RESPONSE"`
		update   = `"messaging_type":"UPDATE"`
		human    = `"messaging_type":"MESSAGE_TAG","tag":"HUMAN_AGENT"`
		feedback = `"messaging_type":"MESSAGE_TAG","tag":"CUSTOMER_FEEDBACK"`
	)
	day := 24 * time.Hour
	for name, test := range map[string]struct {
		after time.Duration
		kind  string
		taken bool
	}{
		"at once":                {0, response, true},
		"last moment of the day": {day - time.Millisecond, response, true},
		"a day later":            {day, response, false},
		"update on the day":      {day - time.Millisecond, update, true},
		"update a day later":     {day, update, false},
		"human on the day":       {time.Hour, human, true},
		"human a day later":      {day, human, true},
		"last moment of 7 days":  {7*day - time.Millisecond, human, true},
		"human 7 days later":     {7 * day, human, false},
		"feedback in the week":   {7*day - time.Millisecond, feedback, true},
		"feedback 7 days later":  {7 * day, feedback, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newPageFixture(t, quietPage)
			f.clock.advance(test.after)
			answered, out := f.sendPage(`{"recipient":{"id":"7000000000000001"},` + test.kind + `,"message":{"text":"hola"}}`)
			if test.taken {
				assert.Equal(t, http.StatusOK, answered.StatusCode, "%v", out)
				assert.Len(t, f.lea.Received(), 1)
				return
			}
			assert.Equal(t, http.StatusForbidden, answered.StatusCode)
			e := problem(t, out)
			assert.InDelta(t, 10, e["code"], 0)
			assert.InDelta(t, 2018278, e["error_subcode"], 0)
			assert.Equal(t, "(#10) This message is sent outside of allowed window.", e["message"])
			assert.Empty(t, f.lea.Received())
			_, err := f.lea.Tap("Sí", "yes")
			require.NoError(t, err)
			f.reply("she tapped: the window is open again")
		})
	}
}

func TestWhatOpensTheWindow(t *testing.T) {
	for name, test := range map[string]struct {
		do    func(*graph.User) (graph.Receipt, error)
		known bool
		opens bool
	}{
		"nothing":       {func(*graph.User) (graph.Receipt, error) { return graph.Receipt{}, nil }, false, false},
		"a text":        {func(u *graph.User) (graph.Receipt, error) { return u.Write("hola") }, true, true},
		"a quick reply": {func(u *graph.User) (graph.Receipt, error) { return u.Choose("Sí", "yes") }, true, true},
		"a button":      {func(u *graph.User) (graph.Receipt, error) { return u.Tap("Sí", "yes") }, true, true},
		"a sticker":     {func(u *graph.User) (graph.Receipt, error) { return u.Sticker(369239263222822, "u") }, true, true},
		"a link":        {func(u *graph.User) (graph.Receipt, error) { return u.Arrive(graph.Referral{Ref: "r"}) }, true, false},
		"a reaction":    {func(u *graph.User) (graph.Receipt, error) { return u.React("m_x", "👍") }, true, false},
		"an edit":       {func(u *graph.User) (graph.Receipt, error) { return u.Edit("m_x", "hola") }, true, false},
		"a deletion":    {func(u *graph.User) (graph.Receipt, error) { return u.Delete("m_x") }, true, false},
		"having read":   {func(u *graph.User) (graph.Receipt, error) { return u.Read() }, true, false},
		"a handover":    {func(u *graph.User) (graph.Receipt, error) { return u.PassThread("1", appID, "") }, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := stranger(t, quietPage)
			_, err := test.do(f.lea)
			require.NoError(t, err)
			response, out := f.sendPage(answerLea)
			switch {
			case test.opens:
				assert.Equal(t, http.StatusOK, response.StatusCode, "%v", out)
			case test.known:
				assert.InDelta(t, 2018278, problem(t, out)["error_subcode"], 0)
			default:
				assert.InDelta(t, 2018001, problem(t, out)["error_subcode"], 0)
			}
		})
	}
}

func TestSenderActions(t *testing.T) {
	f := newPageFixture(t)
	f.fault(graph.Fault{Kind: graph.FaultError, Code: 2})
	f.clock.advance(8 * 24 * time.Hour)
	for _, action := range []string{"mark_seen", "typing_on", "typing_off", "typing_on"} {
		response, out := f.sendPage(`{"recipient":{"id":"7000000000000001"},"sender_action":"` + action + `"}`)
		require.Equal(t, http.StatusOK, response.StatusCode, "%v", out)
		assert.Equal(t, map[string]any{"recipient_id": leaPSID}, out)
	}
	at := start.Add(8 * 24 * time.Hour)
	want := []graph.SenderAction{
		{To: leaPSID, Action: graph.ActionMarkSeen, At: at}, {To: leaPSID, Action: graph.ActionTypingOn, At: at},
		{To: leaPSID, Action: graph.ActionTypingOff, At: at}, {To: leaPSID, Action: graph.ActionTypingOn, At: at},
	}
	assert.Equal(t, want, f.lea.Actions())
	bea, err := f.page.User("7000000000000002")
	require.NoError(t, err)
	assert.Empty(t, bea.Actions())
	assert.Len(t, f.server.Faults(), 1, "actions use up nothing")
	assert.Equal(t, graph.Requests{Calls: 4, Marked: 4}, f.server.Requests())
	f.settle()
	assert.Empty(t, f.told())
}

func TestPagesThatCannotBe(t *testing.T) {
	f := newPageFixture(t)
	for name, o := range map[string]graph.PageOptions{
		"no ID":             {Token: "t"},
		"path of an ID":     {ID: "a/b", Token: "t"},
		"everybody's ID":    {ID: "me", Token: "t"},
		"no token":          {ID: "5"},
		"unknown statuses":  {ID: "5", Token: "t", Statuses: "some"},
		"ID of a page":      {ID: pageID, Token: "t"},
		"ID of a number":    {ID: phoneID, Token: "t"},
		"token of the page": {ID: "5", Token: pageToken},
	} {
		_, err := f.server.AddPage(o)
		require.Error(t, err, name)
		_, err = graph.New(graph.Options{Pages: []graph.PageOptions{{ID: pageID, Token: pageToken}, {ID: phoneID, Token: token}, o}})
		require.Error(t, err, name)
	}
	_, err := f.server.Page(phoneID)
	require.ErrorIs(t, err, graph.ErrUnknownPage)
	_, err = f.server.Number(pageID)
	require.ErrorIs(t, err, graph.ErrUnknownNumber)
	_, err = f.page.User("lea")
	require.Error(t, err)
	_, err = graph.New(graph.Options{AppID: "deskline"})
	require.ErrorContains(t, err, "bad app ID")
	assert.Equal(t, []*graph.Page{f.page}, f.server.Pages())
}
