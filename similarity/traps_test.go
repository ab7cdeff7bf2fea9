package similarity

import (
	"errors"
	"math"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

// The vectors of METHODS 15.
func TestMeasureVectors(t *testing.T) {
	x := matrix(4, 2, 1, 0, 0, 1, -1, 0, 0, -1)
	y := matrix(4, 1, 1, 0, -1, 0)
	c := must(CCA(x, matrix(4, 2, 1, 1, 0, -1, -1, 1, 0, -1)))
	near(t, "TV-06 first", c.Rho[0], 1, 1e-6)
	near(t, "TV-06 second", c.Rho[1], 0, 1e-6)
	near(t, "TV-06 mean", c.Mean(), 0.5, 1e-6)
	if err := c.Enough(); !errors.Is(err, infer.ErrTooFew) {
		t.Errorf("4 samples of 2 dimensions are enough: %v", err)
	}
	near(t, "TV-07 similarity", must(Bures(x, y)), 0.707107, 1e-6)
	near(t, "TV-07 angle", must(ShapeDistance(x, y)), 0.785398, 1e-6)
	u, v := matrix(4, 1, 0, 1, 3, 6), matrix(4, 1, 0, 2, 3, 9)
	near(t, "TV-08 Spearman", must(RSA(u, v, Euclid)), 0.927634, 1e-6)
	near(t, "TV-08 Kendall", must(RSATau(u, v, Euclid)), 0.828079, 1e-6)
	near(t, "TV-09", must(MutualKNN(matrix(4, 1, 0, 1, 3, 7), matrix(4, 1, 0, 4, 6, 7), 1)), 0.5, 1e-12)
	near(t, "TV-04 as RV", must(RV(x, y)), 0.707107, 1e-6)
}

func gaussian32(seed uint64, n, d int) Matrix {
	r := infer.Rand(seed, "gaussian")
	m := matrix(n, d, make([]float32, n*d)...)
	for i := range m.X {
		m.X[i] = float32(r.NormFloat64())
	}
	return m
}

// Independent layers of 50 samples: METHODS 5.2 gives biased CKA 0.50, 0.91, 0.99 at 50, 500, 5,000 units.
// Measures by the Gram matrix as it is share the trap; the debiased ones, and ranks and neighbours, do not.
// CCA refuses.
func TestTrapFewerSamplesThanUnits(t *testing.T) {
	for i, d := range []int{50, 500, 5000} {
		x, y := gaussian32(uint64(i), 50, d), gaussian32(uint64(10+i), 50, d)
		near(t, "biased CKA", must(RV(x, y)), []float64{0.50, 0.91, 0.99}[i], 0.03)
		if b := must(Bures(x, y)); b < []float64{0.6, 0.9, 0.98}[i] {
			t.Errorf("Bures of independent layers of %d units is %v", d, b)
		}
		near(t, "debiased CKA", must(Debiased(x, y)), 0, 0.08)
		near(t, "RBF", must(RBF(x, y, RBFOptions{})), 0, 0.1)
		near(t, "RSA", must(RSA(x, y, Euclid)), 0, 0.2)
		near(t, "k-NN", must(MutualKNN(x, y, 10)), 10.0/49, 0.06)
		if r := must(Predict(t.Context(), 1, x, y, nil)).R2; r > 0.02 {
			t.Errorf("R2 of independent layers of %d units is %v", d, r)
		}
		for name, of := range map[string]func(x, y Matrix) (float64, error){"CCA": meanCCA, "PWCCA": PWCCA} {
			if v, err := of(x, y); !errors.Is(err, infer.ErrTooFew) {
				t.Errorf("%s of 50 samples and %d units is %v, %v", name, d, v, err)
			}
		}
	}
	c := must(CCA(gaussian32(1, 50, 40), gaussian32(2, 50, 40)))
	if c.Mean() < 0.8 || c.Enough() == nil {
		t.Errorf("CCA of independent layers of nearly as many units as samples is %v", c.Mean())
	}
	c = must(CCA(gaussian32(1, 2000, 20), gaussian32(2, 2000, 30)))
	near(t, "mean squared CCA of independent layers", c.MeanSquared(), 30.0/1999, 0.004)
	if err := c.Enough(); err != nil {
		t.Error(err)
	}
}

// One far sample in both of two independent layers makes biased CKA 0.997; 1 % of the rows moved makes the
// debiased one 0.02 for the same layer (METHODS 5.2; Davari et al. 2023). Trimmed tells both.
func TestTrapFarSamples(t *testing.T) {
	x, y := gaussian32(1, 500, 32), gaussian32(2, 500, 32)
	moved := Matrix{X: append([]float32(nil), x.X...), N: 500, D: 32}
	for j := range 32 {
		x.row(9)[j] += 60
		y.row(9)[j] += 60
		for i := range 5 {
			moved.row(100 * i)[j] += 60
		}
	}
	near(t, "biased CKA with one far sample", must(RV(x, y)), 0.997, 0.006)
	near(t, "debiased CKA with one far sample", must(Debiased(x, y)), 0, 0.1)
	near(t, "trimmed", must(Trimmed(x, y, 0, RV)), 0.06, 0.02)
	for i := 1; i < 3; i++ { // with three even the debiased one goes
		copy(x.row(100*i), x.row(9))
		copy(y.row(100*i), y.row(9))
	}
	if v := must(Debiased(x, y)); v < 0.95 {
		t.Errorf("debiased CKA with three far samples is %v", v)
	}
	near(t, "trimmed", must(Trimmed(x, y, 0, Debiased)), 0, 0.05)
	near(t, "RBF", must(RBF(x, y, RBFOptions{})), 0, 0.05)
	near(t, "RSA", must(RSA(x, y, Euclid)), 0, 0.05)
	near(t, "k-NN", must(MutualKNN(x, y, 10)), 10.0/499, 0.02)
	x = gaussian32(1, 500, 32)
	if v := must(Debiased(x, moved)); v > 0.1 {
		t.Errorf("debiased CKA with 1 %% of the rows moved is %v", v)
	}
	near(t, "trimmed", must(Trimmed(x, moved, 0, Debiased)), 1, 1e-6)
	if v := must(MutualKNN(x, moved, 10)); v < 0.9 {
		t.Errorf("k-NN with 1 %% of the rows moved is %v", v)
	}
	if _, err := Trimmed(x, y, 0.7, Debiased); !errors.Is(err, infer.ErrRange) {
		t.Errorf("share of 0.7: %v", err)
	}
}

// Two units of huge variance, in common, decide whatever weighs by variance; CCA and matching see the others.
func TestTrapMassiveUnits(t *testing.T) {
	x, y := gaussian32(1, 600, 20), gaussian32(2, 600, 20)
	for i := range 600 {
		for j := range 2 {
			x.row(i)[j] = 3000 + 1000*x.row(i)[j]
			y.row(i)[j] = x.row(i)[j]
		}
	}
	for name, of := range map[string]func(x, y Matrix) (float64, error){"CKA": Debiased, "Bures": Bures, "SVCCA": meanSVCCA, "PWCCA": PWCCA, "RV": RV} {
		if v := must(of(x, y)); v < 0.9 {
			t.Errorf("%s is %v", name, v)
		}
	}
	near(t, "CCA", must(meanCCA(x, y)), 2.0/20+0.14, 0.05)
	near(t, "match", must(meanMatch(x, y)), 2.0/20+0.05, 0.06)
}

// An offset of 10,000 and units that do not vary change nothing but what float32 has lost.
func TestTrapOffsetsAndConstantUnits(t *testing.T) {
	xs := layers(90, []int{5, 6}, "plain")
	for name, m := range measures {
		if name == "correlation" {
			continue // sees offsets, by its definition
		}
		want, tol := must(m.of(xs[0], xs[1])), 0.01
		x, y := widened(xs[0], 1e4), widened(xs[1], 1e4)
		near(t, name, must(m.of(x, y)), want, tol)
	}
}

// widened adds an offset, and 3 units that are nothing but it.
func widened(m Matrix, offset float32) Matrix {
	out := matrix(m.N, m.D+3, make([]float32, m.N*(m.D+3))...)
	for i := range m.N {
		for j := range out.D {
			out.row(i)[j] = offset
			if j < m.D {
				out.row(i)[j] += m.row(i)[j]
			}
		}
	}
	return out
}

// A wide kernel is the linear one (Alvarez 2022).
func TestWideKernelIsLinear(t *testing.T) {
	xs := layers(90, []int{5, 60}, "plain")
	near(t, "debiased", must(RBF(xs[0], xs[1], RBFOptions{Share: 1e4})), must(Debiased(xs[0], xs[1])), 1e-6)
	near(t, "biased", must(RBF(xs[0], xs[1], RBFOptions{Share: 1e4, Biased: true})), must(CKA(xs[0], xs[1])), 1e-6)
	for _, share := range []float64{-1, math.NaN(), math.Inf(1)} {
		if _, err := RBF(xs[0], xs[1], RBFOptions{Share: share}); !errors.Is(err, infer.ErrRange) {
			t.Errorf("share %v: %v", share, err)
		}
	}
}

// Samples that are alike in groups, such as copies, tie: places are shared, so layers that know nothing of
// each other stay at chance.
func TestTiesDoNotMakeNeighbours(t *testing.T) {
	const n, k = 400, 10
	x, y := matrix(n, 1, make([]float32, n)...), matrix(n, 1, make([]float32, n)...)
	r := infer.Rand(3, "ties")
	for i := range n {
		x.X[i], y.X[i] = float32(r.IntN(2)), float32(r.IntN(2))
	}
	near(t, "two values", must(MutualKNN(x, y, k)), float64(k)/(n-1), 0.002)
	if _, err := MutualKNN(x, y, n); !errors.Is(err, infer.ErrTooFew) {
		t.Errorf("as many neighbours as samples: %v", err)
	}
}

// The shape distances are metrics: the triangle holds (Williams et al. 2021).
func TestShapeDistancesAreMetrics(t *testing.T) {
	for seed := range uint64(20) {
		m := []Matrix{gaussian32(seed, 12, 3), gaussian32(seed+50, 12, 5), gaussian32(seed+100, 12, 20)}
		for _, d := range []func(x, y Matrix) (float64, error){ShapeDistance, Procrustes} {
			ab, bc, ac := must(d(m[0], m[1])), must(d(m[1], m[2])), must(d(m[0], m[2]))
			if ab > bc+ac || bc > ab+ac || ac > ab+bc {
				t.Errorf("distances %v, %v, %v", ab, bc, ac)
			}
		}
	}
}

// Without what the input explains: too few samples, a constant input or layer, and a layer that the input
// explains whole have a reason each; the input's structure, turned and scaled, explains as much.
func TestTrapDeconfounded(t *testing.T) {
	x, y, in := gaussian32(1, 40, 6), gaussian32(2, 40, 9), gaussian32(3, 40, 5)
	still := matrix(40, 5, make([]float32, 200)...)
	for _, c := range []struct {
		name    string
		x, y, z Matrix
		want    error
	}{
		{"3 samples", must(x.some([]int{0, 1, 2})), must(y.some([]int{0, 1, 2})), must(in.some([]int{0, 1, 2})), infer.ErrTooFew},
		{"a constant input", x, y, still, infer.ErrConstant},
		{"a constant layer", still, y, in, infer.ErrConstant},
		{"the input itself", in, y, in, infer.ErrConstant},
	} {
		if v, err := Deconfounded(c.x, c.y, c.z); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v, want %v", c.name, v, err, c.want)
		}
	}
	turned := matrix(40, 5, append([]float32(nil), in.X...)...)
	for i := range turned.N {
		r := turned.row(i)
		r[0], r[3] = 100*r[3]+1e4, -100*r[0]
		r[1], r[2], r[4] = 100*r[1], 100*r[2], 100*r[4]
	}
	near(t, "input turned, scaled and moved", must(Deconfounded(x, y, turned)), must(Deconfounded(x, y, in)), 1e-6)
}
