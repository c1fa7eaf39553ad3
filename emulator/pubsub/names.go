package pubsub

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Limits of the service. Sources: comments of pubsubpb v2.8.1 and the Pub/Sub quotas page, read 2026-11-21.
const (
	maxRequestMessages = 1000
	maxRequestBytes    = 10_000_000
	maxAttributes      = 100
	maxKeyBytes        = 256
	maxValueBytes      = 1024
	maxOrderingBytes   = 1024

	minAckSeconds     = 10
	maxAckSeconds     = 600
	maxRetry          = 600 * time.Second
	minDeadLetter     = 5
	maxDeadLetter     = 100
	minRetention      = 10 * time.Minute
	maxRetention      = 31 * 24 * time.Hour
	defaultRetention  = 7 * 24 * time.Hour
	minLifetime       = 24 * time.Hour
	defaultLifetime   = 31 * 24 * time.Hour
	defaultMinBackoff = 10 * time.Second
	defaultMaxBackoff = 600 * time.Second
	snapshotLifetime  = 7 * 24 * time.Hour
	minSnapshot       = time.Hour
)

var (
	topicName        = regexp.MustCompile(`^projects/[^/]+/topics/[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}$`)
	snapshotName     = regexp.MustCompile(`^projects/[^/]+/snapshots/[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}$`)
	subscriptionName = regexp.MustCompile(`^projects/[^/]+/subscriptions/[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}$`)
)

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

func unsupported(field string) error {
	return status.Errorf(codes.Unimplemented, "%s is not implemented by the local suite", field)
}

func notFound(name string) error {
	return status.Errorf(codes.NotFound, "Resource not found (resource=%s).", lastPart(name))
}

func alreadyExists(name string) error {
	return status.Errorf(codes.AlreadyExists, "Resource already exists in the project (resource=%s).", lastPart(name))
}

// lastPart is what follows the last slash of a resource name: the short ID.
func lastPart(name string) string {
	return name[strings.LastIndexByte(name, '/')+1:]
}

// project is the project ID of a resource name.
func project(name string) string {
	parts := strings.SplitN(name, "/", 3)
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}

// checkName refuses names that production refuses: bad form, or an ID that begins with "goog".
func checkName(form *regexp.Regexp, name string) error {
	if !form.MatchString(name) || strings.HasPrefix(lastPart(name), "goog") {
		return invalid("invalid resource name %q", name)
	}
	return nil
}

func checkTopic(t *pubsubpb.Topic) error {
	switch {
	case t.GetKmsKeyName() != "":
		return unsupported("kms_key_name")
	case t.GetSchemaSettings() != nil:
		return unsupported("schema_settings")
	case t.GetIngestionDataSourceSettings() != nil:
		return unsupported("ingestion_data_source_settings")
	case len(t.GetMessageTransforms()) > 0:
		return unsupported("message_transforms")
	case t.GetMessageStoragePolicy() != nil:
		return unsupported("message_storage_policy")
	}
	if err := checkRetention(t.GetMessageRetentionDuration()); err != nil {
		return err
	}
	return checkName(topicName, t.GetName())
}

// checkSubscription looks at what needs no other record.
func checkSubscription(sub *pubsubpb.Subscription) error {
	switch {
	case sub.GetBigqueryConfig() != nil:
		return unsupported("bigquery_config")
	case sub.GetCloudStorageConfig() != nil:
		return unsupported("cloud_storage_config")
	case sub.GetBigtableConfig() != nil:
		return unsupported("bigtable_config")
	case len(sub.GetMessageTransforms()) > 0:
		return unsupported("message_transforms")
	case sub.GetEnableExactlyOnceDelivery():
		return unsupported("enable_exactly_once_delivery")
	}
	if err := checkName(subscriptionName, sub.GetName()); err != nil {
		return err
	}
	if a := sub.GetAckDeadlineSeconds(); a != 0 && (a < minAckSeconds || a > maxAckSeconds) {
		return invalid("ack_deadline_seconds is %d, it must be between %d and %d", a, minAckSeconds, maxAckSeconds)
	}
	if d := sub.GetDeadLetterPolicy(); d != nil {
		if n := d.GetMaxDeliveryAttempts(); n != 0 && (n < minDeadLetter || n > maxDeadLetter) {
			return invalid("max_delivery_attempts is %d, it must be between %d and %d", n, minDeadLetter, maxDeadLetter)
		}
	}
	if err := checkRetention(sub.GetMessageRetentionDuration()); err != nil {
		return err
	}
	if err := checkExpiration(sub.GetExpirationPolicy()); err != nil {
		return err
	}
	if err := checkRetry(sub.GetRetryPolicy()); err != nil {
		return err
	}
	return checkPush(sub.GetPushConfig())
}

func checkRetention(d *durationpb.Duration) error {
	if d != nil && (d.AsDuration() < minRetention || d.AsDuration() > maxRetention) {
		return invalid("message_retention_duration is %s, it must be between %s and %s", d.AsDuration(), minRetention, maxRetention)
	}
	return nil
}

func checkRetry(p *pubsubpb.RetryPolicy) error {
	if p == nil {
		return nil
	}
	lo, hi := retryBounds(p)
	if lo < 0 || hi > maxRetry || lo > hi {
		return invalid("retry_policy runs from %s to %s, it must lie between 0s and %s", lo, hi, maxRetry)
	}
	return nil
}

func checkPush(p *pubsubpb.PushConfig) error {
	if p.GetNoWrapper() != nil {
		return unsupported("push_config.no_wrapper")
	}
	for k, v := range p.GetAttributes() {
		if k != "x-goog-version" || v != "v1" {
			return unsupported("push_config.attributes " + k + "=" + v)
		}
	}
	if p.GetPushEndpoint() == "" {
		return nil
	}
	u, err := url.Parse(p.GetPushEndpoint())
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return invalid("push_endpoint %q is not an http or https address", p.GetPushEndpoint())
	}
	if t := p.GetOidcToken(); t != nil && t.GetServiceAccountEmail() == "" {
		return invalid("push_config.oidc_token has no service_account_email")
	}
	return nil
}

// checkMessages refuses what production's Publish refuses.
func checkMessages(messages []*pubsubpb.PubsubMessage) error {
	if len(messages) == 0 || len(messages) > maxRequestMessages {
		return invalid("%d messages in the request, 1 to %d are allowed", len(messages), maxRequestMessages)
	}
	total := 0
	for _, m := range messages {
		if err := checkMessage(m); err != nil {
			return err
		}
		total += size(m)
	}
	if total > maxRequestBytes {
		return invalid("request has %d bytes, at most %d are allowed", total, maxRequestBytes)
	}
	return nil
}

func checkMessage(m *pubsubpb.PubsubMessage) error {
	switch {
	case len(m.GetData()) == 0 && len(m.GetAttributes()) == 0:
		return invalid("a message needs data or attributes")
	case len(m.GetAttributes()) > maxAttributes:
		return invalid("message has %d attributes, at most %d are allowed", len(m.GetAttributes()), maxAttributes)
	case len(m.GetOrderingKey()) > maxOrderingBytes:
		return invalid("ordering key has %d bytes, at most %d are allowed", len(m.GetOrderingKey()), maxOrderingBytes)
	}
	for k, v := range m.GetAttributes() {
		if k == "" || len(k) > maxKeyBytes || len(v) > maxValueBytes {
			return invalid("attribute %q: the key may have 1 to %d bytes, the value at most %d", k, maxKeyBytes, maxValueBytes)
		}
	}
	return nil
}

// size is what a message weighs in quotas and prices: data, attributes and ordering key, in bytes.
func size(m *pubsubpb.PubsubMessage) int {
	n := len(m.GetData()) + len(m.GetOrderingKey())
	for k, v := range m.GetAttributes() {
		n += len(k) + len(v)
	}
	return n
}
