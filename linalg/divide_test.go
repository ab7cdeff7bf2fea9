package linalg

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// hard are tridiagonal matrices whose halves share eigenvalues, or nearly do, and others.
func hard(r *rand.Rand, n int) map[string][2][]float64 {
	all := map[string][2][]float64{}
	add := func(name string, d, e func(i int) float64) {
		a, b := make([]float64, n), make([]float64, n-1)
		for i := range a {
			a[i] = d(i)
			if i > 0 {
				b[i-1] = e(i - 1)
			}
		}
		all[name] = [2][]float64{a, b}
	}
	constant := func(v float64) func(int) float64 { return func(int) float64 { return v } }
	glue := func(v float64) func(int) float64 {
		return func(i int) float64 {
			if i%21 == 20 {
				return v
			}
			return 1
		}
	}
	add("random", func(int) float64 { return r.NormFloat64() }, func(int) float64 { return r.NormFloat64() })
	add("second difference", constant(2), constant(-1))
	add("Wilkinson", func(i int) float64 { return math.Abs(float64(i) - float64(n-1)/2) }, constant(1))
	add("glued Wilkinson", func(i int) float64 { return math.Abs(float64(i%21) - 10) }, glue(0x1p-26))
	add("loosely glued", func(i int) float64 { return math.Abs(float64(i%21) - 10) }, glue(1e-14))
	add("equal", constant(3), constant(1e-17))
	add("zero", constant(0), constant(0))
	add("all but apart", func(i int) float64 { return float64(i % 3) }, func(i int) float64 { return 1e-9 * float64(i%2) })
	add("Clement", constant(0), func(i int) float64 { return math.Sqrt(float64((i + 1) * (n - 1 - i))) })
	add("graded", func(i int) float64 { return math.Pow(2, -float64(i)) }, func(i int) float64 { return math.Pow(2, -float64(i)-1) })
	add("rising", func(i int) float64 { return math.Pow(2, float64(i-n)) }, func(i int) float64 { return -math.Pow(2, float64(i-n)) })
	return all
}

// Vectors are orthogonal and belong to their values, which are those of bisection.
func TestDivide(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	for _, n := range []int{1, 2, 31, 33, 66, 147, 301} {
		for name, m := range hard(r, n) {
			d, e := slices.Clone(m[0]), slices.Clone(m[1])
			rows, _, err := divide(1, d, e, true)
			if err != nil {
				t.Fatalf("%s, n = %d: %v", name, n, err)
			}
			a := tridiagonal{n: n, d: m[0], e: m[1]}
			size := 1e-300
			for i, v := range a.d {
				size = max(size, math.Abs(v)+a.radius(i))
			}
			for i, v := range d {
				if w := a.residual(v, rows[i*n:(i+1)*n]); !(w <= 40*eps*size) {
					t.Errorf("%s, n = %d: residual %d is %.2g of the matrix", name, n, i, w/size)
				}
			}
			for i, v := range Mul(1, false, true, n, n, n, rows, rows) {
				if w := math.Abs(v - float64(btoi(i/n == i%n))); !(w <= 1e-14*math.Sqrt(float64(n))) {
					t.Fatalf("%s, n = %d: vectors %d and %d have product %v", name, n, i/n, i%n, v)
				}
			}
			only, e := slices.Clone(m[0]), slices.Clone(m[1])
			if none, _, err := divide(2, only, e, false); err != nil || none != nil {
				t.Fatalf("%s, n = %d: values alone give vectors %v and error %v", name, n, none != nil, err)
			}
			slices.Sort(only)
			slices.Sort(d)
			for i, v := range d {
				if !(math.Abs(v-only[i]) <= 20*eps*size) {
					t.Errorf("%s, n = %d: value %d is %v alone and %v with vectors", name, n, i, only[i], v)
				}
				if want := a.bisect(n-1-i, -2*size, 2*size, size); !(math.Abs(v-want) <= 20*eps*size) {
					t.Errorf("%s, n = %d: value %d is %v, want %v", name, n, i, v, want)
				}
			}
			for _, workers := range []int{2, 3, 5} {
				d2, e2 := slices.Clone(m[0]), slices.Clone(m[1])
				again, _, err := divide(workers, d2, e2, true)
				if slices.Sort(d2); err != nil || !equal(again, rows) || !equal(d2, d) {
					t.Errorf("%s, n = %d: %d workers give other bits, error %v", name, n, workers, err)
				}
			}
		}
	}
}

// Halves that share values, and those that barely touch, leave few roots to be found.
func TestDeflate(t *testing.T) {
	const n = 64
	for name, want := range map[string]int{"zero": 0, "equal": 0, "second difference": n / 2, "glued Wilkinson": n * 3 / 4} {
		m := hard(rand.New(rand.NewPCG(1, 3)), n)[name]
		v := &division{n: n, workers: 1, d: m[0], e: m[1], z: make([]float64, n*n), ends: make([]float64, 2*n), order: make([]int, n)}
		v.d[n/2-1] -= math.Abs(v.e[n/2-1])
		v.d[n/2] -= math.Abs(v.e[n/2-1])
		if v.solve(0, n/2) != nil || v.solve(n/2, n) != nil {
			t.Fatal("a half is not solved")
		}
		p := v.deflate(0, n/2, n)
		if len(p.kept)+len(p.gone) != n || len(p.kept) > want || len(p.kept) == 0 && want > 0 {
			t.Errorf("%s: %d rows take part and %d do not, want at most %d", name, len(p.kept), len(p.gone), want)
		}
		if !slices.IsSortedFunc(p.kept, func(i, j int) int { return int(math.Copysign(1, v.d[i]-v.d[j])) }) {
			t.Errorf("%s: values of kept rows do not rise", name)
		}
	}
}

// Two poles have the roots of a quadratic equation; with three and equal weights the middle root is 0 by symmetry.
func TestSecular(t *testing.T) {
	const w = 0.6
	s := secular{d: []float64{-1, 1}, square: []float64{w, w}, rho: 2}
	// 1/rho + w/(-1-x) + w/(1-x) = 0 is x^2 - 2 w rho x - 1 = 0.
	for j, want := range []float64{w*2 - math.Sqrt(w*w*4+1), w*2 + math.Sqrt(w*w*4+1)} {
		if root := s.root(j); math.Abs(root.origin+root.x-want) > 4*eps || math.Abs(root.x) > 1 && j == 0 {
			t.Errorf("root %d is %v, want %v from the nearer pole", j, root, want)
		}
	}
	// A weight of nothing, nearly: the root is a hair's breadth from the pole. The other terms are 1 - 1 + 1 = 1 there.
	s = secular{d: []float64{0, 1, 2}, square: []float64{1, 1e-30, 1}, rho: 1}
	if root := s.root(1); root.origin != 1 || math.Abs(root.x-1e-30) > 1e-44 {
		t.Errorf("root by a pole of weight 1e-30 is %v, want 1e-30 from 1", root)
	}
}
