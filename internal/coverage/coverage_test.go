package main

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/similarity"
)

// TestTruth: the values that follow from the mixtures are what a large sample gives.
func TestTruth(t *testing.T) {
	for _, p := range []population{newPopulation("Gaussian", gaussian), newPopulation("rectified", rectified)} {
		layers, want := p.layers(infer.Rand(7, "truth"), 30000), p.cka()
		L := len(layers)
		low, high := 1.0, 0.0
		for i := range L {
			for j := i + 1; j < L; j++ {
				got, err := similarity.Debiased(layers[i], layers[j])
				if err != nil || math.Abs(got-want[i*L+j]) > 0.02 {
					t.Errorf("%s, layers %d and %d: %v, %v, want %v", p.name, i, j, got, err, want[i*L+j])
				}
				low, high = min(low, want[i*L+j]), max(high, want[i*L+j])
			}
		}
		if low > 0.5 || high < 0.8 {
			t.Errorf("%s: similarities of %v to %v, want little and much", p.name, low, high)
		}
	}
}

// TestOtherTruths: likewise of measures that are made of similarities, and of read alignment.
func TestOtherTruths(t *testing.T) {
	for _, p := range []population{newPopulation("Gaussian", gaussian), newPopulation("rectified", rectified)} {
		layers := p.layers(infer.Rand(7, "truth"), 2000)
		for _, m := range []measure{deconfounded, differences, reading, aligned} {
			got, err := m.of(t.Context(), p, layers, 1)
			want := m.truth(p)
			if err != nil || len(got.value) != len(want) {
				t.Fatalf("%s: %d values, %v, want %d", m.name, len(got.value), err, len(want))
			}
			for k, v := range want {
				if math.Abs(got.value[k]-v) > 0.06 {
					t.Errorf("%s, %s: value %d is %v, want %v", m.name, p.name, k, got.value[k], v)
				}
			}
		}
	}
}

// TestCovered: over few samplings of few samples intervals are neither much too wide nor too narrow.
func TestCovered(t *testing.T) {
	p := newPopulation("Gaussian", gaussian)
	for _, m := range []measure{deconfounded, differences, biased, reading} {
		got, err := coverage{m, p, 128, ""}.run(t.Context(), settings{samplings: 60, workers: 2})
		if err != nil || got.mean < 0.86 || got.mean > 0.94 {
			t.Errorf("%s: %+v, %v", m.name, got, err)
		}
	}
}

func TestCount(t *testing.T) {
	one := func(low, high float64) intervals {
		return intervals{low: []float64{low, low, 0}, high: []float64{high, high, 1}}
	}
	got := count([]intervals{one(0.2, 0.4), one(0.35, 0.6)}, []float64{0.3, 0.7, 0.5})
	if got != (covered{0.5, 0, 1}) {
		t.Errorf("%+v, want half of all, none of one pair and all of another", got)
	}
}

func TestRejected(t *testing.T) {
	if share, any := rejected([]float64{0, 0.05, 1, 0, 0, 0.06, 0, 0, 0}, 3); share != 1.0/3 || any != 1 {
		t.Errorf("%v, %v, want a third and 1", share, any)
	}
	if share, any := rejected([]float64{0, 0.5, 1, 0, 0, 0.06, 0, 0, 0}, 3); share != 0 || any != 0 {
		t.Errorf("%v, %v, want none", share, any)
	}
}
