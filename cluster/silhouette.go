package cluster

import (
	"context"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/internal/parallel"
	"github.com/stratascope/stratascope/linalg"
)

// Silhouette tells how much nearer each point is to its own cluster than to the next one: s = (b - a) /
// max(a, b), a being the mean Euclidean distance from the other points of its cluster and b the smallest
// mean distance from the points of another; -1..1, 0 for a cluster of one point (Rousseeuw 1987). The
// second result is the mean of a partition. Several partitions of the same points share the distances,
// float64 products of which cost n^2 d operations, plus n^2 for each partition.
//
// There is no answer for fewer than two clusters, nor for as many as points.
func Silhouette(ctx context.Context, workers int, p Points, partitions ...[]int) (widths [][]float64, mean []float64, err error) {
	if _, err := p.check(); err != nil {
		return nil, nil, err
	}
	s, err := newSilhouettes(p.N, partitions)
	if err != nil {
		return nil, nil, err
	}
	e := newEuclid(workers, p)
	err = s.walk(ctx, workers, func(dst []float64, lo, hi int) { e.rows(dst, lo, hi) })
	if err != nil {
		return nil, nil, err
	}
	mean, err = s.means()
	return s.widths, mean, err
}

// SilhouetteOf is Silhouette of a matrix of distances, n x n.
func SilhouetteOf(ctx context.Context, workers int, dist []float64, n int, partitions ...[]int) (widths [][]float64, mean []float64, err error) {
	if err := checkDistances(dist, n); err != nil {
		return nil, nil, err
	}
	s, err := newSilhouettes(n, partitions)
	if err != nil {
		return nil, nil, err
	}
	err = s.walk(ctx, workers, func(dst []float64, lo, hi int) { copy(dst, dist[lo*n:hi*n]) })
	if err != nil {
		return nil, nil, err
	}
	mean, err = s.means()
	return s.widths, mean, err
}

type silhouettes struct {
	n      int
	labels [][]int // by partition, clusters numbered from 0
	sizes  [][]int
	widths [][]float64
}

func newSilhouettes(n int, partitions [][]int) (*silhouettes, error) {
	s := &silhouettes{n: n}
	for i, p := range partitions {
		if len(p) != n {
			return nil, fmt.Errorf("partition %d has %d points, want %d: %w", i, len(p), n, infer.ErrRange)
		}
		labels, sizes := numbered(p)
		if len(sizes) < 2 || len(sizes) >= n {
			return nil, fmt.Errorf("partition %d has %d clusters of %d points, want from 2 to one less than points: %w", i, len(sizes), n, infer.ErrRange)
		}
		s.labels, s.sizes, s.widths = append(s.labels, labels), append(s.sizes, sizes), append(s.widths, make([]float64, n))
	}
	return s, nil
}

// walk asks for the distances of a few points at a time.
func (s *silhouettes) walk(ctx context.Context, workers int, rows func(dst []float64, lo, hi int)) error {
	const height = 128
	return parallel.Each(ctx, workers, (s.n+height-1)/height, func(_ context.Context, b int) error {
		lo, hi := b*height, min((b+1)*height, s.n)
		dist := make([]float64, (hi-lo)*s.n)
		rows(dist, lo, hi)
		for q := range s.labels {
			sums := make([]float64, len(s.sizes[q]))
			for i := lo; i < hi; i++ {
				clear(sums)
				labels := s.labels[q]
				for j, d := range dist[(i-lo)*s.n : (i-lo+1)*s.n] {
					sums[labels[j]] += d
				}
				s.widths[q][i] = width(sums, s.sizes[q], labels[i])
			}
		}
		return nil
	})
}

// width is the silhouette of a point whose distances from every cluster add up to sums.
func width(sums []float64, sizes []int, own int) float64 {
	if sizes[own] == 1 {
		return 0
	}
	a, b := sums[own]/float64(sizes[own]-1), math.Inf(1)
	for c, sum := range sums {
		if c != own {
			b = min(b, sum/float64(sizes[c]))
		}
	}
	if a == b {
		return 0
	}
	return (b - a) / max(a, b)
}

func (s *silhouettes) means() ([]float64, error) {
	out := make([]float64, len(s.widths))
	for q, w := range s.widths {
		if err := infer.Finite(w); err != nil {
			return nil, fmt.Errorf("distances add up to more than numbers hold: %w", err)
		}
		out[q] = infer.Total(w) / float64(s.n)
	}
	return out, nil
}

// euclid gives distances of points from float64 products, the points being less their mean.
type euclid struct {
	n, d int
	x    []float64
	norm []float64
}

func newEuclid(workers int, p Points) *euclid {
	e := &euclid{n: p.N, d: p.D, x: make([]float64, len(p.X)), norm: make([]float64, p.N)}
	mean := linalg.ColumnMeans(workers, p.X, p.N, p.D)
	kernel.Parallel(workers, p.N, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := e.x[i*p.D : (i+1)*p.D]
			for j, v := range p.row(i) {
				row[j] = float64(v) - mean[j]
			}
			e.norm[i] = kernel.DotDouble(row, row)
		}
	})
	return e
}

// rows gives the distances of points [lo, hi) from all.
func (e *euclid) rows(dst []float64, lo, hi int) {
	kernel.Gemm64(1, false, true, hi-lo, e.n, e.d, -2, e.x[lo*e.d:], e.d, e.x, e.d, 0, dst, e.n)
	for i := lo; i < hi; i++ {
		row := dst[(i-lo)*e.n : (i-lo+1)*e.n]
		for j, v := range row {
			sum := e.norm[i] + e.norm[j]
			v += sum
			if v < 1e-6*sum {
				v = e.exact(i, j)
			}
			row[j] = math.Sqrt(v)
		}
	}
}

// exact is the squared distance term by term, for points that are nearly alike.
func (e *euclid) exact(i, j int) float64 {
	var s float64
	a, b := e.x[i*e.d:(i+1)*e.d], e.x[j*e.d:(j+1)*e.d]
	for k, v := range a {
		s += (v - b[k]) * (v - b[k])
	}
	return s
}

// checkDistances says why dist, n x n, is no matrix of distances.
func checkDistances(dist []float64, n int) error {
	if n < 0 || len(dist) != n*n {
		return fmt.Errorf("%d distances of %d points, want %d: %w", len(dist), n, n*n, infer.ErrRange)
	}
	for i := range n {
		for j := range i + 1 {
			d, back := dist[i*n+j], dist[j*n+i]
			switch {
			case d-d != 0 || back-back != 0:
				return fmt.Errorf("distance of points %d and %d is %v and %v the other way: %w", i, j, d, back, infer.ErrNotFinite)
			case d < 0 || i == j && d != 0 || !(math.Abs(d-back) <= 1e-9*d):
				return fmt.Errorf("distance of points %d and %d is %v and %v the other way, want equal ones from 0 on, 0 of a point from itself: %w", i, j, d, back, infer.ErrRange)
			}
		}
	}
	return nil
}
