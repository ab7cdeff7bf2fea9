package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// ulps is the distance of got from want in units in the last place of want as a float32.
func ulps(got float32, want float64) float64 {
	w := float32(want)
	if got == w || math.IsNaN(want) && got != got {
		return 0
	}
	size := math.Abs(want)
	unit := math.Ldexp(1, -149)
	if size >= math.Ldexp(1, -126) {
		_, e := math.Frexp(size)
		unit = math.Ldexp(1, e-24)
	}
	d := math.Abs(float64(got)-want) / unit
	if d != d {
		return math.Inf(1)
	}
	return d
}

// patterns are float32 values all over the range, every special one among them.
func patterns(step uint32) []float32 {
	inf := float32(math.Inf(1))
	list := []float32{0, float32(math.Copysign(0, -1)), 1, -1, inf, -inf, float32(math.NaN()), math.MaxFloat32, -math.MaxFloat32,
		math.SmallestNonzeroFloat32, 1e-40, -1e-40, 88.72283, 88.72284, 89, -87.33654, -103.97, -103.98, -104, 0.625, 4, -4}
	for bits := uint64(step / 2); bits < 1<<32; bits += uint64(step) {
		list = append(list, math.Float32frombits(uint32(bits)))
	}
	return list
}

func sigmoid64(x float64) float64 {
	if x < 0 {
		return math.Exp(x) / (1 + math.Exp(x))
	}
	return 1 / (1 + math.Exp(-x))
}

// A grid through all bit patterns, and a dense one where the functions bend, against math.
func TestFunctions32(t *testing.T) {
	x := patterns(3001)
	for v := -20.0; v < 20; v += 1.3e-4 {
		x = append(x, float32(v))
	}
	eachSet(t, func(t *testing.T) {
		for _, c := range []struct {
			name  string
			f     func(dst, src []float32)
			want  func(float64) float64
			bound float64
		}{{"exp", Exp32, math.Exp, 1.03}, {"tanh", Tanh32, math.Tanh, 1.32}, {"erf", Erf32, math.Erf, 1.07}, {"sigmoid", Sigmoid32, sigmoid64, 2.2}} {
			got := make([]float32, len(x))
			c.f(got, x)
			worst, at := 0.0, 0
			for i, v := range x {
				if d := ulps(got[i], c.want(float64(v))); d > worst {
					worst, at = d, i
				}
			}
			t.Logf("%s: %.3f ulp at %v", c.name, worst, x[at])
			if worst > c.bound {
				t.Errorf("%s(%v) is %v, want %v: %.2f units in the last place, want at most %v", c.name, x[at], got[at], c.want(float64(x[at])), worst, c.bound)
			}
		}
		got := make([]float32, len(x))
		Gelu32(got, x)
		worst := 0.0
		for i, v := range x {
			w := float64(v) / 2 * (1 + math.Erf(float64(v)/math.Sqrt2))
			if math.IsNaN(w) != (got[i] != got[i]) {
				t.Fatalf("gelu(%v) is %v, want %v", v, got[i], w)
			}
			if d := math.Abs(float64(got[i])-w) / max(math.Abs(float64(v)), 1); d > worst {
				worst = d
			}
		}
		t.Logf("gelu: %.3g", worst)
		if worst > 8e-8 {
			t.Errorf("gelu is off by %.3g, want at most 8e-8", worst)
		}
	})
}

func sameBits(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

// Arithmetic, bounds and sums have the same bits under every set, at every length and in place.
func TestVectorsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	nan := float32(math.NaN())
	for n := range 70 {
		a, b := random[float32](r, n), random[float32](r, n)
		for i := range a {
			switch r.IntN(20) {
			case 0:
				a[i] = nan
			case 1:
				a[i] = float32(math.Copysign(0, -1))
			case 2:
				b[i] = infinity
			case 3:
				b[i] = 0
			}
		}
		mean := random[float64](r, n)
		outcome := func() (all []float32) {
			d := make([]float32, n)
			for _, f := range []func(dst, a, b []float32){Add32, Sub32, Mul32, Div32, Larger32} {
				f(d, a, b)
				all = append(all, d...)
			}
			for _, f := range []func(dst, a []float32){Relu32,
				func(d, a []float32) { Clip32(d, a, -0.5, 0.7) }, func(d, a []float32) { Scale32(d, a, 3) },
				func(d, a []float32) { AddScalar32(d, a, 3) }, func(d, a []float32) { Centre32(d, a, mean, 0.7) }} {
				copy(d, a)
				f(d, d)
				all = append(all, d...)
			}
			for rows := range 3 {
				MaxPairs32(d, a, n/max(1, 2*rows), n/max(1, 4*rows), rows)
				all = append(all, d...)
			}
			Second32(d[:(n+1)/2], a)
			all = append(all, d...)
			sums := append([]float64(nil), mean...)
			AddTo64(sums, a)
			if d, w := Distance64(a, mean), distancePortable(a, mean); !(math.Abs(d-w) <= 1e-14*w) && !(d != d && w != w) && d != w {
				t.Fatalf("%s, n = %d: distance is %v, want %v", current.name, n, d, w)
			}
			for _, v := range append(sums, Sum64(a), Sum64(b), Dot64(a, b), SumSq64(b)) {
				all = append(all, float32(v), float32((v-float64(float32(v)))*1e9))
			}
			return append(all, Max32(a), Max32(b))
		}
		was := current
		current = portable
		want := outcome()
		for _, s := range available() {
			current = s
			for i, v := range outcome() {
				if !sameBits(v, want[i]) {
					t.Fatalf("%s, n = %d: value %d is %v, want %v", s.name, n, i, v, want[i])
				}
			}
		}
		current = was
	}
}

func TestMax32(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		if v := Max32(nil); !math.IsInf(float64(v), -1) {
			t.Errorf("maximum of nothing is %v, want -Inf", v)
		}
		for n := 1; n < 40; n++ {
			for at := range n {
				x := make([]float32, n)
				for i := range x {
					x[i] = float32(-i - 1)
				}
				x[at] = 5
				if v := Max32(x); v != 5 {
					t.Fatalf("maximum is %v, want 5", v)
				}
				x[at] = float32(math.NaN())
				if v := Max32(x); v == v {
					t.Fatalf("NaN at %d of %d gives %v, want NaN", at, n, v)
				}
			}
		}
	})
}

func TestMoments32(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	eachSet(t, func(t *testing.T) {
		for n := 1; n < 70; n++ {
			for at := range n {
				x := random[float32](r, n)
				x[(at+1)%n] = -9
				x[at] = 7
				low := float32(-9)
				if n == 1 {
					low = 7
				}
				want := Moments{Sum64(x), SumSq64(x), low, 7}
				if m := Moments32(x); m != want {
					t.Fatalf("7 at %d of %d: %v, want %v", at, n, m, want)
				}
				for _, bad := range []float32{infinity, -infinity, float32(math.NaN())} {
					x[at] = bad
					if m := Moments32(x); !math.IsNaN(m.Square) && !math.IsInf(m.Square, 0) {
						t.Fatalf("%v at %d of %d: square %v, want none that is finite", bad, at, n, m.Square)
					}
				}
			}
		}
	})
}

func TestAddMoments32(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 10))
	eachSet(t, func(t *testing.T) {
		for n := range 40 {
			total, square := random[float64](r, n), random[float64](r, n)
			low, high, row := random[float32](r, n), random[float32](r, n), random[float32](r, n)
			for i, v := range low {
				low[i], high[i] = min(v, high[i]), max(v, high[i])
			}
			var want []Moments
			for i, v := range row {
				want = append(want, Moments{total[i] + float64(v), square[i] + float64(v)*float64(v), min(low[i], v), max(high[i], v)})
			}
			AddMoments32(total, square, low, high, row)
			for i, w := range want {
				if m := (Moments{total[i], square[i], low[i], high[i]}); m != w {
					t.Fatalf("column %d of %d: %v, want %v", i, n, m, w)
				}
			}
		}
	})
}

func TestRows32(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	eachSet(t, func(t *testing.T) {
		for _, cols := range []int{1, 7, 16, 77} {
			const rows = 3
			x, scale, bias := random[float32](r, rows*cols), random[float32](r, cols), random[float32](r, cols)
			for i := range x {
				x[i] = x[i]*5 + 1e4
			}
			soft, norm := make([]float32, len(x)), make([]float32, len(x))
			SoftmaxRows32(soft, x, rows, cols)
			LayerNormRows32(norm, x, rows, cols, 1e-5, scale, bias)
			parts := make([]float32, len(x))
			LayerNormRows32(parts, x, rows, cols, 1e-5, scale, nil)
			for i := range parts {
				parts[i] += bias[i%cols]
			}
			for i := range rows {
				var top, sum, mean, variance float64
				row := x[i*cols : (i+1)*cols]
				for _, v := range row {
					top = max(top, float64(v))
					mean += float64(v) / float64(cols)
				}
				for _, v := range row {
					sum += math.Exp(float64(v) - top)
					variance += (float64(v) - mean) * (float64(v) - mean) / float64(cols)
				}
				for j, v := range row {
					if got, want := float64(soft[i*cols+j]), math.Exp(float64(v)-top)/sum; math.Abs(got-want) > 3e-7*want {
						t.Errorf("softmax is %v, want %v", got, want)
					}
					z := (float64(v) - mean) / math.Sqrt(variance+1e-5)
					if got, want := float64(norm[i*cols+j]), float64(parts[i*cols+j]); math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
						t.Errorf("layer norm is %v in one step, %v in several", got, want)
					}
					if got, want := float64(norm[i*cols+j]), z*float64(scale[j])+float64(bias[j]); math.Abs(got-want) > 1e-6*(1+math.Abs(z*float64(scale[j]))+math.Abs(want)) {
						t.Errorf("layer norm is %v, want %v", got, want)
					}
				}
			}
		}
	})
}

func TestMulVec64(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	eachSet(t, func(t *testing.T) {
		for _, s := range [][2]int{{1, 1}, {4, 3}, {5, 8}, {9, 29}} {
			rows, n := s[0], s[1]
			lda := n + 3
			a, x, y := random[float64](r, rows*lda), random[float64](r, n), make([]float64, rows)
			MulVec64(y, a, lda, rows, x)
			for i := range y {
				var want float64
				for j := range x {
					want += a[i*lda+j] * x[j]
				}
				if math.Abs(y[i]-want) > 1e-13 {
					t.Errorf("row %d is %v, want %v", i, y[i], want)
				}
				if v := DotDouble(a[i*lda:i*lda+n], x); v != y[i] {
					t.Errorf("row %d is %v alone, want %v", i, v, y[i])
				}
			}
			z := append([]float64(nil), x...)
			AddScaled64(z, -3, a[:n])
			for i := range z {
				if want := x[i] - 3*a[i]; math.Abs(z[i]-want) > 1e-14 {
					t.Errorf("value %d is %v, want %v", i, z[i], want)
				}
			}
		}
	})
}

// Rows in parts add up to the symmetric matrix's product; below the diagonal nothing is read.
func TestSymMulVec64(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	eachSet(t, func(t *testing.T) {
		for _, n := range []int{1, 4, 7, 8, 30, 61} {
			lda := n + 3
			a, x, y, want := random[float64](r, n*lda), random[float64](r, n), make([]float64, n), make([]float64, n)
			for i := range n {
				for j := i; j < n; j++ {
					want[i] += a[i*lda+j] * x[j]
					if j > i {
						want[j] += a[i*lda+j] * x[i]
						a[j*lda+i] = math.NaN()
					}
				}
			}
			middle := n / 8 * 4
			SymMulVec64(y, a, lda, 0, middle, x)
			SymMulVec64(y, a, lda, middle, n, x)
			for i := range y {
				if !(math.Abs(y[i]-want[i]) <= 1e-13) {
					t.Errorf("n = %d: value %d is %v, want %v", n, i, y[i], want[i])
				}
			}
		}
	})
}

func TestPoles64(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	eachSet(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 4, 7, 8, 30, 61} {
			d, w := random[float64](r, n), random[float64](r, n)
			var sum, slope, size, steep float64
			for i, v := range d {
				w[i] *= w[i]
				if i == n/2 {
					d[i], v = 0.5, 0.5 // x off its pole by a hair's breadth
				}
				gap := v - 0.5 - 1e-20
				sum, slope, size, steep = sum+w[i]/gap, slope+w[i]/(gap*gap), size+math.Abs(w[i]/gap), steep+w[i]/(gap*gap)
			}
			a, b := Poles64(d, w, 0.5, 1e-20)
			if math.Abs(a-sum) > 1e-15*size || math.Abs(b-slope) > 1e-15*steep {
				t.Errorf("n = %d: sums are %v and %v, want %v and %v", n, a, b, sum, slope)
			}
		}
	})
}

// A value's bits are those of plain Go wherever it lies.
func TestDistances64(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	eachSet(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 3, 4, 7, 30} {
			d, w, over := random[float64](r, n), random[float64](r, n), make([]float64, n)
			ratios := append([]float64(nil), w...)
			DistanceRatios64(ratios, d, 0.5, 1e-3, -0.25)
			OverDistances64(over, w, d, 0.5, 1e-3)
			for i, v := range d {
				gap := v - 0.5
				gap -= 1e-3
				if want := w[i] * (gap / (v + 0.25)); ratios[i] != want {
					t.Errorf("n = %d: value %d times the ratio is %v, want %v", n, i, ratios[i], want)
				}
				if want := w[i] / gap; over[i] != want {
					t.Errorf("n = %d: value %d over the distance is %v, want %v", n, i, over[i], want)
				}
			}
		}
	})
}

func TestRotateRows64(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	eachSet(t, func(t *testing.T) {
		for _, up := range []bool{true, false} {
			z := random[float64](r, 6*40)
			want := append([]float64(nil), z...)
			var cs []float64
			row, step := 4, -1
			if up {
				row, step = 1, 1
			}
			first := row
			for k := range 4 {
				c, s := math.Cos(float64(k+1)), math.Sin(float64(k+1))
				cs = append(cs, c, s)
				for j := 20; j < 36; j++ {
					v, w := want[row*40+j], want[(row+step)*40+j]
					want[row*40+j], want[(row+step)*40+j] = c*v+s*w, c*w-s*v
				}
				row += step
			}
			RotateRows64(z, 40, 20, first, up, cs)
			for i := range z {
				if math.Abs(z[i]-want[i]) > 1e-14 {
					t.Fatalf("up %v: value %d is %v, want %v", up, i, z[i], want[i])
				}
			}
		}
	})
}

func BenchmarkVector(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	x, y := random[float32](r, 4096), make([]float32, 4096)
	for _, c := range []struct {
		name string
		f    func()
	}{{"exp", func() { Exp32(y, x) }}, {"tanh", func() { Tanh32(y, x) }}, {"erf", func() { Erf32(y, x) }}, {"sigmoid", func() { Sigmoid32(y, x) }},
		{"gelu", func() { Gelu32(y, x) }}, {"add", func() { Add32(y, x, x) }}, {"relu", func() { Relu32(y, x) }}, {"sum", func() { Sum64(x) }}, {"dot", func() { Dot64(x, x) }},
		{"max", func() { Max32(x) }}, {"softmax", func() { SoftmaxRows32(y, x, 32, 128) }}, {"layernorm", func() { LayerNormRows32(y, x, 8, 512, 1e-5, x[:512], x[:512]) }}} {
		b.Run(fmt.Sprint(c.name), func(b *testing.B) {
			for b.Loop() {
				c.f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4096, "ns/value")
		})
	}
}
