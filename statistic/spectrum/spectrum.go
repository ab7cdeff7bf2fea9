// Package spectrum measures the shape of each layer's covariance on the samples held out: its
// eigenvalues, effective rank with an interval, and how the classes lie in it.
package spectrum

import (
	"cmp"
	"context"
	"slices"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
)

// Least is the smallest sample a spectrum is computed on.
const Least = 100

// Most is the largest side of an eigenvalue problem: of layers with more units, that many samples are
// used.
const Most = 1024

var layers = statistic.Layers{Reduce: capture.Row, Head: true}

// Statistic computes the spectrum of every layer.
var Statistic = &statistic.Replay[*Result]{
	Name: "spectrum", Version: 1,
	Reads: layers.Reads,
	Keys:  layers.Keys,
	Cost: func(e statistic.Env) statistic.Cost {
		d := e.Layer().Units
		k := int64(min(d, e.Samples().Len(), Most))
		return statistic.Cost{Bytes: 3*8*k*k + 8*capture.Strip*int64(d)}
	},
	Compute: compute,
}

// At returns the spectrum of a layer, or why there is none.
func At(c statistic.Case, r *statistic.Results, layer string) (*Result, error) {
	k, err := layers.Key(c, layer)
	if err != nil {
		return nil, err
	}
	return Statistic.Get(r, k)
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
	t, err := e.Case.Source.Table(e.Key.View, e.Key.A)
	if err != nil {
		return nil, err
	}
	s := e.Samples()
	at, err := t.Finite()
	if err != nil {
		return nil, err
	}
	if min(t.D, len(at)) > Most {
		at = Fewest(at, s.Hashes, Most)
	}
	x := t.Select(at)
	n, d := x.N, x.D
	if n < Least {
		return nil, statistic.Unavailable("too-few-samples", "%d finite samples, a spectrum needs %d", n, Least)
	}
	out := &Result{N: n, Units: d}
	if s.Labels != nil && e.Case.Classes > 1 {
		labels := make([]int32, n)
		for i, row := range at {
			labels[i] = s.Labels[row]
		}
		if out.Classes, err = classes(x, labels, e.Case.Classes); err != nil {
			return nil, err
		}
	}
	hashes := make([]uint64, n)
	for i, row := range at {
		hashes[i] = s.Hashes[row]
	}
	groups := infer.Groups(infer.Seed(e.Case.Seed, "spectrum"), hashes, infer.JackknifeGroups)
	return out, out.measure(x, groups)
}

// Fewest returns the n rows with the smallest hashes, in their order: whatever order the samples come
// in, they stand for all.
func Fewest(at []int, hashes []uint64, n int) []int {
	at = slices.Clone(at)
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(hashes[a], hashes[b]) })
	at = at[:n]
	slices.Sort(at)
	return at
}
