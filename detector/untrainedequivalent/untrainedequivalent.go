package untrainedequivalent

import (
	"fmt"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/alignment"
	"github.com/stratascope/stratascope/statistic/singular"
	"github.com/stratascope/stratascope/statistic/untrained"
)

// Detector is rule FAL-04.
var Detector = &detector.Detector{
	Code: "FAL-04", Name: "untrained-equivalent", Title: "Like an untrained layer", Family: "falsification", Version: 2,
	Doc:     manual,
	Tier:    detector.Features,
	Needs:   []statistic.Any{alignment.Statistic, singular.Statistic, untrained.Statistic},
	Anchors: finding.Anchors{Minor: floor, Moderate: 0.85, Critical: 1},
	Detect:  detect,
}

const floor = 0.6

func detect(p *detector.Pass) error {
	if p.Case.Graph == nil {
		return statistic.Unavailable("no-model", "what a weight reads needs the model")
	}
	track := finding.Track{Name: "read alignment"}
	for _, d := range alignment.Deficits(p.Case, p.Results, p.Layers, p.Skip) {
		for _, name := range d.Layers {
			low, high := d.Cosine.Value-2*d.Cosine.SE, d.Cosine.Value+2*d.Cosine.SE
			track.Values = append(track.Values, finding.TrackValue{Layer: name, Value: d.Cosine.Value, Low: &low, High: &high})
		}
		p.Measure(measure(p, d))
	}
	p.Track(track)
	return nil
}

// measure judges one reader: the deficit counts where its cosine is one of weights turned at random, and
// is more than noted where the spectrum of its weights says the same.
func measure(p *detector.Pass, d *alignment.Deficit) finding.Measurement {
	x := finding.Measurement{
		Own:  &finding.Estimate{Value: d.Value, Low: d.Low, High: d.High}, // whether it counts or not
		Name: "alignment deficit", Effect: d.Value, Low: d.Low, High: d.High, N: d.N, Null: finding.R4,
		Message:  fmt.Sprintf("the weights read what they are given as weights drawn at random would: alignment %.3f, that of its siblings %.3f", d.Cosine.Value, d.Siblings),
		Evidence: fmt.Sprintf("alignment %.3f, siblings %.3f", d.Cosine.Value, d.Siblings),
		Details:  map[string]float64{"alignment": d.Cosine.Value, "spread at random": d.Spread, "siblings' median": d.Siblings, "siblings": float64(d.Kin), "gain": d.Gain.Value},
		Remedies: []finding.Remedy{
			{Treatment: "re-initialise", Risk: finding.Training, Why: "the layer learns to read what the layers before it write"},
			{Treatment: "train-on", Risk: finding.Training, Why: "give the layer a gradient: check what is frozen and what the optimiser holds"},
		},
	}
	for _, name := range d.Layers {
		x.Place.Sites = append(x.Place.Sites, finding.Site{Layer: name, Of: finding.Weight})
	}
	if !d.Null { // aligned, if less than its siblings
		x.Effect = min(x.Effect, 0.9*floor)
		x.Low, x.High, x.Decided = x.Effect, x.Effect, true
		x.Message = "the weights read what varies in what they are given"
		return x
	}
	inside, err := singular.OverRandom(p.Results, d.Layers)
	if err == nil {
		x.Details["largest squared singular value over random"] = inside
	}
	if err == nil && inside > 1 {
		x.Noted = true
		x.Caveats = append(x.Caveats, fmt.Sprintf("the weights themselves are not random: their largest squared singular value is %.1f times what random ones reach", inside))
		return x
	}
	if err == nil {
		x.Message += ", and no singular value stands out of those of a random matrix"
	}
	compare(p, d, &x, err)
	return x
}

// compare adds the sign that twins give. It decides where the spectrum is not known for the reason given.
func compare(p *detector.Pass, d *alignment.Deficit, x *finding.Measurement, unknown error) {
	t, alike, err := twins(p, d.Layers)
	switch {
	case err != nil && unknown != nil:
		x.Noted = true
		x.Caveats = append(x.Caveats, "no second sign: "+unknown.Error()+"; "+err.Error())
		return
	case err != nil:
		return
	}
	x.Null = finding.R3
	x.Details["twins"], x.Details["gain over twins"] = float64(len(t.Twins)), t.Gain.Value
	x.Details["gain over twins, low"], x.Details["gain over twins, high"] = t.Low, t.High
	if alike {
		x.Message += fmt.Sprintf(", and a probe reads no more of it than of %d twins drawn at random", len(t.Twins))
		return
	}
	x.Noted = unknown != nil
	x.Caveats = append(x.Caveats, fmt.Sprintf("not shown is that a probe reads no more of it than of %d twins drawn at random: %+.1f points, %+.1f to %+.1f", len(t.Twins), 100*t.Gain.Value, 100*t.Low, 100*t.High))
}

// twins returns the comparison of that layer of a reader which is the least like its twins, and whether all
// are alike.
func twins(p *detector.Pass, layers []string) (least *untrained.Result, alike bool, err error) {
	top := -1.0
	for _, name := range layers {
		t, err := untrained.At(p.Case, p.Results, name)
		if err != nil {
			return nil, false, err
		}
		same, err := t.Same()
		if err != nil {
			return nil, false, err
		}
		if same > top {
			least, top = t, same
		}
	}
	return least, top <= 0.05, nil
}
