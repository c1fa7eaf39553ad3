package infra

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/firestore"
)

func TestTheFilesCanBeRead(t *testing.T) {
	topo, err := Read()
	require.NoError(t, err)
	assert.IsIncreasing(t, topo.Names())
	assert.Len(t, topo.Names(), len(topo.Functions))
	assert.Contains(t, topo.Names(), "routing")
	_, err = firestore.ParseIndexes(Indexes)
	require.NoError(t, err)
}

// What customers say is kept for as long as Pub/Sub keeps anything, and so is what could not be recorded.
func TestReceivedMessagesAreNeverDropped(t *testing.T) {
	topo, err := Read()
	require.NoError(t, err)
	for topic, reader := range map[string]string{"message.received": "conversation", "message.received.dead": "kept"} {
		s, ok := topo.Topics[topic].Subscriptions[reader]
		require.True(t, ok, topic)
		assert.Equal(t, 31*24*time.Hour, s.Retention, topic)
	}
	assert.True(t, topo.Topics["message.received"].Subscriptions["conversation"].Ordered)
}

// Every event that is given up is kept somewhere, and gives up within what Pub/Sub allows: 5 to 100 attempts (Google's
// dead-letter topics documentation, read 2026-11).
func TestEveryPushHasADeadLetterTopicThatIsKept(t *testing.T) {
	topo, err := Read()
	require.NoError(t, err)
	for name, topic := range topo.Topics {
		for reader, s := range topic.Subscriptions {
			if strings.HasSuffix(name, ".dead") {
				assert.Empty(t, s.DeadLetter, "%s.%s never gives up", name, reader)
				assert.Zero(t, s.Attempts, "%s.%s", name, reader)
				continue
			}
			assert.NotEmpty(t, topo.Topics[s.DeadLetter].Subscriptions, "%s.%s", name, reader)
			assert.GreaterOrEqual(t, s.Attempts, 5)
			assert.LessOrEqual(t, s.Attempts, 100)
		}
	}
	assert.GreaterOrEqual(t, topo.Push.AckDeadline, 10*time.Second, "Pub/Sub's least")
	assert.Positive(t, topo.Timers.Queues)
}

const small = `
account: events
functions:
  routing: {}
  sweep: {schedules: {sweep: "* * * * *"}}
topics:
  agent.freed: {subscriptions: {routing: {deadLetter: hints.dead, attempts: 5}}}
  hints.dead: {subscriptions: {sweep: {retention: 168h}}}
push: {ackDeadline: 60s, minBackoff: 1s, maxBackoff: 60s}
timers: {queues: 4, minBackoff: 1s, maxBackoff: 60s}
`

func TestParse(t *testing.T) {
	topo, err := parse([]byte(small))
	require.NoError(t, err)
	assert.Equal(t, Topology{
		Account:   "events",
		Functions: map[string]Function{"routing": {}, "sweep": {Schedules: map[string]string{"sweep": "* * * * *"}}},
		Topics: map[string]Topic{
			"agent.freed": {Subscriptions: map[string]Subscription{"routing": {DeadLetter: "hints.dead", Attempts: 5}}},
			"hints.dead":  {Subscriptions: map[string]Subscription{"sweep": {Retention: 168 * time.Hour}}},
		},
		Push:   Push{AckDeadline: time.Minute, MinBackoff: time.Second, MaxBackoff: time.Minute},
		Timers: Timers{Queues: 4, MinBackoff: time.Second, MaxBackoff: time.Minute},
	}, topo)
	assert.Equal(t, []string{"routing", "sweep"}, topo.Names())
}

func TestWhatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"empty":                        {small, "", "EOF"},
		"no YAML":                      {small, "functions: [", "yaml"},
		"another shape":                {small, "- functions", "cannot unmarshal"},
		"unknown key":                  {"account:", "acount:", "field acount not found"},
		"unknown key of a function":    {"routing: {}", "routing: {route: [/x]}", "field route not found"},
		"unknown key of a topic":       {"agent.freed: {", "agent.freed: {keep: true, ", "field keep not found"},
		"unknown key of subscriptions": {"attempts: 5", "tries: 5", "field tries not found"},
		"unknown key of push":          {"ackDeadline", "deadline", "field deadline not found"},
		"no duration":                  {"168h", "7d", "time.Duration"},
		"bare number for a duration":   {"ackDeadline: 60s", "ackDeadline: sixty", "time.Duration"},
		"no number":                    {"queues: 4", "queues: four", "cannot unmarshal"},
		"key twice":                    {"account: events", "account: events\naccount: others", "already defined"},
		"unknown function":             {"subscriptions: {routing:", "subscriptions: {nobody:", "topic agent.freed pushes to unknown function nobody"},
		"dead letters go nowhere":      {"deadLetter: hints.dead", "deadLetter: hints.gone", "dead-letter topic hints.gone is not a topic"},
		"another schedule":             {`"* * * * *"`, `"*/5 * * * *"`, `sweep: schedule sweep: only "* * * * *" is possible, not "*/5 * * * *"`},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, small, c.old)
			_, err := parse([]byte(strings.Replace(small, c.old, c.new, 1)))
			require.ErrorContains(t, err, c.want)
			assert.ErrorContains(t, err, "topology.yaml")
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}
