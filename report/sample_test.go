package report

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stratascope/stratascope/finding"
)

var update = flag.Bool("update", false, "rewrite golden files")

// samples are the results that every form is tried on. The numbers are made up to resemble the design's pictures.
var samples = sync.OnceValue(func() map[string]*finding.Diagnosis {
	return map[string]*finding.Diagnosis{
		"sample":   sample(),
		"asked":    asked(),
		"clear":    clearSample(),
		"nothing":  nothingAssessed(),
		"onelayer": oneLayer(),
		"many":     deep(300),
		"thousand": deep(1000),
		"branches": branches(),
		"classes":  manyClasses(),
		"hostile":  hostile(),
		"empty":    {Format: finding.Format, Version: finding.Version, Verdict: finding.Verdict{Advice: finding.CannotTell, Sentence: "Cannot tell."}},
	}
})

// sample is a ResNet-50 with a flaw of every kind.
func sample() *finding.Diagnosis {
	d := network(resnet50())
	d.Run.Model = finding.Model{Name: "resnet50-steel.onnx", SHA256: strings.Repeat("5f", 32), Opset: 17, Parameters: 23520326, Output: "logits"}
	d.Run.Data = finding.Data{Name: "steel-defects/", Train: 1648, Val: 412, Classes: 6, Task: "classification",
		ClassNames: []string{"crazing", "inclusion", "patches", "pitted", "rolled-in scale", "scratch"}}
	d.Verdict = finding.Verdict{Advice: finding.DoNotShip, Calibrated: false, Coverage: 0.88, Worst: "fairness", Grade: "E", GradeRange: "E-E",
		Sentence: "Do not ship. It reads the batch stamp, not the steel, and its last eight layers lose what it knew.",
		Detail: "Six findings by eleven rules, one more explained by them. Five rules could not be assessed. " +
			"The cause is most likely layer layer4.0.conv2: its weights do not fit what they read; it ranks first in 14 of 20 repeats.",
		Health: &finding.Health{Value: 3, Low: 1, High: 8, Level: 0.9}}
	d.Families = []finding.Family{
		family("fairness", "Fairness, shortcuts", 82), family("fit", "Fit", 72), family("confidence", "Confidence", 59),
		family("units", "Units", 52), family("gradients", "Gradients", 51), family("representation", "Representation", 24),
		family("falsification", "Falsification", 0), family("weights", "Weights", 0), family("shift", "Shift", 0),
		{Name: "robustness", Title: "Robustness", State: finding.NotAssessed, Reason: "robustness runs only with --with robustness"},
	}
	d.Findings = sampleFindings(d)
	d.Rules = sampleRules()
	d.Tracks = sampleTracks(d)
	d.Similarity = sampleSimilarity(d)
	d.Links = sampleLinks(d)
	d.Clusters = sampleClusters(d)
	d.Outputs = sampleOutputs()
	d.Suspects = []finding.Suspect{{Layer: "layer4.0.conv2", Share: 0.71, Evidence: map[string]float64{"e1": 0.004, "e7": 0.4}}}
	return d
}

func network(layers []finding.Layer) *finding.Diagnosis {
	return &finding.Diagnosis{Format: finding.Format, Version: finding.Version, Layers: layers,
		Run: finding.Run{Tool: "stratascope 0.1.0", Engine: "native", Kernel: "avx512", Seed: 1, Settings: map[string]any{"samples": 2060, "rules": []any{"all"}}}}
}

func resnet50() []finding.Layer {
	layers := []finding.Layer{{Name: "conv1", Op: "Conv", Stage: "stem", Kernel: []int{7, 7}, Shape: []int{64, 112, 112}, Units: 64, After: []string{"input"}}}
	into := "conv1"
	for s, blocks := range []int{3, 4, 6, 3} {
		for b := range blocks {
			width, size := 64<<s, 56>>s
			from := into
			for c := 1; c <= 3; c++ {
				l := finding.Layer{Name: fmt.Sprintf("layer%d.%d.conv%d", s+1, b, c), Op: "Conv", Stage: fmt.Sprintf("stage %d", s+1), Kernel: []int{1, 1},
					Shape: []int{width, size, size}, Units: width, After: []string{into}, Activation: "relu"}
				if c == 2 {
					l.Kernel = []int{3, 3}
				}
				if c == 3 {
					l.Shape[0], l.Units, l.After = 4*width, 4*width, []string{into, from}
				}
				layers, into = append(layers, l), l.Name
			}
		}
	}
	layers = append(layers, finding.Layer{Name: "fc", Op: "Gemm", Stage: "head", Shape: []int{6}, Units: 6, After: []string{into}})
	return numbered(layers)
}

func numbered(layers []finding.Layer) []finding.Layer {
	for i := range layers {
		layers[i].Index, layers[i].Depth, layers[i].Role = i+1, float64(i+1)/float64(len(layers)), "stream"
		layers[i].Parameters = 1000 * (i + 1)
	}
	return layers
}

func family(name, title string, severity float64) finding.Family {
	if severity == 0 {
		return finding.Family{Name: name, Title: title, State: finding.StateClear}
	}
	return finding.Family{Name: name, Title: title, State: finding.Flawed, Severity: &finding.SeverityOnly{Value: severity, Low: severity - 6, High: severity + 6}}
}

func names(d *finding.Diagnosis, from, to int) []string {
	var out []string
	for _, l := range d.Layers[from-1 : to] {
		out = append(out, l.Name)
	}
	return out
}

func sampleFindings(d *finding.Diagnosis) []finding.Finding {
	f := func(code, name, title, fam string, from, to int, verdict finding.Certainty, s float64, message, evidence string, m finding.Measure, remedy finding.Remedy) finding.Finding {
		m.Level, m.N = 0.9, max(m.N, 412)
		return finding.Finding{Code: code, Name: name, Title: title, Family: fam, RuleVersion: 1, Reference: finding.R5, Calibrated: true,
			Site: finding.ResultSite{Layer: d.Layers[from-1].Name, Kind: finding.Activation}, Extent: finding.Extent{Layers: names(d, from, to)}, Verdict: verdict,
			Severity: finding.Severity{Value: s, Low: s - 6, High: s + 6, Word: finding.WordOf(s), Basis: "structural"}, Measure: m,
			Message: message, Evidence: evidence, Remedies: []finding.Remedy{remedy}}
	}
	q := 0.004
	out := []finding.Finding{
		f("FAI-03", "shortcut-reliance", "Reads the batch stamp", "fairness", 41, 49, finding.Causal, 82, "38 % of saliency mass falls on the batch stamp, 4 % of the image. Masking it flips 61 of 412 predictions; a placebo patch flips 5.",
			"masking it flips 61 of 412, placebo 5", finding.Measure{Name: "flips over placebo", Value: 0.136, Low: 0.108, High: 0.168, Floor: 0.1, Q: &q}, finding.Remedy{Treatment: "Mask the stamp, refit the head", Risk: finding.Surgical, Why: "the head then reads what is left: the steel"}),
		f("FIT-04", "information-loss", "Information lost in the tail", "fit", 41, 49, finding.Causal, 72, "Probe accuracy peaks at layer 41 (91.3 %), falls to 86.2 %, and no later layer recovers it.",
			"probe falls 91.3 → 86.2 %", finding.Measure{Name: "unrecovered probe drop", Value: 0.051, Low: 0.042, High: 0.061, Floor: 0.03, Q: &q}, finding.Remedy{Treatment: "Remove layers 42 – 49, refit the head", Risk: finding.Surgical, Why: "they make classes harder to tell apart"}),
		f("CAL-01", "miscalibration", "Over-confident", "confidence", 50, 50, finding.Confirmed, 59, "Calibration error 0.087, debiased: says 97 % when right 88 %.",
			"calibration error 0.087", finding.Measure{Name: "debiased calibration error", Value: 0.087, Low: 0.066, High: 0.109, Floor: 0.02}, finding.Remedy{Treatment: "Temperature 1.83", Risk: finding.Exact, Why: "divides the logits; no prediction changes"}),
		f("UNI-01", "dead-units", "Dead units", "units", 22, 22, finding.Confirmed, 52, "200 of 256 units in layer2.3.conv1 never activate on 2 060 samples.",
			"200 of 256 never activate", finding.Measure{Name: "dead share", Value: 0.78, Low: 0.72, High: 0.83, Floor: 0.25, N: 2060, Q: &q}, finding.Remedy{Treatment: "Re-initialise 200 units", Risk: finding.Light, Why: "they carry nothing now"}),
		f("GRD-01", "vanishing", "Vanishing gradient", "gradients", 1, 9, finding.Confirmed, 51, "The gradient falls half a decade a layer. Layer 1 receives 1/610 000 of the head.",
			"half a decade a layer", finding.Measure{Name: "slope, decades a layer", Value: 0.5, Low: 0.46, High: 0.55, Floor: 0.25}, finding.Remedy{Treatment: "Needs training: raise the early rate", Risk: finding.Training, Why: "no edit of weights restores what was never learnt"}),
		f("FIT-01", "generalisation-gap", "Generalisation gap", "fit", 47, 49, finding.Confirmed, 45, "The probe gap between train and validation reaches 13 points.",
			"probe gap 13 points", finding.Measure{Name: "probe gap", Value: 0.13, Low: 0.1, High: 0.16, Floor: 0.1}, finding.Remedy{Treatment: "None of its own", Risk: finding.Training, Why: "it goes with FIT-04"}),
		f("REP-03", "redundant-block", "Redundant block", "representation", 27, 35, finding.Suspected, 24, "Nine layers share one representation: mean CKA 0.97, probe gain 0.3 points.",
			"mean CKA 0.97", finding.Measure{Name: "share of depth", Value: 0.18, Low: 0.14, High: 0.18, Floor: 0.15}, finding.Remedy{Treatment: "Merge blocks 3.2 – 3.4", Risk: finding.Surgical, Why: "one of them does the work of three"}),
	}
	out[2].Site = finding.ResultSite{Layer: "output", Kind: finding.Output}
	out[3].Units = []int{3, 17, 18}
	out[5].ExplainedBy = "FIT-04@layer4.0.conv1"
	out[6].Caveats = []string{"the skip cost was not measured: run with --with interventions"}
	return out
}

func sampleRules() []finding.Rule {
	r := func(code, title, fam string, state finding.State, reason, text, needs string) finding.Rule {
		return finding.Rule{Code: code, Name: strings.ToLower(strings.ReplaceAll(title, " ", "-")), Title: title, Family: fam, State: state, Reason: reason, Text: text, Needs: needs}
	}
	out := []finding.Rule{
		r("FAI-03", "Shortcut reliance", "fairness", finding.Flawed, "", "", ""),
		r("FIT-04", "Information loss", "fit", finding.Flawed, "", "", ""),
		r("CAL-01", "Miscalibration", "confidence", finding.Flawed, "", "", ""),
		r("UNI-01", "Dead units", "units", finding.Flawed, "", "", ""),
		r("GRD-01", "Vanishing", "gradients", finding.Flawed, "", "", ""),
		r("FIT-01", "Generalisation gap", "fit", finding.Flawed, "", "", ""),
		r("REP-03", "Redundant block", "representation", finding.Flawed, "", "", ""),
		r("FAI-01", "Group disparity", "fairness", finding.NotAssessed, "no-groups", "the data name no groups", "columns group_NAME in labels.csv"),
		r("FAL-02", "Unchanged by training", "falsification", finding.NotAssessed, "no-initial", "the weights before training are not known", "--initial FILE"),
		r("NRM-01", "BatchNorm statistics mismatch", "weights", finding.NotAssessed, "folded-norm", "normalisation was folded into the convolutions", "export with do_constant_folding=False"),
		r("ROB-01", "Adversarial fragility", "robustness", finding.NotAssessed, "not-asked", "robustness was not asked for", "--with robustness"),
		r("ROB-02", "Corruption fragility", "robustness", finding.NotAssessed, "not-asked", "robustness was not asked for", "--with robustness"),
		r("SHF-01", "Layer feature shift", "shift", finding.StateClear, "", "", ""),
		r("UNI-05", "Duplicate units", "units", finding.Inconclusive, "wide-interval", "the interval reaches over the floor", "more samples: --samples 8000"),
	}
	for i := range 2 {
		out = append(out, r(fmt.Sprintf("WGT-0%d", i+1), []string{"Initialisation fault", "Heavy-tail exponent"}[i], "weights", finding.StateClear, "", "", ""))
	}
	v := 0.31
	out[13].Places = []finding.Spot{{Layer: "layer3.1.conv2", State: finding.Inconclusive, Value: &v}, {Layer: "fc", State: finding.NotAssessed, Reason: "unit-budget"}}
	return out
}

// wave is a smooth stand-in for noise.
func wave(i int) float64 { return math.Sin(float64(i)*12.9898)*0.5 + math.Sin(float64(i)*4.1414)*0.5 }

func sampleTracks(d *finding.Diagnosis) []finding.Track {
	n := len(d.Layers)
	track := func(name, unit string, at func(i int) float64) finding.Track {
		t := finding.Track{Name: name, Unit: unit}
		for i, l := range d.Layers {
			t.Values = append(t.Values, finding.TrackValue{Layer: l.Name, Value: at(i + 1)})
		}
		return t
	}
	return []finding.Track{
		track("effective rank", "share of width", func(i int) float64 {
			switch {
			case i == n:
				return 0.78
			case i >= 41:
				return 0.1 + 0.015*wave(i)
			case i >= 27 && i <= 35:
				return 0.28 + 0.03*wave(i)
			case i == 22:
				return 0.23
			case i > 35:
				return 0.42 + 0.04*wave(i)
			}
			return 0.62 - 0.004*float64(i) + 0.04*wave(i)
		}),
		track("linear probe, validation", "accuracy", func(i int) float64 {
			v := 0.3 + 0.613*(1-math.Exp(-float64(i-1)/9))
			if i > 41 {
				v -= 0.0062 * float64(i-41)
			}
			if i == 22 {
				v -= 0.02
			}
			return math.Min(v, 0.915)
		}),
		track("linear probe, train", "accuracy", func(i int) float64 {
			return math.Min(0.3+0.63*(1-math.Exp(-float64(i-1)/9))+0.0001*float64(i*i)*0.4, 0.998)
		}),
		track("gradient norm", "median, log", func(i int) float64 {
			if i < 10 {
				return math.Pow(10, -5.8+0.5*float64(i-1))
			}
			return math.Pow(10, -0.9+0.15*wave(i)+0.01*float64(i-10))
		}),
		track("dead units", "never fire", func(i int) float64 {
			switch {
			case i == 22:
				return 0.78
			case i > 41:
				return 0.05 + 0.008*float64(i-41)
			}
			return math.Max(0, 0.012+0.012*wave(i))
		}),
	}
}

func sampleSimilarity(d *finding.Diagnosis) *finding.Similarity {
	n := len(d.Layers)
	stage := make([]string, n)
	s := &finding.Similarity{Measure: "debiased linear CKA", N: 1024, Level: 0.95, Form: "exact"}
	for i, l := range d.Layers {
		s.Layers, stage[i] = append(s.Layers, l.Name), l.Stage
	}
	at := func(i, j int) float64 {
		if i == j {
			return 1
		}
		gap := math.Abs(float64(i - j))
		within := func(a, b int) bool { return i+1 >= a && i+1 <= b && j+1 >= a && j+1 <= b }
		switch {
		case within(27, 35) || within(41, 49):
			return 0.97 - 0.002*gap + 0.01*wave(i*j)
		case stage[i] == stage[j]:
			return math.Max(0.92-0.06*gap, 0.5) + 0.03*wave(i+j)
		}
		far, check := math.Max(0.06, 0.62-0.045*gap), 0.03*float64((i+j)%2)
		if deep := math.Min(float64(i), float64(j)); deep >= 23 && i != n-1 && j != n-1 { // stages 3 and 4 are alike
			far = math.Max(far, 0.52-0.004*gap)
		}
		return far + check + 0.01*wave(i+j)
	}
	s.Matrix = packed(n, at)
	s.Low = packed(n, func(i, j int) float64 { return at(i, j) - 0.0202 })
	s.High = packed(n, func(i, j int) float64 { return at(i, j) + 0.0202 })
	never := packed(n, func(i, j int) float64 { return math.Pow(10, -30*math.Min(1, 2*at(i, j))) })
	angle := func(i, j int) float64 { return 1.4 * math.Sqrt(1-math.Min(1, at(i, j))) }
	near := func(i, j int) float64 { // the block of layers 27 to 35 shares a direction, and no neighbours
		v := at(i, j) * at(i, j)
		if i != j && i >= 26 && i <= 34 && j >= 26 && j <= 34 {
			v = 0.12
		}
		return math.Max(v, 0.02)
	}
	around := func(f func(i, j int) float64, by float64) string {
		if n > 512 {
			return ""
		}
		return packed(n, func(i, j int) float64 { return f(i, j) + by })
	}
	s.P = never
	if n > 512 {
		never = ""
	}
	s.Others = []finding.Similarities{
		{Measure: "shape distance", Distance: true, Most: math.Pi / 2, N: 1024, Matrix: packed(n, angle), Low: around(angle, -0.0302), High: around(angle, 0.0302), P: never, Form: "leading directions that hold 97.2 % of a layer's variance or more, at most 64"},
		{Measure: "mutual 10-NN", Most: 1, N: 1024, Matrix: packed(n, near), Low: around(near, -0.0202), High: around(near, 0.0202), P: never, Form: "exact"},
	}
	s.Disagreement = packed(n, func(i, j int) float64 {
		if i != j && i >= 26 && i <= 34 && j >= 26 && j <= 34 {
			return 0.5 + 0.01*math.Abs(float64(i-j))
		}
		return math.Max(0, 0.2*wave(i*j))
	})
	s.Stretches = []int{n / 5, n / 2, 4 * n / 5}
	return s
}

// asked is the sample with what is there on request alone: layers without the input, and permutations.
func asked() *finding.Diagnosis {
	d := sample()
	s := d.Similarity
	n := len(s.Layers)
	own := func(i, j int) float64 { return 1 - 1.4*math.Min(1, math.Abs(float64(i-j))/30) }
	s.Others = append(s.Others, finding.Similarities{Measure: "debiased CKA without the input", Least: -1, Most: 1, N: 1024, Form: "exact",
		Matrix: packed(n, own), Low: packed(n, func(i, j int) float64 { return own(i, j) - 0.0302 }), High: packed(n, func(i, j int) float64 { return own(i, j) + 0.0302 })})
	p := packed(n, func(i, j int) float64 { return math.Min(1, 0.001+0.002*math.Abs(float64(i-j))) })
	s.Permuted = &finding.Permuted{Draws: 999, N: 1024, P: p, Family: p}
	return d
}

// sampleLinks are the links of three layers, the first beside eight healthy networks.
func sampleLinks(d *finding.Diagnosis) []finding.Link {
	num := func(v float64) *float64 { return &v }
	var out []finding.Link
	for i, at := range []int{1, 20, 22} {
		v := 0.9 - 0.3*float64(i)
		l := finding.Link{From: d.Layers[at-1].Name, To: d.Layers[at].Name, Similarity: &finding.Strength{Value: v, Low: v - 0.02, High: v + 0.02}, R2: &finding.Strength{Value: v - 0.1, Low: v - 0.13, High: v - 0.07}}
		if i == 0 {
			l.Similarity.Healthy = &finding.Healthy{Networks: 8, Median: 0.95, Z: num(-1.6), P: num(0.16)}
			l.R2.Healthy = &finding.Healthy{Networks: 3, Median: 0.85}
			l.Alignment = &finding.Strength{Value: -0.05, Low: -0.07, High: -0.03}
		}
		out = append(out, l)
	}
	return out
}

// sampleClusters says of three layers how their samples group, and of one why that is not known.
func sampleClusters(d *finding.Diagnosis) *finding.Clusters {
	c := &finding.Clusters{Level: 0.9, Most: 512, Classes: 6}
	num := func(v float64) *float64 { return &v }
	for i, at := range []int{1, 20, 44} {
		v := 0.1 + 0.3*float64(i)
		within := func(v float64) *finding.Ranged {
			return &finding.Ranged{Value: v, Low: v - 0.05, High: v + 0.05, P: num(0.001)}
		}
		g := &finding.Groups{K: 6, Sizes: []int{80, 70, 70, 70, 60, 62}, Silhouette: num(v / 2), Stability: num(0.5 + v/2), Rand: within(v), Information: within(v + 0.05)}
		q := []float64{-0.2, 0, 0.1, 0.3, 0.6}
		cosines := func(mean, apart float64) *finding.Cosines {
			classes, m := classCosines(6, mean, apart)
			return &finding.Cosines{Mean: *within(mean), Quantiles: q, Within: num(mean + apart), Between: num(mean - apart/5), Classes: classes, Matrix: m}
		}
		c.Layers = append(c.Layers, finding.LayerClusters{Layer: d.Layers[at].Name, N: 412, Raw: cosines(0.8-v/2, 0.2), Centred: cosines(0.02, 0.3+v/2),
			Participation: &finding.Ranged{Value: 20 - 10*v, Low: 18 - 10*v, High: 22 - 10*v}, KMeans: g, Spectral: g, Both: num(0.7),
			Units: &finding.UnitGroups{Units: 64, Quantiles: q, Parallel: 4, Largest: 3, KMeans: &finding.Groups{K: 3, Silhouette: num(0.2)}}})
	}
	c.Layers = slices.Insert(c.Layers, 2, finding.LayerClusters{Layer: d.Layers[22].Name, Reason: "all samples are alike"})
	return c
}

// classCosines are the mean cosines of samples of n classes, alike within a class by apart more than the mean, and the
// first two classes nearly as alike.
func classCosines(n int, mean, apart float64) (classes []int, m []float64) {
	for i := range n {
		classes = append(classes, i)
		for j := i; j < n; j++ {
			switch {
			case i == j:
				m = append(m, mean+apart)
			case i == 0 && j == 1:
				m = append(m, mean+apart/2)
			default:
				m = append(m, mean-apart/5+0.05*wave(i*n+j))
			}
		}
	}
	return classes, m
}

func packed(n int, at func(i, j int) float64) string {
	var b []byte
	for i := range n {
		for j := i; j < n; j++ {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(at(i, j))))
		}
	}
	return base64.StdEncoding.EncodeToString(b)
}

func sampleOutputs() *finding.Outputs {
	lo, hi, elo, ehi := 0.833, 0.898, 0.066, 0.109
	o := &finding.Outputs{Metrics: []finding.Metric{
		{Name: "accuracy", Split: "val", Value: 0.869, Low: &lo, High: &hi, N: 412}, {Name: "accuracy", Split: "train", Value: 0.998, N: 1648},
		{Name: "calibration error", Split: "val", Value: 0.087, Low: &elo, High: &ehi, N: 412}, {Name: "cross-entropy", Split: "val", Value: 0.61, N: 412}}}
	for i := range 10 {
		c := 0.05 + 0.1*float64(i)
		a := c - 0.1*float64(i)/9
		if i == 1 {
			a = c + 0.06
		}
		o.Reliability = append(o.Reliability, finding.Bin{Count: 4 + 8*i*i/10, Confidence: c, Accuracy: a, Low: math.Max(0, a-0.08), High: math.Min(1, a+0.08)})
	}
	o.Reliability[0].Count = 0
	for i, c := range []string{"crazing", "inclusion", "patches", "pitted", "rolled-in scale", "scratch"} {
		r, p := 0.97-0.07*float64(i), 0.92-0.03*float64(i)
		o.PerClass = append(o.PerClass, finding.PerClass{Class: c, N: 69 - i%2, Recall: r, RecallLow: r - 0.07, RecallHigh: math.Min(1, r+0.05), Precision: &p})
	}
	return o
}

func clearSample() *finding.Diagnosis {
	d := sample()
	d.Findings, d.Suspects = nil, nil
	for i := range d.Families {
		if d.Families[i].State == finding.Flawed {
			d.Families[i].State, d.Families[i].Severity = finding.StateClear, nil
		}
	}
	for i := range d.Rules {
		if d.Rules[i].State == finding.Flawed {
			d.Rules[i].State = finding.StateClear
		}
	}
	d.Verdict = finding.Verdict{Advice: finding.Ship, Sentence: "Ship. Nothing found by the 11 rules that could run.", Coverage: 0.88}
	return d
}

func nothingAssessed() *finding.Diagnosis {
	d := network(resnet50())
	d.Run.Model.Name = "weights-only.safetensors"
	d.Verdict = finding.Verdict{Advice: finding.CannotTell, Sentence: "Cannot tell. No rule had what it needs.", Coverage: 0}
	d.Rules = sampleRules()
	for i := range d.Rules {
		d.Rules[i].State, d.Rules[i].Reason, d.Rules[i].Text, d.Rules[i].Needs, d.Rules[i].Places = finding.NotAssessed, "no-data", "no samples were given", "--data DIR", nil
	}
	for _, f := range sample().Families {
		d.Families = append(d.Families, finding.Family{Name: f.Name, Title: f.Title, State: finding.NotAssessed, Reason: "no samples were given"})
	}
	return d
}

func oneLayer() *finding.Diagnosis {
	d := network(numbered([]finding.Layer{{Name: "fc", Op: "Gemm", Shape: []int{10}, Units: 10, After: []string{"input"}}}))
	d.Run.Model.Name = "linear.onnx"
	d.Verdict = finding.Verdict{Advice: finding.ShipWithCare, Sentence: "Ship with care. One class is found too rarely.", Coverage: 0.6, Worst: "fairness"}
	d.Families = []finding.Family{family("fairness", "Fairness, shortcuts", 44)}
	f := sampleFindings(sample())[3]
	f.Site.Layer, f.Extent.Layers = "fc", []string{"fc"}
	d.Findings = []finding.Finding{f}
	d.Tracks = []finding.Track{{Name: "dead units", Unit: "never fire", Values: []finding.TrackValue{{Layer: "fc", Value: 0.78}}}}
	d.Similarity = &finding.Similarity{Measure: "debiased CKA", N: 412, Level: 0.95, Layers: []string{"fc"}, Matrix: packed(1, func(int, int) float64 { return 1 })}
	return d
}

// manyClasses has 200 classes and a layer that others copy.
func manyClasses() *finding.Diagnosis {
	d := sample()
	d.Outputs.PerClass = nil
	for i := range 200 {
		d.Outputs.PerClass = append(d.Outputs.PerClass, finding.PerClass{Class: fmt.Sprintf("class %d", i), N: 50, Recall: 0.5 + 0.4*math.Abs(wave(i)), RecallLow: 0.3, RecallHigh: 0.95})
	}
	d.Run.Data.Classes = 200
	d.Findings[1].ExplainedBy, d.Findings[1].PropagatedFrom = "", "layer3.5.conv3"
	d.Findings[1].Remedies[0].Treatment = "re-estimate-norm"
	return d
}

// deep is a deep network with findings all over.
func deep(n int) *finding.Diagnosis {
	var layers []finding.Layer
	into := "input"
	for i := range n {
		l := finding.Layer{Name: fmt.Sprintf("blocks.%d.%s", i/6, []string{"attn.qkv", "attn.out", "norm", "mlp.fc1", "mlp.act", "mlp.fc2"}[i%6]), Op: []string{"MatMul", "Attention", "Gemm"}[i%3],
			Stage: fmt.Sprintf("blocks %d", 4*i/n), Shape: []int{197, 768}, Units: 768, After: []string{into}}
		if i%6 == 5 && i > 5 {
			l.After = append(l.After, layers[i-6].Name)
		}
		layers, into = append(layers, l), l.Name
	}
	d := network(numbered(layers))
	d.Run.Model.Name = "vit-giant.onnx"
	d.Verdict = sample().Verdict
	d.Families = sample().Families
	for i, f := range sampleFindings(sample()) {
		f.Extent.Layers = names(d, 1+n*4*i/30, 12+n*41*i/300)
		f.Site.Layer = f.Extent.Layers[0]
		d.Findings = append(d.Findings, f)
	}
	d.Findings[5].ExplainedBy = ""
	d.Rules = sampleRules()
	d.Tracks = sampleTracks(d)
	d.Similarity = sampleSimilarity(d)
	d.Clusters = sampleClusters(d)
	one := d.Clusters.Layers[0]
	one.Centred.Classes, one.Centred.Matrix = classCosines(20, 0.02, 0.4)
	one.Raw.Classes, one.Raw.Matrix = classCosines(20, 0.7, 0.2)
	d.Clusters.Layers = nil
	for _, l := range d.Layers {
		one.Layer = l.Name
		d.Clusters.Layers = append(d.Clusters.Layers, one)
	}
	if n > 400 {
		d.Similarity.Others = d.Similarity.Others[1:]
		d.Similarity.Notes = []string{fmt.Sprintf("shape distances of %d layers, want at most 400", n)}
	}
	return d
}

// branches is a network with blocks of four paths side by side, and one with a shortcut of its own convolution.
func branches() *finding.Diagnosis {
	conv := func(name, stage string, size int, after ...string) finding.Layer {
		return finding.Layer{Name: name, Op: "Conv", Stage: stage, Kernel: []int{size, size}, Shape: []int{64, 28, 28}, Units: 64, After: after}
	}
	layers := []finding.Layer{conv("stem.conv1", "stem", 7, "input"), conv("stem.conv2", "stem", 3, "stem.conv1")}
	into := []string{"stem.conv2"}
	for b := range 5 {
		name := fmt.Sprintf("mixed%d.", b+1)
		layers = append(layers, conv(name+"branch1x1", name[:6], 1, into...), conv(name+"branch3x3.reduce", name[:6], 1, into...), conv(name+"branch3x3.conv", name[:6], 3, name+"branch3x3.reduce"),
			conv(name+"branch5x5.reduce", name[:6], 1, into...), conv(name+"branch5x5.conv", name[:6], 5, name+"branch5x5.reduce"), conv(name+"pool", name[:6], 1, into...))
		into = []string{name + "branch1x1", name + "branch3x3.conv", name + "branch5x5.conv", name + "pool"}
	}
	layers = append(layers, conv("tail.conv1", "tail", 3, into...), conv("tail.conv2", "tail", 3, "tail.conv1"), conv("tail.shortcut", "tail", 1, into...),
		finding.Layer{Name: "tail", Op: "Sum", Stage: "tail", Shape: []int{64, 28, 28}, Units: 64, After: []string{"tail.conv2", "tail.shortcut"}},
		finding.Layer{Name: "fc", Op: "Gemm", Stage: "head", Shape: []int{6}, Units: 6, After: []string{"tail"}})
	d := network(numbered(layers))
	d.Run.Model.Name = "inception.onnx"
	d.Verdict, d.Families, d.Rules = sample().Verdict, sample().Families, sampleRules()
	for i, f := range sampleFindings(sample())[3:7] {
		f.ExplainedBy = ""
		f.Extent.Layers = [][]string{{"mixed2.branch3x3.conv"}, {"stem.conv1", "stem.conv2"}, {"tail.conv2"}, {"mixed4.branch1x1", "mixed4.pool"}}[i]
		f.Site.Layer = f.Extent.Layers[0]
		d.Findings = append(d.Findings, f)
	}
	d.Tracks = sampleTracks(d)
	d.Similarity = sampleSimilarity(d)
	return d
}

// hostile is a result whose names were chosen by an enemy.
func hostile() *finding.Diagnosis {
	d := sample()
	evil := `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'` + "`" + `${alert(3)}` + "\u202e\u2028\u0000\x1b[31m\u0007&amp; {{.}} ]]> <!--"
	rename := func(s *string) { *s = evil + *s }
	old := map[string]string{}
	for i := range d.Layers {
		was := d.Layers[i].Name
		rename(&d.Layers[i].Name)
		if i == 1 {
			d.Layers[i].Name = `=HYPERLINK("http://x","y")` // a spreadsheet would run it
		}
		rename(&d.Layers[i].Stage)
		rename(&d.Layers[i].Op)
		old[was] = d.Layers[i].Name
	}
	for i := range d.Layers {
		for j, a := range d.Layers[i].After {
			if to, ok := old[a]; ok {
				d.Layers[i].After[j] = to
			}
		}
	}
	for i := range d.Findings {
		f := &d.Findings[i]
		for _, s := range []*string{&f.Code, &f.Title, &f.Name, &f.Message, &f.Evidence, &f.Measure.Name, &f.Remedies[0].Treatment, &f.Remedies[0].Why} {
			rename(s)
		}
		f.Caveats = []string{evil}
		for j := range f.Extent.Layers {
			f.Extent.Layers[j] = old[f.Extent.Layers[j]]
		}
	}
	for i := range d.Tracks {
		for j := range d.Tracks[i].Values {
			d.Tracks[i].Values[j].Layer = old[d.Tracks[i].Values[j].Layer]
		}
		if i > 2 {
			rename(&d.Tracks[i].Name)
			rename(&d.Tracks[i].Unit)
		}
	}
	for i := range d.Rules {
		rename(&d.Rules[i].Text)
		rename(&d.Rules[i].Needs)
	}
	for i := range d.Similarity.Layers {
		d.Similarity.Layers[i] = old[d.Similarity.Layers[i]]
	}
	rename(&d.Similarity.Measure)
	rename(&d.Similarity.Others[0].Measure)
	rename(&d.Similarity.Others[0].Form)
	for i := range d.Clusters.Layers {
		rename(&d.Clusters.Layers[i].Layer)
		rename(&d.Clusters.Layers[i].Reason)
	}
	for i := range d.Outputs.PerClass {
		rename(&d.Outputs.PerClass[i].Class)
	}
	for _, s := range []*string{&d.Run.Model.Name, &d.Run.Data.Name, &d.Verdict.Sentence, &d.Verdict.Detail, &d.Families[0].Title, &d.Families[9].Reason} {
		rename(s)
	}
	return d
}

// golden compares with a file in testdata, or rewrites it with -update.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from what was made (go test -update rewrites it)", path)
	}
}
