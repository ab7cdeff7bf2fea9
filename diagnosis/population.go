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
)

// LeastReferences is how many healthy networks of the same architecture make a population (METHODS 3.7, R1).
const LeastReferences = 8

// beyond is the z from which on a value is outside what healthy networks show.
const beyond = 3

// Against holds what rules measured against what they measured at the same places of healthy networks, where there are
// enough of those. That reference wins over siblings and defaults: the effect counts where it lies beyond the
// population, whatever the siblings say. What has an exact or analytic null stays as it is.
func Against(outcomes []detector.Outcome, healthy [][]detector.Outcome) []detector.Outcome {
	out := slices.Clone(outcomes)
	for i, o := range out {
		population := map[string][]float64{}
		for _, of := range healthy {
			at := slices.IndexFunc(of, func(h detector.Outcome) bool { return h.Detector.Code == o.Detector.Code })
			if at < 0 {
				continue
			}
			for _, m := range of[at].Measurements {
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

// spot names a place in any network: its sites, whichever units or classes.
func spot(p finding.Place) string {
	var parts []string
	for _, s := range p.Sites {
		parts = append(parts, fmt.Sprintf("%q %q", s.Layer, s.Of))
	}
	return strings.Join(parts, " ")
}

// compared is what of a measurement is compared.
func compared(m finding.Measurement) finding.Estimate {
	if m.Own != nil {
		return *m.Own
	}
	return finding.Estimate{Value: m.Effect, Low: m.Low, High: m.High}
}

func against(m finding.Measurement, population []float64, floor float64) finding.Measurement {
	x, median := compared(m), median(population)
	se := (x.High - x.Low) / (2 * infer.NormalQuantile(1-(1-level)/2))
	if !(se > 0) || math.IsInf(se, 0) {
		se = 0
	}
	z, p, err := infer.DeviationWithin(x.Value, se, population)
	if err != nil {
		return m
	}
	if p /= 2; z < 0 {
		p = 1 - p
	}
	if m.Null == finding.R4 {
		m.Guard = "" // what siblings said
	}
	if m.Own != nil {
		m.Effect, m.Low, m.High, m.P = math.Max(0, x.Value-median), x.Low-median, x.High-median, 0
	}
	m.Null, m.P = finding.R1, math.Max(minimumEffect(m, floor), p)
	m.Details = maps.Clone(m.Details)
	if m.Details == nil {
		m.Details = map[string]float64{}
	}
	m.Details["reference networks"], m.Details["reference median"], m.Details["reference z"] = float64(len(population)), median, z
	m.Message += fmt.Sprintf("; %.1f deviations from the median of %d healthy networks", z, len(population))
	if z <= beyond && m.Guard == "" {
		m.Guard = fmt.Sprintf("within what %d healthy networks show", len(population))
	}
	return m
}
