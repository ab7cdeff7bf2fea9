package healthy_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/brokeninterface"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/tensor"
)

// TestMovedChannels: a convolution that reads its input one channel off is found though smooth kernels still fit smooth
// patches, and the network as it was trained is clear.
func TestMovedChannels(t *testing.T) {
	for _, moved := range []bool{false, true} {
		m, err := stratascope.OpenModel(context.Background(), folder+"cnn-2.onnx")
		if err != nil {
			t.Fatal(err)
		}
		if moved {
			w := m.Graph.Weights["features.6.weight"]
			s, each := w.Shape(), w.Len()/w.Dim(0)
			off := tensor.New(tensor.Float32, s...)
			for o := range s[0] {
				to, row := off.Float32s()[o*each:(o+1)*each], w.Float32s()[o*each:(o+1)*each]
				copy(to[copy(to, row[each/s[1]:]):], row)
			}
			g := *m.Graph
			g.Weights = maps.Clone(g.Weights)
			g.Weights["features.6.weight"] = off
			m.Graph = &g
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
		d, err := r.Diagnose(t.Context(), stratascope.Options{Detectors: []*detector.Detector{brokeninterface.Detector}})
		if err != nil {
			t.Fatal(err)
		}
		found := slices.ContainsFunc(d.Findings, func(f finding.Finding) bool {
			return f.Site.Layer == "features.6" && f.Verdict == finding.Suspected && strings.Contains(f.Message, "exchanged")
		})
		if found != moved || !moved && len(d.Findings) > 0 {
			t.Errorf("moved %v: findings %+v", moved, d.Findings)
		}
	}
}
