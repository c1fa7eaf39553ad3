package pubsub

// fifo is a queue of messages, first in, first out.
type fifo struct {
	items []*item
	head  int
}

func (q *fifo) len() int { return len(q.items) - q.head }

func (q *fifo) push(it *item) { q.items = append(q.items, it) }

func (q *fifo) peek() *item {
	if q.len() == 0 {
		return nil
	}
	return q.items[q.head]
}

// pop takes the first message, or returns nil. Space of taken messages is given back once they are the larger half.
func (q *fifo) pop() *item {
	it := q.peek()
	if it == nil {
		return nil
	}
	q.items[q.head] = nil
	q.head++
	if q.head*2 > len(q.items) {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	return it
}
