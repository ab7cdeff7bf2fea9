package diagnosis

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic"
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
	s := Similarity(p, nil)
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
	if s.Notes != nil {
		t.Errorf("notes %q, want none", s.Notes)
	}
	p.Near = given(0.6, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
	s = Similarity(p, nil)
	if d := numbersOf(t, s.Disagreement); d[1] != 0 {
		t.Errorf("disagreement is %v although one interval holds every value", d[1])
	}
}

// What was asked for stands beside the usual; what cannot be had is said.
func TestWhatWasAskedForIsWritten(t *testing.T) {
	p := &pairs.Result{Layers: []string{"a", "b", "c", "d"}, Few: 150, Share: 1,
		Pairs: given(0.01, 0.9, 0.1, 0.2, 0.3, 0.4, 0.5), Shape: given(0.01, 0.2, 1.4, 1.3, 1.2, 1.1, 1), Near: given(0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)}
	p.Reduced, p.Error = "amx", 2e-5
	asked := &pairs.Answer{Layers: p.Layers, N: 150, Draws: 99, Without: given(0.02, -0.1, 0.1, 0.2, 0.3, 0.4, 0.5),
		Permuted: &similarity.Permuted{L: 4, N: 150, Drawn: given(0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06).Value, Adjusted: given(0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5).Value}}
	asked.Without.P = nil
	s := Similarity(p, asked)
	if s.Form != "exact; values rounded to bfloat16 (amx), which changes a similarity by 2e-05 at most" {
		t.Errorf("form %q", s.Form)
	}
	if m := s.Permuted; m == nil || m.Draws != 99 || m.N != 150 || numbersOf(t, m.P)[1] != float64(float32(0.01)) || numbersOf(t, m.Family)[1] != float64(float32(0.05)) {
		t.Errorf("permuted %+v", s.Permuted)
	}
	if len(s.Others) != 3 || s.Others[2].Measure != "debiased CKA without the input" || s.Others[2].P != "" || numbersOf(t, s.Others[2].Low)[1] != float64(float32(-0.1-0.02)) {
		t.Errorf("others %+v", s.Others)
	}
	if len(s.Notes) != 0 {
		t.Errorf("notes %q", s.Notes)
	}
	asked.Without.Reason[1] = errors.New("similarity of the layers with the input is 1")
	s = Similarity(p, asked)
	if len(s.Others) != 2 || len(s.Notes) != 1 || s.Notes[0] != "debiased CKA without the input: layer b: similarity of the layers with the input is 1" {
		t.Errorf("%d others, notes %q", len(s.Others), s.Notes)
	}
}

func TestWhatIsNotComparedIsSaid(t *testing.T) {
	p := &pairs.Result{Layers: []string{"a", "b", "c", "d"}, Few: 150, Pairs: given(0.01, 0.9, 0.1, 0.2, 0.3, 0.4, 0.5), Near: given(0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5),
		NoShape: statistic.Unavailable("too-many-layers", "shape distances of 401 layers, want at most 400")}
	p.Near.Reason[1] = infer.ErrConstant
	s := Similarity(p, nil)
	if want := []string{"layer b: all values are equal", "shape distances of 401 layers, want at most 400"}; !slices.Equal(s.Notes, want) || !slices.Equal(s.Layers, []string{"a", "c", "d"}) {
		t.Errorf("layers %q, notes %q, want %q", s.Layers, s.Notes, want)
	}
}
