// Package links measures how strongly each layer hangs on the ones it reads: by similarity, and by how much of
// its values follows linearly from theirs (METHODS 5.4). Read alignment, the third number of a link, needs
// weights and stands in package alignment.
package links

import (
	"context"
	"errors"
	"fmt"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/parallel"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/pairs"
	"github.com/stratascope/stratascope/statistic/spectrum"
)

// Most is the largest number of units whose regression is computed: it costs their cube.
const Most = 512

// Samples is how many samples a regression reads at most, those with the smallest hashes.
const Samples = 1024

// Statistic measures all links on the samples held out.
var Statistic = &statistic.Replay[*Result]{
	Name: "links", Version: 2, Wide: true,
	Needs: []statistic.Any{pairs.Statistic},
	Reads: func(c statistic.Case, _ *statistic.Results) []capture.Request {
		v, ok := view(c)
		if !ok {
			return nil
		}
		var out []capture.Request
		for _, l := range c.Layers {
			out = append(out, capture.Request{View: v, Site: site(l.Name)})
		}
		return out
	},
	Keys: func(c statistic.Case, _ *statistic.Results) ([]statistic.Key, error) {
		v, ok := view(c)
		if !ok {
			return nil, statistic.Unavailable("no-samples", "there are no samples")
		}
		return []statistic.Key{statistic.At(v, statistic.All)}, nil
	},
	Cost: func(e statistic.Env) statistic.Cost {
		const d = Most
		return statistic.Cost{Bytes: 8 * (4*d*d + 8*Samples*d) * int64(max(1, e.Case.Workers))}
	},
	Compute: compute,
}

func view(c statistic.Case) (capture.View, bool) {
	split, ok := c.Held()
	return capture.View{Split: split, Reduce: capture.Row}, ok
}

func site(layer string) capture.Site { return capture.Site{Layer: layer, Of: finding.Activation} }

// A Link is a layer with one that it reads.
type Link struct {
	From, To   string
	Similarity infer.Estimate // debiased CKA
	Without    []float64      // likewise, without each group of samples in turn
	R2         infer.Estimate // of To's values regressed on From's, out of fold
	// NoSimilarity and NoR2 are the reasons why there is no number, nil if there is one.
	NoSimilarity, NoR2 error
}

// A Result is all links, in the order of the layers that read.
type Result struct {
	N     int // samples of the regressions at most
	Links []Link
}

// Get returns the links on the samples held out.
func Get(c statistic.Case, r *statistic.Results) (*Result, error) {
	v, ok := view(c)
	if !ok {
		return nil, statistic.Unavailable("no-samples", "there are no samples")
	}
	return Statistic.At(r, v, statistic.All)
}

// Between returns the link of two layers.
func (r *Result) Between(from, to string) (Link, bool) {
	for _, l := range r.Links {
		if l.From == from && l.To == to {
			return l, true
		}
	}
	return Link{}, false
}

func compute(ctx context.Context, e statistic.Env) (*Result, error) {
	p, err := pairs.Get(e.Case, e.Results)
	if err != nil {
		return nil, err
	}
	out := &Result{N: min(Samples, p.N)}
	for _, l := range e.Case.Layers {
		for _, from := range l.After {
			if _, ok := p.Index[from]; !ok {
				continue // the input, or a layer without values
			}
			if _, ok := p.Index[l.Name]; !ok {
				continue
			}
			k := Link{From: from, To: l.Name}
			i, j := p.Index[from], p.Index[l.Name]
			k.Similarity, k.NoSimilarity = p.Estimate(i, j)
			k.Without = p.LeaveOut(i, j)
			out.Links = append(out.Links, k)
		}
	}
	err = parallel.Each(ctx, e.Workers, len(out.Links), func(ctx context.Context, i int) error {
		k := &out.Links[i]
		k.R2, k.NoR2 = regress(ctx, e, k.From, k.To)
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// regress returns the R^2 of one layer's values from another's.
func regress(ctx context.Context, e statistic.Env, from, to string) (infer.Estimate, error) {
	var ts [2]capture.Table
	for k, name := range []string{from, to} {
		t, err := e.Case.Source.Table(e.Key.View, site(name))
		if err != nil {
			return infer.Estimate{}, err
		}
		if t.D > Most {
			return infer.Estimate{}, statistic.Unavailable("too-wide", "layer %s has %d units, a regression takes %d", name, t.D, Most)
		}
		ts[k] = t
	}
	at, err := common(ts)
	if err != nil {
		return infer.Estimate{}, err
	}
	all := e.Samples().Hashes
	if len(at) > Samples {
		at = spectrum.Fewest(at, all, Samples)
	}
	var ms [2]similarity.Matrix
	for k, t := range ts {
		m, err := t.Select(at).Matrix()
		if err != nil {
			return infer.Estimate{}, err
		}
		ms[k] = similarity.Matrix{X: m.X, N: m.N, D: m.D}
	}
	hashes := make([]uint64, len(at))
	for i, row := range at {
		hashes[i] = all[row]
	}
	groups := infer.Groups(infer.Seed(e.Case.Seed, "links"), hashes, infer.JackknifeGroups)
	p, err := similarity.Predict(ctx, 1, ms[0], ms[1], groups)
	if errors.Is(err, infer.ErrConstant) {
		return infer.Estimate{}, statistic.Unavailable("constant", "layer %s from %s: %v", to, from, err)
	}
	if err != nil {
		return infer.Estimate{}, fmt.Errorf("layer %s from %s: %w", to, from, err)
	}
	return infer.Estimate{Value: p.R2, SE: p.Error.SE, DF: p.Error.DF}, nil
}

// common lists the samples that are finite in both: no fewer than those that all layers are compared on.
func common(ts [2]capture.Table) ([]int, error) {
	a, err := ts[0].Finite()
	if err != nil {
		return nil, err
	}
	b, err := ts[1].Finite()
	if err != nil {
		return nil, err
	}
	var out []int
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			out, i, j = append(out, a[i]), i+1, j+1
		}
	}
	return out, nil
}
