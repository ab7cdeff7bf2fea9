package linalg

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/stratascope/stratascope/internal/kernel"
)

// LanczosOptions say what Lanczos looks for and when it is content; zero fields take the values named.
type LanczosOptions struct {
	Smallest  bool    // the smallest eigenvalues instead of the largest
	Tolerance float64 // largest residual |A v - value v| beside the largest eigenvalue in size; 1e-8
	Basis     int     // vectors held at once; 2k + 20
	Products  int     // most products with the matrix; 300 for each value wanted
	Seed      uint64  // of the start
}

// A Ritz is some eigenvalues of an operator, the wanted end first, and their vectors as rows of length 1.
type Ritz struct {
	Values, Rows, Residuals []float64
	Products                int // with the matrix
}

// ErrNotConverged says that the products allowed were not enough; the values come even so, with their residuals.
var ErrNotConverged = errors.New("the eigenvalues did not converge")

// Lanczos gives the k largest or smallest eigenvalues of a symmetric n x n matrix that is known by its products alone,
// such as a Hessian: times sets dst to the matrix times x. The Krylov basis is made orthogonal to all of itself and
// shrunk to its best vectors when it is full (thick restarts: Wu & Simon 2000; Golub and Van Loan 2013, section 10.3).
// A residual bounds the distance of its value from an eigenvalue. Of eigenvalues that are equal one vector sees one until
// rounding shows the others: where multiplicities count, take a block or the matrix itself (EigenTop).
func Lanczos(ctx context.Context, n, k int, times func(dst, x []float64) error, o LanczosOptions) (Ritz, error) {
	if n < 1 || k < 1 || k > n {
		return Ritz{}, fmt.Errorf("%d eigenvalues of a matrix of %d rows, want 1 to %d", k, n, n)
	}
	if o.Tolerance == 0 {
		o.Tolerance = 1e-8
	}
	if o.Basis == 0 {
		o.Basis = 2*k + 20
	}
	if o.Products == 0 {
		o.Products = 300 * k
	}
	if o.Basis = min(o.Basis, n); o.Basis < min(k+2, n) || o.Products < o.Basis {
		return Ritz{}, fmt.Errorf("%d vectors and %d products for %d eigenvalues, want at least %d and as many", o.Basis, o.Products, k, min(k+2, n))
	}
	l := &krylov{n: n, m: o.Basis, times: times, v: make([]float64, (o.Basis+1)*n), t: make([]float64, o.Basis*o.Basis), random: rand.New(rand.NewPCG(o.Seed, uint64(n)))}
	l.draw(0)
	for kept := 0; ; {
		if err := l.extend(ctx, kept); err != nil {
			return Ritz{}, err
		}
		values, turn, err := EigenSym(1, l.t, l.m, true)
		if err != nil {
			return Ritz{}, err
		}
		if o.Smallest {
			slices.Reverse(values)
			turn = reversed(turn, l.m)
		}
		size := max(math.Abs(values[0]), math.Abs(values[l.m-1]))
		worst := 0.0
		for i := range k {
			worst = max(worst, l.residual(turn, i))
		}
		content := worst <= o.Tolerance*size
		if content || l.products >= o.Products {
			out := Ritz{Values: values[:k], Rows: Mul(1, false, false, k, n, l.m, turn, l.v), Products: l.products}
			for i := range k {
				out.Residuals = append(out.Residuals, l.residual(turn, i))
				orient(out.Rows[i*n : (i+1)*n])
			}
			if !content {
				return out, fmt.Errorf("residual %.2g of %.2g after %d products: %w", worst, size, l.products, ErrNotConverged)
			}
			return out, nil
		}
		kept = min(k+(l.m-k)/2, l.m-1)
		l.restart(kept, values, turn)
	}
}

// A krylov is an orthonormal basis of m vectors as rows, the one that would come next, and the matrix in that basis.
type krylov struct {
	n, m     int
	times    func(dst, x []float64) error
	v, t     []float64 // (m+1) x n and m x m
	beta     float64   // by which the last product leaves the basis
	products int
	random   *rand.Rand
}

func (l *krylov) row(j int) []float64 { return l.v[j*l.n : (j+1)*l.n] }

// draw sets vector j to a random one that is orthogonal to those before, nothing where there is none.
func (l *krylov) draw(j int) {
	x := l.row(j)
	for range 3 {
		for i := range x {
			x[i] = l.random.NormFloat64()
		}
		if j < l.n && unit(x) {
			l.orthogonal(x, j)
			if unit(x) {
				l.orthogonal(x, j)
				unit(x)
				return
			}
		}
	}
	clear(x)
}

// orthogonal takes the first j vectors off x and returns what it took of the last of them.
func (l *krylov) orthogonal(x []float64, j int) (last float64) {
	for q := range j {
		last = kernel.DotDouble(l.row(q), x)
		kernel.AddScaled64(x, -last, l.row(q))
	}
	return last
}

// extend fills the basis from vector kept on.
func (l *krylov) extend(ctx context.Context, kept int) error {
	for j := kept; j < l.m; j++ {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		w := l.row(j + 1)
		if err := l.times(w, l.row(j)); err != nil {
			return err
		}
		l.products++
		before := math.Sqrt(kernel.DotDouble(w, w))
		if before-before != 0 {
			return fmt.Errorf("product %d with the matrix is %v long, want a finite number", l.products, before)
		}
		alpha := l.orthogonal(w, j+1)
		alpha += l.orthogonal(w, j+1) // once more, for what the first time left
		l.t[j*l.m+j] = alpha
		if l.beta = math.Sqrt(kernel.DotDouble(w, w)); l.beta <= float64(l.n)*eps*before {
			l.beta = 0
			l.draw(j + 1)
		} else {
			for i := range w {
				w[i] /= l.beta
			}
		}
		if j+1 < l.m {
			l.t[j*l.m+j+1], l.t[(j+1)*l.m+j] = l.beta, l.beta
		}
	}
	return nil
}

// residual is that of Ritz vector i.
func (l *krylov) residual(turn []float64, i int) float64 {
	return math.Abs(l.beta * turn[i*l.m+l.m-1])
}

// restart keeps the first Ritz vectors, which all leave the basis along the one that comes next.
func (l *krylov) restart(kept int, values, turn []float64) {
	rows := Mul(1, false, false, kept, l.n, l.m, turn, l.v)
	copy(l.row(kept), l.row(l.m))
	copy(l.v, rows)
	clear(l.t)
	for i := range kept {
		l.t[i*l.m+i] = values[i]
		along := l.beta * turn[i*l.m+l.m-1]
		l.t[i*l.m+kept], l.t[kept*l.m+i] = along, along
	}
}

// reversed turns the order of n rows round.
func reversed(rows []float64, n int) []float64 {
	out := make([]float64, 0, len(rows))
	for i := n - 1; i >= 0; i-- {
		out = append(out, rows[i*n:(i+1)*n]...)
	}
	return out
}
