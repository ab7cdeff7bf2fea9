package cluster

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
)

// A Graph holds how near points are to each other: a symmetric matrix of weights above 0 without a
// diagonal, its rows packed.
type Graph struct {
	N      int
	start  []int
	to     []int32
	weight []float64
}

type edge struct {
	from, to int32
	weight   float64
}

// newGraph packs edges; each stands there in both directions.
func newGraph(n int, edges []edge) *Graph {
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	g := &Graph{N: n, start: make([]int, n+1), to: make([]int32, len(edges)), weight: make([]float64, len(edges))}
	for i, e := range edges {
		g.start[e.from+1]++
		g.to[i], g.weight[i] = e.to, e.weight
	}
	for i := range n {
		g.start[i+1] += g.start[i]
	}
	return g
}

// GraphOf takes an affinity matrix, n x n: symmetric, not negative; its diagonal does not matter.
// The similarity of layers is one, negative values set to 0.
func GraphOf(affinity []float64, n int) (*Graph, error) {
	if n < 0 || len(affinity) != n*n {
		return nil, fmt.Errorf("%d affinities of %d points, want %d: %w", len(affinity), n, n*n, infer.ErrRange)
	}
	var edges []edge
	for i := range n {
		for j := range n {
			a, back := affinity[i*n+j], affinity[j*n+i]
			switch {
			case a-a != 0:
				return nil, fmt.Errorf("affinity of points %d and %d is %v: %w", i, j, a, infer.ErrNotFinite)
			case i == j || a == 0 && back == 0:
			case a < 0 || !(math.Abs(a-back) <= 1e-9*a):
				return nil, fmt.Errorf("affinity of points %d and %d is %v and %v the other way, want equal ones from 0 on: %w", i, j, a, back, infer.ErrRange)
			default:
				edges = append(edges, edge{int32(i), int32(j), (a + back) / 2})
			}
		}
	}
	return newGraph(n, edges), nil
}

// Graph joins points that are among each other's neighbours by weight 1, and, unless mutual, those of which
// one is among the other's by 1/2.
func (m Neighbours) Graph(mutual bool) *Graph {
	return m.join(mutual, func(int) float64 { return 1 })
}

// join weighs the edges by a function of their place among the neighbours.
func (m Neighbours) join(mutual bool, weigh func(at int) float64) *Graph {
	var edges []edge
	for i := range m.N {
		for q, j := range m.At[i*m.K : (i+1)*m.K] {
			w, back := weigh(i*m.K+q), slices.Contains(m.At[int(j)*m.K:(int(j)+1)*m.K], int32(i))
			switch {
			case back:
				edges = append(edges, edge{int32(i), j, w})
			case !mutual:
				edges = append(edges, edge{int32(i), j, w / 2}, edge{j, int32(i), w / 2})
			}
		}
	}
	return newGraph(m.N, edges)
}

// scalePoints is of how many points the typical cosine is taken.
const scalePoints = 512

// CosineGraph joins points one of which is, or if mutual both are, among the k directions nearest to
// the other, with weights exp(-(1 - cosine)/s), half of that if only one is; s is the median of
// 1 - cosine over pairs of points, of 512 points drawn by the seed where there are more (METHODS 5.1).
// Points without a direction have no edge. Mutual edges keep outliers apart, but in many dimensions,
// where few points are neighbours of most, they leave groups of a few points that spectral
// clustering then takes for clusters. It costs n^2 d operations.
func CosineGraph(ctx context.Context, workers int, p Points, k int, mutual bool, seed uint64) (*Graph, error) {
	z, kept, err := p.Directions(false)
	if err != nil {
		return nil, err
	}
	near, err := Nearest(ctx, workers, z, k)
	if err != nil {
		return nil, err
	}
	scale, err := typicalGap(workers, z, seed)
	if err != nil {
		return nil, err
	}
	g := near.join(mutual, func(at int) float64 { return math.Exp(-near.D2[at] / 2 / scale) }) // |x-y|^2 = 2(1-cosine)
	if z.N == p.N {
		return g, nil
	}
	var edges []edge
	for i := range g.N {
		for q := g.start[i]; q < g.start[i+1]; q++ {
			edges = append(edges, edge{int32(kept[i]), int32(kept[g.to[q]]), g.weight[q]})
		}
	}
	return newGraph(p.N, edges), nil
}

// typicalGap is the median of 1 - cosine.
func typicalGap(workers int, z Points, seed uint64) (float64, error) {
	if z.N > scalePoints {
		rows := infer.Rand(seed, "affinity scale").Perm(z.N)[:scalePoints]
		z = z.Rows(rows)
	}
	c := linalg.Gram(workers, z.X, z.N, z.D, make([]float64, z.D))
	var gaps []float64
	for i := range z.N {
		for j := range i {
			gaps = append(gaps, 1-c[i*z.N+j])
		}
	}
	median, err := infer.Quantile(gaps, 0.5)
	if err == nil && median < 1e-6 {
		err = fmt.Errorf("at least half of the pairs of points have one direction: %w", infer.ErrConstant)
	}
	return median, err
}
