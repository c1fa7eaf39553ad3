// Package desktop is an agent's desktop without a screen: a client of the HTTP API that signs in, listens, answers and
// writes. The demo and the journeys sit at it.
package desktop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"

	"github.com/deskline/deskline/shared/api"
)

// Desktop is one agent's desktop. It is safe for concurrent use, except that nothing may go on beside SignOut.
type Desktop struct {
	URL     string                 // of the HTTP API, without /v1
	Token   func() (string, error) // bearer token of the agent
	Session string                 // the desktop's own ID
	HTTP    *http.Client
}

// New makes a desktop with a session of its own.
func New(url string, token func() (string, error)) *Desktop {
	return &Desktop{URL: url, Token: token, Session: uuid.NewString(), HTTP: http.DefaultClient}
}

// Refused is an answer that was not a success.
type Refused struct {
	Status  int
	Problem api.Problem
}

// Error is the answer in one line.
func (r *Refused) Error() string {
	return fmt.Sprintf("%d %s: %s", r.Status, r.Problem.Code, r.Problem.Detail)
}

// Key makes a new idempotency key.
func Key() string { return uuid.NewString() }

// Call sends one request. in is the JSON body, nil for none, or a []byte sent as YAML; key is the idempotency key, empty
// for none; out takes the answer unless it is nil. An answer that is no success is a *Refused.
func (d *Desktop) Call(ctx context.Context, method, path, key string, in, out any) error {
	var body io.Reader
	kind := "application/json"
	switch in := in.(type) {
	case nil:
	case []byte:
		body, kind = bytes.NewReader(in), "application/yaml"
	default:
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, d.URL+path, body)
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	return d.answer(req, out)
}

// answer sends a request and takes its answer.
func (d *Desktop) answer(req *http.Request, out any) error {
	answer, err := d.text(req)
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(answer, out)
}

// text sends a request and returns its answer as it is.
func (d *Desktop) text(req *http.Request) ([]byte, error) {
	resp, err := d.do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		r := &Refused{Status: resp.StatusCode}
		_ = json.Unmarshal(answer, &r.Problem) // an answer that is no problem document has the status alone
		return nil, r
	}
	return answer, nil
}

func (d *Desktop) do(req *http.Request) (*http.Response, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return d.HTTP.Do(req)
}

// SignIn begins the agent's presence in the given state.
func (d *Desktop) SignIn(ctx context.Context, state api.ChosenState) (s api.Session, err error) {
	return s, d.Call(ctx, http.MethodPost, "/v1/agents/me/session", "", api.SignIn{Session: d.Session, State: state}, &s)
}

// SignOut ends it, and gives the desktop a new session for the next time.
func (d *Desktop) SignOut(ctx context.Context, handOver bool) (a api.Agent, err error) {
	q := url.Values{"session": {d.Session}, "handOver": {strconv.FormatBool(handOver)}}
	if err = d.Call(ctx, http.MethodDelete, "/v1/agents/me/session?"+q.Encode(), "", nil, &a); err == nil {
		d.Session = uuid.NewString()
	}
	return a, err
}

// Me is the agent as he is.
func (d *Desktop) Me(ctx context.Context) (a api.Agent, err error) {
	return a, d.Call(ctx, http.MethodGet, "/v1/agents/me", "", nil, &a)
}

// Set changes the agent's state under an idempotency key.
func (d *Desktop) Set(ctx context.Context, key string, change api.StateChange) (a api.Agent, err error) {
	return a, d.Call(ctx, http.MethodPut, "/v1/agents/me/state", key, change, &a)
}

// Renew keeps the agent present.
func (d *Desktop) Renew(ctx context.Context) (l api.Lease, err error) {
	return l, d.Call(ctx, http.MethodPut, "/v1/agents/me/lease", "", api.LeaseRenewal{Session: d.Session}, &l)
}

// Snapshot is everything on the desktop.
func (d *Desktop) Snapshot(ctx context.Context) (s api.Snapshot, err error) {
	return s, d.Call(ctx, http.MethodGet, "/v1/agents/me/snapshot", "", nil, &s)
}

// Tasks is the list of the agent's conversations.
func (d *Desktop) Tasks(ctx context.Context) (l api.InteractionList, err error) {
	return l, d.Call(ctx, http.MethodGet, "/v1/agents/me/interactions", "", nil, &l)
}

// Accept takes an offer.
func (d *Desktop) Accept(ctx context.Context, offer string) (o api.Offer, err error) {
	return o, d.Call(ctx, http.MethodPost, "/v1/offers/"+url.PathEscape(offer)+"/accept", "", nil, &o)
}

// Decline refuses an offer.
func (d *Desktop) Decline(ctx context.Context, offer string) (o api.Offer, err error) {
	return o, d.Call(ctx, http.MethodPost, "/v1/offers/"+url.PathEscape(offer)+"/decline", "", nil, &o)
}

func of(interaction, rest string) string {
	return "/v1/interactions/" + url.PathEscape(interaction) + rest
}

// Interaction is a conversation as it is.
func (d *Desktop) Interaction(ctx context.Context, id string) (i api.Interaction, err error) {
	return i, d.Call(ctx, http.MethodGet, of(id, ""), "", nil, &i)
}

// Transcript is what was said, oldest first.
func (d *Desktop) Transcript(ctx context.Context, id string) (l api.MessageList, err error) {
	return l, d.Call(ctx, http.MethodGet, of(id, "/messages"), "", nil, &l)
}

// TranscriptPage is the part of the transcript that the query asks for: its limit and cursor.
func (d *Desktop) TranscriptPage(ctx context.Context, id string, query url.Values) (l api.MessageList, err error) {
	return l, d.Call(ctx, http.MethodGet, of(id, "/messages?"+query.Encode()), "", nil, &l)
}

// Send writes to the customer; id is the desktop's own of the message.
func (d *Desktop) Send(ctx context.Context, interaction, id, text string) (m api.Message, err error) {
	return m, d.Call(ctx, http.MethodPost, of(interaction, "/messages"), "", api.NewMessage{ID: id, Text: text}, &m)
}

// Typing shows the customer that the agent is writing.
func (d *Desktop) Typing(ctx context.Context, interaction string) (i api.Interaction, err error) {
	return i, d.Call(ctx, http.MethodPost, of(interaction, "/typing"), "", nil, &i)
}

// Read says how far the agent has read.
func (d *Desktop) Read(ctx context.Context, interaction string, seq int64) (i api.Interaction, err error) {
	return i, d.Call(ctx, http.MethodPost, of(interaction, "/read"), "", api.ReadMark{Seq: seq}, &i)
}

// Note writes something down for the agents; id is the desktop's own of the note.
func (d *Desktop) Note(ctx context.Context, interaction, id, text string) (n api.Note, err error) {
	return n, d.Call(ctx, http.MethodPost, of(interaction, "/notes"), "", api.NewNote{ID: id, Text: text}, &n)
}

// Transfer gives a conversation to another queue or agent.
func (d *Desktop) Transfer(ctx context.Context, interaction, key string, wish api.TransferWish) (i api.Interaction, err error) {
	return i, d.Call(ctx, http.MethodPost, of(interaction, "/transfer"), key, wish, &i)
}

// Targets is a page of those a conversation can be given to; query has the list's parameters.
func (d *Desktop) Targets(ctx context.Context, interaction string, query url.Values) (l api.TargetList, err error) {
	return l, d.Call(ctx, http.MethodGet, of(interaction, "/targets?"+query.Encode()), "", nil, &l)
}

// End ends a conversation.
func (d *Desktop) End(ctx context.Context, interaction, key string) (i api.Interaction, err error) {
	return i, d.Call(ctx, http.MethodPost, of(interaction, "/end"), key, nil, &i)
}

// WrapUpForm is what there is to choose from; text narrows the reasons down, empty shows all.
func (d *Desktop) WrapUpForm(ctx context.Context, interaction, text string) (f api.WrapUpForm, err error) {
	query := ""
	if text != "" {
		query = "?q=" + url.QueryEscape(text)
	}
	return f, d.Call(ctx, http.MethodGet, of(interaction, "/wrapup"+query), "", nil, &f)
}

// WrapUp says why.
func (d *Desktop) WrapUp(ctx context.Context, interaction, key string, choice api.WrapUpChoice) (i api.Interaction, err error) {
	return i, d.Call(ctx, http.MethodPost, of(interaction, "/wrapup"), key, choice, &i)
}

// Export is the centre's configuration as a YAML file.
func (d *Desktop) Export(ctx context.Context) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.URL+"/v1/admin/export", nil)
	if err != nil {
		return nil, err
	}
	return d.text(req)
}

// Import configures the centre from a YAML file.
func (d *Desktop) Import(ctx context.Context, file []byte, dryRun bool) (r api.ImportReport, err error) {
	return r, d.Call(ctx, http.MethodPost, "/v1/admin/import?dryRun="+strconv.FormatBool(dryRun), "", file, &r)
}

// Reopen asks for another conversation for what the customer wrote after the end of one.
func (d *Desktop) Reopen(ctx context.Context, interaction string) (i api.Interaction, err error) {
	return i, d.Call(ctx, http.MethodPost, of(interaction, "/reopen"), "", nil, &i)
}

// ExtendWrapUp takes more time for it.
func (d *Desktop) ExtendWrapUp(ctx context.Context, interaction, key string) (i api.Interaction, err error) {
	return i, d.Call(ctx, http.MethodPost, of(interaction, "/wrapup/extend"), key, nil, &i)
}
