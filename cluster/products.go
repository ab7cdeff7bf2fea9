package cluster

import (
	"context"
	"fmt"
	"strconv"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/internal/parallel"
)

const (
	mostProducts = 2048 // points whose products are held: 32 MiB
	// apart is the squared distance of two different points, relative to their squared lengths, below which
	// products in float64 do not tell distances well enough; alike is that of a point that is its centre.
	apart = 1e-8
	alike = 1e-12
)

// Products are points with the products of all pairs of them, from which k-means of the points, and of any of
// them, takes additions alone: distances from a centre are sums of products.
type Products struct {
	p         Points
	spherical bool
	g, own    []float64 // N x N, and its diagonal; nil where points are too many, or too near to each other
}

// NewProducts takes the products of points, of their directions if spherical. It costs n^2 d operations and 8 n^2
// bytes, nothing above 2,048 points.
func NewProducts(workers int, p Points, spherical bool) (*Products, error) {
	if spherical {
		z, err := p.unit()
		if err != nil {
			return nil, err
		}
		p = z
	} else if _, err := p.check(); err != nil {
		return nil, err
	}
	q := &Products{p: p, spherical: spherical}
	if p.N > mostProducts || p.N == 0 {
		return q, nil
	}
	x := make([]float64, 0, len(p.X))
	if spherical {
		for _, v := range p.X {
			x = append(x, float64(v))
		}
	} else {
		x = newEuclid(workers, p).x
	}
	g := make([]float64, p.N*p.N)
	const band = 128
	for lo := 0; lo < p.N; lo += band {
		rows := min(band, p.N-lo)
		kernel.Gemm64(workers, false, true, rows, p.N-lo, p.D, 1, x[lo*p.D:], p.D, x[lo*p.D:], p.D, 0, g[lo*p.N+lo:], p.N)
	}
	for i := range p.N {
		for j := range i {
			v := g[j*p.N+i]
			if sum := g[i*p.N+i] + g[j*p.N+j]; sum-2*v < apart*sum && !p.same(i, j) {
				return q, nil
			}
			g[i*p.N+j] = v
		}
	}
	q.g, q.own = g, make([]float64, p.N)
	for i := range q.own {
		q.own[i] = g[i*p.N+i]
	}
	return q, nil
}

func (p Points) same(i, j int) bool {
	a, b := p.row(i), p.row(j)
	for k, v := range a {
		if v != b[k] {
			return false
		}
	}
	return true
}

// KMeans gives the labels that KMeans finds of the points named by rows, of all if rows is nil.
func (p *Products) KMeans(ctx context.Context, workers int, rows []int, k int, opt KMeansOptions) ([]int, error) {
	opt.Spherical = p.spherical
	if p.g == nil {
		own := p.p
		if rows != nil {
			own = own.Rows(rows)
		}
		part, err := KMeans(ctx, workers, own, k, opt)
		return part.Labels, err
	}
	s, err := p.best(ctx, workers, rows, k, opt)
	if err != nil {
		return nil, err
	}
	labels, _ := inOrder(s.labels)
	return labels, nil
}

// best is the start of smallest inertia, the first of several.
func (p *Products) best(ctx context.Context, workers int, rows []int, k int, opt KMeansOptions) (*start, error) {
	if rows == nil {
		for i := range p.p.N {
			rows = append(rows, i)
		}
	}
	q := &square{p.p.N, p.g, p.own, rows, p.spherical}
	if err := checkCount(len(rows), k); err != nil {
		return nil, err
	}
	if err := opt.fill(); err != nil {
		return nil, err
	}
	starts, failed := make([]*start, opt.Starts), make([]error, opt.Starts)
	err := parallel.Each(ctx, workers, opt.Starts, func(ctx context.Context, r int) error {
		if starts[r], failed[r] = q.seed(infer.Rand(opt.Seed, "k-means", strconv.Itoa(r)), k); failed[r] != nil {
			return nil
		}
		return starts[r].lloyd(ctx)
	})
	if err != nil {
		return nil, err
	}
	var out *start
	for r, s := range starts {
		if failed[r] != nil {
			return nil, failed[r]
		}
		if out == nil || s.inertia < out.inertia {
			out = s
		}
	}
	return out, nil
}

// partition is the best start of all points, its centres and inertia taken from the points themselves; ok is false
// where products do not tell them.
func (p *Products) partition(ctx context.Context, workers, k int, opt KMeansOptions) (out Partition, ok bool, err error) {
	if p.g == nil {
		return out, false, nil
	}
	s, err := p.best(ctx, workers, nil, k, opt)
	if err != nil || s.stayed {
		return out, false, err
	}
	labels, from := inOrder(s.labels)
	out = Partition{Labels: labels, Centres: make([]float64, len(from)*p.p.D), Rounds: s.rounds, Rest: s.rest}
	counts := make([]int, len(from))
	for i, l := range labels {
		kernel.AddTo64(out.Centres[l*p.p.D:(l+1)*p.p.D], p.p.row(i))
		counts[l]++
	}
	for c, n := range counts {
		centre, by := out.Centres[c*p.p.D:(c+1)*p.p.D], float64(n)
		if p.spherical {
			by = length(centre)
		}
		for j := range centre {
			centre[j] /= by
		}
	}
	f := frame{Points: p.p}
	distances := make([]float64, p.p.N)
	for i, l := range labels {
		distances[i] = f.exact(i, out.Centres[l*p.p.D:(l+1)*p.p.D])
	}
	out.Inertia = infer.Total(distances)
	return out, true, nil
}

func (p Points) unit() (Points, error) {
	z, kept, err := p.Directions(false)
	if err == nil && len(kept) < p.N {
		err = fmt.Errorf("%d of %d points have length zero, want a direction of each: %w", p.N-len(kept), p.N, infer.ErrConstant)
	}
	return z, err
}
