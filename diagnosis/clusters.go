package diagnosis

import (
	"math"

	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/clusters"
	"github.com/stratascope/stratascope/statistic/cosine"
)

// mostClasses is how many classes the result holds a matrix of.
const mostClasses = 40

// Clusters writes down how samples and units of each layer group; nil if no layer's values were to be had.
func Clusters(c statistic.Case, r *statistic.Results) *finding.Clusters {
	out := &finding.Clusters{Level: level, Most: cosine.Most}
	had := false
	for _, l := range c.Layers {
		if l.Head {
			continue
		}
		x, err := clusters.At(c, r, l.Name)
		if err != nil {
			_, why := statistic.Reason(err)
			out.Layers = append(out.Layers, finding.LayerClusters{Layer: clean(l.Name), Reason: clean(why)})
			continue
		}
		had = true
		if x.Asked {
			out.Classes = max(out.Classes, x.Classes)
		}
		out.Layers = append(out.Layers, finding.LayerClusters{Layer: clean(l.Name), N: len(x.Rows), Raw: cosines(x.Raw, x.Cosine.Raw), Centred: cosines(x.Centred, x.Cosine.Centred),
			Participation: ranged(x.Cosine.Participation), KMeans: groups(x.KMeans), Spectral: groups(x.Spectral), Tokens: groups(x.Tokens), Both: x.Both, Units: unitGroups(x.Units)})
	}
	if !had {
		return nil
	}
	return out
}

func cosines(s *clusters.Summary, mean infer.Estimate) *finding.Cosines {
	out := &finding.Cosines{Mean: *ranged(mean), Quantiles: rounded(s.Quantiles), Within: s.Within, Between: s.Between}
	if len(s.Classes) <= mostClasses {
		out.Classes, out.Matrix, out.Clusters = s.Classes, rounded(s.Matrix), s.Clusters
	}
	return out
}

func groups(p *clusters.Parts) *finding.Groups {
	if p == nil {
		return nil
	}
	out := &finding.Groups{K: p.K, Sizes: make([]int, p.K), Isolated: p.Isolated, Silhouette: p.Silhouette}
	for _, l := range p.Labels {
		if l < p.K {
			out.Sizes[l]++
		}
	}
	if v, ok := p.Stability(); ok {
		out.Stability = &v
	}
	if a := p.Agreement; a != nil {
		out.Rand, out.Information = ranged(a.Rand), ranged(a.Information)
		out.Rand.P = &a.P
	}
	return out
}

func unitGroups(u *clusters.Units) *finding.UnitGroups {
	if u == nil {
		return nil
	}
	return &finding.UnitGroups{Units: len(u.Numbers), Quantiles: rounded(u.Quantiles), Parallel: u.Parallel, Largest: u.Largest,
		KMeans: groups(u.KMeans), Spectral: groups(u.Spectral), Both: u.Both}
}

// ranged is an estimate with its interval, none where it has no error.
func ranged(e infer.Estimate) *finding.Ranged {
	out := &finding.Ranged{Value: e.Value, Low: e.Value, High: e.Value}
	if ci, err := e.Interval(level); err == nil {
		out.Low, out.High = ci.Low, ci.High
	}
	return out
}

// rounded keeps four decimals.
func rounded(values []float64) []float64 {
	var out []float64
	for _, v := range values {
		out = append(out, math.Round(1e4*v)/1e4)
	}
	return out
}
