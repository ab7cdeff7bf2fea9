package main

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/finding"
)

// Smallest samples for similarity and for tests of units (METHODS 2).
const (
	leastForSimilarity = 100
	leastForUnits      = 300
)

// dataMistakes lists what a diagnosis says about the data that a person can mend; divided says that they came
// without a split.
func dataMistakes(d *finding.Diagnosis, noun string, divided bool) []*failure {
	var out []*failure
	out = append(out, notFinite(d)...)
	if f := tooFew(d); f != nil {
		if divided {
			f.with("The data have no split, 20 % were hashed into validation. Give more samples, a split column, --val and --train, or --seen.")
		}
		out = append(out, f)
	}
	if f := overlap(d, noun); f != nil {
		out = append(out, f)
	}
	return out
}

// notFinite names the first layer that gives values that are not finite, or the input that holds some.
func notFinite(d *finding.Diagnosis) []*failure {
	i := slices.IndexFunc(d.Findings, func(f finding.Finding) bool { return f.Code == "GRD-06" && len(f.Extent.Samples) > 0 })
	if i < 0 {
		return nil
	}
	f := d.Findings[i]
	bad := int(f.Measure.Value*float64(f.Measure.N) + 0.5)
	report := fmt.Sprintf("Reported as GRD-06 %s; these samples are left out below.", f.Severity.Word)
	if f.Site.Kind == finding.Input {
		return []*failure{input("%s: the input holds NaN or infinity in %d of %d samples (first: %s).", d.Run.Data.Name, bad, f.Measure.N, f.Extent.Samples[0]).with(report)}
	}
	first := f.Site.Layer
	if len(f.Extent.Layers) > 0 {
		first = f.Extent.Layers[0]
	}
	number := 0
	for _, l := range d.Layers {
		if l.Name == first {
			number = l.Index
		}
	}
	return []*failure{input("layer %d %q gives NaN for %d of %d samples (first: %s).", number, first, bad, f.Measure.N, f.Extent.Samples[0]).with(report)}
}

// tooFew says that there are too few samples for some rules.
func tooFew(d *finding.Diagnosis) *failure {
	x := d.Run.Data
	n, name := x.Val, "validation"
	switch {
	case n > 0:
	case x.Test > 0:
		n, name = x.Test, "test"
	case x.Deploy > 0:
		n, name = x.Deploy, "deployment"
	default:
		n, name = x.Train, "training"
	}
	if n >= leastForUnits {
		return nil
	}
	ran := 0
	for _, r := range d.Rules {
		if r.State != finding.NotAssessed {
			ran++
		}
	}
	return input("%d %s samples. Similarity needs %d, unit tests %d.", n, name, leastForSimilarity, leastForUnits).
		with(fmt.Sprintf("%d of %d rules can run. Nothing is wrong; there is too little to look at.", ran, len(d.Rules)))
}

// overlap says that samples held out are also in training.
func overlap(d *finding.Diagnosis, noun string) *failure {
	i := slices.IndexFunc(d.Findings, func(f finding.Finding) bool { return f.Code == "DAT-02" })
	if i < 0 {
		return nil
	}
	f := d.Findings[i]
	same, near := number(f.Provenance["same"]), number(f.Provenance["near"])
	least := ""
	if number(f.Provenance["training samples in all"]) > 0 {
		least = "at least "
	}
	return input("%s%d of %d validation %s are also in training (same bytes: %d, near: %d).", least, same+near, f.Measure.N, noun, same, near).
		with("Fit rules would lie, so they were not run. Drop them: --drop-duplicates.")
}

func number(v any) int {
	f, ok := v.(float64)
	if !ok {
		return 0
	}
	return int(f)
}
