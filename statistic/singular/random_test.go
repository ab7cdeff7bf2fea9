package singular

import (
	"math"
	"testing"
)

// TestEdge: the 99 % points of the largest squared singular value of 20,000 normal matrices each, by NumPy 2:
// np.quantile([np.linalg.norm(r.standard_normal((n, d)), 2)**2 ...], 0.99) with r = np.random.default_rng(1).
func TestEdge(t *testing.T) {
	for _, c := range []struct {
		n, d int
		want float64
	}{{10, 10, 48.62}, {32, 32, 142.45}, {64, 32, 202.91}, {12, 108, 209.54}} {
		if got := edge(c.n, c.d); math.Abs(got/c.want-1) > 0.01 {
			t.Errorf("%d x %d: 99 %% point %.2f, want %.2f", c.n, c.d, got, c.want)
		}
	}
}
