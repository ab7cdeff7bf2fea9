// Package patch runs a network with the values of a healthy network of the same architecture in the place of one of
// its layers, and measures how much of the accuracy comes back (METHODS 5.6, e10). It runs the network again, so it
// does so only for the layers that a case names.
package patch

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/graft"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/prediction"
)

// Most is how many reference networks are put in a layer's place: the first ones.
const Most = 3

// Least is the smallest number of labelled samples that a recovery is measured on.
const Least = 100

// A Way brings a reference's values to those of a layer.
type Way struct {
	Name string // as-is, rotated, ridge
	Map  graft.Map
}

// Ways are the ways of each reference to each layer: its values as they are, which fit where both networks come from one
// start, and aligned to the layer's own on the half of the samples that nothing is measured on.
var Ways = &statistic.Replay[[]Way]{
	Name: "ways", Version: 1,
	Reads: func(c statistic.Case, _ *statistic.Results) []capture.Request {
		var out []capture.Request
		for _, k := range ways(c) {
			own := k.View
			own.Network = ""
			out = append(out, capture.Request{View: k.View, Site: k.A}, capture.Request{View: own, Site: k.A})
		}
		return out
	},
	Keys: func(c statistic.Case, _ *statistic.Results) ([]statistic.Key, error) {
		if err := prediction.Classifies(c); err != nil {
			return nil, err
		}
		return ways(c), nil
	},
	Compute: func(_ context.Context, e statistic.Env) ([]Way, error) { return fit(e) },
}

// ways lists the keys of Ways: of each layer and reference.
func ways(c statistic.Case) []statistic.Key {
	split, ok := c.Held()
	if !ok || c.Graph == nil {
		return nil
	}
	var out []statistic.Key
	for _, layer := range c.Patched {
		for k := range min(Most, len(c.References)) {
			v := capture.View{Network: statistic.Reference(k), Split: split, Reduce: capture.Mean}
			out = append(out, statistic.At(v, finding.Site{Layer: layer, Of: finding.Activation}))
		}
	}
	return out
}

// A trial is one way of one reference to one layer.
type trial struct {
	layer     string
	reference int
	way       Way
}

// network names the network that a trial runs.
func (t trial) network() string {
	return fmt.Sprintf("patched/%s/%d/%s", t.layer, t.reference, t.way.Name)
}

// trials lists what can be run, in order.
func trials(c statistic.Case, r *statistic.Results, layer string) []trial {
	var out []trial
	for i, k := range ways(c) {
		if k.A.Layer != layer {
			continue
		}
		ws, err := Ways.Get(r, k)
		if err != nil {
			continue
		}
		for _, w := range ws {
			out = append(out, trial{layer, i % min(Most, len(c.References)), w})
		}
	}
	return out
}

// Networks returns the builders of the networks that views of this package's statistics name: the references, and
// the network with a layer of theirs.
func Networks(c statistic.Case) map[string]func(*statistic.Results) (*graph.Graph, error) {
	out := map[string]func(*statistic.Results) (*graph.Graph, error){}
	for k, g := range c.References[:min(Most, len(c.References))] {
		out[statistic.Reference(k)] = func(*statistic.Results) (*graph.Graph, error) { return g, nil }
		for _, layer := range c.Patched {
			for _, name := range names {
				t := trial{layer, k, Way{Name: name}}
				out[t.network()] = func(r *statistic.Results) (*graph.Graph, error) {
					for _, x := range trials(c, r, layer) {
						if x.reference == k && x.way.Name == name {
							return graft.Put(c.Graph, g, layer, x.way.Map)
						}
					}
					return nil, statistic.Unavailable("no-alignment", "layer %s has no alignment %q", layer, name)
				}
			}
		}
	}
	return out
}

// Outputs are the outputs of the network as it is and with each layer of each reference, and of the references, on the samples held out.
var Outputs = &statistic.Replay[*prediction.Result]{
	Name: "patched-outputs", Version: 2, Staged: true,
	Needs: []statistic.Any{Ways},
	Reads: func(c statistic.Case, r *statistic.Results) []capture.Request {
		var out []capture.Request
		for _, k := range outputs(c, r) {
			out = append(out, capture.Request{View: k.View, Site: k.A})
		}
		return out
	},
	Keys: func(c statistic.Case, r *statistic.Results) ([]statistic.Key, error) {
		if err := prediction.Classifies(c); err != nil {
			return nil, err
		}
		return outputs(c, r), nil
	},
	Compute: func(_ context.Context, e statistic.Env) (*prediction.Result, error) {
		return prediction.From(e.Case, e.Key.View)
	},
}

func outputs(c statistic.Case, r *statistic.Results) []statistic.Key {
	split, ok := c.Held()
	if !ok {
		return nil
	}
	out := []statistic.Key{statistic.At(prediction.View(split), prediction.Site)}
	for k := range min(Most, len(c.References)) {
		out = append(out, statistic.At(whole(split, k), prediction.Site))
	}
	for _, layer := range c.Patched {
		for _, t := range trials(c, r, layer) {
			v := prediction.View(split)
			v.Network = t.network()
			out = append(out, statistic.At(v, prediction.Site))
		}
	}
	return out
}

// whole is the view of a reference as it is.
func whole(split dataset.Split, k int) capture.View {
	v := prediction.View(split)
	v.Network = statistic.Reference(k)
	return v
}

// A Recovery is how much more samples are answered rightly with a reference's values in a layer's place.
type Recovery struct {
	Layer     string
	Reference int    // from 0 on
	Way       string // how they were brought to the layer
	Gain      infer.Estimate
	Without   []float64 // likewise, without each group of samples
	Lost      float64   // how much more of them the reference itself answers rightly
	N         int
}

// At returns what a layer recovers. Which reference, brought in which way, is chosen on one half of the samples and
// measured on the other (METHODS 3.6).
func At(c statistic.Case, r *statistic.Results, layer string) (*Recovery, error) {
	split, ok := c.Held()
	if !ok {
		return nil, statistic.Unavailable("no-samples", "there are no samples")
	}
	own, err := Outputs.At(r, prediction.View(split), prediction.Site)
	if err != nil {
		return nil, err
	}
	hashes := c.Source.Samples(prediction.View(split)).Hashes
	choose, measure := parted(c.Seed, hashes, own.Label)
	if len(measure) < Least {
		return nil, statistic.Unavailable("too-few-samples", "%d labelled samples to measure on, want %d", len(measure), Least)
	}
	best, most := (*Recovery)(nil), 0
	var answers *prediction.Result
	for _, t := range trials(c, r, layer) {
		v := prediction.View(split)
		v.Network = t.network()
		p, err := Outputs.At(r, v, prediction.Site)
		if err != nil {
			continue
		}
		if n := right(p, choose); best == nil || n > most {
			best, most, answers = &Recovery{Layer: layer, Reference: t.reference, Way: t.way.Name, N: len(measure)}, n, p
		}
	}
	if best == nil {
		return nil, statistic.Unavailable("no-alignment", "no reference's values can be put in the place of layer %s", layer)
	}
	reference, err := Outputs.At(r, whole(split, best.Reference), prediction.Site)
	if err != nil {
		return nil, err
	}
	best.Lost = float64(right(reference, measure)-right(own, measure)) / float64(len(measure))
	return best, best.measure(c.Seed, hashes, measure, own, answers)
}

// measure fills in the gain.
func (x *Recovery) measure(seed uint64, hashes []uint64, at []int, own, patched *prediction.Result) error {
	ids := make([]uint64, len(at))
	for i, row := range at {
		ids[i] = hashes[row]
	}
	gain, size := make([]int, infer.JackknifeGroups), make([]int, infer.JackknifeGroups)
	sum := 0
	for i, g := range infer.Groups(infer.Seed(seed, "patch", "groups"), ids, infer.JackknifeGroups) {
		d := right(patched, at[i:i+1]) - right(own, at[i:i+1])
		gain[g], size[g], sum = gain[g]+d, size[g]+1, sum+d
	}
	x.Without = make([]float64, len(gain))
	for g := range gain {
		x.Without[g] = float64(sum-gain[g]) / float64(len(at)-size[g])
	}
	var err error
	x.Gain, err = infer.Jackknife(float64(sum)/float64(len(at)), x.Without)
	return err
}

// Minus returns how much more one layer recovers than another, on the same samples.
func (x *Recovery) Minus(o *Recovery) (infer.Estimate, error) {
	left := make([]float64, len(x.Without))
	for g := range left {
		left[g] = x.Without[g] - o.Without[g]
	}
	return infer.Jackknife(x.Gain.Value-o.Gain.Value, left)
}

// parted deals the labelled samples to two halves by their hashes.
func parted(seed uint64, hashes []uint64, labels []int32) (choose, measure []int) {
	half := infer.Groups(infer.Seed(seed, "patch", "halves"), hashes, 2)
	for i, l := range labels {
		switch {
		case l < 0:
		case half[i] == 0:
			choose = append(choose, i)
		default:
			measure = append(measure, i)
		}
	}
	return choose, measure
}

func right(p *prediction.Result, rows []int) int {
	n := 0
	for _, i := range rows {
		if p.Predicted[i] == p.Label[i] {
			n++
		}
	}
	return n
}
