// Package spectrum measures the shape of each layer's covariance on the samples held out: its
// eigenvalues, effective rank with an interval, and how the classes lie in it.
package spectrum

import (
	"cmp"
	"context"
	"slices"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
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
				return statistic.Cost{Bytes: 3*8*k*k + 8*capture.Strip*int64(l.Units)}
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
