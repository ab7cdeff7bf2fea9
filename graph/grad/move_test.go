package grad_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/graph/grad"
	"github.com/stratascope/stratascope/tensor"
)

func TestMoves(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	x := func() tensor.Tensor { return random(r, 2, 3, 4) }
	in := func(rest ...tensor.Tensor) []tensor.Tensor { return append([]tensor.Tensor{x()}, rest...) }
	runAll(t, []check{
		{op: "Reshape", in: in(ints(0, -1))},
		{op: "Reshape", name: "to one row", in: in(ints(-1))},
		{op: "Flatten", in: in()},
		{op: "Flatten", name: "axis 2", attr: attr("axis", 2), in: in()},
		{op: "Transpose", in: in()},
		{op: "Transpose", name: "perm", attr: attr("perm", l{1, 2, 0}), in: in()},
		{op: "Squeeze", in: []tensor.Tensor{random(r, 2, 1, 3, 1), ints(1, -1)}},
		{op: "Unsqueeze", in: in(ints(0, -2))},
		{op: "Expand", in: []tensor.Tensor{random(r, 3, 1), ints(2, 3, 4)}, fixed: true},
		{op: "Expand", name: "smaller", in: []tensor.Tensor{random(r, 2, 3, 1), ints(1, 4)}, fixed: true},
		{op: "Tile", in: in(ints(2, 1, 3))},
		{op: "Concat", attr: attr("axis", 1), in: []tensor.Tensor{random(r, 2, 3), random(r, 2, 1), random(r, 2, 4)}},
		{op: "Concat", name: "negative axis", attr: attr("axis", -2), in: []tensor.Tensor{random(r, 2, 3), random(r, 1, 3)}},
		{op: "Split", attr: attr("axis", 2), in: in(ints(1, 3)), outputs: 2, fixed: true},
		{op: "Split", name: "evenly", attr: attr("axis", 1, "num_outputs", 2), in: in(), outputs: 2},
		{op: "Slice", in: in(ints(1), ints(3), ints(2))},
		{op: "Slice", name: "from the end", in: in(ints(-3, 0), ints(-1, 1000), ints(2, 1))},
		{op: "Slice", name: "with steps", in: in(ints(0, 3), ints(3, 0), ints(1, 2), ints(2, -2))},
		{op: "Slice", name: "backwards", in: in(ints(-1), ints(-1000), ints(2), ints(-1))},
		{op: "Slice", name: "all axes", in: in(ints(0, 1, 1), ints(1, 3, 4))},
		{op: "Pad", in: in(ints(0, 1, 2, 1, 0, 3), scalar(1.5))},
		{op: "Pad", name: "axes", in: in(ints(1, 2, 0, 1), scalar(-1), ints(2, 0))},
		{op: "Pad", name: "cut", in: in(ints(0, -1, 1, 0, 0, -2), scalar(2))},
		{op: "Pad", name: "reflect", attr: attr("mode", "reflect"), in: in(ints(0, 2, 1, 1, 0, 3))},
		{op: "Pad", name: "edge", attr: attr("mode", "edge"), in: in(ints(0, 2, 1, 1, 0, 3))},
		{op: "Pad", name: "wrap", attr: attr("mode", "wrap"), in: in(ints(0, 2, 1, 1, 0, 3))},
		{op: "CenterCropPad", in: in(ints(5, 2, 4)), fixed: true},
		{op: "CenterCropPad", name: "axes", attr: attr("axes", l{2, 1}), in: in(ints(7, 2)), fixed: true},
		{op: "Trilu", in: []tensor.Tensor{random(r, 2, 3, 4)}},
		{op: "Trilu", name: "lower", attr: attr("upper", 0), in: []tensor.Tensor{random(r, 3, 4), tensor.Scalar(int64(1))}},
		{op: "ReverseSequence", in: []tensor.Tensor{random(r, 4, 2), ints(3, 2)}, fixed: true},
		{op: "DepthToSpace", attr: attr("blocksize", 2), in: []tensor.Tensor{random(r, 2, 8, 2, 3)}, weights: 1},
		{op: "DepthToSpace", name: "CRD", attr: attr("blocksize", 2, "mode", "CRD"), in: []tensor.Tensor{random(r, 2, 8, 2, 3)}, weights: 1},
		{op: "Range", in: []tensor.Tensor{scalar(0.25), scalar(3.1), scalar(0.5)}},
		{op: "Range", name: "down", in: []tensor.Tensor{scalar(2.75), scalar(-1.1), scalar(-0.5)}},
		{op: "Col2Im", in: []tensor.Tensor{random(r, 2, 12, 6), ints(3, 4), ints(2, 2)}, open: l{0}},
		{op: "Col2Im", name: "all", attr: attr("pads", l{1, 0, 0, 2}, "strides", l{2, 1}, "dilations", l{1, 2}), in: []tensor.Tensor{random(r, 2, 18, 8), ints(5, 4), ints(3, 2)}, open: l{0}, fixed: true},
		{op: "Col2Im", name: "waves", attr: attr("strides", l{2}), in: []tensor.Tensor{random(r, 1, 6, 4), ints(9), ints(3)}, open: l{1}},
		{op: "Col2Im", name: "volumes", in: []tensor.Tensor{random(r, 1, 8, 4), ints(3, 2, 3), ints(2, 2, 2)}, open: l{0}},
		{op: "SpaceToDepth", attr: attr("blocksize", 2), in: []tensor.Tensor{random(r, 2, 2, 4, 6)}, weights: 1},
	})
}

// TestUnread: a Split of which one part is not read.
func TestUnread(t *testing.T) {
	c := &check{op: "Split", attr: attr("num_outputs", 3), in: []tensor.Tensor{floats(1, 2, 3, 4, 5, 6, 7)}, outputs: 3}
	g, feeds := c.graph(false)
	g.Nodes[0].Outputs[1] = ""
	g.Outputs = []string{"y2"}
	r, err := grad.Of(t.Context(), g, grad.Request{Seeds: []grad.Seed{{Value: "y2"}}, Values: []string{"x0"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, r.Graph, feeds, names(r, []string{"x0"}), true)[r.Names["x0"]].Float64s(); !slices.Equal(got, []float64{0, 0, 0, 0, 0, 0, 1}) {
		t.Errorf("gradient %v, want that of the last element alone", got)
	}
}

func TestPicks(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 1))
	index := tensor.Of([]int64{0, 2, -1, 1, 0, 0}, 2, 3)
	pairs := tensor.Of([]int64{0, 1, 1, 2, 0, 1}, 3, 2)
	x := func() tensor.Tensor { return random(r, 3, 3, 4) }
	put := func(how string, into, at, from tensor.Tensor) check {
		return check{op: "ScatterND", name: how, attr: attr("reduction", how), in: []tensor.Tensor{into, at, from}, fixed: true}
	}
	elements := func(how string) check {
		at := tensor.Of([]int64{0, 2, 1, 2, 1, 0}, 2, 3)
		return check{op: "ScatterElements", name: how, attr: attr("reduction", how), in: []tensor.Tensor{random(r, 3, 3), at, moved(random(r, 2, 3), 1, 0.01)}, fixed: true}
	}
	unique := tensor.Of([]int64{0, 1, 1, 2}, 2, 2)
	runAll(t, []check{
		{op: "Gather", in: []tensor.Tensor{x(), index}},
		{op: "Gather", name: "axis 1", attr: attr("axis", 1), in: []tensor.Tensor{x(), index}},
		{op: "Gather", name: "last axis", attr: attr("axis", -1), in: []tensor.Tensor{x(), ints(3, 0, 3)}},
		{op: "Gather", name: "one", attr: attr("axis", 1), in: []tensor.Tensor{x(), tensor.Scalar(int64(2))}},
		{op: "GatherElements", attr: attr("axis", 1), in: []tensor.Tensor{random(r, 2, 3), index}, fixed: true},
		{op: "Compress", attr: attr("axis", 1), in: []tensor.Tensor{x(), tensor.Of([]bool{true, false, true}, 3)}},
		{op: "Compress", name: "shorter", attr: attr("axis", -1), in: []tensor.Tensor{x(), tensor.Of([]bool{false, true}, 2)}},
		{op: "Compress", name: "of all", in: []tensor.Tensor{x(), tensor.Of([]bool{false, true, true, false, false, true}, 6)}},
		{op: "Compress", name: "nothing", in: []tensor.Tensor{x(), tensor.Of([]bool{false}, 1)}},
		{op: "OneHot", in: []tensor.Tensor{index, ints(3), floats(-1.5, 2)}},
		{op: "OneHot", name: "axis 0", attr: attr("axis", 0), in: []tensor.Tensor{ints(5, 1, 0), tensor.Scalar(int64(4)), floats(0, 1)}},
		{op: "GatherND", in: []tensor.Tensor{x(), pairs}},
		{op: "GatherND", name: "one batch dimension", attr: attr("batch_dims", 1), in: []tensor.Tensor{x(), pairs}, fixed: true},
		{op: "GatherND", name: "two batch dimensions", attr: attr("batch_dims", 2), in: []tensor.Tensor{random(r, 2, 3, 4), tensor.Of([]int64{0, 2, 3, 1, 0, 0}, 2, 3, 1)}, fixed: true},
		put("none", x(), unique, random(r, 2, 4)), put("add", x(), pairs, random(r, 3, 4)), put("mul", x(), pairs, positive(r, 3, 4)),
		put("max", x(), pairs, moved(random(r, 3, 4), 1, 0.01)), put("min", x(), pairs, moved(random(r, 3, 4), 1, 0.01)),
		elements("none"), elements("add"), elements("mul"), elements("max"), elements("min"),
		{op: "TensorScatter", in: []tensor.Tensor{random(r, 2, 2, 5, 3), random(r, 2, 2, 2, 3), ints(1, 3)}, open: l{0}},
		{op: "TensorScatter", name: "from the start, along axis 1", attr: attr("axis", 1), in: []tensor.Tensor{random(r, 2, 4, 3), random(r, 2, 2, 3)}, open: l{0}},
		{op: "TensorScatter", name: "circular", attr: attr("mode", "circular", "axis", -1), in: []tensor.Tensor{random(r, 2, 3, 4), random(r, 2, 3, 3), ints(3, 0)}, open: l{0, 1}},
		{op: "Unique", in: []tensor.Tensor{random(r, 2, 3)}},
		{op: "Unique", name: "in order", attr: attr("sorted", 0), in: []tensor.Tensor{random(r, 2, 3)}, outputs: 2, indices: true},
		{op: "Unique", name: "slices", attr: attr("axis", 1), in: []tensor.Tensor{random(r, 2, 3, 2)}, outputs: 4, indices: true},
		{op: "TopK", in: []tensor.Tensor{random(r, 3, 5), ints(2)}, outputs: 2},
		{op: "TopK", name: "smallest of the first axis", attr: attr("axis", 0, "largest", 0), in: []tensor.Tensor{random(r, 5, 3), ints(3)}, fixed: true},
	})
}

func TestResize(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	x := func() tensor.Tensor { return random(r, 2, 2, 4, 5) }
	none := tensor.Tensor{}
	scales := tensor.Of([]float32{1, 1, 2, 1.5}, 4)
	half := tensor.Of([]float32{1, 1, 0.6, 0.5}, 4)
	var list []check
	for _, mode := range []string{"nearest", "linear", "cubic"} {
		for _, coordinates := range []string{"half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel"} {
			a := attr("mode", mode, "coordinate_transformation_mode", coordinates)
			list = append(list, check{op: "Resize", name: mode + " larger " + coordinates, attr: a, in: []tensor.Tensor{x(), none, scales}},
				check{op: "Resize", name: mode + " smaller " + coordinates, attr: a, in: []tensor.Tensor{x(), none, half}})
		}
	}
	list = append(list,
		check{op: "Resize", name: "to sizes", attr: attr("mode", "linear"), in: []tensor.Tensor{x(), none, none, ints(2, 2, 7, 3)}, fixed: true},
		check{op: "Resize", name: "axes", attr: attr("mode", "linear", "axes", l{2, 3}), in: []tensor.Tensor{x(), none, none, ints(7, 3)}},
		check{op: "Resize", name: "antialias", attr: attr("mode", "cubic", "antialias", 1, "exclude_outside", 1), in: []tensor.Tensor{x(), none, half}},
		check{op: "Resize", name: "cut out", attr: attr("mode", "linear", "coordinate_transformation_mode", "tf_crop_and_resize", "axes", l{2, 3}, "extrapolation_value", float32(3)),
			in: []tensor.Tensor{x(), tensor.Of([]float32{0.125, -0.25, 0.75, 1.25}, 4), none, ints(3, 6)}})
	runAll(t, list)
}

func TestLosses(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 1))
	labels, maps := ints(1, 0, 3), tensor.Of([]int64{1, 0, 3, 2, 1, 0}, 2, 3)
	weights := tensor.Of([]float32{0.5, 1, 2, 0.25}, 4)
	var list []check
	for _, name := range []string{"SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss"} {
		for _, how := range []string{"mean", "sum", "none"} {
			list = append(list,
				check{op: name, name: how, attr: attr("reduction", how), in: []tensor.Tensor{random(r, 3, 4), labels}, fixed: true},
				check{op: name, name: how + " weighted", attr: attr("reduction", how), in: []tensor.Tensor{random(r, 3, 4), labels, weights}, fixed: true},
				check{op: name, name: how + " of maps, one class ignored", attr: attr("reduction", how, "ignore_index", 3), in: []tensor.Tensor{random(r, 2, 4, 3), maps, weights}, fixed: true})
		}
	}
	list = append(list, check{op: "SoftmaxCrossEntropyLoss", name: "and logarithms", in: []tensor.Tensor{random(r, 3, 4), labels}, outputs: 2, fixed: true})
	runAll(t, list)
}
