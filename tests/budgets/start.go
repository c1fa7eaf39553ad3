package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/deskline/deskline/emulator/suite"
)

// start starts the function every customer's message comes to first, ten times.
func start(ctx context.Context) ([]line, error) {
	f, err := built(ctx)
	if err != nil {
		return nil, err
	}
	s, err := suite.Start(ctx, suite.Options{})
	if err != nil {
		return nil, errors.Join(err, f.remove())
	}
	var took []time.Duration
	resident := 0.0
	for range 10 {
		var i *instance
		i, err = f.start(ctx, s, "intake", "/webhooks/meta?hub.mode=subscribe&hub.challenge=1&hub.verify_token="+suite.VerifyToken, http.StatusOK)
		if err != nil {
			break
		}
		took, resident = append(took, i.took), max(resident, i.memory())
		i.stop()
	}
	if err := errors.Join(err, s.Close(), f.remove()); err != nil {
		return nil, err
	}
	slices.Sort(took)
	lines := []line{{what: "function start to first 200, the median of 10", budget: 60, measured: ms(took[len(took)/2]), unit: "ms"}}
	if resident > 0 {
		lines = append(lines, line{what: "its resident memory then, at most", budget: 40, measured: resident, unit: "MiB"})
	}
	return lines, nil
}
