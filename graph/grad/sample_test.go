package grad_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

func TestGridSample(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 1))
	var list []check
	for _, padding := range []string{"zeros", "border", "reflection"} {
		for corners := range 2 {
			for _, mode := range []string{"linear", "cubic", "nearest"} {
				a := attr("mode", mode, "padding_mode", padding, "align_corners", corners)
				once := ""
				if mode != "cubic" {
					once = "piecewise linear"
				}
				list = append(list, check{op: "GridSample", name: mode + " " + padding, attr: a, once: once, open: l{0},
					in: []tensor.Tensor{random(r, 2, 2, 4, 5), moved(random(r, 2, 3, 2, 2), 0.75, 0.01)}})
			}
			a := attr("padding_mode", padding, "align_corners", corners)
			list = append(list, check{op: "GridSample", name: "volumes " + padding, attr: a, once: "piecewise linear", open: l{0},
				in: []tensor.Tensor{random(r, 2, 2, 3, 4, 5), moved(random(r, 2, 2, 1, 2, 3), 0.75, 0.01)}})
		}
	}
	list = append(list,
		check{op: "AffineGrid", in: []tensor.Tensor{random(r, 2, 2, 3), ints(2, 3, 4, 5)}, fixed: true},
		check{op: "AffineGrid", name: "volumes", attr: attr("align_corners", 1), in: []tensor.Tensor{random(r, 2, 3, 4), ints(2, 3, 2, 3, 4)}, fixed: true})
	runAll(t, list)
}

func TestRegions(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 1))
	rois := tensor.Of([]float64{0.3, 0.2, 3.1, 2.9, 1.2, -0.4, 4.7, 5.3, 0.6, 1.1, 1.3, 1.4}, 3, 4)
	var list []check
	for _, mode := range []string{"avg", "max"} {
		for ratio := range 3 {
			for _, corners := range []string{"half_pixel", "output_half_pixel"} {
				a := attr("mode", mode, "sampling_ratio", ratio, "output_height", 2, "output_width", 3, "spatial_scale", float32(0.9), "coordinate_transformation_mode", corners)
				list = append(list, check{op: "RoiAlign", name: fmt.Sprint(mode, ratio, corners), attr: a, in: []tensor.Tensor{random(r, 2, 2, 4, 5), rois, ints(1, 0, 1)}, open: l{0}, once: "piecewise linear"})
			}
		}
	}
	pooled := tensor.Of([]float64{1, 0.6, 0.2, 3.7, 2.9, 0, 1.2, -3.4, 5.7, 1.3, 1, 6.2, 7.1, 8.3, 9.4, 0, 2.5, 2.5, 2.5, 2.5}, 4, 5)
	for _, scale := range []float32{1, 0.7} {
		list = append(list, check{op: "MaxRoiPool", name: fmt.Sprint(scale), attr: attr("pooled_shape", l{2, 3}, "spatial_scale", scale), in: []tensor.Tensor{random(r, 2, 2, 4, 5), pooled}, skip: l{1}, open: l{0}})
	}
	list = append(list, check{op: "MaxRoiPool", name: "more bins than pixels", attr: attr("pooled_shape", l{7, 7}), in: []tensor.Tensor{random(r, 2, 2, 5, 3), pooled}, skip: l{1}, open: l{0, 2, 3}})
	runAll(t, list)
}

func TestAttention(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 1))
	in := func(queries, heads int, rest ...tensor.Tensor) []tensor.Tensor {
		return append([]tensor.Tensor{random(r, 2, queries, 3, 4), random(r, 2, heads, 5, 4), random(r, 2, heads, 5, 3)}, rest...)
	}
	mask := random(r, 3, 5)
	mask.Float64s()[2] = math.Inf(-1)
	none := tensor.Tensor{}
	nothing := tensor.Of([]bool{true, false, true, true, false, false, false, false, false, true, true, true}, 3, 4)
	scores := func(mode int) check {
		return check{op: "Attention", name: fmt.Sprint("scores ", mode), attr: attr("qk_matmul_output_mode", mode, "softcap", float32(2)), in: in(2, 2, random(r, 3, 5)), outputs: 4, open: l{0}, skip: l{3}}
	}
	hidden := tensor.Of([]bool{true, false, true, true, true, true, true, false, true, true, true, true, true, true, false}, 3, 5)
	runAll(t, []check{
		{op: "Attention", in: in(2, 2), open: l{0}},
		{op: "Attention", name: "causal, capped", attr: attr("is_causal", 1, "softcap", float32(2), "scale", float32(0.3)), in: in(2, 2), open: l{0}},
		{op: "Attention", name: "shared keys", in: in(4, 2), open: l{0}},
		{op: "Attention", name: "mask", in: in(2, 2, mask), fixed: true, skip: []int{3}},
		{op: "Attention", name: "gradient of the mask", in: in(2, 2, random(r, 2, 1, 3, 5)), fixed: true},
		{op: "Attention", name: "truths as mask", in: in(2, 2, hidden), fixed: true},
		{op: "Attention", name: "mask narrower than the keys", in: in(2, 2, random(r, 3, 4)), open: l{0}},
		{op: "Attention", name: "truths narrower than the keys, one query sees nothing", in: in(2, 2, nothing), open: l{0, 2}, apart: true},
		{op: "Attention", name: "windows", attr: attr("left_window_size", 0, "right_window_size", 1), in: in(2, 2), open: l{0}},
		{op: "Attention", name: "a window that no query of the past has", attr: attr("is_causal", 1, "left_window_size", 1),
			in: in(2, 2, tensor.Tensor{}, random(r, 2, 2, 2, 4), random(r, 2, 2, 2, 3)), outputs: 3, open: l{0}},
		{op: "Attention", name: "lengths", attr: attr("is_causal", 1), in: in(2, 2, none, none, none, ints(5, 2)), open: l{0}},
		{op: "Attention", name: "lengths and a mask", in: in(4, 2, random(r, 3, 5), none, none, ints(4, 3)), fixed: true},
		scores(0), scores(1), scores(3), scores(2),
		{op: "Attention", name: "past", attr: attr("is_causal", 1), in: in(2, 2, tensor.Tensor{}, random(r, 2, 2, 2, 4), random(r, 2, 2, 2, 3)), outputs: 3, open: l{0}},
		{op: "Attention", name: "heads side by side", attr: attr("q_num_heads", 2, "kv_num_heads", 1), open: l{0},
			in: []tensor.Tensor{random(r, 2, 3, 8), random(r, 2, 5, 4), random(r, 2, 5, 3)}},
	})
}

func TestRotations(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 1))
	at := tensor.Of([]int64{4, 0, 1, 1, 2, 0}, 2, 3)
	runAll(t, []check{
		{op: "RotaryEmbedding", attr: attr("interleaved", 1), in: []tensor.Tensor{random(r, 2, 2, 3, 4), unit(r, 2, 3, 2), unit(r, 2, 3, 2)}, fixed: true},
		{op: "RotaryEmbedding", name: "part", attr: attr("rotary_embedding_dim", 4), in: []tensor.Tensor{random(r, 2, 2, 3, 6), unit(r, 2, 3, 2), unit(r, 2, 3, 2)}, fixed: true},
		{op: "RotaryEmbedding", name: "positions", in: []tensor.Tensor{random(r, 2, 2, 3, 4), unit(r, 5, 2), unit(r, 5, 2), at}, held: l{1, 2}, open: l{0}},
		{op: "RotaryEmbedding", name: "heads side by side", attr: attr("num_heads", 3, "interleaved", 1, "rotary_embedding_dim", 2), in: []tensor.Tensor{random(r, 2, 3, 12), unit(r, 5, 1), unit(r, 5, 1), at}, held: l{1, 2}, open: l{0}},
		{op: "RotaryEmbedding", name: "heads side by side, of open length", attr: attr("num_heads", 2), in: []tensor.Tensor{random(r, 2, 3, 8), unit(r, 2, 3, 2), unit(r, 2, 3, 2)}, open: l{0, 1}},
		{op: "RotaryEmbedding", name: "angles alone", in: []tensor.Tensor{random(r, 2, 2, 3, 4), unit(r, 2, 3, 2), unit(r, 2, 3, 2)}, skip: l{0}, fixed: true},
	})
}

func TestLinearAttention(t *testing.T) {
	r := rand.New(rand.NewPCG(20, 1))
	const batch, steps, keys, values = 2, 3, 2, 3
	none := tensor.Tensor{}
	in := func(heads, pairs, decays, rates int, past bool) []tensor.Tensor {
		out := []tensor.Tensor{random(r, batch, steps, heads*keys), unit(r, batch, steps, pairs*keys), random(r, batch, steps, pairs*values), none, none, none}
		if past {
			out[3] = unit(r, batch, pairs, keys, values)
		}
		if decays > 0 {
			out[4] = moved(unit(r, batch, steps, decays), 1, -1)
		}
		if rates > 0 {
			out[5] = positive(r, batch, steps, rates)
		}
		return out
	}
	heads := func(q, kv int, rule string) op.Attributes {
		return attr("q_num_heads", q, "kv_num_heads", kv, "update_rule", rule)
	}
	list := []check{
		{name: "linear", attr: heads(2, 2, "linear"), in: in(2, 2, 0, 0, false)},
		{name: "gated, shared keys", attr: heads(4, 2, "gated"), in: in(4, 2, 2, 0, true)},
		{name: "gated by keys", attr: heads(2, 2, "gated"), in: in(2, 2, 2*keys, 0, false)},
		{name: "delta", attr: heads(2, 1, "delta"), in: in(2, 1, 0, 1, true)},
		{name: "gated delta", attr: heads(4, 2, "gated_delta"), in: in(4, 2, 2*keys, 2, true)},
		{name: "gated delta, one rate for all, scaled", attr: heads(2, 2, "gated_delta"), in: in(2, 2, 2, 1, false)},
	}
	list[len(list)-1].attr["scale"] = float32(0.3)
	for i := range list {
		list[i].op, list[i].outputs, list[i].open = "LinearAttention", 2, l{0, 1}
		if list[i].in[3].Valid() {
			list[i].open = l{0} // where the heads of the state stand on the second axis
		}
	}
	runAll(t, list)
}
