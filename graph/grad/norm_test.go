package grad_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

func TestNormalisations(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	var list []check
	for _, s := range []l{{4, 3}, {4, 3, 5}, {2, 3, 3, 4}} {
		in := func() []tensor.Tensor {
			return []tensor.Tensor{random(r, s...), random(r, 3), random(r, 3), random(r, 3), positive(r, 3)}
		}
		list = append(list,
			check{op: "BatchNormalization", attr: op.Attributes{"epsilon": float32(0.25)}, in: in(), weights: 4},
			check{op: "BatchNormalization", name: "in training", attr: op.Attributes{"training_mode": int64(1), "epsilon": float32(0.0625), "momentum": float32(0.75)}, outputs: 3, in: in(), weights: 4},
			check{op: "BatchNormalization", name: "in training, nothing kept", attr: op.Attributes{"training_mode": int64(1), "epsilon": float32(0.0625), "momentum": float32(0)}, outputs: 3, in: in(), weights: 4},
		)
	}
	for axis, s := range map[int][]int{-1: {4}, 2: {4}, 1: {3, 4}, -2: {3, 4}, 0: {2, 3, 4}} {
		a := attr("axis", axis, "epsilon", float32(0.0625))
		list = append(list,
			check{op: "LayerNormalization", attr: a, in: []tensor.Tensor{random(r, 2, 3, 4), random(r, s...), random(r, s...)}, weights: 2},
			check{op: "LayerNormalization", name: "mean and deviation", attr: a, in: []tensor.Tensor{random(r, 2, 3, 4), random(r, 4)}, weights: 1, outputs: 3},
			check{op: "RMSNormalization", attr: a, in: []tensor.Tensor{random(r, 2, 3, 4), random(r, s...)}, weights: 1},
		)
	}
	for _, s := range []l{{2, 4, 5}, {2, 4, 3, 3}} {
		list = append(list,
			check{op: "InstanceNormalization", in: []tensor.Tensor{random(r, s...), random(r, 4), random(r, 4)}, weights: 2},
			check{op: "GroupNormalization", attr: attr("num_groups", 2), in: []tensor.Tensor{random(r, s...), random(r, 4), random(r, 4)}, weights: 2},
			check{op: "GroupNormalization", name: "scaled by group", attr: attr("num_groups", 2), in: []tensor.Tensor{random(r, s...), random(r, 2), random(r, 2)}, weights: 2},
		)
	}
	list = append(list,
		check{op: "LpNormalization", in: []tensor.Tensor{random(r, 3, 4)}},
		check{op: "LpNormalization", name: "p 1", attr: attr("p", 1, "axis", 0), in: []tensor.Tensor{random(r, 3, 4)}},
		check{op: "MeanVarianceNormalization", in: []tensor.Tensor{random(r, 2, 3, 3, 4)}},
		check{op: "LRN", attr: attr("size", 3, "alpha", float32(0.5)), in: []tensor.Tensor{random(r, 2, 5, 3, 2)}},
		check{op: "LRN", name: "even size", attr: attr("size", 4, "alpha", float32(0.5), "bias", float32(2)), in: []tensor.Tensor{random(r, 2, 5, 3, 2)}},
	)
	for i := range list {
		list[i].open = l{0}
		if list[i].op == "BatchNormalization" {
			list[i].open = l{0, 2, 3}
		}
		list[i].fixed = list[i].attr.Int("axis", 1) == 0
	}
	runAll(t, list)
}
