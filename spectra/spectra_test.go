package spectra

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"testing"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
	"pgregory.net/rapid"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.12g, want %.12g within %g", what, got, want, tol)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The vectors of METHODS 15.
func TestVectors(t *testing.T) {
	tail := must(TailFrom([]float64{1, math.E, math.E * math.E}, 1))
	near(t, "TV-22 alpha", tail.Alpha.Value, 2, 1e-6)
	near(t, "TV-22 se", tail.Alpha.SE, 0.577350, 1e-6)

	low, high, err := Noise{Rows: 100, Columns: 25, Variance: 1}.Edges()
	if err != nil {
		t.Fatal(err)
	}
	near(t, "TV-38 lower edge", low, 0.25, 1e-12)
	near(t, "TV-38 upper edge", high, 2.25, 1e-12)
}

func TestAgreesWithPowerlawAndScikitRMT(t *testing.T) {
	raw, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	type fitted struct {
		Alpha, SE, KS, Min float64
		N                  int
	}
	var ref struct {
		Tails []struct {
			Values      []float64
			Start       float64
			Best, Fixed fitted
		}
		Noise []struct {
			Rows, Columns       int
			Variance, Low, High float64
			At, Density         []float64
		}
	}
	if err := json.Unmarshal(raw, &ref); err != nil || len(ref.Tails) != 3 || len(ref.Noise) != 2 {
		t.Fatalf("%d tails and %d laws of noise, want 3 and 2: %v", len(ref.Tails), len(ref.Noise), err)
	}
	same := func(got Tail, want fitted) {
		t.Helper()
		near(t, "alpha", got.Alpha.Value, want.Alpha, 1e-9)
		near(t, "standard error", got.Alpha.SE, want.SE, 1e-9)
		near(t, "distance", got.KS, want.KS, 1e-9)
		near(t, "start", got.Min, want.Min, 0)
		near(t, "values in the tail", float64(got.N), float64(want.N), 0)
	}
	for _, c := range ref.Tails {
		same(must(FitTail(c.Values)), c.Best)
		same(must(TailFrom(c.Values, c.Start)), c.Fixed)
	}
	for _, c := range ref.Noise {
		m := Noise{c.Rows, c.Columns, c.Variance}
		low, high, _ := m.Edges()
		near(t, "lower edge", low, c.Low, 1e-12)
		near(t, "upper edge", high, c.High, 1e-12)
		for i, x := range c.At {
			near(t, "density", must(m.Density(x)), c.Density[i], 1e-9)
		}
	}
}

// A power law of another scale has the same exponent, and what lies below its start changes nothing.
func TestTailLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(1, 1e3), 3, 40).Draw(t, "values")
		scale := rapid.Float64Range(1e-3, 1e3).Draw(t, "scale")
		a, err := TailFrom(x, 1)
		if err != nil {
			t.Skip("all values are 1")
		}
		scaled := []float64{scale / 2, -scale, 0}
		for _, v := range x {
			scaled = append(scaled, v*scale)
		}
		b, err := TailFrom(scaled, scale*(1-1e-12))
		if err != nil || math.Abs(b.Alpha.Value/a.Alpha.Value-1) > 1e-6 || b.N != a.N || math.Abs(b.KS-a.KS) > 1e-6 {
			t.Fatalf("%+v, times %v %+v: %v", a, scale, b, err)
		}
		if best, err := FitTail(x); err == nil && (best.KS > a.KS+1e-12 && best.Min <= 1 || !(best.Alpha.Value > 1) || best.N < distinct) {
			t.Fatalf("best %+v, from 1 on %+v", best, a)
		}
	})
}

// The exponent that values were drawn with comes back, its interval holds it as often as it says, and the
// law is not refused; values of an exponential law are.
func TestTailOfDrawnValues(t *testing.T) {
	r := infer.Rand(22)
	held := 0
	for range 200 {
		x := make([]float64, 300)
		for i := range x {
			x[i] = 2 * math.Pow(1-r.Float64(), -1/1.5)
		}
		if must(must(TailFrom(x, 2)).Alpha.Interval(0.9)).Contains(2.5) {
			held++
		}
	}
	if held < 165 || held > 194 {
		t.Errorf("%d of 200 intervals of 90 %% hold the exponent", held)
	}
	law, other := make([]float64, 250), make([]float64, 250)
	for i := range law {
		law[i], other[i] = math.Pow(1-r.Float64(), -1/1.5), 1+r.ExpFloat64()/5
	}
	if p := must(must(FitTail(law)).GoodnessOfFit(law, 99, 1)); p < 0.1 {
		t.Errorf("p of a power law is %v", p)
	}
	whole := must(TailFrom(other, 1))
	if p := must(whole.GoodnessOfFit(other, 99, 1)); p > 0.01 {
		t.Errorf("p of an exponential law is %v", p)
	}
}

// The density holds all of the law, or its part beside 0, has the variance for its mean, and the eigenvalues
// of noise lie as it says.
func TestNoiseLaws(t *testing.T) {
	for _, m := range []Noise{{200, 80, 2}, {500, 30, 0.5}, {60, 150, 1}} {
		low, high, _ := m.Edges()
		var mass, mean float64
		const steps = 20000
		for k := range steps { // the midpoint rule in an angle, in which the root at the edges is smooth
			a := math.Pi * (float64(k) + 0.5) / steps
			x := (low+high)/2 - (high-low)/2*math.Cos(a)
			w := must(m.Density(x)) * (high - low) / 2 * math.Sin(a) * math.Pi / steps
			mass, mean = mass+w, mean+w*x
		}
		near(t, "mass", mass, min(1, float64(m.Rows)/float64(m.Columns)), 1e-6)
		near(t, "mean", mean, m.Variance, 1e-6)
	}
	m := Noise{600, 200, 4}
	r := infer.Rand(38)
	x := make([]float32, m.Rows*m.Columns)
	for i := range x {
		x[i] = float32(2 * (1 - 2*float64(r.IntN(2)))) // signs: the law does not ask for normal elements
	}
	sums := linalg.CovarianceSums(1, x, m.Rows, m.Columns, make([]float64, m.Columns))
	for i := range sums {
		sums[i] /= float64(m.Rows)
	}
	values, _, err := linalg.EigenSym(1, sums, m.Columns, false)
	if err != nil {
		t.Fatal(err)
	}
	low, high, _ := m.Edges()
	for _, v := range values {
		if v < low*0.9 || v > high*1.05 {
			t.Errorf("eigenvalue %v of noise, want about %v to %v", v, low, high)
		}
	}
	if n := must(m.Above(append(values, high*1.1))); n < 1 || n > 3 {
		t.Errorf("%d eigenvalues beyond the edge, want the one planted and at most 2 by chance", n)
	}
}

func TestEveryFunctionGivesAReason(t *testing.T) {
	nan := math.NaN()
	_, start := TailFrom([]float64{1, 2}, 0)
	_, few := TailFrom([]float64{1, 2}, 2)
	_, constant := TailFrom([]float64{2, 2, 2}, 2)
	_, notFinite := TailFrom([]float64{1, nan}, 1)
	_, none := FitTail([]float64{-1, 0, 3, 3, 4})
	_, best := FitTail([]float64{1, 2, math.Inf(1)})
	_, other := must(FitTail([]float64{1, 2, 3, 5})).GoodnessOfFit([]float64{1, 2}, 9, 1)
	_, _, empty := Noise{0, 4, 1}.Edges()
	_, variance := Noise{4, 4, 0}.Density(1)
	_, above := Noise{4, 4, 1}.Above([]float64{nan})
	for i, c := range []struct{ err, want error }{
		{start, infer.ErrRange}, {few, infer.ErrTooFew}, {constant, infer.ErrConstant}, {notFinite, infer.ErrNotFinite}, {none, infer.ErrTooFew},
		{best, infer.ErrNotFinite}, {other, infer.ErrRange}, {empty, infer.ErrTooFew}, {variance, infer.ErrRange}, {above, infer.ErrNotFinite},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("case %d: got error %v, want %v", i, c.err, c.want)
		}
	}
}
