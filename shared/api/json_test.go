package api

import (
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// problem reads a problem document and holds it against the contract.
func problem(t *testing.T, w *httptest.ResponseRecorder) Problem {
	t.Helper()
	fits(t, "Problem", w.Body.Bytes())
	var p Problem
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
	assert.Equal(t, w.Code, p.Status)
	return p
}

// fits holds a document against a schema of the contract, and refuses fields the schema does not have.
func fits(t *testing.T, schema string, document []byte) {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal(document, &value))
	ref := whole(t).Components.Schemas[schema]
	require.NotNil(t, ref, schema)
	require.NoError(t, ref.Value.VisitJSON(value, openapi3.EnableJSONSchema2020()))
	object, _ := value.(map[string]any)
	for name := range object {
		if ref.Value.AdditionalProperties.Schema == nil {
			assert.Contains(t, ref.Value.Properties, name)
		}
	}
}

// The types a function can answer with.
var answers = map[string]any{
	"Agent": Agent{}, "Session": Session{}, "Lease": Lease{}, "Offer": Offer{}, "Interaction": Interaction{},
	"InteractionList": InteractionList{}, "Message": Message{}, "MessageList": MessageList{}, "Snapshot": Snapshot{},
	"WrapUpForm": WrapUpForm{}, "ImportReport": ImportReport{}, "FeedEnd": FeedEnd{}, "Problem": Problem{},
}

func TestFullAnswersFitTheContract(t *testing.T) {
	doc := whole(t)
	for name, zero := range answers {
		t.Run(name, func(t *testing.T) {
			full := reflect.New(reflect.TypeOf(zero)).Elem()
			fill(doc, full)
			data, err := json.Marshal(full.Interface())
			require.NoError(t, err)
			fits(t, name, data)
			var object map[string]any
			require.NoError(t, json.Unmarshal(data, &object))
			for field := range doc.Components.Schemas[name].Value.Properties {
				assert.Contains(t, object, field)
			}
		})
	}
}

// fill sets every field of v to something the contract allows.
func fill(doc *openapi3.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 11, 21, 9, 0, 0, 123456000, time.UTC)))
			return
		}
		for i := range v.NumField() {
			fill(doc, v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(doc, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("queue"), reflect.ValueOf(3))
	case reflect.String:
		v.SetString("something")
		if ref := doc.Components.Schemas[v.Type().Name()]; ref != nil && len(ref.Value.Enum) > 0 {
			v.SetString(ref.Value.Enum[0].(string))
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	}
}

func TestNoAnswerHoldsNull(t *testing.T) {
	for name, zero := range answers {
		data, err := json.Marshal(zero)
		require.NoError(t, err)
		assert.NotContains(t, string(data), "null", name)
	}
}

func TestWhatIsOptionalIsAbsentWhenZero(t *testing.T) {
	data, err := json.Marshal(Offer{ID: "o7"})
	require.NoError(t, err)
	assert.JSONEq(t, `{"id":"o7","kind":"","state":"","version":0,"interaction":"","channel":"","queue":{"id":"","name":""},
		"offeredAt":"0001-01-01T00:00:00Z","deadline":"0001-01-01T00:00:00Z","waitingSince":"0001-01-01T00:00:00Z",
		"now":"0001-01-01T00:00:00Z","actions":[]}`, string(data))
}

func TestList(t *testing.T) {
	for want, list := range map[string]List[string]{
		`[]`:        nil,
		`["a","b"]`: {"a", "b"},
	} {
		data, err := json.Marshal(list)
		require.NoError(t, err)
		assert.Equal(t, want, string(data))
	}
	agent := Agent{Roles: []string{"agent"}}
	assert.Equal(t, List[string]{"agent"}, agent.Roles, "a slice can be assigned")
	var back List[string]
	require.NoError(t, json.Unmarshal([]byte(`["x"]`), &back))
	assert.Equal(t, List[string]{"x"}, back)
}

// Every value of an enumeration has a constant, and every constant a value.
func TestEnumerations(t *testing.T) {
	schemas := whole(t).Components.Schemas
	for name, want := range map[string][]any{
		"AgentState":       {AgentStateAvailable, AgentStateIdle, AgentStateRONA, AgentStateOffline},
		"OfferState":       {OfferStatePending, OfferStateAccepted, OfferStateDeclined, OfferStateExpired, OfferStateRescinded},
		"InteractionState": {InteractionStateQueued, InteractionStateOffered, InteractionStateActive, InteractionStateWrapup, InteractionStateClosed},
		"MessageState": {MessageStatePending, MessageStateSending, MessageStateUnknown, MessageStateSent, MessageStateFailed,
			MessageStateDelivered, MessageStateRead},
		"WrapUpState": {WrapUpStateOwed, WrapUpStateDone, WrapUpStateSkipped, WrapUpStateContinued, WrapUpStateAutomatic},
	} {
		var have, words []string
		for _, v := range schemas[name].Value.Enum {
			have = append(have, v.(string))
		}
		for _, v := range want {
			words = append(words, reflect.ValueOf(v).String())
		}
		assert.Equal(t, have, words, name)
	}
}

func TestEditsTravel(t *testing.T) {
	for text, want := range map[string]ContactEdit{
		`{}`:                           {},
		`{"email":null,"name":"Lea"}`:  {Name: To("Lea"), Email: To("")},
		`{"name":"a <b> 🙂 \" \u0001"}`: {Name: To("a <b> 🙂 \" \u0001")},
	} {
		var got ContactEdit
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		assert.Equal(t, want, got)
		back, err := json.Marshal(want)
		require.NoError(t, err)
		assert.JSONEq(t, text, string(back))
	}
	assert.Nil(t, Edit{}.Pointer())
	assert.Equal(t, new("Lea"), To("Lea").Pointer())
	assert.Equal(t, new(""), To("").Pointer())
	var e Edit
	assert.Error(t, json.Unmarshal([]byte("7"), &e))
}
