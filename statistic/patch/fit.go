package patch

import (
	"errors"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/graph/graft"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic"
)

const (
	asIs    = "as-is"
	rotated = "rotated"
	ridge   = "ridge"
)

var names = []string{asIs, rotated, ridge}

const (
	samples = 2048 // that an alignment is fitted on at most
	widest  = 512  // units of a layer that is aligned: it costs their cube
	penalty = 1e-2 // of ridge regression, in mean squares of a unit
)

// fit returns the ways that can be had, or why there is none.
func fit(e statistic.Env) ([]Way, error) {
	layer := e.Key.A.Layer
	out := []Way{{Name: asIs}}
	for k := range e.Case.References {
		if statistic.Reference(k) != e.Key.View.Network {
			continue
		}
		if _, err := graft.Put(e.Case.Graph, e.Case.References[k], layer, graft.Map{}); err != nil {
			return nil, statistic.Unavailable("not-patched", "layer %s: %v", layer, err)
		}
	}
	l, ok := e.Case.Graph.Layer(layer)
	if !ok || l.Units > widest {
		return out, nil
	}
	x, y, err := rows(e)
	if err != nil || x.D != l.Units || y.D != l.Units {
		return out, nil // without an alignment the values are put as they are
	}
	if r, err := similarity.Rotate(x, y); err == nil {
		out = append(out, Way{rotated, affine(r.Q, r.Scale, r.MeanX, r.MeanY)})
	}
	if m, err := regression(x, y); err == nil {
		out = append(out, Way{ridge, m})
	}
	return out, nil
}

// rows returns the values of the reference and of the layer, means over positions, on the half that chooses.
func rows(e statistic.Env) (x, y similarity.Matrix, err error) {
	own := e.Key.View
	own.Network = ""
	var ts [2]capture.Table
	for i, v := range []capture.View{e.Key.View, own} {
		if ts[i], err = e.Case.Source.Table(v, e.Key.A); err != nil {
			return x, y, err
		}
	}
	s := e.Case.Source.Samples(own)
	at, _ := parted(e.Case.Seed, s.Hashes, s.Labels)
	var ms [2]capture.Matrix
	for i, t := range ts {
		if ms[i], err = t.Select(at[:min(samples, len(at))]).Matrix(); err != nil {
			return x, y, err
		}
		if err := infer.Finite(widened(ms[i].X)); err != nil {
			return x, y, err
		}
	}
	return similarity.Matrix{X: ms[0].X, N: ms[0].N, D: ms[0].D}, similarity.Matrix{X: ms[1].X, N: ms[1].N, D: ms[1].D}, nil
}

func widened(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// affine is the map y = scale (x - mx) M + my.
func affine(m []float64, scale float64, mx, my []float64) graft.Map {
	d := len(my)
	out := graft.Map{Matrix: make([]float32, len(m)), Offset: make([]float32, d)}
	for j := range d {
		b := my[j]
		for i := range mx {
			out.Matrix[i*d+j] = float32(scale * m[i*d+j])
			b -= scale * mx[i] * m[i*d+j]
		}
		out.Offset[j] = float32(b)
	}
	return out
}

// regression is the ridge regression of y on x.
func regression(x, y similarity.Matrix) (graft.Map, error) {
	n, d := x.N, x.D
	if n < 2 {
		return graft.Map{}, errors.New("too few samples")
	}
	cx, mx := centred(x)
	cy, my := centred(y)
	xx, xy := linalg.Mul(1, true, false, d, d, n, cx, cx), linalg.Mul(1, true, false, d, d, n, cx, cy)
	trace := 0.0
	for i := range d {
		trace += xx[i*d+i] / float64(d)
	}
	for i := range d {
		xx[i*d+i] += penalty * trace
	}
	if err := linalg.Cholesky(1, xx, d); err != nil {
		return graft.Map{}, err
	}
	linalg.SolveCholesky(1, xx, d, xy, d)
	return affine(xy, 1, mx, my), nil
}

// centred returns values less the mean of each column.
func centred(m similarity.Matrix) (v, mean []float64) {
	v, mean = widened(m.X), make([]float64, m.D)
	for i, w := range v {
		mean[i%m.D] += w / float64(m.N)
	}
	for i := range v {
		v[i] -= mean[i%m.D]
	}
	return v, mean
}
