package linalg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// The largest eigenvalues and their vectors are those of the whole decomposition, of equal ones the space.
func TestEigenTop(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 2, 5, 33, 70, 150} {
		all := matrices(r, n)
		all["clusters"] = apart(r, n, 4)
		for name, a := range all {
			want, _, err := EigenSym(1, a, n, false)
			if err != nil {
				t.Fatal(err)
			}
			var size float64
			for _, v := range a {
				size = max(size, math.Abs(v))
			}
			for _, k := range []int{1, n / 8, n / 4, n} {
				if k == 0 {
					continue
				}
				values, rows, err := EigenTop(1, a, n, k)
				if err != nil || len(values) != k || len(rows) != k*n {
					t.Fatalf("%s, n = %d: %d values, %d rows, %v", name, n, len(values), len(rows), err)
				}
				for i, v := range values {
					if d := math.Abs(v - want[i]); !(d <= 4e-15*float64(n)*size) {
						t.Errorf("%s, n = %d, k = %d: value %d is %v, want %v", name, n, k, i, v, want[i])
					}
				}
				if d := residual(a, values, rows, n, size); !(d <= 1e-14*float64(n)) {
					t.Errorf("%s, n = %d, k = %d: a v - value v is %.2g of the matrix", name, n, k, d)
				}
				for i, v := range Mul(1, false, true, k, k, n, rows, rows) {
					if d := math.Abs(v - float64(btoi(i/k == i%k))); !(d < 1e-13) {
						t.Fatalf("%s, n = %d: vectors %d and %d have product %v", name, n, i/k, i%k, v)
					}
				}
			}
		}
	}
}

// apart is the normalised affinity of groups that are not joined: as many eigenvalues of 1.
func apart(r *rand.Rand, n, groups int) []float64 {
	a := make([]float64, n*n)
	degree := make([]float64, n)
	for i := range n {
		for j := range i + 1 {
			if i%groups == j%groups {
				a[i*n+j] = 0.1 + r.Float64()
				a[j*n+i] = a[i*n+j]
			}
		}
	}
	for i := range n {
		for j := range n {
			degree[i] += a[i*n+j]
		}
	}
	for i := range n {
		for j := range n {
			a[i*n+j] /= math.Sqrt(degree[i] * degree[j])
		}
	}
	return a
}

// The whole decomposition is a way out that these matrices do not need.
func TestTopIsSharp(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	const n = 120
	all := matrices(r, n)
	all["clusters"] = apart(r, n, 9)
	delete(all, "zero")
	for name, a := range all {
		scale, err := scaleOf(a, n)
		if err != nil {
			t.Fatal(err)
		}
		for i := range a {
			a[i] *= scale
		}
		if _, _, ok := reduce(1, a, n, 1).top(n / 4); !ok {
			t.Errorf("%s: a vector did not come", name)
		}
	}
}

// The eigenvalues of the second difference are 2 - 2 cos(pi i/(n+1)), their vectors sines (closed form).
func TestEigenTopClosedForm(t *testing.T) {
	const n = 100
	a := make([]float64, n*n)
	for i := range n {
		a[i*n+i] = 2
		if i > 0 {
			a[i*n+i-1], a[(i-1)*n+i] = -1, -1
		}
	}
	values, rows, err := EigenTop(1, a, n, 5)
	if err != nil {
		t.Fatal(err)
	}
	for j, v := range values {
		at := float64(n - j)
		if want := 2 - 2*math.Cos(math.Pi*at/(n+1)); math.Abs(v-want) > 1e-13 {
			t.Errorf("value %d is %v, want %v", j, v, want)
		}
		var product float64
		for i := range n {
			product += rows[j*n+i] * math.Sqrt(2.0/(n+1)) * math.Sin(math.Pi*at*float64(i+1)/(n+1))
		}
		if math.Abs(math.Abs(product)-1) > 1e-12 {
			t.Errorf("vector %d has cosine %v with the sine", j, product)
		}
	}
}

func TestEigenTopSameForAnyWorkers(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 9))
	const n = 430
	a := matrices(r, n)["random"]
	values, rows, err := EigenTop(1, a, n, 11)
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{2, 5} {
		v, x, err := EigenTop(workers, a, n, 11)
		if err != nil || !equal(v, values) || !equal(x, rows) {
			t.Errorf("%d workers give other bits, error %v", workers, err)
		}
	}
	if _, _, err := EigenTop(1, []float64{math.NaN()}, 1, 1); err == nil {
		t.Error("NaN gives no error")
	}
}

func BenchmarkEigenTop(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{256, 512} {
		a := apart(r, n, 10)
		b.Run(fmt.Sprintf("n=%d/top=11", n), func(b *testing.B) {
			for b.Loop() {
				if _, _, err := EigenTop(1, a, n, 11); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("n=%d/all", n), func(b *testing.B) {
			for b.Loop() {
				if _, _, err := EigenSym(1, a, n, true); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
