package similarity

import (
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/internal/kernel"
)

// Rounding to bfloat16 changes similarities by no more than the error that is measured on a block; where a few
// units carry a layer that is too much, and float32 is used. Blocks of 131 samples have rounded Gram entries, too.
func TestFast(t *testing.T) {
	for _, kind := range []string{"plain", "offset", "massive"} {
		for _, n := range []int{200, 900, 2100} {
			xs := layers(n, []int{64, 128, 40, 256}, kind)
			want := must(AllPairs(t.Context(), 2, xs, nil, Options{Exact: 500}))
			got := must(AllPairs(t.Context(), 1, xs, nil, Options{Exact: 500, Fast: true}))
			if kind == "massive" {
				if got.Reduced != "" || got.Error <= FastError || !slices.Equal(got.Value, want.Value) {
					t.Errorf("massive units: ran on %q with an error of %.1e, want float32", got.Reduced, got.Error)
				}
				continue
			}
			if got.Reduced == "" || got.Error > FastError || got.Error == 0 {
				t.Fatalf("%s: ran on %q with an error of %.1e, want bfloat16 with one above 0 and at most %v", kind, got.Reduced, got.Error, FastError)
			}
			for i, v := range want.Value {
				if d := math.Abs(got.Value[i] - v); d > got.Error*1.01 {
					t.Errorf("%s, %d samples: entry %d is off by %.1e, want at most the %.1e stated", kind, n, i, d, got.Error)
				}
			}
			again := must(AllPairs(t.Context(), 3, xs, nil, Options{Exact: 500, Fast: true}))
			if !slices.Equal(again.Value, got.Value) || again.Error != got.Error {
				t.Errorf("%s: three workers give other bits", kind)
			}
		}
	}
}

// Where tile registers multiply values in two parts, similarities are those of float64 to 1e-6, be values offset, of few
// kinds or dominated by a few units, and workers do not matter; values that are not split are multiplied in float32.
func TestSplit(t *testing.T) {
	splitting := 0
	for _, kind := range []string{"plain", "offset", "massive", "binary", "steps"} {
		for _, n := range []int{100, 300, 700} {
			from := kind
			if kind == "binary" || kind == "steps" {
				from = "plain"
			}
			xs := layers(n, []int{64, 128, 40, 256}, from)
			for _, x := range xs {
				for i, v := range x.X {
					switch kind {
					case "binary":
						x.X[i] = float32(math.Floor(float64(v)+0.7)) * 0.1
					case "steps":
						x.X[i] = float32(math.Round(float64(v)*3)) / 3
					}
				}
			}
			p := must(AllPairs(t.Context(), 2, xs, nil, Options{}))
			for a := range xs {
				for b := range a {
					if d := math.Abs(p.Value[a*4+b] - must(Debiased(xs[a], xs[b]))); d > 1e-6 {
						t.Errorf("%s, %d samples: similarity of %d and %d is off by %.1e", kind, n, a, b, d)
					}
				}
			}
			if p.Split {
				splitting++
			}
			if again := must(AllPairs(t.Context(), 1, xs, nil, Options{})); !slices.Equal(again.Value, p.Value) || again.Split != p.Split {
				t.Errorf("%s, %d samples: one worker gives other bits", kind, n)
			}
			if p.Split && (!kernel.Tiles() || n < splitSamples || p.Error == 0 || p.Error > SplitError) {
				t.Errorf("%s, %d samples: split with an error of %.1e", kind, n, p.Error)
			}
			if b := must(AllPairs(t.Context(), 1, xs, nil, Options{Biased: true})); b.Split {
				t.Errorf("%s: the biased form is split", kind)
			}
		}
	}
	if kernel.Tiles() && splitting < 5 {
		t.Errorf("values were split in %d cases of 15, want some", splitting)
	}
}
