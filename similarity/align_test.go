package similarity

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

// A rotated, scaled and shifted copy is found again, also by samples that the rotation was not fitted on.
func TestRotationFindsTheCopy(t *testing.T) {
	x := layers(120, []int{6}, "offset")[0]
	y := matrix(120, 6, make([]float32, 720)...)
	axis := []float64{1, -2, 0.5, 3, 1, 1}
	for i := range 120 {
		row := make([]float64, 6)
		for j, v := range x.row(i) {
			row[j] = float64(v) - 1e4
		}
		addTo(row, axis, -2*dot(row, axis)/dot(axis, axis))
		for j, v := range row {
			y.row(i)[j] = float32(3*v + float64(j))
		}
	}
	r := must(Rotate(part(x, 0, 60), part(y, 0, 60)))
	near(t, "scale", r.Scale, 3, 1e-5)
	near(t, "residual", r.Residual, 0, 1e-3)
	for i := range 6 {
		for j := range 6 {
			want := -2 * axis[i] * axis[j] / dot(axis, axis)
			if i == j {
				want++
			}
			near(t, "entry of Q", r.Q[i*6+j], want, 1e-5)
		}
	}
	got := must(r.Apply(part(x, 60, 120)))
	for i, v := range got.X {
		near(t, "new sample", float64(v), float64(y.X[360+i]), 0.01)
	}
	if _, err := r.Apply(layers(5, []int{5}, "plain")[0]); !errors.Is(err, infer.ErrRange) {
		t.Errorf("rows of other width: %v", err)
	}
}

func TestMatchFindsPermutedUnits(t *testing.T) {
	x := layers(80, []int{7}, "plain")[0]
	y := matrix(80, 9, make([]float32, 720)...)
	to := []int{4, 0, 8, 2, 7, 1, 5}
	for i := range 80 {
		for j, v := range x.row(i) {
			y.row(i)[to[j]] = 5*v + 100
		}
	}
	m := must(Match(x, y))
	if !slices.Equal(m.Unit, to) {
		t.Errorf("units %v, want %v", m.Unit, to)
	}
	near(t, "mean", m.Mean, 1, 1e-6)
	back := must(Match(y, x))
	for j, i := range back.Unit {
		if (i >= 0) != slices.Contains(to, j) && j != 3 && j != 6 || i >= 0 && slices.Contains(to, j) && to[i] != j {
			t.Errorf("unit %d of the wider layer is matched with %d", j, i)
		}
	}
	near(t, "mean back", back.Mean, 1, 1e-6)
}

// R2 is known where y is x and noise, and 0 where a fold's samples come only from elsewhere: groups stay together.
func TestPredictKnowsTheShareOfNoise(t *testing.T) {
	x := gaussian32(1, 3000, 8)
	y := gaussian32(2, 3000, 3)
	for i := range y.X {
		y.X[i] += 2 * x.row(i / 3)[i%3] // variance 4 of 5 follows from x
	}
	p := must(Predict(t.Context(), 3, x, y, nil))
	near(t, "R2", p.R2, 0.8, 0.015)
	near(t, "error", p.Error.Value, 1-p.R2, 1e-12)
	if low := must(p.Error.Interval(0.95)); !low.Contains(0.2) || p.Error.SE > 0.01 {
		t.Errorf("error %+v, want 0.2 inside %+v", p.Error, low)
	}
	one := must(Predict(t.Context(), 1, x, y, nil))
	if one.R2 != p.R2 || one.Error != p.Error {
		t.Error("3 workers give other bits")
	}

	// Ten samples each of 20 films: a label per film, and frames that tell the film but nothing of its label.
	films, label := matrix(200, 20, make([]float32, 4000)...), matrix(200, 1, make([]float32, 200)...)
	groups := make([]int, 200)
	for i := range 200 {
		groups[i] = i / 10
		films.row(i)[i/10] = 1
		label.X[i] = float32(i / 10 * 7 % 20)
	}
	if r := must(Predict(t.Context(), 1, films, label, nil)).R2; r < 0.9 {
		t.Errorf("with films in several folds R2 is %v", r)
	}
	if r := must(Predict(t.Context(), 1, films, label, groups)).R2; r > 0.1 {
		t.Errorf("with films kept together R2 is %v", r)
	}
}

// The jackknife refits without each group: the same as with the group's rows gone from the start, the penalties kept.
func TestPredictLeavesGroupsOut(t *testing.T) {
	const n, groups = 70, 7
	xs := layers(n, []int{5, 90}, "plain") // y is wider than n
	a, b, err := two(centred, xs[0], xs[1])
	if err != nil {
		t.Fatal(err)
	}
	b = b.narrow()
	of := make([]int, n)
	for i := range of {
		of[i] = i * i % groups
	}
	of, count, err := numbered(n, of)
	if err != nil {
		t.Fatal(err)
	}
	p := split(a, b, of)
	if err := p.choose(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	p.best[2] = 8
	leave := make([]float64, count)
	for g := range leave {
		x, y := rows{d: a.d}, rows{d: b.d}
		var rest []int
		for i := range n {
			if of[i] != g {
				x.v, y.v, rest = append(x.v, a.row(i)...), append(y.v, b.row(i)...), append(rest, of[i])
			}
		}
		x.n, y.n = len(rest), len(rest)
		q := split(x, y, rest)
		q.best = p.best
		wrong, spread := make([]float64, count), make([]float64, count)
		for f := range q.folds {
			if err := q.outOfFold(f, crossSums{}, wrong, spread); err != nil {
				t.Fatal(err)
			}
		}
		leave[g] = must(share(wrong, spread))
	}
	e := must(p.error(t.Context(), 2, count))
	near(t, "error", e.SE, must(infer.Jackknife(e.Value, leave)).SE, 1e-9)
}

func TestPredictGivesReasons(t *testing.T) {
	x := layers(40, []int{3, 4}, "plain")
	for what, c := range map[string]struct {
		groups []int
		want   error
	}{"short": {make([]int, 3), infer.ErrRange}, "one group": {make([]int, 40), infer.ErrTooFew}} {
		if _, err := Predict(t.Context(), 1, x[0], x[1], c.groups); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	few := layers(8, []int{3, 4}, "plain")
	if _, err := Predict(t.Context(), 1, few[0], few[1], nil); !errors.Is(err, infer.ErrTooFew) {
		t.Errorf("8 samples: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Predict(ctx, 1, x[0], x[1], nil); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

// The jackknife of any measure is that of the values without each group, and RBF's is the same but for the width.
func TestJackknifeLeavesGroupsOut(t *testing.T) {
	xs := layers(100, []int{4, 6}, "plain")
	groups := make([]int, 100)
	for i := range groups {
		groups[i] = i % 10
	}
	e := must(Jackknife(t.Context(), 3, xs[0], xs[1], groups, Debiased))
	p := must(AllPairs(t.Context(), 1, xs, groups, Options{}))
	near(t, "value", e.Value, p.Value[1], 1e-6)
	near(t, "error", e.SE, p.SE[1], 1e-6)
	linear := must(RBFEstimate(xs[0], xs[1], RBFOptions{Share: 1e4, Groups: groups}))
	near(t, "error of a wide kernel", linear.SE, p.SE[1], 1e-6)
	own := must(RBFEstimate(xs[0], xs[1], RBFOptions{}))
	again := must(Jackknife(t.Context(), 1, xs[0], xs[1], nil, func(x, y Matrix) (float64, error) { return RBF(x, y, RBFOptions{}) }))
	near(t, "RBF", own.Value, again.Value, 1e-12)
	near(t, "error of RBF", own.SE/again.SE, 1, 0.1)
	_, short := Jackknife(t.Context(), 1, xs[0], xs[1], groups[:3], Debiased)
	_, one := Jackknife(t.Context(), 1, xs[0], xs[1], make([]int, 100), Debiased)
	if !errors.Is(short, infer.ErrRange) || !errors.Is(one, infer.ErrTooFew) {
		t.Errorf("groups of other number: %v; one group: %v", short, one)
	}
}

// What batches add up is HSIC of each, for both kernels; merged states are one.
func TestBatchesAddUp(t *testing.T) {
	xs := layers(160, []int{5, 60}, "offset")
	x, y := xs[0], xs[1]
	width := 0.5 * must(MedianDistance(x))
	for _, w := range []float64{0, width} {
		b, other := must(NewBatches(w, 0)), must(NewBatches(w, 0))
		var s [3]float64
		for i := range 8 {
			at := b
			if i > 4 {
				at = other
			}
			bx, by := part(x, 20*i, 20*i+20), part(y, 20*i, 20*i+20)
			if err := at.Add(bx, by); err != nil {
				t.Fatal(err)
			}
			k, l := slowKernel(bx, w), slowKernel(by, 0)
			for j, v := range kernelHSIC(k, l, 20, false) {
				s[j] += v
			}
		}
		if err := b.Merge(other); err != nil {
			t.Fatal(err)
		}
		e := must(b.Estimate())
		near(t, "sum over batches", e.Value, s[1]/math.Sqrt(s[0]*s[2]), 1e-9)
		if !(e.SE > 0) || e.DF != 7 {
			t.Errorf("estimate %+v of 8 batches", e)
		}
		// In other units: the widths go with them.
		if err := b.Merge(must(NewBatches(w, 1))); !errors.Is(err, infer.ErrRange) {
			t.Errorf("other widths: %v", err)
		}
		if err := b.Add(part(x, 0, 3), part(y, 0, 3)); !errors.Is(err, infer.ErrTooFew) || len(b.hsic) != 8 {
			t.Errorf("3 samples: %v, %d batches", err, len(b.hsic))
		}
	}
	if _, err := must(NewBatches(0, 0)).CKA(); err == nil {
		t.Error("no batches have a CKA")
	}
	if _, err := NewBatches(-1, 0); !errors.Is(err, infer.ErrRange) {
		t.Errorf("negative width: %v", err)
	}
}

func slowKernel(m Matrix, width float64) []float64 {
	k := make([]float64, m.N*m.N)
	for i := range m.N {
		for j := range m.N {
			var d, p float64
			for u := range m.D {
				a, b := float64(m.row(i)[u])-1e4, float64(m.row(j)[u])-1e4
				d += (a - b) * (a - b)
				p += a * b
			}
			if k[i*m.N+j] = p; width > 0 {
				k[i*m.N+j] = math.Exp(-d / (2 * width * width))
			}
		}
	}
	return k
}

// Two layers that share nothing but the input's two clusters look alike; without what the input explains
// they do not. All pairs give the same value, with an interval.
func TestDeconfoundedForgetsTheInput(t *testing.T) {
	in, x, y := gaussian32(1, 400, 6), gaussian32(2, 400, 10), gaussian32(3, 400, 12)
	for i := range 400 {
		for j := range in.row(i) {
			in.row(i)[j] /= 20
		}
		for _, m := range []Matrix{in, x, y} {
			m.row(i)[0] += float32(i%2) * 10
		}
	}
	if v := must(Debiased(x, y)); v < 0.8 {
		t.Errorf("layers of one structure have CKA %v", v)
	}
	v := must(Deconfounded(x, y, in))
	near(t, "without the input", v, 0, 0.1)
	p := must(AllPairs(t.Context(), 1, []Matrix{in, x, y}, nil, Options{}))
	e := must(p.Deconfounded(1, 2, 0))
	near(t, "from all pairs", e.Value, v, 1e-5)
	if !(e.SE > 0 && e.SE < 0.1) {
		t.Errorf("error %v", e.SE)
	}
	if _, err := p.Deconfounded(1, 0, 0); !errors.Is(err, infer.ErrConstant) {
		t.Errorf("the input itself: %v", err)
	}
	if _, err := must(AllPairs(t.Context(), 1, []Matrix{in, x, y}, nil, Options{Biased: true})).Deconfounded(1, 2, 0); !errors.Is(err, infer.ErrRange) {
		t.Errorf("biased: %v", err)
	}
}
