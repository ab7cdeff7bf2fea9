package statistic_test

import (
	"slices"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
)

func TestLayers(t *testing.T) {
	c := statistic.Case{Layers: []graph.Layer{{Name: "a", Units: 3}, {Name: "b", Units: 5, Head: true}}, Splits: []dataset.Split{dataset.Train, dataset.Test}}
	key := func(layer string) statistic.Key {
		return statistic.At(capture.View{Split: dataset.Test, Reduce: capture.Spot}, capture.Site{Layer: layer, Of: "activation"})
	}
	for _, x := range []struct {
		of   statistic.Layers
		want []statistic.Key
	}{{statistic.Layers{Reduce: capture.Spot}, []statistic.Key{key("a")}}, {statistic.Layers{Reduce: capture.Spot, Head: true}, []statistic.Key{key("a"), key("b")}}} {
		got, err := x.of.Keys(c, nil)
		if err != nil || !slices.Equal(got, x.want) {
			t.Errorf("keys %v (%v), want %v", got, err, x.want)
		}
		reads := x.of.Reads(c, nil)
		if len(reads) != len(x.want) || reads[len(reads)-1] != (capture.Request{View: x.want[len(x.want)-1].View, Site: x.want[len(x.want)-1].A}) {
			t.Errorf("reads %v", reads)
		}
	}
	c.Splits = nil
	_, err := statistic.Layers{}.Keys(c, nil)
	if code, _ := statistic.Reason(err); code != "no-samples" {
		t.Errorf("without samples: %v", err)
	}
	if reads := (statistic.Layers{}).Reads(c, nil); reads != nil {
		t.Errorf("without samples %v is read", reads)
	}
	if d := (statistic.Env{Case: c, Key: key("b")}).Layer().Units; d != 5 {
		t.Errorf("the layer has %d units, want 5", d)
	}
}
