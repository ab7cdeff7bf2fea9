package unchanged

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/tensor"
)

// Detector is rule FAL-02.
var Detector = &detector.Detector{
	Code: "FAL-02", Name: "unchanged", Title: "Unchanged by training", Family: "falsification", Version: 1,
	Doc:     manual,
	Tier:    detector.Checkpoints,
	Anchors: finding.Anchors{Minor: 0.9, Moderate: 0.97, Critical: 1, Cap: 59},
	Exact:   true,
	Spans:   true,
	Detect:  detect,
}

// still is the relative change below which a weight counts as unchanged whatever its siblings do.
const still = 1e-6

// A change is how far one layer's weight moved.
type change struct {
	layer    graph.Layer
	relative float64 // norm of the difference over the norm before
	across   float64 // likewise, of the part that is not parallel to the weight before
	equal    bool
	n        int
}

func detect(p *detector.Pass) error {
	if p.Case.Initial == nil || p.Case.Graph == nil {
		p.NotAssessed("no-initial", "--initial", "the network before training was not given")
		return nil
	}
	var all []change
	for _, l := range p.Layers {
		c, err := moved(p.Case.Initial, p.Case.Graph, l)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		all = append(all, c)
	}
	for _, c := range all {
		x, err := measure(c, all)
		if err != nil {
			return err
		}
		p.Measure(x)
	}
	return nil
}

func moved(before, after *graph.Graph, l graph.Layer) (change, error) {
	if l.Weight == "" {
		return change{}, statistic.Unavailable("no-weight", "layer %s has no weight", l.Name)
	}
	now, ok := after.Weights[l.Weight]
	was, ok2 := before.Weights[counterpart(before, l)]
	if !ok || !ok2 || now.DType() != tensor.Float32 || was.DType() != tensor.Float32 || now.Len() != was.Len() {
		return change{}, statistic.Unavailable("no-counterpart", "the network before training has no weight of layer %s in its shape", l.Name)
	}
	c := change{layer: l, equal: true, n: now.Len()}
	var diff, norm, dot float64
	for i, w := range now.Float32s() {
		v := was.Float32s()[i]
		c.equal = c.equal && math.Float32bits(w) == math.Float32bits(v)
		d := float64(w) - float64(v)
		diff += d * d
		norm += float64(v) * float64(v)
		dot += d * float64(v)
	}
	if norm == 0 || norm-norm != 0 || diff-diff != 0 {
		return change{}, statistic.Unavailable("zero-weight", "the weight of layer %s before training is zero or not finite", l.Name)
	}
	c.relative = math.Sqrt(diff / norm)
	c.across = math.Sqrt(math.Max(0, diff-dot*dot/norm) / norm)
	return c, nil
}

// counterpart returns the name of the weight in the network before training: of the layer of the same
// name, since exporters may call values differently in two files.
func counterpart(before *graph.Graph, l graph.Layer) string {
	if b, ok := before.Layer(l.Name); ok && b.Weight != "" {
		return b.Weight
	}
	return l.Weight
}

// measure compares a layer's change with the median of its kind, or of all where it is the only one.
func measure(c change, all []change) (finding.Measurement, error) {
	var kin, any []float64
	for _, o := range all {
		if o.layer.Name == c.layer.Name {
			continue
		}
		any = append(any, o.relative)
		if o.layer.Op == c.layer.Op {
			kin = append(kin, o.relative)
		}
	}
	if len(kin) < 2 {
		kin = any
	}
	effect, median := 0.0, 0.0
	if len(kin) > 0 {
		var err error
		if median, err = infer.Quantile(kin, 0.5); err != nil {
			return finding.Measurement{}, err
		}
		if median > 0 {
			effect = math.Max(0, 1-c.relative/median)
		}
	}
	message := fmt.Sprintf("the weights moved by %.2g of their size, its siblings' by %.2g", c.relative, median)
	if c.relative < still {
		effect = 1
		message = "the weights are those before training"
	}
	// Below 0.05 of the siblings' change is the floor of the rule (METHODS 14); the anchors begin there.
	if effect < 0.95 {
		effect = math.Min(effect, 0.89)
	}
	caveats := []string(nil)
	if c.equal {
		caveats = []string{"equal bit by bit"}
	}
	return finding.Measurement{
		Place: finding.Place{Sites: []finding.Site{{Layer: c.layer.Name, Of: finding.Weight}}},
		Name:  "1 - change over siblings' change", Effect: effect, Low: effect, High: effect, N: c.n, Null: finding.R4, Decided: true, Splits: []string{},
		Message: message, Evidence: fmt.Sprintf("moved by %.2g", c.relative), Caveats: caveats,
		Details:  map[string]float64{"relative change": c.relative, "not parallel": c.across, "siblings' median": median},
		Remedies: []finding.Remedy{{Treatment: "train-on", Risk: finding.Training, Why: "give the layer a gradient: check what is frozen and what the optimiser holds"}},
	}, nil
}
