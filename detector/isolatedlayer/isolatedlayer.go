package isolatedlayer

import (
	"fmt"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/pairs"
)

// Detector is rule REP-02.
var Detector = &detector.Detector{
	Code: "REP-02", Name: "isolated-layer", Title: "Isolated layer", Family: "representation", Version: 1,
	Doc:     manual,
	Tier:    detector.Features,
	Needs:   []statistic.Any{pairs.Statistic},
	Anchors: finding.Anchors{Minor: 0.02, Moderate: 0.15, Critical: 0.5},
	Detect:  detect,
}

func detect(p *detector.Pass) error {
	r, err := pairs.Get(p.Case, p.Results)
	if err != nil {
		return err
	}
	for _, l := range p.Layers {
		before, after, err := neighbours(p.Layers, l)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		x, err := deficit(r, before, l, after)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		p.Measure(x)
	}
	return nil
}

// neighbours returns the layer before and the one after, when all paths between them lead through l and
// all three are of one role.
func neighbours(layers []graph.Layer, l graph.Layer) (before, after graph.Layer, err error) {
	var next []graph.Layer
	byName := map[string]graph.Layer{}
	readers := map[string]int{}
	for _, x := range layers {
		byName[x.Name] = x
		for _, a := range x.After {
			readers[a]++
			if a == l.Name {
				next = append(next, x)
			}
		}
	}
	unfit := func(why string) error {
		return statistic.Unavailable("no-neighbours", "layer %s %s", l.Name, why)
	}
	if len(l.After) != 1 || len(next) != 1 {
		return before, after, unfit("does not stand between one layer and another")
	}
	before, ok := byName[l.After[0]]
	if !ok {
		return before, after, unfit("reads the input")
	}
	after = next[0]
	if readers[before.Name] != 1 || len(after.After) != 1 {
		return before, after, unfit("has a path around it")
	}
	if before.Role != l.Role || after.Role != l.Role {
		return before, after, unfit("and its neighbours are not all of the stream or all of one branch")
	}
	if after.Head {
		return before, after, unfit("stands before the output, which is not a layer of features")
	}
	return before, after, nil
}

// deficit is the bridge deficit with its own jackknife.
func deficit(r *pairs.Result, before, l, after graph.Layer) (finding.Measurement, error) {
	var at [3]int
	for k, x := range []graph.Layer{before, l, after} {
		i, ok := r.Index[x.Name]
		if !ok {
			return finding.Measurement{}, statistic.Unavailable("no-features", "the values of %s are not to be had", x.Name)
		}
		if why := r.Reason[i]; why != nil {
			return finding.Measurement{}, statistic.Unavailable("no-similarity", "layer %s has no similarity: %v", x.Name, why)
		}
		at[k] = i
	}
	of := func(bridge, in, out float64) float64 { return bridge - min(in, out) }
	value := of(r.Value[at[0]*r.L+at[2]], r.Value[at[0]*r.L+at[1]], r.Value[at[1]*r.L+at[2]])
	bridge, in, out := r.LeaveOut(at[0], at[2]), r.LeaveOut(at[0], at[1]), r.LeaveOut(at[1], at[2])
	left := make([]float64, len(bridge))
	for g := range left {
		left[g] = of(bridge[g], in[g], out[g])
	}
	e, err := infer.Jackknife(value, left)
	if err != nil {
		return finding.Measurement{}, err
	}
	ci, err := e.Interval(0.9)
	if err != nil {
		return finding.Measurement{}, err
	}
	p, err := e.Above(0.02)
	if err != nil {
		return finding.Measurement{}, err
	}
	return finding.Measurement{
		Place: detector.On(l), Name: "bridge deficit", Effect: max(0, value), Low: ci.Low, High: ci.High, P: p, N: r.N, Null: finding.R6,
		Message:  fmt.Sprintf("its neighbours are more alike (%.2f) than either is to it (%.2f)", value+minimum(r, at), minimum(r, at)),
		Evidence: fmt.Sprintf("bridge deficit %.2f", value),
		Remedies: []finding.Remedy{
			{Treatment: "rescale-channel", Risk: finding.Exact, Why: "where one channel carries the difference"},
			{Treatment: "re-initialise", Risk: finding.Training, Why: "the layer learns anew between neighbours that agree"},
		},
	}, nil
}

func minimum(r *pairs.Result, at [3]int) float64 {
	return min(r.Value[at[0]*r.L+at[1]], r.Value[at[1]*r.L+at[2]])
}
