package alignment

import (
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
)

// Given returns by unit the mean and variance, over the patches read, of what a layer of the network would
// give before its normalisation with the weight and bias that graph w has for it.
func Given(c statistic.Case, r *statistic.Results, w *graph.Graph, layer string) (mean, variance []float64, err error) {
	all, err := keys(c, r)
	if err != nil {
		return nil, nil, err
	}
	for i, ls := range readers(c.Graph.Layers) {
		if len(ls) != 1 || ls[0].Name != layer || ls[0].Op == "ConvTranspose" {
			continue
		}
		seen, err := Patches.Get(r, all[i])
		if err != nil {
			return nil, nil, err
		}
		rd, err := newReader(w, ls)
		if err != nil {
			return nil, nil, err
		}
		return rd.given(w, seen)
	}
	return nil, nil, statistic.Unavailable("other-weight", "what layer %s would give is not known from one position of what it reads", layer)
}

func (r *reader) given(g *graph.Graph, seen *Seen) (mean, variance []float64, err error) {
	w, err := r.weight(g)
	if err != nil {
		return nil, nil, err
	}
	_, rows, err := seen.finite()
	if err != nil {
		return nil, nil, err
	}
	if len(rows) < Least {
		return nil, nil, statistic.Unavailable("too-few-samples", "%d finite samples, the moments of what a layer gives need %d", len(rows), Least)
	}
	per, units := len(w)/r.groups, len(w)/r.width/r.groups
	x := make([]float32, len(rows)*r.width)
	for g := range r.groups {
		for i, p := range rows {
			copy(x[i*r.width:], p[g*r.width:(g+1)*r.width])
		}
		m, v := columnMoments(product(1, w[g*per:(g+1)*per], x, len(rows), r.width), units)
		mean, variance = append(mean, m...), append(variance, v...)
	}
	if b, ok := g.Weights[r.layers[0].Bias]; ok && b.Len() == len(mean) {
		for u, v := range b.Float32s() {
			mean[u] += float64(v)
		}
	}
	return mean, variance, nil
}

// columnMoments returns the means and variances of the columns of rows.
func columnMoments(x []float32, d int) (mean, variance []float64) {
	mean, variance = make([]float64, d), make([]float64, d)
	n := float64(len(x) / d)
	for i, v := range x {
		mean[i%d] += float64(v) / n
	}
	for i, v := range x {
		e := float64(v) - mean[i%d]
		variance[i%d] += e * e / n
	}
	return mean, variance
}
