package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/deskline/deskline/emulator/firestore/google"
	"github.com/deskline/deskline/emulator/suite"
)

// What -firestore may be.
const (
	embedded = "embedded"
	googles  = "google"
)

// whichFirestore is the help for -firestore.
const whichFirestore = "`WHICH` Firestore keeps the records: embedded is ours, google is Google's emulator, at the address in\n" +
	google.HostVariable + " or else started from the Cloud SDK. Google's enforces no indexes. Each run has a\n" +
	"new database there, which stays in an emulator that ran before"

// choose sets the Firestore in the options. stop ends what was started for it.
func choose(ctx context.Context, which string, o *suite.Options) (stop func(), err error) {
	switch {
	case which == embedded:
		return func() {}, nil
	case which != googles:
		return nil, fmt.Errorf("there is no Firestore %q; there are %s and %s", which, embedded, googles)
	case o.Data != "":
		return nil, errors.New("-data is for the embedded Firestore; Google's emulator keeps nothing")
	}
	o.Google, stop, err = google.Start(ctx, google.Light...)
	return stop, err
}
