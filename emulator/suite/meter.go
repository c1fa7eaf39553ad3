package suite

import (
	"strings"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/meter"
	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/emulator/tasks"
	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/store"
)

// openMeter makes the meter, which hears of everything before the hooks of a test do.
func (s *Suite) openMeter() (err error) {
	readers := map[string]string{}
	for topic, t := range s.topology.Topics {
		for reader := range t.Subscriptions {
			readers["projects/"+Project+"/subscriptions/"+bus.SubscriptionName(topic, reader)] = reader
		}
	}
	o := meter.Options{
		Calls:       s.Calls,
		Interaction: store.InteractionOf,
		Reader:      func(subscription string) string { return readers[subscription] },
		Target:      s.functionAt,
	}
	switch firestore, pubsub := s.opt.GoogleFirestore != "", s.opt.GooglePubSub != ""; {
	case firestore && pubsub:
		o.Uncounted = "documents and events: Google's emulators do not tell what they would bill"
	case firestore:
		o.Uncounted = "documents: Google's emulator does not tell what it would bill"
	case pubsub:
		o.Uncounted = "events: Google's emulator does not tell what it would bill"
	}
	if s.Meter, err = meter.New(o); err != nil {
		return err
	}
	s.Calls.Ended = s.Meter.Called
	return nil
}

// functionAt is the function a URL calls; empty for any other.
func (s *Suite) functionAt(url string) string {
	rest, ok := strings.CutPrefix(url, s.FunctionURL(""))
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// meteredFirestore are a test's options with the meter in front of its hook; the same holds for the other services.
func (s *Suite) meteredFirestore(o firestore.Options) firestore.Options {
	o.Observe = before2(s.Meter.Firestore, o.Observe)
	return o
}

func (s *Suite) meteredPubSub(o pubsub.Options) pubsub.Options {
	o.Observe = before(s.Meter.PubSub, o.Observe)
	return o
}

func (s *Suite) meteredTasks(o tasks.Options) tasks.Options {
	o.Observe = before(s.Meter.Tasks, o.Observe)
	o.Called = before2(s.Meter.TasksCalled, o.Called)
	return o
}

// before is both hooks, ours first.
func before[A any](ours, theirs func(A)) func(A) {
	if theirs == nil {
		return ours
	}
	return func(a A) {
		ours(a)
		theirs(a)
	}
}

// before2 is before for hooks of two arguments.
func before2[A, B any](ours, theirs func(A, B)) func(A, B) {
	if theirs == nil {
		return ours
	}
	return func(a A, b B) {
		ours(a, b)
		theirs(a, b)
	}
}
