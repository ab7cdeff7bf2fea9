package similarity

import (
	"errors"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

// A rotated, scaled and shifted copy is found again, also by samples that the rotation was not fitted on.
func TestRotationFindsTheCopy(t *testing.T) {
	x := layers(120, []int{6}, "offset")[0]
	y := matrix(120, 6, make([]float32, 720)...)
	axis := []float64{1, -2, 0.5, 3, 1, 1}
	for i := range 120 {
		row := make([]float64, 6)
		for j, v := range x.row(i) {
			row[j] = float64(v) - 1e4
		}
		addTo(row, axis, -2*dot(row, axis)/dot(axis, axis))
		for j, v := range row {
			y.row(i)[j] = float32(3*v + float64(j))
		}
	}
	r := must(Rotate(part(x, 0, 60), part(y, 0, 60)))
	near(t, "scale", r.Scale, 3, 1e-5)
	near(t, "residual", r.Residual, 0, 1e-3)
	for i := range 6 {
		for j := range 6 {
			want := -2 * axis[i] * axis[j] / dot(axis, axis)
			if i == j {
				want++
			}
			near(t, "entry of Q", r.Q[i*6+j], want, 1e-5)
		}
	}
	got := must(r.Apply(part(x, 60, 120)))
	for i, v := range got.X {
		near(t, "new sample", float64(v), float64(y.X[360+i]), 0.01)
	}
	if _, err := r.Apply(layers(5, []int{5}, "plain")[0]); !errors.Is(err, infer.ErrRange) {
		t.Errorf("rows of other width: %v", err)
	}
}

func TestMatchFindsPermutedUnits(t *testing.T) {
	x := layers(80, []int{7}, "plain")[0]
	y := matrix(80, 9, make([]float32, 720)...)
	to := []int{4, 0, 8, 2, 7, 1, 5}
	for i := range 80 {
		for j, v := range x.row(i) {
			y.row(i)[to[j]] = 5*v + 100
		}
	}
	m := must(Match(x, y))
	if !slices.Equal(m.Unit, to) {
		t.Errorf("units %v, want %v", m.Unit, to)
	}
	near(t, "mean", m.Mean, 1, 1e-6)
	back := must(Match(y, x))
	for j, i := range back.Unit {
		if (i >= 0) != slices.Contains(to, j) && j != 3 && j != 6 || i >= 0 && slices.Contains(to, j) && to[i] != j {
			t.Errorf("unit %d of the wider layer is matched with %d", j, i)
		}
	}
	near(t, "mean back", back.Mean, 1, 1e-6)
}
