package firestore

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// movedRecords is how many records the moves are spread over.
const movedRecords = 1000

func (a *arena) startMoves() {
	docs := map[string]map[string]any{}
	for n := range movedRecords {
		docs["records/r"+strconv.Itoa(n)] = map[string]any{"version": -1}
	}
	a.fill(docs)
}

// move is the shape of every move of the product: read one record, write it and another under a precondition.
func (a *arena) move(n int64) error {
	record := fmt.Sprintf("records/r%d", n%movedRecords)
	found, err := a.GetDocument(context.Background(), &pb.GetDocumentRequest{Name: a.doc(record)})
	if err != nil {
		return err
	}
	fields := map[string]any{"version": int(n), "state": "offered"}
	return a.write(
		since(found.GetUpdateTime(), a.update(record, fields)),
		a.update(fmt.Sprintf("offers/o%d", n), fields),
	)
}

func (a *arena) write(writes ...*pb.Write) error {
	_, err := a.Commit(context.Background(), &pb.CommitRequest{Database: a.database, Writes: writes})
	return err
}

// since adds the precondition that the document is as it was at a time.
func since(at *timestamppb.Timestamp, w *pb.Write) *pb.Write {
	w.CurrentDocument = &pb.Precondition{ConditionType: &pb.Precondition_UpdateTime{UpdateTime: at}}
	return w
}

// BenchmarkAgainstMoves also measures ours with a journal, as data.
func BenchmarkAgainstMoves(b *testing.B) {
	against(b, func(a *arena, b *testing.B) {
		a.startMoves()
		for _, atATime := range []int{1, 16, 64} {
			a.measure(b, fmt.Sprint(atATime), "moves", 1, func(a *arena, b *testing.B) {
				a.inParallel(b, b.N, atATime, (*arena).move)
			})
		}
	}, ours, oursData)
}

// racers is how many change one document at once.
const racers = 50

// BenchmarkAgainstRacers lets every racer read a document and write it as long as nobody else did in between, until each has
// written it once. Who lost tries again at once.
func BenchmarkAgainstRacers(b *testing.B) {
	against(b, func(a *arena, b *testing.B) {
		a.measure(b, "50", "races", 1, func(a *arena, b *testing.B) {
			tries := 0
			for range b.N {
				tries += a.race(b)
			}
			b.ReportMetric(float64(tries)/float64(b.N), "tries/race")
		})
	}, ours)
}

// race answers how many commits it took.
func (a *arena) race(b *testing.B) (tries int) {
	path := fmt.Sprintf("raced/r%d", a.done.Add(1))
	a.must(a.update(path, map[string]any{"version": 0}))
	var all sync.WaitGroup
	var mu sync.Mutex
	for n := range racers {
		all.Go(func() {
			mine, err := a.win(path, n)
			assert.NoError(b, err)
			mu.Lock()
			defer mu.Unlock()
			tries += mine
		})
	}
	all.Wait()
	return tries
}

func (a *arena) win(path string, racer int) (tries int, err error) {
	for {
		found, err := a.GetDocument(context.Background(), &pb.GetDocumentRequest{Name: a.doc(path)})
		if err != nil {
			return tries, err
		}
		tries++
		err = a.write(since(found.GetUpdateTime(), a.update(path, map[string]any{"version": tries, "by": racer})))
		if code := status.Code(err); code != codes.FailedPrecondition && code != codes.Aborted {
			return tries, err
		}
	}
}

// BenchmarkAgainstOffers does what routing does for an offer: two queries and a commit over three documents.
func BenchmarkAgainstOffers(b *testing.B) {
	against(b, func(a *arena, b *testing.B) {
		a.fillAgents(b, 10_000)
		a.measure(b, "16", "offers", 1, func(a *arena, b *testing.B) {
			a.inParallel(b, b.N, 16, (*arena).offer)
		})
	}, ours)
}

func (a *arena) offer(n int64) error {
	agent := queryOf(under("agents", false),
		filtered(fieldFilter("takes", holds, stringValue(fmt.Sprintf("q%d|chat", n%1000)))), by("freeSince"), limit(1))
	waiting := queryOf(under("interactions", false),
		filtered(fieldFilter("wants", in, arrayValue(stringValue("shared"), stringValue("other")))), by("rank"), limit(1))
	for _, sq := range []*pb.StructuredQuery{agent, waiting} {
		if _, err := a.found(a.root(), sq); err != nil {
			return err
		}
	}
	i := int(n)
	return a.write(
		a.update(fmt.Sprintf("agents/a%d", i%10_000), map[string]any{"team": i, "freeSince": i, "takes": []any{"shared"}}),
		a.update(fmt.Sprintf("interactions/i%d", i), map[string]any{"wants": "shared", "rank": i}),
		a.update(fmt.Sprintf("offers/o%d", i), map[string]any{"state": "pending"}),
	)
}
