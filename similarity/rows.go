package similarity

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/lapack/gonum"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/linalg"
)

// GramSamples is the most samples of a measure that holds n x n matrices.
const GramSamples = 4096

// rows is a layer in float64, n x d, scaled to about unit mean square.
type rows struct {
	n, d int
	v    []float64
}

func (r rows) row(i int) []float64 { return r.v[i*r.d : (i+1)*r.d] }

// part returns the samples from lo to before hi, not copied.
func (r rows) part(lo, hi int) rows { return rows{hi - lo, r.d, r.v[lo*r.d : hi*r.d]} }

func (r rows) clone() rows { return rows{r.n, r.d, slices.Clone(r.v)} }

// framed reads a layer, shifted by its frame: distances between rows lose nothing to an offset or to a far row.
func framed(m Matrix) (rows, error) {
	in, err := inMemory([]Matrix{m})
	if err != nil {
		return rows{}, err
	}
	m = in[0]
	f, err := frameOf(m)
	if err != nil {
		return rows{}, err
	}
	r := rows{m.N, m.D, shifted(nil, m, f.shift)}
	for i := range r.v {
		r.v[i] *= f.scale
	}
	return r, nil
}

// centred reads a layer whose columns have a mean of zero.
func centred(m Matrix) (rows, error) {
	r, err := framed(m)
	if err != nil {
		return rows{}, err
	}
	r.centre()
	return r, nil
}

func (r rows) centre() {
	mean := make([]float64, r.d)
	for i := range r.n {
		addTo(mean, r.row(i), 1/float64(r.n))
	}
	for i := range r.n {
		addTo(r.row(i), mean, -1)
	}
}

// two reads both layers by one of the readers above.
func two(read func(Matrix) (rows, error), x, y Matrix) (a, b rows, err error) {
	if x.N != y.N {
		return a, b, fmt.Errorf("%d and %d samples, want as many: %w", x.N, y.N, infer.ErrRange)
	}
	if a, err = read(x); err != nil {
		return a, b, fmt.Errorf("first layer: %w", err)
	}
	if b, err = read(y); err != nil {
		return a, b, fmt.Errorf("second layer: %w", err)
	}
	return a, b, nil
}

// normalised returns the columns at unit norm; those that do not vary stay 0.
func (r rows) normalised() rows {
	square := make([]float64, r.d)
	for i := range r.n {
		for j, v := range r.row(i) {
			square[j] += v * v
		}
	}
	out := rows{r.n, r.d, slices.Clone(r.v)}
	for i := range r.n {
		for j, s := range square {
			if s > 0 {
				out.row(i)[j] /= math.Sqrt(s)
			}
		}
	}
	return out
}

// narrow rotates a layer of more units than samples into as many columns as samples: X = L Q', of which L is
// kept. Nothing that ignores rotation changes.
func (r rows) narrow() rows {
	if r.d <= r.n {
		return r
	}
	var g gonum.Implementation
	a, tau, size := slices.Clone(r.v), make([]float64, r.n), make([]float64, 1)
	g.Dgelqf(r.n, r.d, a, r.d, tau, size, -1)
	g.Dgelqf(r.n, r.d, a, r.d, tau, make([]float64, int(size[0])), int(size[0]))
	l := rows{r.n, r.n, make([]float64, r.n*r.n)}
	for i := range r.n {
		copy(l.row(i)[:i+1], a[i*r.d:])
	}
	return l
}

// gram returns the n x n products of rows.
func (r rows) gram() ([]float64, error) {
	if r.n > GramSamples {
		return nil, fmt.Errorf("%d samples, want at most %d for an n x n matrix: %w", r.n, GramSamples, infer.ErrRange)
	}
	k := make([]float64, r.n*r.n)
	kernel.Gemm64(1, false, true, r.n, r.n, r.d, 1, r.v, r.d, r.v, r.d, 0, k, r.n)
	return k, nil
}

// squares returns the n x n squared distances between rows; the diagonal is 0.
func (r rows) squares() ([]float64, error) {
	k, err := r.gram()
	if err != nil {
		return nil, err
	}
	norm := make([]float64, r.n)
	for i := range norm {
		norm[i] = k[i*r.n+i]
	}
	for i := range r.n {
		k[i*r.n+i] = 0
		for j := range i {
			d := math.Max(0, norm[i]+norm[j]-k[i*r.n+j]-k[j*r.n+i])
			k[i*r.n+j], k[j*r.n+i] = d, d
		}
	}
	return k, nil
}

// rounding is how far apart equal squared distances of framed rows may be computed, relative to the larger of
// the distance and the mean square of a row.
const rounding = 1e-12

// upper returns the entries above the diagonal of an n x n matrix, row after row.
func upper(k []float64, n int) []float64 {
	out := make([]float64, 0, n*(n-1)/2)
	for i := range n {
		out = append(out, k[i*n+i+1:(i+1)*n]...)
	}
	return out
}

// norm returns the Frobenius norm.
func (r rows) norm() float64 { return math.Sqrt(dot(r.v, r.v)) }

// products returns X'Y, d x d.
func products(x, y rows) []float64 { return linalg.Mul(1, true, false, x.d, y.d, x.n, x.v, y.v) }
