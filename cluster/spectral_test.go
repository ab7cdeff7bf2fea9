package cluster

import (
	"cmp"
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

// TV-02 of METHODS 15.
func TestSpectralVector(t *testing.T) {
	g := must(GraphOf([]float64{0, 1, 0, 0, 1, 0, 0.1, 0, 0, 0.1, 0, 1, 0, 0, 1, 0}, 4))
	got := must(Spectral(t.Context(), 1, g, 0, SpectralOptions{}))
	nearAll(t, "TV-02", got.Values, []float64{0, 1.0 / 11, 21.0 / 11, 2}[:len(got.Values)], 1e-6)
	if got.K != 2 || !slices.Equal(got.Labels, []int{0, 0, 1, 1}) {
		t.Errorf("TV-02: %+v", got)
	}
}

func TestSpectralAsScikitLearn(t *testing.T) {
	r := load(t)
	g := must(Nearest(t.Context(), 2, r.points(), r.Spectral.Neighbours)).Graph(false)
	got := must(Spectral(t.Context(), 2, g, 4, SpectralOptions{Starts: 50}))
	nearAll(t, "eigenvalues", got.Values, r.Spectral.Values[:5], 1e-9)
	same(t, "spectral", got.Labels, r.Spectral.Labels)
}

// Neighbours are those of a sort of all distances, in float64.
func TestNearest(t *testing.T) {
	p, _ := blobs(4, 700, 5, 3, 2)
	copy(p.X[300*p.D:], p.X[:40*p.D]) // copies, hence ties
	for i := range p.X {
		p.X[i] += 1000
	}
	near := must(Nearest(t.Context(), 2, p, 6))
	for i := range p.N {
		order := make([]int, 0, p.N)
		dist := make([]float64, p.N)
		for j := range p.N {
			for k, v := range p.row(i) {
				d := float64(v) - float64(p.row(j)[k])
				dist[j] += d * d
			}
			if j != i {
				order = append(order, j)
			}
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(dist[a], dist[b]) })
		for q, j := range near.At[i*6 : (i+1)*6] {
			within(t, "distance", near.D2[i*6+q], dist[order[q]], 1e-4)
			if q == 0 && (i < 40 || i >= 300 && i < 340) && int(j) != (i+300)%600 {
				t.Errorf("the copy of %d is not its nearest point but %d", i, j)
			}
		}
	}
	for _, workers := range []int{0, 1, 5} {
		if other := must(Nearest(t.Context(), workers, p, 6)); !reflect.DeepEqual(other, near) {
			t.Errorf("%d workers: other neighbours", workers)
		}
	}
}

// The filtered block finds the eigenvalues of the decomposition, also one of multiplicity five.
func TestFilteredAsDecomposed(t *testing.T) {
	for _, spread := range []float64{1.2, 30} {
		p, truth := blobs(7, 1200, 6, 5, spread)
		g := must(Nearest(t.Context(), 2, p, 10)).Graph(false)
		l, _, err := newLaplacian(g)
		if err != nil {
			t.Fatal(err)
		}
		values, vectors, err := l.filtered(t.Context(), 2, 6, 1)
		if err != nil {
			t.Fatal(err)
		}
		a := make([]float64, l.n*l.n)
		for i := range l.n {
			for q := l.start[i]; q < l.start[i+1]; q++ {
				a[i*l.n+int(l.to[q])] = l.weight[q]
			}
		}
		nearAll(t, "eigenvalues", values[:5], largest(t, a, l.n)[:5], 1e-9)
		for c := range 5 {
			within(t, "length", length(vectors[c*l.n:(c+1)*l.n]), 1, 1e-9)
		}
		if spread > 10 {
			same(t, "separate", must(Spectral(t.Context(), 2, g, 5, SpectralOptions{})).Labels, truth)
		}
		one := must(Spectral(t.Context(), 1, g, 5, SpectralOptions{Seed: 2}))
		if other := must(Spectral(t.Context(), 3, g, 5, SpectralOptions{Seed: 2})); !reflect.DeepEqual(one, other) {
			t.Error("three workers find something else than one")
		}
	}
}

func TestCosineGraph(t *testing.T) {
	p, truth := blobs(9, 900, 12, 4, 3)
	for i := range p.N { // lengths do not matter
		for j := range p.row(i) {
			p.row(i)[j] *= float32(1 + i%7)
		}
	}
	clear(p.row(13))
	for _, c := range []struct {
		k      int
		mutual bool
	}{{10, false}, {30, true}} {
		g := must(CosineGraph(t.Context(), 2, p, c.k, c.mutual, 1))
		got := must(Spectral(t.Context(), 2, g, 0, SpectralOptions{}))
		if got.Labels[13] != -1 || !slices.Contains(got.Isolated, 13) {
			t.Errorf("a point without a direction has label %d", got.Labels[13])
		}
		want := slices.Clone(truth)
		for _, i := range got.Isolated {
			want[i] = -1
		}
		if ari := must(AdjustedRand(got.Labels, want)); got.K != 4 || ari < 0.99 {
			t.Errorf("%+v: %d clusters, adjusted Rand index %v", c, got.K, ari)
		}
		for i := range g.N {
			for q := g.start[i]; q < g.start[i+1]; q++ {
				if c.mutual && g.start[i+1]-g.start[i] > c.k || !(g.weight[q] > 0 && g.weight[q] <= 1) || int(g.to[q]) == i {
					t.Fatalf("%+v: point %d: weight %v", c, i, g.weight[q])
				}
			}
		}
	}
}

func TestSpectralRefuses(t *testing.T) {
	two := must(GraphOf([]float64{0, 1, 1, 0}, 2))
	for _, c := range []struct {
		err  error
		want error
	}{
		{second(Spectral(t.Context(), 1, two, 3, SpectralOptions{})), infer.ErrTooFew},
		{second(Spectral(t.Context(), 1, two, -1, SpectralOptions{})), infer.ErrRange},
		{second(Spectral(t.Context(), 1, must(GraphOf(make([]float64, 9), 3)), 2, SpectralOptions{})), infer.ErrTooFew},
		{second(GraphOf([]float64{0, 1, 2, 0}, 2)), infer.ErrRange},
		{second(GraphOf([]float64{0, -1, -1, 0}, 2)), infer.ErrRange},
		{second(GraphOf([]float64{0, math.NaN(), 0, 0}, 2)), infer.ErrNotFinite},
		{second(GraphOf([]float64{0}, 2)), infer.ErrRange},
		{second(Nearest(t.Context(), 1, Points{X: []float32{1, 2}, N: 2, D: 1}, 2)), infer.ErrTooFew},
		{second(Nearest(t.Context(), 1, Points{X: []float32{1, 2}, N: 2, D: 1}, 0)), infer.ErrRange},
		{second(CosineGraph(t.Context(), 1, Points{X: slices.Repeat([]float32{1, 2}, 20), N: 20, D: 2}, 3, true, 0)), infer.ErrConstant},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%v, want %v", c.err, c.want)
		}
	}
	one := must(Spectral(t.Context(), 1, two, 1, SpectralOptions{}))
	if !slices.Equal(one.Labels, []int{0, 0}) {
		t.Errorf("one cluster: %v", one.Labels)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p, _ := blobs(3, 1000, 4, 2, 1)
	if _, err := Nearest(ctx, 2, p, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want canceled", err)
	}
	g := must(Nearest(t.Context(), 2, p, 3)).Graph(false)
	if _, err := Spectral(ctx, 2, g, 3, SpectralOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want canceled", err)
	}
}
