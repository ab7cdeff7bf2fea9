package similarity

import (
	"math"
	"slices"
	"testing"
)

// Rounding to bfloat16 changes similarities by no more than the error that is measured on a block; where a few
// units carry a layer that is too much, and float32 is used.
func TestFast(t *testing.T) {
	for _, kind := range []string{"plain", "offset", "massive"} {
		for _, n := range []int{200, 900} {
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
