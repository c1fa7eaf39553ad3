package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gpubsub "cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/sethvargo/go-envconfig"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/identity"
	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/infra"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/store"
)

const (
	project  = "p"
	audience = "deskline"
	root     = "root@acme.example" // an administrator without a record
	own      = "https://admin.example"
	account  = "events@acme.example" // the service account
)

// issuer signs everybody's tokens.
var issuer = sync.OnceValue(func() *identity.Issuer {
	i := identity.New("", nil)
	i.SetBaseURL(httptest.NewServer(i).URL)
	return i
})

// rig is the function with a database and a bus of its own.
type rig struct {
	t        *testing.T
	function *host.Instance
	store    *store.Store

	mu      sync.Mutex
	hints   []desk.Hint
	refuses error // what the bus answers
}

func start(t *testing.T, opts firestore.Options) *rig {
	t.Helper()
	return startFor(t, opts, "2m") // a slow machine is no reason to leave agents behind
}

// startFor is start with the time that one call has to bring agents in line.
func startFor(t *testing.T, opts firestore.Options, align string) *rig {
	t.Helper()
	r := &rig{t: t}
	var err error
	opts.Indexes, err = firestore.ParseIndexes(infra.Indexes)
	require.NoError(t, err)
	db := firestore.New(opts)
	require.NoError(t, db.Start("127.0.0.1:0"))
	t.Cleanup(db.Close)
	bus, err := pubsub.Start("127.0.0.1:0", pubsub.Options{InterceptPublish: r.published})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, bus.Close()) })
	r.topic(bus.Addr())
	r.function, err = host.Open(t.Context(), "admin", host.Options{
		Log: slog.New(slog.DiscardHandler),
		Env: envconfig.MapLookuper(map[string]string{
			"GOOGLE_CLOUD_PROJECT":      project,
			"FIRESTORE_EMULATOR_HOST":   db.Addr(),
			"PUBSUB_EMULATOR_HOST":      bus.Addr(),
			"CLOUD_TASKS_EMULATOR_HOST": "127.0.0.1:1", // never called
			"OIDC_ISSUER":               issuer().BaseURL(),
			"OIDC_AUDIENCE":             audience,
			"OIDC_BOOTSTRAP_ADMINS":     root,
			"ALIGN_FOR":                 align,
			"SERVICE_ISSUER":            issuer().BaseURL(),
			"SERVICE_AUDIENCE":          own,
			"SERVICE_EMAILS":            account,
			"SECRET_PAGE":               "hush",
		}),
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, r.function.Close()) })
	r.store, err = store.Open(t.Context(), store.Config{Project: project, Endpoint: db.Addr()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, r.store.Close()) })
	return r
}

func (r *rig) topic(addr string) {
	client, err := gpubsub.NewClient(r.t.Context(), project, option.WithEndpoint(addr), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	require.NoError(r.t, err)
	for _, hint := range []string{desk.HintAgentFreed, desk.HintInteractionQueued, desk.HintAssetDue, desk.HintQueueDue} {
		_, err = client.TopicAdminClient.CreateTopic(r.t.Context(), &pubsubpb.Topic{Name: "projects/" + project + "/topics/" + hint})
		require.NoError(r.t, err)
	}
	require.NoError(r.t, client.Close())
}

func (r *rig) published(req *pubsubpb.PublishRequest) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuses != nil {
		return r.refuses
	}
	for _, m := range req.GetMessages() {
		var h desk.Hint
		if err := json.Unmarshal(m.GetData(), &h); err != nil {
			return err
		}
		r.hints = append(r.hints, h)
	}
	return nil
}

// hinted are the agents routing was hinted of since the last call, sorted.
func (r *rig) hinted() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var agents []string
	for _, h := range r.hints {
		if h.Event == desk.HintQueueDue { // of those who wait, admin itself, with each file that has profiles or waits
			continue
		}
		assert.Equal(r.t, desk.HintAgentFreed, h.Event)
		agents = append(agents, h.Agent)
	}
	r.hints = nil
	slices.Sort(agents)
	return agents
}

// tokens are what the queues stand for, sorted.
func tokens(queues ...string) (list []string) {
	for _, q := range queues {
		list = append(list, q+"|messenger|any", q+"|whatsapp|any")
	}
	return list
}

func (r *rig) refuse(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuses = err
}

// post sends a file as the person with the e-mail address.
func (r *rig) post(email, query string, body []byte) *httptest.ResponseRecorder {
	token, err := issuer().Token(email, audience, time.Hour)
	if err != nil {
		panic(err)
	}
	req := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/v1/admin/import"+query, bytes.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/yaml")
	answer := httptest.NewRecorder()
	r.function.ServeHTTP(answer, req)
	return answer
}

// imports has an import succeed.
func (r *rig) imports(file string) api.ImportReport {
	r.t.Helper()
	return reportOf(r.t, r.post(root, "", []byte(file)))
}

func reportOf(t *testing.T, answer *httptest.ResponseRecorder) (out api.ImportReport) {
	t.Helper()
	require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &out))
	return out
}

func problemOf(t *testing.T, answer *httptest.ResponseRecorder) (out api.Problem) {
	t.Helper()
	require.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"))
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &out))
	require.Equal(t, answer.Code, out.Status)
	return out
}

// stored is everything the database has.
func (r *rig) stored() desk.Setup {
	r.t.Helper()
	now, err := read(r.t.Context(), r.store.Reader())
	require.NoError(r.t, err)
	return now.have
}

func (r *rig) agent(id string) desk.Agent {
	r.t.Helper()
	a := desk.Agent{Head: desk.Head{ID: id}}
	require.NoError(r.t, r.store.Reader().Load(r.t.Context(), &a))
	return a
}

// signsIn makes an agent available, as the function presence does.
func (r *rig) signsIn(id string) {
	r.t.Helper()
	_, err := r.store.Move(r.t.Context(), func(ctx context.Context, rd *store.Reader) (desk.Change, error) {
		p, err := rd.Present(ctx, id)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.SignIn(p, "desktop", desk.AgentAvailable, "", desk.Micro(time.Now()))
	})
	require.NoError(r.t, err)
}

const little = `clients: [{id: acme, name: Acme}]
projects: [{id: care, name: Care, client: acme}]
teams: [{id: support, name: Support}]
queues: [{id: sales, name: Sales, project: care, team: support}]
agents:
- {id: ana, name: Ana, email: ana@acme.example, roles: [agent], teams: [support]}
- {id: bob, name: Bob, email: bob@acme.example, roles: [agent], teams: [support]}
`

func TestTheExampleCentreIsImportedOnce(t *testing.T) {
	r := start(t, firestore.Options{})
	all := api.Counts{"client": 2, "project": 3, "team": 2, "queue": 4, "reason": 16, "template": 2, "asset": 2, "agent": 5}
	assert.Equal(t, api.ImportReport{Created: all, Changed: api.Counts{}, Unchanged: api.Counts{}, Version: 1},
		r.imports(string(centre.Example)))

	have := r.stored()
	assert.Len(t, have.Reasons, 16)
	reasons, err := r.store.Reasons(t.Context(), "sales")
	require.NoError(t, err)
	var names []string
	for _, reason := range reasons {
		names = append(names, reason.Name)
	}
	assert.Equal(t, []string{"Sale", "Question", "No sale", "Transfer"}, names)
	ana := r.agent("ana")
	assert.Equal(t, tokens("returns", "sales", "support"), ana.Serves)
	assert.Equal(t, desk.AgentOffline, ana.State)
	number := desk.Asset{Head: desk.Head{ID: "whatsapp:100000000000001"}}
	require.NoError(t, r.store.Reader().Load(t.Context(), &number))
	assert.Equal(t, "sales", number.Queue)

	assert.Equal(t, api.ImportReport{Created: api.Counts{}, Changed: api.Counts{}, Unchanged: all, Version: 1},
		r.imports(string(centre.Example)))
	assert.Equal(t, have, r.stored(), "no record was written")
	assert.Empty(t, r.hinted())
}

func TestADryRunStoresNothing(t *testing.T) {
	r := start(t, firestore.Options{})
	want := api.Counts{"client": 1, "project": 1, "team": 1, "queue": 1, "reason": 1, "agent": 2}
	got := reportOf(t, r.post(root, "?dryRun=true", []byte(little)))
	assert.Equal(t, api.ImportReport{Created: want, Changed: api.Counts{}, Unchanged: api.Counts{}}, got)
	assert.Equal(t, desk.Setup{}, r.stored())

	r.imports(little)
	r.signsIn("ana")
	before := r.stored()
	got = reportOf(t, r.post(root, "?dryRun=true", []byte(strings.ReplaceAll(little, "Sales", "Sell"))))
	assert.Equal(t, api.Counts{"queue": 1}, got.Changed)
	assert.EqualValues(t, 1, got.Version)
	assert.Equal(t, before, r.stored())
	assert.Empty(t, r.hinted())
}

func TestWhoMayImport(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(string(centre.Example))
	for _, email := range []string{"ana@acme.example", "sam@acme.example"} {
		answer := r.post(email, "", centre.Example)
		assert.Equal(t, http.StatusForbidden, answer.Code)
		assert.Equal(t, "role_missing", problemOf(t, answer).Code)
	}
	assert.Equal(t, "unknown_agent", problemOf(t, r.post("eve@acme.example", "", centre.Example)).Code)
	assert.Equal(t, http.StatusOK, r.post("ada@acme.example", "", centre.Example).Code, "an administrator with a record")

	answer := httptest.NewRecorder()
	r.function.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/v1/admin/import", strings.NewReader(little)))
	assert.Equal(t, http.StatusUnauthorized, answer.Code)
}

func TestAFileWithMistakesChangesNothing(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(little)
	before := r.stored()
	answer := r.post(root, "", []byte(`clients: [{id: luna, name: Luna}]
queues:
- {id: trips, name: Trips, project: care, team: slaes}
agents:
- {id: eve, name: Eve, email: ana@acme.example, roles: [agent]}
`))
	assert.Equal(t, http.StatusBadRequest, answer.Code)
	p := problemOf(t, answer)
	assert.Equal(t, "import_invalid", p.Code)
	assert.Equal(t, "the file has 2 mistakes", p.Detail)
	assert.Equal(t, []api.ImportError{
		{Line: 3, Column: 49, Path: "queues[0].team", Message: `there is no team "slaes"`},
		{Line: 5, Column: 31, Path: "agents[0].email", Message: `the agent "ana", who is not in the file, has this e-mail address`},
	}, p.Errors)
	assert.Equal(t, before, r.stored())
}

func TestRequestsThatAreNoFile(t *testing.T) {
	r := start(t, firestore.Options{})
	tests := []struct {
		name, query string
		body        []byte
		status      int
		code        string
	}{
		{"nothing", "", nil, 400, "bad_request"},
		{"comments", "", []byte("# nothing\n"), 400, "import_invalid"},
		{"not YAML", "", []byte("a: [\n"), 400, "import_invalid"},
		{"not UTF-8", "", []byte("a: \xff\n"), 400, "bad_request"},
		{"not a truth", "?dryRun=perhaps", []byte(little), 400, "bad_request"},
		{"unknown parameter", "?dry=true", []byte(little), 400, "bad_request"},
		{"more than 3 MiB", "", bytes.Repeat([]byte("#\n"), 3<<19+1), 413, "too_large"},
		{"3 MiB of comments", "", bytes.Repeat([]byte("#\n"), 3<<19), 400, "import_invalid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer := r.post(root, tt.query, tt.body)
			assert.Equal(t, tt.status, answer.Code)
			assert.Equal(t, tt.code, problemOf(t, answer).Code)
		})
	}
	assert.Equal(t, desk.Setup{}, r.stored())
}

func TestAnImportHintsRouting(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(little)
	r.signsIn("ana")
	got := r.imports("queues: [{id: help, name: Help, project: care, team: support}]\n")
	assert.Equal(t, api.ImportReport{
		Created: api.Counts{"queue": 1, "reason": 1}, Changed: api.Counts{"agent": 2}, Unchanged: api.Counts{}, Version: 2}, got)
	assert.Equal(t, []string{"ana"}, r.hinted(), "bob is not at the desk")
	ana := r.agent("ana")
	assert.Equal(t, tokens("help", "sales"), ana.Takes)
	assert.Equal(t, desk.AgentAvailable, ana.State)
	assert.Equal(t, tokens("help", "sales"), r.agent("bob").Serves)
}

func TestHintsThatWereNotPublishedComeWithTheRepeat(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(little)
	r.signsIn("ana")
	r.refuse(status.Error(codes.PermissionDenied, "no"))
	help := []byte("queues: [{id: help, name: Help, project: care, team: support}]\n")
	answer := r.post(root, "", help)
	assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
	assert.Equal(t, "not_published", problemOf(t, answer).Code)

	r.refuse(nil)
	got := r.imports(string(help))
	assert.Equal(t, api.ImportReport{
		Created: api.Counts{}, Changed: api.Counts{}, Unchanged: api.Counts{"queue": 1, "reason": 1}, Version: 2}, got)
	assert.Equal(t, []string{"ana"}, r.hinted())
}

func TestWhatDoesNotFitIntoOneCommitIsRefused(t *testing.T) {
	record := func(bytes int) desk.Record { return &desk.Client{Name: strings.Repeat("x", bytes)} }
	atOnce := func(records ...desk.Record) desk.Imported { return desk.Imported{Change: desk.Change{Save: records}} }
	large := desk.Agent{Name: strings.Repeat("x", 700<<10)}
	assert.NoError(t, fits(desk.Imported{}))
	assert.NoError(t, fits(atOnce(slices.Repeat([]desk.Record{record(700 << 10)}, 11)...)))
	assert.NoError(t, fits(desk.Imported{Behind: slices.Repeat([]desk.Agent{large}, 30)}), "each has a commit of his own")
	for name, in := range map[string]desk.Imported{
		"one record":        atOnce(record(800 << 10)),
		"all":               atOnce(slices.Repeat([]desk.Record{record(700 << 10)}, 12)...),
		"agent who follows": {Behind: []desk.Agent{large, {Name: strings.Repeat("x", 800<<10)}}},
	} {
		err := fits(in)
		assert.True(t, fault.Is(err, fault.TooLarge), name)
		assert.True(t, fault.HasCode(err, "too_large"), name)
	}
}
