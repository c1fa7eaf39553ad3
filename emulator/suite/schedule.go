package suite

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Call calls a function as a schedule or timer does, with the service account's token, and fails on any answer but 204.
func (s *Suite) Call(ctx context.Context, function, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.FunctionURL(function)+path, http.NoBody)
	if err != nil {
		return err
	}
	token, err := s.Identity.ServiceToken(ctx, s.account(), s.FunctionURL(function))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("%s%s: %s", function, path, resp.Status)
	}
	return nil
}

// schedule calls every schedule of the topology each minute, which is the only interval there is: infra.Read refuses
// another.
func (s *Suite) schedule() {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for function, f := range s.topology.Functions {
		for name := range f.Schedules {
			running.Go(func() { s.eachMinute(ctx, function, "/schedules/"+name) })
		}
	}
	s.onClose(func() error {
		cancel()
		running.Wait()
		return nil
	})
}

func (s *Suite) eachMinute(ctx context.Context, function, path string) {
	for {
		_ = s.Call(ctx, function, path) // the function has logged it; the next minute is the retry
		now := time.Now()
		t := time.NewTimer(now.Truncate(time.Minute).Add(time.Minute).Sub(now))
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
	}
}
