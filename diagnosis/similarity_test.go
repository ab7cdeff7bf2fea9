package diagnosis

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"testing"

	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic/pairs"
)

func numbersOf(t *testing.T, s string) (out []float64) {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+4 <= len(b); i += 4 {
		out = append(out, float64(math.Float32frombits(binary.LittleEndian.Uint32(b[i:]))))
	}
	return out
}

// given are the pairs of four layers by one measure, the upper triangle without the diagonal, each with an interval.
func given(half float64, values ...float64) *similarity.Pairs {
	p := &similarity.Pairs{L: 4, N: 200, Exact: true, Reason: make([]error, 4), Value: make([]float64, 16), Low: make([]float64, 16), High: make([]float64, 16), P: make([]float64, 16)}
	for i := range 4 {
		for j := i + 1; j < 4; j++ {
			for _, k := range []int{4*i + j, 4*j + i} {
				p.Value[k], p.Low[k], p.High[k] = values[0], values[0]-half, values[0]+half
			}
			values = values[1:]
		}
	}
	return p
}

// The first pair is most alike by CKA and shape and least by neighbours; the others keep their order.
func TestDisagreementGoesByRanks(t *testing.T) {
	p := &pairs.Result{Layers: []string{"a", "b", "c", "d"}, Few: 150, Share: 1, Starts: []int{2},
		Pairs: given(0.01, 0.9, 0.1, 0.2, 0.3, 0.4, 0.5), Shape: given(0.01, 0.2, 1.4, 1.3, 1.2, 1.1, 1), Near: given(0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)}
	s := Similarity(p)
	d := numbersOf(t, s.Disagreement)
	// CKA finds 5 of 6 pairs less alike; by neighbours 1 of 6, itself, is no more alike.
	if want := 5.0/6 - 1.0/6; math.Abs(d[1]-want) > 1e-6 {
		t.Errorf("disagreement about the first pair is %v, want %v", d[1], want)
	}
	for _, at := range []int{2, 3, 5, 6, 8} {
		if d[at] != 0 {
			t.Errorf("disagreement %d is %v, want 0: its ranks are at most one apart", at, d[at])
		}
	}
	if len(s.Stretches) != 1 || s.Stretches[0] != 2 {
		t.Errorf("stretches begin at %v, want 2", s.Stretches)
	}
	if len(s.Others) != 2 || !s.Others[0].Distance || s.Others[1].N != 150 || s.Others[0].Form != "exact" {
		t.Errorf("%+v", s.Others)
	}
	if q := numbersOf(t, s.P); q[1] != float64(float32(1e-30)) {
		t.Errorf("p is %v, want 1e-30 at least", q[1])
	}
	p.Near = given(0.6, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
	if d := numbersOf(t, Similarity(p).Disagreement); d[1] != 0 {
		t.Errorf("disagreement is %v although one interval holds every value", d[1])
	}
}
