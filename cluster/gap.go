package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/linalg"
)

// A Gap compares the inertia W of k clusters with that of points without clusters.
type Gap struct {
	K     int
	Value float64 // mean of ln W over references, less ln W
	SE    float64 // standard deviation of the references' ln W, times sqrt(1 + 1/references)
}

// GapOptions are the settings of Gaps and Count; their zero value works.
type GapOptions struct {
	References int // 0 means 20
	Starts     int // of each k-means; 0 means 10
	Seed       uint64
}

// Gaps are the gap statistics of the numbers of clusters named (Tibshirani, Walther & Hastie 2001, eq. 3
// and section 3, reference b): references are uniform in the box of the points' principal components. The
// gap of one cluster is the yardstick: k clusters are there if Value - SE of k is above Value of 1.
// Clusters without scatter count as if they had the smallest number's. It costs a k-means for every
// reference and k, and once n d min(n, d) operations.
func Gaps(ctx context.Context, workers int, p Points, counts []int, opt GapOptions) ([]Gap, error) {
	if opt.References == 0 {
		opt.References = 20
	}
	if opt.References < 2 {
		return nil, fmt.Errorf("%d references, want at least 2: %w", opt.References, infer.ErrRange)
	}
	for _, k := range counts {
		if err := checkCount(p.N, k); err != nil {
			return nil, err
		}
	}
	sides, err := box(workers, p)
	if err != nil {
		return nil, err
	}
	out := make([]Gap, len(counts))
	own := make([]float64, len(counts))
	for i, k := range counts {
		if own[i], err = logInertia(ctx, workers, p, k, opt); err != nil {
			return nil, err
		}
	}
	logs := make([][]float64, len(counts))
	for r := range opt.References {
		q := uniform(sides, p.N, opt.Seed, r)
		for i, k := range counts {
			v, err := logInertia(ctx, workers, q, k, opt)
			if err != nil {
				return nil, fmt.Errorf("reference %d: %w", r, err)
			}
			logs[i] = append(logs[i], v)
		}
	}
	for i, k := range counts {
		mean, err := infer.MeanOf(logs[i])
		if err != nil {
			return nil, err
		}
		b := float64(opt.References)
		sd := mean.SE * math.Sqrt(b-1) // MeanOf divides by (b-1) b, the statistic by b
		out[i] = Gap{k, mean.Value - own[i], sd * math.Sqrt(1+1/b)}
	}
	return out, nil
}

func logInertia(ctx context.Context, workers int, p Points, k int, opt GapOptions) (float64, error) {
	part, err := KMeans(ctx, workers, p, k, KMeansOptions{Starts: opt.Starts, Seed: opt.Seed})
	if err != nil {
		return 0, err
	}
	return math.Log(max(part.Inertia, math.SmallestNonzeroFloat64)), nil
}

// box gives the sides of the points' box along their principal components.
func box(workers int, p Points) ([]float64, error) {
	if _, err := p.check(); err != nil {
		return nil, err
	}
	if p.N < 2 {
		return nil, fmt.Errorf("%d points, want at least 2: %w", p.N, infer.ErrTooFew)
	}
	e := newEuclid(workers, p)
	long := 0.0
	for _, v := range e.x {
		long = max(long, math.Abs(v))
	}
	if long == 0 {
		return nil, fmt.Errorf("%d points are alike: %w", p.N, infer.ErrConstant)
	}
	for i := range e.x {
		e.x[i] /= long
	}
	size, crossed := p.N, false // the smaller of the two products
	if p.D < p.N {
		size, crossed = p.D, true
	}
	product := make([]float64, size*size)
	kernel.Gemm64(workers, crossed, !crossed, size, size, len(e.x)/size, 1, e.x, p.D, e.x, p.D, 0, product, size)
	for i := range size {
		for j := range i {
			product[i*size+j] = product[j*size+i]
		}
	}
	values, rows, err := linalg.EigenSym(workers, product, size, true)
	if err != nil {
		return nil, err
	}
	rank := 0
	for rank < size && values[rank] > 1e-12*values[0] {
		rank++
	}
	scores := rows // a row a component, up to its length
	if crossed {
		scores = linalg.Mul(workers, false, true, rank, p.N, p.D, rows, e.x)
	}
	sides := make([]float64, rank)
	for c := range sides {
		row := scores[c*p.N : (c+1)*p.N]
		sides[c] = slices.Max(row) - slices.Min(row)
		if !crossed {
			sides[c] *= math.Sqrt(values[c])
		}
		sides[c] *= long
	}
	return sides, nil
}

// uniform draws reference r.
func uniform(sides []float64, n int, seed uint64, r int) Points {
	random := infer.Rand(seed, "gap reference", strconv.Itoa(r))
	q := Points{X: make([]float32, n*len(sides)), N: n, D: len(sides)}
	for i := range q.X {
		q.X[i] = float32(random.Float64() * sides[i%q.D])
	}
	return q
}

// A Choice is a number of clusters found without labels.
type Choice struct {
	K          int // 1 if no partition beats one cluster
	Labels     []int
	Silhouette []float64 // mean, of 2 clusters and more
	Gap        Gap       // of K, of 1 cluster if K is 1
}

// Count finds a number of clusters from 2 to min(20, sqrt n): that of the largest mean silhouette among
// those that the gap statistic holds to be there, 1 if there is none (METHODS 5.1). Directions are
// clustered by giving Points.Directions.
func Count(ctx context.Context, workers int, p Points, opt GapOptions) (Choice, error) {
	most := min(20, int(math.Sqrt(float64(p.N))))
	if most < 2 {
		return Choice{}, fmt.Errorf("%d points, want at least 4: %w", p.N, infer.ErrTooFew)
	}
	var partitions [][]int
	for k := 2; k <= most; k++ {
		part, err := KMeans(ctx, workers, p, k, KMeansOptions{Starts: opt.Starts, Seed: opt.Seed})
		if errors.Is(err, infer.ErrTooFew) && k > 2 {
			break // no more distinct points
		} else if err != nil {
			return Choice{}, err
		}
		partitions = append(partitions, part.Labels)
	}
	_, mean, err := Silhouette(ctx, workers, p, partitions...)
	if err != nil {
		return Choice{}, err
	}
	out := Choice{K: 1, Labels: make([]int, p.N), Silhouette: mean}
	order := make([]int, len(mean)) // places in mean, the largest first
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(mean[b], mean[a]) })
	for _, i := range order {
		gaps, err := Gaps(ctx, workers, p, []int{1, i + 2}, opt)
		if err != nil {
			return Choice{}, err
		}
		out.Gap = gaps[0]
		if g := gaps[1]; g.Value-g.SE > gaps[0].Value {
			out.K, out.Labels, out.Gap = g.K, partitions[i], g
			break
		}
	}
	return out, nil
}
