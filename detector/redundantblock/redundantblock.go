package redundantblock

import (
	"fmt"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/pairs"
	"github.com/stratascope/stratascope/statistic/probe"
)

// Detector is rule REP-03.
var Detector = &detector.Detector{
	Code: "REP-03", Name: "redundant-block", Title: "Redundant block", Family: "representation", Version: 1,
	Doc:     manual,
	Tier:    detector.Labels,
	Needs:   []statistic.Any{pairs.Statistic, probe.Statistic},
	Anchors: finding.Anchors{Minor: 0.15, Moderate: 0.35, Critical: 0.6},
	Detect:  detect,
}

const (
	alike  = 0.98 // similarity of a link above which its layers count as the same
	margin = 0.02 // of probe accuracy, within which nothing was gained
	links  = 2    // the fewest in a row that make a block
)

func detect(p *detector.Pass) error {
	r, err := pairs.Get(p.Case, p.Results)
	if err != nil {
		return err
	}
	hidden := 0
	for _, l := range p.Layers {
		if !l.Head {
			hidden++
		}
	}
	for _, chain := range chains(p.Layers) {
		for i := 1; i < len(chain); i++ {
			s, err := similarity(r, chain[i-1], chain[i])
			if err != nil {
				p.Skip(chain[i].Name, err)
				continue
			}
			block, x, err := longest(p, r, chain[i-1:])
			if err != nil {
				p.Skip(chain[i].Name, err)
				continue
			}
			if block < links {
				x = finding.Measurement{N: r.N, Message: fmt.Sprintf("it is no part of a redundant block (%.2f to the layer before)", s), Evidence: fmt.Sprintf("similarity %.2f to the layer before", s)}
				block = 1
			} else {
				x.Effect = float64(block) / float64(hidden)
			}
			x.Place = finding.Place{}
			for _, l := range chain[i : i+block] {
				x.Place.Sites = append(x.Place.Sites, detector.At(l))
			}
			x.Name, x.Low, x.High, x.Null, x.Decided = "share of the layers", x.Effect, x.Effect, finding.R6, true
			p.Measure(x)
			i += block - 1
		}
	}
	return nil
}

// chains returns the longest rows of layers of one role of which each is read by the next alone and reads
// nothing else; outputs are in none.
func chains(layers []graph.Layer) [][]graph.Layer {
	byName, readers := map[string]graph.Layer{}, map[string]int{}
	for _, l := range layers {
		byName[l.Name] = l
		for _, a := range l.After {
			readers[a]++
		}
	}
	var out [][]graph.Layer
	row := map[string]int{} // of the layer that is last in it
	for _, l := range layers {
		if l.Head {
			continue
		}
		if len(l.After) == 1 {
			before, ok := byName[l.After[0]]
			if at, last := row[before.Name]; ok && last && readers[before.Name] == 1 && before.Role == l.Role {
				delete(row, before.Name)
				out[at] = append(out[at], l)
				row[l.Name] = at
				continue
			}
		}
		row[l.Name] = len(out)
		out = append(out, []graph.Layer{l})
	}
	return out
}

// similarity returns the lower bound of two layers' similarity.
func similarity(r *pairs.Result, a, b graph.Layer) (float64, error) {
	var at [2]int
	for k, l := range []graph.Layer{a, b} {
		i, ok := r.Index[l.Name]
		if !ok {
			return 0, statistic.Unavailable("no-features", "the values of %s are not to be had", l.Name)
		}
		if why := r.Reason[i]; why != nil {
			return 0, statistic.Unavailable("no-similarity", "layer %s has no similarity: %v", l.Name, why)
		}
		at[k] = i
	}
	return r.Low[at[0]*r.L+at[1]], nil
}

// longest returns how many links the longest redundant block has that starts behind the first layer of a
// row, and what was measured of it.
func longest(p *detector.Pass, r *pairs.Result, row []graph.Layer) (int, finding.Measurement, error) {
	start, err := probe.At(p.Case, p.Results, row[0].Name)
	if err != nil {
		return 0, finding.Measurement{}, err
	}
	best, found := 0, finding.Measurement{}
	for k := 1; k < len(row); k++ {
		if s, err := similarity(r, row[k-1], row[k]); err != nil || s <= alike {
			break
		}
		end, err := probe.At(p.Case, p.Results, row[k].Name)
		if err != nil {
			break
		}
		x, same, err := compare(start.Held, end.Held)
		if err != nil {
			return 0, x, err
		}
		if same && k >= links {
			x.Message = fmt.Sprintf("%d layers in a row give what %s gives, and a linear reader gains nothing (%.1f \u2192 %.1f %%)", k, row[0].Name, 100*x.Details["before"], 100*x.Details["behind"])
			best, found = k, x
		}
	}
	return best, found, nil
}

// compare pairs the probes before and behind a block; same says that neither gains more than the margin.
func compare(before, behind probe.Score) (x finding.Measurement, same bool, err error) {
	right := map[int]bool{}
	for i, row := range before.Rows {
		right[row] = before.Right[i]
	}
	var a, b []bool
	for i, row := range behind.Rows {
		if ok, both := right[row]; both {
			a, b = append(a, behind.Right[i]), append(b, ok)
		}
	}
	t, err := infer.Pair(a, b)
	if err != nil {
		return x, false, err
	}
	gain, err := t.Difference()
	if err != nil {
		return x, false, statistic.Unavailable("too-few-samples", "no sample is left to compare on")
	}
	ci, err := infer.Tango(t, 0.9)
	if err != nil {
		return x, false, err
	}
	n := float64(t.N())
	x = finding.Measurement{
		N: t.N(), Evidence: fmt.Sprintf("probe gain %.3f, %.3f to %.3f", gain, ci.Low, ci.High),
		Caveats: []string{"the network was not run without these layers"},
		Details: map[string]float64{"before": float64(t.Both+t.OnlySecond) / n, "behind": float64(t.Both+t.OnlyFirst) / n, "gain": gain, "gain low": ci.Low, "gain high": ci.High},
		Remedies: []finding.Remedy{
			{Treatment: "remove-layers", Risk: finding.Surgical, Why: "what the layers pass on is there before them"},
			{Treatment: "distil", Risk: finding.Training, Why: "a shallower network learns the same answers"},
		},
	}
	return x, ci.Within(-margin, margin), nil
}
