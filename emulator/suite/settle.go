package suite

import (
	"context"
	"fmt"
)

// Settle returns when every event, timer that is due and channel callback under way is done, or with an error that says which of
// them ctx ended before.
func (s *Suite) Settle(ctx context.Context) error {
	for range 3 { // one may set off another
		if err := s.PubSub.Idle(ctx); err != nil {
			return fmt.Errorf("events do not come to rest: %w", err)
		}
		if err := s.Tasks.Idle(ctx); err != nil {
			return fmt.Errorf("timers do not come to rest: %w", err)
		}
		if err := s.Graph.Settle(ctx); err != nil {
			return fmt.Errorf("channel callbacks do not come to rest: %w", err)
		}
	}
	return nil
}
