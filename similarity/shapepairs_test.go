package similarity

import (
	"fmt"
	"testing"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
)

// Layers of few units are kept whole: the values are ShapeDistance's, the errors near those of the exact jackknife.
func TestShapePairs(t *testing.T) {
	const n = 200
	xs := layers(n, []int{3, 10, 24}, "plain")
	p, share, err := ShapePairs(t.Context(), 2, xs, nil, 0.9, 1)
	if err != nil || share < ShapeShare {
		t.Fatalf("share %v, error %v", share, err)
	}
	for i := range xs {
		for j := range xs {
			if i == j {
				continue
			}
			name := fmt.Sprintf("layers %d and %d", i, j)
			near(t, name, p.Value[i*p.L+j], must(ShapeDistance(xs[i], xs[j])), 0.01)
			e := must(Jackknife(t.Context(), 2, xs[i], xs[j], nil, ShapeDistance))
			if got := p.SE[i*p.L+j]; got < 0.6*e.SE || got > 1.1*e.SE {
				t.Errorf("%s: error %.4f, exact jackknife %.4f", name, got, e.SE)
			}
			if p.P[i*p.L+j] > 1e-5 {
				t.Errorf("%s, which are related: p %.3g", name, p.P[i*p.L+j])
			}
		}
	}
	one, _, _ := ShapePairs(t.Context(), 1, xs, nil, 0.9, 1)
	for i, v := range one.Value {
		if v != p.Value[i] || one.SE[i] != p.SE[i] || one.P[i] != p.P[i] {
			t.Fatal("one and two workers differ")
		}
	}
}

// What two groups do together to |X'Y|_* against differences of singular values in float64.
func TestShapeTogetherIsTheSecondDerivative(t *testing.T) {
	const n, per, step = 24, 8, 1e-3
	for _, widths := range [][2]int{{4, 4}, {6, 3}, {3, 6}} {
		a, b := gaussian32(1, n, widths[0]), gaussian32(2, n, widths[1])
		s := &shapes{size: []int{per, per, per}}
		x, y := leading{n: n, r: a.D, scores: a.X}, leading{n: n, r: b.D, scores: b.X}
		d := must(decompose(linalg.Mul32(1, true, false, a.D, b.D, n, a.X, b.X), a.D, b.D))
		w := len(d.values)
		got := s.together(x, y, d, linalg.Mul32(1, false, false, n, w, a.D, a.X, d.left), linalg.Mul32(1, false, false, n, w, b.D, b.X, d.right))
		nuclear := func(weight ...float64) float64 {
			m := make([]float64, a.D*b.D)
			for i := range n {
				for j, u := range a.row(i) {
					for k, v := range b.row(i) {
						m[j*b.D+k] += (1 + step*weight[i/per]) * float64(u) * float64(v)
					}
				}
			}
			return infer.Total(must(linalg.SVDValues(m, a.D, b.D)))
		}
		want := (nuclear(1, 0, 1) - nuclear(1, 0, 0) - nuclear(0, 0, 1) + nuclear(0, 0, 0)) / (step * step)
		near(t, fmt.Sprintf("groups 0 and 2 of layers of %v units", widths), got[2]/want, 1, 5e-3)
		near(t, "and the other way", got[6], got[2], 1e-5)
	}
}

// Wide layers are cut to their leading directions, which are those of the whole decomposition.
func TestShapePairsOfWideLayers(t *testing.T) {
	const n = 150
	xs := layers(n, []int{100, 120}, "plain")
	p, share, err := ShapePairs(t.Context(), 1, xs, nil, 0.9, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("share %.3f: %.4f, whole %.4f", share, p.Value[1], must(ShapeDistance(xs[0], xs[1])))
	near(t, "angle", p.Value[1], must(ShapeDistance(xs[0], xs[1])), 0.1)
	if !(share > 0.5 && share < 1) {
		t.Errorf("share %v", share)
	}
}

func TestShapeDirections(t *testing.T) {
	for layers, want := range map[int]int{2: 64, 40: 64, 41: 48, 300: 16, 400: 12, 401: 0} {
		if got := ShapeDirections(layers); got != want {
			t.Errorf("%d layers: %d directions, want %d", layers, got, want)
		}
	}
	if _, _, err := ShapePairs(t.Context(), 1, make([]Matrix, 401), nil, 0.9, 1); err == nil {
		t.Error("401 layers are taken")
	}
}

// Unrelated layers are rejected at the level asked for, by each measure.
func TestPairsRejectTheirLevel(t *testing.T) {
	const families, pairs = 150, 6
	var rejected [3]float64
	for f := range uint64(families) {
		xs := noise(f, 60, 2, 5, 12, 30)
		shape, _, err := ShapePairs(t.Context(), 2, xs, nil, 0.9, f)
		if err != nil {
			t.Fatal(err)
		}
		for k, p := range []*Pairs{must(AllPairs(t.Context(), 2, xs, nil, Options{Test: true, Seed: f})), shape, must(MutualKNNPairs(t.Context(), 2, xs, 10, nil, 0.9))} {
			for i := range p.L {
				for j := range i {
					if p.P[i*p.L+j] <= 0.05 {
						rejected[k] += 1.0 / (families * pairs)
					}
				}
			}
		}
	}
	t.Log(rejected)
	for k, name := range []string{"CKA", "shape", "kNN"} {
		if rejected[k] < 0.035 || rejected[k] > 0.06 {
			t.Errorf("%s rejects %.3f at 0.05", name, rejected[k])
		}
	}
}
