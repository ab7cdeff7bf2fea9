package infer

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestNth(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 17, 100, 1001} {
		for kind, value := range []func(int) float64{
			func(int) float64 { return r.NormFloat64() },
			func(i int) float64 { return float64(i) },
			func(i int) float64 { return float64(-i) },
			func(int) float64 { return float64(r.IntN(3)) },
			func(i int) float64 { return float64(min(i, n-i)) },
		} {
			values := make([]float64, n)
			for i := range values {
				values[i] = value(i)
			}
			want := slices.Sorted(slices.Values(values))
			for _, k := range []int{0, n / 3, n / 2, n - 1} {
				s := slices.Clone(values)
				nth(s, k)
				if s[k] != want[k] || slices.Max(s[:k+1]) > s[k] || slices.Min(s[k:]) < s[k] {
					t.Errorf("kind %d: value %d of %d is %v, want %v", kind, k, n, s[k], want[k])
				}
				p := float64(k) / float64(max(1, n-1)) * 0.99
				if got, err := Quantile(values, p); err != nil || got != sortedQuantile(want, p) {
					t.Errorf("kind %d: quantile %v of %d is %v, want %v", kind, p, n, got, sortedQuantile(want, p))
				}
			}
		}
	}
}
