package pubsub

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

// deletedTopic is the topic's name in subscriptions that outlive it. Source: comments of pubsubpb v2.8.1.
const deletedTopic = "_deleted-topic_"

// topic gives messages to its subscriptions, each request as a whole, so that all of them see the same order.
type topic struct {
	conf *pubsubpb.Topic // never changes

	mu    sync.Mutex
	subs  map[string]*subscription
	snaps map[string]*snapshot
	log   []kept // what its own retention keeps, in order
}

func (t *topic) publish(msgs []*pubsubpb.PubsubMessage, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keep(msgs, now)
	for _, sub := range t.subs {
		sub.add(t.conf.GetName(), msgs)
	}
}

func (t *topic) attach(sub *subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.subs[sub.name] = sub
}

func (t *topic) detach(sub *subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.subs, sub.name)
}

func (s *Server) topic(name string) (*topic, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if t := s.topics[name]; t != nil {
		return t, nil
	}
	return nil, notFound(name)
}

// publisher serves google.pubsub.v1.Publisher.
type publisher struct {
	pubsubpb.UnimplementedPublisherServer
	s *Server
}

func (p publisher) CreateTopic(_ context.Context, t *pubsubpb.Topic) (*pubsubpb.Topic, error) {
	p.s.admin.Lock()
	defer p.s.admin.Unlock()
	if err := checkTopic(t); err != nil {
		return nil, err
	}
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if p.s.topics[t.GetName()] != nil {
		return nil, alreadyExists(t.GetName())
	}
	conf := proto.CloneOf(t)
	conf.State = pubsubpb.Topic_ACTIVE
	p.s.topics[t.GetName()] = &topic{conf: conf, subs: map[string]*subscription{}, snaps: map[string]*snapshot{}}
	return conf, nil
}

func (p publisher) GetTopic(_ context.Context, req *pubsubpb.GetTopicRequest) (*pubsubpb.Topic, error) {
	t, err := p.s.topic(req.GetTopic())
	if err != nil {
		return nil, err
	}
	return t.conf, nil
}

func (p publisher) ListTopics(_ context.Context, req *pubsubpb.ListTopicsRequest) (*pubsubpb.ListTopicsResponse, error) {
	p.s.mu.RLock()
	defer p.s.mu.RUnlock()
	names, next, err := page(maps.Keys(p.s.topics), req.GetProject(), req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	resp := &pubsubpb.ListTopicsResponse{NextPageToken: next}
	for _, name := range names {
		resp.Topics = append(resp.Topics, p.s.topics[name].conf)
	}
	return resp, nil
}

func (p publisher) ListTopicSubscriptions(_ context.Context, req *pubsubpb.ListTopicSubscriptionsRequest) (*pubsubpb.ListTopicSubscriptionsResponse, error) {
	t, err := p.s.topic(req.GetTopic())
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	names, next, err := page(maps.Keys(t.subs), "projects", req.GetPageSize(), req.GetPageToken())
	return &pubsubpb.ListTopicSubscriptionsResponse{Subscriptions: names, NextPageToken: next}, err
}

// DeleteTopic leaves the topic's subscriptions and snapshots with what they hold, under [deletedTopic].
func (p publisher) DeleteTopic(_ context.Context, req *pubsubpb.DeleteTopicRequest) (*emptypb.Empty, error) {
	p.s.admin.Lock()
	defer p.s.admin.Unlock()
	t, err := p.s.topic(req.GetTopic())
	if err != nil {
		return nil, err
	}
	p.s.mu.Lock()
	delete(p.s.topics, req.GetTopic())
	p.s.mu.Unlock()

	t.mu.Lock()
	orphans := slices.Collect(maps.Values(t.subs))
	for _, snap := range t.snaps {
		snap.topic = deletedTopic
	}
	clear(t.subs)
	clear(t.snaps)
	t.mu.Unlock()
	for _, sub := range orphans {
		conf := proto.CloneOf(sub.config())
		conf.Topic, conf.TopicMessageRetentionDuration = deletedTopic, nil
		sub.update(conf)
	}
	return &emptypb.Empty{}, nil
}

func (p publisher) Publish(_ context.Context, req *pubsubpb.PublishRequest) (*pubsubpb.PublishResponse, error) {
	if err := checkMessages(req.GetMessages()); err != nil {
		return nil, err
	}
	if p.s.opts.InterceptPublish != nil {
		if err := p.s.opts.InterceptPublish(req); err != nil {
			return nil, err
		}
	}
	if err := p.s.publish(req.GetTopic(), req.GetMessages()); err != nil {
		return nil, err
	}
	if p.s.opts.AfterPublish != nil {
		if err := p.s.opts.AfterPublish(req); err != nil {
			return nil, err
		}
	}
	resp := &pubsubpb.PublishResponse{MessageIds: make([]string, 0, len(req.GetMessages()))}
	for _, m := range req.GetMessages() {
		resp.MessageIds = append(resp.MessageIds, m.GetMessageId())
	}
	return resp, nil
}

// defaultPage is the length of a list's page when the request names none.
const defaultPage = 1000

// page is one page of the names that belong to the project, sorted, and the token of the next page: the last name of this
// one.
func page(all func(func(string) bool), project string, pageSize int32, token string) (names []string, next string, err error) {
	if pageSize < 0 {
		return nil, "", invalid("page_size is %d", pageSize)
	}
	for name := range all {
		if strings.HasPrefix(name, project+"/") && name > token {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	limit := int(pageSize)
	if limit == 0 {
		limit = defaultPage
	}
	if len(names) > limit {
		names = names[:limit]
		next = names[limit-1]
	}
	return names, next, nil
}
