// Package clusters parts the samples of each layer by the direction of their values, and its units by theirs:
// the cosine matrix, k-means and spectral clustering of it, and how far the parts are the classes.
package clusters

import (
	"context"
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/cluster"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/cosine"
	"github.com/stratascope/stratascope/statistic/spectrum"
)

var layers = statistic.Layers{Reduce: capture.Row}

// Statistic parts the samples held out in every layer but the output, of many those with the smallest hashes
// (cosine.Most). With labels those that have one are parted into as many parts as there are classes.
var Statistic = &statistic.Replay[*Result]{
	Name: "clusters", Version: 1,
	Reads: func(c statistic.Case, r *statistic.Results) []capture.Request {
		return append(layers.Reads(c, r), statistic.Layers{Reduce: capture.Spot}.Reads(c, r)...)
	},
	Keys: layers.Keys,
	Cost: func(e statistic.Env) statistic.Cost {
		n := int64(min(e.Samples().Len(), cosine.Most))
		d := int64(e.Layer().Units)
		return statistic.Cost{Bytes: 5*8*n*n + 24*n*d + 8*min(d, mostUnits)*(min(d, mostUnits)+n)}
	},
	Compute: compute,
}

// At returns the parts of a layer, or why there are none.
func At(c statistic.Case, r *statistic.Results, layer string) (*Result, error) {
	k, err := layers.Key(c, layer)
	if err != nil {
		return nil, err
	}
	return Statistic.Get(r, k)
}

// A Result is the parts of one layer. What these values do not allow is nil.
type Result struct {
	Rows     []int // of the view, of the samples parted
	Classes  int   // that have samples among them; 0 without labels
	Asked    bool  // as many parts were asked for; else the values themselves say how many
	Cosine   *cosine.Result
	Raw      *Summary
	Centred  *Summary
	KMeans   *Parts
	Spectral *Parts
	Both     *float64 // adjusted Rand index of the two
	Tokens   *Parts   // of one token a sample
	Units    *Units
}

// perClass is how many samples a class must have on average for parts to be compared with classes.
const perClass = 5

func compute(ctx context.Context, e statistic.Env) (*Result, error) {
	t, err := e.Case.Source.Table(e.Key.View, e.Key.A)
	if err != nil {
		return nil, err
	}
	s, err := sampled(e, t)
	if err != nil {
		return nil, err
	}
	out := &Result{Classes: s.present}
	if out.Cosine, err = cosine.Of(s.x, s.groups); err != nil {
		return nil, err
	}
	p := cluster.Points{X: s.x.X, N: s.x.N, D: s.x.D}
	raw, err := cluster.Cosine(e.Workers, p, false)
	if err != nil {
		return nil, err
	}
	out.Raw = summary(raw.C, pick(s.classes, raw.Kept))
	centred, err := cluster.Cosine(e.Workers, p, true)
	if err != nil {
		return nil, err
	}
	classes := pick(s.classes, centred.Kept)
	out.Centred, out.Rows = summary(centred.C, classes), pick(s.at, centred.Kept)
	w := task{workers: e.Workers, seed: infer.Seed(e.Case.Seed, "clusters"), classes: classes, groups: pick(s.groups, centred.Kept)}
	if w.z, _, err = p.Directions(true); err != nil {
		return nil, err
	}
	if err := out.part(ctx, w, pick(s.hashes, centred.Kept)); err != nil {
		return nil, err
	}
	if classes == nil && out.KMeans != nil { // the clusters stand in their place
		out.Centred = ofClusters(centred.C, out.KMeans.Labels)
		if slices.Equal(raw.Kept, centred.Kept) {
			out.Raw = ofClusters(raw.C, out.KMeans.Labels)
		}
	}
	if err := silhouettes(ctx, e.Workers, distances(centred.C), w.z.N, out.KMeans, out.Spectral); err != nil {
		return nil, err
	}
	spot, err := positions(e, s)
	if err != nil {
		return nil, err
	}
	if l := e.Layer(); len(l.Shape) > 1 && l.Axis == len(l.Shape) && out.KMeans != nil {
		if err := out.tokens(ctx, w, spot, s); err != nil {
			return nil, err
		}
	}
	out.Units, err = units(ctx, w, spot, e.Key.A.Layer)
	return out, err
}

// part parts the samples by k-means and as a graph.
func (r *Result) part(ctx context.Context, w task, hashes []uint64) error {
	k := r.Classes
	if r.Asked = k > 1 && w.z.N >= perClass*k; !r.Asked {
		own, err := number(ctx, w, hashes)
		if err != nil {
			return err
		}
		k = own
	}
	var err error
	if k > 1 {
		if r.KMeans, err = had(w.kMeans(ctx, k)); err != nil {
			return fmt.Errorf("k-means: %w", err)
		}
	}
	if !r.Asked {
		k = 0
	}
	if r.Spectral, err = had(w.spectral(ctx, k)); err != nil {
		return fmt.Errorf("spectral clustering: %w", err)
	}
	if r.KMeans != nil && r.Spectral != nil {
		both, err := cluster.AdjustedRand(r.KMeans.Labels, r.Spectral.Labels)
		if err != nil {
			return err
		}
		r.Both = &both
	}
	return nil
}

// countedOn is how many samples the number of clusters is found on: the gap statistic takes hundreds of k-means.
const countedOn = 256

// number is how many clusters the directions say there are: 1 for none.
func number(ctx context.Context, w task, hashes []uint64) (int, error) {
	z := w.z
	if z.N > countedOn {
		at := make([]int, z.N)
		for i := range at {
			at[i] = i
		}
		z = z.Rows(spectrum.Fewest(at, hashes, countedOn))
	}
	c, err := cluster.Count(ctx, w.workers, z, cluster.GapOptions{Starts: 3, Seed: w.seed})
	if absent(err) {
		return 1, nil
	}
	return c.K, err
}

// tokens parts one token of every sample into as many parts as the samples.
func (r *Result) tokens(ctx context.Context, w task, spot capture.Matrix, s *sample) error {
	z, kept, err := cluster.Points{X: spot.X, N: spot.N, D: spot.D}.Directions(true)
	if err != nil || z.N < cosine.Least {
		return err
	}
	w.z, w.classes, w.groups = z, pick(s.classes, kept), pick(s.groups, kept)
	if r.Tokens, err = had(w.kMeans(ctx, r.KMeans.K)); err != nil {
		return fmt.Errorf("k-means of tokens: %w", err)
	}
	if r.Tokens == nil {
		return nil
	}
	_, mean, err := cluster.Silhouette(ctx, w.workers, z, r.Tokens.Labels)
	if absent(err) {
		return nil
	} else if err != nil {
		return err
	}
	r.Tokens.Silhouette = &mean[0]
	return nil
}

// View is the view whose samples are parted.
func View(s dataset.Split) capture.View { return capture.View{Split: s, Reduce: capture.Row} }
