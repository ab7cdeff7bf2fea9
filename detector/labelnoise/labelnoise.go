package labelnoise

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/metric"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/prediction"
)

// Detector is rule FIT-06.
var Detector = &detector.Detector{
	Code: "FIT-06", Name: "label-noise", Title: "Label noise", Family: "fit", Version: 1,
	Doc:     manual,
	Tier:    detector.Labels,
	Needs:   []statistic.Any{prediction.Statistic},
	Anchors: finding.Anchors{Minor: floor, Moderate: 0.1, Critical: 0.3},
	Exact:   true,
	Detect:  detect,
}

const (
	floor    = 0.02
	perClass = 30   // samples a class needs for a statement about it (METHODS 2)
	accurate = 0.8  // below, a weak network is not told from wrong labels
	changed  = 0.02 // share of labels changed as a control
	named    = 20   // samples named in the finding
)

// trainingLabels is noted where there are labels that the rule cannot judge: a network agrees with wrong
// labels it has learnt by heart, and so do probes of its layers unless they are fitted out of fold.
const trainingLabels = "FIT-06 looks for wrong labels among the samples held out; those of the training samples were not examined"

func detect(p *detector.Pass) error {
	split, ok := p.Case.Held()
	if !ok {
		return statistic.Unavailable("no-samples", "there are no samples")
	}
	if !p.Case.Seen {
		return statistic.Unavailable("unknown-split", "the data came without a split, so the network may have learnt these labels by heart")
	}
	if p.Case.Has(dataset.Train) && split != dataset.Train {
		p.Note(trainingLabels)
	}
	view := prediction.View(split)
	out, err := prediction.Statistic.At(p.Results, view, prediction.Site)
	if err != nil {
		return err
	}
	labels, probability, rows := labelled(out)
	if err := enough(labels, out.Classes); err != nil {
		return err
	}
	noise, err := metric.ConfidentLearning(labels, probability, out.Classes)
	if err != nil {
		return err
	}
	joint, err := noise.Interval(infer.Bootstrap{Level: 0.9, Seed: infer.Seed(p.Case.Seed, "label-noise")})
	if err != nil {
		return err
	}
	wrong, sure := contradicted(out, rows)
	ci, err := infer.ClopperPearson(wrong, sure, 0.9)
	if err != nil {
		return err
	}
	test, err := infer.BinomialTail(wrong, sure, floor)
	if err != nil {
		return err
	}
	recall, err := sensitivity(infer.Rand(p.Case.Seed, "label-noise", "control"), labels, probability, out.Classes)
	if err != nil {
		return err
	}
	right, n := out.Accuracy()
	suspects := noise.Suspects()
	rate := float64(wrong) / float64(sure)
	x := finding.Measurement{
		Place: finding.Place{Sites: []finding.Site{prediction.Site}, Samples: ids(p.Case.Source.Samples(view), suspects, rows)},
		Name:  "labels contradicted where the network is surest", Effect: rate, Low: ci.Low, High: ci.High, P: test, N: sure, Null: finding.R5,
		Message:  fmt.Sprintf("about %.1f %% of the %s labels are probably wrong: the network contradicts %d of the %d it is surest of", 100*rate, split, wrong, sure),
		Evidence: fmt.Sprintf("noise rate %.1f %%", 100*rate),
		Details: map[string]float64{"confident joint": noise.Rate, "confident joint, low": joint.Low, "confident joint, high": joint.High,
			"found of a known 2 %": recall, "suspects": float64(len(suspects))},
		Caveats:  []string{fmt.Sprintf("confident learning puts the rate at %.1f %%, classes that are easily mixed up included; of a known 2 %% of labels that were changed it found %.0f %%", 100*noise.Rate, 100*recall)},
		Remedies: []finding.Remedy{{Treatment: "relabel", Risk: finding.Light, Why: "look at the samples named; nothing is changed automatically"}},
	}
	if share := float64(right) / float64(n); share < accurate || recall < 0.5 {
		x.Noted = true
		x.Caveats = append(x.Caveats, fmt.Sprintf("the network is right on %.0f %% of these samples: too weak to tell wrong labels from its own mistakes", 100*share))
	}
	p.Measure(x)
	return nil
}

// contradicted counts, among the half of the samples the network is surest of, those whose label it
// contradicts. Classes that are easily mixed up make it unsure, wrong labels do not.
func contradicted(out *prediction.Result, rows []int) (wrong, sure int) {
	order := slices.Clone(rows)
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(out.Confidence[b], out.Confidence[a]) })
	sure = (len(order) + 1) / 2
	for _, row := range order[:sure] {
		if out.Predicted[row] != out.Label[row] {
			wrong++
		}
	}
	return wrong, sure
}

// labelled returns the samples with a label and finite outputs.
func labelled(out *prediction.Result) (labels []int32, probability []float64, rows []int) {
	for i, l := range out.Label {
		if l >= 0 && int(l) < out.Classes && out.Finite[i] {
			labels = append(labels, l)
			probability = append(probability, out.Probability[i*out.Classes:(i+1)*out.Classes]...)
			rows = append(rows, i)
		}
	}
	return labels, probability, rows
}

func enough(labels []int32, classes int) error {
	counts := make([]int, classes)
	for _, l := range labels {
		counts[l]++
	}
	for c, n := range counts {
		if n < perClass {
			return statistic.Unavailable("too-few-samples", "class %d has %d samples, a statement about it needs %d", c, n, perClass)
		}
	}
	return nil
}

// sensitivity changes the labels of a known share of samples and returns the share of them that is
// found.
func sensitivity(r *rand.Rand, labels []int32, probability []float64, classes int) (float64, error) {
	flipped := append([]int32(nil), labels...)
	known := map[int]bool{}
	for len(known) < max(1, int(changed*float64(len(labels)))) {
		i := r.IntN(len(labels))
		if known[i] {
			continue
		}
		known[i] = true
		flipped[i] = int32((int(labels[i]) + 1 + r.IntN(classes-1)) % classes)
	}
	noise, err := metric.ConfidentLearning(flipped, probability, classes)
	if err != nil {
		return 0, err
	}
	found := 0
	for _, s := range noise.Suspects() {
		if known[s.Sample] {
			found++
		}
	}
	return float64(found) / float64(len(known)), nil
}

func ids(s capture.Samples, suspects []metric.Suspect, rows []int) []string {
	var out []string
	for _, x := range suspects {
		if len(out) == named {
			break
		}
		out = append(out, s.IDs[rows[x.Sample]])
	}
	return out
}
