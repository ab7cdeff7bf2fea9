package singular

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// METHODS, TV-21: [[3,0],[4,5]] has the singular values 6.708204 and 2.236068.
func TestOf(t *testing.T) {
	for name, c := range map[string]struct {
		w         []float32
		transpose bool
	}{"rows are units": {[]float32{3, 0, 4, 5}, false}, "columns are units": {[]float32{3, 4, 0, 5}, true}} {
		l := graph.Layer{Name: "fc", Op: "Linear", Units: 2, Weight: "w", Transpose: c.transpose}
		r, err := Of(&graph.Graph{Weights: map[string]tensor.Tensor{"w": tensor.Of(c.w, 2, 2)}}, l)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []float64{6.708204, 2.236068} {
			if got := math.Sqrt(r.Squares[i]); math.Abs(got-want) > 1e-6 {
				t.Errorf("%s: singular value %d is %.6f, want %.6f", name, i, got, want)
			}
		}
		if r.Write[0] != 9 || r.Write[1] != 41 || r.Read[0] != 25 || r.Read[1] != 25 {
			t.Errorf("%s: writes %v, reads %v; want 9 41, 25 25", name, r.Write, r.Read)
		}
	}
}
