package similarity

import (
	"runtime"
	"testing"
)

// BenchmarkAllPairs walks the Gram matrices of 20 layers of 512 units.
func BenchmarkAllPairs(b *testing.B) {
	const n, units, count = 2048, 512, 20
	widths := make([]int, count)
	for i := range widths {
		widths[i] = units
	}
	xs := layers(n, widths, "plain")
	for b.Loop() {
		if _, err := AllPairs(b.Context(), runtime.NumCPU(), xs, nil, Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "samples/s")
}
