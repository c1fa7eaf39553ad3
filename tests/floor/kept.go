package floor

import (
	"net/http"
	"net/url"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/bus"
)

// Publish publishes events, as a function does.
func (f *Floor) Publish(events ...bus.Out) {
	f.T.Helper()
	b, err := bus.Open(f.ctx, f.Suite.Bus)
	require.NoError(f.T, err)
	defer func() { require.NoError(f.T, b.Close()) }()
	require.NoError(f.T, b.Publish(f.ctx, events...))
}

// Impatient takes the pauses between the deliveries of a subscription away: an event that cannot be handled is given up
// at once, after as many tries as ever.
func (f *Floor) Impatient(subscription string) {
	f.T.Helper()
	client, err := pubsub.NewClient(f.ctx, f.Suite.Bus.Project, option.WithEndpoint("passthrough:///"+f.Suite.Bus.Endpoint),
		option.WithoutAuthentication(), option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	require.NoError(f.T, err)
	defer func() { require.NoError(f.T, client.Close()) }()
	_, err = client.SubscriptionAdminClient.UpdateSubscription(f.ctx, &pubsubpb.UpdateSubscriptionRequest{
		Subscription: &pubsubpb.Subscription{Name: "projects/" + f.Suite.Bus.Project + "/subscriptions/" + subscription},
		UpdateMask:   &fieldmaskpb.FieldMask{Paths: []string{"retry_policy"}},
	})
	require.NoError(f.T, err)
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
