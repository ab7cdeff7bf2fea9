package linalg

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Solutions are those of gonum's Cholesky factor, for each shift, at every size of block, and whatever the
// matrix's scale.
func TestShiftedSolvesWithEachShift(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{1, 2, 3, 31, 32, 33, 34, 65, 130} {
		for _, size := range []float64{1, 1e-150, 1e150} {
			const rows = 3
			half := normal(r, n, n)
			a := Mul(1, false, true, n, n, n, half, half) // positive semidefinite
			for i := range a {
				a[i] *= size
			}
			b := normal(r, rows, n)
			want, err := NewShifted(1, slices.Clone(a), n)
			if err != nil {
				t.Fatal(err)
			}
			values, err := want.Values()
			if err != nil {
				t.Fatal(err)
			}
			all, _, err := EigenSym(1, a, n, false)
			for i := range all {
				if d := math.Abs(values[i] - all[i]); err != nil || d > 1e-12*all[0] {
					t.Fatalf("n = %d: value %d is %v, want %v, %v", n, i, values[i], all[i], err)
				}
			}
			for _, p := range []float64{1e-3, 1, 1e6} {
				p *= size * float64(n)
				x := slices.Clone(b)
				want.Into(x, rows)
				want.Solve(p, x, rows)
				want.OutOf(x, rows)
				sum := mat.NewSymDense(n, nil)
				for i := range n {
					for j := range n {
						sum.SetSym(i, j, a[i*n+j]/size)
					}
					sum.SetSym(i, i, (a[i*n+i]+p)/size)
				}
				var c mat.Cholesky
				if !c.Factorize(sum) {
					t.Fatal("gonum finds the sum not positive definite")
				}
				for k := range rows {
					var y mat.VecDense
					if err := c.SolveVecTo(&y, mat.NewVecDense(n, b[k*n:(k+1)*n])); err != nil {
						t.Fatal(err)
					}
					for i := range n {
						if d := math.Abs(x[k*n+i]*size - y.AtVec(i)); d > 1e-10*mat.Norm(&y, 2) {
							t.Fatalf("n = %d, size %g, shift %g: entry %d is %v, want %v", n, size, p, i, x[k*n+i]*size, y.AtVec(i))
						}
					}
				}
			}
		}
	}
}

// Coordinates keep lengths, and coming back gives what went in.
func TestShiftedTurnsThereAndBack(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	const n, rows = 77, 4
	half := normal(r, n, n)
	s, err := NewShifted(2, Mul(1, false, true, n, n, n, half, half), n)
	if err != nil {
		t.Fatal(err)
	}
	b := normal(r, rows, n)
	x := slices.Clone(b)
	s.Into(x, rows)
	for k := range rows {
		if a, b := norm(x[k*n:(k+1)*n]), norm(b[k*n:(k+1)*n]); math.Abs(a-b) > 1e-12*b {
			t.Errorf("row %d has length %v, want %v", k, a, b)
		}
	}
	s.OutOf(x, rows)
	for i := range x {
		if math.Abs(x[i]-b[i]) > 1e-13*n {
			t.Fatalf("value %d comes back as %v, want %v", i, x[i], b[i])
		}
	}
	if _, err := NewShifted(1, []float64{1, math.NaN(), math.NaN(), 1}, 2); err == nil {
		t.Error("a matrix that is not finite was taken")
	}
}

func normal(r *rand.Rand, rows, cols int) []float64 {
	out := make([]float64, rows*cols)
	for i := range out {
		out[i] = r.NormFloat64()
	}
	return out
}

func norm(x []float64) float64 {
	var s float64
	for _, v := range x {
		s += v * v
	}
	return math.Sqrt(s)
}
