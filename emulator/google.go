package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/deskline/deskline/emulator/google"
	"github.com/deskline/deskline/emulator/suite"
)

// What -firestore and -pubsub may be.
const (
	embedded = "embedded"
	googles  = "google"
)

// whichFirestore and whichPubSub are the help for -firestore and -pubsub.
const (
	whichFirestore = "`WHICH` Firestore keeps the records: embedded is ours, google is Google's emulator, at the address in\n" +
		"FIRESTORE_EMULATOR_HOST or else started from the Cloud SDK. Google's enforces no indexes. Each run has a\n" +
		"new database there, which stays in an emulator that ran before"
	whichPubSub = "`WHICH` Pub/Sub carries the events: embedded is ours, google is Google's emulator, at the address in\n" +
		"PUBSUB_EMULATOR_HOST or else started from the Cloud SDK. Google's pushes two messages of a subscription\n" +
		"at a time. Each run has a new project there"
)

// choose sets the services of Google's in the options. stop ends what was started for them.
func (s *settings) choose(ctx context.Context, o *suite.Options) (stop func(), err error) {
	for _, c := range []struct{ service, which string }{{"Firestore", s.firestore}, {"Pub/Sub", s.pubsub}} {
		if c.which != embedded && c.which != googles {
			return nil, fmt.Errorf("there is no %s %q; there are %s and %s", c.service, c.which, embedded, googles)
		}
	}
	if s.firestore == googles && s.data != "" {
		return nil, errors.New("-data is for the embedded Firestore; Google's emulator keeps nothing")
	}
	var stops []func()
	stop = func() {
		for _, stop := range stops {
			stop()
		}
	}
	for _, c := range []struct {
		which    string
		emulator google.Emulator
		addr     *string
	}{{s.firestore, google.Firestore, &o.GoogleFirestore}, {s.pubsub, google.PubSub, &o.GooglePubSub}} {
		if c.which == embedded {
			continue
		}
		addr, end, err := c.emulator.Start(ctx, google.Light...)
		if err != nil {
			stop()
			return nil, err
		}
		*c.addr, stops = addr, append(stops, end)
	}
	return stop, nil
}

// whoseElse says which services are Google's, and what that means.
func whoseElse(o suite.Options) string {
	text := ""
	if o.GoogleFirestore != "" {
		text += ", on Google's Firestore emulator, which enforces no indexes"
	}
	if o.GooglePubSub != "" {
		text += ", on Google's Pub/Sub emulator"
	}
	return text
}
