package healthy_test

import (
	"context"
	"math"
	"testing"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/untrainedequivalent"
	"github.com/stratascope/stratascope/finding"
	random "github.com/stratascope/stratascope/graph/twin"
)

// TestUntrainedLayer: a layer of a trained network that is drawn anew is found, alone, and compared with twins
// that the engine ran, with a normalisation and without.
func TestUntrainedLayer(t *testing.T) {
	for name, layer := range map[string]string{"cnn-1": "classifier.1", "resnet-1": "layer3.0.conv2"} {
		m, err := stratascope.OpenModel(context.Background(), folder+name+".onnx")
		if err != nil {
			t.Fatal(err)
		}
		if m.Graph, err = random.Of(m.Graph, 99, 0, random.Options{Layers: []string{layer}}); err != nil {
			t.Fatal(err)
		}
		set, err := stratascope.OpenData(folder+"data.npz", m, dataset.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer set.Close()
		r, err := stratascope.Live(m, set, stratascope.LiveOptions{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		d, err := r.Diagnose(t.Context(), stratascope.Options{Detectors: []*detector.Detector{untrainedequivalent.Detector}})
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Findings) != 1 || d.Findings[0].Site.Layer != layer || d.Findings[0].Verdict != finding.Suspected {
			t.Fatalf("%s: findings %+v", name, d.Findings)
		}
		f := d.Findings[0]
		if gain, ok := f.Provenance["gain over twins"].(float64); !ok || f.Reference != finding.R3 || math.Abs(gain) > 0.03 {
			t.Errorf("%s: reference %s, provenance %v", name, f.Reference, f.Provenance)
		}
	}
}
