package similarity

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
)

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

// A regression that is fitted the obvious way, of samples kept for samples wanted: a test's twin of smoother.
func fitted(t *testing.T, x, y rows, kept, wanted []int, penalty float64) (left, spread []float64) {
	t.Helper()
	mean := func(r rows) []float64 {
		m := make([]float64, r.d)
		for _, i := range kept {
			addTo(m, r.row(i), 1/float64(len(kept)))
		}
		return m
	}
	mx, my := mean(x), mean(y)
	less := func(r rows, m []float64, at []int) rows {
		out := rows{n: len(at), d: r.d}
		for _, i := range at {
			for j, v := range r.row(i) {
				out.v = append(out.v, v-m[j])
			}
		}
		return out
	}
	a, b := less(x, mx, kept), less(y, my, kept)
	xx, w := products(a, a), products(a, b)
	for j := range x.d {
		xx[j*x.d+j] += penalty * float64(x.n)
	}
	if err := linalg.Cholesky(1, xx, x.d); err != nil {
		t.Fatal(err)
	}
	linalg.SolveCholesky(1, xx, x.d, w, y.d)
	a, b = less(x, mx, wanted), less(y, my, wanted)
	guess := linalg.Mul(1, false, false, a.n, y.d, x.d, a.v, w)
	left, spread = make([]float64, a.n), make([]float64, a.n)
	for i := range a.n {
		for j, v := range b.row(i) {
			left[i] += (v - guess[i*y.d+j]) * (v - guess[i*y.d+j])
			spread[i] += v * v
		}
	}
	return left, spread
}

// What leaves samples out of a fit of all is the same as fitting without them, for the value and for each group of the
// jackknife, whether samples or units are more; the groups are of several sizes.
func TestPredictLeavesGroupsOut(t *testing.T) {
	for _, widths := range [][]int{{5, 90}, {90, 5}, {40, 3}} {
		const n = 70
		xs := layers(n, widths, "plain")
		of := make([]int, n)
		for i := range of {
			of[i] = i * i % 11 // six groups
		}
		of, count, err := numbered(n, of)
		if err != nil {
			t.Fatal(err)
		}
		a, b, err := two(centred, xs[0], xs[1])
		if err != nil {
			t.Fatal(err)
		}
		p := must(newPredictor(1, a.narrow(), b.narrow(), of, count))
		if err := p.choose(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		p.best[2] = 8
		e := must(p.error(t.Context(), 2))
		whole := func(without int) float64 {
			var wrong, spread []float64
			for f := range predictFolds {
				for g := f; g < count; g += predictFolds {
					var kept, wanted []int
					for i, h := range of {
						if h%predictFolds != f && h != without {
							kept = append(kept, i)
						}
						if h == g && h != without {
							wanted = append(wanted, i)
						}
					}
					l, s := fitted(t, a, b, kept, wanted, penalties[p.best[f]])
					wrong, spread = append(wrong, l...), append(spread, s...)
				}
			}
			return must(share(wrong, spread))
		}
		leave := make([]float64, count)
		for g := range leave {
			leave[g] = whole(g)
		}
		near(t, "share", e.Value, whole(-1), 1e-9)
		near(t, "error", e.SE, must(infer.Jackknife(e.Value, leave)).SE, 1e-9)
	}
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

// A penalty that is given up halfway would not have been chosen: each fold's is the best of all, gone through with.
func TestChooseIsTheBestOfAll(t *testing.T) {
	for seed, noise := range []float32{0.01, 1, 30} {
		x, y := gaussian32(uint64(seed), 100, 30), gaussian32(9, 100, 5)
		for i := range y.X {
			y.X[i] = noise*y.X[i] + x.row(i / 5)[i%5] - x.row(i / 5)[i%5+7]
		}
		a, b, err := two(centred, x, y)
		if err != nil {
			t.Fatal(err)
		}
		groups, count, err := numbered(a.n, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := newPredictor(1, a, b, groups, count)
		if err != nil {
			t.Fatal(err)
		}
		var want [predictFolds]int
		var all []losses
		for c, penalty := range penalties {
			var of losses
			for f := range predictFolds {
				o := must(p.smooth(penalty).gap(p.fold(f)))
				of[f] = dot(o.left.v, o.left.v)
			}
			all = append(all, of)
			for f := range predictFolds {
				if of.without(f) < all[want[f]].without(f) {
					want[f] = c
				}
			}
		}
		for _, workers := range []int{1, 3} {
			if err := p.choose(t.Context(), workers); err != nil || !slices.Equal(p.best, want[:]) {
				t.Errorf("noise %v, %d workers: penalties %v, want %v; %v", noise, workers, p.best, want, err)
			}
		}
	}
}
