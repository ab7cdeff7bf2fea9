package diagnosis

import (
	"math"
	"testing"
)

// A reader that is always right before a network that never is speaks against the layer, though neither share varies.
func TestAllLabelsLost(t *testing.T) {
	for _, c := range []struct{ before, behind, want float64 }{
		{1, 0, 0},
		{1, 1, math.NaN()},
		{0.875, 0.825, 0.5},
		{0.9, 0.5, 2.452e-13}, // z = 0.35 / sqrt((0.09 + 0.25) / 145)
	} {
		p := lossP(c.before, 145, c.behind, 145)
		if math.IsNaN(p) != math.IsNaN(c.want) || math.Abs(p-c.want) > 1e-3*c.want+1e-15 {
			t.Errorf("%g before, %g behind: p %g, want %g", c.before, c.behind, p, c.want)
		}
	}
}
