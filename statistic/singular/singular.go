// Package singular looks at the weights of every layer alone, without samples: the singular values of the
// matrix, and how much each unit is written with and each input read with.
package singular

import (
	"context"
	"math"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/linalg"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/tensor"
)

// Most is the smaller side of the largest matrix that is decomposed.
const Most = 1024

// Statistic decomposes the weight of every convolution and linear map.
var Statistic = &statistic.Replay[*Result]{
	Name: "singular", Version: 1,
	Keys: func(c statistic.Case, _ *statistic.Results) ([]statistic.Key, error) {
		if c.Graph == nil {
			return nil, statistic.Unavailable("no-model", "weights need the model")
		}
		var out []statistic.Key
		for _, l := range c.Layers {
			if l.Weight != "" && (l.Op == "Conv" || l.Op == "ConvTranspose" || l.Op == "Linear") {
				out = append(out, key(l.Name))
			}
		}
		return out, nil
	},
	Cost: func(e statistic.Env) statistic.Cost {
		l, ok := e.Case.Graph.Layer(e.Key.A.Layer)
		if !ok {
			return statistic.Cost{}
		}
		k := int64(min(l.Units, Most))
		return statistic.Cost{Bytes: 2*8*k*k + 8*int64(l.Parameters)}
	},
	Compute: func(_ context.Context, e statistic.Env) (*Result, error) {
		l, ok := e.Case.Graph.Layer(e.Key.A.Layer)
		if !ok {
			return nil, statistic.Unavailable("no-layer", "no layer %s", e.Key.A.Layer)
		}
		return Of(e.Case.Graph, *l)
	},
}

func key(layer string) statistic.Key {
	return statistic.At(capture.View{}, finding.Site{Layer: layer, Of: finding.Weight})
}

// At returns the result of a layer, or why there is none.
func At(r *statistic.Results, layer string) (*Result, error) {
	k := key(layer)
	return Statistic.At(r, k.View, k.A)
}

// A Result describes the weight of a layer as a matrix of its units by what one unit reads at a position.
type Result struct {
	Units, Reads int
	Squares      []float64 // squared singular values, falling; as many as the smaller side
	Write        []float64 // by unit: squared norm of its weights, scaled as its normalisation scales it
	Read         []float64 // by input unit: squared norm of the weights that read it
}

// Of decomposes the weight of a layer.
func Of(g *graph.Graph, l graph.Layer) (*Result, error) {
	m, inputs, err := Matrix(g, l)
	if err != nil {
		return nil, err
	}
	r := &Result{Units: l.Units, Reads: len(m) / l.Units, Write: make([]float64, l.Units), Read: make([]float64, inputs)}
	each := r.Reads / inputs
	for u := range r.Units {
		for i, v := range m[u*r.Reads : (u+1)*r.Reads] {
			r.Write[u] += v * v
			r.Read[i/each] += v * v
		}
	}
	if l.Norm != nil {
		if scale, ok := g.Weights[l.Norm.Scale]; ok && scale.DType() == tensor.Float32 && scale.Len() == r.Units {
			variance := g.Weights[l.Norm.Variance]
			for u := range r.Write {
				s := float64(scale.Float32s()[u])
				r.Write[u] *= s * s
				if variance.Len() == r.Units && variance.DType() == tensor.Float32 {
					r.Write[u] /= math.Max(float64(variance.Float32s()[u]), 0) + l.Norm.Epsilon
				}
			}
		}
	}
	k := min(r.Units, r.Reads)
	if k > Most {
		return nil, statistic.Unavailable("too-wide", "layer %s has a weight of %d x %d, at most %d are decomposed", l.Name, r.Units, r.Reads, Most)
	}
	gram := make([]float64, k*k)
	if r.Units <= r.Reads {
		kernel.Gemm64(1, false, true, k, k, r.Reads, 1, m, r.Reads, m, r.Reads, 0, gram, k)
	} else {
		kernel.Gemm64(1, true, false, k, k, r.Units, 1, m, r.Reads, m, r.Reads, 0, gram, k)
	}
	for _, v := range gram {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, statistic.Unavailable("not-finite", "the weight of layer %s is not finite", l.Name)
		}
	}
	if r.Squares, _, err = linalg.EigenSym(1, gram, k, false); err != nil {
		return nil, err
	}
	for i, v := range r.Squares {
		r.Squares[i] = max(0, v)
	}
	return r, nil
}

// Matrix returns the weight of a convolution or linear map, a row a unit, and how many input units a row reads.
func Matrix(g *graph.Graph, l graph.Layer) (m []float64, inputs int, err error) {
	w, ok := g.Weights[l.Weight]
	if !ok || w.DType() != tensor.Float32 || w.Rank() < 2 || l.Units < 1 || w.Len() == 0 || w.Len()%l.Units != 0 {
		return nil, 0, statistic.Unavailable("no-weight", "layer %s has no weight matrix of type float32", l.Name)
	}
	reads := w.Len() / l.Units
	x, m := w.Float32s(), make([]float64, w.Len())
	switch {
	case l.Op == "ConvTranspose": // [in, out, kernel]
		inputs = w.Dim(0)
		each := reads / inputs
		for i, v := range x {
			in, out, k := i/(l.Units*each), i/each%l.Units, i%each
			m[out*reads+in*each+k] = float64(v)
		}
	case l.Transpose: // [in, out]
		inputs = reads
		for i, v := range x {
			m[i%l.Units*reads+i/l.Units] = float64(v)
		}
	default: // [out, in, kernel]
		inputs = w.Dim(1)
		for i, v := range x {
			m[i] = float64(v)
		}
	}
	if inputs == 0 || reads%inputs != 0 {
		return nil, 0, statistic.Unavailable("other-weight", "layer %s: weight of shape %v for %d units", l.Name, w.Shape(), l.Units)
	}
	return m, inputs, nil
}
