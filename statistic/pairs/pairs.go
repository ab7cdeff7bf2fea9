// Package pairs compares every layer with every other by debiased linear CKA on the samples held out,
// with exact group-jackknife intervals.
package pairs

import (
	"context"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic"
)

// Level is the share the intervals cover.
const Level = 0.9

// Least is the smallest sample similarity is computed on (METHODS 2).
const Least = 100

// Statistic compares all pairs of layers.
var Statistic = &statistic.Replay[*Result]{
	Name: "pairs", Version: 1, Wide: true,
	Reads: func(c statistic.Case, _ *statistic.Results) []capture.Request {
		split, ok := c.Held()
		if !ok {
			return nil
		}
		var out []capture.Request
		for _, l := range c.Layers {
			out = append(out, capture.Request{View: capture.View{Split: split, Reduce: capture.Row}, Site: capture.Site{Layer: l.Name, Of: "activation"}})
		}
		return out
	},
	Keys: func(c statistic.Case, _ *statistic.Results) ([]statistic.Key, error) {
		split, ok := c.Held()
		if !ok {
			return nil, statistic.Unavailable("no-samples", "there are no samples")
		}
		return []statistic.Key{statistic.At(capture.View{Split: split, Reduce: capture.Row}, statistic.All)}, nil
	},
	Cost: func(e statistic.Env) statistic.Cost {
		// Tiles of 256 x 256 for every layer and worker, and 21 partial row sums a sample and layer.
		layers, n := int64(len(e.Case.Layers)), int64(e.Samples().Len())
		return statistic.Cost{Bytes: layers * (256*256*4*int64(max(1, e.Case.Workers)) + 21*8*n)}
	},
	Compute: compute,
}

// A Result is the similarity of all pairs of the layers named.
type Result struct {
	Layers []string
	Index  map[string]int
	*similarity.Pairs
}

// Get returns the result of the samples held out.
func Get(c statistic.Case, r *statistic.Results) (*Result, error) {
	split, ok := c.Held()
	if !ok {
		return nil, statistic.Unavailable("no-samples", "there are no samples")
	}
	return Statistic.At(r, capture.View{Split: split, Reduce: capture.Row}, statistic.All)
}

func compute(ctx context.Context, e statistic.Env) (*Result, error) {
	samples := e.Samples()
	if samples.Len() < Least {
		return nil, statistic.Unavailable("too-few-samples", "%d samples, similarity needs %d", samples.Len(), Least)
	}
	out := &Result{Index: map[string]int{}}
	var ms []similarity.Matrix
	for _, l := range e.Case.Layers {
		m, err := capture.All(e.Case.Source.Table(e.Key.View, capture.Site{Layer: l.Name, Of: "activation"}))
		if err != nil {
			continue // a layer the source does not offer has no row in the matrix
		}
		if m.N != samples.Len() {
			return nil, fmt.Errorf("layer %s: %d rows for %d samples", l.Name, m.N, samples.Len())
		}
		one := similarity.Matrix{X: m.X, N: m.N, D: m.D}
		if len(finite([]similarity.Matrix{one})) < Least {
			continue // nor has one that is hardly ever finite: the others can still be compared
		}
		out.Index[l.Name] = len(ms)
		out.Layers = append(out.Layers, l.Name)
		ms = append(ms, one)
	}
	if len(ms) == 0 {
		return nil, statistic.Unavailable("no-features", "no layer has %d finite samples", Least)
	}
	if keep := finite(ms); len(keep) < ms[0].N {
		if len(keep) < Least {
			return nil, statistic.Unavailable("not-finite", "%d of %d samples are finite in all layers, similarity needs %d", len(keep), ms[0].N, Least)
		}
		ms = choose(ms, keep)
		hashes := make([]uint64, len(keep))
		for i, row := range keep {
			hashes[i] = samples.Hashes[row]
		}
		samples.Hashes = hashes
	}
	groups := infer.Groups(infer.Seed(e.Case.Seed, "pairs"), samples.Hashes, infer.JackknifeGroups)
	p, err := similarity.AllPairs(ctx, e.Workers, ms, groups, similarity.Options{Level: Level, Seed: e.Case.Seed})
	if err != nil {
		return nil, fmt.Errorf("similarity of all pairs: %w", err)
	}
	out.Pairs = p
	return out, nil
}

// finite returns the rows that are finite in all matrices.
func finite(ms []similarity.Matrix) []int {
	bad := make([]bool, ms[0].N)
	for _, m := range ms {
		for i := range bad {
			if bad[i] {
				continue
			}
			for _, v := range m.X[i*m.D : (i+1)*m.D] {
				if d := float64(v); math.IsNaN(d) || math.IsInf(d, 0) {
					bad[i] = true
					break
				}
			}
		}
	}
	var out []int
	for i, b := range bad {
		if !b {
			out = append(out, i)
		}
	}
	return out
}

func choose(ms []similarity.Matrix, rows []int) []similarity.Matrix {
	out := make([]similarity.Matrix, len(ms))
	for k, m := range ms {
		x := make([]float32, 0, len(rows)*m.D)
		for _, i := range rows {
			x = append(x, m.X[i*m.D:(i+1)*m.D]...)
		}
		out[k] = similarity.Matrix{X: x, N: len(rows), D: m.D}
	}
	return out
}
