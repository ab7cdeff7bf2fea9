// Package untrained compares layers that read what they are given as random weights would with what they
// would be untrained: a probe of what the layer gives against probes of twins of the network, in which that
// layer alone is drawn as before training (METHODS 3.7 R3, 6.1; decision 2026-11-28-a-twin-of-one-layer).
package untrained

import (
	"context"
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/twin"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/alignment"
	"github.com/stratascope/stratascope/statistic/probe"
	"github.com/stratascope/stratascope/statistic/singular"
)

const (
	// Twins is how many are drawn of a layer.
	Twins = twin.Least
	// Least is the smallest number of samples that a probe is compared on.
	Least = 300
	// Most is how many readers of a network are compared: the first of those that are suspected.
	Most = 4
	// Margin is the gain in accuracy within which a layer is worth no more than its twins (METHODS 7, FAL-04).
	Margin = 0.02
)

// Statistic compares the layers that Suspected names. It runs the network again for them alone.
var Statistic = &statistic.Replay[*Result]{
	Name: "untrained", Version: 1, Staged: true,
	Needs: []statistic.Any{alignment.Statistic, singular.Statistic, probe.Statistic},
	Reads: func(c statistic.Case, r *statistic.Results) []capture.Request {
		var out []capture.Request
		for _, ls := range suspected(c, r) {
			if possible(c, r, ls) != nil {
				continue
			}
			for k := range Twins {
				for _, l := range ls {
					for _, s := range splits(c) {
						out = append(out, capture.Request{View: view(s, network(k, ls)), Site: site(l)})
					}
				}
			}
		}
		return out
	},
	Keys: func(c statistic.Case, r *statistic.Results) ([]statistic.Key, error) {
		held, ok := c.Held()
		if !ok {
			return nil, statistic.Unavailable("no-samples", "there are no samples")
		}
		var out []statistic.Key
		for _, ls := range suspected(c, r) {
			for _, l := range ls {
				out = append(out, statistic.At(probe.View(held), site(l)))
			}
		}
		if out == nil {
			return nil, statistic.Unavailable("not-needed", "no layer reads what it is given as random weights would")
		}
		return out, nil
	},
	Cost:    func(e statistic.Env) statistic.Cost { return probe.Statistic.Cost(e) },
	Compute: compute,
}

// At returns the comparison of a layer with its twins, or why there is none.
func At(c statistic.Case, r *statistic.Results, layer string) (*Result, error) {
	held, ok := c.Held()
	if !ok {
		return nil, statistic.Unavailable("no-samples", "there are no samples")
	}
	return Statistic.At(r, probe.View(held), site(layer))
}

// A Result is what the probe of a layer reads, against those of its twins.
type Result struct {
	Accuracy float64   // of the layer's probe
	Twins    []float64 // of each twin's
	// Gain is the accuracy less the mean of the twins': its error joins that of the samples, paired, and that
	// of the mean of so many twins.
	Gain      infer.Estimate
	Low, High float64 // its 90 % interval
	N         int     // samples that all probes were scored on
}

// Same returns the p of "the gain lies outside the margin": at most 0.05 says that the layer is worth no more
// and no less than one that is drawn at random.
func (r *Result) Same() (float64, error) { return r.Gain.Equivalent(Margin) }

func site(layer string) capture.Site {
	return finding.Site{Layer: layer, Of: finding.Activation}
}

func view(s dataset.Split, network string) capture.View {
	v := probe.View(s)
	v.Network = network
	return v
}

// network names twin k of a reader's layers.
func network(k int, layers []string) string { return fmt.Sprintf("twin-%d/%s", k+1, layers[0]) }

// splits are those that a probe is fitted and scored on.
func splits(c statistic.Case) []dataset.Split {
	held, _ := c.Held()
	if held != dataset.Train && c.Has(dataset.Train) {
		return []dataset.Split{dataset.Train, held}
	}
	return []dataset.Split{held}
}

// suspected lists the first readers whose alignment is that of random weights and whose singular values do
// not speak against it, each with its layers.
func suspected(c statistic.Case, r *statistic.Results) [][]string {
	random := map[string]bool{}
	for _, k := range r.Keys(alignment.Statistic) {
		if a, err := alignment.Statistic.Get(r, k); err == nil && a.LikeRandom() {
			random[a.Layers[0]] = true
		}
	}
	var out [][]string
	for _, l := range c.Layers {
		if !random[l.Name] {
			continue
		}
		d, err := alignment.DeficitOf(c, r, l.Name)
		if err != nil {
			continue // it cannot be told from its siblings
		}
		if over, err := singular.OverRandom(r, d.Layers); err == nil && over > 1 {
			continue
		}
		if out = append(out, d.Layers); len(out) == Most {
			break
		}
	}
	return out
}

// possible returns why the layers of a reader have no twins to be probed.
func possible(c statistic.Case, r *statistic.Results, layers []string) error {
	if c.Networks == nil {
		return statistic.Unavailable("no-execution", "twins need the network, to run it")
	}
	if _, err := probe.At(c, r, layers[0]); err != nil {
		return err
	}
	held, _ := c.Held()
	if n := c.Source.Samples(probe.View(held)).Len(); n < Least {
		return statistic.Unavailable("too-few-samples", "%d samples held out, a comparison with twins needs %d", n, Least)
	}
	_, err := draw(c, c.Graph, r, 0, layers)
	return err
}

func compute(_ context.Context, e statistic.Env) (*Result, error) {
	for _, ls := range suspected(e.Case, e.Results) {
		if !slices.Contains(ls, e.Key.A.Layer) {
			continue
		}
		if err := possible(e.Case, e.Results, ls); err != nil {
			return nil, err
		}
		own, err := probe.At(e.Case, e.Results, e.Key.A.Layer)
		if err != nil {
			return nil, err
		}
		var twins []probe.Score
		for k := range Twins {
			at := e
			at.Key.View.Network = network(k, ls)
			p, err := probe.Of(at)
			if err != nil {
				return nil, fmt.Errorf("twin %d: %w", k+1, err)
			}
			twins = append(twins, p.Held)
		}
		return compare(own.Held, twins)
	}
	return nil, statistic.Unavailable("no-layer", "layer %s is not suspected", e.Key.A.Layer)
}

// compare pairs the answers on the samples that all were scored on.
func compare(own probe.Score, twins []probe.Score) (*Result, error) {
	right := map[int]float64{} // by row: twins that are right, of those that answer
	answers := map[int]int{}
	for _, t := range twins {
		for i, row := range t.Rows {
			answers[row]++
			if t.Right[i] {
				right[row]++
			}
		}
	}
	r := &Result{Twins: make([]float64, len(twins))}
	var differences []float64
	all := map[int]bool{}
	for i, row := range own.Rows {
		if answers[row] != len(twins) {
			continue
		}
		all[row] = true
		hit := 0.0
		if own.Right[i] {
			hit = 1
		}
		r.Accuracy += hit
		differences = append(differences, hit-right[row]/float64(len(twins)))
	}
	if r.N = len(differences); r.N < Least {
		return nil, statistic.Unavailable("too-few-samples", "%d samples have answers of all probes, a comparison needs %d", r.N, Least)
	}
	r.Accuracy /= float64(r.N)
	for k, t := range twins {
		for i, row := range t.Rows {
			if all[row] && t.Right[i] {
				r.Twins[k] += 1 / float64(r.N)
			}
		}
	}
	samples, err := infer.MeanOf(differences)
	if err != nil {
		return nil, err
	}
	mean, err := infer.MeanOf(r.Twins)
	if err != nil {
		return nil, err
	}
	mean.Value = 0 // it is in the differences
	r.Gain = samples.Minus(mean)
	i, err := r.Gain.Interval(0.9)
	r.Low, r.High = i.Low, i.High
	return r, err
}

// Networks returns the builders of the twins of every layer of a case whose network can be run.
func Networks(g *graph.Graph, c statistic.Case) map[string]func(*statistic.Results) (*graph.Graph, error) {
	out := map[string]func(*statistic.Results) (*graph.Graph, error){}
	for _, ls := range alignment.Readers(g.Layers) {
		for k := range Twins {
			out[network(k, ls)] = func(r *statistic.Results) (*graph.Graph, error) { return draw(c, g, r, k, ls) }
		}
	}
	return out
}
