package diagnosis

import (
	"fmt"
	"math"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/twin"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/singular"
	"github.com/stratascope/stratascope/tensor"
)

// untouched is a network of layers drawn by a law, all but some of which training has moved.
func untouched(t *testing.T, law twin.Law, layers int, drawn ...int) *witness {
	t.Helper()
	const d = 16
	g := &graph.Graph{Weights: map[string]tensor.Tensor{}}
	half := math.Sqrt(3) * law.SD(d, d)
	for i := range layers {
		l := graph.Layer{Name: fmt.Sprint("fc", i), Op: "Linear", Units: d, Weight: fmt.Sprint("w", i), Bias: fmt.Sprint("b", i)}
		w, b, r := tensor.New(tensor.Float32, d, d), tensor.New(tensor.Float32, d), infer.Rand(uint64(i), "untouched")
		for k := range w.Float32s() {
			w.Float32s()[k] = float32(half * (2*r.Float64() - 1))
			if !law.Uniform {
				w.Float32s()[k] = float32(law.SD(d, d) * r.NormFloat64())
			}
		}
		if law.Biased {
			for k := range b.Float32s() {
				b.Float32s()[k] = float32((2*r.Float64() - 1) / 4)
			}
		}
		moved := true
		for _, k := range drawn {
			moved = moved && k != i
		}
		if moved {
			w.Float32s()[0], b.Float32s()[0] = float32(1.2*half), 0.3
		}
		g.Weights[l.Weight], g.Weights[l.Bias], g.Layers = w, b, append(g.Layers, l)
	}
	c := statistic.Case{Graph: g, Layers: g.Layers}
	r, err := statistic.Collect(t.Context(), c, []statistic.Any{singular.Statistic}, statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &witness{c: c, r: r, layers: g.Layers}
	w.examineInitial()
	return w
}

// A layer whose weights and bias lie where initialisation puts them speaks against itself where few others do.
func TestDrawn(t *testing.T) {
	for _, law := range []twin.Law{twin.PyTorch, twin.HeNormal, twin.XavierUniform} {
		for _, drawn := range [][]int{nil, {2}, {2, 3}, {1, 2, 3}, {0, 1, 2, 3, 4, 5, 6, 7}} {
			w := untouched(t, law, 8, drawn...)
			for i := range w.layers {
				want := false
				for _, k := range drawn {
					want = want || k == i && len(drawn) <= 2
				}
				if got := !math.IsNaN(w.drawn[i]); got != want {
					t.Errorf("%s, %v drawn: layer %d speaks %v, want %v", law.Name, drawn, i, got, want)
				}
			}
		}
	}
	for i, p := range untouched(t, twin.PyTorch, 3, 1).drawn {
		if !math.IsNaN(p) {
			t.Errorf("of three layers layer %d speaks", i)
		}
	}
}
