package numericfaults

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/moments"
	"github.com/stratascope/stratascope/tensor"
)

// Detector is rule GRD-06.
var Detector = &detector.Detector{
	Code: "GRD-06", Name: "numeric-faults", Title: "Numeric faults", Family: "gradients", Version: 2,
	Doc:     manual,
	Tier:    detector.Weights,
	Needs:   []statistic.Any{moments.Statistic},
	Anchors: finding.Anchors{Minor: 1e-9, Moderate: 0.01, Critical: 0.1},
	Exact:   true,
	Spans:   true,
	Detect:  detect,
}

func detect(p *detector.Pass) error {
	s := spread{share: map[string]float64{}, from: map[string]int{}}
	if x, err := values(p, input); err == nil && x.Effect > 0 {
		s.values(graph.Layer{Name: input.Layer}, fed(x))
	}
	for _, l := range p.Layers {
		w, ok := weights(p.Case.Graph, l)
		if ok {
			s.add(l, w, w.Effect > 0)
		}
		if ok && w.Effect > 0 {
			s.share[l.Name] = 1 // whatever the layer gives follows from its weight
			continue
		}
		worst, err := values(p, detector.At(l))
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		s.values(l, worst)
	}
	if len(s.found) == 0 {
		p.NotAssessed("no-values", "weights or samples", "neither weights nor values were to be had")
	}
	s.tell(p)
	return nil
}

// weights counts the values of a layer's weights that are not finite; any is a fault of the network as
// a whole.
func weights(g *graph.Graph, l graph.Layer) (finding.Measurement, bool) {
	if g == nil {
		return finding.Measurement{}, false
	}
	names := []string{l.Weight, l.Bias}
	if l.Norm != nil {
		names = append(names, l.Norm.Scale, l.Norm.Bias, l.Norm.Mean, l.Norm.Variance)
	}
	bad, all := 0, 0
	var where []string
	for _, name := range names {
		t, ok := g.Weights[name]
		if !ok || t.DType() != tensor.Float32 {
			continue
		}
		all += t.Len()
		before := bad
		for _, v := range t.Float32s() {
			if v-v != 0 {
				bad++
			}
		}
		if bad > before {
			where = append(where, name)
		}
	}
	if all == 0 {
		return finding.Measurement{}, false
	}
	x := counted(finding.Place{Sites: []finding.Site{{Layer: l.Name, Of: finding.Weight}}}, bad, all)
	x.Splits = []string{}
	if bad > 0 {
		x.Effect, x.Low, x.High = 1, 1, 1
		x.Message = fmt.Sprintf("%d of %d weights %s not finite (%s)", bad, all, be(bad), where[0])
		x.Evidence = fmt.Sprintf("%d of %d weights not finite", bad, all)
	}
	return x, true
}

// input is where samples are fed.
var input = finding.Site{Layer: "input", Of: finding.Input}

// fed words a measurement of the input: the fault is the samples', not the network's.
func fed(x finding.Measurement) finding.Measurement {
	_, samples, _ := strings.Cut(x.Message, " for ")
	x.Message = "the input holds NaN or infinity in " + samples
	x.Remedies = []finding.Remedy{{Treatment: "mend-samples", Risk: finding.Exact, Why: "mend these samples or leave them out; nothing in the network changes"}}
	return x
}

// values counts the samples with a value at a site that is not finite, in the split where their share is
// largest.
func values(p *detector.Pass, at finding.Site) (finding.Measurement, error) {
	var worst finding.Measurement
	err := statistic.Unavailable("no-samples", "there are no samples")
	for _, split := range p.Case.Splits {
		m, missing := moments.Statistic.At(p.Results, moments.View(split), at)
		if missing != nil {
			err = missing
			continue
		}
		if x := inSplit(p, at, split, m); worst.N == 0 || x.Effect >= worst.Effect {
			worst = x
		}
	}
	if worst.N == 0 {
		return worst, err
	}
	return worst, nil
}

func inSplit(p *detector.Pass, at finding.Site, split dataset.Split, m *moments.State) finding.Measurement {
	bad, all := int(m.Bad), int(m.Bad+m.Samples)
	x := counted(finding.Place{Sites: []finding.Site{at}}, bad, all)
	x.Splits = []string{string(split)}
	if bad > 0 {
		first := ""
		if ids := p.Case.Source.Samples(capture.View{Split: split}).IDs; m.FirstBad >= 0 && int(m.FirstBad) < len(ids) {
			first = ids[m.FirstBad]
			x.Place.Samples = []string{first}
		}
		x.Message = fmt.Sprintf("gives NaN or infinity for %d of %d %s samples (first: %s)", bad, all, split, first)
		x.Evidence = fmt.Sprintf("not finite for %d of %d samples", bad, all)
		x.Caveats = append(x.Caveats, "these samples are left out of all other rules")
	}
	if m.Overflow > 0 {
		x.Caveats = append(x.Caveats, fmt.Sprintf("%d values are beyond 65,504, the range of half precision", m.Overflow))
	}
	return x
}

func counted(place finding.Place, bad, all int) finding.Measurement {
	share := float64(bad) / math.Max(1, float64(all))
	return finding.Measurement{Place: place, Name: "share not finite", Effect: share, Low: share, High: share, N: all, Null: finding.R5, Decided: true,
		Message: fmt.Sprintf("%d of %d values %s not finite", bad, all, be(bad)), Remedies: slices.Clone(remedies)}
}

// be is the verb for so many.
func be(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

var remedies = []finding.Remedy{{Treatment: "earlier-checkpoint", Risk: finding.Training, Why: "a value that is not finite cannot be repaired where it stands; train on from before it appeared"}}
