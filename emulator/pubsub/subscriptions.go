package pubsub

import (
	"context"
	"maps"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"
)

// subscriber serves google.pubsub.v1.Subscriber.
type subscriber struct {
	pubsubpb.UnimplementedSubscriberServer
	s *Server
}

func (s *Server) subscription(name string) (*subscription, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if sub := s.subs[name]; sub != nil {
		return sub, nil
	}
	return nil, notFound(name)
}

func (r subscriber) CreateSubscription(_ context.Context, req *pubsubpb.Subscription) (*pubsubpb.Subscription, error) {
	r.s.admin.Lock()
	defer r.s.admin.Unlock()
	if err := checkSubscription(req); err != nil {
		return nil, err
	}
	wants, err := parseFilter(req.GetFilter())
	if err != nil {
		return nil, invalid("%v", err)
	}
	if err := r.s.checkReferences(req); err != nil {
		return nil, err
	}
	t, err := r.s.topic(req.GetTopic())
	if err != nil {
		return nil, err
	}
	conf := withServiceDefaults(req)
	conf.TopicMessageRetentionDuration = t.conf.GetMessageRetentionDuration()
	sub := newSubscription(r.s, conf, wants)
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.s.subs[sub.name] != nil {
		return nil, alreadyExists(sub.name)
	}
	if r.s.isClosing() {
		return nil, errClosing
	}
	r.s.subs[sub.name] = sub
	t.attach(sub)
	sub.update(conf)
	return conf, nil
}

// checkReferences refuses a subscription whose dead-letter topic is missing or whose token nobody can make.
func (s *Server) checkReferences(sub *pubsubpb.Subscription) error {
	if sub.GetPushConfig().GetOidcToken() != nil && s.opts.Token == nil {
		return status.Error(codes.FailedPrecondition, "push_config.oidc_token: this server has no token source")
	}
	if d := sub.GetDeadLetterPolicy(); d != nil {
		if _, err := s.topic(d.GetDeadLetterTopic()); err != nil {
			return err
		}
	}
	return nil
}

// withServiceDefaults is the configuration with what production fills in when it is left out.
func withServiceDefaults(req *pubsubpb.Subscription) *pubsubpb.Subscription {
	conf := proto.CloneOf(req)
	conf.State = pubsubpb.Subscription_ACTIVE
	if conf.AckDeadlineSeconds == 0 {
		conf.AckDeadlineSeconds = minAckSeconds
	}
	if conf.MessageRetentionDuration == nil {
		conf.MessageRetentionDuration = durationpb.New(defaultRetention)
	}
	if conf.PushConfig == nil {
		conf.PushConfig = &pubsubpb.PushConfig{}
	}
	if conf.ExpirationPolicy == nil {
		conf.ExpirationPolicy = &pubsubpb.ExpirationPolicy{Ttl: durationpb.New(defaultLifetime)}
	}
	if d := conf.DeadLetterPolicy; d != nil && d.MaxDeliveryAttempts == 0 {
		d.MaxDeliveryAttempts = minDeadLetter
	}
	return conf
}

func (r subscriber) GetSubscription(_ context.Context, req *pubsubpb.GetSubscriptionRequest) (*pubsubpb.Subscription, error) {
	sub, err := r.s.subscription(req.GetSubscription())
	if err != nil {
		return nil, err
	}
	return sub.config(), nil
}

func (r subscriber) ListSubscriptions(_ context.Context, req *pubsubpb.ListSubscriptionsRequest) (*pubsubpb.ListSubscriptionsResponse, error) {
	r.s.mu.RLock()
	defer r.s.mu.RUnlock()
	names, next, err := page(maps.Keys(r.s.subs), req.GetProject(), req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	resp := &pubsubpb.ListSubscriptionsResponse{NextPageToken: next}
	for _, name := range names {
		resp.Subscriptions = append(resp.Subscriptions, r.s.subs[name].config())
	}
	return resp, nil
}

// UpdateSubscription changes what may change in production; topic, filter and ordering are fixed at creation.
func (r subscriber) UpdateSubscription(_ context.Context, req *pubsubpb.UpdateSubscriptionRequest) (*pubsubpb.Subscription, error) {
	r.s.admin.Lock()
	defer r.s.admin.Unlock()
	want := req.GetSubscription()
	sub, err := r.s.subscription(want.GetName())
	if err != nil {
		return nil, err
	}
	if len(req.GetUpdateMask().GetPaths()) == 0 {
		return nil, invalid("update_mask names no field")
	}
	conf := proto.CloneOf(sub.config())
	for _, path := range req.GetUpdateMask().GetPaths() {
		switch path {
		case "push_config":
			conf.PushConfig = want.GetPushConfig()
		case "ack_deadline_seconds":
			conf.AckDeadlineSeconds = want.GetAckDeadlineSeconds()
		case "retry_policy":
			conf.RetryPolicy = want.GetRetryPolicy()
		case "dead_letter_policy":
			conf.DeadLetterPolicy = want.GetDeadLetterPolicy()
		case "labels":
			conf.Labels = want.GetLabels()
		case "retain_acked_messages":
			conf.RetainAckedMessages = want.GetRetainAckedMessages()
		case "message_retention_duration":
			conf.MessageRetentionDuration = want.GetMessageRetentionDuration()
		case "expiration_policy":
			conf.ExpirationPolicy = want.GetExpirationPolicy()
		case "name", "topic", "filter", "enable_message_ordering":
			return nil, invalid("%s cannot be changed", path)
		default:
			return nil, unsupported("update of " + path)
		}
	}
	return r.s.change(sub, conf)
}

// change gives a subscription another configuration, if that is one it may have. The caller holds admin.
func (s *Server) change(sub *subscription, conf *pubsubpb.Subscription) (*pubsubpb.Subscription, error) {
	if err := checkSubscription(conf); err != nil {
		return nil, err
	}
	if err := s.checkReferences(conf); err != nil {
		return nil, err
	}
	conf = withServiceDefaults(conf)
	sub.update(conf)
	return conf, nil
}

// ModifyPushConfig changes where messages go; an empty configuration has them pulled.
func (r subscriber) ModifyPushConfig(_ context.Context, req *pubsubpb.ModifyPushConfigRequest) (*emptypb.Empty, error) {
	r.s.admin.Lock()
	defer r.s.admin.Unlock()
	sub, err := r.s.subscription(req.GetSubscription())
	if err != nil {
		return nil, err
	}
	conf := proto.CloneOf(sub.config())
	conf.PushConfig = req.GetPushConfig()
	if _, err := r.s.change(sub, conf); err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}

func (r subscriber) DeleteSubscription(_ context.Context, req *pubsubpb.DeleteSubscriptionRequest) (*emptypb.Empty, error) {
	r.s.admin.Lock()
	defer r.s.admin.Unlock()
	sub, err := r.s.subscription(req.GetSubscription())
	if err != nil {
		return nil, err
	}
	r.s.forget(sub)
	return &emptypb.Empty{}, nil
}
