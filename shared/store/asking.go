package store

import (
	"context"

	"cloud.google.com/go/firestore"

	"github.com/deskline/deskline/shared/desk"
)

// AskingQueue finds the interactions that ask, or have asked, the queue for a second agent, as long as he has not left, by ID, at most
// limit of them, after the ID given (empty begins).
func (r *Reader) AskingQueue(ctx context.Context, queue string, limit int, after string) ([]desk.Interaction, error) {
	q := r.s.all(desk.KindInteraction).Where("second.queue", "==", queue).OrderBy(firestore.DocumentID, firestore.Asc).Limit(limit)
	if after != "" {
		q = q.StartAfter(after)
	}
	return list[desk.Interaction](ctx, r, "interactions that ask a queue", q)
}
