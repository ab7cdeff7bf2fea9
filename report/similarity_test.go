package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/finding"
)

// A block is outlined although one of its layers, its first, could not be compared; so is a single layer that is like an untrained one.
func TestOutlinesStandWhereLayersAre(t *testing.T) {
	d := sample()
	of := sampleSimilarity(d)
	n := len(d.Layers) - 1
	d.Similarity = &finding.Similarity{Measure: of.Measure, N: of.N, Level: of.Level, Matrix: packed(n, func(i, j int) float64 { return 0.5 })}
	for i, l := range d.Layers {
		if i != 26 { // the first of REP-03
			d.Similarity.Layers = append(d.Similarity.Layers, l.Name)
		}
	}
	d.Findings[3].Code = "FAL-04"
	v, err := newView(d, HTMLOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]run{}
	for _, b := range v.pairs.blocks {
		got[v.core.marks[b.mark].Code] = b.run
	}
	for code, want := range map[string]run{"REP-03": {26, 33}, "FIT-04": {39, 47}, "FAL-04": {21, 21}} {
		if got[code] != want {
			t.Errorf("%s is outlined over rows %v, want %v", code, got[code], want)
		}
	}
	if len(got) != 3 {
		t.Errorf("outlines %v, want three", got)
	}
}

func TestAPairsSentenceEnds(t *testing.T) {
	d := sample()
	d.Findings[6].Message = "nine layers share one representation"
	v, err := newView(d, HTMLOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := v.pairs.says(30, 32); !strings.Contains(got, "Nine layers share one representation. Treatment: ") {
		t.Errorf("%q", got)
	}
}

func TestSuspects(t *testing.T) {
	d := sample()
	d.Suspects = []finding.Suspect{
		{Layer: "layer1.0.conv1", Share: 1, Verdict: finding.Causal, Recovered: &finding.Ranged{Value: 73.67, Low: 68.69, High: 78.65}, Evidence: map[string]float64{"e7": 0.0051, "e10": 1.8e-16, "e1": 0.66}},
		{Layer: "fc", Share: 0.25, Evidence: map[string]float64{"e1": 0.2}},
	}
	want := []suspectLine{
		{2, "layer1.0.conv1", "causal: 73.7 (68.7 to 78.7) points come back", "A reference network's values in its place bring accuracy back (e10, p 1.8·10⁻¹⁶); its weights do not fit what they read (e7, p 0.0051)."},
		{50, "fc", "ranks first in 25 % of repeats", "None stands by itself."},
	}
	v, err := newView(d, HTMLOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range v.suspects() {
		if got != want[i] {
			t.Errorf("%+v, want %+v", got, want[i])
		}
	}
	if p := page(t, d); !strings.Contains(p, "Where it may come from") || !strings.Contains(p, "points come back") {
		t.Error("the page does not list the suspects")
	}
}

// Names of stages that have no room give way to what tells them apart.
func TestStagesOfTheHeatmapAreTold(t *testing.T) {
	d := deep(72)
	for i := range d.Layers {
		d.Layers[i].Stage = fmt.Sprintf("blocks.%d", i/6)
	}
	v, err := newView(d, HTMLOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s := string(v.pairs.overlay())
	for _, want := range []string{">blocks.9<", ">10<", ">11<"} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q among the stages", want)
		}
	}
}
