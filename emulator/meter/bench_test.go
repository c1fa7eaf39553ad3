package meter_test

import (
	"fmt"
	"testing"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/meter"
)

// BenchmarkOperation is what the meter costs each operation on a document: one that names its interaction, and one that does not.
func BenchmarkOperation(b *testing.B) {
	for name, path := range map[string]string{"named": "interactions/x", "unnamed": "agents/ana"} {
		b.Run(name, func(b *testing.B) {
			m := open(b, meter.Options{})
			m.call("desktop", one, func(a at) {
				op := firestore.Op{Kind: firestore.Read, Method: "BatchGetDocuments", Collection: "c", Document: path, Count: 1}
				op.Documents = append(op.Documents, doc(path, 1))
				b.ReportAllocs()
				for b.Loop() {
					m.Firestore(a.ctx, op)
				}
			})
		})
	}
}

// BenchmarkReport is what a report costs when a meter is as full as it gets.
func BenchmarkReport(b *testing.B) {
	m := open(b, meter.Options{})
	for n := range 5000 {
		m.call("desktop", fmt.Sprintf("00-%032x-0000000000000001-01", n+1), func(a at) {
			a.reads("agents/ana")
			a.writes(1, fmt.Sprintf("interactions/%d", n))
		})
	}
	for b.Loop() {
		m.Report(20)
	}
}
