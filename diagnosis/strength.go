package diagnosis

import (
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/alignment"
	edges "github.com/stratascope/stratascope/statistic/links"
	"github.com/stratascope/stratascope/statistic/pairs"
)

// Links writes the strength of every link down for the result, beside what healthy networks of the same architecture
// show there; nil where no link was measured.
func Links(c statistic.Case, r *statistic.Results, healthy Population) []finding.Link {
	k, err := edges.Get(c, r)
	if err != nil {
		return nil
	}
	var out []finding.Link
	for _, l := range k.Links {
		f := finding.Link{From: clean(l.From), To: clean(l.To)}
		if l.NoSimilarity == nil {
			f.Similarity = strength(l.Similarity, healthy.Similarity(l.From, l.To))
		}
		if l.NoR2 == nil {
			f.R2 = strength(l.R2, healthy.R2(l.From, l.To))
		}
		if a, err := alignment.At(c, r, l.To); err == nil && a.Spread > 0 {
			turned := healthy.Reading(l.To)
			for i := range turned {
				turned[i] *= a.Spread // healthy networks' own spreads differ; this one's has the cosine's unit
			}
			f.Alignment = strength(a.Cosine, turned)
		}
		out = append(out, f)
	}
	return out
}

func strength(e infer.Estimate, healthy []float64) *finding.Strength {
	i, err := e.Interval(pairs.Level)
	if err != nil {
		return nil
	}
	s := &finding.Strength{Value: e.Value, Low: i.Low, High: i.High}
	if len(healthy) == 0 {
		return s
	}
	median, err := infer.Quantile(healthy, 0.5)
	if err != nil {
		return s
	}
	s.Healthy = &finding.Healthy{Networks: len(healthy), Median: median}
	if len(healthy) < LeastReferences {
		return s
	}
	if z, p, err := infer.DeviationWithin(e.Value, e.SE, healthy); err == nil {
		s.Healthy.Z, s.Healthy.P = number(z), number(p)
	}
	return s
}
