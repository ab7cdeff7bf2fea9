package cluster

import (
	"context"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
)

// A Spectrum is what spectral clustering found. Points without an edge belong to no cluster: their
// label is -1.
type Spectrum struct {
	Labels []int
	K      int
	// Values are the smallest eigenvalues of the normalised Laplacian I - D^-1/2 A D^-1/2 of the points
	// with an edge, rising: 0 once for every part of the graph, at most 2.
	Values   []float64
	Isolated []int
}

// SpectralOptions are the settings of Spectral; their zero value works.
type SpectralOptions struct {
	MostClusters int    // the largest number of clusters to choose among; 0 means 10
	Starts       int    // of k-means; 0 means 10
	Seed         uint64 // of the eigenvectors' first guess, and of k-means
}

// Spectral finds k clusters of a graph: the eigenvectors of the k smallest eigenvalues of its
// normalised Laplacian, rows brought to length 1, are clustered by k-means (Ng, Jordan & Weiss 2002).
// With k 0 the number of clusters is that before the largest gap between consecutive eigenvalues, from 2
// to MostClusters (von Luxburg 2007, section 8.3). Up to 512 points the matrix is reduced for its largest eigenvalues, above that
// a block of vectors is filtered, which costs about 100 (k+6)(edges + n(k+6)) operations.
func Spectral(ctx context.Context, workers int, g *Graph, k int, opt SpectralOptions) (Spectrum, error) {
	if opt.MostClusters == 0 {
		opt.MostClusters = 10
	}
	if k < 0 || k == 0 && opt.MostClusters < 2 {
		return Spectrum{}, fmt.Errorf("%d clusters of at most %d, want at least 1, or 0 of at least 2: %w", k, opt.MostClusters, infer.ErrRange)
	}
	l, isolated, err := newLaplacian(g)
	if err != nil {
		return Spectrum{}, err
	}
	want := k
	if k == 0 {
		want = min(opt.MostClusters, l.n-1)
	}
	if err := checkCount(l.n, max(want, 1)); err != nil {
		return Spectrum{}, fmt.Errorf("beside %d isolated points: %w", len(isolated), err)
	}
	values, vectors, err := l.smallest(ctx, workers, min(want+1, l.n), opt.Seed)
	if err != nil {
		return Spectrum{}, err
	}
	if k == 0 {
		k = widestGap(values)
	}
	embedded := Points{X: make([]float32, 0, l.n*k), N: l.n, D: k}
	for i := range l.n {
		row := make([]float64, k)
		for c := range row {
			row[c] = vectors[c*l.n+i]
		}
		long := max(length(row), math.SmallestNonzeroFloat64)
		for _, v := range row {
			embedded.X = append(embedded.X, float32(v/long))
		}
	}
	part, err := KMeans(ctx, workers, embedded, k, KMeansOptions{Starts: opt.Starts, Seed: opt.Seed})
	if err != nil {
		return Spectrum{}, fmt.Errorf("eigenvectors: %w", err)
	}
	out := Spectrum{Labels: make([]int, g.N), K: k, Values: values, Isolated: isolated}
	for i := range out.Labels {
		out.Labels[i] = -1
	}
	for i, at := range l.kept {
		out.Labels[at] = part.Labels[i]
	}
	return out, nil
}

// widestGap is the number of values, 2 or more, before the largest step to the next.
func widestGap(values []float64) int {
	best := min(2, len(values))
	for k := 2; k+1 <= len(values); k++ {
		if values[k]-values[k-1] > values[best]-values[best-1] {
			best = k
		}
	}
	return best
}

// laplacian is D^-1/2 A D^-1/2 of the points that have an edge; its largest eigenvalues are 1 less
// the smallest of the Laplacian.
type laplacian struct {
	Graph
	n    int
	kept []int
}

func newLaplacian(g *Graph) (l *laplacian, isolated []int, err error) {
	l = &laplacian{}
	place := make([]int32, g.N)
	var root []float64
	for i := range g.N {
		var degree float64
		for q := g.start[i]; q < g.start[i+1]; q++ {
			degree += g.weight[q]
		}
		if degree == 0 {
			isolated = append(isolated, i)
			continue
		}
		if math.IsInf(degree, 1) {
			return nil, nil, fmt.Errorf("the affinities of point %d add up to %v: %w", i, degree, infer.ErrNotFinite)
		}
		place[i] = int32(len(l.kept))
		l.kept, root = append(l.kept, i), append(root, math.Sqrt(degree))
	}
	l.n, l.N = len(l.kept), len(l.kept)
	l.start = make([]int, 1, l.n+1)
	for k, i := range l.kept {
		for q := g.start[i]; q < g.start[i+1]; q++ {
			to := place[g.to[q]]
			l.to, l.weight = append(l.to, to), append(l.weight, g.weight[q]/root[k]/root[to])
		}
		l.start = append(l.start, len(l.to))
	}
	return l, isolated, nil
}

// dense is how many points have their matrix decomposed.
const dense = 512

// smallest gives the count smallest eigenvalues of the Laplacian, and their vectors as rows.
func (l *laplacian) smallest(ctx context.Context, workers, count int, seed uint64) (values, vectors []float64, err error) {
	if l.n <= dense || count > l.n/8 {
		a := make([]float64, l.n*l.n)
		for i := range l.n {
			for q := l.start[i]; q < l.start[i+1]; q++ {
				a[i*l.n+int(l.to[q])] = l.weight[q]
			}
		}
		if values, vectors, err = linalg.EigenTop(workers, a, l.n, count); err != nil {
			return nil, nil, err
		}
	} else if values, vectors, err = l.filtered(ctx, workers, count, seed); err != nil {
		return nil, nil, err
	}
	for i, v := range values {
		values[i] = max(0, 1-v)
	}
	return values, vectors, nil
}
