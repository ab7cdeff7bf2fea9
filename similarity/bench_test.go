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

// BenchmarkPermutationLevel counts how often the closed form rejects unrelated layers at 5 %, in 1,000 families of 15 pairs.
func BenchmarkPermutationLevel(b *testing.B) {
	const families = 1000
	for b.Loop() {
		for _, biased := range []bool{false, true} {
			rejected := 0
			for f := range uint64(families) {
				p := must(Permutation(b.Context(), runtime.NumCPU(), noise(f, 30, 1, 3, 10, 40, 2, 100), PermutationOptions{Biased: biased}))
				for i := range 6 {
					for j := range i {
						if p.P[i*6+j] <= 0.05 {
							rejected++
						}
					}
				}
			}
			name := "debiased-%"
			if biased {
				name = "biased-%"
			}
			b.ReportMetric(float64(rejected)/(families*15)*100, name)
		}
	}
}
