package canonical

import (
	"strings"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/onnx"
)

// What to export with so that batch normalisations stay, for PyTorch's two exporters.
const (
	oldSwitch = "training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False"
	newSwitch = "optimize=False"
)

// foldedNorm notes the layers into whose weight the exporter multiplied a batch normalisation, which
// therefore cannot be examined. PyTorch's exporters leave a trace: the old one calls what it folded
// onnx::Conv_27, the new one adds a bias named after the weight.
func foldedNorm(m *onnx.Model, g *graph.Graph) []graph.Note {
	if !strings.EqualFold(m.ProducerName, "pytorch") {
		return nil
	}
	var notes []graph.Note
	for _, l := range g.Layers {
		if l.Norm != nil || l.Weight == "" || l.Bias == "" {
			continue
		}
		with := ""
		switch {
		case l.Bias == l.Weight+"_bias":
			with = newSwitch
		case len(l.Kernel) > 0 && madeUp(l.Weight) && madeUp(l.Bias):
			with = oldSwitch
		default:
			continue
		}
		notes = append(notes, graph.Note{Code: "folded-norm", Layer: l.Name,
			Text: "the export folded the batch normalisation into the weight; to keep it, export with torch.onnx.export(..., " + with + ")"})
	}
	return notes
}

// madeUp reports a name that PyTorch's old exporter gave to a weight it computed; before 1.12 it was a
// number.
func madeUp(name string) bool {
	return strings.HasPrefix(name, "onnx::Conv") || name != "" && strings.Trim(name, "0123456789") == ""
}
