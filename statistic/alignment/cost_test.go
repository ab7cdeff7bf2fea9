package alignment

import (
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/statistictest"
	"github.com/stratascope/stratascope/tensor"
)

// What is said before a run is at least what is kept: the patches of all samples chosen, not those of one block.
func TestCost(t *testing.T) {
	const n, units, width = 600, 4, 40
	l := graph.Layer{Name: "fc", Op: "Linear", Units: units, Input: "x", Weight: "w"}
	g := &graph.Graph{Layers: []graph.Layer{l}, Weights: map[string]tensor.Tensor{"w": tensor.New(tensor.Float32, units, width)}}
	c := statistic.Case{Graph: g, Layers: g.Layers, Splits: []dataset.Split{dataset.Val}, Source: &statistictest.Given{Of: statistictest.Numbered(n, nil)}}
	all, err := keys(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := statistic.Env{Case: c, Key: all[0]}
	if got := Patches.Cost(e).Bytes; got != 4*n*width {
		t.Errorf("patches cost %d bytes, want %d", got, 4*n*width)
	}
	e.Case.Keeper = capture.NewMemory()
	if got := Patches.Cost(e).Bytes; got < 16*n || got >= 4*n*width {
		t.Errorf("patches cost %d bytes where they are kept elsewhere, want those of %d rows and hashes", got, n)
	}
	if got := Statistic.Cost(e).Bytes; got < 20*n*width {
		t.Errorf("alignment costs %d bytes, want at least those of its copies of the patches", got)
	}
}
