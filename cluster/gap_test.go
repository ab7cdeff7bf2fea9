package cluster

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

// The corners and middle of a turned rectangle of 4 x 2, in two values and in nine, of which fewer points
// than values make the other product.
func TestBox(t *testing.T) {
	for _, d := range []int{2, 9} {
		p := Points{N: 5, D: d}
		for _, at := range [][2]float64{{2, 1}, {2, -1}, {-2, 1}, {-2, -1}, {0, 0}} {
			row := make([]float32, d)
			row[0], row[d-1] = float32(0.6*at[0]-0.8*at[1])+100, float32(0.8*at[0]+0.6*at[1])
			p.X = append(p.X, row...)
		}
		sides := must(box(2, p))
		nearAll(t, "sides", sides[:2], []float64{4, 2}, 1e-5)
		for _, v := range sides[2:] {
			within(t, "further side", v, 0, 1e-4)
		}
	}
}

// Evenly spaced points on a line are their own reference: W of k clusters is n L^2 / 12 k^2.
func TestGapOfALine(t *testing.T) {
	p := Points{N: 600, D: 1}
	for i := range p.N {
		p.X = append(p.X, float32(i)/100+7)
	}
	gaps := must(Gaps(t.Context(), 2, p, []int{1, 2, 4}, GapOptions{References: 40}))
	for _, g := range gaps {
		within(t, "gap of a line", g.Value, 0, 0.06)
		if !(g.SE > 0.005 && g.SE < 0.1) {
			t.Errorf("standard error %v", g.SE)
		}
	}
	// ln W varies as the logarithm of a sample variance does: sd^2 = (kurtosis - 1)/n = 0.8/600.
	within(t, "standard error", gaps[0].SE, math.Sqrt(0.8/600*(1+1.0/40)), 0.015)
}

func TestCount(t *testing.T) {
	p, truth := blobs(5, 300, 6, 4, 4)
	got := must(Count(t.Context(), 2, p, GapOptions{}))
	if got.K != 4 || got.Gap.K != 4 {
		t.Errorf("%d clusters, want 4: %+v", got.K, got)
	}
	same(t, "chosen", got.Labels, truth)
	if other := must(Count(t.Context(), 1, p, GapOptions{})); !reflect.DeepEqual(got, other) {
		t.Error("one worker finds something else")
	}
	r := rand.New(rand.NewPCG(8, 8))
	flat := Points{X: make([]float32, 900), N: 300, D: 3}
	for i := range flat.X {
		flat.X[i] = r.Float32()
	}
	if got := must(Count(t.Context(), 2, flat, GapOptions{})); got.K != 1 || slices.Max(got.Labels) != 0 {
		t.Errorf("%d clusters of uniform points", got.K)
	}
	copies := Points{X: slices.Repeat([]float32{0, 8, 64}, 30), N: 90, D: 1}
	got = must(Count(t.Context(), 2, copies, GapOptions{}))
	same(t, "copies", got.Labels, slices.Repeat([]int{0, 1, 2}, 30))
}

func TestCountRefuses(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	line := Points{X: []float32{1, 2, 3, 4, 5, 6, 7, 8, 9}, N: 9, D: 1}
	for _, c := range []struct {
		err  error
		want error
	}{
		{second(Count(t.Context(), 1, Points{X: []float32{1, 2, 3}, N: 3, D: 1}, GapOptions{})), infer.ErrTooFew},
		{second(Count(t.Context(), 1, Points{X: make([]float32, 9), N: 9, D: 1}, GapOptions{})), infer.ErrTooFew},
		{second(Gaps(t.Context(), 1, Points{X: make([]float32, 9), N: 9, D: 1}, []int{1}, GapOptions{})), infer.ErrConstant},
		{second(Gaps(t.Context(), 1, line, []int{10}, GapOptions{})), infer.ErrTooFew},
		{second(Gaps(t.Context(), 1, line, []int{1}, GapOptions{References: 1})), infer.ErrRange},
		{second(Gaps(ctx, 1, line, []int{1}, GapOptions{})), context.Canceled},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%v, want %v", c.err, c.want)
		}
	}
}

func TestStability(t *testing.T) {
	for _, c := range []struct {
		spread    float64
		low, high float64
	}{{5, 0.99, 1}, {0, -0.1, 0.5}} {
		p, _ := blobs(6, 400, 8, 3, c.spread)
		group := func(ctx context.Context, rows []int) ([]int, error) {
			part, err := KMeans(ctx, 2, p.Rows(rows), 3, KMeansOptions{})
			return part.Labels, err
		}
		whole := must(KMeans(t.Context(), 2, p, 3, KMeansOptions{})).Labels
		values := must(Stability(t.Context(), whole, StabilityHalves, 1, group))
		if mean := infer.Total(values) / StabilityHalves; len(values) != StabilityHalves || mean < c.low || mean > c.high {
			t.Errorf("groups %v apart: stability %v, want %v to %v", c.spread, mean, c.low, c.high)
		}
		if again := must(Stability(t.Context(), whole, StabilityHalves, 1, group)); !slices.Equal(again, values) {
			t.Error("another run gives other values")
		}
	}
	broken := errors.New("broken")
	fail := func(context.Context, []int) ([]int, error) { return nil, broken }
	if _, err := Stability(t.Context(), []int{0, 0, 1, 1}, 3, 1, fail); !errors.Is(err, broken) || err.Error() != "half 0: broken" {
		t.Errorf("error is %v", err)
	}
	if _, err := Stability(t.Context(), []int{0, 0, 1}, 3, 1, fail); !errors.Is(err, infer.ErrTooFew) {
		t.Errorf("error is %v, want too few", err)
	}
}
