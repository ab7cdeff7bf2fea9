package similarity

import (
	"errors"
	"slices"
	"testing"
)

// A stored layer gives the bits of one in memory, and is read layer by layer: what cannot be read any more ends it.
func TestStoredLayersArePacked(t *testing.T) {
	xs := layers(600, []int{5, 9, 40}, "plain")
	lost := errors.New("the file is gone")
	for _, whole := range []bool{true, false} {
		var stored []Matrix
		for _, x := range xs {
			reads := 0
			stored = append(stored, Stored(x.N, x.D, func(dst []float32, rows []int) error {
				for i, r := range rows {
					copy(dst[i*x.D:(i+1)*x.D], x.row(r))
				}
				if reads += len(rows); !whole && reads > 3*x.N { // once the frames are known
					return lost
				}
				return nil
			}))
		}
		got, err := AllPairs(t.Context(), 2, stored, nil, Options{Test: true})
		if !whole {
			if !errors.Is(err, lost) {
				t.Errorf("rows that cannot be read: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if want := must(AllPairs(t.Context(), 1, xs, nil, Options{Test: true})); !slices.Equal(got.Value, want.Value) || !slices.Equal(got.SE, want.SE) || !slices.Equal(got.P, want.P) {
			t.Error("stored layers give other bits")
		}
	}
}
