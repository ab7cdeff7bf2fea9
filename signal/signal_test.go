package signal

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"testing"

	"github.com/stratascope/stratascope/infer"
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
	var g GradientNoise
	if err := g.AddGradients([]float32{1, 0, 1, 2}, 2); err != nil {
		t.Fatal(err)
	}
	s := must(g.Scale())
	near(t, "TV-17 trace", s.Trace, 2, 1e-12)
	near(t, "TV-17 squared norm", s.Square, 1, 1e-12)
	near(t, "TV-17 noise scale", s.Simple, 2, 1e-12)

	for _, c := range []struct{ weight, chi, slope float64 }{{2, 1, 0}, {1, 0.5, -0.30103}} {
		m := MeanField{ReLU, c.weight, 0}
		q := []float64{1}
		for range 10 {
			q = append(q, must(m.Next(q[len(q)-1])))
		}
		near(t, "TV-18 chi_1", must(m.Chi(1)), c.chi, 1e-6)
		near(t, "TV-18 slope", must(Slope(q)), c.slope, 1e-6)
	}

	scores := must(Dormancy([]float64{0, 1, 1, 2}))
	for u, want := range []float64{0, 1, 1, 2} {
		near(t, "TV-19 score", scores[u], want, 1e-12)
	}
	near(t, "TV-19 share", float64(Dormant(scores, DormantAt))/4, 0.25, 0)
}

func TestMeanFieldAgreesWithSciPy(t *testing.T) {
	raw, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref struct {
		Cases []struct {
			Activation                                 string
			Weight, Bias, Q, C, Next, Chi, Correlation float64
			Fixed                                      *float64
		}
		Values []float64
		Slope  float64
	}
	if err := json.Unmarshal(raw, &ref); err != nil || len(ref.Cases) != 6 {
		t.Fatalf("%d cases, want 6: %v", len(ref.Cases), err)
	}
	for _, c := range ref.Cases {
		m := MeanField{map[string]Activation{"relu": ReLU, "tanh": Tanh}[c.Activation], c.Weight, c.Bias}
		near(t, "variance", must(m.Next(c.Q)), c.Next, 1e-9)
		near(t, "chi", must(m.Chi(c.Q)), c.Chi, 1e-9)
		near(t, "correlation", must(m.Correlation(c.Q, c.C)), c.Correlation, 1e-8)
		if c.Fixed != nil {
			near(t, "fixed point", must(m.FixedPoint()), *c.Fixed, 1e-9)
		}
	}
	near(t, "slope", must(Slope(ref.Values)), ref.Slope, 1e-12)
}

// At the fixed point the map of variances stays, and that of correlations leaves 1 with slope chi.
func TestMeanFieldLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := MeanField{Activation(rapid.IntRange(0, 1).Draw(t, "activation")), rapid.Float64Range(0.2, 1.9).Draw(t, "weight"), rapid.Float64Range(0.05, 1).Draw(t, "bias")}
		q := must(m.FixedPoint())
		if next := must(m.Next(q)); math.Abs(next-q) > 1e-9*q {
			t.Fatalf("fixed point %v goes to %v", q, next)
		}
		if one := must(m.Correlation(q, 1)); math.Abs(one-1) > 1e-9 {
			t.Fatalf("correlation 1 goes to %v", one)
		}
		const h = 1e-6
		slope, chi := (1-must(m.Correlation(q, 1-h)))/h, must(m.Chi(q))
		if math.Abs(slope-chi) > 2e-3*(1+chi) { // of ReLU it is so to the order of the root of h
			t.Fatalf("slope %v, chi %v", slope, chi)
		}
		last := -1.0
		for c := -1.0; c <= 1; c += 0.25 {
			next := must(m.Correlation(q, c))
			if next < last-1e-12 {
				t.Fatalf("correlation %v goes to %v, a smaller one to %v", c, next, last)
			}
			last = next
		}
	})
	if q := must(MeanField{Tanh, 0.9, 0}.FixedPoint()); q != 0 {
		t.Errorf("ordered without bias: variance %v, want 0", q)
	}
	scale := must(DepthScale(0.5))
	near(t, "depth scale", math.Exp(-1/scale), 0.5, 1e-12)
	near(t, "depth scale above 1", must(DepthScale(2)), scale, 1e-12)
}

// A network that is drawn does what the theory says: variances and correlations of two inputs, layer by layer.
func TestDrawnNetworkFollowsTheory(t *testing.T) {
	const width, depth = 500, 8
	for _, m := range []MeanField{{ReLU, 1, 0.1}, {Tanh, 2, 0.2}} {
		r := infer.Rand(18, "network")
		x, y := make([]float64, width), make([]float64, width)
		for i := range x {
			x[i] = r.NormFloat64()
			y[i] = 0.6*x[i] + 0.8*r.NormFloat64()
		}
		// What a first linear layer sends on has the variance and correlation of the inputs.
		q, c := 1.0, 0.6
		for range depth {
			phi := func(v float64) float64 { return max(v, 0) }
			if m.Activation == Tanh {
				phi = math.Tanh
			}
			for i := range x {
				x[i], y[i] = phi(x[i]), phi(y[i])
			}
			nx, ny := make([]float64, width), make([]float64, width)
			for i := range nx {
				b := math.Sqrt(m.Bias) * r.NormFloat64()
				nx[i], ny[i] = b, b
				for j := range x {
					w := math.Sqrt(m.Weight/width) * r.NormFloat64()
					nx[i] += w * x[j]
					ny[i] += w * y[j]
				}
			}
			x, y = nx, ny
			q, c = must(m.Next(q)), must(m.Correlation(q, c))
		}
		var xx, yy, xy float64
		for i := range x {
			xx, yy, xy = xx+x[i]*x[i], yy+y[i]*y[i], xy+x[i]*y[i]
		}
		near(t, "variance", (xx+yy)/(2*width)/q, 1, 0.15)
		near(t, "correlation", xy/math.Sqrt(xx*yy), c, 0.06)
	}
}

// Both forms say the same of the same samples, and the scale does not depend on that of the gradient.
func TestFormsOfTheNoiseScaleAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, width := rapid.IntRange(2, 9).Draw(t, "samples"), rapid.IntRange(1, 5).Draw(t, "width")
		g := rapid.SliceOfN(rapid.Map(rapid.IntRange(-20, 20), func(k int) float32 { return float32(k) / 4 }), n*width, n*width).Draw(t, "gradients")
		var ofOne, ofAll float64
		mean, scaled := make([]float64, width), make([]float32, len(g))
		for i, v := range g {
			ofOne += float64(v) * float64(v) / float64(n)
			mean[i%width] += float64(v) / float64(n)
			scaled[i] = v * 8
		}
		for _, m := range mean {
			ofAll += m * m
		}
		var samples, batches, larger GradientNoise
		for _, err := range []error{samples.AddGradients(g, n), larger.AddGradients(scaled, n), batches.AddBatches(1, n, ofOne, ofAll)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		a, errA := samples.Scale()
		b, errB := batches.Scale()
		if math.Abs(a.Trace-b.Trace) > 1e-9 || math.Abs(a.Square-b.Square) > 1e-9 || a.Trace < -1e-9 {
			t.Fatalf("of samples %+v, of batches %+v", a, b)
		}
		if math.Abs(a.Square) < 1e-9 {
			t.Skip("between noise and not")
		}
		if !errors.Is(errA, ErrNoise) && errA != nil || (errA == nil) != (errB == nil) || (errA == nil) != (a.Square > 0) {
			t.Fatalf("%v and %v of %+v", errA, errB, a)
		}
		if c, err := larger.Scale(); err == nil && math.Abs(c.Simple-a.Simple) > 1e-9*(1+a.Simple) {
			t.Fatalf("noise scale %v, of a gradient 8 times as large %v", a.Simple, c.Simple)
		}
	})
}

// Over many steps the estimate is that of the law the gradients are drawn from, and its interval holds it; the
// mean of ratios would not be.
func TestNoiseScaleOfDrawnGradients(t *testing.T) {
	const width, n, steps = 30, 8, 400
	held := 0
	for seed := range uint64(40) {
		r := infer.Rand(seed, "gradients")
		var g GradientNoise
		for range steps {
			x := make([]float32, n*width)
			for i := range x {
				x[i] = float32(0.3 + 1.5*r.NormFloat64()) // trace 30 * 2.25, squared norm 30 * 0.09: 25
			}
			if err := g.AddGradients(x, n); err != nil {
				t.Fatal(err)
			}
		}
		e := must(g.Estimate())
		if math.Abs(e.Value-25) > 6 {
			t.Errorf("noise scale %v, want about 25", e)
		}
		if must(e.Interval(0.9)).Contains(25) {
			held++
		}
	}
	if held < 31 || held > 40 {
		t.Errorf("%d of 40 intervals of 90 %% hold the noise scale", held)
	}
}

// A score does not change with the scale of the layer, and scores are 1 on average.
func TestDormancyLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		means := rapid.SliceOfN(rapid.Float64Range(0, 10), 1, 20).Draw(t, "means")
		scores, err := Dormancy(means)
		if err != nil {
			t.Skip("nothing is active")
		}
		scaled := make([]float64, len(means))
		for u, v := range means {
			scaled[u] = v * 64
		}
		for u, v := range must(Dormancy(scaled)) {
			if v != scores[u] {
				t.Fatalf("score %v, of a layer 64 times as large %v", scores[u], v)
			}
		}
		if sum := infer.Total(scores); math.Abs(sum-float64(len(scores))) > 1e-9*float64(len(scores)) || Dormant(scores, 0) > Dormant(scores, DormantAt) {
			t.Fatalf("scores %v of a sum of %v", scores, sum)
		}
	})
}

func TestEveryFunctionGivesAReason(t *testing.T) {
	nan := math.NaN()
	var g GradientNoise
	_, none := g.Scale()
	_, estimate := g.Estimate()
	order := g.AddBatches(8, 8, 1, 1)
	negative := g.AddBatches(1, 8, -1, 1)
	one := g.AddSamples([]float64{1}, 1)
	notFinite := g.AddSamples([]float64{1, nan}, 1)
	rows := g.AddGradients([]float32{1, 2, 3}, 2)
	if err := g.AddBatches(1, 8, 8, 0.9); err != nil {
		t.Fatal(err)
	}
	_, noise := g.Scale()
	_, activation := MeanField{9, 1, 1}.Next(1)
	_, weight := MeanField{Tanh, -1, 1}.Chi(1)
	_, wide := MeanField{Tanh, 1, 1}.Next(1e5)
	_, infinite := MeanField{ReLU, math.Inf(1), 1}.Next(1)
	_, correlation := MeanField{ReLU, 1, 1}.Correlation(1, 1.1)
	_, nothing := MeanField{ReLU, 1, 0}.Correlation(0, 1)
	_, grows := MeanField{ReLU, 2.1, 0}.FixedPoint()
	_, keeps := MeanField{ReLU, 2, 0}.FixedPoint()
	_, slope := Slope([]float64{1})
	_, zero := Slope([]float64{1, 0})
	_, depth := DepthScale(0)
	_, critical := DepthScale(1)
	_, units := Dormancy(nil)
	_, silent := Dormancy([]float64{0, 0})
	_, below := Dormancy([]float64{1, -1})
	for i, c := range []struct{ err, want error }{
		{none, infer.ErrTooFew}, {estimate, infer.ErrTooFew}, {order, infer.ErrRange}, {negative, infer.ErrRange}, {one, infer.ErrTooFew},
		{notFinite, infer.ErrNotFinite}, {rows, infer.ErrRange}, {noise, ErrNoise}, {activation, infer.ErrRange}, {weight, infer.ErrRange},
		{wide, infer.ErrRange}, {infinite, infer.ErrNotFinite}, {correlation, infer.ErrRange}, {nothing, infer.ErrConstant}, {grows, infer.ErrRange},
		{keeps, infer.ErrConstant}, {slope, infer.ErrTooFew}, {zero, infer.ErrRange}, {depth, infer.ErrRange}, {critical, infer.ErrConstant},
		{units, infer.ErrTooFew}, {silent, infer.ErrConstant}, {below, infer.ErrRange},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("case %d: got error %v, want %v", i, c.err, c.want)
		}
	}
}
