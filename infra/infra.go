// Package infra is what the product is deployed from. Its files are the truth about functions, topics, timers and
// indexes; this package hands them to the local suite, which builds itself from the same files.
package infra

import (
	"bytes"
	_ "embed" // for the two files
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

//go:embed topology.yaml
var topology []byte

// Indexes is firestore.indexes.json: the composite indexes of the product's queries and the fields that have none.
//
//go:embed firestore.indexes.json
var Indexes []byte

// Topology is topology.yaml.
type Topology struct {
	Account   string              `yaml:"account"` // service account, without a domain
	Functions map[string]Function `yaml:"functions"`
	Topics    map[string]Topic    `yaml:"topics"`
	Push      Push                `yaml:"push"`
	Timers    Timers              `yaml:"timers"`
}

// Function is what calls one function.
type Function struct {
	Public    bool              `yaml:"public"`    // callers are strangers: the function checks signatures itself
	Routes    []string          `yaml:"routes"`    // paths in ServeMux form
	Timers    []string          `yaml:"timers"`    // called at a time
	Schedules map[string]string `yaml:"schedules"` // called by the clock: name to cron expression
}

// EachMinute is the cron expression of a schedule.
const EachMinute = "* * * * *"

// Topic is a topic with its subscriptions, each named for the function it pushes to.
type Topic struct {
	Subscriptions map[string]Subscription `yaml:"subscriptions"`
}

// Subscription is how one function gets a topic's events. None expires when it is unused.
type Subscription struct {
	Ordered    bool          `yaml:"ordered"`
	Retention  time.Duration `yaml:"retention"`  // zero is Pub/Sub's default
	DeadLetter string        `yaml:"deadLetter"` // topic
	Attempts   int           `yaml:"attempts"`   // before the dead-letter topic
}

// Push is how push subscriptions wait.
type Push struct {
	AckDeadline time.Duration `yaml:"ackDeadline"`
	MinBackoff  time.Duration `yaml:"minBackoff"`
	MaxBackoff  time.Duration `yaml:"maxBackoff"`
}

// Timers is how timers wait.
type Timers struct {
	Queues     int           `yaml:"queues"`
	PerSecond  float64       `yaml:"perSecond"`  // dispatches of one queue
	Concurrent int           `yaml:"concurrent"` // dispatches of one queue under way
	MinBackoff time.Duration `yaml:"minBackoff"`
	MaxBackoff time.Duration `yaml:"maxBackoff"`
}

// Read reads topology.yaml. An unknown key, a subscription of an unknown function or a dead-letter topic that does not
// exist is an error.
func Read() (Topology, error) { return parse(topology) }

func parse(file []byte) (Topology, error) {
	var t Topology
	d := yaml.NewDecoder(bytes.NewReader(file))
	d.KnownFields(true)
	if err := d.Decode(&t); err != nil {
		return t, fmt.Errorf("topology.yaml: %s", strings.Join(strings.Fields(err.Error()), " ")) // a YAML error has a line for each thing it finds
	}
	for name, f := range t.Functions {
		for schedule, cron := range f.Schedules {
			if cron != EachMinute {
				return t, fmt.Errorf("topology.yaml: %s: schedule %s: only %q is possible, not %q", name, schedule, EachMinute, cron)
			}
		}
	}
	for name, topic := range t.Topics {
		for function, s := range topic.Subscriptions {
			if _, ok := t.Functions[function]; !ok {
				return t, fmt.Errorf("topology.yaml: topic %s pushes to unknown function %s", name, function)
			}
			if _, ok := t.Topics[s.DeadLetter]; !ok && s.DeadLetter != "" {
				return t, fmt.Errorf("topology.yaml: dead-letter topic %s is not a topic", s.DeadLetter)
			}
		}
	}
	return t, nil
}

// Names are the functions, sorted.
func (t Topology) Names() []string {
	var names []string
	for n := range t.Functions {
		names = append(names, n)
	}
	slices.SortFunc(names, strings.Compare)
	return names
}
