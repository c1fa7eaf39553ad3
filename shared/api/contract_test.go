package api

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// whole is the contract as readers have it.
func whole(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := readWhole()
	require.NoError(t, err)
	return doc
}

var readWhole = sync.OnceValues(load)

func load() (*openapi3.T, error) { return openapi3.NewLoader().LoadFromFile("openapi.yaml") }

// operations calls f for every operation of the document.
func operations(t *testing.T, doc *openapi3.T, f func(t *testing.T, path, method string, item *openapi3.PathItem, op *openapi3.Operation)) {
	t.Helper()
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			t.Run(op.OperationID, func(t *testing.T) { f(t, path, method, item, op) })
		}
	}
}

func TestContractIsValidOpenAPI31(t *testing.T) {
	doc := whole(t)
	assert.True(t, strings.HasPrefix(doc.OpenAPI, "3.1."), doc.OpenAPI)
	require.NoError(t, doc.Validate(t.Context()), "examples are validated too")
}

// The functions a tag can belong to.
var functions = []string{"presence", "acceptance", "desktop", "conference", "wrapup", "transfer", "contacts", "feed", "supervision", "hours", "admin", "kept", "reports"}

func TestEveryOperationIsDescribed(t *testing.T) {
	seen := map[string]string{}
	operations(t, whole(t), func(t *testing.T, path, method string, _ *openapi3.PathItem, op *openapi3.Operation) {
		require.Len(t, op.Tags, 1)
		assert.Contains(t, functions, op.Tags[0])
		assert.True(t, strings.HasPrefix(path, "/v1/"), path)
		assert.Empty(t, seen[op.OperationID])
		seen[op.OperationID] = path
		assert.NotEmpty(t, op.Summary)
		assert.True(t, strings.HasSuffix(op.Summary, "."), op.Summary)
		if method == http.MethodGet {
			assert.Regexp(t, `(?i)changes nothing|stream`, op.Description)
		} else {
			assert.Contains(t, op.Description, "**Repeats:**")
		}
	})
	assert.Len(t, seen, 105)
}

func TestEveryBodyHasAnExample(t *testing.T) {
	operations(t, whole(t), func(t *testing.T, _, _ string, _ *openapi3.PathItem, op *openapi3.Operation) {
		if op.RequestBody != nil {
			for _, content := range op.RequestBody.Value.Content {
				assert.True(t, content.Example != nil || len(content.Examples) > 0, "request")
			}
		}
		for status, res := range op.Responses.Map() {
			require.NotEmpty(t, res.Value.Content, status)
			for _, content := range res.Value.Content {
				assert.NotNil(t, content.Example, status)
			}
		}
	})
}

var codeLine = regexp.MustCompile("(?m)^- `([^`]*)`: .+")

func TestEveryErrorListsItsCodes(t *testing.T) {
	snake := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	operations(t, whole(t), func(t *testing.T, _, method string, item *openapi3.PathItem, op *openapi3.Operation) {
		all := map[string]string{}
		for status, res := range op.Responses.Map() {
			if status[0] == '2' {
				continue
			}
			require.NotNil(t, res.Value.Content["application/problem+json"], status)
			lines := codeLine.FindAllStringSubmatch(*res.Value.Description, -1)
			require.NotEmpty(t, lines, "%s lists no code", status)
			for _, line := range lines {
				assert.Regexp(t, snake, line[1])
				assert.Empty(t, all[line[1]], "%s under two statuses", line[1])
				all[line[1]] = status
			}
			example, _ := res.Value.Content["application/problem+json"].Example.(map[string]any)
			require.NotNil(t, example, "%s has no example", status)
			assert.Equal(t, status, all[example["code"].(string)])
			assert.Equal(t, http.StatusText(int(example["status"].(float64))), example["title"])
		}
		for code, status := range map[string]string{
			"bad_request": "400", "token_missing": "401", "token_invalid": "401", "token_expired": "401",
			"unknown_agent": "403", "email_unverified": "403", "internal": "500", "unavailable": "503", "busy": "503",
			"not_published": "503", "issuer_unavailable": "503",
		} {
			assert.Equal(t, status, all[code], code)
		}
		if op.Parameters.GetByInAndName("query", "limit") != nil {
			assert.Equal(t, "400", all["bad_cursor"])
		}
		if op.RequestBody != nil {
			assert.Equal(t, "413", all["too_large"])
		}
		if op.Parameters.GetByInAndName("header", "Idempotency-Key") != nil {
			assert.Equal(t, "422", all["key_reused"])
		}
		if item.Parameters.GetByInAndName("path", "offer") != nil {
			assert.Equal(t, "404", all["offer_missing"])
			assert.Equal(t, "403", all["not_your_offer"])
		}
		if item.Parameters.GetByInAndName("path", "interaction") != nil {
			assert.Equal(t, "404", all["interaction_missing"])
			assert.Equal(t, "403", all[map[bool]string{false: "not_your_conversation", true: "not_your_queue"}[op.Tags[0] == "supervision"]])
		}
		if item.Parameters.GetByInAndName("path", "contact") != nil {
			assert.Equal(t, "404", all["contact_missing"])
		}
		if op.Parameters.GetByInAndName("header", "If-Match") != nil {
			unguarded, changed := "edit_unguarded", "profile_changed"
			if op.Tags[0] == "admin" {
				unguarded, changed = "precondition_required", "version_mismatch"
			}
			assert.Equal(t, "428", all[unguarded])
			assert.Equal(t, "412", all[changed])
		}
	})
}

func TestSpecialCodes(t *testing.T) {
	want := map[string][]string{
		"signIn":         {"400 idle_reason_unknown", "409 session_ended"},
		"signOut":        {"409 has_conversations", "409 session_replaced"},
		"setState":       {"400 idle_reason_unknown", "400 idle_reason_required", "409 agent_offline", "412 rona_unseen"},
		"renewLease":     {"409 lease_lost", "409 session_ended", "409 session_replaced"},
		"acceptOffer":    {"409 offer_expired", "409 offer_declined", "409 offer_rescinded", "409 customer_left", "409 customer_blocked", "409 channel_removed"},
		"declineOffer":   {"409 offer_accepted", "409 offer_expired", "409 offer_rescinded", "409 customer_left", "409 customer_blocked", "409 channel_removed"},
		"sendMessage":    {"400 too_long", "409 conversation_ended", "409 interrupted", "409 customer_left", "409 customer_blocked", "422 id_reused"},
		"setData":        {"400 variable_unknown", "400 variable_reserved", "400 too_many_values", "403 variable_not_editable", "409 conversation_closed"},
		"searchContacts": {"400 search_empty", "400 search_too_short"},
		"editContact":    {"400 name_invalid", "400 phone_invalid", "400 email_invalid", "400 company_invalid", "400 language_invalid"},
		"addContactNote": {"422 id_reused"},
		"blockContact":   {"403 not_your_contact"},
		"unblockContact": {"403 not_your_contact"},
		"endInteraction": {"409 not_active"},
		"submitWrapUp":   {"400 reason_unknown", "400 sub_reason_required", "400 sub_reason_unknown", "409 nothing_to_wrap_up", "409 wrap_up_over"},
		"extendWrapUp":   {"409 nothing_to_wrap_up", "409 wrap_up_unlimited", "409 wrap_up_over"},
		"closeQueue":     {"403 not_your_queue", "404 queue_missing"},
		"openQueue":      {"403 not_your_queue", "404 queue_missing"},
		"importCentre":   {"400 import_invalid", "403 role_missing"},
		"putQueue":       {"400 import_invalid", "403 role_missing"},
		"deleteQueue":    {"400 successor_unknown", "403 role_missing", "404 queue_missing", "409 in_use"},
		"deleteReason":   {"404 queue_missing", "404 reason_missing", "409 reason_required", "409 in_use"},
		"deleteAgent":    {"404 agent_missing", "409 in_use", "409 successor_offline", "409 successor_full"},

		"getBoard":        {"403 role_missing"},
		"setAgentState":   {"403 not_your_team", "404 agent_missing", "409 agent_offline", "409 has_conversations", "412 rona_unseen"},
		"takeOver":        {"403 not_your_queue", "409 agent_offline", "409 agent_full", "409 conversation_ended"},
		"reassign":        {"400 target_missing", "400 target_has_it", "409 target_not_in_team", "409 target_unavailable", "409 target_busy", "409 target_full"},
		"requeue":         {"409 channel_removed", "409 customer_blocked", "409 customer_left"},
		"setPriority":     {"409 not_waiting", "409 conversation_ended"},
		"endBySupervisor": {"409 conversation_ended"},

		"listDeadLetters":   {"403 role_missing"},
		"getDeadLetter":     {"403 role_missing", "404 dead_letter_missing"},
		"replayDeadLetter":  {"403 role_missing", "404 dead_letter_missing", "409 not_replayable"},
		"discardDeadLetter": {"403 role_missing", "404 dead_letter_missing"},
		"listParked":        {"403 role_missing"},
		"getParked":         {"403 role_missing", "404 parked_missing"},
		"replayParked":      {"403 role_missing", "404 parked_missing"},
		"discardParked":     {"403 role_missing", "404 parked_missing"},
	}
	operations(t, whole(t), func(t *testing.T, _, _ string, _ *openapi3.PathItem, op *openapi3.Operation) {
		for _, line := range want[op.OperationID] {
			status, code, _ := strings.Cut(line, " ")
			require.NotNil(t, op.Responses.Value(status), status)
			assert.Contains(t, *op.Responses.Value(status).Value.Description, "- `"+code+"`: ")
		}
		delete(want, op.OperationID)
	})
	assert.Empty(t, want)
}

func TestSuccessCarriesWhatADesktopNeeds(t *testing.T) {
	operations(t, whole(t), func(t *testing.T, _, _ string, _ *openapi3.PathItem, op *openapi3.Operation) {
		if slices.Contains([]string{"getFeed", "getBoardFeed", "importCentre", "exportCentre", "exportMetrics"}, op.OperationID) {
			t.Skip("not a record")
		}
		res := op.Responses.Value("200")
		if res == nil {
			res = op.Responses.Value("201")
		}
		require.NotNil(t, res)
		schema := res.Value.Content["application/json"].Schema.Value
		record := slices.Contains(schema.Required, "version")
		page := slices.Contains(schema.Required, "now")
		assert.True(t, record || page, "neither a version nor now")
	})
}

// The validator for requests knows these keywords as JSON Schema 2020-12 defines them; others it may not.
var keywords = []string{
	"type", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "maxItems", "uniqueItems", "items",
	"properties", "required", "additionalProperties", "minProperties", "maxProperties", "default", "description", "format", "$ref",
}

func TestRequestsUseKnownKeywordsAndRefuseUnknownFields(t *testing.T) {
	doc, err := contract()
	require.NoError(t, err)
	var check func(t *testing.T, schema map[string]any)
	check = func(t *testing.T, schema map[string]any) {
		for keyword := range schema {
			assert.Contains(t, keywords, keyword)
		}
		if schema["type"] == "object" {
			if values, ok := schema["additionalProperties"].(map[string]any); ok { // names are the caller's
				check(t, values)
			} else {
				assert.Equal(t, false, schema["additionalProperties"])
			}
		}
		properties, _ := schema["properties"].(map[string]any)
		for _, p := range properties {
			check(t, p.(map[string]any))
		}
		if items, ok := schema["items"].(map[string]any); ok {
			check(t, items)
		}
	}
	generic := func(t *testing.T, s *openapi3.Schema) (out map[string]any) {
		data, err := json.Marshal(s)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &out))
		return out
	}
	for name, ref := range doc.Components.Schemas {
		t.Run(name, func(t *testing.T) { check(t, generic(t, ref.Value)) })
	}
	operations(t, doc, func(t *testing.T, _, _ string, item *openapi3.PathItem, op *openapi3.Operation) {
		for _, p := range slices.Concat(item.Parameters, op.Parameters) {
			check(t, generic(t, p.Value.Schema.Value))
		}
	})
}

func TestGeneratedContractIsTheContract(t *testing.T) {
	full, small := whole(t), func() *openapi3.T { doc, err := contract(); require.NoError(t, err); return doc }()
	assert.Equal(t, full.Paths.Len(), small.Paths.Len())
	operations(t, full, func(t *testing.T, path, method string, item *openapi3.PathItem, op *openapi3.Operation) {
		require.NotNil(t, small.Paths.Value(path))
		other := small.Paths.Value(path).GetOperation(method)
		require.NotNil(t, other)
		assert.Equal(t, op.OperationID, other.OperationID)
		assert.Equal(t, params(t, item, op), params(t, small.Paths.Value(path), other))
		if op.RequestBody == nil {
			assert.Nil(t, other.RequestBody)
			return
		}
		assert.Equal(t, op.RequestBody.Value.Required, other.RequestBody.Value.Required)
		for mediaType, content := range op.RequestBody.Value.Content {
			assert.Equal(t, resolved(t, content.Schema), resolved(t, other.RequestBody.Value.Content[mediaType].Schema))
		}
	})
}

func params(t *testing.T, item *openapi3.PathItem, op *openapi3.Operation) []string {
	var out []string
	for _, p := range slices.Concat(item.Parameters, op.Parameters) {
		required := ""
		if p.Value.Required {
			required = " required"
		}
		out = append(out, p.Value.In+" "+p.Value.Name+required+" "+resolved(t, p.Value.Schema))
	}
	return out
}

// resolved is the schema with its references followed, without descriptions.
func resolved(t *testing.T, ref *openapi3.SchemaRef) string {
	t.Helper()
	s := *ref.Value
	s.Description = ""
	var parts []string
	for name, p := range s.Properties {
		parts = append(parts, name+"="+resolved(t, p))
	}
	if s.Items != nil {
		parts = append(parts, "items="+resolved(t, s.Items))
	}
	slices.Sort(parts)
	s.Properties, s.Items = nil, nil
	data, err := json.Marshal(&s)
	require.NoError(t, err)
	return string(data) + strings.Join(parts, ",")
}

func BenchmarkContract(b *testing.B) {
	b.Run("yaml", func(b *testing.B) {
		for b.Loop() {
			_, err := load()
			require.NoError(b, err)
		}
	})
	b.Run("generated", func(b *testing.B) {
		for b.Loop() {
			_, err := readContract()
			require.NoError(b, err)
		}
	})
}
