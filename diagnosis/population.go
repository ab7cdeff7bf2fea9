package diagnosis

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	edges "github.com/stratascope/stratascope/statistic/links"
)

// LeastReferences is how many healthy networks of the same architecture make a population (METHODS 3.7, R1).
const LeastReferences = 8

// Beyond is the z from which on a value is outside what healthy networks show.
const Beyond = 3

// A Member is a healthy network of the same architecture: what was measured of it, on the same samples.
type Member struct {
	Outcomes []detector.Outcome            // of the rules
	traits   map[string]map[string]float64 // of each layer with weights, by the trait's name
	reading  map[string]float64            // read alignment over its spread under random turns
	fit      map[string]float64            // what e7 reads: its logarithm, of projections each its own
	links    []edges.Link
}

// A Population is what healthy networks of the same architecture show, one entry a network.
type Population []Member

// NewMember takes what a population is compared by out of the results of a reference network; what was not collected is
// left out.
func NewMember(c statistic.Case, r *statistic.Results, outcomes []detector.Outcome) Member {
	m := Member{Outcomes: outcomes, traits: map[string]map[string]float64{}, reading: map[string]float64{}, fit: map[string]float64{}}
	w := newWitness(c, r, nil)
	for i, l := range w.layers {
		m.traits[l.Name] = map[string]float64{}
		for _, t := range traits() {
			if v, ok := t.of(w, l); ok && number(v) != nil {
				m.traits[l.Name][t.name] = v
			}
		}
		if w.read != nil && w.read[i] != nil && w.read[i].Spread > 0 {
			m.reading[l.Name] = w.read[i].Cosine.Value / w.read[i].Spread
		}
	}
	for i, v := range w.readings() {
		m.fit[w.layers[i].Name] = v
	}
	if k, err := edges.Get(c, r); err == nil {
		m.links = k.Links
	}
	return m
}

// Trait returns what the members show of a trait of a layer.
func (p Population) Trait(layer, trait string) []float64 {
	return p.of(func(m Member) (float64, bool) { v, ok := m.traits[layer][trait]; return v, ok })
}

// Reading returns the members' read alignment of a layer over its spread under random turns.
func (p Population) Reading(layer string) []float64 {
	return p.of(func(m Member) (float64, bool) { v, ok := m.reading[layer]; return v, ok })
}

// fitting returns the logarithms of the members' read alignment of a layer over its spread, as e7 reads it.
func (p Population) fitting(layer string) []float64 {
	return p.of(func(m Member) (float64, bool) { v, ok := m.fit[layer]; return v, ok })
}

// Similarity returns the members' debiased CKA of a layer with one it reads.
func (p Population) Similarity(from, to string) []float64 {
	return p.of(func(m Member) (float64, bool) {
		l, ok := m.link(from, to)
		return l.Similarity.Value, ok && l.NoSimilarity == nil
	})
}

// R2 returns the members' R^2 of a layer's values from those of one it reads.
func (p Population) R2(from, to string) []float64 {
	return p.of(func(m Member) (float64, bool) { l, ok := m.link(from, to); return l.R2.Value, ok && l.NoR2 == nil })
}

func (m Member) link(from, to string) (edges.Link, bool) {
	return (&edges.Result{Links: m.links}).Between(from, to)
}

func (p Population) of(value func(Member) (float64, bool)) []float64 {
	var out []float64
	for _, m := range p {
		if v, ok := value(m); ok && number(v) != nil {
			out = append(out, v)
		}
	}
	return out
}

// beyondHealthy returns how many deviations x lies above healthy values, and the one-sided p of a further healthy network
// showing as much (METHODS 3.7, R1). se is the doubt in x, or the least spread that healthy networks have. ok is false below
// LeastReferences values.
func beyondHealthy(x, se float64, healthy []float64) (z, p float64, ok bool) {
	if len(healthy) < LeastReferences {
		return 0, 0, false
	}
	z, p, err := infer.DeviationWithin(x, se, healthy)
	if err != nil {
		return 0, 0, false
	}
	if p /= 2; z < 0 {
		p = 1 - p
	}
	return z, p, true
}

// Comparable reports whether a population of networks says something about what a rule measures: what is exact, or about
// the data alone, is as it is.
func Comparable(d *detector.Detector) bool {
	return !d.Exact && slices.Contains([]detector.Tier{detector.Features, detector.Labels, detector.Weights}, d.Tier)
}

// Against holds what rules measured against what they measured at the same places of healthy networks, where there are
// enough of those. That reference wins over siblings and defaults: the effect counts where it lies beyond the
// population, whatever the siblings say. What has an exact or analytic null stays as it is.
func Against(outcomes []detector.Outcome, healthy Population) []detector.Outcome {
	out := slices.Clone(outcomes)
	for i, o := range out {
		population := map[string][]float64{}
		for _, h := range healthy {
			at := slices.IndexFunc(h.Outcomes, func(h detector.Outcome) bool { return h.Detector.Code == o.Detector.Code })
			if at < 0 {
				continue
			}
			for _, m := range h.Outcomes[at].Measurements {
				if v := compared(m).Value; number(v) != nil {
					population[spot(m.Place)] = append(population[spot(m.Place)], v)
				}
			}
		}
		out[i].Measurements = slices.Clone(o.Measurements)
		for k, m := range out[i].Measurements {
			if p := population[spot(m.Place)]; len(p) >= LeastReferences && replaceable(m) {
				out[i].Measurements[k] = against(m, p, o.Detector.Anchors.Minor)
			}
		}
	}
	return out
}

// replaceable reports whether a population takes the place of a measurement's reference.
func replaceable(m finding.Measurement) bool {
	return !m.Decided && slices.Contains([]finding.Reference{finding.R2, finding.R3, finding.R4, finding.R6}, m.Null)
}

// spot names a place in any network: its sites and attributes, whichever units, classes or groups.
func spot(p finding.Place) string {
	var parts []string
	for _, g := range p.Groups {
		attribute, _, _ := strings.Cut(g, "=")
		parts = append(parts, fmt.Sprintf("%q", attribute))
	}
	for _, s := range p.Sites {
		parts = append(parts, fmt.Sprintf("%q %q", s.Layer, s.Of))
	}
	return strings.Join(parts, " ")
}

// compared is what of a measurement is compared. An effect that was cut off at zero is the middle of its interval.
func compared(m finding.Measurement) finding.Estimate {
	switch {
	case m.Own != nil:
		return *m.Own
	case m.Effect == 0 && m.Low < 0 && number(m.Low+m.High) != nil:
		return finding.Estimate{Value: math.Min(0, (m.Low+m.High)/2), Low: m.Low, High: m.High}
	}
	return finding.Estimate{Value: m.Effect, Low: m.Low, High: m.High}
}

func against(m finding.Measurement, population []float64, floor float64) finding.Measurement {
	x, median := compared(m), median(population)
	se := (x.High - x.Low) / (2 * infer.NormalQuantile(1-(1-level)/2))
	if !(se > 0) || math.IsInf(se, 0) {
		se = 0
	}
	z, p, ok := beyondHealthy(x.Value, se, population)
	if !ok {
		return m
	}
	if m.Kin {
		m.Guard, m.Kin = "", false
	}
	if m.Own != nil {
		m.Effect, m.Low, m.High, m.P = math.Max(0, x.Value-median), x.Low-median, x.High-median, 0
		m.Name += ", over the median of healthy networks"
	}
	m.Null, m.P = finding.R1, math.Max(minimumEffect(m, floor), p)
	m.Details = maps.Clone(m.Details)
	if m.Details == nil {
		m.Details = map[string]float64{}
	}
	maps.Copy(m.Details, map[string]float64{"reference networks": float64(len(population)), "reference median": median, "reference z": z, "reference p": p})
	m.Message += fmt.Sprintf("; %.1f deviations from the median of %d healthy networks", z, len(population))
	if z <= Beyond && m.Guard == "" {
		m.Guard = fmt.Sprintf("within what %d healthy networks show", len(population))
	}
	return m
}
