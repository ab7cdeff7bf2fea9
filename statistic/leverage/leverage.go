// Package leverage says how much of each layer's likeness to its neighbours hangs on the few samples
// that lie furthest out in it: debiased CKA with them and without.
package leverage

import (
	"context"
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/pairs"
	"github.com/stratascope/stratascope/statistic/spectrum"
)

// Share of the samples is left out: those with the largest norm less the mean (METHODS 5.2).
const Share = 0.01

// Most is the largest sample that is used; of more, those with the smallest hashes are.
const Most = 1024

// Statistic compares every layer with its neighbours on the samples held out, with its outermost samples and
// without.
var Statistic = &statistic.Replay[*Result]{
	Name: "leverage", Version: 1, Wide: true,
	Reads: func(c statistic.Case, _ *statistic.Results) []capture.Request {
		split, ok := c.Held()
		if !ok {
			return nil
		}
		var out []capture.Request
		for _, l := range c.Layers {
			if !l.Head {
				out = append(out, capture.Request{View: view(split), Site: site(l.Name)})
			}
		}
		return out
	},
	Keys: func(c statistic.Case, _ *statistic.Results) ([]statistic.Key, error) {
		split, ok := c.Held()
		if !ok {
			return nil, statistic.Unavailable("no-samples", "there are no samples")
		}
		var out []statistic.Key
		for _, l := range c.Layers {
			if !l.Head {
				out = append(out, statistic.At(view(split), site(l.Name)))
			}
		}
		return out, nil
	},
	Cost: func(e statistic.Env) statistic.Cost {
		n, b := int64(min(e.Samples().Len(), Most)), int64(0)
		for _, l := range e.Case.Layers {
			if l.Name == e.Key.A.Layer || slices.ContainsFunc(neighbours(e.Case.Layers, e.Key.A.Layer), func(o graph.Layer) bool { return o.Name == l.Name }) {
				b += n*(21*8+8*int64(l.Units)) + 256*256*4
			}
		}
		return statistic.Cost{Bytes: b}
	},
	Compute: compute,
}

func view(s dataset.Split) capture.View { return capture.View{Split: s, Reduce: capture.Row} }

func site(layer string) capture.Site { return capture.Site{Layer: layer, Of: finding.Activation} }

// At returns the result of a layer, or why there is none.
func At(c statistic.Case, r *statistic.Results, layer string) (*Result, error) {
	split, ok := c.Held()
	if !ok {
		return nil, statistic.Unavailable("no-samples", "there are no samples")
	}
	return Statistic.At(r, view(split), site(layer))
}

// A Result is one layer with and without its outermost samples.
type Result struct {
	N     int      // samples, all of them
	Out   []int    // rows of the view that were left out, the outermost first
	First float64  // share of the layer's variation that the outermost sample carries
	Links []Change // by the neighbours' order
}

// A Change is the similarity to one neighbour.
type Change struct {
	To            string
	Whole, Within float64        // with all samples, and without the outermost
	Difference    infer.Estimate // Whole - Within, by the jackknife of the difference
}

// neighbours returns the layers that a layer reads and that read it, but for outputs.
func neighbours(layers []graph.Layer, name string) []graph.Layer {
	var here graph.Layer
	for _, l := range layers {
		if l.Name == name {
			here = l
		}
	}
	var out []graph.Layer
	for _, l := range layers {
		if !l.Head && (slices.Contains(here.After, l.Name) || slices.Contains(l.After, name)) {
			out = append(out, l)
		}
	}
	return out
}

func compute(ctx context.Context, e statistic.Env) (*Result, error) {
	samples := e.Samples()
	names, tables, err := read(e)
	if err != nil {
		return nil, err
	}
	if len(tables) < 2 {
		return nil, statistic.Unavailable("no-neighbours", "layer %s has no neighbour whose values are to be had", e.Key.A.Layer)
	}
	finite := make([]int, samples.Len())
	for _, t := range tables {
		at, err := t.Finite()
		if err != nil {
			return nil, err
		}
		for _, i := range at {
			finite[i]++
		}
	}
	var keep []int
	for i, k := range finite {
		if k == len(tables) {
			keep = append(keep, i)
		}
	}
	if len(keep) < pairs.Least {
		return nil, statistic.Unavailable("too-few-samples", "%d finite samples, similarity needs %d", len(keep), pairs.Least)
	}
	if len(keep) > Most {
		keep = spectrum.Fewest(keep, samples.Hashes, Most)
	}
	out := &Result{N: len(keep)}
	var within []int
	if out.Out, within, out.First, err = outermost(tables[0], keep); err != nil {
		return nil, err
	}
	seed := infer.Seed(e.Case.Seed, "leverage")
	hashes := make([]uint64, len(keep))
	for k, i := range keep {
		hashes[k] = samples.Hashes[i]
	}
	group := map[int]int{}
	for k, g := range infer.Groups(seed, hashes, infer.JackknifeGroups) {
		group[keep[k]] = g
	}
	likeness := func(rows []int) (*similarity.Pairs, error) {
		ms := make([]similarity.Matrix, len(tables))
		groups := make([]int, len(rows))
		for k, i := range rows {
			groups[k] = group[i]
		}
		for l, t := range tables {
			s := t.Select(rows)
			ms[l] = similarity.Stored(s.N, s.D, s.Gather)
		}
		return similarity.AllPairs(ctx, e.Workers, ms, groups, similarity.Options{Level: pairs.Level, Seed: seed})
	}
	whole, err := likeness(keep)
	if err != nil {
		return nil, fmt.Errorf("similarity of all samples: %w", err)
	}
	part, err := likeness(within)
	if err != nil {
		return nil, fmt.Errorf("similarity without the outermost samples: %w", err)
	}
	out.Links, err = changes(names, whole, part)
	return out, err
}

// read returns the rows of the layer and of its neighbours that can be had, the layer's first.
func read(e statistic.Env) (names []string, tables []capture.Table, err error) {
	t, err := e.Case.Source.Table(e.Key.View, e.Key.A)
	if err != nil {
		return nil, nil, err
	}
	names, tables = []string{e.Key.A.Layer}, []capture.Table{t}
	for _, l := range neighbours(e.Case.Layers, e.Key.A.Layer) {
		if t, err := e.Case.Source.Table(e.Key.View, site(l.Name)); err == nil {
			names, tables = append(names, l.Name), append(tables, t)
		}
	}
	return names, tables, nil
}
