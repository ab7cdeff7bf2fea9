package similarity

import (
	"math"
	"runtime"
	"testing"

	"github.com/stratascope/stratascope/infer"
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

// BenchmarkPermutationLevel counts how often the closed form rejects unrelated layers at 5 %, in 1,000
// families of 15 pairs.
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

// BenchmarkJackknifeError compares jackknife errors with the spread over 120 pairs of layers of one
// population, as their ratio.
func BenchmarkJackknifeError(b *testing.B) {
	const sets, n = 120, 200
	of := map[string]func(x, y Matrix) infer.Estimate{
		"RBF": func(x, y Matrix) infer.Estimate { return must(RBFEstimate(x, y, RBFOptions{})) },
		"FRE": func(x, y Matrix) infer.Estimate { return must(Predict(b.Context(), 2, x, y, nil)).Error },
	}
	for _, name := range []string{"shape", "CCA", "PWCCA", "RSA", "kNN"} {
		of[name] = func(x, y Matrix) infer.Estimate {
			return must(Jackknife(b.Context(), runtime.NumCPU(), x, y, nil, measures[name].of))
		}
	}
	for b.Loop() {
		for name, estimate := range of {
			var value, square infer.Sum
			var se float64
			for s := range uint64(sets) {
				z, x, y := gaussian32(3*s, n, 4), gaussian32(3*s+1, n, 8), gaussian32(3*s+2, n, 10)
				for i := range n {
					for j, v := range z.row(i) {
						x.row(i)[j] += v
						y.row(i)[j] += v
					}
				}
				e := estimate(x, y)
				value.Add(e.Value)
				square.AddProduct(e.Value, e.Value)
				se += e.SE / sets
			}
			sd := math.Sqrt((square.Value() - value.Value()*value.Value()/sets) / (sets - 1))
			b.ReportMetric(se/sd, name+"-error/spread")
		}
	}
}
