package floor

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/api"
)

// Report asks for an address below /v1/reports.
func (a *Agent) Report(path string) Answer {
	a.f.T.Helper()
	var headers []string
	for name, values := range a.Header() {
		headers = append(headers, name+": "+values[0])
	}
	return a.f.Call(http.MethodGet, "/v1/reports/"+path, strings.NewReader(""), headers...)
}

func (a *Agent) reported(path string, into any) {
	a.f.T.Helper()
	got := a.Report(path)
	require.Equal(a.f.T, http.StatusOK, got.Status, "%s: %s", path, got.Body)
	require.NoError(a.f.T, json.Unmarshal([]byte(got.Body), into))
}

// Record is the contact record of a conversation.
func (a *Agent) Record(interaction string) (r api.ContactRecord) {
	a.f.T.Helper()
	a.reported("records/"+interaction, &r)
	return r
}

// Records is a page of a queue's contact records; more are further parameters.
func (a *Agent) Records(queue string, from, to time.Time, more string) (list api.ContactRecordList) {
	a.f.T.Helper()
	a.reported("records?queue="+queue+between(from, to)+more, &list)
	return list
}

// Metrics are those of a queue; more are further parameters.
func (a *Agent) Metrics(queue string, from, to time.Time, more string) (list api.MetricsList) {
	a.f.T.Helper()
	a.reported("metrics?queue="+queue+between(from, to)+more, &list)
	return list
}

// Times is how long an agent was in which state; more are further parameters.
func (a *Agent) Times(agent string, from, to time.Time, more string) (list api.AgentTimesList) {
	a.f.T.Helper()
	a.reported("agents/"+agent+"?"+between(from, to)[1:]+more, &list)
	return list
}

func between(from, to time.Time) string {
	return "&from=" + from.UTC().Format(time.RFC3339) + "&to=" + to.UTC().Format(time.RFC3339)
}

// NextHour has nothing happen until the next hour begins, and is its beginning.
func (f *Floor) NextHour() time.Time {
	f.T.Helper()
	now := f.Suite.Clock.Now().UTC()
	hour := now.Truncate(time.Hour).Add(time.Hour)
	f.Advance(hour.Sub(now))
	return hour
}

// IsRefusal checks that an answer is a refusal.
func (f *Floor) IsRefusal(got Answer, status int, code string) {
	f.T.Helper()
	require.Equal(f.T, status, got.Status, got.Body)
	require.Equal(f.T, code, got.Problem().Code, got.Body)
}
