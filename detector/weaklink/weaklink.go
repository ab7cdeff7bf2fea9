package weaklink

import (
	"fmt"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/pairs"
)

// Detector is rule REP-01.
var Detector = &detector.Detector{
	Code: "REP-01", Name: "weak-link", Title: "Weak link", Family: "representation", Version: 1,
	Doc:     manual,
	Tier:    detector.Features,
	Needs:   []statistic.Any{pairs.Statistic},
	Anchors: finding.Anchors{Minor: floor, Moderate: 0.35, Critical: 0.6},
	Detect:  detect,
}

const (
	floor = 0.15
	least = 4  // links, so that each has three siblings
	far   = -3 // deviations from the siblings
)

// A link is a layer and the one it reads, with their similarity, whole and without each group of samples.
type link struct {
	before, after graph.Layer
	value         float64
	left          []float64
}

func detect(p *detector.Pass) error {
	r, err := pairs.Get(p.Case, p.Results)
	if err != nil {
		return err
	}
	all := links(p, r)
	if len(all) < least {
		return statistic.Unavailable("too-few-layers", "%d links between layers, want %d to compare one with the others", len(all), least)
	}
	for i := range all {
		x, err := measure(all, i)
		if err != nil {
			p.Skip(all[i].after.Name, err)
			continue
		}
		x.N = r.N
		p.Measure(x)
	}
	return nil
}

// links returns the links in the order of the layers.
func links(p *detector.Pass, r *pairs.Result) []link {
	byName := map[string]graph.Layer{}
	for _, l := range p.Layers {
		byName[l.Name] = l
	}
	var out []link
	for _, l := range p.Layers {
		if l.Head || len(l.After) != 1 {
			continue
		}
		before, ok := byName[l.After[0]]
		if !ok || before.Role != l.Role {
			continue
		}
		i, ok := r.Index[before.Name]
		j, both := r.Index[l.Name]
		if !ok || !both {
			continue // a layer without values is named by the rules that look at it alone
		}
		e, err := r.Estimate(i, j)
		if err != nil {
			p.Skip(l.Name, statistic.Unavailable("no-similarity", "layers %s and %s have no similarity: %v", before.Name, l.Name, err))
			continue
		}
		out = append(out, link{before, l, e.Value, r.LeaveOut(i, j)})
	}
	return out
}

// measure compares a link with the others.
func measure(all []link, at int) (finding.Measurement, error) {
	others := func(of func(link) float64) []float64 {
		var out []float64
		for i, k := range all {
			if i != at {
				out = append(out, of(k))
			}
		}
		return out
	}
	here := all[at]
	rest := others(func(k link) float64 { return k.value })
	median, err := infer.Quantile(rest, 0.5)
	if err != nil {
		return finding.Measurement{}, err
	}
	left := make([]float64, len(here.left))
	for g := range left {
		m, err := infer.Quantile(others(func(k link) float64 { return k.left[g] }), 0.5)
		if err != nil {
			return finding.Measurement{}, err
		}
		left[g] = m - here.left[g]
	}
	drop, err := infer.Jackknife(median-here.value, left)
	if err != nil {
		return finding.Measurement{}, err
	}
	ci, err := drop.Interval(0.9)
	if err != nil {
		return finding.Measurement{}, err
	}
	p, err := drop.Above(floor)
	if err != nil {
		return finding.Measurement{}, err
	}
	z, _, err := infer.Deviation(here.value, rest)
	if err != nil {
		return finding.Measurement{}, err
	}
	own, err := infer.Jackknife(-here.value, negated(here.left))
	if err != nil {
		return finding.Measurement{}, err
	}
	bounds, err := own.Interval(0.9)
	if err != nil {
		return finding.Measurement{}, err
	}
	x := finding.Measurement{
		Own:   &finding.Estimate{Value: own.Value, Low: bounds.Low, High: bounds.High},
		Place: finding.Place{Sites: []finding.Site{detector.At(here.before), detector.At(here.after)}, Edge: true},
		Name:  "similarity below the other links'", Effect: max(0, drop.Value), Low: ci.Low, High: ci.High, P: p, Null: finding.R4,
		Message:  fmt.Sprintf("what %s gives resembles what it reads by %.2f, the other links by %.2f", here.after.Name, here.value, median),
		Evidence: fmt.Sprintf("similarity %.2f, median of the others %.2f", here.value, median),
		Details:  map[string]float64{"similarity": here.value, "median": median, "z": z},
		Remedies: []finding.Remedy{
			{Treatment: "re-initialise", Risk: finding.Training, Why: "the layer learns anew to read what comes in"},
			{Treatment: "distil", Risk: finding.Training, Why: "where a healthy network of this kind exists"},
		},
	}
	if z > far {
		x.Guard, x.Kin = "no further from the other links than they are from one another", true
	}
	return x, nil
}

func negated(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = -x
	}
	return out
}
