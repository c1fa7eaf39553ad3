package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/tests/traffic"
)

// desktops is how many are connected to one instance of feed.
const desktops = 1000

// feeds connects desktops to one instance of feed, and shows what each costs it in memory.
func feeds(ctx context.Context) ([]line, error) {
	f, err := built(ctx)
	if err != nil {
		return nil, err
	}
	s, err := suite.Start(ctx, suite.Options{})
	if err != nil {
		return nil, errors.Join(err, f.remove())
	}
	each, err := connected(ctx, f, s)
	if err := errors.Join(err, s.Close(), f.remove()); err != nil {
		return nil, err
	}
	return []line{{what: fmt.Sprintf("memory of one feed, of %d on one instance", desktops), measured: each * 1024, unit: "KiB"}}, nil
}

// connected is how much more memory the instance has, in MiB, for each desktop once all have had their first event.
func connected(ctx context.Context, f functions, s *suite.Suite) (each float64, err error) {
	i, err := f.start(ctx, s, "feed", "/v1/agents/me/feed", http.StatusUnauthorized, fmt.Sprintf("FIRESTORE_STREAMS=%d", desktops/10))
	if err != nil {
		return 0, err
	}
	defer i.stop()
	for _, file := range [][]byte{centre.Example, traffic.Agents(desktops)} {
		if _, err := at(s, suite.Admin).Import(ctx, file, false); err != nil {
			return 0, err
		}
	}
	before := i.memory()
	ctx, leave := context.WithCancel(ctx)
	var connections errgroup.Group
	defer func() {
		leave()
		err = errors.Join(err, connections.Wait())
	}()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: desktops}}
	defer client.CloseIdleConnections()
	began := make(chan struct{}, desktops)
	for n := range desktops {
		who := traffic.Email(n)
		if _, err := at(s, who).SignIn(ctx, api.ChosenStateAvailable); err != nil {
			return 0, fmt.Errorf("%s signs in: %w", who, err)
		}
		d := desktop.New(i.url, func() (string, error) { return s.Identity.Token(who, suite.Audience, time.Hour) })
		d.HTTP = client
		connections.Go(func() error {
			first := true
			err := d.Listen(ctx, "", func(desktop.Event) error {
				if first {
					began <- struct{}{}
				}
				first = false
				return nil
			})
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("%s's feed: %w", who, err)
		})
	}
	for range desktops {
		select {
		case <-began:
		case <-time.After(time.Minute):
			return 0, errors.New("not all feeds begin")
		}
	}
	return (i.memory() - before) / desktops, nil
}
