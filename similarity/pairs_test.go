package similarity

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

// All pairs have the values of single pairs, ties and constant layers included; a layer is as near to itself in any sample.
func TestMutualKNNPairsAreThoseOfEachPair(t *testing.T) {
	const n = 90
	xs := layers(n, []int{5, 6, 3, 4}, "plain")
	for i, v := range xs[1].X { // ties: a rectified layer in steps
		xs[1].X[i] = float32(math.Max(0, math.Round(float64(v))))
	}
	for i := range xs[2].X {
		xs[2].X[i] = 1
	}
	groups := make([]int, n)
	for i := range groups {
		groups[i] = i * 7 % 11
	}
	p := must(MutualKNNPairs(t.Context(), 3, xs, 5, groups, 0.9))
	for _, at := range [][2]int{{0, 1}, {0, 3}, {3, 1}} {
		got := must(p.Estimate(at[0], at[1]))
		near(t, "value", got.Value, must(MutualKNN(xs[at[0]], xs[at[1]], 5)), 1e-7)
		near(t, "low end", p.Low[at[0]*4+at[1]], must(got.Interval(0.9)).Low, 1e-6)
	}
	if p.Value[0] != 1 || p.SE[0] > 1e-6 || !errors.Is(p.Reason[2], infer.ErrConstant) || p.Value[2] != 0 || p.Units != 11 {
		t.Errorf("itself %v, constant layer %v, %v, %d groups", p.Value[0], p.Reason[2], p.Value[2], p.Units)
	}
	one := must(MutualKNNPairs(t.Context(), 1, xs, 5, groups, 0.9))
	if !slices.Equal(one.Value, p.Value) || !slices.Equal(one.SE, p.SE) {
		t.Error("3 workers give other bits")
	}
	if _, err := p.Deconfounded(0, 1, 3); !errors.Is(err, infer.ErrRange) {
		t.Errorf("deconfounded neighbours: %v", err)
	}
	if _, err := MutualKNNPairs(t.Context(), 1, xs, 80, groups[:0:0], 0.9); err == nil {
		t.Error("no group numbers for 90 samples, want a reason")
	}
	if _, err := MutualKNNPairs(t.Context(), 1, xs, 90, nil, 0.9); !errors.Is(err, infer.ErrTooFew) {
		t.Errorf("as many neighbours as samples: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := MutualKNNPairs(ctx, 1, xs, 5, nil, 0.9); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

// Links that share samples differ more surely than their intervals tell.
func TestDifferenceOfLinks(t *testing.T) {
	xs := layers(300, []int{8, 30, 60}, "plain")
	p := must(AllPairs(t.Context(), 1, xs, nil, Options{}))
	d := must(p.Difference(0, 1, 1, 2))
	near(t, "difference", d.Value, p.Value[1]-p.Value[5], 0)
	leave := make([]float64, p.Units)
	for u := range leave {
		leave[u] = p.LeaveOut(0, 1)[u] - p.LeaveOut(1, 2)[u]
	}
	if plain := must(infer.Jackknife(d.Value, leave)); d.SE >= plain.SE || d.SE < plain.SE*math.Sqrt(0.5) {
		t.Errorf("error %v, with what two groups do together counted twice %v", d.SE, plain.SE)
	}
	if e := must(p.Difference(0, 1, 0, 1)); e.Value != 0 || e.SE != 0 {
		t.Errorf("a link differs from itself by %+v", e)
	}
	p.Reason[2] = ErrDominated
	if _, err := p.Difference(0, 1, 1, 2); !errors.Is(err, ErrDominated) {
		t.Errorf("layer without similarity: %v", err)
	}
}

// A map moved by 2 down and 1 left is found again, and its correlation there is 1, whatever its scale and offset.
func TestNCCFindsTheShift(t *testing.T) {
	const n, h, w = 3, 9, 8
	u := uniform(5, n*(h+4)*(w+4), 1)
	a, b := make([]float32, n*h*w), make([]float32, n*h*w)
	for s := range n {
		for i := range h {
			for j := range w {
				a[(s*h+i)*w+j] = float32(u[(s*(h+4)+i+2)*(w+4)+j+2])
				b[(s*h+i)*w+j] = float32(1e4 + 64*u[(s*(h+4)+i+2+2)*(w+4)+j+2-1])
			}
		}
	}
	c := must(NCC(a, b, n, h, w, 3))
	near(t, "best", c.Best, 1, 1e-6)
	if c.Down != 2 || c.Right != -1 || math.Abs(c.R) > 0.3 {
		t.Errorf("%+v, want a shift of 2 down and 1 left", c)
	}
	still := must(NCC(a, b, n, h, w, 0))
	x, y := make([]float64, len(a)), make([]float64, len(a))
	for i := range a {
		x[i], y[i] = float64(a[i]), float64(b[i])
	}
	near(t, "as they lie", still.R, must(pearson(x, y)), 1e-9)
	if still.Best != still.R || c.R != still.R {
		t.Errorf("no shift: %+v", still)
	}
	near(t, "vectors", must(NCC([]float32{1, 2, 3, 4, 5}, []float32{1, 4, 9, 16, 25}, 5, 1, 1, 9)).Best, math.Sqrt(0.962567), 1e-6) // TV-05
	flat := make([]float32, len(a))
	for i, c := range []struct {
		a, b []float32
		n    int
		want error
	}{
		{a, flat, n, infer.ErrConstant}, {a, b[:5], n, infer.ErrRange}, {a[:0], b[:0], 0, infer.ErrRange},
		{a, append(slices.Clone(b[1:]), float32(math.NaN())), n, infer.ErrNotFinite},
	} {
		if v, err := NCC(c.a, c.b, c.n, h, w, 1); !errors.Is(err, c.want) || v != (Correlate{}) {
			t.Errorf("case %d: %+v, %v, want %v", i, v, err, c.want)
		}
	}
	if _, err := NCC(a[:3], b[:3], 3, 1, 1, 0); !errors.Is(err, infer.ErrTooFew) {
		t.Errorf("3 values: %v", err)
	}
}

// The samples of two layers need not correspond for IMD.
func TestIMDIgnoresWhichSampleIsWhich(t *testing.T) {
	xs := layers(90, []int{5, 6}, "plain")
	moved := must(xs[1].some(infer.Rand(1, "order").Perm(90)))
	near(t, "IMD", must(IMD(xs[0], moved)), must(IMD(xs[0], xs[1])), 1e-12)
}
