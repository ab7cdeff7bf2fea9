package cluster

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/stratascope/stratascope/infer"
	"pgregory.net/rapid"
)

func TestTreesAsSciPy(t *testing.T) {
	r := load(t).Trees
	for by, want := range []struct {
		Heights    []float64
		Cuts       map[string][]int
		Silhouette float64
	}{r.Average, r.Complete, r.Ward} {
		tree := must(Agglomerate(t.Context(), r.Dist, r.N, Linkage(by)))
		var heights []float64
		for _, m := range tree.Merges {
			heights = append(heights, m.Height)
		}
		nearAll(t, "height", heights, want.Heights, 1e-9)
		if tree.Merges[r.N-2].Size != r.N {
			t.Errorf("the last cluster has %d points", tree.Merges[r.N-2].Size)
		}
		if len(want.Cuts) == 0 {
			t.Fatal("no cuts")
		}
		for k, labels := range want.Cuts {
			same(t, "cut into "+k, must(tree.Cut(must(strconv.Atoi(k)))), labels)
		}
		_, mean, err := SilhouetteOf(t.Context(), 2, r.Dist, r.N, must(tree.Cut(3)))
		if err != nil {
			t.Fatal(err)
		}
		within(t, "silhouette", mean[0], want.Silhouette, 1e-9)
	}
}

// Heights rise, also where distances tie; cutting at a height leaves no larger merge.
func TestTreesOfTies(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n, by := rapid.IntRange(1, 20).Draw(rt, "n"), Linkage(rapid.IntRange(0, 2).Draw(rt, "linkage"))
		dist := make([]float64, n*n)
		for i := range n {
			for j := range i {
				dist[i*n+j] = float64(rapid.IntRange(0, 3).Draw(rt, "distance")) * 0.7
				dist[j*n+i] = dist[i*n+j]
			}
		}
		tree := must(Agglomerate(t.Context(), dist, n, by))
		if len(tree.Merges) != n-1 || !slices.IsSortedFunc(tree.Merges, func(a, b Merge) int { return int(math.Copysign(1, a.Height-b.Height)) }) {
			rt.Fatalf("merges %v", tree.Merges)
		}
		for k := 1; k <= n; k++ {
			if labels := must(tree.Cut(k)); slices.Max(labels) != k-1 {
				rt.Fatalf("cut into %d: %v", k, labels)
			}
		}
		if by == Complete {
			labels := tree.CutAt(0.7)
			for i := range n {
				for j := range n {
					if labels[i] == labels[j] && dist[i*n+j] > 0.7 {
						rt.Fatalf("points %d and %d are one cluster at 0.7: %v", i, j, labels)
					}
				}
			}
		}
	})
}

func TestTreesRefuse(t *testing.T) {
	ok := []float64{0, 1, 1, 0}
	for _, c := range []struct {
		err  error
		want error
	}{
		{second(Agglomerate(t.Context(), ok, 3, Average)), infer.ErrRange},
		{second(Agglomerate(t.Context(), nil, 0, Average)), infer.ErrTooFew},
		{second(Agglomerate(t.Context(), ok, 2, 3)), infer.ErrRange},
		{second(Agglomerate(t.Context(), []float64{0, math.NaN(), 1, 0}, 2, Ward)), infer.ErrNotFinite},
		{second(Agglomerate(t.Context(), []float64{0, 1e200, 1e200, 0}, 2, Ward)), infer.ErrNotFinite},
		{second(must(Agglomerate(t.Context(), ok, 2, Ward)).Cut(3)), infer.ErrTooFew},
		{second(must(Agglomerate(t.Context(), ok, 2, Ward)).Cut(0)), infer.ErrRange},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%v, want %v", c.err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Agglomerate(ctx, ok, 2, Average); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want canceled", err)
	}
}

// Means of equal distances may round below them; a merge still stands after those it builds on.
func TestTreesOfEqualDistances(t *testing.T) {
	for _, c := range []struct {
		n int
		d float64
	}{{4, 0.7}, {9, 0.7}, {12, 0.1}, {23, 0.9}, {30, 1.1}} {
		dist := slices.Repeat([]float64{c.d}, c.n*c.n)
		for i := range c.n {
			dist[i*c.n+i] = 0
		}
		size := slices.Repeat([]int{1}, c.n)
		for i, m := range must(Agglomerate(t.Context(), dist, c.n, Average)).Merges {
			if m.A >= c.n+i || m.B >= c.n+i || m.A == m.B || m.Size != size[m.A]+size[m.B] {
				t.Fatalf("%d points: merge %d is %+v", c.n, i, m)
			}
			size = append(size, m.Size)
			size[m.A], size[m.B] = -c.n, -c.n // a cluster is joined once
		}
	}
}
