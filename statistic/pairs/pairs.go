// Package pairs compares every layer with every other on the samples held out by debiased linear CKA, and by shape
// distance and mutual k-NN, which fail in other ways (METHODS 5.2), each with group-jackknife intervals and the p of
// "no relation".
package pairs

import (
	"context"
	"errors"
	"fmt"
	"slices"

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

// rows returns how many of n samples shape distances and neighbours are taken from.
func rows(n, layers int) int { return min(n, MostRows, max(Least, mostInAll/layers)) }

// Statistic compares all pairs of layers.
var Statistic = &statistic.Replay[*Result]{
	Name: "pairs", Version: 2, Wide: true,
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
		// Tiles of 256 x 256 for every layer and worker; of samples walked in full 21 partial row sums a layer, and
		// the rows themselves.
		layers, n := int64(len(e.Case.Layers)), int64(e.Samples().Len())
		b := layers * 256 * 256 * 4 * int64(max(1, e.Case.Workers))
		if n <= similarity.ExactSamples {
			for _, l := range e.Case.Layers {
				b += n * (21*8 + 4*int64(l.Units))
			}
		}
		if layers > 0 { // distances of a layer for each worker, neighbours of each without each group, scores and their permutations
			few := int64(rows(int(n), int(layers)))
			b += few*few*8*int64(max(1, e.Case.Workers)) + layers*few*(170*Neighbours+13*4*int64(similarity.ShapeDirections(int(layers))))
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
	samples := e.Samples()
	if samples.Len() < Least {
		return nil, statistic.Unavailable("too-few-samples", "%d samples, similarity needs %d", samples.Len(), Least)
	}
	out := &Result{Index: map[string]int{}}
	var tables []capture.Table
	finite := make([]int, samples.Len()) // layers in which a sample is finite
	for _, l := range e.Case.Layers {
		t, err := e.Case.Source.Table(e.Key.View, capture.Site{Layer: l.Name, Of: "activation"})
		if err != nil {
			continue // a layer the source does not offer has no row in the matrix
		}
		if t.N != samples.Len() {
			return nil, fmt.Errorf("layer %s: %d rows for %d samples", l.Name, t.N, samples.Len())
		}
		own, err := t.Finite()
		if err != nil {
			return nil, fmt.Errorf("layer %s: %w", l.Name, err)
		}
		if len(own) < Least {
			continue // nor has one that is hardly ever finite: the others can still be compared
		}
		for _, i := range own {
			finite[i]++
		}
		out.Index[l.Name] = len(tables)
		out.Layers = append(out.Layers, l.Name)
		tables = append(tables, t)
	}
	if len(tables) == 0 {
		return nil, statistic.Unavailable("no-features", "no layer has %d finite samples", Least)
	}
	var keep []int
	for i, k := range finite {
		if k == len(tables) {
			keep = append(keep, i)
		}
	}
	if len(keep) < len(finite) {
		if len(keep) < Least {
			return nil, statistic.Unavailable("not-finite", "%d of %d samples are finite in all layers, similarity needs %d", len(keep), len(finite), Least)
		}
		for l, t := range tables {
			tables[l] = t.Select(keep)
		}
		hashes := make([]uint64, len(keep))
		for i, row := range keep {
			hashes[i] = samples.Hashes[row]
		}
		samples.Hashes = hashes
	}
	ms := make([]similarity.Matrix, len(tables))
	for l, t := range tables {
		ms[l] = similarity.Stored(t.N, t.D, t.Gather)
	}
	groups := infer.Groups(infer.Seed(e.Case.Seed, "pairs"), samples.Hashes, infer.JackknifeGroups)
	p, err := similarity.AllPairs(ctx, e.Workers, ms, groups, similarity.Options{Level: Level, Seed: e.Case.Seed, Test: true})
	if err != nil {
		return nil, fmt.Errorf("similarity of all pairs: %w", err)
	}
	out.Pairs = p
	if err := out.stretches(ctx); err != nil {
		return nil, fmt.Errorf("change points: %w", err)
	}
	return out, out.others(ctx, e, tables, groups)
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
func (r *Result) others(ctx context.Context, e statistic.Env, tables []capture.Table, groups []int) error {
	r.Few = rows(r.N, len(tables))
	keep := infer.Rand(e.Case.Seed, "pairs", "rows").Perm(r.N)[:r.Few]
	slices.Sort(keep)
	few := make([]similarity.Matrix, len(tables))
	for l, t := range tables {
		t = t.Select(keep)
		few[l] = similarity.Stored(t.N, t.D, t.Gather)
	}
	of := make([]int, len(keep))
	for i, at := range keep {
		of[i] = groups[at]
	}
	var err error
	if r.Near, err = similarity.MutualKNNPairs(ctx, e.Workers, few, Neighbours, of, Level); err != nil {
		return fmt.Errorf("neighbours of all pairs: %w", err)
	}
	if similarity.ShapeDirections(len(tables)) == 0 {
		r.NoShape = statistic.Unavailable("too-many-layers", "shape distances of %d layers, want at most 400", len(tables))
		return nil
	}
	if r.Shape, r.Share, err = similarity.ShapePairs(ctx, e.Workers, few, of, Level, e.Case.Seed); err != nil {
		return fmt.Errorf("shape distances of all pairs: %w", err)
	}
	return nil
}
