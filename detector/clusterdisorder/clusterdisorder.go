package clusterdisorder

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/clusters"
	"github.com/stratascope/stratascope/statistic/cosine"
)

// Detector is rule REP-07.
var Detector = &detector.Detector{
	Code: "REP-07", Name: "cluster-disorder", Title: "Cluster disorder", Family: "representation", Version: 1,
	Doc:     manual,
	Tier:    detector.Labels,
	Needs:   []statistic.Any{clusters.Statistic},
	Anchors: finding.Anchors{Minor: floor, Moderate: 0.3, Critical: 0.5},
	Detect:  detect,
}

const (
	floor  = 0.15
	stable = 0.6 // stability below which parts are not interpreted (METHODS 5.1)
)

// profile is the parts of the layers, nil where there are none.
type profile []*clusters.Result

func detect(p *detector.Pass) error {
	if p.Case.Classes < 2 {
		return statistic.Unavailable("no-labels", "there are no classes that clusters could be compared with")
	}
	all := make(profile, len(p.Layers))
	for i, l := range p.Layers {
		if l.Head {
			continue
		}
		r, err := clusters.At(p.Case, p.Results, l.Name)
		switch {
		case err != nil:
			p.Skip(l.Name, err)
		case !r.Asked:
			p.Skip(l.Name, statistic.Unavailable("too-few-samples", "%d samples of %d classes are too few for parts that could be the classes", len(r.Rows), r.Classes))
		case r.KMeans == nil || r.Spectral == nil:
			p.Skip(l.Name, statistic.Unavailable("constant", "layer %s has fewer distinct samples than classes", l.Name))
		default:
			all[i] = r
		}
	}
	parted := 0
	for i := range all {
		if all[i] == nil {
			continue
		}
		parted = len(all[i].Rows)
		if best := all.reads(p.Layers, i); best >= 0 {
			x, err := all.measure(p.Layers, best, i)
			if err != nil {
				return err
			}
			p.Measure(x)
		}
	}
	if split, _ := p.Case.Held(); parted > 0 {
		if of := p.Case.Source.Samples(clusters.View(split)).Len(); of > cosine.Most {
			p.Note(fmt.Sprintf("clusters were sought among %d of %d samples, chosen by the hash of their ids", parted, of))
		}
	}
	return nil
}

// information is the agreement of k-means with the classes.
func information(r *clusters.Result) float64 { return r.KMeans.Agreement.Information.Value }

// reads is the layer that agrees best with the classes among those a layer reads; -1 if none has stable clusters.
func (all profile) reads(layers []graph.Layer, at int) int {
	best := -1
	for i, r := range all[:at] {
		if r == nil || !slices.Contains(layers[at].After, layers[i].Name) {
			continue
		}
		if s, _ := r.KMeans.Stability(); s >= stable && (best < 0 || information(r) > information(all[best])) {
			best = i
		}
	}
	return best
}

// measure compares a layer with the best one it reads.
func (all profile) measure(layers []graph.Layer, best, at int) (finding.Measurement, error) {
	before, here := all[best], all[at]
	drop, err := lost(before, here)
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
	own := here.KMeans.Agreement.Information
	bounds, err := own.Interval(0.9)
	if err != nil {
		return finding.Measurement{}, err
	}
	was, is := information(before), information(here)
	again, _ := here.KMeans.Stability()
	graphs := before.Spectral.Agreement.Information.Value - here.Spectral.Agreement.Information.Value
	x := finding.Measurement{
		Own:   &finding.Estimate{Value: -own.Value, Low: -bounds.High, High: -bounds.Low},
		Place: detector.On(layers[at]), Name: "agreement of clusters with classes lost", Effect: math.Max(0, drop.Value), Low: ci.Low, High: ci.High, P: p, N: len(here.Rows), Null: finding.R4,
		Message:  fmt.Sprintf("clusters agree with the classes by %.2f in %s and by %.2f here", was, layers[best].Name, is),
		Evidence: fmt.Sprintf("clusters against classes %.2f \u2192 %.2f", was, is),
		Details: map[string]float64{"before": was, "here": is, "stability": again,
			"adjusted Rand index": here.KMeans.Agreement.Rand.Value, "spectral before": before.Spectral.Agreement.Information.Value, "spectral here": here.Spectral.Agreement.Information.Value},
		Remedies: []finding.Remedy{
			{Treatment: "refit-head", Risk: finding.Light, Why: "a head on the layer where classes lie together reads them with least"},
			{Treatment: "distil", Risk: finding.Training, Why: "the layer learns from the one where classes lie together"},
		},
	}
	if again < stable {
		x.Caveats = append(x.Caveats, fmt.Sprintf("the clusters here do not come again in half of the samples (stability %.2f): there may be none", again))
	}
	switch {
	case graphs < floor:
		x.Guard = "spectral clustering still finds the classes"
	case all.recovered(at, was):
		x.Guard = "a later layer groups them again"
	}
	return x, nil
}

// recovered reports whether a later layer agrees with the classes as the layer before did, within the floor.
func (all profile) recovered(at int, was float64) bool {
	return slices.ContainsFunc(all[at+1:], func(r *clusters.Result) bool { return r != nil && information(r) > was-floor })
}

// lost is the agreement lost between two layers. Where both were parted on the same samples their half-samples
// are the same, and the error is that of the differences.
func lost(before, here *clusters.Result) (infer.Estimate, error) {
	a, b := before.KMeans, here.KMeans
	d := a.Agreement.Information.Minus(b.Agreement.Information)
	if !slices.Equal(before.Rows, here.Rows) {
		return d, nil
	}
	var square []float64
	for h := range a.HalfInformation {
		v := a.HalfInformation[h] - b.HalfInformation[h] - d.Value
		square = append(square, v*v)
	}
	k := float64(len(square))
	return infer.Estimate{Value: d.Value, SE: math.Sqrt(infer.Total(square) / k), DF: k}, nil
}
