package divergence

import (
	"errors"
	"math"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

func TestMMDVector(t *testing.T) {
	m := must(MMD([]float32{0, 1}, []float32{2, 3}, 1, MMDOptions{Width: 1, Draws: 9}))
	near(t, "TV-16 unbiased", m.Unbiased, 0.768906, 1e-6)
	near(t, "TV-16 biased", m.Biased, 1.162376, 1e-6)
}

// It finds a change of spread that leaves the means, at any offset and scale; and rejects 5 % where nothing changed.
func TestMMDFindsAndKeepsItsLevel(t *testing.T) {
	rows := func(seed uint64, n int, spread, offset float64) []float32 {
		r := infer.Rand(seed, "rows")
		out := make([]float32, 3*n)
		for i := range out {
			out[i] = float32(r.NormFloat64()*spread + offset)
		}
		return out
	}
	for _, offset := range []float64{0, 1e4} {
		if m := must(MMD(rows(1, 100, 1, offset), rows(2, 100, 2, offset), 3, MMDOptions{})); m.P != 0.001 || m.Unbiased < 0.03 {
			t.Errorf("offset %v: %+v", offset, m)
		}
	}
	rejected := 0
	for s := range uint64(500) {
		if m := must(MMD(rows(2*s, 12, 1, 0), rows(2*s+1, 20, 1, 0), 3, MMDOptions{Draws: 99, Seed: s})); m.P <= 0.05 {
			rejected++
		}
	}
	if rejected < 11 || rejected > 43 { // 99.9 % of the binomial
		t.Errorf("%d of 500 rejected at 5 %%", rejected)
	}
}

func TestMMDGivesReasons(t *testing.T) {
	four := []float32{1, 2, 3, 4}
	for i, c := range []struct {
		x, y []float32
		d    int
		want error
	}{
		{four, four, 3, infer.ErrRange}, {four, four[:2], 2, infer.ErrTooFew}, {make([]float32, 8), make([]float32, 8), 2, infer.ErrConstant},
		{four, []float32{1, 2, 3, float32(math.NaN())}, 2, infer.ErrNotFinite},
	} {
		if _, err := MMD(c.x, c.y, c.d, MMDOptions{}); !errors.Is(err, c.want) {
			t.Errorf("case %d: %v, want %v", i, err, c.want)
		}
	}
}
