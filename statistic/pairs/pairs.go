// Package pairs compares every layer with every other on the samples held out by debiased linear CKA, and by shape
// distance and mutual k-NN, which fail in other ways (METHODS 5.2), each with group-jackknife intervals and the p of
// "no relation".
package pairs

import (
	"context"
	"errors"
	"fmt"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/cluster"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic"
)

// Level is the share the intervals cover.
const Level = 0.9

// Least is the smallest sample similarity is computed on (METHODS 2).
const Least = 100

// Shape distances and neighbours are taken from at most MostRows samples, and so few that those of all layers together
// are at most mostInAll.
const (
	MostRows  = 1024
	mostInAll = 1 << 16
	// Neighbours is how many of each sample mutual k-NN looks at.
	Neighbours = 10
)

// mostWalked is how many values of all layers CKA holds to walk Gram matrices in full; of more it sums blocks of samples.
const mostWalked = 1 << 24

// walked returns how many samples are walked in full, of layers with so many units in all.
func walked(units int) int { return min(similarity.ExactSamples, max(1, mostWalked/max(1, units))) }

// mostOf returns how many of n samples shape distances and neighbours are taken from.
func mostOf(n, layers int) int { return min(n, MostRows, max(Least, mostInAll/layers)) }

var everyLayer = statistic.Layers{Reduce: capture.Row, Head: true}

// Statistic compares all pairs of layers.
var Statistic = &statistic.Replay[*Result]{
	Name: "pairs", Version: 4, Wide: true,
	Reads: everyLayer.Reads,
	Keys: func(c statistic.Case, _ *statistic.Results) ([]statistic.Key, error) {
		split, ok := c.Held()
		if !ok {
			return nil, statistic.Unavailable("no-samples", "there are no samples")
		}
		return []statistic.Key{statistic.At(capture.View{Split: split, Reduce: capture.Row}, statistic.All)}, nil
	},
	Cost: func(e statistic.Env) statistic.Cost {
		// Tiles of 256 x 256 for every layer and worker, and sums of products of two layers for each two groups twice; of
		// samples walked in full 21 partial row sums a layer, and the rows themselves.
		layers, n := int64(len(e.Case.Layers)), int64(e.Samples().Len())
		b := layers*256*256*4*int64(max(1, e.Case.Workers)) + layers*layers*infer.JackknifeGroups*infer.JackknifeGroups*4
		units := 0
		for _, l := range e.Case.Layers {
			units += l.Units
		}
		if n <= int64(walked(units)) {
			for _, l := range e.Case.Layers {
				b += n * (21*8 + 4*int64(l.Units))
			}
		}
		if layers > 0 { // distances of a layer for each worker, neighbours of each, scores and their permutations
			few := int64(mostOf(int(n), int(layers)))
			b += few*few*8*int64(max(1, e.Case.Workers)) + layers*few*(20*Neighbours+13*4*int64(similarity.ShapeDirections(int(layers))))
		}
		return statistic.Cost{Bytes: b}
	},
	Compute: compute,
}

// A Result is the similarity of all pairs of the layers named.
type Result struct {
	Layers            []string
	Index             map[string]int
	*similarity.Pairs // debiased CKA
	// Shape holds shape distances, nil with NoShape where there are none, and Share of its variance is what the layer
	// that keeps the least of it is compared by. Near holds mutual k-NN. Both are of Few samples.
	Shape, Near *similarity.Pairs
	NoShape     error
	Share       float64
	Few         int
	// Starts are the layers that begin a stretch of layers alike by CKA, the first one's left out: kernel change points
	// (METHODS 5.6, e4). There are none of fewer than 8 layers.
	Starts []int
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
	in, err := gather(e)
	if err != nil {
		return nil, err
	}
	out := &Result{Layers: in.layers, Index: map[string]int{}}
	for l, name := range in.layers {
		out.Index[name] = l
	}
	groups := in.groups(e)
	out.Pairs, err = similarity.AllPairs(ctx, e.Workers, in.matrices(), groups, similarity.Options{Level: Level, Seed: e.Case.Seed, Exact: walked(in.units()), Fast: e.Case.Comparison.Fast, Test: true})
	if err != nil {
		return nil, fmt.Errorf("similarity of all pairs: %w", err)
	}
	if err := out.stretches(ctx); err != nil {
		return nil, fmt.Errorf("change points: %w", err)
	}
	return out, out.others(ctx, e, in, groups)
}

func (r *Result) stretches(ctx context.Context) error {
	var at []int
	for l, reason := range r.Reason {
		if reason == nil {
			at = append(at, l)
		}
	}
	kernel := make([]float64, 0, len(at)*len(at))
	for _, i := range at {
		for _, j := range at {
			kernel = append(kernel, r.Value[i*r.L+j])
		}
	}
	c, err := cluster.ChangePoints(ctx, kernel, len(at), cluster.ChangeOptions{})
	if errors.Is(err, infer.ErrTooFew) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, end := range c.Best()[:c.Segments-1] {
		r.Starts = append(r.Starts, at[end])
	}
	return nil
}

// others measures what is taken from fewer samples.
func (r *Result) others(ctx context.Context, e statistic.Env, in *rows, groups []int) error {
	few, of := in.few(e, groups)
	r.Few = len(of)
	var err error
	if r.Near, err = similarity.MutualKNNPairs(ctx, e.Workers, few, Neighbours, of, Level); err != nil {
		return fmt.Errorf("neighbours of all pairs: %w", err)
	}
	if r.NoShape = tooMany(len(few)); r.NoShape != nil {
		return nil
	}
	if r.Shape, r.Share, err = similarity.ShapePairs(ctx, e.Workers, few, of, Level, e.Case.Seed); err != nil {
		return fmt.Errorf("shape distances of all pairs: %w", err)
	}
	return nil
}

// tooMany is why there are no shape distances of so many layers, nil if there are.
func tooMany(layers int) error {
	if similarity.ShapeDirections(layers) > 0 {
		return nil
	}
	return statistic.Unavailable("too-many-layers", "shape distances of %d layers, want at most 400", layers)
}
