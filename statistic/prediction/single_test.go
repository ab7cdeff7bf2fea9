package prediction

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
)

// One sigmoid is how most networks of two classes answer; several are several answers.
func TestOneSigmoidIsTwoClasses(t *testing.T) {
	c := statistic.Case{Task: dataset.Task{Kind: dataset.Classification}, Output: "sigmoids", Layers: []graph.Layer{{Name: "fc1", Units: 8}, {Name: "head", Units: 1, Head: true}}}
	if err := Classifies(c); err != nil {
		t.Errorf("one sigmoid: %v", err)
	}
	c.Layers[1].Units = 3
	if err := Classifies(c); err == nil {
		t.Error("three sigmoids were taken for classes")
	}
	var p [2]float64
	if !probabilities(p[:], []float32{0.75}, "sigmoids") || p != [2]float64{0.25, 0.75} {
		t.Errorf("a sigmoid of 0.75 gives %v, want 0.25 and 0.75", p)
	}
	if probabilities(p[:], []float32{float32(math.NaN())}, "sigmoids") {
		t.Error("NaN was taken for a probability")
	}
}
