package probe

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/statistic"
)

// Ten answers, of which the first reader has eight and the second five: four are its own, one the other's.
func TestGap(t *testing.T) {
	first := []bool{true, true, true, true, true, true, true, true, false, false}
	second := []bool{true, true, true, true, false, false, false, false, true, false}
	g, err := GapOf(first, second, 0.02)
	if err != nil {
		t.Fatal(err)
	}
	if g.N != 10 || g.First != 0.8 || g.Second != 0.5 || math.Abs(g.Value-0.3) > 1e-15 || !(g.Low < 0.3 && 0.3 < g.High) || !(g.P > 0.05 && g.P < 0.5) {
		t.Errorf("%+v", g)
	}
	if _, err := GapOf(nil, nil, 0.02); err == nil {
		t.Error("no samples were compared")
	} else if code, _ := statistic.Reason(err); code != "too-few-samples" {
		t.Errorf("reason %s", code)
	}
	s := Score{Rows: []int{3, 5, 8, 9}, Right: []bool{true, false, true, true}}
	if a, n := s.AccuracyOn(func(row int) bool { return row < 9 }); math.Abs(a-2./3) > 1e-15 || n != 3 {
		t.Errorf("%v of %d", a, n)
	}
	if a, n := s.AccuracyOn(func(int) bool { return false }); a != 0 || n != 0 {
		t.Errorf("%v of %d on no rows", a, n)
	}
}
