package linalg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// matrices are symmetric matrices of many spectra.
func matrices(r *rand.Rand, n int) map[string][]float64 {
	make2 := func(f func(i, j int) float64) []float64 {
		a := make([]float64, n*n)
		for i := range n {
			for j := range i + 1 {
				a[i*n+j] = f(i, j)
				a[j*n+i] = a[i*n+j]
			}
		}
		return a
	}
	u := make([]float64, n)
	for i := range u {
		u[i] = r.NormFloat64()
	}
	thin := make([]float64, n*3)
	for i := range thin {
		thin[i] = r.NormFloat64()
	}
	return map[string][]float64{
		"random":   make2(func(i, j int) float64 { return r.NormFloat64() }),
		"zero":     make2(func(i, j int) float64 { return 0 }),
		"identity": make2(func(i, j int) float64 { return float64(btoi(i == j)) }),
		"one":      make2(func(i, j int) float64 { return u[i] * u[j] }),
		"rank 3":   Mul(1, false, true, n, n, 3, thin, thin),
		"graded":   make2(func(i, j int) float64 { return math.Pow(10, -float64(i+j)/4) * (1 + u[i]*u[j]) }),
		"rising":   make2(func(i, j int) float64 { return math.Pow(10, -float64(2*n-i-j)/4) * (1 + u[i]*u[j]) }),
		"large":    make2(func(i, j int) float64 { return 1e300 * math.Cos(float64(i+j)) }),
		"small":    make2(func(i, j int) float64 { return 1e-300 * math.Cos(float64(i*j)) }),
		"tiny": make2(func(i, j int) float64 {
			if i < n/2 {
				return 1e-200 * math.Cos(float64(i*j))
			}
			return float64(btoi(i == j))
		}),
		"hilbert": make2(func(i, j int) float64 { return 1 / float64(i+j+1) }),
		"blocks":  make2(func(i, j int) float64 { return float64(btoi(i/5 == j/5)) }),
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestEigenSym(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{1, 2, 3, 17, 33, 70} {
		for name, a := range matrices(r, n) {
			values, rows, err := EigenSym(1, a, n, true)
			if err != nil {
				t.Fatalf("%s, n = %d: %v", name, n, err)
			}
			only, none, err := EigenSym(2, a, n, false)
			if err != nil || none != nil {
				t.Fatalf("%s, n = %d: values only give vectors %v and error %v", name, n, none != nil, err)
			}
			var size float64
			for _, v := range a {
				size = max(size, math.Abs(v))
			}
			bound := 4e-15 * float64(n) * size
			scaled := make([]float64, n*n) // gonum 0.17 panics on very large and very small matrices and blocks
			for i, v := range a {
				scaled[i] = v / max(size, 1e-308)
			}
			want := only
			var reference mat.EigenSym
			if name != "tiny" && !reference.Factorize(mat.NewSymDense(n, scaled), false) {
				t.Fatalf("%s, n = %d: gonum does not converge", name, n)
			}
			if name != "tiny" {
				want = reference.Values(nil)
				slices.Reverse(want)
				for i := range want {
					want[i] *= size
				}
			}
			for i, v := range values {
				if d := math.Abs(v - want[i]); !(d <= bound) {
					t.Errorf("%s, n = %d: value %d is %v, want %v", name, n, i, v, want[i])
				}
				if d := math.Abs(v - only[i]); !(d <= bound) {
					t.Errorf("%s, n = %d: value %d is %v with vectors and %v without", name, n, i, v, only[i])
				}
			}
			if d := residual(a, values, rows, n, size); d > 4e-15*float64(n) {
				t.Errorf("%s, n = %d: a v - value v is %.2g of the matrix", name, n, d)
			}
			identity := Mul(1, false, true, n, n, n, rows, rows)
			for i, v := range identity {
				if d := math.Abs(v - float64(btoi(i/n == i%n))); d > 1e-14*float64(n) {
					t.Fatalf("%s, n = %d: vectors %d and %d have product %v", name, n, i/n, i%n, v)
				}
			}
		}
	}
}

// residual is the largest entry of a*v - value*v over all pairs, beside size.
func residual(a, values, rows []float64, n int, size float64) float64 {
	var w float64
	for q, value := range values {
		v := rows[q*n : (q+1)*n]
		for i := range n {
			s := -value / max(size, 1e-308) * v[i]
			for j := range n {
				s += a[i*n+j] / max(size, 1e-308) * v[j]
			}
			w = max(w, math.Abs(s))
		}
	}
	return w
}

// Larger than a panel, a batch and a worker's share: the same bits for any number of workers.
func TestEigenSymLarge(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	const n = 430
	a := matrices(r, n)["random"]
	values, rows, err := EigenSym(1, a, n, true)
	if err != nil {
		t.Fatal(err)
	}
	if d := residual(a, values, rows, n, 1); d > 1e-12 {
		t.Errorf("a v - value v is %.2g", d)
	}
	for _, workers := range []int{2, 5} {
		v, x, err := EigenSym(workers, a, n, true)
		if err != nil || !equal(v, values) || !equal(x, rows) {
			t.Errorf("%d workers give other bits, error %v", workers, err)
		}
	}
}

// With fewer cores than workers the first one goes on alone, with the same result.
func TestReduceOnFewerCores(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	const n = 600
	a := matrices(r, n)["random"]
	want := reduce(1, a, n, 1)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for range 3 {
		if got := reduce(3, a, n, 1); !equal(got.d, want.d) || !equal(got.e, want.e) || !equal(got.tau, want.tau) {
			t.Error("3 workers on one core give other bits than one")
		}
	}
}

func TestEigenSymNotFinite(t *testing.T) {
	if _, _, err := EigenSym(1, []float64{1, math.NaN(), math.NaN(), 1}, 2, false); err == nil {
		t.Error("NaN gives no error")
	}
}

// The eigenvalues of the second difference are 2 - 2 cos(pi k/(n+1)) (closed form).
func TestEigenSymClosedForm(t *testing.T) {
	const n = 100
	a := make([]float64, n*n)
	for i := range n {
		a[i*n+i] = 2
		if i > 0 {
			a[i*n+i-1], a[(i-1)*n+i] = -1, -1
		}
	}
	values, _, err := EigenSym(1, a, n, false)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		if want := 2 - 2*math.Cos(math.Pi*float64(n-i)/(n+1)); math.Abs(v-want) > 1e-13 {
			t.Errorf("value %d is %v, want %v", i, v, want)
		}
	}
}

func BenchmarkEigenSym(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{256, 512, 1024} {
		a := matrices(r, n)["random"]
		for _, vectors := range []bool{false, true} {
			for workers := 1; workers <= 2; workers++ {
				b.Run(fmt.Sprintf("n=%d/vectors=%v/workers=%d", n, vectors, workers), func(b *testing.B) {
					for b.Loop() {
						if _, _, err := EigenSym(workers, a, n, vectors); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
