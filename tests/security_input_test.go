package tests

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// What an agent's desktop may get wrong, at every operation where it can be got wrong.

// spoiled sends a request that was spoiled and checks that it is refused as the contract tells.
type spoiled func(op operation, a asked, status int, code, about string)

// spoiling opens a centre in which Ana has a conversation and a ringing offer, spoils requests of hers for each of the operations,
// and checks that nothing happened. She stays at her desk, and the offer rings, for as long as that takes.
func spoiling(t *testing.T, ops []operation, f func(op operation, at places, refused spoiled)) {
	t.Helper()
	var w floor.Watch
	c := floor.OpenWith(t, w.On(suite.Options{}))
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	i := ana.Accepts()
	c.Customer("max").Writes("hola")
	at := places{interaction: i.ID, offer: ringsOn(c, ana.IsOffered().ID), contact: i.Contact}
	for _, op := range ops {
		_, err := ana.Desktop.Renew(c.Context())
		require.NoError(t, err)
		w.NothingHappens(c, func() {
			f(op, at, func(op operation, a asked, status int, code, about string) {
				isRefusedWith(t, op, a.by(c, as(c, whoMay(op))), status, code, about)
			})
		})
	}
	assert.Equal(t, at.offer, ana.IsOffered().ID)
}

// whoMay is somebody whom the operation lets in.
func whoMay(op operation) string {
	if slices.Contains(administrators, op.Tag) || op.Tag == "supervision" || op.Tag == "reports" {
		return "ada"
	}
	return "ana"
}

// saysNothing are the operations whose body need have no field.
var saysNothing = []string{"putSettings", "takeOver", "requeue", "endBySupervisor"}

// ringsOn has an offer ring for an hour more, however slow the machine is.
func ringsOn(c *floor.Floor, offer string) string {
	c.T.Helper()
	r, o := c.Store.Reader(), desk.Offer{Head: desk.Head{ID: offer}}
	require.NoError(c.T, r.Load(c.Context(), &o))
	o.Deadline, o.DueAt = o.Deadline.Add(time.Hour), o.DueAt.Add(time.Hour)
	require.NoError(c.T, r.Save(c.Context(), desk.Change{Save: []desk.Record{&o}}))
	return offer
}

// R33: bodies that are no JSON, or not the JSON the contract tells.
func TestBodiesThatDoNotFitTheContractAreRefused(t *testing.T) {
	t.Parallel()
	spoiling(t, operations(t), func(op operation, at places, refused spoiled) {
		if op.Body != "application/json" {
			return
		}
		good := ask(t, op, at)
		for about, body := range map[string]string{
			"empty": "", "broken off": good.body[:len(good.body)-1], "two values": good.body + good.body, "a list": "[" + good.body + "]",
			"a text": `"x"`, "null": "null", "a number": "1", "no field": "{}", "no UTF-8": strings.Replace(good.body, `":"`, "\":\"\xff", 1),
			"an unknown field": strings.Replace(good.body, "{", `{"surprise":1,`, 1), "nested too deeply": strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100),
		} {
			a := good
			a.body = body
			if body != good.body && (about != "no field" || !slices.Contains(saysNothing, op.ID)) {
				refused(op, a, 400, "bad_request", about)
			}
		}
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(good.body), &fields))
		for name, value := range fields {
			for about, wrong := range map[string]any{"an object": map[string]any{"a": 1}, "null": nil, "a list": []any{value}, "a truth": true} {
				if wrong == nil && (op.ID == "editContact" || op.ID == "setData") { // which takes the value away
					continue
				}
				if truth, ok := value.(bool); ok && truth == wrong {
					continue
				}
				a := good
				a.body = with(t, fields, name, wrong)
				refused(op, a, 400, "bad_request", name+" is "+about)
			}
			if _, text := value.(string); text {
				a := good
				a.body = with(t, fields, name, strings.Repeat("é", 5000))
				code := "bad_request"
				if name == "text" && op.ID == "sendMessage" { // its limit is the channel's
					code = "too_long"
				}
				if op.Tag == "admin" { // the rules of the import hold
					code = "import_invalid"
				}
				refused(op, a, 400, code, name+" has 5000 characters")
			}
		}
		for _, kind := range []string{"text/plain", "application/yaml", "application/x-www-form-urlencoded", ""} {
			a := good
			a.headers = append([]string{"Content-Type: " + kind}, withoutHeader(good.headers, "Content-Type")...)
			refused(op, a, 400, "bad_request", "content type "+kind)
		}
	})
}

func with(t *testing.T, fields map[string]any, name string, value any) string {
	t.Helper()
	changed := map[string]any{}
	for n, v := range fields {
		changed[n] = v
	}
	changed[name] = value
	text, err := json.Marshal(changed)
	require.NoError(t, err)
	return string(text)
}

func withoutHeader(headers []string, name string) []string {
	var kept []string
	for _, h := range headers {
		if !strings.HasPrefix(h, name+": ") {
			kept = append(kept, h)
		}
	}
	return kept
}

// R33: a body of more than 3 MiB is not read, whoever sends it and whatever for.
func TestHugeBodiesAreRefused(t *testing.T) {
	t.Parallel()
	spoiling(t, operations(t), func(op operation, at places, refused spoiled) {
		if op.Body == "" {
			return
		}
		a := ask(t, op, at)
		a.body += strings.Repeat(" ", 3<<20)
		a.headers = append(a.headers, "Expect: 100-continue")
		refused(op, a, 413, "too_large", "a huge body")
	})
}

// R33: IDs in addresses, keys, cursors and other parameters.
func TestParametersThatDoNotFitTheContractAreRefused(t *testing.T) {
	t.Parallel()
	spoiling(t, operations(t), func(op operation, at places, refused spoiled) {
		good := ask(t, op, at)
		for about, query := range map[string]string{"an unknown parameter": "surprise=1", "a broken escape": "a=%zz", "a semicolon": "a=1;b=2"} {
			a := good
			a.query = strings.TrimPrefix(good.query+"&"+query, "&")
			refused(op, a, 400, "bad_request", about)
		}
		for name, in := range op.Params {
			if in == "query" {
				a := good
				a.query = name + "=%ff"
				refused(op, a, 400, "bad_request", name+" is no UTF-8")
			}
		}
		if strings.Contains(op.Path, "{") {
			for _, id := range []string{strings.Repeat("a", 129), "a%20b", "a%2Fb", "a%00b", "%C3%A9", "a%7Cb", "%22"} {
				refused(op, ask(t, op, places{id, id, id, id, id, id}), 400, "bad_request", "the ID "+id)
			}
		}
		if op.has("Idempotency-Key", "header") {
			for about, keys := range map[string][]string{
				"no key": nil, "an empty key": {""}, "a short key": {"1234567"}, "a long key": {strings.Repeat("k", 65)},
				"a key with a space": {"1234 5678"}, "a key beyond ASCII": {"clave-ñandú"}, "two keys": {"12345678", "12345678"},
			} {
				a := good
				a.headers = withoutHeader(good.headers, "Idempotency-Key")
				for _, key := range keys {
					a.headers = append(a.headers, "Idempotency-Key: "+key)
				}
				refused(op, a, 400, "bad_request", about)
			}
		}
		for name, values := range map[string]map[string]string{
			"cursor": {"": "bad_request", strings.Repeat("x", 4097): "bad_request", "a b": "bad_request", "é": "bad_request",
				"!!!": "bad_cursor", "eHg": "bad_cursor", cursor("abc def"): "bad_cursor", cursor("99999999999999999999 1"): "bad_cursor",
				cursor("9223372036854775807 1"): "bad_cursor", cursor("1 a/b"): "bad_cursor", cursor("1 __a__"): "bad_cursor", cursor("1 "): "bad_cursor"},
			"limit":    {"0": "bad_request", "-1": "bad_request", "201": "bad_request", "1.5": "bad_request", "many": "bad_request", "": "bad_request", "99999999999999999999": "bad_request"},
			"state":    {"closed": "bad_request", "x": "bad_request", "active&state=active": "bad_request"},
			"handOver": {"yes": "bad_request", "1": "bad_request", "": "bad_request", "true&handOver=true": "bad_request"},
			"dryRun":   {"yes": "bad_request", "1": "bad_request", "true&dryRun=false": "bad_request"},
			"q":        {strings.Repeat("q", 101): "bad_request", "": "bad_request"},
			"event":    {strings.Repeat("e", 257): "bad_request", "": "bad_request", "x&event=y": "bad_request"},
			"reason":   {strings.Repeat("r", 257): "bad_request", "": "bad_request", "x&reason=y": "bad_request"},
			"asset":    {strings.Repeat("a", 257): "bad_request", "": "bad_request", "x&asset=y": "bad_request"},
			"name":     {strings.Repeat("n", 201): "bad_request", "": "bad_request", "lea&name=eva": "bad_request"},
			"phone":    {strings.Repeat("1", 51): "bad_request", "": "bad_request", "123": "search_too_short"},
			"email":    {strings.Repeat("e", 255): "bad_request", "": "bad_request", "le": "search_too_short"},
			"successor": {"": "bad_request", strings.Repeat("s", 65): "bad_request", "A": "bad_request", "support&successor=care": "bad_request",
				"nobody": "successor_unknown"},
			"all":   {"yes": "bad_request", "1": "bad_request", "": "bad_request", "true&all=true": "bad_request"},
			"for":   {"fun": "bad_request", "": "bad_request", "transfer&for=transfer": "bad_request"},
			"queue": {"": "bad_request", "A": "bad_request", "sales&queue=care": "bad_request"},
			"from": {"": "bad_request", "yesterday": "bad_request", "2026-11-21": "bad_request", "2026-11-21T09:00:01Z": "time_not_on_quarter",
				"2026-11-21T09:01:00Z": "time_not_on_quarter", "2026-11-21T10:00:00Z": "time_empty", "2027-01-01T00:00:00Z": "time_empty",
				"2026-10-01T00:00:00Z": "time_too_long", "0001-01-01T00:00:00Z": "time_too_long"},
			"to":       {"": "bad_request", "2026-11-21T25:00:00Z": "bad_request", "2026-11-21T10:00:00.5Z": "time_not_on_quarter", "9999-12-31T00:00:00Z": "time_too_long"},
			"interval": {"": "bad_request", "5m": "bad_request", "1h&interval=1d": "bad_request"},
			"zone":     {"": "bad_request", "a b": "bad_request", "Mars/Olympus": "zone_unknown", "Local": "zone_unknown", "/etc/passwd": "zone_unknown"},
			"agent":    {"": "bad_request", "A": "bad_request", "ana&agent=bob": "bad_request"},
			"team":     {"": "bad_request", "A": "bad_request", "support&team=travel": "bad_request"},
			"agents":   {"yes": "bad_request", "1": "bad_request", "true&agents=true": "bad_request"},
			"session":  {"short": "bad_request", strings.Repeat("s", 65): "bad_request", "a space in it": "bad_request"},
		} {
			for value, code := range values {
				if !op.has(name, "query") || code == "bad_cursor" && (op.Tag == "feed" || op.ID == "getBoardFeed") { // the feed then begins with a snapshot
					continue
				}
				a := good
				first, rest, _ := strings.Cut(value, "&")
				others, err := url.ParseQuery(good.query)
				require.NoError(t, err)
				others.Del(name)
				a.query = strings.TrimPrefix(others.Encode()+"&"+name+"="+url.QueryEscape(first), "&")
				if rest != "" {
					a.query += "&" + rest
				}
				refused(op, a, 400, code, name+"="+value)
			}
		}
	})
}

// cursor encodes a place as lists do.
func cursor(place string) string { return base64.RawURLEncoding.EncodeToString([]byte(place)) }

// Every parameter in the contract's queries is spoiled above.
func TestEveryQueryParameterIsSpoiled(t *testing.T) {
	t.Parallel()
	for _, op := range operations(t) {
		for name, in := range op.Params {
			if in == "query" {
				assert.Contains(t, []string{"cursor", "limit", "state", "handOver", "dryRun", "q", "event", "reason", "asset", "session", "name", "phone", "email", "successor", "all", "for", "queue", "from", "to", "interval", "zone", "agent", "agents", "team"}, name, "%s has a new parameter", op.ID)
			}
		}
	}
}

// A configuration that cannot be read says where, and changes nothing.
func TestABrokenConfigurationIsRefused(t *testing.T) {
	t.Parallel()
	spoiling(t, []operation{named(t, "importCentre")}, func(op operation, at places, refused spoiled) {
		for about, body := range map[string]string{
			"no YAML": "{", "a text": "hello", "a list": "- 1", "an unknown section": "customers: []", "an unknown field": "clients: [{id: x, name: X, colour: red}]",
			"a bad ID": "clients: [{id: 'a/b', name: X}]", "a reference to nothing": "projects: [{id: x, name: X, client: nobody}]", "a wrong type": "clients: {id: x}",
			"aliases without end": "a: &a [x,x]\nb: &b [*a,*a]\nclients: *b",
		} {
			a := ask(t, op, at)
			a.body = body
			refused(op, a, 400, "import_invalid", about)
		}
		for about, body := range map[string]string{"nothing": "", "no UTF-8": "clients: \xff"} {
			a := ask(t, op, at)
			a.body = body
			refused(op, a, 400, "bad_request", about)
		}
	})
}

// Addresses and methods the contract does not have.
func TestUnknownAddressesAreProblemsToo(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	for _, op := range operations(t) {
		got := c.Call("COPY", ask(t, op, places{interaction: "x", offer: "x", contact: "x"}).path, nil, as(c, "ana"))
		assert.Equal(t, 405, got.Status, op.Path)
		assert.Equal(t, "method_not_allowed", got.Problem().Code, op.Path)
	}
	got := c.Call(http.MethodGet, "/functions/desktop/v1/nothing", nil, as(c, "ana"))
	assert.Equal(t, 404, got.Status)
	assert.Equal(t, "not_found", got.Problem().Code)
}

// When something breaks inside, the caller hears that it did and the log hears what. The answer holds nothing of it,
// and the log nothing of the customer's.
func TestAMistakeOfOursTellsTheCallerNothing(t *testing.T) {
	t.Parallel()
	var log floor.Log
	var down atomic.Bool
	o := suite.Options{Log: log.Logger()}
	o.Firestore.Intercept = func(context.Context, string, proto.Message) error {
		if down.Load() {
			return status.Error(codes.PermissionDenied, "secret detail of the database at 10.1.2.3")
		}
		return nil
	}
	c := floor.OpenWith(t, o)
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("mi secreto es zanahoria")
	i := ana.Accepts()
	c.Customer("max").Writes("hola")
	at := places{interaction: i.ID, offer: ana.IsOffered().ID, contact: i.Contact}
	c.Settle()
	down.Store(true)
	for _, op := range operations(t) {
		got := ask(t, op, at).by(c, as(c, whoMay(op)))
		isRefusedWith(t, op, got, 500, "internal", "the database refuses")
		assert.NotEmpty(t, got.Problem().Trace, op.ID)
		assert.Contains(t, log.Text(), got.Problem().Trace, "the log finds it")
	}
	down.Store(false)
	assert.Contains(t, log.Text(), "10.1.2.3")
	for _, private := range []string{"zanahoria", "34611000001", "eyJ"} {
		assert.NotContains(t, log.Text(), private)
	}
}
