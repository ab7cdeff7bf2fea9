package linalg

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestCholesky(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for _, n := range []int{1, 2, 63, 64, 65, 200} {
		x := make([]float64, n*(n+3))
		for i := range x {
			x[i] = r.NormFloat64()
		}
		a := Mul(1, false, true, n, n, n+3, x, x)
		l := append([]float64(nil), a...)
		if err := Cholesky(2, l, n); err != nil {
			t.Fatal(err)
		}
		for i, v := range Mul(1, false, true, n, n, n, l, l) {
			if math.Abs(v-a[i]) > 1e-12*float64(n) {
				t.Fatalf("n = %d: l l' is %v at (%d, %d), want %v", n, v, i/n, i%n, a[i])
			}
		}
		const m = 3
		b := make([]float64, n*m)
		for i := range b {
			b[i] = r.NormFloat64()
		}
		solution := append([]float64(nil), b...)
		SolveCholesky(1, l, n, solution, m)
		var size float64
		for _, v := range solution {
			size = max(size, math.Abs(v))
		}
		for i, v := range Mul(1, false, false, n, m, n, a, solution) {
			if math.Abs(v-b[i]) > 1e-12*float64(n)*(1+size) {
				t.Fatalf("n = %d: a x is %v at (%d, %d), want %v", n, v, i/m, i%m, b[i])
			}
		}
		once := append([]float64(nil), l...)
		if err := Cholesky(1, append(once[:0], a...), n); err != nil || !equal(once, l) {
			t.Errorf("n = %d: one worker gives other bits, error %v", n, err)
		}
	}
}

func TestCholeskyIndefinite(t *testing.T) {
	for _, a := range [][]float64{{1, 2, 2, 1}, {0, 0, 0, 0}, {math.NaN(), 0, 0, 1}, {math.Inf(1), 0, 0, 1}} {
		err := Cholesky(1, a, 2)
		if err == nil || !strings.Contains(err.Error(), "not positive definite") {
			t.Errorf("error is %v, want one that says not positive definite", err)
		}
	}
}

func TestSVDValues(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for _, s := range [][2]int{{1, 1}, {9, 4}, {4, 9}, {60, 50}, {200, 20}} {
		m, n := s[0], s[1]
		a := make([]float64, m*n)
		for i := range a {
			a[i] = r.NormFloat64()
		}
		got, err := SVDValues(a, m, n)
		if err != nil {
			t.Fatal(err)
		}
		values, _, err := EigenSym(1, Mul(1, true, false, n, n, m, a, a), n, false)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			if math.Abs(v*v-values[i]) > 1e-11*values[0] {
				t.Errorf("%v: value %d is %v, want the root of %v", s, i, v, values[i])
			}
		}
		var reference mat.SVD
		if !reference.Factorize(mat.NewDense(m, n, a), mat.SVDNone) {
			t.Fatal("gonum does not converge")
		}
		for i, want := range reference.Values(nil) {
			if math.Abs(got[i]-want) > 1e-13*got[0] {
				t.Errorf("%v: value %d is %v, want %v", s, i, got[i], want)
			}
		}
	}
	got, err := SVDValues([]float64{3, 0, 4, 5}, 2, 2) // TV-21: the roots of 45 and 5
	if err != nil || math.Abs(got[0]-math.Sqrt(45)) > 1e-14 || math.Abs(got[1]-math.Sqrt(5)) > 1e-14 {
		t.Errorf("values %v (%v), want the roots of 45 and 5", got, err)
	}
	if _, err := SVDValues([]float64{math.Inf(1)}, 1, 1); err == nil {
		t.Error("Inf gives no error")
	}
}

// The nuclear norm is the sum of the singular values, on either side and without full rank.
func TestNuclear(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 7))
	for _, c := range [][3]int{{1, 1, 1}, {30, 30, 30}, {70, 20, 20}, {20, 90, 20}, {40, 40, 3}} {
		m, n, rank := c[0], c[1], c[2]
		left, right := make([]float64, m*rank), make([]float64, rank*n)
		for i := range left {
			left[i] = r.NormFloat64()
		}
		for i := range right {
			right[i] = r.NormFloat64()
		}
		a := Mul(1, false, false, m, n, rank, left, right)
		values, err := SVDValues(a, m, n)
		if err != nil {
			t.Fatal(err)
		}
		want := 0.0
		for _, v := range values {
			want += v
		}
		if got, err := Nuclear(a, m, n); err != nil || math.Abs(got/want-1) > 1e-7 {
			t.Errorf("%v: %v, want %v; %v", c, got, want, err)
		}
	}
	if _, err := Nuclear([]float64{math.Inf(1)}, 1, 1); err == nil {
		t.Error("an infinite matrix has a nuclear norm")
	}
}
