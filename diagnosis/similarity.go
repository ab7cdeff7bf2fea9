package diagnosis

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/pairs"
)

// manyLayers is the number of layers above which the further measures are written without intervals and p.
const manyLayers = 512

// leastP is the smallest p that is written.
const leastP = 1e-30

// Similarity writes the similarities of all pairs down for the result, with what was asked for beside the usual, nil
// if nothing was. Layers that one of the usual measures has no value for, such as constant ones, are left out.
func Similarity(p *pairs.Result, asked *pairs.Answer) *finding.Similarity {
	s := &finding.Similarity{Measure: "debiased CKA", N: p.N, Level: pairs.Level, Form: "exact"}
	if !p.Exact {
		s.Form = fmt.Sprintf("%d blocks of samples", p.Units)
	}
	if p.Reduced != "" {
		s.Form += fmt.Sprintf("; values rounded to bfloat16 (%s), which changes a similarity by %.0e at most", p.Reduced, p.Error)
	}
	measures := []*similarity.Pairs{p.Pairs}
	for _, m := range []*similarity.Pairs{p.Shape, p.Near} {
		if m != nil {
			measures = append(measures, m)
		}
	}
	var at []int
	for i, name := range p.Layers {
		if why := unmeasured(measures, i); why != nil {
			s.Notes = append(s.Notes, fmt.Sprintf("layer %s: %v", clean(name), why))
			continue
		}
		if slices.Contains(p.Starts, i) {
			s.Stretches = append(s.Stretches, len(at))
		}
		s.Layers = append(s.Layers, clean(name))
		at = append(at, i)
	}
	s.Matrix, s.Low, s.High = packed(p.L, at, p.Value), packed(p.L, at, p.Low), packed(p.L, at, p.High)
	s.P = packedP(p.Pairs, at)
	if p.Shape != nil {
		form := "exact"
		if p.Share < 1-1e-4 {
			form = fmt.Sprintf("leading directions that hold %.1f %% of a layer's variance or more, at most %d", 100*p.Share, similarity.ShapeDirections(p.L))
		}
		s.Others = append(s.Others, others(finding.Similarities{Measure: "shape distance", Distance: true, Most: math.Pi / 2, N: p.Few, Form: form}, p.Shape, at))
	}
	if p.Near != nil {
		s.Others = append(s.Others, others(finding.Similarities{Measure: fmt.Sprintf("mutual %d-NN", pairs.Neighbours), Most: 1, N: p.Few, Form: "exact"}, p.Near, at))
	}
	if len(s.Others) > 0 {
		s.Disagreement = packed(p.L, at, disagreement(p, at))
	}
	if p.NoShape != nil {
		_, why := statistic.Reason(p.NoShape)
		s.Notes = append(s.Notes, why)
	}
	if asked == nil {
		return s
	}
	if m := asked.Permuted; m != nil {
		s.Permuted = &finding.Permuted{Draws: asked.Draws, N: asked.N, P: packed(p.L, at, m.Drawn), Family: packed(p.L, at, m.Adjusted)}
	}
	reason := asked.NoInput
	if m := asked.Without; m != nil {
		for _, l := range at {
			if m.Reason[l] != nil && reason == nil {
				reason = fmt.Errorf("layer %s: %w", clean(p.Layers[l]), m.Reason[l])
			}
		}
		if reason == nil {
			s.Others = append(s.Others, others(finding.Similarities{Measure: "debiased CKA without the input", Least: -1, Most: 1, N: asked.N, Form: "exact"}, m, at))
		}
	}
	if reason != nil {
		s.Notes = append(s.Notes, fmt.Sprintf("debiased CKA without the input: %v", reason))
	}
	return s
}

// unmeasured is why one of the measures has no value for a layer, nil if all have.
func unmeasured(measures []*similarity.Pairs, layer int) error {
	for _, m := range measures {
		if m.Reason[layer] != nil {
			return m.Reason[layer]
		}
	}
	return nil
}

func others(s finding.Similarities, p *similarity.Pairs, at []int) finding.Similarities {
	s.Matrix = packed(p.L, at, p.Value)
	if len(at) <= manyLayers {
		s.Low, s.High, s.P = packed(p.L, at, p.Low), packed(p.L, at, p.High), packedP(p, at)
	}
	return s
}

// disagreement returns for each pair the share of all pairs that lie between what one measure says at least and what
// another says at most. What a measure says is the share of pairs that it finds less alike, from its interval's ends;
// 0 where the measures' ranges overlap. Ranks, since the measures have no scale in common.
func disagreement(p *pairs.Result, at []int) []float64 {
	least, most := make([]float64, p.L*p.L), make([]float64, p.L*p.L)
	for i := range most {
		most[i] = 1
	}
	for _, m := range []*similarity.Pairs{p.Pairs, p.Shape, p.Near} {
		if m == nil {
			continue
		}
		low, high, sign := m.Low, m.High, 1.0
		if m == p.Shape {
			low, high, sign = m.High, m.Low, -1
		}
		var all []float64
		for a, i := range at {
			for _, j := range at[a+1:] {
				all = append(all, sign*m.Value[i*p.L+j])
			}
		}
		sort.Float64s(all)
		for a, i := range at {
			for _, j := range at[a+1:] {
				k := i*p.L + j
				below := sort.SearchFloat64s(all, sign*low[k])
				upTo := sort.Search(len(all), func(x int) bool { return all[x] > sign*high[k] })
				least[k] = max(least[k], float64(below)/float64(len(all)))
				most[k] = min(most[k], float64(upTo)/float64(len(all)))
			}
		}
	}
	for i := range least {
		least[i] = max(0, least[i]-most[i])
	}
	return least
}

func packedP(p *similarity.Pairs, at []int) string {
	if p.P == nil {
		return ""
	}
	out := make([]float64, len(p.P))
	for i, v := range p.P {
		out[i] = max(leastP, v)
	}
	return packed(p.L, at, out)
}

// packed encodes the upper triangle with its diagonal, row by row.
func packed(layers int, at []int, values []float64) string {
	var b []byte
	for a, i := range at {
		for _, j := range at[a:] {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(values[i*layers+j])))
		}
	}
	return base64.StdEncoding.EncodeToString(b)
}
