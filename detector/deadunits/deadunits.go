package deadunits

import (
	"fmt"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/signal"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/moments"
)

// Detector is rule UNI-01.
var Detector = &detector.Detector{
	Code: "UNI-01", Name: "dead-units", Title: "Dead units", Family: "units", Version: 1,
	Doc:     manual,
	Tier:    detector.Features,
	Needs:   []statistic.Any{moments.Statistic},
	Anchors: finding.Anchors{Minor: 0.25, Moderate: 0.5, Critical: 0.9},
	Exact:   true,
	Detect:  detect,
}

// firstShare is the dead share that the first layer of a network without normalisation has in health
// beyond what other layers have (METHODS 9.1, 14).
const firstShare = 0.30

func detect(p *detector.Pass) error {
	split, ok := p.Case.Held()
	if !ok {
		p.NotAssessed("no-samples", "data", "there are no samples")
		return nil
	}
	track := finding.Track{Name: "dead units", Unit: "share"}
	for i, l := range p.Layers {
		if !clipsAtZero(l.Activation) {
			p.Skip(l.Name, statistic.Unavailable("no-relu", "layer %s has no activation that is zero on one side", l.Name))
			continue
		}
		m, err := moments.Statistic.At(p.Results, moments.View(split), detector.At(l))
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		if m.Samples == 0 {
			p.Skip(l.Name, statistic.Unavailable("too-few-samples", "layer %s has no finite sample", l.Name))
			continue
		}
		x, err := measure(l, m, p.Case.Classes, i == 0 && l.Norm == nil)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		p.Measure(x)
		track.Values = append(track.Values, finding.TrackValue{Layer: l.Name, Value: x.Details["share"]})
	}
	p.Track(track)
	return nil
}

// clipsAtZero reports whether an activation is zero for all inputs below zero.
func clipsAtZero(activation string) bool {
	switch activation {
	case "Relu", "Relu6", "Clip", "ThresholdedRelu":
		return true
	}
	return false
}

func measure(l graph.Layer, m *moments.State, classes int, first bool) (finding.Measurement, error) {
	var dead []int
	rare := 0 // units that these samples do not show to be alive
	limit := least(classes)
	for u, x := range m.Units {
		if x.Active == 0 {
			dead = append(dead, u)
		}
		low, err := infer.ClopperPearsonLower(int(x.Active), int(m.Samples), 0.95)
		if err != nil {
			return finding.Measurement{}, err
		}
		if low < limit && float64(x.Active) < limit*float64(m.Samples) {
			rare++
		}
	}
	units := len(m.Units)
	share := float64(len(dead)) / float64(units)
	high := float64(max(rare, len(dead))) / float64(units)
	allowed := 0.0
	if first && len(dead) < units { // health leaves no layer without a unit
		allowed = firstShare
	}
	place := detector.On(l)
	place.Units = dead
	silent, err := tooFew(m.Samples, classes)
	if err != nil {
		return finding.Measurement{}, err
	}
	x := finding.Measurement{
		Place: place, Name: "dead share", N: int(m.Samples), Null: finding.R5,
		Effect: max(0, share-allowed), Low: max(0, share-allowed), High: max(0, high-allowed),
		Noted:    silent,
		Message:  fmt.Sprintf("%d of %d units never activate", len(dead), units),
		Evidence: fmt.Sprintf("%d of %d never activate", len(dead), units),
		Details:  map[string]float64{"share": share, "allowed": allowed},
		Remedies: []finding.Remedy{
			{Treatment: "re-initialise", Risk: finding.Training, Why: "new incoming weights and a lower learning rate bring the units back"},
			{Treatment: "remove-units", Risk: finding.Exact, Why: "units that never activate can go without changing any output on these data"},
		},
	}
	if scores, err := m.Dormancy(); err == nil {
		x.Details["dormant share"] = float64(signal.Dormant(scores, signal.DormantAt)) / float64(units)
	}
	if len(dead) == units {
		x.Message = fmt.Sprintf("none of %d units ever activates; what is behind it learns of the input by other paths or not at all", units)
		x.Remedies = x.Remedies[:1] // without its units there is no layer
	}
	if silent {
		x.Caveats = append(x.Caveats, fmt.Sprintf("%d samples are too few to tell dead units from rare ones", m.Samples))
	}
	return x, nil
}

// tooFew reports whether a unit that no sample activates may still serve a rare class: the bound of its
// active share must fall below min(1 %, a tenth of a class's share).
func tooFew(samples int64, classes int) (bool, error) {
	bound, err := infer.ClopperPearsonUpper(0, int(samples), 0.95)
	if err != nil {
		return false, err
	}
	return bound >= least(classes), nil
}

// least is the active share below which a unit counts as dead.
func least(classes int) float64 {
	if classes > 0 {
		return min(0.01, 0.1/float64(classes))
	}
	return 0.01
}
