package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// expiry has agents let offers expire, in one centre by their timers and in another by the sweep, which loses all timers.
func expiry(ctx context.Context) ([]line, error) {
	var timely, lost time.Duration
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		timely, err = latest(ctx, suite.Options{})
		return err
	})
	both.Go(func() (err error) {
		refuse := func(*cloudtaskspb.CreateTaskRequest) error { return status.Error(codes.Unavailable, "lost") }
		o := suite.Options{Schedules: true}
		o.Tasks.InterceptCreate = refuse
		lost, err = latest(ctx, o)
		return err
	})
	err := both.Wait()
	return []line{
		{what: "offer expiry after its deadline, the latest of 3", budget: 1, measured: timely.Seconds(), unit: "s"},
		{what: "the same when the timers are lost", budget: 15, measured: lost.Seconds(), unit: "s"},
	}, err
}

// latest is how long after its deadline an offer was ended at most: one to each agent of the example centre who gets any.
func latest(ctx context.Context, o suite.Options) (d time.Duration, err error) {
	s, err := suite.Start(ctx, o)
	if err != nil {
		return 0, err
	}
	defer func() {
		if e := s.Close(); err == nil {
			err = e
		}
	}()
	for n, who := range []string{"ana", "bob", "carla"} {
		if n == 0 {
			hurried := bytes.Replace(centre.Example, []byte("offerTimeout: 20s"), []byte("offerTimeout: 5s"), 1)
			if _, err := at(s, suite.Admin).Import(ctx, hurried, false); err != nil {
				return 0, err
			}
		}
		if _, err := at(s, who+"@acme.example").SignIn(ctx, api.ChosenStateAvailable); err != nil {
			return 0, err
		}
	}
	number, err := s.Graph.Number(suite.PhoneNumber)
	if err != nil {
		return 0, err
	}
	for n := range 3 {
		if _, err := number.Receive(graph.Customer{Phone: fmt.Sprintf("34600000%03d", n)}, graph.Inbound{Text: "hola"}); err != nil {
			return 0, err
		}
	}
	return expired(ctx, s, 3)
}

// expired waits until so many offers have expired and says how late the latest was.
func expired(ctx context.Context, s *suite.Suite, want int) (late time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	st, err := store.Open(ctx, s.Records)
	if err != nil {
		return 0, err
	}
	defer st.Close()
	for {
		offers, err := store.All[desk.Offer](ctx, st.Reader())
		if err != nil {
			return 0, fmt.Errorf("wait for %d expired offers: %w", want, err)
		}
		n := 0
		for _, o := range offers {
			if o.State == desk.OfferExpired {
				late = max(late, o.EndedAt.Sub(o.Deadline))
				n++
			}
		}
		if n >= want {
			return late, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func at(s *suite.Suite, email string) *desktop.Desktop {
	return desktop.New(s.URL, func() (string, error) { return s.Identity.Token(email, suite.Audience, time.Hour) })
}
