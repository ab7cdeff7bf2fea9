package alignment

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/statistictest"
)

// Weights of zero read nothing, and the identity reads all directions alike: neither is a number that does not exist.
func TestDegenerateWeights(t *testing.T) {
	const n, d = 200, 32
	u := statistictest.Uniform(5, n, d)
	rows, groups := make([][]float32, n), make([]int, n)
	for i := range rows {
		rows[i], groups[i] = floats(u[i*d:(i+1)*d], 1, 0), i%infer.JackknifeGroups
		rows[i][0] *= 5
	}
	identity := make([]float32, d*d)
	for i := range d {
		identity[i*d+i] = 1
	}
	measure := func(w []float32) (*Result, error) {
		out := &Result{Layers: []string{"fc"}, Width: d}
		return out, out.measure(1, &reader{width: d, groups: 1}, w, rows, groups)
	}
	alike, err := measure(identity)
	if err != nil || alike.Cosine.Value != 0 {
		t.Errorf("identity: cosine %v, %v", alike.Cosine, err)
	}
	near(t, "spread", alike.Spread, math.Sqrt(2.0/((d-1)*(d+2))), 1e-12)
	if _, err := measure(make([]float32, d*d)); err == nil {
		t.Error("zero: no error")
	} else if code, why := statistic.Reason(err); code != "zero-weight" {
		t.Errorf("zero: %s (%s)", code, why)
	}
}
