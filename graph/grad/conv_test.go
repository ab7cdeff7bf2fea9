package grad_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// a is a set of attributes of integers: one is a number, several are a list.
func attr(pairs ...any) op.Attributes {
	a := op.Attributes{}
	for i := 0; i < len(pairs); i += 2 {
		switch v := pairs[i+1].(type) {
		case int:
			a[pairs[i].(string)] = int64(v)
		case []int:
			list := make([]int64, len(v))
			for k, n := range v {
				list[k] = int64(n)
			}
			a[pairs[i].(string)] = list
		default:
			a[pairs[i].(string)] = v
		}
	}
	return a
}

type l = []int

func TestConvolutions(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	var list []check
	for _, c := range []struct {
		x, w l
		a    op.Attributes
	}{
		{l{2, 3, 7}, l{4, 3, 3}, attr("pads", l{1, 1})},
		{l{2, 3, 8}, l{4, 3, 3}, attr("strides", l{2}, "dilations", l{2}, "pads", l{2, 1})},
		{l{2, 3, 6, 7}, l{4, 3, 3, 2}, nil},
		{l{2, 3, 6, 7}, l{4, 3, 2, 2}, attr("strides", l{2, 2})}, // even kernels, as of patches
		{l{2, 3, 8, 8}, l{5, 3, 4, 4}, attr("strides", l{4, 4})},
		{l{2, 3, 7, 9}, l{4, 3, 3, 3}, attr("strides", l{2, 3}, "pads", l{1, 2, 0, 1})},
		{l{2, 3, 9, 8}, l{4, 3, 3, 2}, attr("strides", l{2, 1}, "dilations", l{2, 3}, "pads", l{1, 1, 2, 0})},
		{l{2, 4, 6, 7}, l{6, 2, 3, 3}, attr("group", 2, "pads", l{1, 1, 1, 1})},
		{l{2, 4, 7, 7}, l{4, 1, 3, 3}, attr("group", 4, "strides", l{2, 2}, "pads", l{1, 1, 1, 1})},
		{l{2, 4, 7, 6}, l{8, 1, 2, 3}, attr("group", 4, "dilations", l{2, 1})},
		{l{2, 5, 4, 3}, l{3, 5, 1, 1}, nil},
		{l{2, 5, 5, 5}, l{3, 5, 1, 1}, attr("strides", l{2, 2})},
		{l{2, 3, 7, 7}, l{2, 3, 3, 3}, attr("auto_pad", "SAME_UPPER")},
		{l{2, 3, 7, 7}, l{2, 3, 2, 2}, attr("auto_pad", "SAME_LOWER")},
		{l{2, 3, 7, 7}, l{2, 3, 3, 3}, attr("auto_pad", "VALID")},
		{l{1, 2, 4, 5, 4}, l{3, 2, 2, 3, 2}, attr("strides", l{1, 2, 1}, "pads", l{1, 0, 1, 0, 1, 0})},
		{l{1, 4, 4, 3, 4}, l{4, 2, 2, 2, 2}, attr("group", 2, "dilations", l{2, 1, 1})},
	} {
		list = append(list, check{op: "Conv", name: fmt.Sprint(c.x, c.w, c.a), attr: c.a, weights: 2,
			in: []tensor.Tensor{random(r, c.x...), random(r, c.w...), random(r, c.w[0])}})
	}
	for _, pad := range []string{"SAME_UPPER", "SAME_LOWER"} {
		a := attr("auto_pad", pad, "strides", l{2, 3}, "group", 2)
		list = append(list, check{op: "Conv", name: pad + " with strides", attr: a, weights: 2, in: []tensor.Tensor{random(r, 2, 4, 7, 8), random(r, 4, 2, 2, 4), random(r, 4)}})
	}
	for _, c := range []struct {
		x, w  l
		fixed bool
		a     op.Attributes
	}{
		{l{2, 3, 5}, l{3, 4, 3}, false, attr("strides", l{2}, "pads", l{1, 0})},
		{l{2, 3, 4, 5}, l{3, 2, 3, 2}, false, nil},
		{l{2, 3, 4, 5}, l{3, 2, 2, 2}, false, attr("strides", l{2, 2})},
		{l{2, 3, 4, 5}, l{3, 2, 3, 3}, false, attr("strides", l{2, 3}, "pads", l{1, 1, 1, 1}, "output_padding", l{1, 2})},
		{l{2, 3, 4, 5}, l{3, 2, 3, 3}, false, attr("strides", l{2, 1}, "dilations", l{1, 2}, "pads", l{0, 1, 1, 2})},
		{l{2, 4, 4, 3}, l{4, 3, 3, 3}, false, attr("group", 2, "strides", l{2, 2}, "pads", l{1, 1, 1, 1})},
		{l{2, 4, 4, 3}, l{4, 1, 2, 3}, false, attr("group", 4)},
		{l{2, 3, 4, 5}, l{3, 2, 3, 3}, false, attr("strides", l{2, 2}, "auto_pad", "SAME_UPPER")},
		{l{2, 3, 4, 5}, l{3, 2, 3, 3}, false, attr("strides", l{2, 2}, "auto_pad", "SAME_LOWER")},
		{l{2, 3, 4, 5}, l{3, 2, 3, 3}, true, attr("strides", l{2, 2}, "output_shape", l{8, 10})},
		{l{2, 3, 4, 5}, l{3, 2, 2, 2}, true, attr("strides", l{2, 2}, "output_shape", l{10, 12})},
		{l{1, 2, 3, 2, 3}, l{2, 2, 2, 3, 2}, false, attr("strides", l{2, 1, 2})},
	} {
		m := c.w[1] * int(c.a.Int("group", 1))
		list = append(list, check{op: "ConvTranspose", name: fmt.Sprint(c.x, c.w, c.a), attr: c.a, weights: 2, fixed: c.fixed,
			in: []tensor.Tensor{random(r, c.x...), random(r, c.w...), random(r, m)}})
	}
	for i := range list {
		list[i].open = l{0, 2, 3, 4}
	}
	runAll(t, list)
}

func TestPooling(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	var list []check
	for _, c := range []struct {
		x l
		a op.Attributes
	}{
		{l{2, 3, 8}, attr("kernel_shape", l{2}, "strides", l{2})},
		{l{2, 3, 6, 7}, attr("kernel_shape", l{2, 2}, "strides", l{2, 2})},
		{l{2, 3, 6, 7}, attr("kernel_shape", l{3, 3}, "strides", l{2, 2}, "pads", l{1, 1, 1, 1})},
		{l{2, 3, 6, 7}, attr("kernel_shape", l{3, 2}, "pads", l{1, 0, 1, 1})},
		{l{2, 3, 7, 8}, attr("kernel_shape", l{3, 3}, "strides", l{2, 2}, "ceil_mode", 1)},
		{l{2, 3, 7, 8}, attr("kernel_shape", l{3, 3}, "strides", l{2, 2}, "ceil_mode", 1, "pads", l{1, 1, 1, 1})},
		{l{2, 3, 7, 8}, attr("kernel_shape", l{2, 3}, "dilations", l{2, 2}, "strides", l{1, 2})},
		{l{2, 3, 7, 7}, attr("kernel_shape", l{3, 3}, "auto_pad", "SAME_UPPER")},
		{l{2, 3, 7, 8}, attr("kernel_shape", l{3, 2}, "strides", l{2, 3}, "auto_pad", "SAME_UPPER")},
		{l{2, 3, 8, 7}, attr("kernel_shape", l{4, 1}, "strides", l{3, 2}, "auto_pad", "SAME_LOWER")},
		{l{1, 2, 4, 5, 4}, attr("kernel_shape", l{2, 2, 2}, "strides", l{2, 1, 2})},
	} {
		name := fmt.Sprint(c.x, c.a)
		counted := attr("count_include_pad", 1)
		for k, v := range c.a {
			counted[k] = v
		}
		list = append(list,
			check{op: "MaxPool", name: name, attr: c.a, in: []tensor.Tensor{random(r, c.x...)}},
			check{op: "AveragePool", name: name, attr: c.a, in: []tensor.Tensor{random(r, c.x...)}},
			check{op: "AveragePool", name: name + " with the border", attr: counted, in: []tensor.Tensor{random(r, c.x...)}},
			check{op: "LpPool", name: name, attr: c.a, in: []tensor.Tensor{random(r, c.x...)}},
		)
	}
	pool := attr("kernel_shape", l{2, 2}, "p", 3)
	list = append(list,
		check{op: "MaxPool", name: "by columns", attr: attr("kernel_shape", l{2, 2}, "storage_order", 1), outputs: 2, in: []tensor.Tensor{random(r, 2, 3, 5, 4)}},
		check{op: "LpPool", name: "p 3", attr: pool, in: []tensor.Tensor{random(r, 2, 3, 5, 4)}},
		check{op: "LpPool", name: "p 1", attr: attr("kernel_shape", l{2, 2}, "p", 1), in: []tensor.Tensor{random(r, 2, 3, 5, 4)}},
		check{op: "MaxUnpool", attr: attr("kernel_shape", l{2, 2}, "strides", l{2, 2}), in: []tensor.Tensor{random(r, 1, 2, 2, 2), tensor.Of([]int64{1, 6, 8, 15, 16, 18, 29, 31}, 1, 2, 2, 2)}, fixed: true},
		check{op: "GlobalAveragePool", in: []tensor.Tensor{random(r, 2, 3, 5, 4)}},
		check{op: "GlobalMaxPool", in: []tensor.Tensor{random(r, 2, 3, 5, 4)}},
		check{op: "GlobalLpPool", in: []tensor.Tensor{random(r, 2, 3, 5, 4)}},
		check{op: "GlobalLpPool", name: "p 3", attr: attr("p", 3), in: []tensor.Tensor{random(r, 2, 3, 5)}},
	)
	for i := range list {
		list[i].open = l{0, 2, 3, 4}
	}
	runAll(t, list)
}
