package cluster

import (
	"context"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/linalg"
)

const (
	spare       = 6 // vectors beyond those wanted: they widen the gap that convergence depends on
	mostDegree  = 80
	mostFilters = 100
	amplify     = 12   // the logarithm of how much a filter may lift the largest eigenvalue above the unwanted
	goodVector  = 1e-6 // largest residual |Mx - vx| of a finished vector
	poorVector  = 1e-3 // of one that is used when filters run out
)

// A block holds vectors as columns, n x b.
type block struct {
	n, b    int
	workers int
	m       *laplacian
	x, mx   []float64 // the vectors, and the matrix times them
}

// filtered gives the count largest eigenvalues of the matrix and their vectors as rows by
// Chebyshev-filtered subspace iteration (Zhou, Saad, Tiago & Chelikowsky 2006): a polynomial that stays
// small over the unwanted part of the spectrum, -1 to the smallest Ritz value, lifts the wanted part. A
// block finds eigenvalues of any multiplicity up to its width, which a single Lanczos vector cannot: k
// separate clusters are k eigenvalues of 1.
func (l *laplacian) filtered(ctx context.Context, workers, count int, seed uint64) (values, vectors []float64, err error) {
	s := &block{n: l.n, b: count + spare, workers: workers, m: l}
	s.x, s.mx = make([]float64, s.n*s.b), make([]float64, s.n*s.b)
	random := infer.Rand(seed, "eigenvectors")
	for i := range s.x {
		s.x[i] = random.NormFloat64()
	}
	var worst float64
	for range mostFilters {
		if err := s.orthonormal(random.NormFloat64); err != nil {
			return nil, nil, err
		}
		if values, err = s.rotate(); err != nil {
			return nil, nil, err
		}
		// The last vector wanted only ends the gap after the clusters.
		if worst = s.residual(values[:count-1]); worst <= goodVector {
			break
		}
		if err := s.filter(ctx, min(values[s.b-1], 1-1e-9)); err != nil {
			return nil, nil, err
		}
	}
	if worst > poorVector {
		return nil, nil, fmt.Errorf("eigenvectors did not converge: residual %.1g after %d filters, want %g: %w", worst, mostFilters, poorVector, infer.ErrRange)
	}
	vectors = make([]float64, count*s.n)
	for i := range s.n {
		for c := range count {
			vectors[c*s.n+i] = s.x[i*s.b+c]
		}
	}
	return values[:count], vectors, nil
}

// multiply sets dst = a M src + b src + c dst.
func (s *block) multiply(dst []float64, a float64, src []float64, b, c float64) {
	kernel.Parallel(s.workers, s.n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			out, own := dst[i*s.b:(i+1)*s.b], src[i*s.b:(i+1)*s.b]
			for j := range out {
				out[j] = b*own[j] + c*out[j]
			}
			for q := s.m.start[i]; q < s.m.start[i+1]; q++ {
				to := int(s.m.to[q])
				kernel.AddScaled64(out, a*s.m.weight[q], src[to*s.b:(to+1)*s.b])
			}
		}
	})
}

// filter applies the Chebyshev polynomial of the interval from -1 to end.
func (s *block) filter(ctx context.Context, end float64) error {
	middle, half := (end-1)/2, (end+1)/2
	degree := max(2, min(int(amplify/math.Acosh((1-middle)/half)), mostDegree))
	next := s.mx // holds M x
	for i, v := range s.x {
		next[i] = (next[i] - middle*v) / half
	}
	for range degree - 1 {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		s.multiply(s.x, 2/half, next, -2*middle/half, -1)
		s.x, next = next, s.x
	}
	s.x, s.mx = next, s.x
	return nil
}

// orthonormal makes the vectors orthonormal through the eigenvectors of their Gram matrix, more than
// once, for one pass loses digits (Stathopoulos & Wu 2002). A direction that is lost is drawn anew.
func (s *block) orthonormal(random func() float64) error {
	const passes = 6
	for range passes {
		gram := linalg.Mul(s.workers, true, false, s.b, s.b, s.n, s.x, s.x)
		values, rows, err := linalg.EigenSym(1, gram, s.b, true)
		if err != nil {
			return err
		}
		lost := len(values)
		for lost > 1 && values[lost-1] < 1e-13*values[0] {
			lost--
		}
		for j := range lost {
			by := 1 / math.Sqrt(values[j])
			for k := range s.b {
				rows[j*s.b+k] *= by
			}
		}
		s.x = linalg.Mul(s.workers, false, true, s.n, s.b, s.b, s.x, rows)
		for j := lost; j < s.b; j++ {
			by := 1 / math.Sqrt(float64(s.n))
			for i := range s.n {
				s.x[i*s.b+j] = random() * by
			}
		}
		if lost == s.b && math.Abs(values[0]-1) < 1e-12 && math.Abs(values[s.b-1]-1) < 1e-12 {
			return nil
		}
	}
	return nil
}

// rotate turns the vectors into Ritz vectors and gives their values, falling.
func (s *block) rotate() ([]float64, error) {
	s.multiply(s.mx, 1, s.x, 0, 0)
	t := linalg.Mul(s.workers, true, false, s.b, s.b, s.n, s.x, s.mx)
	for i := range s.b {
		for j := range i {
			mean := (t[i*s.b+j] + t[j*s.b+i]) / 2
			t[i*s.b+j], t[j*s.b+i] = mean, mean
		}
	}
	values, rows, err := linalg.EigenSym(1, t, s.b, true)
	if err != nil {
		return nil, err
	}
	s.x = linalg.Mul(s.workers, false, true, s.n, s.b, s.b, s.x, rows)
	s.mx = linalg.Mul(s.workers, false, true, s.n, s.b, s.b, s.mx, rows)
	return values, nil
}

// residual is the largest |Mx - vx| of the first vectors.
func (s *block) residual(values []float64) float64 {
	sums := make([]float64, len(values))
	for i := range s.n {
		for j, v := range values {
			r := s.mx[i*s.b+j] - v*s.x[i*s.b+j]
			sums[j] += r * r
		}
	}
	var worst float64
	for _, v := range sums {
		worst = max(worst, math.Sqrt(v))
	}
	return worst
}
