// Package spectrum measures the shape of each layer's covariance on the samples held out: its
// eigenvalues, effective rank with an interval, and how the classes lie in it.
package spectrum

import (
	"context"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic"
)

// Least is the smallest sample a spectrum is computed on.
const Least = 100

// Most is the largest side of an eigenvalue problem: of layers with more units, that many samples are
// used.
const Most = 1024

// Statistic computes the spectrum of every layer.
var Statistic = &statistic.Replay[*Result]{
	Name: "spectrum", Version: 1,
	Reads: func(c statistic.Case, _ *statistic.Results) []capture.Request {
		var out []capture.Request
		for _, k := range keys(c) {
			out = append(out, capture.Request{View: k.View, Site: k.A})
		}
		return out
	},
	Keys: func(c statistic.Case, _ *statistic.Results) ([]statistic.Key, error) {
		if _, ok := c.Held(); !ok {
			return nil, statistic.Unavailable("no-samples", "there are no samples")
		}
		return keys(c), nil
	},
	Cost: func(e statistic.Env) statistic.Cost {
		for _, l := range e.Case.Layers {
			if l.Name == e.Key.A.Layer {
				k := int64(min(l.Units, e.Samples().Len(), Most))
				return statistic.Cost{Bytes: 3 * 8 * k * k}
			}
		}
		return statistic.Cost{}
	},
	Compute: compute,
}

func keys(c statistic.Case) []statistic.Key {
	split, ok := c.Held()
	if !ok {
		return nil
	}
	var out []statistic.Key
	for _, l := range c.Layers {
		out = append(out, statistic.At(capture.View{Split: split, Reduce: capture.Row}, finding.Site{Layer: l.Name, Of: finding.Activation}))
	}
	return out
}

// At returns the spectrum of a layer, or why there is none.
func At(c statistic.Case, r *statistic.Results, layer string) (*Result, error) {
	split, ok := c.Held()
	if !ok {
		return nil, statistic.Unavailable("no-samples", "there are no samples")
	}
	return Statistic.At(r, capture.View{Split: split, Reduce: capture.Row}, finding.Site{Layer: layer, Of: finding.Activation})
}

// A Result describes one layer's covariance.
type Result struct {
	N, Units      int
	Values        []float64      // eigenvalues of the covariance, falling
	RankMe        infer.Estimate // effective rank (Garrido 2023)
	LogRank       infer.Estimate // its natural logarithm, with the error the interval is made of
	Participation infer.Estimate
	StableRank    float64
	FirstShare    float64
	Classes       *Classes // nil without labels
}

// Classes says how the classes lie in a layer.
type Classes struct {
	Present int       // classes that have samples
	Ratio   float64   // trace of the covariance within classes over that between them
	Energy  []float64 // squared distance of each class's mean from the mean of all
}

func compute(_ context.Context, e statistic.Env) (*Result, error) {
	m, err := e.Case.Source.Matrix(e.Key.View, e.Key.A)
	if err != nil {
		return nil, err
	}
	s := e.Samples()
	x, at := finiteRows(m, min(m.D, m.N) > Most)
	n, d := len(at), m.D
	if n < Least {
		return nil, statistic.Unavailable("too-few-samples", "%d finite samples, a spectrum needs %d", n, Least)
	}
	out := &Result{N: n, Units: d}
	if s.Labels != nil && e.Case.Classes > 1 {
		labels := make([]int32, n)
		for i, row := range at {
			labels[i] = s.Labels[row]
		}
		out.Classes = classes(x, labels, n, d, e.Case.Classes)
	}
	hashes := make([]uint64, n)
	for i, row := range at {
		hashes[i] = s.Hashes[row]
	}
	groups := infer.Groups(infer.Seed(e.Case.Seed, "spectrum"), hashes, infer.JackknifeGroups)
	return out, out.measure(x, n, d, groups)
}

// finiteRows copies the rows without NaN or infinity, at most Most of them if few is set.
func finiteRows(m capture.Matrix, few bool) (x []float32, at []int) {
rows:
	for i := range m.N {
		if few && len(at) == Most {
			break
		}
		for _, v := range m.Row(i) {
			if v-v != 0 {
				continue rows
			}
		}
		x = append(x, m.Row(i)...)
		at = append(at, i)
	}
	return x, at
}

// measure computes the eigenvalues and what follows from them. The jackknife leaves each group out of
// the eigenvalues to first order: without group g, lambda_i is the mean of the squared scores
// (v_i'(x - mean))^2 over the other samples, since the vectors' own change adds terms of second order
// only (Kato 1966, II.2). One decomposition serves all groups.
func (r *Result) measure(x []float32, n, d int, groups []int) error {
	scores, values, err := squaredScores(x, n, d)
	if err != nil {
		return err
	}
	r.Values = values
	k := len(values)
	sums := make([][]float64, infer.JackknifeGroups)
	counts := make([]int, len(sums))
	for g := range sums {
		sums[g] = make([]float64, k)
	}
	for s := range n {
		g := groups[s]
		counts[g]++
		for i := range k {
			sums[g][i] += scores[i*n+s]
		}
	}
	var ranks, parts []float64
	left := make([]float64, k)
	for g := range sums {
		for i := range left {
			left[i] = max(0, (values[i]*float64(n)-sums[g][i])/float64(n-counts[g]))
		}
		rank, err := similarity.RankMe(left)
		if err != nil {
			return reason(err)
		}
		part, err := similarity.ParticipationRatio(left)
		if err != nil {
			return reason(err)
		}
		ranks, parts = append(ranks, math.Log(rank)), append(parts, part)
	}
	rank, err := similarity.RankMe(values)
	if err != nil {
		return reason(err)
	}
	if r.LogRank, err = infer.Jackknife(math.Log(rank), ranks); err != nil {
		return err
	}
	r.RankMe = infer.Estimate{Value: rank, SE: rank * r.LogRank.SE, DF: r.LogRank.DF}
	part, err := similarity.ParticipationRatio(values)
	if err != nil {
		return reason(err)
	}
	if r.Participation, err = infer.Jackknife(part, parts); err != nil {
		return err
	}
	if r.StableRank, err = similarity.StableRank(values); err != nil {
		return err
	}
	r.FirstShare, err = similarity.FirstShare(values)
	return err
}

func reason(err error) error {
	return statistic.Unavailable("constant", "the layer's values do not vary: %v", err)
}

// squaredScores returns the squared score of each sample along each eigenvector, k x n, and the k
// eigenvalues of the covariance with n in the denominator. Where there are fewer samples than units
// both come from the n x n Gram.
func squaredScores(x []float32, n, d int) (scores, values []float64, err error) {
	mean := linalg.ColumnMeans(1, x, n, d)
	if d > n {
		e, u, err := linalg.EigenSym(1, linalg.Gram(1, x, n, d, mean), n, true)
		if err != nil {
			return nil, nil, fmt.Errorf("spectrum: %w", err)
		}
		for i := range e {
			e[i] = max(0, e[i])
			for s := range n {
				u[i*n+s] *= u[i*n+s] * e[i]
			}
			e[i] /= float64(n)
		}
		return u, e, nil
	}
	e, v, err := linalg.EigenSym(1, linalg.CovarianceSums(1, x, n, d, mean), d, true)
	if err != nil {
		return nil, nil, fmt.Errorf("spectrum: %w", err)
	}
	c := make([]float64, n*d)
	for s := range n {
		for u := range d {
			c[s*d+u] = float64(x[s*d+u]) - mean[u]
		}
	}
	scores = linalg.Mul(1, false, true, d, n, d, v, c)
	for i := range scores {
		scores[i] *= scores[i]
	}
	for i := range e {
		e[i] = max(0, e[i]) / float64(n)
	}
	return scores, e, nil
}

// classes splits the variance by class.
func classes(x []float32, labels []int32, n, d, count int) *Classes {
	sums := make([]float64, count*d)
	sizes := make([]int, count)
	all := make([]float64, d)
	used := 0
	for i, l := range labels {
		if l < 0 || int(l) >= count {
			continue
		}
		used++
		sizes[l]++
		for u, v := range x[i*d : (i+1)*d] {
			sums[int(l)*d+u] += float64(v)
			all[u] += float64(v)
		}
	}
	if used == 0 {
		return nil
	}
	out := &Classes{Energy: make([]float64, count)}
	var between, within float64
	for c, k := range sizes {
		if k > 0 {
			out.Present++
		}
		for u := range d {
			if k > 0 {
				sums[c*d+u] /= float64(k)
				e := sums[c*d+u] - all[u]/float64(used)
				out.Energy[c] += e * e
			}
		}
		between += out.Energy[c] * float64(k) / float64(used)
	}
	for i, l := range labels {
		if l < 0 || int(l) >= count {
			continue
		}
		for u, v := range x[i*d : (i+1)*d] {
			e := float64(v) - sums[int(l)*d+u]
			within += e * e / float64(used)
		}
	}
	if between <= 0 {
		return nil
	}
	out.Ratio = within / between
	return out
}
