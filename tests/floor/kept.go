package floor

import (
	"net/http"
	"net/url"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/bus"
)

// Publish publishes events, as a function does.
func (f *Floor) Publish(events ...bus.Out) {
	f.T.Helper()
	b, err := bus.Open(f.ctx, bus.Config{Project: suite.Project, Endpoint: f.Suite.PubSub.Addr(), Source: "test"})
	require.NoError(f.T, err)
	defer func() { require.NoError(f.T, b.Close()) }()
	require.NoError(f.T, b.Publish(f.ctx, events...))
}

// Where an administrator finds what could not be handled.
const (
	Letters = "/v1/admin/dead-letters"
	Parked  = "/v1/admin/parked"
)

// DeadLetters is the agent's list of dead letters; query narrows it down and may be empty.
func (a *Agent) DeadLetters(query string) (list api.DeadLetterList) {
	a.f.T.Helper()
	require.NoError(a.f.T, a.Desktop.Call(a.f.ctx, http.MethodGet, Letters+"?"+query, "", nil, &list))
	return list
}

// DeadLetter is a letter with what it says.
func (a *Agent) DeadLetter(id string) (l api.DeadLetter) {
	a.f.T.Helper()
	require.NoError(a.f.T, a.Desktop.Call(a.f.ctx, http.MethodGet, Letters+"/"+url.PathEscape(id), "", nil, &l))
	return l
}

// Replays has a letter handled again.
func (a *Agent) Replays(id string) (l api.DeadLetter) {
	a.f.T.Helper()
	require.NoError(a.f.T, a.Desktop.Call(a.f.ctx, http.MethodPost, Letters+"/"+url.PathEscape(id)+"/replay", "", nil, &l))
	return l
}

// Discards gives a letter up.
func (a *Agent) Discards(id string) (l api.DeadLetter) {
	a.f.T.Helper()
	require.NoError(a.f.T, a.Desktop.Call(a.f.ctx, http.MethodDelete, Letters+"/"+url.PathEscape(id), "", nil, &l))
	return l
}

// Parked is the agent's list of parked messages; query narrows it down and may be empty.
func (a *Agent) Parked(query string) (list api.ParkedList) {
	a.f.T.Helper()
	require.NoError(a.f.T, a.Desktop.Call(a.f.ctx, http.MethodGet, Parked+"?"+query, "", nil, &list))
	return list
}

// LooksAgain has the asset of a parked message looked for.
func (a *Agent) LooksAgain(id string) (p api.Parked) {
	a.f.T.Helper()
	require.NoError(a.f.T, a.Desktop.Call(a.f.ctx, http.MethodPost, Parked+"/"+url.PathEscape(id)+"/replay", "", nil, &p))
	return p
}

// GivesUp discards a parked message.
func (a *Agent) GivesUp(id string) (p api.Parked) {
	a.f.T.Helper()
	require.NoError(a.f.T, a.Desktop.Call(a.f.ctx, http.MethodDelete, Parked+"/"+url.PathEscape(id), "", nil, &p))
	return p
}
