package suite

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	apiv1 "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/deskline/deskline/emulator/google"
	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/shared/bus"
)

// source is the name of whoever publishes and is no function.
const source = "suite"

// startPubSub starts ours, or takes a project of its own of Google's emulator.
func (s *Suite) startPubSub() (err error) {
	if s.opt.GooglePubSub != "" {
		return s.useGooglesPubSub()
	}
	o := s.meteredPubSub(s.opt.PubSub)
	o.Clock, o.Token, o.Transport = s.Clock, s.Identity.ServiceToken, s.transport()
	if s.PubSub, err = pubsub.Start("127.0.0.1:0", o); err != nil {
		return fmt.Errorf("pubsub: %w", err)
	}
	s.onClose(s.PubSub.Close)
	s.Bus = bus.Config{Project: Project, Endpoint: s.PubSub.Addr(), Source: source}
	s.shorten("PUBSUB_EMULATOR_HOST", s.PubSub.StartSocket)
	return nil
}

// checkPubSub refuses what Google's emulator cannot do.
func (o Options) checkPubSub() error {
	if o.GooglePubSub != "" && (o.PubSub.Observe != nil || o.PubSub.InterceptDelivery != nil) {
		return errors.New("pubsub: Google's emulator does not tell what becomes of a message")
	}
	return nil
}

// useGooglesPubSub takes a project of Google's emulator that no other suite has: every name is one that exists, and is empty.
func (s *Suite) useGooglesPubSub() error {
	o := s.opt.PubSub
	kept := &retention{}
	addr, err := s.front(s.opt.GooglePubSub, google.Hooks{
		Intercept: func(_ context.Context, _ string, req proto.Message) error {
			if p, ok := req.(*pubsubpb.PublishRequest); ok && o.InterceptPublish != nil {
				return o.InterceptPublish(p)
			}
			kept.shorten(req)
			return nil
		},
		Answered: func(_ context.Context, req, answer proto.Message) error {
			if p, ok := req.(*pubsubpb.PublishRequest); ok && o.AfterPublish != nil {
				return o.AfterPublish(p)
			}
			kept.restore(answer)
			return nil
		},
	})
	if err != nil {
		return err
	}
	s.Bus = bus.Config{Project: Project + "-" + strings.ToLower(rand.Text()), Endpoint: addr, Source: source}
	s.onClose(s.leavePubSub)
	return nil
}

// week is the longest that Google's emulator keeps a message; production has kept 31 days since 2024. Seen with 0.8.20, 2026-11-21.
const week = 7 * 24 * time.Hour

// retention lets a subscription say how long it was told to keep messages, where the emulator keeps them for a week.
type retention struct{ told sync.Map } // by the subscription's name

func (r *retention) shorten(req proto.Message) {
	if sub, ok := req.(*pubsubpb.Subscription); ok && sub.GetMessageRetentionDuration().AsDuration() > week {
		r.told.Store(sub.GetName(), sub.GetMessageRetentionDuration())
		sub.MessageRetentionDuration = durationpb.New(week)
	}
}

func (r *retention) restore(answer proto.Message) {
	if sub, ok := answer.(*pubsubpb.Subscription); ok {
		if told, ok := r.told.Load(sub.GetName()); ok {
			sub.MessageRetentionDuration = told.(*durationpb.Duration)
		}
	}
}

// leavePubSub takes everything away that provision made: an emulator that runs on would push to a suite that is gone. One that is
// gone itself, or does not answer, has nothing to take away.
func (s *Suite) leavePubSub() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdown)
	defer cancel()
	topics, err := apiv1.NewTopicAdminClient(ctx, local(s.Bus.Endpoint)...)
	if err != nil {
		return err
	}
	defer topics.Close()
	subscriptions, err := apiv1.NewSubscriptionAdminClient(ctx, local(s.Bus.Endpoint)...)
	if err != nil {
		return err
	}
	defer subscriptions.Close()
	var leaving sync.WaitGroup
	for topic, t := range s.topology.Topics {
		leaving.Go(func() {
			_ = topics.DeleteTopic(ctx, &pubsubpb.DeleteTopicRequest{Topic: s.topicName(topic)})
		})
		for reader := range t.Subscriptions {
			leaving.Go(func() {
				_ = subscriptions.DeleteSubscription(ctx, &pubsubpb.DeleteSubscriptionRequest{Subscription: s.subscriptionName(topic, reader)})
			})
		}
	}
	leaving.Wait()
	return nil
}

// relay is where Google's emulator reaches a function. It brings no token, so the address itself is the secret.
func (s *Suite) relay(function string) string {
	secret := rand.Text()
	s.relays[secret] = function
	return s.URL + "/relay/" + secret
}

// relayTo passes a push on to its function by the gateway's routes, with the token that production's Pub/Sub sends.
func (s *Suite) relayTo(gateway http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		function, ok := s.relays[r.PathValue("secret")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		token, err := s.Identity.ServiceToken(r.Context(), s.account(), s.FunctionURL(function))
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+token)
		r.URL.Path, r.URL.RawPath = "/functions/"+function+"/events", ""
		gateway.ServeHTTP(w, r)
	})
}
