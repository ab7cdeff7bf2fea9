// Package cosine says how far a layer's samples point one way: the mean cosine of two samples as they are
// and less the mean of all, and in how many directions the values vary when that mean is gone.
package cosine

import (
	"context"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/cluster"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/spectrum"
)

// Least is the smallest sample cosines are taken of (METHODS 2).
const Least = 100

// Most is the largest sample that is used; of more, those with the smallest hashes are.
const Most = 768

var layers = statistic.Layers{Reduce: capture.Spot}

// Statistic looks at one position of every sample held out, in every layer but the output: a mean over
// positions makes the samples alike by itself.
var Statistic = &statistic.Replay[*Result]{
	Name: "cosine", Version: 1,
	Reads: layers.Reads,
	Keys:  layers.Keys,
	Cost: func(e statistic.Env) statistic.Cost {
		n := int64(min(e.Samples().Len(), Most))
		return statistic.Cost{Bytes: 8*n*n + 12*n*int64(e.Layer().Units)}
	},
	Compute: compute,
}

// At returns the cosines of a layer, or why there are none.
func At(c statistic.Case, r *statistic.Results, layer string) (*Result, error) {
	k, err := layers.Key(c, layer)
	if err != nil {
		return nil, err
	}
	return Statistic.Get(r, k)
}

// A Result describes how a layer's samples point. Its errors are by the group jackknife; the centred
// cosines of a part are taken less the mean of the whole.
type Result struct {
	N, Units      int
	Short         int            // samples of length zero, which have no direction
	Raw, Centred  infer.Estimate // mean cosine of two samples, -1 to 1
	Participation infer.Estimate // of the covariance's eigenvalues, 1 to min(units, samples - 1)
}

func compute(_ context.Context, e statistic.Env) (*Result, error) {
	t, err := e.Case.Source.Table(e.Key.View, e.Key.A)
	if err != nil {
		return nil, err
	}
	x, at, err := Sample(t, e.Samples().Hashes)
	if err != nil {
		return nil, err
	}
	return Of(x, Groups(e, "cosine", at))
}

// Sample returns the finite rows of a layer, of more than Most those with the smallest hashes, and their places.
func Sample(t capture.Table, hashes []uint64) (capture.Matrix, []int, error) {
	at, err := t.Finite()
	if err != nil {
		return capture.Matrix{}, nil, err
	}
	if len(at) < Least {
		return capture.Matrix{}, nil, statistic.Unavailable("too-few-samples", "%d finite samples, cosines need %d", len(at), Least)
	}
	if len(at) > Most {
		at = spectrum.Fewest(at, hashes, Most)
	}
	x, err := t.Select(at).Matrix()
	return x, at, err
}

// Groups deals the rows named of a view to the groups of the jackknife.
func Groups(e statistic.Env, purpose string, at []int) []int {
	hashes, own := e.Samples().Hashes, make([]uint64, len(at))
	for i, row := range at {
		own[i] = hashes[row]
	}
	return infer.Groups(infer.Seed(e.Case.Seed, purpose), own, infer.JackknifeGroups)
}

// Of takes the cosines of finite rows that are dealt to groups.
func Of(x capture.Matrix, groups []int) (*Result, error) {
	p := cluster.Points{X: x.X, N: x.N, D: x.D}
	out := &Result{N: x.N, Units: x.D}
	for _, centred := range []bool{false, true} {
		z, kept, err := p.Directions(centred)
		if err != nil {
			return nil, err
		}
		if z.N < Least {
			return nil, statistic.Unavailable("constant", "%d of %d samples have a direction, cosines need %d", z.N, x.N, Least)
		}
		own := make([]int, len(kept))
		for i, row := range kept {
			own[i] = groups[row]
		}
		m, err := mean(z, own)
		if err != nil {
			return nil, err
		}
		if centred {
			out.Centred = m
		} else {
			out.Raw, out.Short = m, x.N-z.N
		}
	}
	var err error
	out.Participation, err = participation(linalg.Gram(1, x.X, x.N, x.D, nil), groups)
	return out, err
}

// mean is the mean cosine of two different directions, (|sum z|^2 - n)/(n(n-1)) (METHODS 5.1).
func mean(z cluster.Points, groups []int) (infer.Estimate, error) {
	sums, counts, own := make([][]float64, infer.JackknifeGroups), make([]int, infer.JackknifeGroups), make([]float64, infer.JackknifeGroups)
	for g := range sums {
		sums[g] = make([]float64, z.D)
	}
	for i, g := range groups {
		counts[g]++
		for u, v := range z.X[i*z.D : (i+1)*z.D] {
			sums[g][u] += float64(v)
			own[g] += float64(v) * float64(v)
		}
	}
	all := make([]float64, z.D)
	for _, s := range sums {
		for u, v := range s {
			all[u] += v
		}
	}
	without := func(g int) float64 {
		n, square, single := float64(z.N), 0.0, infer.Total(own)
		for u, v := range all {
			if g >= 0 {
				v -= sums[g][u]
			}
			square += v * v
		}
		if g >= 0 {
			n, single = n-float64(counts[g]), single-own[g]
		}
		return (square - single) / (n * (n - 1))
	}
	left := make([]float64, len(sums))
	for g := range left {
		left[g] = without(g)
	}
	return infer.Jackknife(without(-1), left)
}
