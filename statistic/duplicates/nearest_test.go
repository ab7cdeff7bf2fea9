package duplicates

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/statistic/statistictest"
)

func table(seed uint64, n, d int) capture.Matrix {
	m := capture.Matrix{X: make([]float32, n*d), N: n, D: d}
	for i, v := range statistictest.Uniform(seed, n, d) {
		m.X[i] = float32(v)
	}
	return m
}

// Pairs are found whichever tiles and strips they lie in, of equal ones the first; rows of zeros and of
// values that are not finite are near to nothing.
func TestNearestOverAllTiles(t *testing.T) {
	const n, m, d = tile + 300, 2*capture.Strip + 100, 12
	x, y := table(1, n, d), table(2, m, d)
	want := slices.Repeat([]int{-1}, n)
	for _, p := range [][2]int{{0, m - 1}, {tile - 1, capture.Strip}, {tile, capture.Strip - 1}, {n - 1, 0}, {7, 700}} {
		copy(x.Row(p[0]), y.Row(p[1]))
		for j := range d {
			x.Row(p[0])[j] *= 3 // the cosine does not see it
		}
		want[p[0]] = p[1]
	}
	copy(y.Row(900), y.Row(700)) // as near as row 700, and later
	clear(x.Row(20))
	clear(y.Row(20))
	x.Row(30)[2] = float32(math.NaN())
	y.Row(30)[2] = float32(math.Inf(1))
	for workers := 1; workers <= 3; workers += 2 {
		got, err := nearest(t.Context(), workers, x.Table(), y.Table())
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d workers: %v", workers, err)
			for i := range got {
				if got[i] != want[i] {
					t.Errorf("row %d: %d, want %d", i, got[i], want[i])
				}
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := nearest(ctx, 1, x.Table(), y.Table()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
