package similarity

import (
	"fmt"
	"math"
	"testing"
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
		if sd := math.Sqrt(0.05 * 0.95 / (families * pairs)); math.Abs(rejected[k]-0.05) > 3*sd && !(name == "shape" && rejected[k] < 0.075) {
			t.Errorf("%s rejects %.3f at 0.05", name, rejected[k])
		}
	}
}
