package diagnosis

import (
	"math"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/twin"
	"github.com/stratascope/stratascope/statistic/singular"
	"github.com/stratascope/stratascope/tensor"
)

// initialTwin is e9: how far training moved a layer's weight from the network before training, where that was given.
func initialTwin(w *witness) []float64 {
	out := w.none()
	if w.c.Graph == nil {
		return out
	}
	if w.c.Initial == nil {
		return w.drawn
	}
	moved := w.none()
	for i, l := range w.layers {
		was, ok := w.c.Initial.Layer(l.Name)
		if !ok {
			continue
		}
		a, b := w.c.Initial.Weights[was.Weight], w.c.Graph.Weights[l.Weight]
		if !a.Valid() || !b.Valid() || a.DType() != tensor.Float32 || b.DType() != tensor.Float32 || a.Len() != b.Len() {
			continue
		}
		var diff, size float64
		for k, v := range a.Float32s() {
			d := float64(b.Float32s()[k]) - float64(v)
			diff, size = diff+d*d, size+float64(v)*float64(v)
		}
		if size > 0 {
			moved[i] = -math.Log(math.Max(math.Sqrt(diff/size), 1e-6))
		}
	}
	for i, v := range moved {
		if rest := siblings(moved, i); !math.IsNaN(v) && len(rest) >= 3 {
			out[i] = above(v, median(rest), 1)
		}
	}
	return out
}

// Of the layers that look as drawn at random: the most of the others that may, so that it says something, and its p: that
// of an evidence that supports.
const (
	drawnShare = 0.25
	drawnLevel = 0.01
)

// examineInitial is e9 without the network before training: layers whose weights and bias lie where the law that such
// networks are drawn by puts them (METHODS 3.7, R3), as few others do. Training leaves hardly a bias at 0, and hardly
// all weights of a uniform law within its bounds.
func (w *witness) examineInitial() {
	w.drawn = w.none()
	if w.c.Graph == nil || w.c.Initial != nil {
		return
	}
	laws := twin.Recognise(w.c.Graph)
	fresh, n := make([]bool, len(w.layers)), 0
	count := 0
	for i, l := range w.layers {
		law, known := laws[l.Op]
		if !known {
			continue
		}
		drawn, ok := w.asDrawn(l, law)
		if !ok {
			continue
		}
		n++
		if fresh[i] = drawn; drawn {
			count++
		}
	}
	for i := range fresh {
		if fresh[i] && n > 3 && float64(count-1) <= drawnShare*float64(n-1) {
			w.drawn[i] = drawnLevel
		}
	}
}

// asDrawn reports whether all that a law of initialisation says for certain of a layer holds; ok is false where it says
// nothing.
func (w *witness) asDrawn(l graph.Layer, law twin.Law) (drawn, ok bool) {
	s, err := singular.At(w.r, l.Name)
	if err != nil {
		return false, false
	}
	in, field := float64(s.Reads), float64(s.Reads)/float64(len(s.Read))
	drawn = true
	if law.Uniform {
		bound := math.Sqrt(3) * law.SD(in, field*float64(s.Units))
		drawn, ok = within(w.c.Graph.Weights[l.Weight], bound), true
	}
	if b := w.c.Graph.Weights[l.Bias]; l.Bias != "" && l.Norm == nil && b.DType() == tensor.Float32 {
		bound := 0.0
		if law.Biased {
			bound = 1 / math.Sqrt(in)
		}
		drawn, ok = drawn && within(b, bound), true
	}
	return drawn, ok
}

// within reports whether no value is larger than a bound, but for rounding.
func within(t tensor.Tensor, bound float64) bool {
	if t.DType() != tensor.Float32 {
		return false
	}
	for _, v := range t.Float32s() {
		if math.Abs(float64(v)) > bound*(1+1e-6) {
			return false
		}
	}
	return true
}
