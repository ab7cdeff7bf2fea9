package linalg

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// timesOf is the operator of a dense matrix.
func timesOf(a []float64, n int) func(dst, x []float64) error {
	return func(dst, x []float64) error {
		copy(dst, Mul(1, false, false, n, 1, n, a, x))
		return nil
	}
}

// Both ends are those of the whole decomposition, with orthonormal vectors whose residuals are what is told.
func TestLanczos(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{1, 2, 3, 20, 90, 300} {
		a := make([]float64, n*n)
		for i := range n {
			for j := range i + 1 {
				a[i*n+j] = r.NormFloat64()
				a[j*n+i] = a[i*n+j]
			}
		}
		want, _, err := EigenSym(1, a, n, false)
		if err != nil {
			t.Fatal(err)
		}
		size := max(math.Abs(want[0]), math.Abs(want[n-1]))
		for _, k := range []int{1, 3, n} {
			if k > n {
				continue
			}
			for _, smallest := range []bool{false, true} {
				got, err := Lanczos(t.Context(), n, k, timesOf(a, n), LanczosOptions{Smallest: smallest, Tolerance: 1e-10})
				if err != nil {
					t.Fatalf("n = %d, k = %d: %v", n, k, err)
				}
				values := slices.Clone(want)
				if smallest {
					slices.Reverse(values)
				}
				for i, v := range got.Values {
					if d := math.Abs(v - values[i]); !(d <= 1e-10*size) {
						t.Errorf("n = %d, k = %d, smallest %v: value %d is %v, want %v", n, k, smallest, i, v, values[i])
					}
				}
				for i := range k {
					row := got.Rows[i*n : (i+1)*n]
					var rest float64
					for q, x := range Mul(1, false, false, n, 1, n, a, row) {
						rest += math.Pow(x-got.Values[i]*row[q], 2)
					}
					if rest = math.Sqrt(rest); math.Abs(rest-got.Residuals[i]) > 1e-12*size*float64(n) {
						t.Errorf("n = %d, k = %d: residual %d is %.3g, told as %.3g", n, k, i, rest, got.Residuals[i])
					}
				}
				for i, v := range Mul(1, false, true, k, k, n, got.Rows, got.Rows) {
					if d := math.Abs(v - float64(btoi(i/k == i%k))); !(d <= 1e-12*float64(n)) {
						t.Fatalf("n = %d, k = %d: vectors %d and %d have product %v", n, k, i/k, i%k, v)
					}
				}
			}
		}
	}
}

// The ends of the path graph's Laplacian, which lie close together, are 2 - 2 cos(pi j / n), found after restarts.
func TestLanczosRestarts(t *testing.T) {
	const n, k = 400, 4
	path := func(dst, x []float64) error {
		for i, v := range x {
			dst[i] = 0
			if i > 0 {
				dst[i] += v - x[i-1]
			}
			if i < n-1 {
				dst[i] += v - x[i+1]
			}
		}
		return nil
	}
	got, err := Lanczos(t.Context(), n, k, path, LanczosOptions{Products: 4000})
	if err != nil {
		t.Fatal(err)
	}
	if got.Products <= 2*k+20 {
		t.Errorf("%d products: nothing was restarted", got.Products)
	}
	for i, v := range got.Values {
		if want := 2 - 2*math.Cos(math.Pi*float64(n-1-i)/n); math.Abs(v-want) > 1e-7 {
			t.Errorf("value %d is %v, want %v", i, v, want)
		}
	}
	few, err := Lanczos(t.Context(), n, k, path, LanczosOptions{Products: 60})
	if !errors.Is(err, ErrNotConverged) || len(few.Values) != k || few.Residuals[k-1] < 1e-7 {
		t.Errorf("60 products gave %v with residuals %v, %v", few.Values, few.Residuals, err)
	}
}

// A matrix that leaves a start where it is, is gone on with from others; what cannot be computed is an error.
func TestLanczosBreaksOff(t *testing.T) {
	const n = 40
	for name, scale := range map[string]float64{"identity": 1, "zero": 0} {
		got, err := Lanczos(t.Context(), n, 3, func(dst, x []float64) error {
			for i, v := range x {
				dst[i] = scale * v
			}
			return nil
		}, LanczosOptions{})
		if err != nil || !slices.Equal(got.Values, []float64{scale, scale, scale}) {
			t.Errorf("%s: %v, %v", name, got.Values, err)
		}
	}
	nan := func(dst, _ []float64) error { dst[3] = math.NaN(); return nil }
	if _, err := Lanczos(t.Context(), n, 1, nan, LanczosOptions{}); err == nil {
		t.Error("values of NaN were taken")
	}
	own := errors.New("own")
	if _, err := Lanczos(t.Context(), n, 1, func(_, _ []float64) error { return own }, LanczosOptions{}); !errors.Is(err, own) {
		t.Errorf("error %v, want the operator's", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := Lanczos(ended, n, 1, nan, LanczosOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	for _, bad := range []struct{ n, k, basis int }{{0, 1, 0}, {5, 0, 0}, {5, 6, 0}, {9, 4, 5}} {
		if _, err := Lanczos(t.Context(), bad.n, bad.k, nan, LanczosOptions{Basis: bad.basis}); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}
