package cluster

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

func TestChangePointsAsRuptures(t *testing.T) {
	r := load(t).Changes
	got := must(ChangePoints(t.Context(), r.Gram, r.N, ChangeOptions{}))
	for d, want := range r.Ends {
		if !slices.Equal(got.Ends[d], want) {
			t.Errorf("%d segments end at %v, want %v", d+1, got.Ends[d], want)
		}
		if d > 0 {
			within(t, "scatter", got.Scatter[d], r.Scatter[d], 1e-9*r.Scatter[1])
		}
	}
	if !slices.Equal(got.Best(), []int{9, 14, 25, 40}) {
		t.Errorf("chosen are %v, planted were 9, 14 and 25", got.Best())
	}
	if len(r.Penalised) == 0 {
		t.Fatal("no penalties")
	}
	for penalty, want := range r.Penalised {
		got := must(ChangePoints(t.Context(), r.Gram, r.N, ChangeOptions{Penalty: must(strconv.ParseFloat(penalty, 64)), MostSegments: 40}))
		if !slices.Equal(got.Best(), want) {
			t.Errorf("penalty %s: %v, want %v", penalty, got.Best(), want)
		}
	}
}

// gramOf are the products of points of d values: noise around a level that changes at the places given.
func gramOf(r *rand.Rand, n, d int, step float64, at ...int) []float64 {
	x := make([]float64, n*d)
	level := 0.0
	for i := range n {
		if slices.Contains(at, i) {
			level += step
		}
		for j := range d {
			x[i*d+j] = level + r.NormFloat64()
		}
	}
	k := make([]float64, n*n)
	for i := range n {
		for j := range n {
			for q := range d {
				k[i*n+j] += x[i*d+q] * x[j*d+q]
			}
		}
	}
	return k
}

// The slope finds planted changes, and few where there are none.
func TestChangePointsBySlope(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	found, idle := 0, 0
	const times = 100
	for range times {
		if c := must(ChangePoints(t.Context(), gramOf(r, 24, 4, 3, 8, 17), 24, ChangeOptions{})); slices.Equal(c.Best(), []int{8, 17, 24}) {
			found++
		}
		if c := must(ChangePoints(t.Context(), gramOf(r, 24, 4, 3), 24, ChangeOptions{})); c.Segments == 1 {
			idle++
		}
	}
	if found < 85 || idle < 85 {
		t.Errorf("of %d: planted changes found %d times, none where there are none %d times", times, found, idle)
	}
}

// Exact blocks, which have no noise to read a slope from.
func TestChangePointsOfBlocks(t *testing.T) {
	n := 12
	k := make([]float64, n*n)
	for i := range n {
		for j := range n {
			if (i < 5) == (j < 5) {
				k[i*n+j] = 1
			}
		}
	}
	if c := must(ChangePoints(t.Context(), k, n, ChangeOptions{})); !slices.Equal(c.Best(), []int{5, 12}) || c.Penalty != 0 {
		t.Errorf("ends %v, penalty %v", c.Best(), c.Penalty)
	}
	if c := must(ChangePoints(t.Context(), slices.Repeat([]float64{0.3}, n*n), n, ChangeOptions{})); c.Segments != 1 {
		t.Errorf("a constant matrix has %d segments", c.Segments)
	}
}

func TestChangePointsRefuse(t *testing.T) {
	ones := slices.Repeat([]float64{1}, 100)
	bad := func(v float64) []float64 { k := slices.Clone(ones); k[13] = v; return k }
	for _, c := range []struct {
		err  error
		want error
	}{
		{second(ChangePoints(t.Context(), ones, 9, ChangeOptions{})), infer.ErrRange},
		{second(ChangePoints(t.Context(), ones[:49], 7, ChangeOptions{})), infer.ErrTooFew},
		{second(ChangePoints(t.Context(), ones[:1], 1, ChangeOptions{Penalty: 1})), infer.ErrTooFew},
		{second(ChangePoints(t.Context(), bad(math.NaN()), 10, ChangeOptions{})), infer.ErrNotFinite},
		{second(ChangePoints(t.Context(), bad(2), 10, ChangeOptions{})), infer.ErrRange},
		{second(ChangePoints(t.Context(), ones, 10, ChangeOptions{MostSegments: 11})), infer.ErrRange},
		{second(ChangePoints(t.Context(), ones, 10, ChangeOptions{MostSegments: 3})), infer.ErrRange},
		{second(ChangePoints(t.Context(), ones, 10, ChangeOptions{Penalty: math.NaN()})), infer.ErrRange},
		{second(ChangePoints(t.Context(), slices.Repeat([]float64{1e307}, 100), 10, ChangeOptions{})), infer.ErrNotFinite},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%v, want %v", c.err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ChangePoints(ctx, ones, 10, ChangeOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want canceled", err)
	}
}
