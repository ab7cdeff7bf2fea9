package cluster

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

// TV-01 of METHODS 15.
func TestCosineVector(t *testing.T) {
	p := Points{X: []float32{3, 4, 4, 3, -3, -4}, N: 3, D: 2}
	nearAll(t, "TV-01", must(Cosine(1, p, false)).C, []float64{1, 0.96, -1, 0.96, 1, -0.96, -1, -0.96, 1}, 1e-6)
	within(t, "TV-01 mean", must(MeanCosine(p, false)), -1.0/3, 1e-6)
}

// Rows and columns without a direction are left out and named.
func TestCosineLeavesOut(t *testing.T) {
	p := Points{X: []float32{1, 5, 0, 0, 0, 0, 2, 5, 1}, N: 3, D: 3}
	if c := must(Cosine(1, p, false)); !slices.Equal(c.Kept, []int{0, 2}) || len(c.C) != 4 {
		t.Errorf("kept %v", c.Kept)
	}
	flat := Points{X: []float32{1, 1e4, 2, 1e4, 4, 1e4}, N: 3, D: 2}
	if c := must(UnitCosine(1, flat, true)); !slices.Equal(c.Kept, []int{0}) || c.C[0] != 1 {
		t.Errorf("kept %v of a constant unit", c.Kept)
	}
	alike := Points{X: []float32{0.1, 0.3, 0.1, 0.3}, N: 2, D: 2}
	for what, err := range map[string]error{"rows": second(Cosine(1, alike, true)), "units": second(UnitCosine(1, alike, true)), "zero": second(Cosine(1, Points{X: make([]float32, 4), N: 2, D: 2}, false))} {
		if !errors.Is(err, infer.ErrConstant) {
			t.Errorf("%s: %v, want constant", what, err)
		}
	}
	if err := second(MeanCosine(alike, true)); !errors.Is(err, infer.ErrTooFew) {
		t.Errorf("mean: %v, want too few", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestKMeansRefuses(t *testing.T) {
	nan := Points{X: []float32{1, 2, float32(math.NaN()), 4}, N: 4, D: 1}
	copies := Points{X: []float32{1, 1, 2, 2, 1}, N: 5, D: 1}
	for _, c := range []struct {
		p    Points
		k    int
		opt  KMeansOptions
		want error
		text string
	}{
		{nan, 2, KMeansOptions{}, infer.ErrNotFinite, "point 2 value 0 is NaN: value is not finite"},
		{copies, 3, KMeansOptions{}, infer.ErrTooFew, "2 distinct points, want at least one for each of 3 clusters: too few values"},
		{copies, 6, KMeansOptions{}, infer.ErrTooFew, "5 points, want at least one for each of 6 clusters: too few values"},
		{Points{D: 1}, 1, KMeansOptions{}, infer.ErrTooFew, "0 points, want at least one for each of 1 clusters: too few values"},
		{copies, 0, KMeansOptions{}, infer.ErrRange, "0 clusters, want at least 1: value out of range"},
		{Points{X: []float32{0, 1}, N: 2, D: 1}, 1, KMeansOptions{Spherical: true}, infer.ErrConstant, "1 of 2 points have length zero, want a direction of each: all values are equal"},
		{Points{X: []float32{1}, N: 2, D: 1}, 1, KMeansOptions{}, infer.ErrRange, "2 points of 1 values are 1 values: value out of range"},
		{copies, 1, KMeansOptions{Starts: -1}, infer.ErrRange, "-1 starts, want at least 1: value out of range"},
	} {
		_, err := KMeans(t.Context(), 2, c.p, c.k, c.opt)
		if !errors.Is(err, c.want) || err.Error() != c.text {
			t.Errorf("%v", err)
		}
	}
}

func TestKMeansOfCopies(t *testing.T) {
	p := Points{X: slices.Repeat([]float32{0.1, 0.2, 0.3}, 400), N: 1200, D: 1}
	got := must(KMeans(t.Context(), 2, p, 3, KMeansOptions{}))
	same(t, "copies", got.Labels, slices.Repeat([]int{0, 1, 2}, 400))
	if got.Inertia > 1e-25 || !got.Rest {
		t.Errorf("inertia %g, rest %v", got.Inertia, got.Rest)
	}
	one := must(KMeans(t.Context(), 2, Points{X: make([]float32, 30), N: 10, D: 3}, 1, KMeansOptions{}))
	if one.Inertia != 0 || slices.Max(one.Labels) != 0 {
		t.Errorf("one cluster of equal points: %+v", one)
	}
}

// An empty cluster takes the point that is farthest from its centre.
func TestKMeansFillsClusters(t *testing.T) {
	p := Points{X: []float32{0, 1, 2, 10, 11, 30}, N: 6, D: 1}
	runs := []*run{{centres: []float64{1, 10, 500}}}
	got := must(kMeans(t.Context(), 1, p, 3, KMeansOptions{}, runs))
	same(t, "filled", got.Labels, []int{0, 0, 0, 1, 1, 2})
}

// Offsets and scales, also those at the ends of float32, cost no digits.
func TestKMeansOfOffsetsAndScales(t *testing.T) {
	p, truth := blobs(1, 600, 20, 4, 6)
	plain := must(KMeans(t.Context(), 2, p, 4, KMeansOptions{}))
	same(t, "blobs", plain.Labels, truth)
	for _, c := range []struct{ offset, scale float64 }{{1e4, 1}, {0, 1e36}, {0, 1e-30}, {-100, 1e-1}} {
		q := Points{X: make([]float32, len(p.X)), N: p.N, D: p.D}
		for i, v := range p.X {
			q.X[i] = float32(float64(v)*c.scale + c.offset)
		}
		got := must(KMeans(t.Context(), 2, q, 4, KMeansOptions{}))
		same(t, "moved", got.Labels, truth)
		within(t, "inertia", got.Inertia/c.scale/c.scale/plain.Inertia, 1, 1e-4)
	}
	// Groups far closer together than they are long: float32 products cannot tell them apart.
	tight := Points{N: 90, D: 2}
	for i := range tight.N {
		tight.X = append(tight.X, float32([]float64{-1, 1, 1.0001}[i%3])+float32(i/3)*1e-7, 0)
	}
	want := slices.Repeat([]int{0, 1, 2}, 30)
	same(t, "tight", must(KMeans(t.Context(), 2, tight, 3, KMeansOptions{})).Labels, want)
}

func TestKMeansSameForAnyWorkers(t *testing.T) {
	p, _ := blobs(2, 1500, 33, 6, 0.7)
	for _, spherical := range []bool{false, true} {
		opt := KMeansOptions{Seed: 5, Spherical: spherical}
		one := must(KMeans(t.Context(), 1, p, 6, opt))
		for _, workers := range []int{0, 2, 7} {
			if got := must(KMeans(t.Context(), workers, p, 6, opt)); !reflect.DeepEqual(got, one) {
				t.Errorf("spherical %v, %d workers: inertia %v, want %v", spherical, workers, got.Inertia, one.Inertia)
			}
		}
	}
}

func TestKMeansEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p, _ := blobs(3, 1000, 8, 3, 1)
	if _, err := KMeans(ctx, 2, p, 3, KMeansOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want canceled", err)
	}
}
