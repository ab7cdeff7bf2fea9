package alignment

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/statistic/statistictest"
)

// The agreement of channels against all permutations of five channels of two taps each.
func TestChannelsAgainstAllPermutations(t *testing.T) {
	const c, taps, n, rows = 5, 2, 40, 7
	w, x := floats(statistictest.Uniform(1, rows, c*taps), 1, 0), floats(statistictest.Uniform(2, n, c*taps), 1, 0)
	var mean [c * taps]float64
	for i, v := range x {
		mean[i%len(mean)] += float64(v) / n
	}
	agreement := func(p []int) (sum float64) {
		for a := range c {
			for b := range a {
				var m, s float64
				for k := range taps {
					for i := range rows {
						m += float64(w[i*c*taps+a*taps+k]) * float64(w[i*c*taps+b*taps+k])
					}
					u, v := p[a]*taps+k, p[b]*taps+k
					for i := range n {
						s += (float64(x[i*c*taps+u]) - mean[u]) * (float64(x[i*c*taps+v]) - mean[v])
					}
				}
				sum += m * s
			}
		}
		return sum
	}
	var first, second, count float64
	var permute func(p []int, k int)
	permute = func(p []int, k int) {
		if k == c {
			v := agreement(p)
			first, second, count = first+v, second+v*v, count+1
			return
		}
		for i := k; i < c; i++ {
			p[k], p[i] = p[i], p[k]
			permute(p, k+1)
			p[k], p[i] = p[i], p[k]
		}
	}
	permute([]int{0, 1, 2, 3, 4}, 0)
	first, second = first/count, second/count
	want := (agreement([]int{0, 1, 2, 3, 4}) - first) / math.Sqrt(second-first*first)
	if got := channels(1, w, x, n, c*taps, taps); math.Abs(got-want) > 1e-4*math.Abs(want) {
		t.Errorf("agreement %v, want %v", got, want)
	}
	if got := channels(1, w[:rows*2*taps], x[:n*2*taps], n, 2*taps, taps); got != 0 {
		t.Errorf("of two channels %v, want 0", got)
	}
}
