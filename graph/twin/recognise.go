package twin

import (
	"math"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/tensor"
)

// Recognise returns for each operator of a network the law its weights are nearest to: that of the least
// median, over the operator's layers, of |ln(m / m0)|, with the median m of the weights' sizes and the law's
// m0. Training moves the median less than the standard deviation, which a few large weights make. Weights
// before training show their law; trained ones can look like a wider one. An operator whose layers have no
// finite weights has the first law of its kind, PyTorch's.
func Recognise(g *graph.Graph) map[string]Law {
	type layer struct{ in, out, median float64 }
	seen := map[string][]layer{}
	for i := range g.Layers {
		l := &g.Layers[i]
		w, ok := g.Weights[l.Weight]
		if !ok || w.Rank() < 2 {
			continue
		}
		if _, known := seen[l.Op]; !known {
			seen[l.Op] = nil
		}
		if m := medianSize(w); m > 0 {
			in, out := fans(l, w)
			seen[l.Op] = append(seen[l.Op], layer{in, out, m})
		}
	}
	laws := map[string]Law{}
	for op, layers := range seen {
		best := math.Inf(1)
		for _, law := range candidates(op) {
			var off []float64
			for _, l := range layers {
				off = append(off, math.Abs(math.Log(l.median/law.median(l.in, l.out))))
			}
			d, err := infer.Quantile(off, 0.5)
			if _, any := laws[op]; !any || err == nil && d < best-1e-9 {
				laws[op] = law
				if err == nil {
					best = d
				}
			}
		}
	}
	return laws
}

// most is how many weights of a layer are looked at, evenly spaced.
const most = 1 << 16

// medianSize returns the median of the sizes of weights, 0 where they are not finite.
func medianSize(w tensor.Tensor) float64 {
	step := max(1, w.Len()/most)
	var sizes []float64
	for i := 0; i < w.Len(); i += step {
		switch w.DType() {
		case tensor.Float32:
			sizes = append(sizes, math.Abs(float64(w.Float32s()[i])))
		case tensor.Float64:
			sizes = append(sizes, math.Abs(w.Float64s()[i]))
		}
	}
	m, err := infer.Quantile(sizes, 0.5)
	if err != nil {
		return 0
	}
	return m
}
