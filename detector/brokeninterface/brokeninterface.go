package brokeninterface

import (
	"fmt"
	"strings"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/alignment"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/statistic/probe"
	"github.com/stratascope/stratascope/statistic/singular"
)

// Detector is rule REP-09.
var Detector = &detector.Detector{
	Code: "REP-09", Name: "broken-interface", Title: "Broken interface", Family: "representation", Version: 2,
	Doc:     manual,
	Tier:    detector.Features,
	Needs:   []statistic.Any{alignment.Statistic, singular.Statistic, probe.Statistic, prediction.Statistic},
	Anchors: finding.Anchors{Minor: floor, Moderate: 0.8, Critical: 1},
	Detect:  detect,
}

const (
	floor = 0.5
	gap   = 0.05 // of accuracy, that a linear reader before the layer must have over the network
)

func detect(p *detector.Pass) error {
	if p.Case.Graph == nil {
		return statistic.Unavailable("no-model", "what a weight reads needs the model")
	}
	for l, d := range alignment.Deficits(p.Case, p.Results, p.Layers, p.Skip) {
		x, err := measure(p, l, d)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		p.Measure(x)
	}
	return nil
}

// measure judges what a layer reads: the deficit counts where its weights are not random, but read as if
// they were, and is more than noted where what the layers before it know does not reach the output. Its error says why
// it cannot be told whether the weights are random.
func measure(p *detector.Pass, l graph.Layer, d *alignment.Deficit) (finding.Measurement, error) {
	x := finding.Measurement{
		Own:   &finding.Estimate{Value: d.Value, Low: d.Low, High: d.High}, // whether it counts or not
		Place: detector.On(l), Name: "alignment deficit", Effect: d.Value, Low: d.Low, High: d.High, N: d.N, Null: finding.R4,
		Message:  fmt.Sprintf("the weights have learnt to read something else than %s: alignment %.3f, that of siblings %.3f", given(l), d.Cosine.Value, d.Siblings),
		Evidence: fmt.Sprintf("alignment %.3f, siblings %.3f", d.Cosine.Value, d.Siblings),
		Details:  map[string]float64{"alignment": d.Cosine.Value, "spread at random": d.Spread, "siblings' median": d.Siblings},
		Remedies: []finding.Remedy{
			{Treatment: "train-on", Risk: finding.Training, Why: "the layers on both sides learn to fit each other again"},
			{Treatment: "re-initialise", Risk: finding.Training, Why: "of the layers on both sides, the one that was changed last"},
		},
	}
	over, err := singular.OverRandom(p.Results, d.Layers)
	if err == nil {
		x.Details["largest squared singular value over random"] = over
	}
	if !d.Null {
		e, err := alignment.ExchangeOf(p.Case, p.Results, l.Name)
		if err != nil || !e.Null { // what fits within channels shows nothing of which is which
			return clear(x, "the weights read what varies in what they are given"), nil
		}
		x.Effect, x.Low, x.High = e.Value, e.Low, e.High
		x.Message = fmt.Sprintf("the weights read the channels of %s as if they were exchanged: they agree by %.1f spreads of chance, those of siblings by %.1f", given(l), e.Z, e.Siblings)
		x.Evidence = fmt.Sprintf("channels agree by %.1f, siblings %.1f", e.Z, e.Siblings)
		x.Details["agreement of channels"], x.Details["siblings' median agreement"] = e.Z, e.Siblings
	}
	switch {
	case err != nil:
		return x, err
	case over <= 1:
		return clear(x, "the weights have not learnt to read anything"), nil
	}
	lost, err := lost(p, l)
	switch {
	case err != nil:
		x.Noted = true
		x.Caveats = append(x.Caveats, "no second sign: "+err.Error())
	case lost.low <= gap:
		x.Noted = true
		x.Caveats = append(x.Caveats, fmt.Sprintf("the network is right on %.1f %% of new samples, a linear reader before the layer on %.1f %%: nothing is lost", 100*lost.network, 100*lost.before))
	default:
		x.Details["probe before"], x.Details["network"] = lost.before, lost.network
		x.Message += fmt.Sprintf("; a linear reader before it is right on %.1f %% of new samples, the network on %.1f %%", 100*lost.before, 100*lost.network)
	}
	return x, nil
}

func clear(x finding.Measurement, message string) finding.Measurement {
	x.Effect = min(x.Effect, 0.9*floor)
	x.Low, x.High, x.Decided, x.Message = x.Effect, x.Effect, true, message
	return x
}

// given names what a layer reads.
func given(l graph.Layer) string {
	if len(l.After) > 3 {
		return "it is given"
	}
	return "what " + strings.Join(l.After, " and ") + " gives"
}

// A loss compares the best linear reader of what a layer reads with the network.
type loss struct{ before, network, low float64 }

func lost(p *detector.Pass, l graph.Layer) (loss, error) {
	split, _ := p.Case.Held()
	out, err := prediction.Statistic.At(p.Results, prediction.View(split), prediction.Site)
	if err != nil {
		return loss{}, err
	}
	network := map[int]bool{}
	ok, rows := out.Correct()
	for i, row := range rows {
		network[row] = ok[i]
	}
	best, missing := loss{low: -1}, error(nil)
	for _, name := range l.After {
		s, err := probe.At(p.Case, p.Results, name)
		if name == "input" {
			s, err = probe.Baseline(p.Case, p.Results)
		}
		if err != nil {
			missing = err
			continue
		}
		var reader, said []bool
		for i, row := range s.Held.Rows {
			if right, known := network[row]; known {
				reader, said = append(reader, s.Held.Right[i]), append(said, right)
			}
		}
		table, err := infer.Pair(reader, said)
		if err != nil {
			return loss{}, err
		}
		ci, err := infer.Tango(table, 0.9)
		if err != nil {
			return loss{}, err
		}
		if n := float64(table.N()); ci.Low > best.low {
			best = loss{float64(table.Both+table.OnlyFirst) / n, float64(table.Both+table.OnlySecond) / n, ci.Low}
		}
	}
	if best.low == -1 && missing != nil {
		return loss{}, missing
	}
	return best, nil
}
