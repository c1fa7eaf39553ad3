package tests

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/identity"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// Who may call what only the platform calls: events, timers and schedules. The endpoints come from the topology.

// serviceAccount is whose token events, timers and schedules carry.
func serviceAccount(t testing.TB) string {
	t.Helper()
	return "events@" + suite.Project + ".iam.gserviceaccount.com"
}

// endpoint is one address the platform calls.
type endpoint struct {
	function string
	path     string // below the function's URL
	body     string // what has an effect, or would if the record it names were there
}

func (e endpoint) String() string { return "/functions/" + e.function + e.path }

// endpoints are all there are.
func endpoints(t *testing.T) []endpoint {
	t.Helper()
	top := topology(t)
	require.Equal(t, strings.Split(serviceAccount(t), "@")[0], top.Account)
	var list []endpoint
	for topic, all := range top.Topics {
		for function := range all.Subscriptions {
			list = append(list, endpoint{function, "/events", pushed(t, topic)})
		}
	}
	for function, f := range top.Functions {
		for _, name := range f.Timers {
			list = append(list, endpoint{function, "/timers/" + name, `{"id":"nobodys-id","at":"2026-11-21T09:00:00Z"}`})
		}
		for name := range f.Schedules {
			list = append(list, endpoint{function, "/schedules/" + name, ""})
		}
	}
	slices.SortFunc(list, func(a, b endpoint) int { return strings.Compare(a.String(), b.String()) })
	require.NotEmpty(t, list)
	return list
}

// pushed is the body of a push: a customer's message, or a hint to records that do not exist.
func pushed(t *testing.T, topic string) string {
	t.Helper()
	var data any = desk.Hint{Event: topic, Interaction: "nobodys-id", Agent: "nobodys-id", Offer: "nobodys-id", Lease: "nobodys-id", Token: "sales|whatsapp"}
	if topic == bus.MessageReceived {
		data = map[string]any{"arrival": desk.Arrival{Channel: desk.WhatsApp, Account: suite.PhoneNumber, ID: "wamid.pushed", Kind: desk.TextMessage,
			Text: "hola", Customer: desk.Customer{Name: "Lea", Addresses: []desk.Address{{Kind: desk.AddressPhone, Value: "34611000001"}}}}}
	}
	text, err := json.Marshal(data)
	require.NoError(t, err)
	return fmt.Sprintf(`{"message":{"attributes":{"ce-id":"1","ce-type":%q},"data":%q,"messageId":"1","publishTime":"2026-11-21T09:00:00Z"},`+
		`"subscription":"projects/p/subscriptions/s"}`, topic, base64.StdEncoding.EncodeToString(text))
}

// impostors call an endpoint of the function and are not the platform; other is an issuer that took its name.
func impostors(c *floor.Floor, function string, other *identity.Issuer) []stranger {
	c.T.Helper()
	ids, have, url := c.Suite.Identity, carrying(c.T), c.Suite.FunctionURL
	account, here := serviceAccount(c.T), url(function)
	another := "routing"
	if function == another {
		another = "sweep"
	}
	token := func(claims map[string]any) []string { return []string{have(ids.Mint(claims))} }
	return []stranger{
		{"nobody", nil, 401, "token_missing"},
		{"garbage", []string{"Authorization: Bearer garbage"}, 401, "token_invalid"},
		{"an agent", []string{as(c, "ana")}, 401, "token_invalid"},
		{"the administrator", []string{as(c, "ada")}, 401, "token_invalid"},
		{"an agent with a token for here", token(map[string]any{"aud": here, "email": "ana@acme.example", "email_verified": true}), 403, "caller_not_allowed"},
		{"another service account", token(map[string]any{"aud": here, "email": "eve@evil.iam.gserviceaccount.com", "email_verified": true}), 403, "caller_not_allowed"},
		{"an account whose name begins alike", token(map[string]any{"aud": here, "email": account + ".evil.example", "email_verified": true}), 403, "caller_not_allowed"},
		{"a token for another function", token(map[string]any{"aud": url(another), "email": account, "email_verified": true}), 401, "token_invalid"},
		{"a token for the desktops' API", token(map[string]any{"aud": suite.Audience, "email": account, "email_verified": true}), 401, "token_invalid"},
		{"a token for nobody", token(map[string]any{"email": account, "email_verified": true}), 401, "token_invalid"},
		{"an expired token", token(map[string]any{"aud": here, "email": account, "email_verified": true, "exp": c.Suite.Clock.Now().Add(-time.Minute).Unix()}), 401, "token_expired"},
		{"an unverified account", token(map[string]any{"aud": here, "email": account, "email_verified": false}), 403, "email_unverified"},
		{"an account nobody speaks for", token(map[string]any{"aud": here, "email": account}), 403, "email_unverified"},
		{"no account", token(map[string]any{"aud": here, "sub": account, "email_verified": true}), 403, "caller_not_allowed"},
		{"another issuer of the same name", []string{have(other.Token(account, here, time.Hour))}, 401, "token_invalid"},
	}
}

// R31: events, timers and schedules are the platform's, and nobody else can set them off.
func TestOnlyThePlatformSetsFunctionsOff(t *testing.T) {
	t.Parallel()
	var w floor.Watch
	c := floor.OpenWith(t, w.On(suite.Options{}))
	other := identity.New(c.Suite.Identity.BaseURL(), c.Suite.Clock.Now)
	w.NothingHappens(c, func() {
		for _, e := range endpoints(t) {
			for _, s := range impostors(c, e.function, other) {
				got := c.Call(http.MethodPost, e.String(), strings.NewReader(e.body), append(s.headers, "Content-Type: application/json")...)
				assert.Equal(t, s.status, got.Status, "%s: %s", e, s.name)
				assert.Equal(t, s.code, got.Problem().Code, "%s: %s", e, s.name)
				assert.Empty(t, internals.FindString(got.Body), "%s: %s", e, s.name)
			}
			assert.Equal(t, 405, c.Call(http.MethodGet, e.String(), nil, as(c, "ada")).Status, "%s", e)
			assert.Equal(t, 404, c.Call(http.MethodPost, e.path, strings.NewReader(e.body)).Status, "the gateway has no %s", e.path)
		}
	})
	for _, e := range endpoints(t) {
		got := c.Call(http.MethodPost, e.String(), strings.NewReader(e.body), fromThePlatform(c, e.function), "Content-Type: application/json")
		assert.Equal(t, 204, got.Status, "%s: the same from the platform: %s", e, got.Body)
		assert.Empty(t, got.Body)
	}
	c.Settle()
	assert.Len(t, all[desk.Message](c), 1, "what was pushed had an effect")
}

func fromThePlatform(c *floor.Floor, function string) string {
	c.T.Helper()
	return carrying(c.T)(c.Suite.Identity.ServiceToken(c.Context(), serviceAccount(c.T), c.Suite.FunctionURL(function)))
}

// What the platform sends may be broken too. It is refused or put away, and nothing is stored.
func TestBrokenEventsAndTimersChangeNothing(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	for _, e := range endpoints(t) {
		for name, body := range map[string]string{
			"empty": "", "no JSON": "x", "a list": "[]", "null": "null", "an empty object": "{}", "too deep": strings.Repeat("[", 20000),
			"data that is no base64":     `{"message":{"attributes":{"ce-type":"message.received"},"data":"!!!"}}`,
			"data that is no JSON":       `{"message":{"attributes":{"ce-type":"message.received"},"data":"eA=="}}`,
			"an arrival of nobody":       `{"message":{"attributes":{"ce-type":"message.received"},"data":"eyJhcnJpdmFsIjp7fX0="}}`,
			"an event of no type":        `{"message":{"data":"e30="}}`,
			"an event of a strange type": `{"message":{"attributes":{"ce-type":"order.paid"},"data":"e30="}}`,
		} {
			got := c.Call(http.MethodPost, e.String(), strings.NewReader(body), fromThePlatform(c, e.function))
			assert.Contains(t, []int{204, 400}, got.Status, "%s: %s: %s", e, name, got.Body)
			assert.Empty(t, internals.FindString(got.Body), "%s: %s", e, name)
		}
	}
	c.Settle()
	assert.Empty(t, all[desk.Message](c))
	assert.Empty(t, all[desk.Interaction](c))
	assert.Empty(t, all[desk.Parked](c))
}
