package similarity

import (
	"context"
	"errors"
	"testing"

	"github.com/stratascope/stratascope/infer"
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
